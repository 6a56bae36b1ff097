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
#define HANDOFF_AT   0x47f00000
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
#define RECIPES_AT   0x7e020000
#define RECIPES_MAX  48
#define RECIPE_SIZE  0x00004000
#define CALLS_AT     0x7e0f0000
#define CALLS_MAX    32
#define CALLS_GUEST  24 /* slots of programs in the guest, the others are the host's */
#define AGENT_AT     0x7e100000
#define AGENT_SIZE   0x00100000
#define REPORTS_AT   0x7e200000
#define REPORTS_MAX  65536
#define STAGE2_AT    0x7e900000
#define STAGE2_SIZE  0x00300000
#define HEAP_AT	     0x7ec00000
#define HEAP_SIZE    0x01400000

#define CPUS_MAX     8

#ifndef __ASSEMBLER__

#define CONTROL_MAGIC 0x31304d5241364e47

/* control.state, written by the firmware */
#define STATE_RUNNING 1
#define STATE_OFF     2
#define STATE_RESET   3
#define STATE_FAULT   4

/* In control.guest: the guest's kernel rings, not a program. */
#define GUEST_KERNEL (1ull << 32)

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
	/* written by the guest before it rings the RTC doorbell: 1 + source whose gate opens; GUEST_KERNEL */
	u64 guest;
	/* written by the host at any time: 1 + CPU that does not complete a handler meanwhile */
	u64 stall;
	/* written by the host before the machine starts: the page of the doorbells, 0: there is none */
	u64 bells;
	/* written by the firmware: writes to that page which no source has said it would make */
	u64 strays;
};

/* source.flags */
#define SOURCE_V2	     1
#define SOURCE_CRITICAL	     2
#define SOURCE_PRIVATE	     4
#define SOURCE_UNKNOWN_EVENT 8
#define SOURCE_LEVEL	     16 /* the interrupt is raised until the record is taken */
#define SOURCE_PIN	     32 /* the interrupt is a pin of the GPIO controller */
#define SOURCE_BELL	     64 /* the ack register is a doorbell */

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
	u64 address_size;     /* bytes */
	u64 ack_register;
	u64 ack_size;
	u64 ack_bits;  /* set there, or what is written to the doorbell; 0: there is no telling */
	u64 interrupt; /* 1 + number, 0: none */
	u64 place[3];  /* where the block can be: at home, inside the home window, elsewhere */
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
	u64 heard;    /* its doorbell since the last publication */
	u64 rings;    /* of its doorbell */
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

/*
 * A record to be made when an exception is raised, and what more belongs to that exception. The
 * block's bytes follow the structure; the offsets in it are 1 + offset, 0: none.
 */
#define RECIPE_PLACES 4
struct recipe {
	/* written by the host */
	u64 source;    /* 1 + source whose block takes the record, 0: there is no record */
	u64 length;    /* bytes of the block, at most RECIPE_SIZE without this structure */
	u64 pa[4];     /* where the physical address goes */
	u64 va[4];     /* where the virtual address goes */
	u64 serial[4]; /* where the number of the exception goes */
	u64 status;    /* fault status code of a poisoned page's abort, 0: external abort */
	u64 inner;     /* 1 + source whose gate opens in what the exception starts */
	u64 offset;    /* how many ticks after its beginning */
};

/*
 * Calls of programs in the guest, which ring the RTC doorbell, and of the host, which rings its own.
 * A caller owns a slot, writes what it wants with op last, rings, and waits for CALL_NONE.
 */
#define CALL_NONE    0
#define CALL_POISON  1
#define CALL_HEAL    2
#define CALL_QUERY   3
#define CALL_RAISE   4
#define CALL_CANCEL  5
#define CALL_RAISING 6 /* set by the firmware; CALL_NONE when all of them are raised */

/* call.into: contexts an exception may be raised in */
#define INTO_EL0     1 /* a program */
#define INTO_KERNEL  2 /* the kernel, with SErrors unmasked */
#define INTO_GUEST   4 /* a guest of KVM, at EL1 or EL0 */
#define INTO_HANDLER 8 /* an SDEI handler */

struct call {
	u64 owner; /* not 0: taken */
	u64 op;
	u64 recipe;
	u64 times; /* poison: how many accesses trap, 0: each for ever; raise: how often */
	u64 pa;	   /* poison, heal, query: an address in the page; raise: for the record */
	/* raise */
	u64 serror;   /* 1: an SError, 0: a synchronous external abort */
	u64 syndrome; /* as in ESR for an exception from a lower exception level */
	u64 va;
	u64 ipa;
	u64 into;
	u64 cpu;     /* 1 + CPU, 0: whichever is in such a context first */
	u64 gated;   /* 1 + source with whose gate it goes */
	u64 witness; /* physical address of a word to look at in that instant, 0: none */
	/* written by the firmware */
	u64 result; /* poison: 1: done; query, heal: accesses that trapped; raise: exceptions raised */
	u64 seen; /* the word */
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
#define REPORT_SEA     8
#define REPORT_SERROR  9

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
	u64 detail; /* patch: byte offset; move: place; sea, serror: physical address */
	u64 va;	    /* sea */
	u64 serial; /* sea, serror: how many there were before, of both and on all CPUs */
};

#endif /* __ASSEMBLER__ */
#endif
