/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses and registers of QEMU's "virt" machine with secure=on, and access to them. */
#ifndef HW_H
#define HW_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long u64;
typedef long s64;
typedef _Bool bool;
#define true	    1
#define false	    0
#define NULL	    ((void *)0)

#define GICD	    0x08000000UL
#define GICR	    0x080a0000UL
#define RTC	    0x09010000UL
#define GPIO	    0x09030000UL
#define SECURE_UART 0x09040000UL
#define SECURE_GPIO 0x090b0000UL

/* The interrupts the firmware keeps for itself: group 0, highest priority, FIQ to EL3. */
#define INTID_KICK  15
#define INTID_TIMER 29
#define INTID_RTC   34
#define INTID_UART  40

#define read_sysreg(r)                                             \
	({                                                         \
		u64 v__;                                           \
		asm volatile("mrs %0, " #r : "=r"(v__)::"memory"); \
		v__;                                               \
	})
#define write_sysreg(r, v) asm volatile("msr " #r ", %0" ::"r"((u64)(v)) : "memory")
#define isb()		   asm volatile("isb" ::: "memory")
#define dsb()		   asm volatile("dsb sy" ::: "memory")
#define wfi()		   asm volatile("wfi" ::: "memory")

/* A structure at a physical address that the layout or the host gives. */
#define at(type, address) ((type *)(u64)(address))

static inline u32 read32(u64 at)
{
	return *(volatile u32 *)at;
}

static inline void write32(u64 at, u32 value)
{
	*(volatile u32 *)at = value;
}

static inline void write8(u64 at, u8 value)
{
	*(volatile u8 *)at = value;
}

static inline void write64(u64 at, u64 value)
{
	*(volatile u64 *)at = value;
}

/* Words in memory that somebody else (host, guest, other CPU) reads or writes at the same time. */
#define load(p)	    __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif
