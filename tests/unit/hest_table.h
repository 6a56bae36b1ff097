/* SPDX-License-Identifier: GPL-2.0-only */
/* A HEST while it is written, and what the walk handed out of it. */
#ifndef HEST_TABLE_H
#define HEST_TABLE_H

#include "unit.h"

#include "record/hest.h"

/* A table while it is written. */
struct table {
	u8 bytes[16384];
	u32 size, count;
};

/* What the walk handed out. */
struct seen {
	struct gn_hest_source src[64];
	const char *why[64];
	int n;
	int stop_at; /* the call that is to return 7; 0: none */
};

static inline void start(struct table *t)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->bytes, "HEST", 4);
	t->size = 40;
}

static inline u8 *add(struct table *t, u16 type, u16 id, u32 size)
{
	u8 *p = t->bytes + t->size;

	assert_true(t->size + size <= sizeof(t->bytes));
	put16(p, type);
	put16(p + 2, id);
	t->size += size;
	t->count++;
	return p;
}

static inline u8 *add_ghes(struct table *t, u16 id)
{
	u8 *p = add(t, 9, id, 64);

	p[7] = 1;
	p[21] = 64;
	put64(p + 24, 0x7e000000 + id * 64);
	p[32] = GN_NOTIFY_SDEI;
	put32(p + 36, 1000);
	put32(p + 40, 804);
	put32(p + 60, 4096);
	return p;
}

static inline u8 *add_ghes_v2(struct table *t, u16 id)
{
	u8 *p = add_ghes(t, id);

	put16(p, 10);
	t->size += 28;
	p[65] = 64;
	put64(p + 68, 0x7e000008 + id * 64);
	put64(p + 76, ~1ull);
	put64(p + 84, 1);
	return p;
}

static inline int collect(void *arg, const struct gn_hest_source *src, const char *why)
{
	struct seen *seen = arg;

	assert_true(seen->n < 64);
	seen->src[seen->n] = *src;
	seen->why[seen->n++] = why;
	return seen->n == seen->stop_at ? 7 : 0;
}

/* Parses the first @size bytes of the table as they are. */
static inline int parse_bytes(const u8 *bytes, u32 size, struct seen *seen)
{
	u8 *exact = exactly(bytes, size);
	int err;

	memset(seen, 0, sizeof(*seen));
	err = gn_hest_parse(exact, size, collect, seen);
	free(exact);
	return err;
}

static inline int parse(struct table *t, struct seen *seen)
{
	put32(t->bytes + 4, t->size);
	put32(t->bytes + 36, t->count);
	return parse_bytes(t->bytes, t->size, seen);
}

#endif
