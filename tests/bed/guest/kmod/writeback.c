// SPDX-License-Identifier: GPL-2.0-only
/*
 * writeback: a page that a device which does not answer is writing back.
 *
 *	insmod writeback.ko pa=ADDRESS	the page is under writeback until the module goes
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>

static ulong pa;
module_param(pa, ulong, 0);

static struct page *page;

static int __init writeback_init(void)
{
	page = pfn_to_page(PHYS_PFN(pa));
	get_page(page);
#ifdef folio_start_writeback
	folio_start_writeback(page_folio(page));
#else
	set_page_writeback(page);
#endif
	return 0;
}

static void __exit writeback_exit(void)
{
	end_page_writeback(page);
	put_page(page);
}

module_init(writeback_init);
module_exit(writeback_exit);

MODULE_DESCRIPTION("Leaves a page under writeback");
MODULE_LICENSE("GPL");
