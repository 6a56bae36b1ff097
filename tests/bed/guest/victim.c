// SPDX-License-Identifier: GPL-2.0-only
/*
 * victim PAGES: programs with pages that firmware's records name.
 *
 * Prints the physical address of each page and of the huge page behind them ("page pa=..."), then each SIGBUS that
 * comes: the number of its page, its code and the size of what is lost. It asks to be told early, and never touches a
 * page again. Each page is a process of its own: of two signals that come to one before it runs the kernel keeps
 * one. They end when the first one is killed.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "pagemap.h"

#define PAGE	  4096UL
#define HUGE_PAGE (2UL << 20)

static char *pages, *huge;
static size_t count;

static void *map(size_t size, int advice)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || madvise(at, size, advice))
		die("mmap");
	return at;
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;
	char line[80];
	int length;

	(void)number;
	(void)context;
	if (at >= pages && at < pages + count * PAGE)
		length = snprintf(line, sizeof(line), "signal page=%zu code=%d lsb=%d\n",
				  (at - pages) / PAGE, info->si_code, info->si_addr_lsb);
	else
		length = snprintf(line, sizeof(line), "signal huge code=%d lsb=%d\n", info->si_code,
				  info->si_addr_lsb);
	if (write(STDOUT_FILENO, line, length) != length)
		_exit(1);
}

/* A child that has the page; returns when it has said so. */
static void keep_page(size_t i)
{
	int said[2];
	pid_t child;
	char byte;

	if (pipe(said))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
			die("prctl");
		memset(pages + i * PAGE, (int)i + 1, PAGE);
		printf("page pa=%#lx\n", (unsigned long)physical(pages + i * PAGE));
		fflush(stdout);
		close(said[0]);
		close(said[1]);
		for (;;)
			pause();
	}
	close(said[1]);
	if (read(said[0], &byte, 1)) /* its end */
		die("read");
	close(said[0]);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	count = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	if (!count) {
		fprintf(stderr, "usage: victim PAGES\n");
		return 2;
	}
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) ||
	    sigaction(SIGBUS, &action, NULL))
		die("victim");
	pages = map(count * PAGE, MADV_NOHUGEPAGE);
	huge = map(2 * HUGE_PAGE, MADV_HUGEPAGE);
	huge = (char *)(((uintptr_t)huge + HUGE_PAGE - 1) & -HUGE_PAGE);
	for (size_t i = 0; i < count; i++)
		keep_page(i);
	memset(huge, 1, HUGE_PAGE);
	printf("huge pa=%#lx\n", (unsigned long)physical(huge));
	fflush(stdout);
	for (;;)
		pause();
}
