/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in memory a program's page is. */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* For root. */
static inline uint64_t physical(const volatile void *va)
{
	static int fd = -1;
	const uint64_t page =
		sysconf(_SC_PAGESIZE); /* of this kernel; the firmware's are of 4 KiB */
	uint64_t entry;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pread(fd, &entry, 8, (uintptr_t)va / page * 8) != 8)
		die("pagemap");
	if (!(entry >> 63)) {
		fprintf(stderr, "%p: not present\n", va);
		exit(1);
	}
	return (entry & ((1UL << 55) - 1)) * page + (uintptr_t)va % page;
}

#endif
