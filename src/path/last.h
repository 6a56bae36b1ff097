/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last words: what the queues hold when the machine dies.
 */
#ifndef GN_LAST_H
#define GN_LAST_H

#include <linux/types.h>

void gn_last_words(void);
void *gn_last_room(void);

int gn_last_make_room(u32 length);

void gn_last_init(void);
void gn_last_exit(void);

#endif
