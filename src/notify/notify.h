/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications: how firmware says that a source has a record.
 *
 * One file per notification. An NMI-like one rings gn_collect() and nothing else;
 * one that may take its time calls gn_ask().
 */
#ifndef GN_NOTIFY_H
#define GN_NOTIFY_H

#include <linux/sysfs.h>
#include <linux/types.h>

struct gn_hest_source;
struct gn_source;

/**
 * struct gn_notify - one notification type
 * @hook: the module whose hook rings, NULL if none is needed
 * @intree_delivers_at_once: the in-tree driver delivers its records before its handler
 *            returns, and reads a block under one lock: no record is under way when it
 *            is released, and none can be read twice when it is bound
 * @available: 0; -EAGAIN: as soon as the hook is there; or why no source with
 *             this notification can be served by this kernel: another negative
 *             errno; the reason was printed
 * @changing: sources are about to change hands, or have done so; may sleep, may
 *            be NULL
 * @after_give_back: the other driver has every source, and @changing(false) follows; may
 *            sleep, may be NULL
 * @silence: another driver holds the source: make its notification stop ringing
 *         that driver, which is about to be released; may sleep, may be NULL
 * @arm: let the notification ring for a source; may sleep; 0 or -errno, the
 *       reason was printed
 * @disarm: the opposite; may sleep, for as long as it takes: when it returns, no
 *          handler of the source runs any more, nor ever will
 * @moved: the source's block window was replaced, and collecting uses the new one;
 *         when it returns no handler reads the old one; may sleep, may be NULL
 */
struct gn_notify {
	const char *hook;
	bool intree_delivers_at_once;
	int (*available)(void);
	void (*changing)(bool changing);
	void (*after_give_back)(void);
	void (*silence)(const struct gn_hest_source *desc);
	int (*arm)(struct gn_source *s);
	void (*disarm)(struct gn_source *s);
	void (*moved)(struct gn_source *s);
};

extern const struct gn_notify gn_notify_polled;
extern const struct gn_notify gn_notify_external;
extern const struct gn_notify gn_notify_gsiv;
extern const struct gn_notify gn_notify_hed;
#ifdef CONFIG_ARM64
extern const struct gn_notify gn_notify_sdei;
extern const struct gn_notify gn_notify_sea;
extern const struct gn_notify gn_notify_sei;
extern const struct attribute_group gn_hook_group;
#endif
#ifdef CONFIG_X86
extern const struct gn_notify gn_notify_nmi;
extern const struct attribute_group gn_nmi_group;
#endif

/* What the notifications show in sysfs of the driver, beside each source. */
extern const struct attribute_group *gn_notify_groups[];

const struct gn_notify *gn_notify_find(u8 type);

#endif
