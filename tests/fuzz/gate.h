/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as an error status block, on the way the module takes it. */
#ifndef GATE_H
#define GATE_H

#include "fuzz.h"

#include "record/estatus.c"
#include "record/section.c"

/*
 * Measures the header, copies that much and checks the copy. NULL if it is not
 * good; else the copy, to be freed, of @*length bytes.
 */
static inline u8 *through_the_gate(const u8 *data, size_t size, u32 *length)
{
	struct gn_estatus head;
	u8 *copy;

	if (size < GN_ESTATUS_HEADER || size > 1 << 20)
		return NULL;
	gn_estatus_read(&head, data);
	if (gn_estatus_measure(&head, (u32)size, length) != GN_GOOD)
		return NULL;
	must(*length >= GN_ESTATUS_HEADER && *length <= size);
	copy = exactly(data, *length);
	must(!head.status || !gn_estatus_changed(&head, copy));
	if (gn_estatus_check(copy, *length) == GN_GOOD)
		return copy;
	free(copy);
	return NULL;
}

#endif
