/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux 6.14: read() of a binary attribute gets struct bin_attribute * -> const struct
 * bin_attribute *. Types only.
 */
#ifndef GN_COMPAT_SYSFS_H
#define GN_COMPAT_SYSFS_H

#include <linux/sysfs.h>

/*
 * GN_BIN_ATTR_RO - a root-only binary attribute @node, read by
 * ssize_t read(struct kobject *kobj, char *buf, loff_t at, size_t count).
 * struct bin_attribute's own type chooses the wrapper; a third shape has no
 * entry in the list and fails the build.
 */
#define GN_BIN_ATTR_RO(node, reader)                                                              \
	static __maybe_unused ssize_t node##_plain(struct file *filp, struct kobject *k,          \
						   struct bin_attribute *a, char *buf, loff_t at, \
						   size_t n)                                      \
	{                                                                                         \
		return reader(k, buf, at, n);                                                     \
	}                                                                                         \
	static __maybe_unused ssize_t node##_const(struct file *filp, struct kobject *k,          \
						   const struct bin_attribute *a, char *buf,      \
						   loff_t at, size_t n)                           \
	{                                                                                         \
		return reader(k, buf, at, n);                                                     \
	}                                                                                         \
	static struct bin_attribute bin_attr_##node = {                                           \
		.attr = { .name = #node, .mode = 0400 },                                          \
		.read = _Generic(((struct bin_attribute *)0)->read,                               \
			typeof(&node##_plain): node##_plain,                                      \
			typeof(&node##_const): node##_const),                                     \
	}

#endif
