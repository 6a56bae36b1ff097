/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the kernel's: kernel_trace.c defines the events itself. */
