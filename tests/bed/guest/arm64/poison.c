// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison [OPTION...]: touches pages that the arm64 platform's firmware has poisoned for it, and
 * says what became of each touch.
 *
 *   -r N     what the firmware makes of an access: the recipe's number (default 0)
 *   -e       each touch by the next recipe
 *   -x N     so many accesses trap, then the page heals; default 0: all do, for ever
 *   -k KIND  of page: anon, shared, file, clean, thp, hugetlb, pfnmap
 *   -a HOW   load, store, fetch, write (the kernel reads the page), read (it writes it)
 *   -n N     touches, each of a new page at the same address
 *   -T N     tasks, on all CPUs in turn; they touch the same page when it is of a kind
 *            that can be shared, else each has its own
 *   -w FILE  poisons nothing: says "page=ADDRESS", and touches when FILE is there
 *   -d       without a handler for SIGBUS
 *   -q       only the summary
 *
 * One line per touch, in the touching task, and one per task:
 *   signals, code, addr, lsb: SIGBUS as it came, with the last one's siginfo
 *   at: when it came, by the counter that firmware reads
 *   own: it came to the task that touched
 *   next: 1: the instruction after the access had been executed when it came
 *   trapped: accesses that have trapped, as firmware counts them
 *   value: 1: the access saw, or left, what it should
 *   result: of write(2) or read(2), negative: the error
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include "options.h"
#include "pages.h"
#include "sigbus.h"

#define TASKS_MAX 64
#define OFFSET	  0x128

enum how {
	LOAD,
	STORE,
	FETCH,
	WRITE,
	READ,
	HOWS
};
static const char *const hows[HOWS] = { "load", "store", "fetch", "write", "read" };

static int kind, how, touches = 1, tasks = 1;
static bool no_handler, quiet;
static const char *wait_for;
static u64 recipe, next_recipe, times;

static volatile u64 marker;

static struct {
	int touches, ar, ao, other, none, right, trapped, wrong_value;
} sum;

/* u64 touch_*(volatile void *page, volatile u64 *marker, u64 value) */
u64 touch_load(volatile void *, volatile u64 *, u64);
u64 touch_store(volatile void *, volatile u64 *, u64);
extern const char touch_code[], touch_code_end[];
asm(".pushsection .text\n"
    ".globl touch_load, touch_store, touch_code, touch_code_end\n"
    "touch_load:	ldr x0, [x0]\n"
    "		str x2, [x1]\n"
    "		ret\n"
    "touch_store:	str x2, [x0]\n"
    "		str x2, [x1]\n"
    "		ret\n"
    "touch_code:	str x2, [x1]\n" /* is copied to the page */
    "		mov x0, x2\n"
    "		ret\n"
    "touch_code_end:\n"
    ".popsection");

/* Goes on after the touch, as if it had returned 0. */
static void resume(ucontext_t *uc)
{
	u64 pc = uc->uc_mcontext.pc;

	if (pc == (uintptr_t)touch_load || pc == (uintptr_t)touch_store ||
	    (how == FETCH && pc == (u64)uc->uc_mcontext.regs[3])) {
		uc->uc_mcontext.regs[0] = 0;
		uc->uc_mcontext.pc = uc->uc_mcontext.regs[30];
	}
}

static void fill(char *p)
{
	if (kind == PAGE_PFNMAP)
		return; /* it may be poisoned already */
	if (kind == PAGE_CLEAN) {
		(void)*(volatile u64 *)p; /* map it; a store would make it dirty */
		return;
	}
	for (size_t i = 0; i < page_size(kind); i += PAGE)
		*(volatile u64 *)(p + i) = PATTERN;
	if (how == FETCH) {
		memcpy(p + OFFSET, touch_code, touch_code_end - touch_code);
		__builtin___clear_cache(p + OFFSET, p + OFFSET + 64);
	} else {
		*(volatile u64 *)(p + OFFSET) = PATTERN;
	}
}

static s64 touch(char *p, int pipe_in, int pipe_out)
{
	typedef u64 code(volatile void *, volatile u64 *, u64, volatile void *);
	ssize_t n;

	switch (how) {
	case LOAD:
		return touch_load(p, &marker, 1);
	case STORE:
		return touch_store(p, &marker, 1);
	case FETCH:
		return ((code *)p)(p, &marker, 1, p);
	case WRITE:
		n = write(pipe_in, p, 8);
		marker = 1;
		return n < 0 ? -errno : n;
	default:
		n = write(pipe_in, &n, 8);
		n = read(pipe_out, p, 8);
		marker = 1;
		return n < 0 ? -errno : n;
	}
}

/* Of an access that has not been given up. */
static bool value_right(char *p, s64 result)
{
	switch (how) {
	case LOAD:
		return (u64)result == PATTERN;
	case STORE:
		return *(volatile u64 *)p == 1;
	case FETCH:
		return result == 1;
	default:
		return result == 8;
	}
}

static void report(int task, int n, u64 va, u64 pa, u64 trapped, s64 result, bool right_value)
{
	bool right = sigbus_right(va) && !seen.witness;

	sum.touches++;
	sum.right += right;
	sum.trapped += trapped;
	sum.wrong_value += !seen.signals && !right_value;
	if (!seen.signals)
		sum.none++;
	else if (seen.code == BUS_MCEERR_AR)
		sum.ar++;
	else if (seen.code == BUS_MCEERR_AO)
		sum.ao++;
	else
		sum.other++;
	if (quiet)
		return;
	printf("touch=%d task=%d va=%#lx pa=%#lx signals=%d code=%d addr=%#lx lsb=%d at=%lu own=%d next=%d "
	       "trapped=%lu value=%d result=%ld\n",
	       n, task, va, pa, seen.signals, seen.code, seen.addr, seen.lsb, seen.at,
	       seen.own_task, (int)seen.witness, trapped, right_value, result);
}

static void summary(int task)
{
	printf("task=%d touches=%d ar=%d ao=%d other=%d none=%d right=%d trapped=%d wrong=%d\n",
	       task, sum.touches, sum.ar, sum.ao, sum.other, sum.none, sum.right, sum.trapped,
	       sum.wrong_value);
	fflush(stdout);
}

static void touch_and_tell(int task, int n, char *page, u64 pa)
{
	static int pipes[2];
	bool right_value = false;
	s64 result;

	if (!pipes[1] && pipe(pipes))
		die("pipe");
	sigbus_forget();
	marker = 0;
	result = touch(page + OFFSET, pipes[1], pipes[0]);
	if (!seen.signals)
		right_value = value_right(page + OFFSET, result);
	report(task, n, (uintptr_t)page + OFFSET, pa, my_call ? call_page(CALL_QUERY, pa, 0, 0) : 0,
	       result, right_value);
}

static char *poisoned_page(char *at, u64 *pa)
{
	char *page = page_map(kind, at);

	fill(page);
	/* The kernel's khugepaged is not to read what is poisoned; kernels die of that. */
	if (kind == PAGE_THP && madvise(page, HUGE_PAGE, MADV_NOHUGEPAGE))
		die("madvise");
	*pa = page_physical(kind, page + OFFSET);
	if (wait_for) {
		printf("page=%#lx\n", *pa);
		fflush(stdout);
		while (access(wait_for, F_OK))
			usleep(1000);
	} else if (!call_page(CALL_POISON, *pa, recipe, times)) {
		fprintf(stderr, "%#lx: firmware refuses to poison it\n", *pa);
		exit(1);
	}
	return page;
}

static void begin(int task)
{
	cpu_set_t cpus;

	if (tasks > 1) {
		CPU_ZERO(&cpus);
		CPU_SET(task % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	if (!no_handler)
		sigbus_handle(&marker, resume);
}

static void own_pages(int task)
{
	char *page = NULL;
	u64 pa;

	begin(task);
	call_open();
	for (int n = 0; n < touches; n++) {
		page = poisoned_page(page, &pa);
		touch_and_tell(task, n, page, pa);
		recipe += next_recipe;
	}
	summary(task);
	call_close();
}

/* All wait for the last to arrive. */
static void barrier(volatile int *arrived)
{
	__sync_fetch_and_add(arrived, 1);
	while (*arrived < tasks)
		sched_yield();
}

static void common_page(int task, int n, char *page, u64 pa, volatile int *arrived)
{
	begin(task);
	my_call = NULL;
	barrier(arrived);
	touch_and_tell(task, n, page, pa);
	summary(task);
}

/* In a child; with -d it may not live to say anything. */
static int collect(void)
{
	int status, failed = 0;
	pid_t pid;

	while ((pid = wait(&status)) > 0) {
		if (WIFSIGNALED(status))
			printf("killed=%d signal=%d\n", pid, WTERMSIG(status));
		failed |= WIFEXITED(status) && WEXITSTATUS(status);
	}
	return failed;
}

static int run_common(void)
{
	volatile int *arrived = page_map(PAGE_SHARED, NULL);
	char *page = NULL;
	int failed = 0;
	u64 pa;

	call_open();
	for (int n = 0; n < touches; n++) {
		page = poisoned_page(page, &pa);
		*arrived = 0;
		for (int task = 0; task < tasks; task++)
			if (fork() == 0) {
				common_page(task, n, page, pa, arrived);
				exit(0);
			}
		failed |= collect();
		printf("common=%d trapped=%lu\n", n, call_page(CALL_QUERY, pa, 0, 0));
		fflush(stdout);
	}
	call_close();
	return failed;
}

static int run_own(void)
{
	if (tasks == 1 && !no_handler) {
		own_pages(0);
		return 0;
	}
	for (int task = 0; task < tasks; task++)
		if (fork() == 0) {
			own_pages(task);
			exit(0);
		}
	return collect();
}

int main(int argc, char **argv)
{
	const char *kind_name = page_kinds[PAGE_ANON], *how_name = hows[0];
	bool each_its_own = false;
	const struct option options[] = { { 'r', .number = &recipe },
					  { 'e', .flag = &each_its_own },
					  { 'x', .number = &times },
					  { 'k', .word = &kind_name },
					  { 'a', .word = &how_name },
					  { 'n', .count = &touches },
					  { 'T', .count = &tasks },
					  { 'w', .word = &wait_for },
					  { 'd', .flag = &no_handler },
					  { 'q', .flag = &quiet },
					  {} };

	options_read(argc, argv, options);
	next_recipe = each_its_own;
	kind = page_kind(kind_name);
	while (how < HOWS && strcmp(how_name, hows[how]))
		how++;
	if (how == HOWS || tasks < 1 || tasks > TASKS_MAX)
		return 2;
	bell_open();
	return tasks > 1 && (kind == PAGE_SHARED || kind == PAGE_FILE) ? run_common() : run_own();
}
