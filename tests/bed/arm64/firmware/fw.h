/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the firmware know of each other, by file. */
#ifndef FW_H
#define FW_H

#include "hw.h"
#include "layout.h"

/* Never reached on a timer nobody set: some 18 minutes at 1 GHz. */
#define FAR_AWAY (1UL << 40)

/* entry.S: what a trap from below saves on the top of the CPU's stack; offsets are known there */
struct frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 entered; /* counter when the CPU came up to EL3 */
	u64 delay;   /* on return: ticks until the secure timer shall interrupt */
	u64 left;    /* counter when the CPU went down; kept for the next trap */
};

void trap_exit(struct frame *frame) __attribute__((noreturn));
void park_again(u64 cpu) __attribute__((noreturn));
struct frame *frame_of(u32 cpu);

#define SPSR_DAIF     (0xfUL << 6)
#define SPSR_EL(spsr) ((spsr) >> 2 & 3)

/* lib.c */
void *memcpy(void *to, const void *from, u64 n);
void *memset(void *to, int c, u64 n);
u64 ticks_now(void);
void lock(void);
void unlock(void);

/* uart.c */
void uart_init(void);
void uart_doorbell(void);
void say(const char *format, ...);

/* gic.c */
void gic_init(void);
void gic_cpu_init(u32 cpu);
void gic_take_doorbells(u32 cpu);
bool gic_takes_doorbells(u32 cpu);
void gic_kick(u32 cpu);
void gic_pend(u32 intid);
void gic_drain(void);
u32 gic_acknowledge(void);
void gic_complete(u32 intid);

/* gpio.c */
void gpio_pulse(u32 pin);

/* boot.c */
void boot_cpu(u32 cpu, u64 entry, u64 x0) __attribute__((noreturn));

/* power.c */
void power_off(u64 state) __attribute__((noreturn));

/* smc.c */
#define NOT_SUPPORTED (-1L)
void smc_call(struct frame *frame, u32 cpu);

/* psci.c */
void psci_init(void);
bool psci_call(struct frame *frame, u32 cpu);
bool cpu_online(u32 cpu);
s32 cpu_of_affinity(u64 mpidr);
u64 affinity_of(u32 cpu);
u32 cpus(void);

/* sdei_call.c, sdei_dispatch.c */
struct sdei_event;
void sdei_init(void);
void sdei_call(struct frame *frame, u32 cpu);
bool sdei_is_complete(u64 call);
struct sdei_event *sdei_find(u64 number);
bool sdei_signal(struct sdei_event *event, s32 cpu);
void sdei_dispatch_pending(struct frame *frame, u32 cpu);
bool sdei_busy(u32 cpu);
void sdei_account(struct frame *frame, u32 cpu);
void sdei_mark_exception(u32 cpu);
void sdei_cpu_reset(u32 cpu);

/* shape.c; what runs is an SDEI handler of a priority, or what an exception started */
#define SHAPE_EXCEPTION 2
#define SHAPES		3
void shape_load(u32 source, const struct entry *entry);
void shape_exception(u32 cpu, u32 source, u64 inner, u64 offset);
void shape_start(u32 cpu, u32 priority, u32 source);
void shape_finish(u32 cpu, u32 priority, u64 tick);
u64 shape_run(u32 cpu, u32 priority, u64 tick);

/* stage2.c */
void stage2_init(void);
void stage2_cpu_init(void);
bool stage2_poison(u64 pa, u64 recipe, u64 times);
void stage2_heal(u64 pa);
u64 stage2_trapped(u64 pa);
s64 stage2_recipe(u64 pa);
void stage2_count(u64 pa);

/* exception.c */
struct exception {
	bool serror; /* else a synchronous external abort */
	u64 recipe;
	u64 syndrome; /* for one from a lower exception level */
	u64 va;
	u64 ipa; /* from a guest of the kernel's */
	u64 pa;
};

u64 exception_pstate(u64 interrupted, u32 el);
struct recipe *recipe_at(u64 index);
bool exception_ready(u64 recipe);
u64 exception_raise(struct frame *frame, u32 cpu, const struct exception *e);

/* bell.c */
bool bell_access(struct frame *frame, u64 esr, u64 pa);

/* poison.c */
void poison_fault(struct frame *frame, u32 cpu);

/* raise.c */
void raise_arm(u32 slot, u64 times);
void raise_cancel(u32 slot);
void raise_look(struct frame *frame, u32 cpu);
u64 raise_next_look(u32 cpu);

/* calls.c */
struct call *call_at(u32 slot);
void calls_take(void);

/* bmc.c */
void bmc_init(void);
void bmc_look(void);
void bmc_look_if_due(void);
void bmc_look_later(u32 cpu);
u64 bmc_next_look(u32 cpu);
void bmc_open_gate(u32 source, s32 cpu);
void bmc_refused(u32 source);
void bmc_notify(u32 source, s32 cpu);
struct source *bmc_source(u32 source);
u64 bmc_block(u32 source);
bool bmc_is_free(u32 source);
void bmc_ring(u64 address, u64 value);
void bmc_publish(u32 source, const u8 *data, u64 length);

/* ring.c */
void ring_commands(void);
void ring_report(const struct report *report);

static inline struct control *control(void)
{
	return at(struct control, CONTROL_AT);
}

#endif
