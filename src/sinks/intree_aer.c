// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCIe errors: to the kernel's AER driver, which traces them and has the device
 * recover.
 *
 * AER's own queue holds 16 and complains of each one more, so only half as many
 * are under way at a time; then its work is waited for.
 */
#include <linux/pci.h>

#include "compat/intree.h"
#include "record/le.h"
#include "record/section.h"
#include "sinks/intree.h"

/**
 * gn_aer_wants() - would the in-tree driver hand this section to AER
 * @section: a section of a checked record
 *
 * Context: Any; pure.
 * Return: true if it names a device and has the device's registers.
 * Source: UEFI 2.10, N.2.7.
 */
bool gn_aer_wants(const struct gn_section *section)
{
	const u64 wanted = CPER_PCIE_VALID_DEVICE_ID | CPER_PCIE_VALID_AER_INFO;

	return section->kind == GN_SECTION_PCIE && section->length >= GN_PCIE &&
	       (gn_le64(section->body) & wanted) == wanted;
}

#ifdef CONFIG_ACPI_APEI_PCIEAER
/* How many were handed on since the last wait. One worker's. */
static u32 flying;

/*
 * Recovery walks from the port above a device, and does not ask whether there is one:
 * a device of the root bus that is no port would be a NULL pointer.
 */
static bool recoverable(struct pci_dev *dev)
{
	switch (pci_pcie_type(dev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return true;
#ifdef GN_HAS_rcec
	case PCI_EXP_TYPE_RC_EC:
	case PCI_EXP_TYPE_RC_END:
		return true;
#endif
	default:
		return pci_upstream_bridge(dev);
	}
}

/* AER frees the registers of a device that it finds, not those of another. */
static bool fit_for_aer(u16 segment, u8 bus, u8 devfn, int severity)
{
	struct pci_dev *dev = pci_get_domain_bus_and_slot(segment, bus, devfn);
	bool fit = dev && (severity == AER_CORRECTABLE || recoverable(dev));

	pci_dev_put(dev);
	return fit;
}

static struct aer_capability_regs *regs_for(const struct cper_sec_pcie *error)
{
	struct aer_capability_regs *regs;

	if (flying == GN_AER_FLYING) {
		gn_intree_flush_work();
		flying = 0;
	}
	regs = gn_intree_aer_regs(flying);
	if (!regs) {
		/* Those under way have it. */
		gn_intree_flush_work();
		flying = 0;
		regs = gn_intree_aer_regs(flying);
	}
	if (!regs)
		return NULL;
	memset(regs, 0, sizeof(*regs));
	memcpy(regs, error->aer_info, min(sizeof(*regs), sizeof(error->aer_info)));
	flying++;
	return regs;
}

/**
 * gn_aer_feed() - hand a PCIe error to AER
 * @section: a section that gn_aer_wants()
 *
 * Context: Process context, sleeps; one caller at a time, on no work item of the
 *          queue that schedule_work() uses.
 * Return: false if there is no such device, or none that could recover, or no memory.
 */
bool gn_aer_feed(const struct gn_section *section)
{
	const struct cper_sec_pcie *error = (const struct cper_sec_pcie *)section->body;
	u8 devfn = PCI_DEVFN(error->device_id.device, error->device_id.function);
	u16 segment = error->device_id.segment;
	u8 bus = error->device_id.bus;
	struct aer_capability_regs *regs;
	int severity = cper_severity_to_aer(section->severity);

	if (section->flags & CPER_SEC_RESET)
		severity = AER_FATAL;
	if (!fit_for_aer(segment, bus, devfn, severity))
		return false;
	regs = regs_for(error);
	if (!regs)
		return false;
	aer_recover_queue(segment, bus, devfn, severity, regs);
	return true;
}
#else
bool gn_aer_feed(const struct gn_section *section)
{
	return false;
}
#endif
