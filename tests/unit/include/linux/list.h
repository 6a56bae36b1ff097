/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of the kernel's lists as is used, by its names. */
#ifndef UNIT_LINUX_LIST_H
#define UNIT_LINUX_LIST_H

#include <stddef.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }

static inline void list_add(struct list_head *node, struct list_head *after)
{
	node->next = after->next;
	node->prev = after;
	after->next->prev = node;
	after->next = node;
}

static inline void list_del(struct list_head *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = node->prev = NULL;
}

static inline int list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_entry_of(at, sample, member) \
	((__typeof__(sample))((char *)(at) - offsetof(__typeof__(*(sample)), member)))

#define list_for_each_entry(at, head, member)                                         \
	for ((at) = list_entry_of((head)->next, at, member); &(at)->member != (head); \
	     (at) = list_entry_of((at)->member.next, at, member))

#endif
