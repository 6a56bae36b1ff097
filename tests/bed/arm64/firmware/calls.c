// SPDX-License-Identifier: GPL-2.0-only
/* What programs in the guest, and the host, ask for: pages poisoned and healed, exceptions raised. */
#include "fw.h"

struct call *call_at(u32 slot)
{
	return at(struct call, CALLS_AT) + slot;
}

static void answer(struct call *call, u64 result)
{
	call->result = result;
	store(&call->op, CALL_NONE);
}

static void take(u32 slot)
{
	struct call *call = call_at(slot);
	u64 trapped;

	switch (load(&call->op)) {
	case CALL_POISON:
		answer(call, stage2_poison(call->pa, call->recipe, call->times));
		break;
	case CALL_HEAL:
		trapped = stage2_trapped(call->pa);
		stage2_heal(call->pa);
		answer(call, trapped);
		break;
	case CALL_QUERY:
		answer(call, stage2_trapped(call->pa));
		break;
	case CALL_RAISE:
		call->result = 0;
		store(&call->op, CALL_RAISING);
		raise_arm(slot, call->times);
		break;
	case CALL_CANCEL:
		raise_cancel(slot);
		store(&call->op, CALL_NONE);
		break;
	}
}

/* Somebody has rung. */
void calls_take(void)
{
	for (u32 slot = 0; slot < CALLS_MAX; slot++)
		take(slot);
}
