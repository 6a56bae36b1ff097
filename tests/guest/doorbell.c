// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell SOURCE...: opens the gates of error sources of the arm64 platform, from user space.
 *
 * A record posted with gated=True is published and notified at the very instruction that rings;
 * the interrupted context is this program's, every time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t u64;
#include "../platform/arm64/firmware/layout.h"

#define RTC_AT	 0x09010000
#define RTC_DR	 0x00
#define RTC_MR	 0x04
#define RTC_IMSC 0x10
#define PAGE	 4096
#define TRIES	 1000

static volatile void *map(int fd, off_t at)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);

	if (p == MAP_FAILED) {
		perror("doorbell: /dev/mem");
		exit(1);
	}
	return p;
}

/* The RTC interrupts when its match register equals its data register, which may tick meanwhile. */
static int ring(volatile struct control *control, volatile uint8_t *rtc, u64 source)
{
	control->guest = 1 + source;
	__sync_synchronize();
	for (int i = 0; i < TRIES; i++) {
		*(volatile uint32_t *)(rtc + RTC_IMSC) = 1;
		*(volatile uint32_t *)(rtc + RTC_MR) = *(volatile uint32_t *)(rtc + RTC_DR);
		for (int wait = 0; wait < TRIES; wait++)
			if (!control->guest)
				return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	volatile struct control *control = map(fd, CONTROL_AT);
	volatile uint8_t *rtc = map(fd, RTC_AT);

	if (control->magic != CONTROL_MAGIC) {
		fprintf(stderr, "doorbell: not the arm64 platform\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		if (ring(control, rtc, strtoul(argv[i], NULL, 0))) {
			fprintf(stderr, "doorbell: firmware does not answer\n");
			return 1;
		}
	return 0;
}
