/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory shared by the host (which plays the management controller), the firmware and,
 * for records, the operating system.
 *
 * layout.py reads this very file: every constant is a #define with one number, every shared
 * structure consists of u64 members (arrays allowed), all little endian. Nothing else may be here.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

/* Guest physical addresses. */
#define RAM_AT	     0x40000000
#define RAM_SIZE     0x40000000
#define KERNEL_AT    0x40200000
#define HANDOFF_AT   0x44000000
#define HANDOFF_SIZE 0x00100000
#define INITRD_AT    0x48000000

/* The RAS region: EFI type "reserved", write-back. The heap holds registers, blocks and spools. */
#define RAS_AT	     0x7e000000
#define RAS_SIZE     0x02000000
#define CONTROL_AT   0x7e000000
#define COMMANDS_AT  0x7e008000
#define COMMANDS_MAX 256
#define SOURCES_AT   0x7e010000
#define SOURCES_MAX  256
#define AGENT_AT     0x7e100000
#define AGENT_SIZE   0x00100000
#define REPORTS_AT   0x7e200000
#define REPORTS_MAX  65536
#define HEAP_AT	     0x7e800000
#define HEAP_SIZE    0x01800000

#define CPUS_MAX     8

#ifndef __ASSEMBLER__

#define CONTROL_MAGIC 0x31304d5241364e47

/* control.state, written by the firmware */
#define STATE_RUNNING 1
#define STATE_OFF     2
#define STATE_RESET   3
#define STATE_FAULT   4

struct control {
	/* written by the host before the machine starts */
	u64 magic;
	u64 cpus;
	u64 el;	    /* exception level the kernel starts at: 1 or 2 */
	u64 sdei;   /* 0: every SDEI call answers NOT_SUPPORTED */
	u64 sticky; /* 1: a signal for a handler that is not enabled stays pending */
	u64 sources;
	u64 retry; /* ticks between two looks at sources that are not free */
	/* rings: each index counts up for ever, written by one side only */
	u64 command_tail; /* host */
	u64 command_head; /* firmware */
	u64 report_tail;  /* firmware */
	u64 report_head;  /* host */
	u64 report_lost;  /* firmware */
	/* written by the firmware */
	u64 state;
	u64 ended; /* ticks when the kernel asked for off or reset */
	u64 doorbells;
	/* written by the guest before it rings the RTC doorbell: 1 + source whose gate opens */
	u64 guest;
	/* written by the host at any time: 1 + CPU that does not complete a handler meanwhile */
	u64 stall;
};

/* source.flags */
#define SOURCE_V2	     1
#define SOURCE_CRITICAL	     2
#define SOURCE_PRIVATE	     4
#define SOURCE_UNKNOWN_EVENT 8

/* source.notify, as in the ACPI hardware error notification structure */
#define NOTIFY_POLLED 0
#define NOTIFY_SDEI   11

#define PLACES	      3

struct source {
	/* written by the host before the machine starts */
	u64 flags;
	u64 notify;
	u64 event;
	u64 length;
	u64 address_register; /* holds the physical address of the error status block */
	u64 ack_register;
	u64 place[3]; /* where the block can be: at home, inside the home window, elsewhere */
	u64 spool;
	u64 spool_size;
	/* written by the host at any time */
	u64 spool_tail; /* bytes ever put in */
	u64 hold;	/* not 0: treat the source as not free */
	u64 gap;	/* least number of ticks between two publications */
	u64 cpu;	/* 1 + CPU that takes a private event, or a shared one if it can; 0: any */
	/* written by the firmware */
	u64 spool_head; /* bytes ever taken out */
	u64 published;
	u64 acked;
	u64 refused;  /* notifications no handler was enabled for */
	u64 deferred; /* looks that found the source not free with a record waiting */
	u64 gates;    /* gated records that may go */
};

/* entry.kind */
#define ENTRY_RECORD 1
#define ENTRY_MOVE   2
#define ENTRY_SKIP   3

/* entry.flags */
#define ENTRY_SILENT 1
#define ENTRY_GATED  2

/* One entry of a spool, 64-byte aligned; the block and then the patches follow, 8-byte aligned. */
#define ENTRY_ALIGN 64
struct entry {
	u64 kind;
	u64 size; /* whole entry */
	u64 flags;
	u64 length;  /* bytes of the block */
	u64 place;   /* for a move */
	u64 inner;   /* 1 + source whose gate opens inside the handler */
	u64 offset;  /* how many ticks after dispatch it opens */
	u64 patches; /* bytes of patches */
};

#define PATCH_BYTES_MAX 2048
struct patch {
	u64 tick;
	u64 offset;
	u64 length; /* the bytes follow, 8-byte aligned */
};

/* command.op */
#define COMMAND_NOTIFY 1
#define COMMAND_SIGNAL 2
#define COMMAND_GATE   3
#define COMMAND_LOOK   4

struct command {
	u64 op;
	u64 source; /* notify, gate */
	u64 event;  /* signal */
	u64 cpu;    /* signal: 1 + CPU, 0: any */
};

/* report.kind */
#define REPORT_PUBLISH 1
#define REPORT_EVENT   2
#define REPORT_ACK     3
#define REPORT_REFUSED 4
#define REPORT_PATCH   5
#define REPORT_NEST    6
#define REPORT_MOVE    7

/* report.flags */
#define REPORT_CRITICAL 1
#define REPORT_RESUME	2
#define REPORT_NESTED	4
#define REPORT_LATE	8
#define REPORT_PRIVATE	16

struct report {
	u64 kind;
	u64 source;
	u64 event;
	u64 cpu;
	u64 seq; /* of the record last published on the source */
	u64 time;
	u64 ticks;	 /* event: dispatch to completion */
	u64 lower_ticks; /* event: the part spent below EL3; patch, nest: when, since dispatch */
	u64 flags;
	u64 pc; /* event: where it interrupted */
	u64 pstate;
	u64 detail; /* patch: byte offset; move: place */
};

#endif /* __ASSEMBLER__ */
#endif
