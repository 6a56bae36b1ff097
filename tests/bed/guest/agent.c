// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the test channel: runs commands for the host, PID 1 of the guest.
 *
 * Host and guest share a mailbox in a memory range that the guest's kernel keeps its hands off
 * (reserved by firmware). Nothing but this mailbox is used, so that commands and their output work
 * whatever state consoles, interrupts and devices of the machine are in.
 *
 * The command "@kmsg" is the agent's own: it gives the kernel's log, all levels, as /dev/kmsg has it. No
 * process is started for it, and neither "dmesg -c" nor a silenced console takes a line from it.
 *
 * The mailbox may be mapped as device memory: every access is naturally aligned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAILBOX_SIZE   0x100000
#define MAILBOX_MAGIC  0x41474e47
#define COMMAND_OFFSET 0x1000
#define COMMAND_MAX    0x1f000
#define RING_OFFSET    0x20000
#define RING_SIZE      (MAILBOX_SIZE - RING_OFFSET)

/* Also known to tests/bed/lib/agent.py. Words are little-endian, as both machines are. */
struct mailbox {
	uint32_t magic;		 /* guest: listening */
	uint32_t command_length; /* host */
	uint32_t command_seq;	 /* host: one more when a command is there */
	uint32_t done_seq;	 /* guest: command_seq when it has ended */
	uint32_t status;	 /* guest: exit status as in $? */
	uint32_t reserved;
	uint64_t produced; /* guest: bytes of output written to the ring */
	uint64_t consumed; /* host: bytes of output taken from it */
};

static volatile struct mailbox *mailbox;
static char command[COMMAND_MAX + 1];

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

static void copy_to_ring(uint64_t at, const char *from, size_t n)
{
	volatile char *ring = (volatile char *)mailbox + RING_OFFSET + at;

	while (n >= 8 || (n && (uintptr_t)ring % 8)) {
		if ((uintptr_t)ring % 8) {
			*ring++ = *from++;
			n--;
			continue;
		}
		uint64_t word;

		memcpy(&word, from, sizeof(word));
		*(volatile uint64_t *)ring = word;
		ring += 8;
		from += 8;
		n -= 8;
	}
	while (n--)
		*ring++ = *from++;
}

/* Waits for the host when the ring is full. */
static void emit(const char *from, size_t n)
{
	uint64_t produced = mailbox->produced;

	while (n) {
		uint64_t at = produced % RING_SIZE;
		uint64_t room = RING_SIZE - (produced - mailbox->consumed);
		size_t chunk = n;

		if (!room) {
			nap();
			continue;
		}
		if (chunk > room)
			chunk = room;
		if (chunk > RING_SIZE - at)
			chunk = RING_SIZE - at;
		copy_to_ring(at, from, chunk);
		from += chunk;
		n -= chunk;
		produced += chunk;
		/* The bytes are visible before the count that announces them. */
		__atomic_thread_fence(__ATOMIC_RELEASE);
		mailbox->produced = produced;
	}
}

static int start(const char *shell_command, pid_t *pid)
{
	int fds[2];

	if (pipe(fds))
		return -1;
	fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
	*pid = fork();
	if (*pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		setpgid(0, 0);
		dup2(null, 0);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execl("/bin/sh", "sh", "-c", shell_command, NULL);
		_exit(127);
	}
	close(fds[1]);
	if (*pid < 0) {
		close(fds[0]);
		return -1;
	}
	return fds[0];
}

/*
 * The command has ended when its shell has, even if something it left in the background still holds
 * the pipe: then what is in the pipe at that time is all.
 */
static int run(const char *shell_command)
{
	static char buffer[1 << 16];
	int status = 0, ended = 0;
	pid_t pid;
	int fd = start(shell_command, &pid);

	if (fd < 0)
		return 126;
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		int ready = poll(&poll_fd, 1, ended ? 0 : 1);
		ssize_t n = 0;

		if (ready > 0) {
			n = read(fd, buffer, sizeof(buffer));
			if (n > 0)
				emit(buffer, n);
		}
		if (n > 0)
			continue;
		if (ended)
			break;
		/* End of file: nobody can write any more, so waiting is all there is left. */
		ended = waitpid(pid, &status, ready > 0 ? 0 : WNOHANG) == pid;
	}
	close(fd);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int kernel_log(void)
{
	static char record[8192];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return 1;
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record));

		/* Overwritten before it was read: the next one there is. Its number tells. */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		emit(record, n);
	}
	close(fd);
	return 0;
}

static void *map(const char *address)
{
	off_t at = strtoull(address, NULL, 0);
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0) {
		perror("agent: /dev/mem");
		exit(1);
	}
	p = mmap(NULL, MAILBOX_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (p == MAP_FAILED) {
		perror("agent: mmap");
		exit(1);
	}
	close(fd);
	return p;
}

int main(int argc, char **argv)
{
	uint32_t seq;

	if (argc != 2) {
		fprintf(stderr, "usage: agent PHYSICAL-ADDRESS\n");
		return 2;
	}
	mailbox = map(argv[1]);
	seq = mailbox->command_seq;
	mailbox->magic = MAILBOX_MAGIC;

	for (;;) {
		uint32_t next = mailbox->command_seq;

		if (next == seq) {
			/* As PID 1 we inherit orphans. */
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			nap();
			continue;
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		uint32_t length = mailbox->command_length;

		if (length > COMMAND_MAX)
			length = COMMAND_MAX;
		for (uint32_t i = 0; i < length; i++)
			command[i] = ((volatile char *)mailbox)[COMMAND_OFFSET + i];
		command[length] = '\0';
		mailbox->status = strcmp(command, "@kmsg") ? run(command) : kernel_log();
		seq = next;
		/* Output and status are visible before the end is. */
		__atomic_thread_fence(__ATOMIC_RELEASE);
		mailbox->done_seq = seq;
	}
}
