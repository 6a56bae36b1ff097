// SPDX-License-Identifier: GPL-2.0-only
/*
 * For CBMC: a section of any bytes, of any length up to LENGTH, of any type. Its
 * check ends, reads nothing outside the section, and so do the functions that
 * find the parts of those that have some; the parts lie in the section.
 */
#include "path/section.c"

#include "any.h"

int main(void)
{
	struct gn_section s = { .length = nondet_u32() };
	static u8 type[16];
	struct gn_arm arm;
	struct gn_ia ia;

	__CPROVER_assume(s.length <= LENGTH);
	s.body = any_block(s.length);
	s.type = type;
#ifdef ARM
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
