// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs shows of a source: /sys/bus/platform/devices/GHES.N/ghes_nmi/.
 *
 * Counters are read while they move; each one is whole, and at rest they agree:
 * received = delivered, and what firmware raised is delivered + malformed.
 */
#include <linux/device.h>
#include <linux/security.h>
#include <linux/string.h>

#include "compat/sysfs.h"
#include "path/source.h"
#include "record/section.h"
#include "stats.h"

static u64 unserved_sum(const struct gn_source *s)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < GN_CONSUMERS; i++)
		sum += READ_ONCE(s->out.unserved[i]);
	return sum;
}

/* One file that shows @format of the source s. */
#define GN_ATTR(name, format, ...)                                                               \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
	{                                                                                        \
		const struct gn_source *s = dev_get_drvdata(dev);                                \
                                                                                                 \
		return sysfs_emit(buf, format "\n", __VA_ARGS__);                                \
	}                                                                                        \
	static DEVICE_ATTR_RO(name)

GN_ATTR(source_id, "%u", s->desc.id);
GN_ATTR(notify, "%s", gn_notify_name(s->desc.notify));
GN_ATTR(received, "%llu", gn_source_received(s));
GN_ATTR(delivered, "%llu", READ_ONCE(s->out.delivered));
GN_ATTR(deferred, "%llu", READ_ONCE(s->in.deferred));
GN_ATTR(empty, "%llu", READ_ONCE(s->in.empty));
GN_ATTR(bad_address, "%llu", READ_ONCE(s->in.addresses));
GN_ATTR(malformed, "%llu", gn_outlet_malformed(&s->out));
GN_ATTR(malformed_sections, "%llu", gn_outlet_odd(&s->out));
GN_ATTR(fatal, "%llu", READ_ONCE(s->in.fatal));
GN_ATTR(suppressed, "%llu", READ_ONCE(s->out.console.suppressed));
GN_ATTR(multiple, "%llu", READ_ONCE(s->out.multiple));
GN_ATTR(entries_wrong, "%llu", READ_ONCE(s->out.entries_wrong));
GN_ATTR(trace_cut, "%llu", READ_ONCE(s->out.trace_cut));
GN_ATTR(bad_page, "%llu", READ_ONCE(s->out.bad_page));
GN_ATTR(storms, "%llu", READ_ONCE(s->life.storms));
GN_ATTR(unserved, "%llu", unserved_sum(s));
GN_ATTR(queue, "%u/%u", gn_queue_used(&s->queue), s->queue.size);

/* One file with a line "NAME COUNT" for each of the @n counts of the source s from @first on. */
#define GN_LIST_ATTR(name, first, n, text, counts)                                               \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
	{                                                                                        \
		const struct gn_source *s = dev_get_drvdata(dev);                                \
		int i, at = 0;                                                                   \
                                                                                                 \
		for (i = first; i < n; i++)                                                      \
			at += sysfs_emit_at(buf, at, "%s %llu\n", text(i),                       \
					    READ_ONCE(s->out.counts[i]));                        \
		return at;                                                                       \
	}                                                                                        \
	static DEVICE_ATTR_RO(name)

GN_LIST_ATTR(severity_counts, 0, GN_SEVERITIES, gn_severity_name, severity);
GN_LIST_ATTR(malformed_reasons, GN_GOOD + 1, GN_VERDICTS, gn_verdict_name, malformed);
GN_LIST_ATTR(malformed_section_reasons, GN_SOUND + 1, GN_ODDITIES, gn_oddity_name, odd);
GN_LIST_ATTR(unserved_consumers, 0, GN_CONSUMERS, gn_consumer_name, unserved);
GN_LIST_ATTR(page_outcomes, 0, GN_PAGES, gn_page_name, pages);

static const char *verdict_text(u32 reason)
{
	return gn_verdict_name(reason);
}

static const char *oddity_text(u32 reason)
{
	return gn_oddity_name(reason);
}

/*
 * Which bytes are kept: their number, what is wrong with them, how many there
 * were and how many of them are kept. The number shows whether two reads belong
 * together.
 */
static ssize_t show_kept(struct gn_kept *kept, const char *(*text)(u32 reason), char *buf)
{
	u32 reason, total, length;
	unsigned long flags;
	u64 number;

	raw_spin_lock_irqsave(&kept->lock, flags);
	number = kept->number;
	reason = kept->reason;
	total = kept->total;
	length = kept->length;
	raw_spin_unlock_irqrestore(&kept->lock, flags);
	return sysfs_emit(buf, "%llu %s %u %u\n", number, number ? text(reason) : "-", total,
			  length);
}

static ssize_t malformed_last_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gn_source *s = dev_get_drvdata(dev);

	return show_kept(&s->out.kept, verdict_text, buf);
}
static DEVICE_ATTR_RO(malformed_last);

static ssize_t malformed_body_last_show(struct device *dev, struct device_attribute *attr,
					char *buf)
{
	struct gn_source *s = dev_get_drvdata(dev);

	return show_kept(&s->out.kept_section, oddity_text, buf);
}
static DEVICE_ATTR_RO(malformed_body_last);

static struct attribute *attrs[] = {
	&dev_attr_source_id.attr,
	&dev_attr_notify.attr,
	&dev_attr_severity_counts.attr,
	&dev_attr_received.attr,
	&dev_attr_delivered.attr,
	&dev_attr_deferred.attr,
	&dev_attr_empty.attr,
	&dev_attr_bad_address.attr,
	&dev_attr_malformed.attr,
	&dev_attr_malformed_reasons.attr,
	&dev_attr_malformed_last.attr,
	&dev_attr_malformed_sections.attr,
	&dev_attr_malformed_section_reasons.attr,
	&dev_attr_malformed_body_last.attr,
	&dev_attr_fatal.attr,
	&dev_attr_suppressed.attr,
	&dev_attr_multiple.attr,
	&dev_attr_entries_wrong.attr,
	&dev_attr_trace_cut.attr,
	&dev_attr_bad_page.attr,
	&dev_attr_page_outcomes.attr,
	&dev_attr_storms.attr,
	&dev_attr_unserved.attr,
	&dev_attr_unserved_consumers.attr,
	&dev_attr_queue.attr,
	NULL,
};

/*
 * Bytes that are kept: what physical memory held, wherever firmware's address
 * pointed. For root, and not where the kernel is to keep memory's content
 * even from root.
 */
static ssize_t read_kept(struct gn_kept *kept, char *buf, loff_t at, size_t count)
{
	unsigned long flags;
	ssize_t n;

	n = security_locked_down(LOCKDOWN_KCORE);
	if (n)
		return n;
	raw_spin_lock_irqsave(&kept->lock, flags);
	if (at < kept->length) {
		n = min_t(size_t, count, kept->length - at);
		memcpy(buf, kept->bytes + at, n);
	}
	raw_spin_unlock_irqrestore(&kept->lock, flags);
	return n;
}

static ssize_t read_malformed(struct kobject *kobj, char *buf, loff_t at, size_t count)
{
	struct gn_source *s = dev_get_drvdata(kobj_to_dev(kobj));

	return read_kept(&s->out.kept, buf, at, count);
}

static ssize_t read_odd(struct kobject *kobj, char *buf, loff_t at, size_t count)
{
	struct gn_source *s = dev_get_drvdata(kobj_to_dev(kobj));

	return read_kept(&s->out.kept_section, buf, at, count);
}

GN_BIN_ATTR_RO(malformed_block, read_malformed);
GN_BIN_ATTR_RO(malformed_body, read_odd);

static struct bin_attribute *bin_attrs[] = {
	&bin_attr_malformed_block,
	&bin_attr_malformed_body,
	NULL,
};

static const struct attribute_group group = {
	.name = "ghes_nmi",
	.attrs = attrs,
	.bin_attrs = (void *)bin_attrs, /* const or not, as the kernel has it */
};

const struct attribute_group *gn_stats_groups[] = {
	&group,
	NULL,
};
