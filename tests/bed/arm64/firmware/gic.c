// SPDX-License-Identifier: GPL-2.0-only
/*
 * GICv3 with two security states. The firmware's own interrupts are group 0 with the highest
 * priority, so they come as FIQ to EL3 whatever the operating system masks; all others are
 * non-secure group 1 and none of the firmware's business.
 */
#include "fw.h"

#define GICD_CTLR		(GICD + 0x0000)
#define GICD_TYPER		(GICD + 0x0004)
#define GICD_IGROUPR(n)		(GICD + 0x0080 + 4 * (n))
#define GICD_ISENABLER(n)	(GICD + 0x0100 + 4 * (n))
#define GICD_ISPENDR(n)		(GICD + 0x0200 + 4 * (n))
#define GICD_IPRIORITYR(n)	(GICD + 0x0400 + (n))
#define GICD_IROUTER(n)		(GICD + 0x6000 + 8 * (n))

#define CTLR_ARE_S_NS		0x30
#define CTLR_ALL_GROUPS		0x37

#define FRAME(cpu)		(GICR + 0x20000UL * (cpu))
#define GICR_WAKER(cpu)		(FRAME(cpu) + 0x0014)
#define GICR_IGROUPR0(cpu)	(FRAME(cpu) + 0x10080)
#define GICR_ISENABLER0(cpu)	(FRAME(cpu) + 0x10100)
#define GICR_IPRIORITYR(cpu, n) (FRAME(cpu) + 0x10400 + (n))

#define WAKER_PROCESSOR_SLEEP	(1 << 1)
#define WAKER_CHILDREN_ASLEEP	(1 << 2)

static u32 doorbell_cpu;
static const u32 shared[] = { INTID_RTC, INTID_UART };

void gic_init(void)
{
	u32 words = (read32(GICD_TYPER) & 0x1f) + 1;

	write32(GICD_CTLR, CTLR_ARE_S_NS);
	for (u32 n = 1; n < words; n++)
		write32(GICD_IGROUPR(n), ~0U);
	for (u32 i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		u32 n = shared[i];

		write32(GICD_IGROUPR(n / 32), read32(GICD_IGROUPR(n / 32)) & ~(1U << n % 32));
		write8(GICD_IPRIORITYR(n), 0);
		write32(GICD_ISENABLER(n / 32), 1U << n % 32);
	}
	gic_take_doorbells(0);
	write32(GICD_CTLR, CTLR_ALL_GROUPS);
}

/* Doorbells interrupt this CPU from now on. */
void gic_take_doorbells(u32 cpu)
{
	doorbell_cpu = cpu;
	for (u32 i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		write64(GICD_IROUTER(shared[i]), affinity_of(cpu));
}

bool gic_takes_doorbells(u32 cpu)
{
	return cpu == doorbell_cpu;
}

void gic_cpu_init(u32 cpu)
{
	u32 own = 1U << INTID_KICK | 1U << INTID_TIMER;

	write32(GICR_WAKER(cpu), read32(GICR_WAKER(cpu)) & ~WAKER_PROCESSOR_SLEEP);
	for (int i = 0; i < 1000 && (read32(GICR_WAKER(cpu)) & WAKER_CHILDREN_ASLEEP); i++)
		;
	write32(GICR_IGROUPR0(cpu), ~own);
	write8(GICR_IPRIORITYR(cpu, INTID_KICK), 0);
	write8(GICR_IPRIORITYR(cpu, INTID_TIMER), 0);
	write32(GICR_ISENABLER0(cpu), own);

	write_sysreg(icc_sre_el3, 0xf);
	isb();
	write_sysreg(icc_sre_el2, 0xf);
	write_sysreg(icc_sre_el1, 7);
	isb();
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_igrpen0_el1, 1);
	write_sysreg(icc_igrpen1_el3, 3);
	isb();
}

/* Make another CPU come up to EL3. */
void gic_kick(u32 cpu)
{
	dsb();
	write_sysreg(icc_sgi0r_el1, (u64)INTID_KICK << 24 | 1UL << cpu);
	isb();
}

/* An interrupt of the operating system's, as if its line had been raised. */
void gic_pend(u32 intid)
{
	dsb();
	write32(GICD_ISPENDR(intid / 32), 1U << intid % 32);
}

u32 gic_acknowledge(void)
{
	return read_sysreg(icc_iar0_el1) & 0xffffff;
}

void gic_complete(u32 intid)
{
	write_sysreg(icc_eoir0_el1, intid);
	isb();
}

/* A CPU that is off only wants to sleep again: take whatever woke it. */
void gic_drain(void)
{
	for (int i = 0; i < 8; i++) {
		u32 intid = gic_acknowledge();

		if (intid >= 1020)
			return;
		gic_complete(intid);
	}
}
