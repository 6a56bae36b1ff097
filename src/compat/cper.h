/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's CPER code and its RAS trace events look like.
 */
#ifndef GN_COMPAT_CPER_H
#define GN_COMPAT_CPER_H

#include <linux/acpi.h>
#include <linux/cper.h>
#include <acpi/ghes.h>

/*
 * Exported by every supported kernel; until it moved to linux/cper.h the
 * prototype stood in a header of drivers/acpi/apei that is not installed. A
 * second, equal declaration does no harm, a different one fails the build.
 */
void cper_estatus_print(const char *pfx, const struct acpi_hest_generic_status *estatus);

/* Everything arm_event may want to know. */
struct gn_arm_event {
	const struct cper_sec_proc_arm *proc;
	const u8 *err_info, *context, *vendor;
	u32 err_info_length, context_length, vendor_length;
	u8 severity;
	int cpu;
};

/*
 * arm_event: the section alone, until the event carries the section's parts. The
 * tracepoint's own type chooses the call:
 *
 *	1 argument	at first, and in 5.10 and 6.1 to this day
 *	7, 8		vendors that took the parts before upstream did, without the
 *			CPU and perhaps without the severity
 *	9		upstream, and stable kernels that took it from there
 *	anything else	nobody's yet: GN_ARM_EVENT_KNOWN is 0 and nothing calls it, as a
 *			kernel must not lack this module for the sake of one event
 */
#define GN_ARM_PARTS                                                                \
	const struct cper_sec_proc_arm *proc, const u8 *pei_err, const u32 pei_len, \
		const u8 *ctx_err, const u32 ctx_len, const u8 *oem, const u32 oem_len

typedef void gn_arm_event_1(const struct cper_sec_proc_arm *proc);
typedef void gn_arm_event_7(GN_ARM_PARTS);
typedef void gn_arm_event_8(GN_ARM_PARTS, u8 sev);
typedef void gn_arm_event_9(GN_ARM_PARTS, u8 sev, int cpu);

static inline void gn_emit_arm_event_1(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_1 *)emit)(a->proc);
}

static inline void gn_emit_arm_event_7(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_7 *)emit)(a->proc, a->err_info, a->err_info_length, a->context,
				 a->context_length, a->vendor, a->vendor_length);
}

static inline void gn_emit_arm_event_8(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_8 *)emit)(a->proc, a->err_info, a->err_info_length, a->context,
				 a->context_length, a->vendor, a->vendor_length, a->severity);
}

static inline void gn_emit_arm_event_9(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_9 *)emit)(a->proc, a->err_info, a->err_info_length, a->context,
				 a->context_length, a->vendor, a->vendor_length, a->severity,
				 a->cpu);
}

static inline void gn_emit_arm_event_unknown(void *emit, const struct gn_arm_event *a)
{
}

#define GN_ARM_EVENT_KNOWN           \
	_Generic(&trace_arm_event,   \
		gn_arm_event_1 *: 1, \
		gn_arm_event_7 *: 1, \
		gn_arm_event_8 *: 1, \
		gn_arm_event_9 *: 1, \
		default: 0)

#define gn_emit_arm_event(a)                           \
	_Generic(&trace_arm_event,                     \
		gn_arm_event_1 *: gn_emit_arm_event_1, \
		gn_arm_event_7 *: gn_emit_arm_event_7, \
		gn_arm_event_8 *: gn_emit_arm_event_8, \
		gn_arm_event_9 *: gn_emit_arm_event_9, \
		default: gn_emit_arm_event_unknown)(trace_arm_event, (a))

#endif
