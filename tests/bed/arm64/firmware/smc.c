// SPDX-License-Identifier: GPL-2.0-only
/* Secure monitor calls, by the SMC Calling Convention (DEN0028). */
#include "fw.h"

#define SMCCC_VERSION	    0x80000000UL
#define SMCCC_ARCH_FEATURES 0x80000001UL
#define SDEI_FIRST	    0xc4000020UL
#define SDEI_LAST	    0xc400003fUL

#define SMCCC_VERSION_1_1   0x10001L

static s64 arch_call(u64 function, u64 arg)
{
	switch (function) {
	case SMCCC_VERSION:
		return SMCCC_VERSION_1_1;
	case SMCCC_ARCH_FEATURES:
		if ((u32)arg == SMCCC_VERSION || (u32)arg == SMCCC_ARCH_FEATURES)
			return 0;
		return NOT_SUPPORTED;
	default:
		return NOT_SUPPORTED;
	}
}

void smc_call(struct frame *frame, u32 cpu)
{
	u64 function = (u32)frame->x[0];

	if (function >= SDEI_FIRST && function <= SDEI_LAST)
		sdei_call(frame, cpu);
	else if (!psci_call(frame, cpu))
		frame->x[0] = arch_call(function, frame->x[1]);
}
