/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Severities as the kernel counts them.
 */
#ifndef GN_SEVERITY_H
#define GN_SEVERITY_H

#include "compat/cper.h"
#include "record/estatus.h"

/* A severity, also an undefined one, as the in-tree driver and its listeners count it. */
static inline int gn_ghes_severity(u32 severity)
{
	switch (severity) {
	case GN_SEV_NONE:
		return GHES_SEV_NO;
	case GN_SEV_CORRECTED:
		return GHES_SEV_CORRECTED;
	case GN_SEV_RECOVERABLE:
		return GHES_SEV_RECOVERABLE;
	default:
		return GHES_SEV_PANIC;
	}
}

#endif
