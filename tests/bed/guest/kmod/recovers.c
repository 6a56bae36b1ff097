// SPDX-License-Identifier: GPL-2.0-only
/*
 * recovers: a driver of a PCIe device that tells what of error recovery reached it.
 *
 * /sys/module/recovers/parameters/ has how often each callback ran, and who the
 * device is (SEGMENT:BUS:DEVICE.FUNCTION).
 */
#include <linux/module.h>
#include <linux/pci.h>

static int error_detected, mmio_enabled, slot_reset, resume;
module_param(error_detected, int, 0444);
module_param(mmio_enabled, int, 0444);
module_param(slot_reset, int, 0444);
module_param(resume, int, 0444);

static char device[32];
module_param_string(device, device, sizeof(device), 0444);

static pci_ers_result_t on_detected(struct pci_dev *dev, pci_channel_state_t state)
{
	error_detected++;
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t on_mmio(struct pci_dev *dev)
{
	mmio_enabled++;
	return PCI_ERS_RESULT_RECOVERED;
}

static pci_ers_result_t on_reset(struct pci_dev *dev)
{
	slot_reset++;
	return PCI_ERS_RESULT_RECOVERED;
}

static void on_resume(struct pci_dev *dev)
{
	resume++;
}

static const struct pci_error_handlers handlers = {
	.error_detected = on_detected,
	.mmio_enabled = on_mmio,
	.slot_reset = on_reset,
	.resume = on_resume,
};

static int probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	strscpy(device, pci_name(dev), sizeof(device));
	return 0;
}

static void remove(struct pci_dev *dev)
{
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(0x8086, 0x10d3) }, /* QEMU's e1000e, which has the AER capability */
	{},
};

static struct pci_driver recovers = {
	.name = "recovers",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.err_handler = &handlers,
};
module_pci_driver(recovers);

MODULE_DESCRIPTION("Tells what of PCIe error recovery reached it");
MODULE_LICENSE("GPL");
