/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library's functions: the sanitizers check every byte they touch. */
#ifndef UNIT_LINUX_STRING_H
#define UNIT_LINUX_STRING_H

#include <string.h>

#endif
