/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of the accessors of src/path/window.h and the kernel's barriers: firmware memory whose
 * every access leaves a letter, so that a test can say in which order they were.
 *
 *	R	the error status address register is read
 *	S P V	the block's status; a length; its severity
 *	C	the block is copied
 *	K	the status is written
 *	r A	the read ack register is read; written
 *	d m w	dma_rmb(), mb(), wmb()
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "unit.h"

#include <linux/irqflags.h>

/* The window as it is, its accessors by other names. */
#define GN_ARCH_H
#define gn_arch_copy	  memcpy
#define gn_window_read8	  plain_read8
#define gn_window_read16  plain_read16
#define gn_window_write8  plain_write8
#define gn_window_write16 plain_write16
#define gn_window_read32  plain_read32
#define gn_window_read64  plain_read64
#define gn_window_write32 plain_write32
#define gn_window_write64 plain_write64
#define gn_window_copy	  plain_copy
#include "path/window.h"
#undef gn_window_read8
#undef gn_window_read16
#undef gn_window_write8
#undef gn_window_write16
#undef gn_window_read32
#undef gn_window_read64
#undef gn_window_write32
#undef gn_window_write64
#undef gn_window_copy

static char letters[256];
static u8 *block_at, *ack_at, *reg_at;
static bool device_expected;
static void (*while_copying)(u8 *copy);
static void (*at_clear)(void);	   /* before the status is written */
static void (*after_status)(void); /* behind a load of it */
static void (*after_ack)(void);	   /* firmware has its block back */

static void letter(char c)
{
	size_t n = strlen(letters);

	/* Whoever owns the claim keeps its CPU's interrupts away. */
	assert_int_equal(irqs_are_off, 1);
	assert_true(n < sizeof(letters) - 1);
	letters[n] = c;
	letters[n + 1] = 0;
}

#define dma_rmb() letter('d')
#define mb()	  letter('m')
#define wmb()	  letter('w')

static char what_is_read(const void *at, bool device)
{
	assert_int_equal(device, device_expected);
	if (at == reg_at)
		return 'R';
	if (at == ack_at)
		return 'r';
	if (at == block_at)
		return 'S';
	assert_in_range((const u8 *)at - block_at, 4, 16);
	return at == block_at + 16 ? 'V' : 'P';
}

static u8 gn_window_read8(const void *at, bool device)
{
	letter(what_is_read(at, device));
	return *(const u8 *)at;
}

static u16 gn_window_read16(const void *at, bool device)
{
	u16 value;

	letter(what_is_read(at, device));
	memcpy(&value, at, sizeof(value));
	return value;
}

static u32 gn_window_read32(const void *at, bool device)
{
	char what = what_is_read(at, device);
	u32 value;

	letter(what);
	memcpy(&value, at, sizeof(value));
	if (what == 'S' && after_status)
		after_status();
	return value;
}

static u64 gn_window_read64(const void *at, bool device)
{
	u64 value;

	letter(what_is_read(at, device));
	memcpy(&value, at, sizeof(value));
	return value;
}

static void gn_window_write8(void *at, u8 value, bool device)
{
	assert_int_equal(device, device_expected);
	assert_ptr_equal(at, ack_at);
	letter('A');
	*(u8 *)at = value;
}

static void gn_window_write16(void *at, u16 value, bool device)
{
	assert_int_equal(device, device_expected);
	assert_ptr_equal(at, ack_at);
	letter('A');
	memcpy(at, &value, sizeof(value));
}

static void gn_window_write32(void *at, u32 value, bool device)
{
	assert_int_equal(device, device_expected);
	assert_true(at == block_at || at == ack_at);
	letter(at == block_at ? 'K' : 'A');
	if (at == block_at && at_clear)
		at_clear();
	memcpy(at, &value, sizeof(value));
}

static void gn_window_write64(void *at, u64 value, bool device)
{
	assert_int_equal(device, device_expected);
	assert_ptr_equal(at, ack_at);
	letter('A');
	memcpy(at, &value, sizeof(value));
	if (after_ack)
		after_ack();
}

static void gn_window_copy(void *to, const void *from, u32 length, bool device)
{
	assert_int_equal(device, device_expected);
	assert_ptr_equal(from, block_at);
	letter('C');
	memcpy(to, from, length);
	if (while_copying)
		while_copying(to);
}

#endif
