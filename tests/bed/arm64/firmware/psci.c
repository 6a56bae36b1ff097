// SPDX-License-Identifier: GPL-2.0-only
/* Power State Coordination Interface 1.1 (DEN0022): CPUs on and off, system off and reset. */
#include "fw.h"

#define PSCI_VERSION	       0x84000000UL
#define PSCI_CPU_SUSPEND_32    0x84000001UL
#define PSCI_CPU_SUSPEND       0xc4000001UL
#define PSCI_CPU_OFF	       0x84000002UL
#define PSCI_CPU_ON_32	       0x84000003UL
#define PSCI_CPU_ON	       0xc4000003UL
#define PSCI_AFFINITY_INFO_32  0x84000004UL
#define PSCI_AFFINITY_INFO     0xc4000004UL
#define PSCI_MIGRATE_INFO_TYPE 0x84000006UL
#define PSCI_SYSTEM_OFF	       0x84000008UL
#define PSCI_SYSTEM_RESET      0x84000009UL
#define PSCI_FEATURES	       0x8400000aUL
#define SMCCC_VERSION	       0x80000000UL

#define VERSION_1_1	       0x10001L
#define SUCCESS		       0L
#define INVALID_PARAMETERS     (-2L)
#define ALREADY_ON	       (-4L)
#define ON_PENDING	       (-5L)
#define NO_TRUSTED_OS	       2L

#define AFFINITY_MASK	       0xff00ffffffUL

/* The values are those AFFINITY_INFO returns; a CPU in secure RAM full of zeros must be off. */
enum power {
	POWER_OFF,
	POWER_ON,
	POWER_COMING
};
static const s64 affinity_info[] = { 1, 0, 2 };

static struct {
	u32 power;
	u64 entry;
	u64 context;
} state[CPUS_MAX];

void park_cpu(u32 cpu) __attribute__((noreturn));

void psci_init(void)
{
	state[0].power = POWER_ON;
}

u32 cpus(void)
{
	u64 n = control()->cpus;

	return n < CPUS_MAX ? n : CPUS_MAX;
}

bool cpu_online(u32 cpu)
{
	return state[cpu].power == POWER_ON;
}

/* QEMU's virt machine numbers up to eight CPUs by Aff0. */
u64 affinity_of(u32 cpu)
{
	return cpu;
}

s32 cpu_of_affinity(u64 mpidr)
{
	mpidr &= AFFINITY_MASK;
	return mpidr < cpus() ? (s32)mpidr : -1;
}

/* Sleeps until CPU_ON; any kick wakes it to look. */
void park_cpu(u32 cpu)
{
	gic_cpu_init(cpu);
	write_sysreg(cntps_ctl_el1, 0);
	write_sysreg(scr_el3, 0x431 | 1 << 2); /* the FIQ that wakes is taken by polling */
	while (load(&state[cpu].power) != POWER_COMING) {
		wfi();
		gic_drain();
	}
	lock();
	state[cpu].power = POWER_ON;
	boot_cpu(cpu, state[cpu].entry, state[cpu].context);
}

static s64 cpu_on(u64 target, u64 entry, u64 context)
{
	s32 cpu = cpu_of_affinity(target);

	if (cpu < 0)
		return INVALID_PARAMETERS;
	if (state[cpu].power == POWER_ON)
		return ALREADY_ON;
	if (state[cpu].power == POWER_COMING)
		return ON_PENDING;
	state[cpu].entry = entry;
	state[cpu].context = context;
	store(&state[cpu].power, POWER_COMING);
	gic_kick(cpu);
	return SUCCESS;
}

/* The last CPU cannot go: Linux never asks for it, and nobody could bring it back. */
static void cpu_off(u32 cpu)
{
	state[cpu].power = POWER_OFF;
	sdei_cpu_reset(cpu);
	for (u32 other = 0; other < cpus(); other++)
		if (cpu_online(other)) {
			gic_take_doorbells(other);
			gic_kick(other); /* it also looks after the error sources now */
			break;
		}
	unlock();
	park_again(cpu);
}

static s64 affinity(u64 target, u64 level)
{
	s32 cpu = cpu_of_affinity(target);

	return cpu < 0 || level ? INVALID_PARAMETERS : affinity_info[state[cpu].power];
}

static s64 features(u64 function)
{
	switch ((u32)function) {
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
	case SMCCC_VERSION:
		return SUCCESS;
	default:
		return NOT_SUPPORTED;
	}
}

/* A standby state only: sleep here, wake where it was called. */
static s64 cpu_suspend(void)
{
	unlock();
	wfi();
	lock();
	return SUCCESS;
}

/* true: it was a PSCI call, the result is in x0 */
bool psci_call(struct frame *frame, u32 cpu)
{
	u64 *x = frame->x;

	switch ((u32)x[0]) {
	case PSCI_VERSION:
		x[0] = VERSION_1_1;
		return true;
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND:
		x[0] = cpu_suspend();
		return true;
	case PSCI_CPU_OFF:
		cpu_off(cpu);
		return true;
	case PSCI_CPU_ON_32:
		x[0] = cpu_on((u32)x[1], (u32)x[2], (u32)x[3]);
		return true;
	case PSCI_CPU_ON:
		x[0] = cpu_on(x[1], x[2], x[3]);
		return true;
	case PSCI_AFFINITY_INFO_32:
		x[0] = affinity((u32)x[1], (u32)x[2]);
		return true;
	case PSCI_AFFINITY_INFO:
		x[0] = affinity(x[1], x[2]);
		return true;
	case PSCI_MIGRATE_INFO_TYPE:
		x[0] = NO_TRUSTED_OS;
		return true;
	case PSCI_SYSTEM_OFF:
		power_off(STATE_OFF);
	case PSCI_SYSTEM_RESET:
		power_off(STATE_RESET);
	case PSCI_FEATURES:
		x[0] = features(x[1]);
		return true;
	default:
		return false;
	}
}
