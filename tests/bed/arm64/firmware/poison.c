// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access to a poisoned page. It has come to EL2, which called: EL3 writes the record and gives
 * the operating system the synchronous external abort that a memory controller would have caused.
 */
#include "fw.h"

#define EC(esr)		   ((esr) >> 26 & 0x3f)
#define EC_HVC64	   0x16
#define EC_FETCH	   0x20
#define EC_DATA		   0x24

#define ESR_CLASS	   (0x3fUL << 26)
#define ESR_IL		   (1UL << 25)
#define ISS_WALK	   (1UL << 7)
#define ISS_WRITE	   (1UL << 6)
#define ISS_CACHE	   (1UL << 8)
#define STATUS_ABORT	   0x10UL
#define STATUS_WALK_LEVEL3 0x17UL

/* What firmware knows of the access, made what the operating system may know. */
static struct exception abort_of(u64 esr, u64 pa, u64 recipe)
{
	u64 status = recipe_at(recipe)->status;

	if (esr & ISS_WALK)
		status = STATUS_WALK_LEVEL3;
	else if (!status)
		status = STATUS_ABORT;
	esr &= EC(esr) == EC_DATA ? ESR_CLASS | ISS_WRITE | ISS_CACHE : ESR_CLASS;
	return (struct exception){
		.recipe = recipe,
		.syndrome = esr | ESR_IL | status,
		.va = read_sysreg(far_el2),
		.pa = pa,
	};
}

/* A call of EL2: it has no other reason than an exception of its own. */
void poison_fault(struct frame *frame, u32 cpu)
{
	u64 esr = read_sysreg(esr_el2);
	u64 page = (read_sysreg(hpfar_el2) >> 4 & 0xfffffffffUL) << 12;
	u64 pa = page | (esr & ISS_WALK ? 0 : read_sysreg(far_el2) & 0xfff);
	struct exception e;
	s64 recipe;

	frame->elr = read_sysreg(elr_el2);
	frame->spsr = read_sysreg(spsr_el2);
	if (EC(esr) == EC_HVC64) {
		frame->x[0] = NOT_SUPPORTED;
		return;
	}
	if (EC(esr) != EC_DATA && EC(esr) != EC_FETCH) {
		say("firmware: EL2: esr %x elr %x spsr %x\n", esr, frame->elr, frame->spsr);
		power_off(STATE_FAULT);
	}

	if (EC(esr) == EC_DATA && bell_access(frame, esr, pa))
		return;

	/*
	 * Healed meanwhile, or the last record of the source has not been given back: the access
	 * is made again, and traps again, until the record can be written.
	 */
	recipe = stage2_recipe(pa);
	if (recipe < 0 || !exception_ready(recipe))
		return;
	e = abort_of(esr, pa, recipe);
	stage2_count(pa);
	exception_raise(frame, cpu, &e);
}
