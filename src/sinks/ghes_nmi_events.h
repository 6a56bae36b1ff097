/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's own trace events: events/ghes_nmi/ in tracefs.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ghes_nmi

#if !defined(GN_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define GN_EVENTS_H

#include <linux/tracepoint.h>

#define gn_show_severity(severity)                                                           \
	__print_symbolic(severity, { 0, "recoverable" }, { 1, "fatal" }, { 2, "corrected" }, \
			 { 3, "informational" })

/* One record was delivered; delay in nanoseconds since it left firmware. */
TRACE_EVENT(record,
	    TP_PROTO(u16 source, const char *notify, u32 severity, u32 length, u32 sections,
		     u64 delay_ns, bool multiple, u32 entries),
	    TP_ARGS(source, notify, severity, length, sections, delay_ns, multiple, entries),
	    TP_STRUCT__entry(__field(u64, delay_ns) __field(u32, severity) __field(u32, length)
				     __field(u32, sections) __field(u32, entries)
					     __field(u16, source) __field(bool, multiple)
						     __array(char, notify, 10)),
	    TP_fast_assign(__entry->delay_ns = delay_ns; __entry->severity = severity;
			   __entry->length = length; __entry->sections = sections;
			   __entry->source = source; __entry->multiple = multiple;
			   __entry->entries = entries;
			   strscpy(__entry->notify, notify, sizeof(__entry->notify));),
	    TP_printk("source=%u notify=%s severity=%s length=%u sections=%u delay_ns=%llu "
		      "multiple=%u entries=%u",
		      __entry->source, __entry->notify, gn_show_severity(__entry->severity),
		      __entry->length, __entry->sections, __entry->delay_ns, __entry->multiple,
		      __entry->entries));

/*
 * Bytes of a section, in pieces that fit a trace buffer page: a section larger
 * than one piece comes as several events with rising offsets.
 */
TRACE_EVENT(section,
	    TP_PROTO(u16 source, u32 index, const u8 *type, u32 severity, const char *body,
		     u32 total, u32 offset, const u8 *bytes, u32 length),
	    TP_ARGS(source, index, type, severity, body, total, offset, bytes, length),
	    TP_STRUCT__entry(__field(u32, index) __field(u32, severity) __field(u32, total)
				     __field(u32, offset) __field(u32, length) __field(u16, source)
					     __array(u8, type, 16) __array(char, body, 8)
						     __dynamic_array(u8, bytes, length)),
	    TP_fast_assign(__entry->index = index; __entry->severity = severity;
			   __entry->total = total; __entry->offset = offset;
			   __entry->length = length; __entry->source = source;
			   memcpy(__entry->type, type, 16);
			   strscpy(__entry->body, body, sizeof(__entry->body));
			   memcpy(__get_dynamic_array(bytes), bytes, length);),
	    TP_printk("source=%u section=%u type=%pUl severity=%s body=%s "
		      "total=%u offset=%u bytes=%s",
		      __entry->source, __entry->index, __entry->type,
		      gn_show_severity(__entry->severity), __entry->body, __entry->total,
		      __entry->offset,
		      __print_hex_str(__get_dynamic_array(bytes), __entry->length)));

/* A block failed its check; the last one can be read in sysfs. */
TRACE_EVENT(malformed, TP_PROTO(u16 source, const char *notify, const char *reason, u32 length),
	    TP_ARGS(source, notify, reason, length),
	    TP_STRUCT__entry(__field(u32, length) __field(u16, source) __array(char, notify, 10)
				     __array(char, reason, 18)),
	    TP_fast_assign(__entry->length = length; __entry->source = source;
			   strscpy(__entry->notify, notify, sizeof(__entry->notify));
			   strscpy(__entry->reason, reason, sizeof(__entry->reason));),
	    TP_printk("source=%u notify=%s reason=%s length=%u", __entry->source, __entry->notify,
		      __entry->reason, __entry->length));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE ghes_nmi_events
#include <trace/define_trace.h>
