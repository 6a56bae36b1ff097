// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers as the HEST describes them. The common one, 64 bits of memory, is read in
 * place; the functions here also read and write all others.
 *
 * The caller owns each register. Context: mapping in process context, access NMI-safe.
 */
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kconfig.h>
#include <linux/kprobes.h>

#include "path/register.h"

/* A register lies in one word of so many bytes: gn_hest_parse() has looked at its address. */
#define WORD 8u

/**
 * gn_register_map() - make a register accessible
 * @r: filled
 * @shape: what the HEST says
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP for an I/O port where there are none; what
 *         gn_window_map() returns.
 */
int gn_register_map(struct gn_register *r, const struct gn_hest_register *shape)
{
	u64 skip = shape->address % WORD;
	int err;

	*r = (struct gn_register){ .shape = *shape };
	if (shape->port)
		return IS_ENABLED(CONFIG_X86) ? 0 : -EOPNOTSUPP;
	err = gn_window_map(&r->window, shape->address - skip, WORD);
	if (!err)
		r->at = (u8 *)r->window.va + skip;
	return err;
}

/**
 * gn_register_unmap() - undo gn_register_map()
 * @r: the register, mapped or not; no context reads it any more
 *
 * Context: Process context, may sleep.
 */
void gn_register_unmap(struct gn_register *r)
{
	gn_window_unmap(&r->window);
	*r = (struct gn_register){};
}

/* NMI-safe. gn_register_map() lets ports through where there are any. */
static u64 read_port(const struct gn_hest_register *shape)
{
	switch (shape->bytes) {
	case 1:
		return inb(shape->address);
	case 2:
		return inw(shape->address);
	default:
		return inl(shape->address);
	}
}
NOKPROBE_SYMBOL(read_port);

/* NMI-safe. */
static void write_port(const struct gn_hest_register *shape, u64 value)
{
	switch (shape->bytes) {
	case 1:
		return outb(value, shape->address);
	case 2:
		return outw(value, shape->address);
	default:
		return outl(value, shape->address);
	}
}
NOKPROBE_SYMBOL(write_port);

/**
 * gn_register_read() - read the whole access
 * @r: a mapped register
 *
 * Context: NMI-safe.
 * Return: all bits that one access reads, those of the register among them.
 */
u64 gn_register_read(const struct gn_register *r)
{
	/* Elsewhere none was mapped, and what the kernel calls a port may take locks. */
	if (IS_ENABLED(CONFIG_X86) && r->shape.port)
		return read_port(&r->shape);
	switch (r->shape.bytes) {
	case 1:
		return gn_window_read8(r->at, r->window.device);
	case 2:
		return gn_window_read16(r->at, r->window.device);
	case 4:
		return gn_window_read32(r->at, r->window.device);
	default:
		return gn_window_read64(r->at, r->window.device);
	}
}
NOKPROBE_SYMBOL(gn_register_read);

/**
 * gn_register_write() - write the whole access
 * @r: a mapped register
 * @value: for all bits that one access writes
 *
 * Context: NMI-safe.
 */
void gn_register_write(const struct gn_register *r, u64 value)
{
	if (IS_ENABLED(CONFIG_X86) && r->shape.port)
		return write_port(&r->shape, value);
	switch (r->shape.bytes) {
	case 1:
		return gn_window_write8(r->at, value, r->window.device);
	case 2:
		return gn_window_write16(r->at, value, r->window.device);
	case 4:
		return gn_window_write32(r->at, value, r->window.device);
	default:
		return gn_window_write64(r->at, value, r->window.device);
	}
}
NOKPROBE_SYMBOL(gn_register_write);

/**
 * gn_register_value() - what the register holds
 * @r: a mapped register
 *
 * Context: NMI-safe.
 * Return: its bits, from bit 0 on.
 */
u64 gn_register_value(const struct gn_register *r)
{
	return gn_register_read(r) >> r->shape.shift & r->shape.mask;
}
NOKPROBE_SYMBOL(gn_register_value);
