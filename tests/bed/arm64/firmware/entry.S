/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where every CPU comes out of reset, the EL3 vectors, and the way up to C and down again.
 * Caches and MMU stay off at EL3: QEMU models no caches, and nothing here is unaligned.
 */
#include "layout.h"

#define STACK_SIZE 0x4000

#define FRAME_X30 240
#define FRAME_ELR 248
#define FRAME_ENTERED 264
#define FRAME_DELAY 272
#define FRAME_LEFT 280
#define FRAME_SIZE 288

#define TRAP_SYNC 0
#define TRAP_FIQ 1

	.section .text.entry, "ax"
	.globl _start
_start:
	msr	daifset, #0xf
	adr	x0, vectors
	msr	vbar_el3, x0
	ldr	x0, =0x30c50830			/* SCTLR_EL3: RES1 bits, all else off */
	msr	sctlr_el3, x0
	isb
	mrs	x0, mpidr_el1
	and	x0, x0, #0xff
	cmp	x0, #CPUS_MAX
	b.hs	dead
	bl	set_stack
	b	reset_cpu			/* main.c */

dead:	wfi
	b	dead

/* x0 = CPU: sp = the top of its stack; only x9 and x10 are lost */
set_stack:
	ldr	x9, =stacks
	add	x10, x0, #1
	mov	sp, x9
	mov	x9, #STACK_SIZE
	mul	x10, x10, x9
	mov	x9, sp
	add	x9, x9, x10
	mov	sp, x9
	ret

/* A CPU that goes off forgets its stack: park_again(cpu) */
	.globl park_again
park_again:
	bl	set_stack
	b	park_cpu			/* psci.c */

/* struct frame *frame_of(cpu) */
	.globl frame_of
frame_of:
	ldr	x9, =stacks
	add	w10, w0, #1
	mov	x11, #STACK_SIZE
	madd	x9, x10, x11, x9
	sub	x0, x9, #FRAME_SIZE
	ret

/* The counter is read first on the way up and last on the way down: what lies between is EL3's. */
	.macro	trap kind
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mrs	x0, cntpct_el0
	mov	x1, #\kind
	b	trap_enter
	.balign 0x80
	.endm

	.macro	fault
	mov	x0, sp
	bl	trap_fault			/* main.c */
	.balign 0x80
	.endm

	.balign 0x800
vectors:
	.rept	8				/* from EL3 itself: a defect of the firmware */
	fault
	.endr
	trap	TRAP_SYNC			/* from below, AArch64 */
	fault
	trap	TRAP_FIQ
	fault
	.rept	4				/* from below, AArch32 */
	fault
	.endr

trap_enter:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el3
	mrs	x3, spsr_el3
	str	x30, [sp, #FRAME_X30]
	stp	x2, x3, [sp, #FRAME_ELR]
	str	x0, [sp, #FRAME_ENTERED]
	mov	x0, sp
	bl	trap				/* main.c */
	mov	x0, sp

/* trap_exit(frame): down into what the frame says */
	.globl trap_exit
trap_exit:
	mov	sp, x0
	ldp	x2, x3, [sp, #FRAME_ELR]
	msr	elr_el3, x2
	msr	spsr_el3, x3
	ldr	x30, [sp, #FRAME_X30]
	ldp	x28, x29, [sp, #224]
	ldp	x26, x27, [sp, #208]
	ldp	x24, x25, [sp, #192]
	ldp	x22, x23, [sp, #176]
	ldp	x20, x21, [sp, #160]
	ldp	x18, x19, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldr	x1, [sp, #FRAME_DELAY]
	mrs	x0, cntpct_el0
	str	x0, [sp, #FRAME_LEFT]
	add	x0, x0, x1
	msr	cntps_cval_el1, x0
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret

	.ltorg

	.section .bss.stacks, "aw", %nobits
	.balign 16
	.globl stacks
stacks:
	.skip	STACK_SIZE * CPUS_MAX
