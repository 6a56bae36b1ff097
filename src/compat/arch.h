/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the architectures, and PHYS_MASK: Linux 6.9: pgtable-hwdef.h ->
 * pgtable-prot.h. Owns no state. NMI-safe where a function says so.
 */
#ifndef GN_ARCH_H
#define GN_ARCH_H

#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>

#ifdef CONFIG_ARM64
#include <linux/irqflags.h>
#include <linux/pgtable.h> /* PHYS_MASK: in pgtable-hwdef.h, since 6.9 in pgtable-prot.h */
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

/*
 * Is @va mapped as Device memory? An address translation instruction asks the MMU,
 * because no exported function knows. PAR_EL1 bits 63:56 hold the
 * memory attribute; an upper half of zero is Device. An address that does not
 * translate is treated as Device too: slow, never wrong.
 */
static inline bool gn_arch_is_device(const void *va)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(par) : "r"(va) : "memory");
	local_irq_restore(flags);
	return (par & 1) || !(par >> 60);
}

/* Has this machine such a physical address? */
static inline bool gn_arch_has_address(u64 pa)
{
	u64 range = read_sysreg(id_aa64mmfr0_el1) & 0xf;
	unsigned int bits = id_aa64mmfr0_parange_to_phys_shift(range);

	return !(pa & ~PHYS_MASK) && !(pa >> bits);
}

/* NMI-safe. Ticks of a counter that all CPUs share. */
static inline u64 gn_clock(void)
{
	return read_sysreg(cntvct_el0);
}

/* NMI-safe. */
static __always_inline void gn_arch_copy(void *to, const void *from, u32 length)
{
	memcpy(to, from, length);
}

/* NMI-safe. Ticks of gn_clock() in a second. */
static inline u32 gn_clock_hz(void)
{
	return read_sysreg(cntfrq_el0);
}

static inline u64 gn_clock_ns(u64 ticks)
{
	u32 hz = gn_clock_hz();

	return hz ? mul_u64_u32_div(ticks, 1000000000, hz) : 0;
}

#else
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/tsc.h>

static inline bool gn_arch_is_device(const void *va)
{
	return false; /* any access may go to any memory type */
}

/* Has this machine such a physical address? ioremap() warns of one beyond. */
static inline bool gn_arch_has_address(u64 pa)
{
	return !(pa >> boot_cpu_data.x86_phys_bits);
}

/* NMI-safe. Ticks of a counter that all CPUs share. */
static inline u64 gn_clock(void)
{
	return rdtsc();
}

/* NMI-safe. By quadwords, and without a call: most records are short. */
static __always_inline void gn_arch_copy(void *to, const void *from, u32 length)
{
	unsigned long words = length / 8, bytes = length % 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static inline u64 gn_clock_ns(u64 ticks)
{
	return tsc_khz ? mul_u64_u32_div(ticks, 1000000, tsc_khz) : 0;
}
#endif

#endif
