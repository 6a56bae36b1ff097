/* SPDX-License-Identifier: GPL-2.0-only */
/* Empty: what visitor.c wants of it is in visitor_kernel.h. */
