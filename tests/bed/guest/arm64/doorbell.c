// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell SOURCE...: opens the gates of error sources of the arm64 platform, from user space.
 *
 * A record posted with gated=True is published and notified at the very instruction that rings;
 * the interrupted context is this program's, every time.
 */
#include "bell.h"

int main(int argc, char **argv)
{
	bell_open();
	for (int i = 1; i < argc; i++) {
		u64 gate = 1 + strtoul(argv[i], NULL, 0);

		control->guest = gate;
		if (bell_ring(&control->guest, gate)) {
			fprintf(stderr, "doorbell: firmware does not answer\n");
			return 1;
		}
	}
	return 0;
}
