// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: registers that keep nothing. A page of them is taken away by stage 2, so that every
 * access is seen, and done here in the operating system's stead. Reading gives 0.
 */
#include "fw.h"

#define PAGE_MASK	(~0xfffUL)
#define ISS_VALID	(1UL << 24)
#define ISS_SIZE(esr)	(1UL << ((esr) >> 22 & 3))
#define ISS_REGISTER(e) ((e) >> 16 & 31)
#define ISS_WRITE	(1UL << 6)
#define ZERO_REGISTER	31

/* True: the access was one to the doorbells, and is done. */
bool bell_access(struct frame *frame, u64 esr, u64 pa)
{
	u64 bytes = ISS_SIZE(esr);
	u64 n = ISS_REGISTER(esr);

	if (!control()->bells || (pa & PAGE_MASK) != control()->bells)
		return false;
	if (!(esr & ISS_VALID)) {
		say("firmware: not an access that a doorbell knows: esr %x elr %x\n", esr,
		    frame->elr);
		power_off(STATE_FAULT);
	}
	if (esr & ISS_WRITE) {
		u64 value = n == ZERO_REGISTER ? 0 : frame->x[n];

		bmc_ring(pa, bytes == 8 ? value : value & ((1UL << 8 * bytes) - 1));
	} else if (n != ZERO_REGISTER) {
		frame->x[n] = 0;
	}
	frame->elr += 4;
	return true;
}
