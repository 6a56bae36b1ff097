// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL3 firmware of an emulated firmware-first arm64 server.
 *
 *   reset:  boot CPU sets the machine up and starts the kernel; the others park until CPU_ON
 *   SMC:    PSCI, SMCCC and SDEI for the operating system; EL2, below a kernel at EL1, has an abort
 *   FIQ:    doorbells of the host and the guest, the secure timer, kicks from other CPUs
 *   on the way down, every time: shape what runs, raise and dispatch what waits, set the timer
 */
#include "fw.h"

#define TRAP_FIQ 1
#define EC(esr)	 ((esr) >> 26 & 0x3f)
#define EC_SMC64 0x17
#define RTC_IMSC (RTC + 0x10)
#define RTC_ICR	 (RTC + 0x1c)

void park_cpu(u32 cpu) __attribute__((noreturn));
void reset_cpu(u32 cpu) __attribute__((noreturn));
void trap(struct frame *frame, u64 kind);
void trap_fault(void) __attribute__((noreturn));

void reset_cpu(u32 cpu)
{
	if (cpu)
		park_again(cpu);

	uart_init();
	if (control()->magic != CONTROL_MAGIC) {
		say("firmware: no control page, nothing to boot\n");
		power_off(STATE_FAULT);
	}
	lock();
	psci_init();
	gic_init();
	sdei_init();
	bmc_init();
	if (control()->el == 1)
		stage2_init();
	say("firmware: %u CPUs, %u error sources, kernel at EL%u, SDEI %s\n", control()->cpus,
	    control()->sources, control()->el, control()->sdei ? "1.1" : "absent");
	store(&control()->state, STATE_RUNNING);
	boot_cpu(0, KERNEL_AT, HANDOFF_AT);
}

/*
 * A gate opens when a program's bell interrupts a program. The ringer may have been preempted meanwhile: then the
 * interrupt comes anywhere in the kernel, and the ringer rings again. The kernel's own bell opens it there.
 */
static void open_guest_gate(const struct frame *frame, u32 cpu)
{
	u64 gate = control()->guest;

	if (!gate || (!(gate & GUEST_KERNEL) && SPSR_EL(frame->spsr)))
		return;
	control()->guest = 0;
	bmc_open_gate((gate & ~GUEST_KERNEL) - 1, cpu);
}

static void take_interrupts(const struct frame *frame, u32 cpu)
{
	u32 intid;

	/* completed before anything is dispatched, or a second one could not nest in the handler */
	while ((intid = gic_acknowledge()) < 1020) {
		switch (intid) {
		case INTID_TIMER:
			write_sysreg(cntps_cval_el1, ~0UL);
			isb();
			break;
		case INTID_UART:
			uart_doorbell();
			ring_commands();
			bmc_look();
			calls_take();
			break;
		case INTID_RTC:
			write32(RTC_IMSC, 0);
			write32(RTC_ICR, 1);
			open_guest_gate(frame, cpu);
			calls_take();
			break;
		}
		gic_complete(intid);
	}
	bmc_look_if_due();
}

/* A handler that takes its time: the CPU stays here, its event running for all others to see. */
static void stall(const struct frame *frame, u64 kind, u32 cpu)
{
	if (kind == TRAP_FIQ || !sdei_is_complete(frame->x[0]))
		return;
	while (load(&control()->stall) == 1 + cpu)
		;
}

void trap(struct frame *frame, u64 kind)
{
	u32 cpu = read_sysreg(mpidr_el1) & 0xff;
	u64 next;

	stall(frame, kind, cpu);
	lock();
	sdei_account(frame, cpu);
	if (kind == TRAP_FIQ)
		take_interrupts(frame, cpu);
	else if (EC(read_sysreg(esr_el3)) != EC_SMC64)
		trap_fault();
	else if (SPSR_EL(frame->spsr) > control()->el)
		poison_fault(frame, cpu);
	else
		smc_call(frame, cpu);

	raise_look(frame, cpu);
	sdei_dispatch_pending(frame, cpu);
	raise_look(frame, cpu); /* into a handler, when its time has come */
	next = bmc_next_look(cpu);
	if (next < frame->delay)
		frame->delay = next;
	next = raise_next_look(cpu);
	if (next < frame->delay)
		frame->delay = next;
	unlock();
}

void trap_fault(void)
{
	say("firmware: fault: esr %x elr %x far %x\n", read_sysreg(esr_el3), read_sysreg(elr_el3),
	    read_sysreg(far_el3));
	power_off(STATE_FAULT);
}
