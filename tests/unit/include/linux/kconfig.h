/* SPDX-License-Identifier: GPL-2.0-only */
/* A test may say otherwise before it includes anything. */
#ifndef UNIT_LINUX_KCONFIG_H
#define UNIT_LINUX_KCONFIG_H

#ifndef IS_ENABLED
#define IS_ENABLED(option) 0
#endif

#endif
