// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin that counts what a guest's function costs as hardware pays it: cache lines and pages of data
 * and code, read-modify-writes and barriers beside instructions.
 *
 *	-plugin file=cost.so,control=FILE,out=FILE
 *
 * @control: struct control below, shared with the host program that writes it (bed/lib/cost.py)
 * @out: a line per call: the words of COLUMNS, in this order
 *
 * A call begins with the first instruction of one of the functions in @control and ends where it returns to: behind
 * the call instruction that was executed last before it. What it calls is part of it, and so is an interrupt that
 * comes meanwhile. A function inside another one on the list is part of that one.
 *
 * Nothing is instrumented until the host raises control.generation: a boot costs what it does without the plugin.
 * Which translation of the guest's code looks at the word is chance; there is one at the latest when a new program or
 * module runs. Counts are of one CPU: the guest has one.
 *
 * Caches: 32 KiB of 8 ways for data and for code each, 1 MiB of 16 ways behind both, lines of 64 bytes, least
 * recently used out first, by virtual address. They see every instruction from the time of instrumentation on, so the
 * misses of a call are those of a warm machine. A machine whose caches are cold misses each line once: the distinct
 * lines are that.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qemu.h"

#define COLUMNS                                                                                \
	"function instructions read written data code data_pages code_pages atomics barriers " \
	"l1_data l1_code l2\n"

#define FUNCTIONS 8
#define LINE	  6
#define PAGE	  12

PLUGIN_EXPORT int qemu_plugin_version = 1;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
				      char **argv);

/* Words that the host writes; the generation last. */
struct control {
	uint64_t generation;
	uint64_t arm64;	  /* 0: x86_64 */
	uint64_t profile; /* after each call also a line per executed address: "@ADDRESS COUNT" */
	uint64_t functions;
	uint64_t entry[FUNCTIONS];
};

static volatile struct control *control;
static uint64_t generation;
static FILE *out;

/* Addresses seen in a call: a hash table whose slots are valid by the number of the call. */
#define SLOTS (1u << 16)

struct set {
	uint64_t key[SLOTS];
	uint64_t call[SLOTS];
	uint64_t count[SLOTS];
	uint64_t n;
};

static struct set lines_read, lines_written, lines_data, lines_code, pages_data, pages_code,
	executed;

/* Levels of cache: tags by set and way, the way used last in front. */
struct cache {
	unsigned int sets, ways;
	uint64_t *tag;
};

static struct cache l1_data, l1_code, l2;

/* The call under way. */
static struct {
	bool active;
	unsigned int function;
	uint64_t number, end;
	uint64_t instructions, atomics, barriers, miss_data, miss_code, miss_l2;
} now;

static uint64_t last_call_returns_to;

struct insn {
	uint64_t at;
	uint8_t size;
	bool call, atomic, barrier;
};

static void add(struct set *set, uint64_t key)
{
	uint32_t i = (uint32_t)((key * 0x9e3779b97f4a7c15ull) >> 48);

	while (set->call[i] == now.number) {
		if (set->key[i] == key) {
			set->count[i]++;
			return;
		}
		i = (i + 1) % SLOTS;
	}
	if (set->n == SLOTS - 1)
		return; /* 4 MiB of lines: no handler */
	set->call[i] = now.number;
	set->key[i] = key;
	set->count[i] = 1;
	set->n++;
}

static bool miss(struct cache *cache, uint64_t line)
{
	uint64_t *tag = cache->tag + (line % cache->sets) * cache->ways;
	unsigned int way;
	bool hit;

	for (way = 0; way < cache->ways - 1 && tag[way] != line; way++)
		;
	hit = tag[way] == line;
	memmove(tag + 1, tag, way * sizeof(*tag));
	tag[0] = line;
	return !hit;
}

static void touch(struct cache *cache, uint64_t line, uint64_t *misses)
{
	if (!miss(cache, line))
		return;
	*misses += now.active;
	if (miss(&l2, line))
		now.miss_l2 += now.active;
}

static void begin(unsigned int function)
{
	uint64_t number = now.number + 1;

	memset(&now, 0, sizeof(now));
	now.number = number;
	now.active = true;
	now.function = function;
	now.end = last_call_returns_to;
	lines_read.n = lines_written.n = lines_data.n = lines_code.n = 0;
	pages_data.n = pages_code.n = executed.n = 0;
}

static void finish(void)
{
	uint32_t i;

	now.active = false;
	fprintf(out, "%u %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n", now.function,
		now.instructions, lines_read.n, lines_written.n, lines_data.n, lines_code.n,
		pages_data.n, pages_code.n, now.atomics, now.barriers, now.miss_data, now.miss_code,
		now.miss_l2);
	for (i = 0; control->profile && i < SLOTS; i++)
		if (executed.call[i] == now.number)
			fprintf(out, "@%lx %lu\n", executed.key[i], executed.count[i]);
	fflush(out);
}

static void on_insn(unsigned int cpu, void *data)
{
	const struct insn *insn = data;
	uint64_t first = insn->at >> LINE, last = (insn->at + insn->size - 1) >> LINE;
	unsigned int i;

	if (now.active && insn->at == now.end)
		finish();
	for (i = 0; !now.active && i < control->functions; i++)
		if (insn->at == control->entry[i])
			begin(i);
	if (now.active) {
		now.instructions++;
		now.atomics += insn->atomic;
		now.barriers += insn->barrier;
		add(&lines_code, first);
		add(&lines_code, last);
		add(&pages_code, insn->at >> PAGE);
		if (control->profile)
			add(&executed, insn->at);
	}
	touch(&l1_code, first, &now.miss_code);
	if (last != first)
		touch(&l1_code, last, &now.miss_code);
	if (insn->call)
		last_call_returns_to = insn->at + insn->size;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t va, void *data)
{
	uint64_t line = va >> LINE,
		 last = (va + (1u << qemu_plugin_mem_size_shift(info)) - 1) >> LINE;

	for (; line <= last; line++) {
		if (now.active) {
			add(qemu_plugin_mem_is_store(info) ? &lines_written : &lines_read, line);
			add(&lines_data, line);
			add(&pages_data, line >> (PAGE - LINE));
		}
		touch(&l1_data, line, &now.miss_data);
	}
}

/* Arm Architecture Reference Manual, C4.1: the classes that matter here. */
static void decode_arm64(struct insn *insn, const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, 4);
	insn->call = (word & 0xfc000000) == 0x94000000 || (word & 0xfffffc1f) == 0xd63f0000;
	insn->barrier = (word & 0xfffff01f) == 0xd503301f && ((word >> 5) & 7) >= 4 &&
			((word >> 5) & 7) <= 6;		    /* DSB, DMB, ISB */
	insn->atomic = (word & 0x3b200c00) == 0x38200000 || /* LDADD, SWP and the like */
		       (word & 0x3fa07c00) == 0x08a07c00 || /* CAS */
		       (word & 0x3fe00000) == 0x08000000;   /* STXR */
}

/* Intel SDM, volume 2: prefixes, then the opcode. */
static void decode_x86(struct insn *insn, const uint8_t *b)
{
	const uint8_t *end = b + insn->size;
	bool lock = false;

	while (b < end &&
	       (strchr("\x66\x67\xf2\xf3\xf0\x2e\x36\x3e\x26\x64\x65", *b) || (*b & 0xf0) == 0x40))
		lock |= *b++ == 0xf0;
	if (b == end)
		return;
	insn->call = *b == 0xe8 || (*b == 0xff && b + 1 < end && (b[1] & 0x38) == 0x10);
	insn->atomic = lock || ((*b == 0x86 || *b == 0x87) && b + 1 < end && b[1] < 0xc0);
	insn->barrier = b + 2 < end && *b == 0x0f && b[1] == 0xae && b[2] >= 0xe8; /* xFENCE */
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);

static void start_again(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	if (control->generation != generation) {
		/* What was translated before has to be translated again. */
		generation = control->generation;
		now.active = false;
		qemu_plugin_reset(id, start_again);
		return;
	}
	for (i = 0; generation && i < n; i++) {
		struct qemu_plugin_insn *each = qemu_plugin_tb_get_insn(tb, i);
		struct insn *insn = calloc(1, sizeof(*insn)); /* as long as the process lives */

		insn->at = qemu_plugin_insn_vaddr(each);
		insn->size = (uint8_t)qemu_plugin_insn_size(each);
		if (control->arm64)
			decode_arm64(insn, qemu_plugin_insn_data(each));
		else
			decode_x86(insn, qemu_plugin_insn_data(each));
		qemu_plugin_register_vcpu_insn_exec_cb(each, on_insn, QEMU_PLUGIN_CB_NO_REGS, insn);
		qemu_plugin_register_vcpu_mem_cb(each, on_access, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, NULL);
	}
}

static void make(struct cache *cache, unsigned int kib, unsigned int ways)
{
	cache->ways = ways;
	cache->sets = (kib << 10 >> LINE) / ways;
	cache->tag = calloc((size_t)cache->sets * ways, sizeof(*cache->tag));
}

/* The value of "NAME=VALUE" among the plugin's arguments. */
static const char *argument(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);
	int i;

	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return argv[i] + length + 1;
	fprintf(stderr, "cost: no %s=FILE among the plugin's arguments\n", name);
	return NULL;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	const char *shared = argument(argc, argv, "control"), *result = argument(argc, argv, "out");
	int fd = shared ? open(shared, O_RDWR) : -1;

	if (fd < 0 || !result)
		return -1;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	out = fopen(result, "w");
	if (control == MAP_FAILED || !out)
		return -1;
	fputs(COLUMNS, out);
	fflush(out);
	make(&l1_data, 32, 8);
	make(&l1_code, 32, 8);
	make(&l2, 1024, 16);
	start_again(id);
	return 0;
}
