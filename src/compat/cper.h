/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's CPER code and its RAS trace events.
 *
 *	arm_event		up to Linux 6.1: the section -> 6.12: the section's parts; see below
 *	cper_estatus_print()	prototype in drivers/acpi/apei, not installed -> in linux/cper.h
 *
 * Context: the drain; the printer also before a panic.
 */
#ifndef GN_COMPAT_CPER_H
#define GN_COMPAT_CPER_H

#include <linux/acpi.h>
#include <linux/cper.h>
#include <acpi/ghes.h>

/*
 * Every supported kernel exports it. A second, equal declaration does no harm; a
 * different one fails the build.
 */
void cper_estatus_print(const char *pfx, const struct acpi_hest_generic_status *estatus);

/* Every argument that a shape of arm_event has. */
struct gn_arm_event {
	const struct cper_sec_proc_arm *proc;
	const u8 *err_info, *context, *vendor;
	u32 err_info_length, context_length, vendor_length;
	u8 severity;
	int cpu;
};

/*
 * arm_event: the tracepoint's own type chooses the call:
 *
 *	1 argument	the section: 5.10 and 6.1
 *	7, 8		the parts without the CPU, perhaps without the severity: vendors that
 *			have them from before upstream
 *	9		the section's parts: upstream, 6.12 and later
 *	anything else	GN_ARM_EVENT_KNOWN is 0 and nothing calls the event, so that the
 *			module builds without it
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
