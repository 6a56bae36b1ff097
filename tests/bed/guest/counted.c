// SPDX-License-Identifier: GPL-2.0-only
/*
 * A routine whose cost was counted by hand: tests/vm/test_cost_plugin.py compares it with what the TCG plugin
 * bed/plugin/cost.c says.
 *
 *	counted		prints the routine's address
 *	counted CALLS	calls it so often
 *
 * Of the area it reads 6 lines and writes 3, one of them read too, on 4 pages. It has 2 barriers and 2
 * read-modify-writes, no loop, and begins at a page: 17 instructions in 68 bytes on arm64, 13 in 69 bytes on x86_64,
 * where its return reads a line of the stack, too.
 */
#include <stdio.h>
#include <stdlib.h>

static char area[4][4096] __attribute__((aligned(4096)));

void routine(char *first);

#ifdef __aarch64__
__asm__(".arch armv8.1-a\n"
	".text\n"
	".balign 4096\n"
	".globl routine\n"
	"routine:\n"
	"	ldr	x1, [x0]\n"	 /* page 0, line 0 */
	"	ldr	x1, [x0, #64]\n" /* line 1 */
	"	ldr	x1, [x0, #72]\n" /* line 1 again */
	"	add	x2, x0, #4096\n"
	"	ldr	x1, [x2]\n" /* page 1, line 0 */
	"	dmb	ish\n"
	"	add	x2, x2, #4096\n"
	"	ldur	x1, [x2, #60]\n"  /* page 2, lines 0 and 1 */
	"	str	x1, [x2, #128]\n" /* line 2 */
	"	add	x2, x2, #4096\n"
	"	str	x1, [x2]\n" /* page 3, line 0 */
	"	dsb	ish\n"
	"	ldxr	x1, [x2]\n" /* line 0, read */
	"	stxr	w3, x1, [x2]\n"
	"	ldadd	x1, x3, [x2]\n"
	"	str	x1, [x2, #64]\n" /* line 1 */
	"	ret\n");
#else
__asm__(".text\n"
	".balign 4096\n"
	".globl routine\n"
	"routine:\n"
	"	mov	(%rdi), %rax\n"	    /* page 0, line 0 */
	"	mov	64(%rdi), %rax\n"   /* line 1 */
	"	mov	72(%rdi), %rax\n"   /* line 1 again */
	"	mov	4096(%rdi), %rax\n" /* page 1, line 0 */
	"	mfence\n"
	"	mov	8252(%rdi), %rax\n"  /* page 2, lines 0 and 1 */
	"	mov	%rax, 8320(%rdi)\n"  /* line 2 */
	"	mov	%rax, 12288(%rdi)\n" /* page 3, line 0 */
	"	lfence\n"
	"	lock addq $1, 12288(%rdi)\n"
	"	xchg	%rax, 12288(%rdi)\n"
	"	mov	%rax, 12352(%rdi)\n" /* line 1 */
	"	ret\n");
#endif

int main(int argc, char **argv)
{
	int calls = argc > 1 ? atoi(argv[1]) : 0;

	if (argc < 2)
		printf("%p\n", (void *)routine);
	while (calls--)
		routine(area[0]);
	return 0;
}
