// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that owns a page which goes bad, and is told so.
 *
 *	bystander own FILE	writes "page PHYSICAL-ADDRESS" to FILE and waits; adds
 *				"code SI_CODE address right|wrong at NANOSECONDS" on SIGBUS
 *	bystander offset	what CLOCK_MONOTONIC_RAW is ahead of the counter that firmware
 *				reads (arm64), in nanoseconds of a counter of 1 GHz
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t code;
static void *volatile address;
static volatile int64_t when;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void on_bus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	when = now();
	address = info->si_addr;
	code = info->si_code;
}

static uint64_t physical(void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)page / 4096 * 8) != 8 || !(entry >> 63)) {
		perror("bystander: pagemap");
		exit(1);
	}
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * 4096;
}

static int own(const char *file)
{
	struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	sigset_t bus, before;
	char *page;
	FILE *out;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		    -1, 0);
	if (page == MAP_FAILED || mlock(page, 4096) ||
	    prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)) {
		perror("bystander");
		return 1;
	}
	memset(page, 1, 4096);
	sigaction(SIGBUS, &action, NULL);
	/* It comes in sigsuspend() and nowhere else. */
	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	sigprocmask(SIG_BLOCK, &bus, &before);
	out = fopen(file, "w");
	if (!out) {
		perror(file);
		return 1;
	}
	fprintf(out, "page %llx\n", (unsigned long long)physical(page));
	fflush(out);
	while (!code)
		sigsuspend(&before);
	fprintf(out, "code %d address %s at %lld\n", (int)code,
		(uintptr_t)address / 4096 == (uintptr_t)page / 4096 ? "right" : "wrong",
		(long long)when);
	fclose(out);
	return 0;
}

static int64_t counter(void)
{
#ifdef __aarch64__
	int64_t value;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
	return value;
#else
	return now();
#endif
}

/* The smallest of some tries: between the two readings as little as possible happened. */
static int offset(void)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 100; i++) {
		int64_t before = counter(), clock = now(), ahead = clock - before;

		if (ahead < best)
			best = ahead;
	}
	printf("%lld\n", (long long)best);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "own"))
		return own(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "offset"))
		return offset();
	fprintf(stderr, "usage: bystander own FILE | offset\n");
	return 2;
}
