/* SPDX-License-Identifier: GPL-2.0-only */
/* Empty: what bell.h wants of it is in bell_kernel.h. */
