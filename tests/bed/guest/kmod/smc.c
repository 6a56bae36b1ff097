// SPDX-License-Identifier: GPL-2.0-only
/*
 * insmod smc.ko calls=FUNCTION[:ARG...],... makes secure monitor calls, one after the other on one
 * CPU with interrupts off, and prints "smc: FUNCTION = RESULT". All numbers are hexadecimal.
 */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#ifdef CONFIG_ARM64
#include <linux/arm-smccc.h>
#endif

#define CALLS_MAX 128
#define ARGS_MAX  6

static char *calls;
module_param(calls, charp, 0);
MODULE_PARM_DESC(calls, "calls to make");

static long results[CALLS_MAX];
static u64 functions[CALLS_MAX];

static long call(const u64 *a)
{
#ifdef CONFIG_ARM64
	struct arm_smccc_res res;

	arm_smccc_smc(a[0], a[1], a[2], a[3], a[4], a[5], 0, 0, &res);
	return res.a0;
#else
	return -1;
#endif
}

static int parse(char *text, u64 *args)
{
	char *word;
	int n = 0;

	while ((word = strsep(&text, ":")))
		if (n == ARGS_MAX || kstrtou64(word, 16, &args[n++]))
			return -EINVAL;
	return 0;
}

static int __init smc_init(void)
{
	unsigned long flags;
	int n = 0, rc = 0;
	char *text;

	local_irq_save(flags);
	while (n < CALLS_MAX && (text = strsep(&calls, ","))) {
		u64 args[ARGS_MAX] = {};

		rc = parse(text, args);
		if (rc)
			break;
		functions[n] = args[0];
		results[n++] = call(args);
	}
	local_irq_restore(flags);

	for (int i = 0; i < n; i++)
		pr_info("smc: %llx = %ld\n", functions[i], results[i]);
	return rc;
}

static void __exit smc_exit(void)
{
}

module_init(smc_init);
module_exit(smc_exit);
MODULE_DESCRIPTION("Secure monitor calls for tests of the firmware");
MODULE_LICENSE("GPL");
