/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The group ghes_nmi/ of a bound device in sysfs.
 */
#ifndef GN_STATS_H
#define GN_STATS_H

#include <linux/sysfs.h>

extern const struct attribute_group *gn_stats_groups[];

#endif
