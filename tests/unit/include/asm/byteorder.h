/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names for what the C library's copy of its header spells __le16_to_cpu(). */
#ifndef UNIT_ASM_BYTEORDER_H
#define UNIT_ASM_BYTEORDER_H

#include_next <asm/byteorder.h>

#define le16_to_cpu __le16_to_cpu
#define le32_to_cpu __le32_to_cpu
#define le64_to_cpu __le64_to_cpu

#endif
