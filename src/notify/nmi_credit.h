/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs that are owed: their records were collected before they came.
 */
#ifndef GN_NMI_CREDIT_H
#define GN_NMI_CREDIT_H

#include <linux/types.h>

/* How long an NMI may be under way after its record was collected, at most twice that. */
#define GN_CREDIT_MS 1000u

void gn_credit_claimed(void);
bool gn_credit_spend(u32 collected, u32 sources);
void gn_credit_age(u32 collected);
int gn_credit_left(u32 collected, u32 sources);
u32 gn_credit_swallowed(void);

#endif
