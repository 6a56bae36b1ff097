/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's exception table, in three shapes: int fixup_exception(regs) -> bool
 * fixup_exception(regs) -> bool fixup_exception(regs, esr), since the table serves the
 * memory copy instructions. NMI-safe.
 */
#ifndef GN_COMPAT_FIXUP_H
#define GN_COMPAT_FIXUP_H

#include <linux/types.h>
#include <asm/extable.h>

#include "compat/symbols.h"

typedef int gn_fixup_int(struct pt_regs *regs);
typedef bool gn_fixup_bool(struct pt_regs *regs);
typedef bool gn_fixup_esr(struct pt_regs *regs, unsigned long esr);

static inline bool gn_fixup_by_int(void *fixup, struct pt_regs *regs, unsigned long esr)
{
	return ((gn_fixup_int *)fixup)(regs);
}

static inline bool gn_fixup_by_bool(void *fixup, struct pt_regs *regs, unsigned long esr)
{
	return ((gn_fixup_bool *)fixup)(regs);
}

static inline bool gn_fixup_by_esr(void *fixup, struct pt_regs *regs, unsigned long esr)
{
	return ((gn_fixup_esr *)fixup)(regs, esr);
}

/*
 * NMI-safe. Lets the interrupted function fail if it is one that can. The type
 * of the kernel's function chooses the call; a fourth shape has no entry in the
 * list and fails the build.
 */
static inline bool gn_fixup(struct pt_regs *regs, unsigned long esr)
{
	if (!gn_symbols.fixup_exception)
		return false;
	return _Generic(&fixup_exception,
		gn_fixup_int *: gn_fixup_by_int,
		gn_fixup_bool *: gn_fixup_by_bool,
		gn_fixup_esr *: gn_fixup_by_esr)(gn_symbols.fixup_exception, regs, esr);
}

#endif
