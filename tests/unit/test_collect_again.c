// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that come while the owner of a source's claim looks, as an NMI or another CPU makes
 * them: none waits, none is forgotten, and none keeps the owner for ever. And what a second
 * call in a row finds.
 */
#include "collector.h"

static struct collector *c;
static unsigned int calls;

static void publish(u8 *at)
{
	struct block b;

	block_start(&b);
	add_section(&b, VENDOR, 0x201, 32);
	memcpy(at, b.bytes, b.size);
}

/* Another call; its owner is under way. */
static void call(void)
{
	assert_int_equal(gn_collect(&c->source, NULL), GN_BUSY);
	calls++;
}

static void one_call(void)
{
	after_status = NULL;
	after_ack = NULL;
	call();
}

static void record_and_call(void)
{
	publish(block_at);
	one_call();
}

static void start(bool device, u32 queue)
{
	c = collector_new(0, device, queue);
	calls = 0;
}

static unsigned int looks(void)
{
	unsigned int n = 0;
	const char *p;

	for (p = letters; *p; p++)
		n += *p == 'R';
	return n;
}

/* Firmware has its block back and raises its next record before the owner leaves. */
TEST(record_of_a_call_that_came_meanwhile)
{
	int device;

	for (device = 0; device < 2; device++) {
		start(device, QUEUE);
		publish(block_at);
		after_ack = record_and_call;
		assert_int_equal(gn_collect(&c->source, NULL), GN_COLLECTED);
		assert_int_equal(calls, 1);
		assert_int_equal(looks(), 2);
		assert_int_equal(c->source.in.records, 2);
		/* The second is the other caller's, which may have been an exception. */
		assert_int_equal(c->source.in.unasked, CLOCK | 1);
		assert_int_equal(c->source.bell.looks, 0);
		collector_free(c);
	}
}

/* The owner found nothing; what its second look finds is what it came to. */
TEST(record_behind_an_empty_look)
{
	start(false, QUEUE);
	after_status = record_and_call;
	assert_int_equal(gn_collect(&c->source, NULL), GN_COLLECTED);
	assert_int_equal(looks(), 2);
	assert_int_equal(c->source.in.records, 1);
	assert_int_equal(c->source.in.empty, 1);
	assert_int_equal(c->source.in.unasked, CLOCK | 1);
	collector_free(c);
}

/* The second look finds nothing: the first one's outcome stands, and no exception's record is gone. */
TEST(call_about_the_same_record)
{
	start(false, QUEUE);
	publish(block_at);
	after_ack = one_call;
	assert_int_equal(gn_collect(&c->source, NULL), GN_COLLECTED);
	assert_int_equal(looks(), 2);
	assert_int_equal(c->source.in.records, 1);
	assert_int_equal(c->source.in.unasked, 0);
	collector_free(c);

	start(false, QUEUE);
	after_status = one_call;
	assert_int_equal(gn_collect(&c->source, NULL), GN_NOTHING);
	assert_int_equal(looks(), 2);
	assert_int_equal(c->source.in.unasked, 0);
	assert_int_equal(c->source.bell.looks, 0);
	collector_free(c);
}

/* A call at every look: the owner looks eight times in all, rings for a later look and leaves. */
TEST(calls_without_end)
{
	start(false, QUEUE);
	after_status = call;
	assert_int_equal(gn_collect(&c->source, NULL), GN_NOTHING);
	assert_int_equal(looks(), LOOKS_MAX);
	assert_int_equal(calls, LOOKS_MAX);
	assert_int_equal(c->source.bell.looks, 1);
	/* The next one owns it. */
	after_status = NULL;
	publish(block_at);
	assert_int_equal(gn_collect(&c->source, NULL), GN_COLLECTED);
	collector_free(c);
}

/* A record that stays in its block is deferred once, however often somebody looks. */
TEST(deferred_once)
{
	struct gn_source *s;

	start(false, 256);
	s = &c->source;
	publish(block_at);
	assert_int_equal(gn_collect(s, NULL), GN_COLLECTED);
	publish(block_at);
	assert_int_equal(gn_collect(s, NULL), GN_LEFT);
	assert_int_equal(gn_collect(s, NULL), GN_LEFT);
	assert_int_equal(s->in.deferred, 1);
	assert_int_equal(s->bell.looks, 2);
	gn_queue_pop(&s->queue, gn_queue_peek(&s->queue));
	assert_int_equal(gn_collect_again(s), GN_COLLECTED);
	/* The next one that has no room is another one. */
	publish(block_at);
	assert_int_equal(gn_collect(s, NULL), GN_LEFT);
	assert_int_equal(s->in.deferred, 2);
	collector_free(c);
}

/* Complained of once, counted each time. */
TEST(notifications_without_a_record)
{
	start(false, QUEUE);
	assert_int_equal(gn_collect(&c->source, NULL), GN_NOTHING);
	assert_int_equal(gn_collect(&c->source, NULL), GN_NOTHING);
	assert_int_equal(c->source.in.empty, 2);
	assert_int_equal(c->source.bell.soon, 1);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_of_a_call_that_came_meanwhile),
		cmocka_unit_test(record_behind_an_empty_look),
		cmocka_unit_test(call_about_the_same_record),
		cmocka_unit_test(calls_without_end),
		cmocka_unit_test(deferred_once),
		cmocka_unit_test(notifications_without_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
