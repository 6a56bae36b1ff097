// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exception the hardware would have taken to the operating system: its registers, its vector,
 * and the record that firmware makes of it first.
 */
#include "fw.h"

#define EL_SP_OWN    1UL
#define SPSR_AARCH32 (1UL << 4)
#define SPSR_SSBS    (1UL << 12)
#define SPSR_PAN     (1UL << 22)
#define SPSR_TCO     (1UL << 25)
#define SCTLR_SPAN   (1UL << 23)
#define SCTLR_DSSBS  (1UL << 44)
#define HCR_E2H_TGE  (1UL << 34 | 1UL << 27)

/* The classes of aborts from a lower exception level are even, those from the same one odd. */
#define ESR_SAME_EL	     (1UL << 26)
#define VECTOR_SP0	     0x000UL
#define VECTOR_SPX	     0x200UL
#define VECTOR_LOWER	     0x400UL
#define VECTOR_LOWER_AARCH32 0x600UL
#define VECTOR_SERROR	     0x180UL

#define BLOCK_MAX	     (RECIPE_SIZE - sizeof(struct recipe))

static u64 serial; /* of the next exception */
static u8 block[BLOCK_MAX] __attribute__((aligned(8)));

/* PSTATE as an exception to this exception level sets it. */
u64 exception_pstate(u64 interrupted, u32 el)
{
	u64 sctlr = el == 2 ? read_sysreg(sctlr_el2) : read_sysreg(sctlr_el1);
	u64 pstate = SPSR_DAIF | el << 2 | EL_SP_OWN;
	bool pan = read_sysreg(id_aa64mmfr1_el1) >> 20 & 0xf;
	bool ssbs = read_sysreg(id_aa64pfr1_el1) >> 4 & 0xf;
	bool tags = (read_sysreg(id_aa64pfr1_el1) >> 8 & 0xf) >= 1;
	bool keep = sctlr & SCTLR_SPAN ||
		    (el == 2 && (read_sysreg(hcr_el2) & HCR_E2H_TGE) != HCR_E2H_TGE);

	if (pan)
		pstate |= keep ? interrupted & SPSR_PAN : SPSR_PAN;
	if (ssbs && sctlr & SCTLR_DSSBS)
		pstate |= SPSR_SSBS;
	if (tags)
		pstate |= SPSR_TCO;
	return pstate;
}

static u64 vector_of(u64 interrupted, bool same, bool serror)
{
	u64 vector;

	if (same)
		vector = interrupted & EL_SP_OWN ? VECTOR_SPX : VECTOR_SP0;
	else
		vector = interrupted & SPSR_AARCH32 ? VECTOR_LOWER_AARCH32 : VECTOR_LOWER;
	return vector + (serror ? VECTOR_SERROR : 0);
}

/* What the frame says is interrupted; on the way down the CPU enters the vector. */
static void enter(struct frame *frame, const struct exception *e)
{
	u32 el = control()->el;
	bool same = SPSR_EL(frame->spsr) == el;
	u64 vector = vector_of(frame->spsr, same, e->serror);
	u64 esr = e->syndrome | (same && !e->serror ? ESR_SAME_EL : 0);

	if (el == 2) {
		write_sysreg(esr_el2, esr);
		write_sysreg(elr_el2, frame->elr);
		write_sysreg(spsr_el2, frame->spsr);
		if (!e->serror) {
			write_sysreg(far_el2, e->va);
			write_sysreg(hpfar_el2, e->ipa >> 12 << 4);
		}
		vector += read_sysreg(vbar_el2);
	} else {
		write_sysreg(esr_el1, esr);
		write_sysreg(elr_el1, frame->elr);
		write_sysreg(spsr_el1, frame->spsr);
		if (!e->serror)
			write_sysreg(far_el1, e->va);
		vector += read_sysreg(vbar_el1);
	}
	frame->spsr = exception_pstate(frame->spsr, el);
	frame->elr = vector;
}

struct recipe *recipe_at(u64 index)
{
	return at(struct recipe, RECIPES_AT + index % RECIPES_MAX * RECIPE_SIZE);
}

static bool has_record(const struct recipe *t)
{
	return t->source && t->source <= control()->sources && t->length <= BLOCK_MAX &&
	       t->length <= bmc_source(t->source - 1)->length;
}

/* An exception has to wait while the last record of its source has not been given back. */
bool exception_ready(u64 recipe)
{
	const struct recipe *t = recipe_at(recipe);

	return !has_record(t) || bmc_is_free(t->source - 1);
}

static void stamp(const u64 *places, u64 length, u64 value)
{
	for (u32 i = 0; i < RECIPE_PLACES; i++)
		if (places[i] && length >= sizeof(value) && places[i] - 1 <= length - sizeof(value))
			memcpy(block + places[i] - 1, &value, sizeof(value));
}

static void publish(const struct recipe *t, u64 pa, u64 va)
{
	memcpy(block, t + 1, t->length);
	stamp(t->pa, t->length, pa);
	stamp(t->va, t->length, va);
	stamp(t->serial, t->length, serial);
	bmc_publish(t->source - 1, block, t->length);
}

/* Called when exception_ready(). Returns the exception's serial number. */
u64 exception_raise(struct frame *frame, u32 cpu, const struct exception *e)
{
	const struct recipe *t = recipe_at(e->recipe);
	struct report r = {
		.kind = e->serror ? REPORT_SERROR : REPORT_SEA,
		.source = has_record(t) ? t->source - 1 : ~0UL,
		.cpu = cpu,
		.pc = frame->elr,
		.pstate = frame->spsr,
		.detail = e->pa,
		.va = e->va,
		.serial = serial,
	};

	if (has_record(t)) {
		publish(t, e->pa, e->va);
		bmc_look_later(cpu);
		r.seq = bmc_source(t->source - 1)->published - 1;
	}
	enter(frame, e);
	sdei_mark_exception(cpu);
	shape_exception(cpu, r.source, t->inner, t->offset);
	r.time = ticks_now();
	ring_report(&r);
	return serial++;
}
