// SPDX-License-Identifier: GPL-2.0-only
/*
 * For CBMC: a section of any bytes, of any length up to LENGTH (172 is the
 * most there is in a block of 256), of any type. Its
 * check ends, reads nothing outside the section, and so do the functions that
 * find the parts of those that have some; the parts lie in the section.
 *
 * What a number in the section is may be anything, so each read of one gives
 * anything: not even a section that changes between two reads does harm.
 *
 * What context_end() promises is proven by itself (CONTEXT); for the others
 * it is replaced by any function that keeps the promise.
 */
#include "any.h"

#define GN_LE_H

#define READ(bits)                                                                        \
	u##bits nondet_u##bits(void);                                                     \
	static inline u##bits gn_le##bits(const u8 *p)                                    \
	{                                                                                 \
		__CPROVER_assert(__CPROVER_r_ok(p, bits / 8), "a number in the section"); \
		return nondet_u##bits();                                                  \
	}

READ(16)
READ(32)
READ(64)

#include "record/section.c"

/* What is promised: a context that is there is at least a header long, and ends in the section. */
static bool kept(enum gn_section_kind kind, u64 at, u64 end, u64 ends)
{
	u32 header = kind == GN_SECTION_ARM ? GN_ARM_CONTEXT : GN_IA_CONTEXT;

	return !ends || (ends >= at + header && ends <= end);
}

/* What is demanded. */
static bool allowed(const struct gn_section *s, u64 at, u64 end, u64 round)
{
	return at >= GN_ARM_HEADER && at <= end && end <= s->length && (round == 1 || round == 16);
}

/* In place of context_end(). */
u64 any_context_end(const struct gn_section *s, enum gn_section_kind kind, u64 at, u64 end,
		    u64 round);
u64 any_context_end(const struct gn_section *s, enum gn_section_kind kind, u64 at, u64 end,
		    u64 round)
{
	u64 ends = nondet_u64();

	__CPROVER_assert(allowed(s, at, end, round), "a context begins in the section");
	__CPROVER_assume(kept(kind, at, end, ends));
	return ends;
}

#ifdef CONTEXT
static void context(const struct gn_section *s)
{
	enum gn_section_kind kind = nondet_u32() ? GN_SECTION_ARM : GN_SECTION_IA;
	u64 at = nondet_u64(), end = nondet_u64(), round = nondet_u32() ? 1 : 16;

	__CPROVER_assume(allowed(s, at, end, round));
	__CPROVER_assert(kept(kind, at, end, context_end(s, kind, at, end, round)),
			 "a context ends in the section");
}
#endif

int main(void)
{
	struct gn_section s = { .length = nondet_u32() };
	static u8 type[16];
	struct gn_arm arm __attribute__((__unused__));
	struct gn_ia ia __attribute__((__unused__));

	__CPROVER_assume(s.length <= LENGTH);
	s.body = any_block(s.length);
	s.type = type;
#ifdef CONTEXT
	context(&s);
#elif defined(ARM)
	if (gn_section_arm(&s, &arm)) {
		__CPROVER_assert(arm.err_info_length >= GN_ARM_ERR_INFO * arm.err_infos, "entries");
		__CPROVER_assert((u64)GN_ARM_HEADER + arm.err_info_length + arm.context_length +
						 arm.vendor_length <=
					 s.length,
				 "the parts of an ARM section lie in it");
	}
#elif defined(IA)
	if (gn_section_ia(&s, &ia))
		__CPROVER_assert(ia.context_at <= s.length && ia.contexts <= 63,
				 "the parts of an IA32 section lie in it");
#else
	gn_section_check(&s);
#endif
	return 0;
}
