/* SPDX-License-Identifier: GPL-2.0-only */
/* The line size of the machines that run these tests. */
#ifndef UNIT_LINUX_CACHE_H
#define UNIT_LINUX_CACHE_H

#define ____cacheline_aligned_in_smp __attribute__((__aligned__(64)))

#endif
