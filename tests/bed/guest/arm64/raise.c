// SPDX-License-Identifier: GPL-2.0-only
/*
 * raise [OPTION...]: asks the arm64 platform's firmware for exceptions and is there to be interrupted.
 *
 *   -r N    what the firmware makes of it: the recipe's number (default 0)
 *   -s      an SError, else a synchronous external abort
 *   -e ESR  its syndrome, as for an exception from a lower exception level
 *   -k      in the kernel, else in this program
 *   -n N    so many
 *
 * The addresses are those of a page of this program. Says how many were raised, how many signals
 * came and the last one's siginfo.
 */
#include "options.h"
#include "pages.h"
#include "sigbus.h"

#define ABORT 0x92000010

int main(int argc, char **argv)
{
	u64 recipe = 0, syndrome = ABORT, times = 1;
	bool serror = false, in_kernel = false;
	const struct option options[] = { { 'r', .number = &recipe },	{ 's', .flag = &serror },
					  { 'e', .number = &syndrome }, { 'k', .flag = &in_kernel },
					  { 'n', .number = &times },	{} };
	volatile u64 *page;

	options_read(argc, argv, options);
	bell_open();
	call_open();
	sigbus_handle(NULL, NULL);
	sigbus_forget();
	page = page_map(PAGE_ANON, NULL);
	*page = 1;
	my_call->recipe = recipe;
	my_call->serror = serror;
	my_call->syndrome = syndrome;
	my_call->va = (uintptr_t)page;
	my_call->pa = physical(page);
	my_call->ipa = 0;
	my_call->into = in_kernel ? INTO_KERNEL : INTO_EL0;
	my_call->cpu = 0;
	my_call->gated = 0;
	my_call->witness = 0;
	my_call->times = times;
	call_send(CALL_RAISE);
	while (my_call->op != CALL_NONE)
		if (in_kernel)
			syscall(SYS_getppid);
	printf("raised=%lu signals=%d code=%d addr=%#lx lsb=%d own=%d right=%d\n", my_call->result,
	       seen.signals, seen.code, seen.addr, seen.lsb, seen.own_task,
	       sigbus_right((uintptr_t)page));
	call_close();
	return 0;
}
