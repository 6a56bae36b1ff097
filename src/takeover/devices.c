// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform devices GHES.N.
 *
 * The kernel makes one for every enabled GHES entry of the HEST, with a pointer to
 * that entry. Where the kernel made none (ghes.disable=1, or an entry that it does not
 * know ended its walk), this file makes them.
 *
 * Owns the devices that it made. Context: process context, one caller at a time.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/acpi.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "takeover/candidates.h"
#include "takeover/devices.h"

/**
 * gn_devices_is_ghes() - does a device stand for a source
 * @dev: a device of the platform bus
 *
 * Context: Any.
 */
bool gn_devices_is_ghes(struct device *dev)
{
	return !strcmp(to_platform_device(dev)->name, "GHES");
}

static int match_ghes(struct device *dev, const void *data)
{
	return gn_devices_is_ghes(dev);
}

/**
 * gn_devices_there() - has the kernel made devices of the HEST
 *
 * Context: Process context.
 */
bool gn_devices_there(void)
{
	struct device *dev = bus_find_device(&platform_bus_type, NULL, NULL, match_ghes);

	put_device(dev);
	return dev;
}

/**
 * gn_devices_candidate() - the source of a device
 * @candidates: the sources
 * @dev: a GHES device
 *
 * Context: Any.
 * Return: the source, NULL if there is none.
 */
struct gn_candidate *gn_devices_candidate(const struct gn_candidates *candidates,
					  struct device *dev)
{
	struct acpi_hest_generic **entry = dev_get_platdata(dev);
	int i;

	for (i = 0; i < candidates->n; i++)
		if (candidates->list[i].ours && &candidates->list[i].ours->dev == dev)
			return &candidates->list[i];
	return entry && *entry ? gn_candidates_find(candidates, (*entry)->header.source_id) : NULL;
}

/**
 * gn_devices_make() - make one for each source to be taken over that has none of ours
 * @candidates: the sources
 *
 * Context: Process context, sleeps.
 * Return: 0, or what failed; what was made stays, for gn_devices_remove().
 */
int gn_devices_make(struct gn_candidates *candidates)
{
	int i;

	for (i = 0; i < candidates->n; i++) {
		struct gn_candidate *c = &candidates->list[i];
		int err;

		if (c->decision != GN_TAKE_OVER || c->ours)
			continue;
		c->ours = platform_device_alloc("GHES", c->desc.id);
		if (!c->ours)
			return -ENOMEM;
		err = platform_device_add(c->ours);
		if (err) {
			platform_device_put(c->ours);
			c->ours = NULL;
			pr_err("source %u: cannot make the device GHES.%u (%d)\n", c->desc.id,
			       c->desc.id, err);
			return err;
		}
	}
	return 0;
}

/**
 * gn_devices_remove() - remove the devices that gn_devices_make() made
 * @candidates: the sources
 *
 * Context: Process context, sleeps.
 */
void gn_devices_remove(struct gn_candidates *candidates)
{
	int i;

	for (i = 0; i < candidates->n; i++)
		platform_device_unregister(candidates->list[i].ours);
}
