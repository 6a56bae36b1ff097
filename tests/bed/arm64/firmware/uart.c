// SPDX-License-Identifier: GPL-2.0-only
/* The secure PL011: the log goes out; every byte that comes in is a doorbell of the host. */
#include <stdarg.h>
#include "fw.h"

#define DR		(SECURE_UART + 0x000)
#define FR		(SECURE_UART + 0x018)
#define LCRH		(SECURE_UART + 0x02c)
#define CR		(SECURE_UART + 0x030)
#define IMSC		(SECURE_UART + 0x038)
#define ICR		(SECURE_UART + 0x044)

#define FR_RXFE		(1 << 4)
#define FR_TXFF		(1 << 5)
#define LCRH_FIFO_8BIT	0x70
#define CR_ENABLE_TX_RX 0x301
#define INT_RX		(1 << 4)
#define INT_RX_TIMEOUT	(1 << 6)

void uart_init(void)
{
	write32(LCRH, LCRH_FIFO_8BIT);
	write32(CR, CR_ENABLE_TX_RX);
	write32(IMSC, INT_RX | INT_RX_TIMEOUT);
}

/*
 * Empties the FIFO. The interrupt is cleared first: QEMU raises it when the FIFO
 * goes from empty to one byte and only then, so clearing it last would lose the
 * byte that came in between, and with it every later one.
 */
void uart_doorbell(void)
{
	write32(ICR, INT_RX | INT_RX_TIMEOUT);
	for (int i = 0; i < 100000 && !(read32(FR) & FR_RXFE); i++)
		read32(DR);
}

static void put(char c)
{
	for (int i = 0; i < 10000 && (read32(FR) & FR_TXFF); i++)
		;
	write32(DR, (u32)c);
}

static void put_number(u64 value, u32 base)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

/* %s, %u (u64) and %x (u64) are all there is. */
void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(*f);
			continue;
		}
		switch (*++f) {
		case 's':
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
			break;
		case 'u':
			put_number(va_arg(args, u64), 10);
			break;
		case 'x':
			put_number(va_arg(args, u64), 16);
			break;
		}
	}
	va_end(args);
}
