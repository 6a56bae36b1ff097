// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own decoders, from the sources and headers of a kernel package,
 * as a part of a program of this machine. The headers come first: they are those
 * of one architecture. The decoders of the other one are then switched on too.
 * What they call is in kernel_calls.c.
 */
#include <linux/acpi.h>
#include <linux/aer.h>
#include <linux/bcd.h>
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cper.h>
#include <linux/dmi.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/time.h>
#include <acpi/ghes.h>
#include <cxl/event.h>
#include <ras/ras_event.h>

#define CONFIG_ARM64 1
#undef CONFIG_UEFI_CPER_X86
#define CONFIG_UEFI_CPER_X86 1

#include "drivers/firmware/efi/cper.c"
#undef pr_fmt
#define pr_fmt(fmt) fmt
#include "drivers/firmware/efi/cper-arm.c"
#include "drivers/firmware/efi/cper-x86.c"
#include "drivers/firmware/efi/cper_cxl.c"
#include "drivers/acpi/apei/ghes_helpers.c"
