/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of every kind a program can have. */
#ifndef PAGES_H
#define PAGES_H

#include <string.h>
#include "bell.h"

#define HUGE_PAGE (2UL << 20)
#define PATTERN	  0x600dda7a600dda7aUL

enum page_kind {
	PAGE_ANON,   /* private, nobody else's */
	PAGE_SHARED, /* anonymous, shared with the tasks forked after it was mapped */
	PAGE_FILE,   /* of the page cache, dirty */
	PAGE_CLEAN,  /* of the page cache, as it is on the disk that is mounted at /mnt */
	PAGE_THP,    /* anonymous, of a transparent huge page */
	PAGE_HUGETLB,
	PAGE_PFNMAP, /* a driver's: pfnmap.ko's, one and the same each time */
	PAGE_KINDS
};

static const char *const page_kinds[PAGE_KINDS] = {
	[PAGE_ANON] = "anon",	  [PAGE_SHARED] = "shared", [PAGE_FILE] = "file",
	[PAGE_CLEAN] = "clean",	  [PAGE_THP] = "thp",	    [PAGE_HUGETLB] = "hugetlb",
	[PAGE_PFNMAP] = "pfnmap",
};

static inline int page_kind(const char *name)
{
	for (int kind = 0; kind < PAGE_KINDS; kind++)
		if (!strcmp(name, page_kinds[kind]))
			return kind;
	fprintf(stderr, "%s: no such kind of page\n", name);
	exit(2);
}

static inline size_t page_size(int kind)
{
	return kind == PAGE_THP || kind == PAGE_HUGETLB ? HUGE_PAGE : PAGE;
}

static inline void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static inline u64 page_physical(int kind, char *at)
{
	char text[24] = "";
	int fd;

	if (kind != PAGE_PFNMAP)
		return physical(at);
	fd = open("/sys/module/pfnmap/parameters/pa", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die("pfnmap.ko");
	close(fd);
	return strtoul(text, NULL, 0) + (uintptr_t)at % PAGE;
}

/* A file of a page, which is gone with its last user. */
static inline int new_file(const char *folder)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%s/poison.XXXXXX", folder);
	fd = mkstemp(name);
	if (fd < 0 || unlink(name) || ftruncate(fd, PAGE))
		die(folder);
	return fd;
}

/* The same with a pattern in it that is on the disk. */
static inline int new_clean_file(u64 pattern)
{
	int fd = new_file("/mnt");

	for (size_t i = 0; i < PAGE / sizeof(pattern); i++)
		if (write(fd, &pattern, sizeof(pattern)) != sizeof(pattern))
			die("/mnt");
	if (fsync(fd))
		die("/mnt");
	return fd;
}

/* Replaces what is at `at`, unless that is NULL. Not touched yet. */
static inline void *page_map(int kind, void *at)
{
	int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
	int flags = MAP_ANONYMOUS | (kind == PAGE_SHARED ? MAP_SHARED : MAP_PRIVATE);
	size_t size = page_size(kind);
	size_t room = kind == PAGE_THP && !at ? 2 * size : size;
	int fd = -1;
	char *p;

	if (kind == PAGE_FILE) {
		fd = new_file("/tmp");
		flags = MAP_SHARED;
	}
	if (kind == PAGE_CLEAN) {
		fd = new_clean_file(PATTERN);
		flags = MAP_SHARED;
	}
	if (kind == PAGE_PFNMAP) {
		fd = open("/dev/pfnmap", O_RDWR);
		if (fd < 0)
			die("/dev/pfnmap");
		flags = MAP_SHARED;
	}
	if (kind == PAGE_HUGETLB) {
		write_text("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8");
		flags |= MAP_HUGETLB | 21 << MAP_HUGE_SHIFT;
	}
	p = mmap(at, room, prot, flags | (at ? MAP_FIXED : 0), fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	if (fd >= 0)
		close(fd);
	if (kind == PAGE_THP) {
		p = (char *)(((uintptr_t)p + size - 1) & ~(size - 1));
		if (madvise(p, size, MADV_HUGEPAGE))
			die("madvise");
	}
	return p;
}

#endif
