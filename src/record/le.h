/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Little-endian readers for bytes that firmware wrote.
 *
 * Tables and records place fields at any offset, so every read goes through
 * memcpy(); both architectures compile it to one load. NMI-safe; the caller has checked
 * that the bytes are there.
 */
#ifndef GN_LE_H
#define GN_LE_H

#include <linux/string.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/byteorder.h>

static __always_inline u16 gn_le16(const u8 *p)
{
	__le16 v;

	memcpy(&v, p, sizeof(v));
	return le16_to_cpu(v);
}

static __always_inline u32 gn_le32(const u8 *p)
{
	__le32 v;

	memcpy(&v, p, sizeof(v));
	return le32_to_cpu(v);
}

static __always_inline u64 gn_le64(const u8 *p)
{
	__le64 v;

	memcpy(&v, p, sizeof(v));
	return le64_to_cpu(v);
}

#endif
