// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which notification types are served: a constant table. Context: any.
 */
#include "record/hest.h"
#include "notify/notify.h"

/*
 * LOCAL, CMCI and MCE are not here: the kernel's machine check code has those
 * vectors, and the in-tree driver does not serve them either.
 */
static const struct gn_notify *const served[GN_NOTIFY_TYPES] = {
	[GN_NOTIFY_POLLED] = &gn_notify_polled, [GN_NOTIFY_EXTERNAL] = &gn_notify_external,
	[GN_NOTIFY_SCI] = &gn_notify_hed,	[GN_NOTIFY_GPIO] = &gn_notify_hed,
	[GN_NOTIFY_GSIV] = &gn_notify_gsiv,
#ifdef CONFIG_ARM64
	[GN_NOTIFY_SDEI] = &gn_notify_sdei,	[GN_NOTIFY_SEA] = &gn_notify_sea,
	[GN_NOTIFY_SEI] = &gn_notify_sei,
#endif
#ifdef CONFIG_X86
	[GN_NOTIFY_NMI] = &gn_notify_nmi,
#endif
};

const struct attribute_group *gn_notify_groups[] = {
#ifdef CONFIG_ARM64
	&gn_hook_group,
#endif
#ifdef CONFIG_X86
	&gn_nmi_group,
#endif
	NULL,
};

/**
 * gn_notify_find() - who serves a notification type
 * @type: enum gn_notify_type, or any other byte firmware wrote
 *
 * Return: the notification, NULL if this module does not serve it.
 */
const struct gn_notify *gn_notify_find(u8 type)
{
	return type < GN_NOTIFY_TYPES ? served[type] : NULL;
}
