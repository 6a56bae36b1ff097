/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: a source only points to it. */
#ifndef UNIT_LINUX_DEVICE_H
#define UNIT_LINUX_DEVICE_H

struct device;

#endif
