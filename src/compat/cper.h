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
 * arm_event takes the section alone, or (since the event carries the section's
 * parts) nine arguments. The tracepoint's own type chooses; a third shape has
 * no entry in the list and fails the build.
 */
typedef void gn_arm_event_1(const struct cper_sec_proc_arm *proc);
typedef void gn_arm_event_9(const struct cper_sec_proc_arm *proc, const u8 *pei_err,
			    const u32 pei_len, const u8 *ctx_err, const u32 ctx_len, const u8 *oem,
			    const u32 oem_len, u8 sev, int cpu);

static inline void gn_emit_arm_event_1(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_1 *)emit)(a->proc);
}

static inline void gn_emit_arm_event_9(void *emit, const struct gn_arm_event *a)
{
	((gn_arm_event_9 *)emit)(a->proc, a->err_info, a->err_info_length, a->context,
				 a->context_length, a->vendor, a->vendor_length, a->severity,
				 a->cpu);
}

#define gn_emit_arm_event(a)                           \
	_Generic(&trace_arm_event,                     \
		gn_arm_event_1 *: gn_emit_arm_event_1, \
		gn_arm_event_9 *: gn_emit_arm_event_9)(trace_arm_event, (a))

#endif
