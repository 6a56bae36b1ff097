# SPDX-License-Identifier: GPL-2.0-only
# Every target installs or downloads what it needs; see scripts/fetch.

# Kernel that all, install and dkms build for.
KDIR ?= /lib/modules/$(shell uname -r)/build
# Further arguments for pytest, as in: make test T='-k sdei'
T ?=
# Records of make soak.
SOAK ?= 1000000

# Kernels of make test-debug: those that make debug-kernels has built.
DEBUG ?= $(foreach name,$(shell awk '$$2 == "debug" { print $$1 }' tests/kernels/built.list),$(patsubst \
	build/cache/kernel/%/release,%,$(wildcard build/cache/kernel/*-$(name)/release)))

# Seconds that make fuzz gives each target.
SECONDS ?= 60

.PHONY: fuzz prove mutants debug-kernels test-debug vendor-kernels
.PHONY: help all install demo test check soak bench matrix deb rpm test-packages clean

help:
	@echo 'make demo      show errors of an emulated arm64 server reach their users on a stock kernel'
	@echo 'make test      run the tests on the host and on emulated machines'
	@echo "               (make test T='-k sdei': those whose name contains sdei)"
	@echo 'make soak      a million records by NMI on two CPUs, none lost (SOAK=N: as many)'
	@echo 'make bench     compare with the kernel'"'"'s own driver on every kernel: build/bench'
	@echo 'make fuzz      fuzz what reads firmware, a minute per target (SECONDS=N: as long)'
	@echo 'make prove     prove that the walk over a record ends and stays in it'
	@echo 'make mutants   change one token at a time in what carries records; a test fails of each: half an hour'
	@echo 'make debug-kernels'
	@echo '               build kernels that find what is wrong with memory, locks and races: hours'
	@echo 'make test-debug'
	@echo "               run the cases on them (DEBUG='arm64-6.12-kasan': on these)"
	@echo 'make check     check the sources without running them'
	@echo 'make matrix    build for every supported kernel and run the core cases there'
	@echo '               (make matrix VENDOR=1: kernels as other distributions configure them; hours)'
	@echo 'make vendor-kernels'
	@echo '               build those kernels: a quarter of an hour each'
	@echo 'make deb       build the Debian packages into build/deb'
	@echo 'make rpm       build the RPM packages into build/rpm (RELEASE=... KDIR=...: modules for one kernel)'
	@echo 'make test-packages'
	@echo '               test them on a clean Debian machine, long forms included'
	@echo '               (T=--timed: also how long a new user waits for the first error)'
	@echo 'make all       build ghes_nmi.ko for the running kernel (or KDIR=...)'
	@echo 'make install   install it below /lib/modules'
	@echo 'make clean     remove what was built, keep what was downloaded'

demo:
	scripts/fetch tools build vm
	scripts/demo

test:
	scripts/test $(T)

check:
	scripts/check

fuzz:
	scripts/fuzz --seconds $(SECONDS)

prove:
	scripts/prove

mutants:
	scripts/fetch tools build test
	scripts/mutants

debug-kernels:
	scripts/kernel-build --kind debug

vendor-kernels:
	scripts/kernel-build --kind vendor

test-debug:
	@[ -n "$(strip $(DEBUG))" ] || { echo 'no such kernel here: run make debug-kernels' >&2; exit 1; }
	scripts/test $(foreach kernel,$(DEBUG),--on $(kernel)) vm $(T)

soak:
	scripts/test -k test_soak --soak $(SOAK) --timeout 7200

matrix:
	scripts/fetch tools build vm test x86
	scripts/matrix --write $(if $(VENDOR),--vendor) $(T)

deb:
	scripts/deb

rpm:
	scripts/rpm $(if $(RELEASE),--kmod $(RELEASE) $(KDIR))

test-packages:
	scripts/fetch tools build vm test x86 packages
	cd tests && /usr/bin/python3 -m pytest -n 0 --full packages $(T)

bench:
	scripts/fetch tools build vm x86 bench
	scripts/ghes-ab --all --jobs 3 --out build/bench --readme docs/benchmark.md

KBUILD_ARGS = -C $(KDIR) M=$(CURDIR) KCFLAGS=-ffile-prefix-map=$(CURDIR)=.

$(KDIR)/Makefile:
	@echo 'No kernel headers in $(KDIR).' >&2
	@echo 'Install linux-headers-$(shell uname -r), or name a build directory: make $(MAKECMDGOALS) KDIR=...' >&2
	@false

all: $(KDIR)/Makefile
	$(MAKE) $(KBUILD_ARGS) modules

install: all
	$(MAKE) $(KBUILD_ARGS) modules_install
	depmod -a $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $$(cat $(KDIR)/include/config/kernel.release)

# Objects beside the sources come from "make all".
clean:
	find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || true
	find . -path ./build -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name Module.symvers -o -name modules.order \) -exec rm {} +
