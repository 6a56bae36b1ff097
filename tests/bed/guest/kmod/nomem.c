// SPDX-License-Identifier: GPL-2.0-only
/*
 * nomem: memory for mapping firmware's memory runs out, for a while.
 *
 *	insmod nomem.ko times=N
 *
 * The next N calls of acpi_os_map_iomem() for more than a page map nothing: they are
 * asked for no bytes, of the last page there is. No bytes behind a mapping that exists
 * would be found in that mapping. /sys/module/nomem/parameters/times tells how many
 * are left.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>

static int times;
module_param(times, int, 0444);

static int ask_for_nothing(struct kprobe *probe, struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	u64 *address = &regs->regs[0], *size = &regs->regs[1];
#else
	unsigned long *address = &regs->di, *size = &regs->si;
#endif

	if (*size <= PAGE_SIZE || times <= 0)
		return 0;
	times--;
	*address = PAGE_MASK;
	*size = 0;
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "acpi_os_map_iomem",
	.pre_handler = ask_for_nothing,
};

static int __init nomem_init(void)
{
	return register_kprobe(&probe);
}
module_init(nomem_init);

static void __exit nomem_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(nomem_exit);

MODULE_DESCRIPTION("acpi_os_map_iomem() fails now and then");
MODULE_LICENSE("GPL");
