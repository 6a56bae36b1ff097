// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/ack.c and register.c: what an acknowledgement writes, and that none is lost
 * where several sources acknowledge by one word.
 */
#include "sharers.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

static void fill(u8 *at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		at[i] = (u8)(0xa5 + 59 * i);
}

static u64 load(const u8 *at, u32 bytes)
{
	u64 value = 0;

	memcpy(&value, at, bytes);
	return value;
}

/* One acknowledgement of @desc, whose register is at @at; everything beside it stays. */
static void acknowledge(const struct gn_hest_source *desc, u8 *at, u8 *around, size_t size)
{
	u8 before[sizeof(memory)];
	u64 field = desc->ack.mask << desc->ack.shift, old, expected;
	struct gn_ack a;
	size_t i;

	fill(around, size);
	memcpy(before, around, size);
	old = load(at, desc->ack.bytes);
	expected = (old & ~field) | (old & desc->ack_preserve << desc->ack.shift & field) |
		   (desc->ack_write << desc->ack.shift & field);

	assert_int_equal(gn_ack_map(&a, desc), 0);
	assert_true(gn_ack_give(&a, device));
	assert_true(load(at, desc->ack.bytes) == expected);
	for (i = 0; i < size; i++)
		if (around + i < at || around + i >= at + desc->ack.bytes)
			assert_int_equal(around[i], before[i]);
	gn_ack_unmap(&a);
	assert_int_equal(mapped, 0);
}

TEST(every_shape_is_written_as_the_hest_says)
{
	static const u64 values[][2] = {
		{ ~1ull, 1 },	     { 0, 1 }, { 0, 0x1234567890abcdef }, { ~0ull, 0 },
		{ ~0xff0ull, 0xa0 }, { 0, 0 }
	};
	static const u8 shapes[][3] = { /* bytes, shift, width */
					{ 8, 0, 64 }, { 8, 0, 32 }, { 8, 32, 32 }, { 8, 56, 8 },
					{ 8, 1, 63 }, { 4, 0, 32 }, { 4, 8, 16 },  { 4, 31, 1 },
					{ 2, 0, 16 }, { 2, 4, 8 },  { 1, 0, 8 },   { 1, 7, 1 }
	};
	u32 i, j, at, shared, kind;

	for (i = 0; i < sizeof(shapes) / 3; i++)
		for (j = 0; j < sizeof(values) / 16; j++)
			for (at = 0; at < 16; at += shapes[i][0])
				for (shared = 0; shared < 2; shared++)
					for (kind = 0; kind < 3; kind++) {
						struct gn_hest_source desc = source(
							BASE + 16 + at, shapes[i][0], shapes[i][1],
							shapes[i][2], values[j][0], values[j][1]);

						desc.ack_shared = shared;
						desc.ack.port = kind == 2;
						device = kind == 1;
						if (desc.ack.port && desc.ack.bytes == 8)
							continue;
						acknowledge(&desc,
							    desc.ack.port ?
								    unit_ports + BASE + 16 + at :
								    memory.bytes + 16 + at,
							    desc.ack.port ? unit_ports + BASE :
									    memory.bytes,
							    sizeof(memory));
					}
}

TEST(register_reads_its_bits)
{
	struct gn_hest_register shape = {
		.address = BASE + 12, .bytes = 4, .shift = 4, .mask = 0xfff
	};
	struct gn_register r;

	device = false;
	put32(memory.bytes + 12, 0x76543210);
	assert_int_equal(gn_register_map(&r, &shape), 0);
	assert_int_equal(gn_register_value(&r), 0x321);
	assert_false(gn_register_is_plain(&r));
	gn_register_unmap(&r);
	shape = (struct gn_hest_register){ .address = BASE + 8, .bytes = 8, .mask = ~0ull };
	put64(memory.bytes + 8, 0x123456789abcdef0);
	assert_int_equal(gn_register_map(&r, &shape), 0);
	assert_true(gn_register_value(&r) == 0x123456789abcdef0);
	assert_true(gn_register_is_plain(&r));
	gn_register_unmap(&r);
	assert_int_equal(mapped, 0);
}

TEST(without_a_register_nothing_is_written)
{
	struct gn_hest_source desc = source(BASE, 8, 0, 64, ~1ull, 1);
	struct gn_ack a;

	desc.v2 = false;
	assert_int_equal(gn_ack_map(&a, &desc), 0);
	assert_int_equal(mapped, 0);
	assert_true(gn_ack_give(&a, false));
	gn_ack_withhold(&a);
	assert_true(gn_ack_give(&a, false));
	gn_ack_resume(&a);
	gn_ack_unmap(&a);
}

TEST(held_acknowledgement_is_owed_and_given_once)
{
	struct gn_hest_source desc = source(BASE, 8, 0, 64, ~1ull, 1);
	u32 bytes;

	device = false;
	for (bytes = 4; bytes <= 8; bytes += 4) {
		struct gn_ack a;

		desc.ack.bytes = (u8)bytes;
		desc.ack.mask = bytes == 8 ? ~0ull : 0xffffffff;
		memset(&memory, 0, sizeof(memory));
		assert_int_equal(gn_ack_map(&a, &desc), 0);
		gn_ack_withhold(&a);
		gn_ack_withhold(&a);
		gn_ack_resume(&a);
		assert_int_equal(memory.words[0], 0); /* nothing was owed */
		gn_ack_withhold(&a);
		assert_true(gn_ack_give(&a, false));
		assert_true(gn_ack_give(&a, false));
		assert_int_equal(memory.words[0], 0);
		gn_ack_resume(&a);
		assert_int_equal(memory.words[0], 1);
		memory.words[0] = 0;
		gn_ack_resume(&a);
		assert_int_equal(memory.words[0], 0);
		assert_true(gn_ack_give(&a, false));
		assert_int_equal(memory.words[0], 1);
		gn_ack_unmap(&a);
	}
}

#define EACH 1000u

/* How many acknowledgements of each source firmware has heard. */
static u32 heard[SHARERS];

static void *acknowledge_often(void *arg)
{
	int n = (int)((struct gn_ack *)arg - sharers);
	u32 i;

	for (i = 0; i < EACH; i++) {
		/* The next record comes when firmware has heard of the last. */
		while (__atomic_load_n(&heard[n], __ATOMIC_ACQUIRE) != i)
			sched_yield();
		give(n);
	}
	return NULL;
}

/* Another thread runs between the read of the word and its write. */
static void let_others_run(void)
{
	sched_yield();
}

TEST(no_acknowledgement_is_lost_to_another_cpu)
{
	pthread_t threads[SHARERS];
	u32 i, sum = 0;
	time_t since = time(NULL);

	device = false;
	after_reading = let_others_run;
	share(SHARERS);
	for (i = 0; i < SHARERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, acknowledge_often, &sharers[i]),
				 0);
	/* Firmware hears a bit and takes it, and that one only. It waits in vain for a lost one. */
	while (sum < SHARERS * EACH) {
		u64 now = __atomic_load_n(&memory.words[0], __ATOMIC_ACQUIRE);

		if (!now) {
			assert_true(time(NULL) - since < 30);
			sched_yield();
			continue;
		}
		since = time(NULL);
		for (i = 0; i < SHARERS; i++) {
			if (!(now & 1ull << i))
				continue;
			__atomic_fetch_and(&memory.words[0], ~(1ull << i), __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&heard[i], 1, __ATOMIC_RELEASE);
			sum++;
		}
	}
	for (i = 0; i < SHARERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(heard[i], EACH);
	}
	after_reading = NULL;
	unshare(SHARERS);
}

/* Others call without end: the owner leaves, and what is left is settled later. */
static u32 calls;

static void call_again(void)
{
	int seen;

	if (!calls)
		return;
	calls--;
	atomic_set(&sharers[1].bank->slots[sharers[1].slot].marked, 1);
	assert_false(gn_claim_enter(&sharers[1].bank->claim, &seen));
}

TEST(owner_does_not_stay_for_ever)
{
	device = true;
	share(2);
	while_writing = call_again;
	calls = 1000000;
	assert_false(gn_ack_give(&sharers[0], true));
	assert_true(calls > 1000000 - 100);
	assert_true(memory.words[0] & 1);
	calls = 0;
	memory.words[0] = 0;
	assert_true(gn_ack_write_owed(&sharers[0]));
	assert_int_equal(memory.words[0], 2);
	while_writing = NULL;
	unshare(2);
	device = false;
}

TEST(too_many_sharers_are_refused)
{
	static struct gn_ack many[SLOTS + 1];
	u32 i;

	device = false;
	for (i = 0; i <= SLOTS; i++) {
		struct gn_hest_source desc =
			source(BASE, 8, 0, 64, ~(1ull << i % 64), 1ull << i % 64);

		desc.ack_shared = true;
		assert_int_equal(gn_ack_map(&many[i], &desc), i < SLOTS ? 0 : -ENOSPC);
	}
	memset(&memory, 0, sizeof(memory));
	for (i = 0; i < SLOTS; i++)
		assert_true(gn_ack_give(&many[i], false));
	assert_true(!~memory.words[0]);
	for (i = 0; i < SLOTS; i++)
		gn_ack_unmap(&many[i]);
	assert_int_equal(mapped, 0);
	assert_true(list_empty(&banks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_is_written_as_the_hest_says),
		cmocka_unit_test(register_reads_its_bits),
		cmocka_unit_test(without_a_register_nothing_is_written),
		cmocka_unit_test(held_acknowledgement_is_owed_and_given_once),
		cmocka_unit_test(no_acknowledgement_is_lost_to_another_cpu),
		cmocka_unit_test(owner_does_not_stay_for_ever),
		cmocka_unit_test(too_many_sharers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
