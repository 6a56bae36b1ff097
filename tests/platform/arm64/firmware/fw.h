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
void gic_drain(void);
u32 gic_acknowledge(void);
void gic_complete(u32 intid);

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
void sdei_cpu_reset(u32 cpu);

/* shape.c */
void shape_load(u32 source, const struct entry *entry);
void shape_start(u32 cpu, u32 priority, u32 source);
void shape_finish(u32 cpu, u32 priority, u64 tick);
u64 shape_run(u32 cpu, u32 priority, u64 tick);

/* bmc.c */
void bmc_init(void);
void bmc_look(void);
void bmc_look_if_due(void);
u64 bmc_next_look(u32 cpu);
void bmc_open_gate(u32 source, s32 cpu);
void bmc_refused(u32 source);
void bmc_notify(u32 source, s32 cpu);
struct source *bmc_source(u32 source);
u64 bmc_block(u32 source);

/* ring.c */
void ring_commands(void);
void ring_report(const struct report *report);

static inline struct control *control(void)
{
	return at(struct control, CONTROL_AT);
}

#endif
