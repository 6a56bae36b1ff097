// SPDX-License-Identifier: GPL-2.0-only
/* Gives a CPU to the operating system, at EL2 or EL1, in the state the Linux boot protocol wants. */
#include "fw.h"

#define SCR_NS	       (1UL << 0)
#define SCR_FIQ	       (1UL << 2)
#define SCR_RES1       (3UL << 4)
#define SCR_HCE	       (1UL << 8)
#define SCR_RW	       (1UL << 10)
#define SCR_APK_API    (3UL << 16)
#define SCR_ATA	       (1UL << 26)
#define SCR_FGTEN      (1UL << 27)
#define SCR_ECVEN      (1UL << 28)
#define SCR_HXEN       (1UL << 38)
#define SCR_ENTP2      (1UL << 41)

#define CPTR_EL3_EZ    (1UL << 8)
#define CPTR_EL3_ESM   (1UL << 12)

#define HCR_VM	       1UL
#define HCR_RW	       (1UL << 31)
#define HCR_APK_API    (3UL << 40)
#define HCR_ATA	       (1UL << 56)
#define SCTLR_EL1_RES1 0x30d00800UL
#define SCTLR_EL2_RES1 0x30c50830UL
#define CPTR_EL2_RES1  0x33ffUL
#define CPTR_EL2_TZ    (1UL << 8)
#define CPTR_EL2_TSM   (1UL << 12)
#define FGT_NSMPRI     (1UL << 54)
#define FGT_NTPIDR2    (1UL << 55)

#define SPSR_EL2H      9UL
#define SPSR_EL1H      5UL

static u32 field(u64 id, u32 shift)
{
	return (id >> shift) & 0xf;
}

/* Nothing of what the CPU has may trap to EL3. Newer registers by number: old assemblers. */
static void open_features(u64 *scr)
{
	u64 pfr0 = read_sysreg(id_aa64pfr0_el1);
	u64 pfr1 = read_sysreg(id_aa64pfr1_el1);
	u64 isar1 = read_sysreg(id_aa64isar1_el1);
	u64 mmfr0 = read_sysreg(id_aa64mmfr0_el1);
	u64 mmfr1 = read_sysreg(id_aa64mmfr1_el1);
	u64 cptr = 0;

	if (isar1 & 0xff000ff0) /* pointer authentication: GPI, GPA, API, APA */
		*scr |= SCR_APK_API;
	if (field(pfr1, 8) >= 2) /* memory tagging */
		*scr |= SCR_ATA;
	if (field(mmfr0, 56)) /* fine-grained traps */
		*scr |= SCR_FGTEN;
	if (field(mmfr0, 60)) /* enhanced counter */
		*scr |= SCR_ECVEN;
	if (field(mmfr1, 40)) /* HCRX_EL2 */
		*scr |= SCR_HXEN;
	if (field(pfr0, 32)) /* SVE */
		cptr |= CPTR_EL3_EZ;
	if (field(pfr1, 24)) { /* SME */
		*scr |= SCR_ENTP2;
		cptr |= CPTR_EL3_ESM;
	}
	write_sysreg(cptr_el3, cptr);
	isb();
	if (cptr & CPTR_EL3_EZ)
		write_sysreg(s3_6_c1_c2_0, 0xf); /* ZCR_EL3.LEN */
	if (cptr & CPTR_EL3_ESM)
		write_sysreg(s3_6_c1_c2_6, 0x8000000f); /* SMCR_EL3.FA64, LEN */
}

/* The same for EL2, when the kernel starts at EL1 below it; a kernel at EL2 sets all this itself. */
static void open_features_el2(u64 *hcr, u64 *cptr)
{
	u64 pfr0 = read_sysreg(id_aa64pfr0_el1);
	u64 pfr1 = read_sysreg(id_aa64pfr1_el1);

	*hcr |= HCR_APK_API;
	if (field(pfr1, 8) >= 2)
		*hcr |= HCR_ATA;
	if (field(pfr0, 32))
		*cptr &= ~CPTR_EL2_TZ;
	if (field(pfr1, 24))
		*cptr &= ~CPTR_EL2_TSM;
	write_sysreg(cptr_el2, *cptr);
	isb();
	if (field(pfr0, 32))
		write_sysreg(s3_4_c1_c2_0, 0xf); /* ZCR_EL2.LEN */
	if (field(pfr1, 24))
		write_sysreg(s3_4_c1_c2_6, 0x8000000f); /* SMCR_EL2.FA64, LEN */
	if (field(pfr1, 24) && field(read_sysreg(id_aa64mmfr0_el1), 56)) {
		write_sysreg(s3_4_c1_c1_4, FGT_NTPIDR2 | FGT_NSMPRI); /* HFGRTR_EL2 */
		write_sysreg(s3_4_c1_c1_5, FGT_NTPIDR2 | FGT_NSMPRI); /* HFGWTR_EL2 */
	}
}

static void open_el2(u64 el)
{
	u64 hcr = HCR_RW;
	u64 cptr = CPTR_EL2_RES1;

	write_sysreg(sctlr_el2, SCTLR_EL2_RES1);
	write_sysreg(cptr_el2, cptr);
	write_sysreg(vttbr_el2, 0);
	if (el == 1) {
		open_features_el2(&hcr, &cptr);
		stage2_cpu_init();
		hcr |= HCR_VM;
	}
	write_sysreg(hcr_el2, hcr);
	write_sysreg(cnthctl_el2, 3);
	write_sysreg(cntvoff_el2, 0);
	write_sysreg(vpidr_el2, read_sysreg(midr_el1));
	write_sysreg(vmpidr_el2, read_sysreg(mpidr_el1));
	write_sysreg(mdcr_el2, (read_sysreg(pmcr_el0) >> 11) & 0x1f);
	write_sysreg(sctlr_el1, SCTLR_EL1_RES1);
}

/* Called with the lock held; comes back as a trap. */
void boot_cpu(u32 cpu, u64 entry, u64 x0)
{
	u64 scr = SCR_NS | SCR_FIQ | SCR_RES1 | SCR_HCE | SCR_RW;
	u64 el = control()->el;
	struct frame *frame = frame_of(cpu);

	open_features(&scr);
	write_sysreg(scr_el3, scr);
	write_sysreg(mdcr_el3, 0);
	isb();
	open_el2(el);
	gic_cpu_init(cpu);
	write_sysreg(cntps_cval_el1, ~0UL);
	write_sysreg(cntps_ctl_el1, 1);

	memset(frame, 0, sizeof(*frame));
	frame->x[0] = x0;
	frame->elr = entry;
	frame->spsr = SPSR_DAIF | (el == 1 ? SPSR_EL1H : SPSR_EL2H);
	frame->delay = FAR_AWAY;
	unlock();
	trap_exit(frame);
}
