// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that maps a page of its own into programs: /dev/pfnmap, one page, the same one for
 * each. The kernel cannot take such a page from a program (VM_PFNMAP), and does not show its
 * place in /proc/self/pagemap: parameters/pa has it.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

static unsigned long page;
static ulong pa;
module_param(pa, ulong, 0444);

static int map(struct file *file, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(pa), PAGE_SIZE, vma->vm_page_prot);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.mmap = map,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnmap",
	.fops = &operations,
	.mode = 0600,
};

static int __init load(void)
{
	int err;

	page = get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	pa = virt_to_phys((void *)page);
	err = misc_register(&device);
	if (err)
		free_page(page);
	return err;
}

/* The page may be out of use: it is not given back. */
static void __exit unload(void)
{
	misc_deregister(&device);
}

module_init(load);
module_exit(unload);

MODULE_DESCRIPTION("Test driver that maps a page of its own into programs");
MODULE_LICENSE("GPL v2");
