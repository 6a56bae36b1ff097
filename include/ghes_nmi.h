/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ghes_nmi.ko exports to other modules.
 */
#ifndef GHES_NMI_H
#define GHES_NMI_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/types.h>

struct pt_regs;

/**
 * struct ghes_nmi_record - a record, as a listener gets it
 * @block: the generic error status block (ACPI 6.5, 18.3.2.7), checked: every
 *         length in it may be believed; private, valid until the listener
 *         returns
 * @length: bytes of @block
 * @source_id: source id of the HEST entry
 * @notify: notification type of the HEST entry (ACPI 6.5, table 18.14)
 * @severity: severity of the block: 0 recoverable, 1 fatal, 2 corrected,
 *            3 informational
 * @delay_ns: nanoseconds since the record was read from firmware
 */
struct ghes_nmi_record {
	const void *block;
	u32 length;
	u16 source_id;
	u8 notify;
	u32 severity;
	u64 delay_ns;
};

/**
 * ghes_nmi_register_listener() - be told of every record
 * @nb: called with action 0 and a struct ghes_nmi_record as data
 *
 * Each record comes exactly once, those of one source in firmware's order;
 * different sources may call at the same time. The return value stops nobody.
 * Fatal records do not come here: the machine panics.
 *
 * Context: Process context. @nb is called in hard interrupt context (in a
 *          kernel thread under PREEMPT_RT) and must not sleep.
 * Return: 0, or -EEXIST if @nb is registered already.
 */
int ghes_nmi_register_listener(struct notifier_block *nb);

/**
 * ghes_nmi_unregister_listener() - be told no longer
 * @nb: what was registered
 *
 * Context: Process context, may sleep. When it returns, @nb is not running.
 * Return: 0, or -ENOENT if @nb is not registered.
 */
int ghes_nmi_unregister_listener(struct notifier_block *nb);

#ifdef CONFIG_ARM64
/**
 * ghes_nmi_claim_sea() - firmware may have a record of this external abort
 * @regs: the interrupted context; NULL: a guest's, and the current task is its
 *        vCPU thread
 * @address: the virtual address of the access, if the syndrome says it is valid
 * @esr: the syndrome; 0 for a guest's abort
 *
 * Asks every SEA source (ACPI notification type 8). What follows from the value,
 * for a memory manager's handler of aborts and for a hypervisor:
 *
 * 0 - claimed. The error is handled when the current task returns to user space
 *     or leaves its guest, for which a signal is pending: then the page is taken out
 *     of use, and the task has its SIGBUS if it needs one. Return from the
 *     exception; inject nothing; send no signal. A corrected error is claimed
 *     too: the task or guest goes on. So is one whose record another context has:
 *     the access is repeated, and handled or claimed again. For an abort in the
 *     kernel, @regs may have been changed to let the interrupted function fail.
 *
 * -EINPROGRESS - claimed, but the page is taken out of use by a worker, soon. Return
 *     from the exception: the access may meet the error again and is claimed
 *     again. A caller that cannot repeat it must treat it as unclaimed.
 *
 * -EIO - an abort in the kernel that this module cannot repair. Its record has been
 *     written to the log. Die, or recover in some way of your own.
 *
 * -ENOENT - no record, or none that can be understood. Do what would have been done
 *     without this module: it changed nothing.
 *
 * Who claims for a task that does not pass the usual way back to user space or
 * guest calls ghes_nmi_flush().
 *
 * Context: Any, at any nesting depth, NMI-like included; preemption is off. Takes
 *          no lock. Does not return when the record is fatal: the machine panics.
 * Return: see above.
 */
int ghes_nmi_claim_sea(struct pt_regs *regs, unsigned long address, u64 esr);

/**
 * ghes_nmi_sea_answered() - was this abort of the kernel claimed with -EIO?
 * @regs: the interrupted context
 *
 * For kernels that recover from it and ask for a record once more.
 *
 * Context: As ghes_nmi_claim_sea().
 * Return: true, once: firmware had a record, which was taken.
 */
bool ghes_nmi_sea_answered(const struct pt_regs *regs);

/**
 * ghes_nmi_claim_sei() - firmware may have a record of this SError
 * @regs: the interrupted context; NULL: a guest's, and the current task is its
 *        vCPU thread
 * @esr: the syndrome
 *
 * Asks every SEI source (ACPI notification type 9). The syndrome's error state
 * decides whether the machine may go on:
 *
 * 0 - claimed: return from the exception. The error was restartable or corrected;
 *     or it was recoverable, came from user space or a guest, and is handled when
 *     the current task returns there, as for ghes_nmi_claim_sea().
 *
 *     So is a recoverable one whose record another SError has taken: the task gets
 *     SIGBUS.
 *
 * -EINPROGRESS - as above, but by a worker, later: the task must not go on.
 *
 * -EIO - unrecoverable, uncontainable, or recoverable but in the kernel. Its
 *     record has been written to the log. Do what would have been done without.
 *
 * -ENOENT - no record: the same.
 *
 * Context: As ghes_nmi_claim_sea().
 * Return: see above.
 */
int ghes_nmi_claim_sei(struct pt_regs *regs, u64 esr);

/**
 * ghes_nmi_claimed() - is the exception over, as far as its handler is concerned
 * @value: what ghes_nmi_claim_sea() returned
 *
 * Return: true for 0 and -EINPROGRESS.
 */
static inline bool ghes_nmi_claimed(int value)
{
	return !value || value == -EINPROGRESS;
}

/**
 * ghes_nmi_flush() - have the memory failures of this task's claims done now
 *
 * After a claim that returned 0 this happens by itself before the task returns
 * to user space or its guest. For those who need it earlier.
 *
 * Context: Process context of the task that claimed, without locks that
 *          memory_failure() takes; sleeps.
 * Return: how many claims of errors that were not corrected were completed. A signal
 *         may be pending.
 */
int ghes_nmi_flush(void);

/**
 * struct ghes_nmi_hook - a place in the kernel from where claims come
 * @symbol: the hooked function, shown in sysfs
 * @rings: notification types (a bit each) that depend on this hook
 * @active: is the hook in place? Called in process context
 * @off: ghes_nmi's
 * @list: ghes_nmi's
 */
struct ghes_nmi_hook {
	const char *symbol;
	u32 rings;
	bool (*active)(const struct ghes_nmi_hook *hook);
	bool off;
	struct list_head list;
};

/**
 * ghes_nmi_add_hooks() - claims come from these hooks from now on
 * @hook: the hooks, which are in place already; ghes_nmi's until they are removed
 * @n: how many
 *
 * Takes the sources that depend on them over. They are given back while a hook
 * is not active.
 *
 * Context: Process context, sleeps.
 */
void ghes_nmi_add_hooks(struct ghes_nmi_hook *hook, int n);

/**
 * ghes_nmi_remove_hooks() - the hooks will go
 * @hook: the hooks, which are still in place
 * @n: how many
 *
 * Gives the sources back. When it returns nothing depends on the hooks.
 *
 * Context: Process context, sleeps.
 */
void ghes_nmi_remove_hooks(struct ghes_nmi_hook *hook, int n);
#endif

#endif
