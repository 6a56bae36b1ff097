/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library's errno.h comes here for the kernel's numbers, which are the same. */
#include_next <linux/errno.h>
