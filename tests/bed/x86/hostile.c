// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware that changes a record while it is read: raises it, rings, and until it
 * is acknowledged flips one word of it after the other, as fast as this CPU can.
 *
 *	hostile RAM-FD QTEST-FD MODE COUNT ADDRESS-REGISTER ACK-REGISTER BLOCK \
 *		OTHER-ACK-REGISTER OTHER-BLOCK RECORD
 *
 * Places are offsets in the guest's memory, RECORD is a file. The other source is
 * free; it tells when the guest is not reading (see withdrawn()).
 * MODE is "lengths" (every length field, and the status, which may be withdrawn)
 * or "address" (lengths, statuses that are not 0, and where the block is). Says
 * "RAISED FLIPS AGAIN" when COUNT records were acknowledged; AGAIN is how often
 * one had to be rung for, or raised, once more.
 *
 * What is acknowledged was counted once: after it, no word is left that could be
 * taken for another record. So the status is flipped by compare-and-swap, which
 * fails once the other side has cleared it, and the address leads only to places
 * whose first word is 0, or that are none of firmware's memory.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NMI	   "writel 0xfee00000 0x400\n"
#define PATIENCE   400000ll /* nanoseconds until the bell is rung again */
#define FIELDS_MAX 64

static volatile uint8_t *ram;
static int qtest, rings;
static uint64_t seed = 0x5eed;

static uint64_t chance(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dull;
}

static void put32(uint64_t at, uint32_t v)
{
	*(volatile uint32_t *)(ram + at) = v;
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void ring(void)
{
	if (write(qtest, NMI, sizeof(NMI) - 1) != sizeof(NMI) - 1)
		exit(2);
	rings++;
}

/* QEMU answers each command with a line. */
static void hear(void)
{
	char c;

	while (rings) {
		if (read(qtest, &c, 1) != 1)
			exit(2);
		rings -= c == '\n';
	}
}

/* The length fields of a block: those of its header, and of each section's. */
static int fields(const uint8_t *record, uint32_t size, uint32_t *at)
{
	uint32_t p = 20, header, length;
	int n = 0;

	at[n++] = 4;
	at[n++] = 8;
	at[n++] = 12;
	while (p + 64 <= size && n + 2 <= FIELDS_MAX) {
		header = record[p + 21] >= 3 ? 72 : 64;
		memcpy(&length, record + p + 24, sizeof(length));
		at[n++] = p + 24;
		at[n++] = p + 20; /* the revision, and with it the header's size */
		if (length >= 12 && n < FIELDS_MAX)
			at[n++] = p + header + 8; /* the length an ARM section has of itself */
		p += header + length;
	}
	return n;
}

static uint32_t nasty(uint32_t right)
{
	static const uint32_t edges[] = { 0,	      1,	  63,	      64,
					  0xfff,      0x1000,	  0x10000,    0x7fffffff,
					  0x80000000, 0xffffffec, 0xffffffc0, 0xffffffb8,
					  0xfffffff8, 0xffffffff };

	switch (chance() % 4) {
	case 0:
		return edges[chance() % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return right + (uint32_t)(chance() % 129) - 64;
	case 2:
		return (uint32_t)chance();
	default:
		return right;
	}
}

/* Of the record that is raised, and of the source that is asked. */
static uint64_t reg, ack, block, other_ack, other_block;
static uint8_t record[65536];
static uint32_t size, right;

static bool acknowledged(uint64_t at)
{
	return *(volatile uint64_t *)(ram + at) & 1;
}

static void publish(uint64_t at, const uint8_t *bytes, uint32_t n)
{
	memcpy((uint8_t *)ram + at + 4, bytes + 4, n - 4);
	__atomic_store_n((uint32_t *)(ram + at), *(const uint32_t *)bytes, __ATOMIC_RELEASE);
	ring();
}

/*
 * The record was withdrawn. Perhaps the guest had seen it before, and clears and
 * acknowledges what it has copied; raised anew between the two, it would be taken
 * twice. A record of the other source is taken by the same handler, which looks
 * at that source last: when it is acknowledged, this one is not being read.
 */
static void withdrawn(void)
{
	uint8_t small[84] = { 2 };

	small[12] = 64;
	small[16] = 2;
	*(volatile uint64_t *)(ram + other_ack) = 0;
	publish(other_block, small, sizeof(small));
	while (!acknowledged(other_ack))
		;
	if (!acknowledged(ack))
		publish(block, record, size);
}

int main(int argc, char **argv)
{
	uint32_t at[FIELDS_MAX], raised = 0, again = 0, count;
	uint64_t flips = 0;
	struct stat status;
	int n, addresses;
	FILE *file;

	if (argc != 11)
		return 2;
	qtest = atoi(argv[2]);
	addresses = !strcmp(argv[3], "address");
	count = (uint32_t)atoi(argv[4]);
	reg = strtoull(argv[5], NULL, 0);
	ack = strtoull(argv[6], NULL, 0);
	block = strtoull(argv[7], NULL, 0);
	other_ack = strtoull(argv[8], NULL, 0);
	other_block = strtoull(argv[9], NULL, 0);
	file = fopen(argv[10], "r");
	if (!file || fstat(atoi(argv[1]), &status))
		return 2;
	size = (uint32_t)fread(record, 1, sizeof(record), file);
	ram = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[1]),
		   0);
	if (ram == MAP_FAILED)
		return 2;
	n = fields(record, size, at);
	memcpy(&right, record, sizeof(right));

	for (; raised < count; raised++) {
		/* Where a flipped address may lead: elsewhere, nowhere, memory that is not ours. */
		const uint64_t places[] = { block,     block,	   block + 64,	       block + 2,
					    0x1000000, 1ull << 52, 0xfffffffffffff000, 0 };
		long long end = now() + PATIENCE;
		uint32_t shown = right, spins = 0;
		int lead_astray = addresses;

		*(volatile uint64_t *)(ram + ack) = 0;
		publish(block, record, size);
		while (!acknowledged(ack)) {
			uint32_t i = (uint32_t)(chance() % (unsigned int)(n + 2)), old;

			if (++spins % 256 == 0 && now() > end) {
				/* Looked for elsewhere, it was not found: no more of that. */
				*(volatile uint64_t *)(ram + reg) = block;
				lead_astray = 0;
				ring();
				again++;
				end = now() + PATIENCE;
			}
			if (i == (uint32_t)n) {
				uint32_t fresh = nasty(right);

				if (addresses || chance() % 64)
					fresh |= 1;
				if (!__atomic_compare_exchange_n((uint32_t *)(ram + block), &shown,
								 fresh, 0, __ATOMIC_SEQ_CST,
								 __ATOMIC_SEQ_CST)) {
					shown = 0xdead; /* cleared: never again */
				} else if (!fresh) {
					withdrawn();
					again++;
					shown = right;
				} else {
					shown = fresh;
				}
			} else if (i == (uint32_t)n + 1) {
				if (!lead_astray)
					continue;
				*(volatile uint64_t *)(ram + reg) = places[chance() % 8];
			} else {
				memcpy(&old, record + at[i], sizeof(old));
				put32(block + at[i], nasty(old));
			}
			flips++;
		}
		*(volatile uint64_t *)(ram + reg) = block;
		hear();
	}
	printf("%u %llu %u\n", raised, (unsigned long long)flips, again);
	return 0;
}
