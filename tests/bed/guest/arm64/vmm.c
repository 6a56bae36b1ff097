// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmm [OPTION...]: a KVM guest of one CPU that reads one page for ever, and an exception the arm64
 * platform's firmware raises while it does.
 *
 *   -r N    what the firmware makes of it: the recipe's number (default 0)
 *   -s      an SError, else a synchronous external abort on the guest's page
 *   -e ESR  its syndrome
 *   -n N    so many, each with a new page of the host's; ends with one after which the guest is lost
 *   -w MS   how long the guest is watched after an exception that has no consequence (default 50)
 *
 * One line per exception:
 *   raised: by the firmware
 *   signals, code, addr, lsb, own: SIGBUS as it came; right: as it should, for the page's address here
 *   ran: rounds the guest has made between the exception and the signal
 *   exit, errno: how the last KVM_RUN ended; exit 6 (MMIO) with vector and esr: the guest has taken an
 *   exception of its own
 *   on: the guest went on, and nothing else happened
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include "options.h"
#include "pages.h"
#include "sigbus.h"

#define ABORT	       0x92000010
#define TICK_US	       2000
#define PATIENCE_TICKS 2000

/* The guest's physical addresses. */
#define CODE_AT	     0x0
#define VECTORS_AT   0x800
#define COUNTER_AT   0x3000
#define LOW_SIZE     0x10000 /* whole pages of every kernel */
#define PAGE_AT	     0x100000
#define TOLD_AT	     0x10000000 /* nothing is there: a store ends KVM_RUN */

#define PSTATE_EL1H  0x2c5 /* interrupts masked, SErrors not */
#define REG_CORE(x)  (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(x))
#define REG_VBAR_EL1 ARM64_SYS_REG(3, 0, 12, 0, 0)

extern const char guest_code[], guest_code_end[], guest_vectors[], guest_vectors_end[];
asm(".pushsection .text\n"
    ".globl guest_code, guest_code_end, guest_vectors, guest_vectors_end\n"
    "guest_code:	mov x0, #0x3000\n"
    "		mov x1, #0x100000\n"
    "		mov x2, #0\n"
    "1:		ldr x3, [x1]\n"
    "		add x2, x2, #1\n"
    "		str x2, [x0]\n"
    "		b 1b\n"
    "guest_code_end:\n"
    ".balign 0x80\n"
    "guest_vectors:\n"
    ".set vector, 0\n"
    ".rept 16\n"
    "		mov x9, #0x10000000\n"
    "		mrs x10, esr_el1\n"
    "		str x10, [x9, #8 * vector]\n"
    "		eret\n"
    ".balign 0x80\n"
    ".set vector, vector + 1\n"
    ".endr\n"
    "guest_vectors_end:\n"
    ".popsection");

static int vm, vcpu;
static struct kvm_run *kvm;
static char *low, *page;
static volatile u64 *counter;

static struct {
	int exit, error;
	u64 vector, esr;
} end;

static long checked(long result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static void memory(unsigned int slot, u64 at, void *where, u64 size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = at,
		.memory_size = size,
		.userspace_addr = (uintptr_t)where,
	};

	checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void set_register(u64 id, u64 value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	checked(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

static char *new_page(char *at)
{
	char *p = page_map(PAGE_ANON, at);

	*(volatile u64 *)p = 1;
	checked(mlock(p, PAGE), "mlock");
	return p;
}

static void create(void)
{
	int fd = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	struct kvm_vcpu_init init;

	vm = checked(ioctl(fd, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	low = mmap(NULL, LOW_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED, -1, 0);
	memcpy(low + CODE_AT, guest_code, guest_code_end - guest_code);
	memcpy(low + VECTORS_AT, guest_vectors, guest_vectors_end - guest_vectors);
	__builtin___clear_cache(low, low + LOW_SIZE);
	checked(mlock(low, LOW_SIZE), "mlock");
	counter = (volatile u64 *)(low + COUNTER_AT);
	page = new_page(NULL);
	memory(0, CODE_AT, low, LOW_SIZE);
	memory(1, PAGE_AT, page, PAGE);

	vcpu = checked(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	kvm = mmap(NULL, checked(ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE"),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (kvm == MAP_FAILED)
		die("vcpu");
	checked(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	checked(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	set_register(REG_VBAR_EL1, VECTORS_AT);
	set_register(REG_CORE(regs.pc), CODE_AT);
	set_register(REG_CORE(regs.pstate), PSTATE_EL1H);
}

static void on_tick(int signal)
{
	(void)signal;
}

static void start_ticks(void)
{
	struct sigaction action = { .sa_handler = on_tick };
	struct itimerval interval = { { 0, TICK_US }, { 0, TICK_US } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
}

/* Until the next tick; false: something else has ended it. */
static bool run(void)
{
	int result = ioctl(vcpu, KVM_RUN, 0);

	end.error = result < 0 ? errno : 0;
	end.exit = kvm->exit_reason;
	if (!result && kvm->exit_reason == KVM_EXIT_MMIO) {
		end.vector = (kvm->mmio.phys_addr - TOLD_AT) / 8;
		memcpy(&end.esr, kvm->mmio.data, sizeof(end.esr));
	}
	return !seen.signals && result < 0 && errno == EINTR;
}

static bool shoot(int n, int watch_ticks)
{
	u64 before;
	bool on = true;

	sigbus_forget();
	memset(&end, 0, sizeof(end));
	before = *counter;
	while (on && *counter == before)
		on = run();
	my_call->pa = physical(page);
	my_call->witness = physical(counter);
	my_call->va = PAGE_AT;
	my_call->ipa = PAGE_AT;
	call_send(CALL_RAISE);
	for (int i = 0; on && my_call->op != CALL_NONE && i < PATIENCE_TICKS; i++)
		on = run();
	if (my_call->op != CALL_NONE)
		call_send(CALL_CANCEL);
	for (int i = 0; on && i < watch_ticks; i++)
		on = run();
	printf("shot=%d raised=%lu hva=%p pa=%#lx signals=%d code=%d addr=%#lx lsb=%d own=%d right=%d "
	       "ran=%ld exit=%d errno=%d vector=%lu esr=%#lx on=%d\n",
	       n, my_call->result, page, (u64)my_call->pa, seen.signals, seen.code, seen.addr,
	       seen.lsb, seen.own_task, sigbus_right((uintptr_t)page),
	       seen.signals ? (long)(seen.witness - my_call->seen) : -1, end.exit, end.error,
	       end.vector, end.esr, on && *counter > my_call->seen);
	fflush(stdout);
	return on || seen.signals;
}

int main(int argc, char **argv)
{
	int shots = 1, watch_ms = 50;
	u64 recipe = 0, syndrome = ABORT;
	bool serror = false;
	const struct option options[] = { { 'r', .number = &recipe },	{ 's', .flag = &serror },
					  { 'e', .number = &syndrome }, { 'n', .count = &shots },
					  { 'w', .count = &watch_ms },	{} };

	options_read(argc, argv, options);
	bell_open();
	call_open();
	create();
	sigbus_handle(counter, NULL);
	my_call->recipe = recipe;
	my_call->serror = serror;
	my_call->syndrome = syndrome;
	my_call->into = INTO_GUEST;
	my_call->cpu = 0;
	my_call->gated = 0;
	my_call->times = 1;
	start_ticks();
	for (int n = 0; n < shots && shoot(n, watch_ms * 1000 / TICK_US); n++)
		page = new_page(page);
	call_close();
	return 0;
}
