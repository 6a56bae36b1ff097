// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's trace sink with the kernel's RAS events, as a part of a program
 * of this machine. An event's own code, which copies what it is told into the
 * ring buffer, is that of the kernel's header: the header is read twice, for what
 * the event consists of and for how it is filled. Every array and text of it has a
 * place of exactly its length.
 */
#include <linux/acpi.h>
#include <linux/cper.h>
#include <linux/edac.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/uuid.h>
#include <acpi/ghes.h>
#include <ras/ras_event.h>

#include "sinks/ghes_nmi_events.h"

void *malloc(size_t size);
void free(void *at);

static void *places[8];
static unsigned int used;

static void *place(size_t size)
{
	void *at = malloc(size);

	if (!at || used == ARRAY_SIZE(places))
		__builtin_trap();
	places[used++] = at;
	return at;
}

static char *place_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(place(size), text, size);
}

static void leave(void)
{
	while (used)
		free(places[--used]);
}

#define TRACE_HEADER_MULTI_READ
#undef TRACE_EVENT
#undef TP_PROTO
#undef TP_ARGS
#undef TP_STRUCT__entry
#undef TP_fast_assign
#undef TP_printk
#define TP_PROTO(proto...) proto
#define TP_ARGS(args...)
#define TP_STRUCT__entry(what...) what
#define TP_fast_assign(code...)	  code
#define TP_printk(what...)

/* What it consists of. */
#define TRACE_EVENT(name, proto, args, parts, code, print) \
	struct fuzz_##name {                               \
		parts                                      \
	};
#define __field(type, item)		    type item;
#define __field_struct(type, item)	    type item;
#define __array(type, item, length)	    type item[length];
#define __dynamic_array(type, item, length) type *item;
#define __string(item, from)		    char *item;
#include <ras/ras_event.h>
#include "sinks/ghes_nmi_events.h"

/* How it is filled. */
#undef TRACE_EVENT
#undef __field
#undef __field_struct
#undef __array
#undef __dynamic_array
#undef __string
#undef __assign_str
#undef __get_str
#undef __get_dynamic_array
#define TRACE_EVENT(name, proto, args, parts, code, print)        \
	static __maybe_unused void fuzz_trace_##name(proto)       \
	{                                                         \
		struct fuzz_##name event = {}, *__entry = &event; \
		parts{ code } leave();                            \
	}
#define __field(type, item)
#define __field_struct(type, item)
#define __array(type, item, length)
#define __dynamic_array(type, item, length) __entry->item = place((length) * sizeof(type));
#define __string(item, from)		    __entry->item = place_text((from) ?: "(null)");
#define __assign_str(item)		    (void)__entry->item
#define __get_dynamic_array(item)	    __entry->item
#include <ras/ras_event.h>
#include "sinks/ghes_nmi_events.h"
#undef TRACE_HEADER_MULTI_READ

#define trace_mc_event			   fuzz_trace_mc_event
#define trace_arm_event			   fuzz_trace_arm_event
#define trace_non_standard_event	   fuzz_trace_non_standard_event
#define trace_section			   fuzz_trace_section
#define trace_record			   fuzz_trace_record
#define trace_malformed			   fuzz_trace_malformed
#define trace_mc_event_enabled()	   true
#define trace_arm_event_enabled()	   true
#define trace_non_standard_event_enabled() true
#define trace_section_enabled()		   true

/* What every event begins with. This program's build has no trace buffer that knows it. */
struct trace_entry {
	unsigned short type;
	unsigned char flags;
	unsigned char preempt_count;
	int pid;
};

#include "sinks/trace.c"

const guid_t guid_null;

const char *gn_notify_name(u8 type)
{
	return "SDEI";
}

/* Nobody else traces anything. */
bool gn_intree_traces(const struct gn_section *section)
{
	return false;
}

/* Every section of a checked block. */
void trace_block(const u8 *block, u32 length);
void trace_block(const u8 *block, u32 length)
{
	static struct gn_hest_source desc;
	static struct gn_outlet out = { .desc = &desc };
	struct gn_record record = { .out = &out, .block = block, .length = length };

	gn_estatus_read(&record.head, block);
	trace_deliver(&record);
}
