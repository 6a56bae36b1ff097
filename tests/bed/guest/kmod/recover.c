// SPDX-License-Identifier: GPL-2.0-only
/*
 * recover: the kernel reads a page of its own that may be broken.
 *
 *	insmod recover.ko		the kernel dies of it, or the task does
 *	insmod recover.ko again=1	the kernel asks for the record once more and recovers, as
 *					some vendors' do in copies that can fail
 *	parameters/pa			the page's physical address
 *	/proc/recover			who writes to it reads the page
 *	parameters/answer		what apei_claim_sea() said when it was asked once more
 *	parameters/recovered		how often the kernel went on after that
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>

static bool again;
module_param(again, bool, 0);
static ulong pa;
module_param(pa, ulong, 0444);
static int answer = 1;
module_param(answer, int, 0444);
static int recovered;
module_param(recovered, int, 0444);

#ifdef CONFIG_ARM64
static struct page *page;

/* Returns 0 if the load was given up. */
u64 recover_load(const volatile void *p);
extern const char recover_at[], recover_fixup[];
asm(".pushsection .text\n"
    ".globl recover_load, recover_at, recover_fixup\n"
    "recover_load:\n"
    "recover_at:	ldr x0, [x0]\n"
    "		ret\n"
    "recover_fixup:	mov x0, #0\n"
    "		ret\n"
    ".popsection");

static struct kprobe notify = { .symbol_name = "arm64_notify_die" };
static int (*claim_sea)(struct pt_regs *regs);

/*
 * In place of arm64_notify_die(), which do_sea() calls with what nobody has claimed; not in the
 * probe, for there the hook on apei_claim_sea() would not fire.
 */
static void die_or_recover(const char *text, struct pt_regs *regs, int signo, int code,
			   unsigned long far, unsigned long err)
{
	answer = claim_sea(regs);
	if (answer < 0)
		panic("recover: nobody has a record of this abort");
	regs->pc = (u64)recover_fixup;
	recovered++;
}

static int on_notify(struct kprobe *probe, struct pt_regs *at)
{
	const struct pt_regs *regs = (void *)at->regs[1];

	if (regs->pc != (u64)recover_at)
		return 0;
	at->pc = (u64)die_or_recover;
	return 1;
}

static ssize_t read_it(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	recover_load(page_address(page));
	return n;
}

static const struct proc_ops ops = { .proc_write = read_it };

static int __init recover_init(void)
{
	struct kprobe find = { .symbol_name = "apei_claim_sea" };
	int err;

	page = alloc_page(GFP_KERNEL);
	if (!page || !proc_create("recover", 0200, NULL, &ops))
		return -ENOMEM;
	pa = PFN_PHYS(page_to_pfn(page));
	if (!again)
		return 0;
	err = register_kprobe(&find);
	if (err)
		return err;
	claim_sea = (void *)find.addr;
	unregister_kprobe(&find);
	notify.pre_handler = on_notify;
	return register_kprobe(&notify);
}
#else
static int __init recover_init(void)
{
	return -EOPNOTSUPP;
}
#endif
module_init(recover_init);

MODULE_DESCRIPTION("Reads a page of the kernel's");
MODULE_LICENSE("GPL");
