// SPDX-License-Identifier: GPL-2.0-only
/*
 * ghes_edac stays loaded while its sources are here.
 *
 * ghes_edac counts the sources that the in-tree driver has when it is loaded, and takes
 * back one count for each that the in-tree driver has when it is unloaded. Between the two
 * this module takes sources from that driver: ghes_edac would leave its listener in the
 * report chain, and its memory controller in sysfs, after its code is gone. So:
 *
 *	ghes_edac was there before:	a reference, dropped when all sources are given back
 *	ghes_edac comes meanwhile:	a reference for good, its count is not right any more
 *	all sources are taken:		ghes_edac refuses to load (ENODEV), no harm done
 *
 * Owns @held. Context: process context, at load and unload.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "sinks/intree.h"

#define NAME "ghes_edac"

/* The one that was there before. */
static struct module *held;

static int comes(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *module = data;

	if (state == MODULE_STATE_LIVE && !strcmp(module->name, NAME) && try_module_get(module))
		pr_warn("%s came while its sources are here: it cannot be unloaded any more\n",
			NAME);
	return NOTIFY_DONE;
}

static struct notifier_block watch = { .notifier_call = comes };

/*
 * A reference on the module of this name; NULL: it is not loaded, or built in. One that
 * is still being loaded may fail, and goes then whoever has a reference: comes() sees it
 * when it has not.
 */
static struct module *get(const char *name)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
	struct module *module;

	if (!kobj)
		return NULL;
	/* The kernel frees a module after the last reference on its kobject. */
	module = container_of(kobj, struct module_kobject, kobj)->mod;
	if (module && (READ_ONCE(module->state) != MODULE_STATE_LIVE || !try_module_get(module)))
		module = NULL;
	kobject_put(kobj);
	return module;
}

/**
 * gn_intree_hold_edac() - from now on ghes_edac stays
 *
 * Context: Process context, before the first source is taken.
 */
void gn_intree_hold_edac(void)
{
	/* In this order: one that comes in between is held twice, not never. */
	register_module_notifier(&watch);
	held = get(NAME);
}

/**
 * gn_intree_release_edac() - ghes_edac may go
 *
 * Context: Process context, after the last source is given back.
 */
void gn_intree_release_edac(void)
{
	unregister_module_notifier(&watch);
	if (held)
		module_put(held);
	held = NULL;
}
