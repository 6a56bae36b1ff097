// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's decoders call. Nothing is printed, but every byte that
 * printing would read is read, so that the address sanitizer sees it; a text is
 * read up to its NUL or its precision. Locks, DMI and the machine check code are
 * not here: they answer as a machine that has none.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHECKED __attribute__((__noinline__, __used__))

/* Reads @n bytes where the compiler cannot see that nobody wants them. */
static CHECKED void look(const void *at, size_t n)
{
	const volatile unsigned char *p = at;

	while (n--)
		(void)*p++;
}

/* One conversion of a format: takes its arguments and reads what they point to. */
static const char *convert(const char *f, va_list *args)
{
	int precision = -1, longs = 0;

	for (f++; *f && strchr("0123456789-+ #", *f); f++)
		;
	if (*f == '*') {
		(void)va_arg(*args, int);
		f++;
	}
	if (*f == '.') {
		precision = 0;
		for (f++; *f >= '0' && *f <= '9'; f++)
			precision = 10 * precision + *f - '0';
	}
	for (; *f == 'l' || *f == 'h' || *f == 'z'; f++)
		longs += *f != 'h';
	if (*f == 's') {
		const char *text = va_arg(*args, const char *);

		look(text, precision < 0 ? strlen(text) + 1 : strnlen(text, precision));
	} else if (*f == 'p') {
		const void *at = va_arg(*args, const void *);

		if (f[1] == 'U') /* a GUID, and the letter for its shape */
			look(at, 16);
		while ((f[1] >= 'a' && f[1] <= 'z') || (f[1] >= 'A' && f[1] <= 'Z'))
			f++;
	} else if (*f != '%') {
		if (longs)
			(void)va_arg(*args, long);
		else
			(void)va_arg(*args, int);
	}
	return f + 1;
}

int _printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format)
		format = *format == '%' ? convert(format, &args) : format + 1;
	va_end(args);
	return 0;
}

void print_hex_dump(const char *level, const char *prefix, int prefix_type, int row, int group,
		    const void *at, size_t n, bool ascii)
{
	(void)level, (void)prefix, (void)prefix_type, (void)row, (void)group, (void)ascii;
	look(at, n);
}

int scnprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return (size_t)n < size ? n : size ? (int)size - 1 : 0;
}

long sized_strscpy(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size);

	if (!size)
		return -7; /* -E2BIG */
	memcpy(to, from, n < size ? n : size - 1);
	to[n < size ? n : size - 1] = 0;
	return n < size ? (long)n : -7;
}

unsigned long _find_next_bit(const unsigned long *map, unsigned long bits, unsigned long from)
{
	for (; from < bits; from++)
		if (map[from / 64] >> from % 64 & 1)
			return from;
	return bits;
}

unsigned int _bcd2bin(unsigned char v)
{
	return (v & 15) + (v >> 4) * 10u;
}

int ___ratelimit(void *state, const char *function)
{
	(void)state, (void)function;
	return 1;
}

int64_t ktime_get_real_seconds(void)
{
	return 0;
}

/* Twice as long as firmware's own tables make them. */
void dmi_memdev_name(uint16_t handle, const char **bank, const char **device)
{
	static char name[129];

	memset(name, 'x', sizeof(name) - 1);
	if (handle & 1)
		*bank = *device = name;
}

int cper_severity_to_aer(int severity)
{
	return severity & 1;
}

/* As the machine check code takes registers: up to 15 of 8 bytes behind a header of 16. */
int arch_apei_report_x86_error(const void *context, uint64_t apic)
{
	uint16_t size;

	memcpy(&size, (const char *)context + 2, sizeof(size));
	look((const char *)context + 16, size / 8 > 15 ? 120 : size / 8 * 8);
	return apic & 1 ? -22 : 0;
}

void trace_seq_printf(void *seq, const char *format, ...)
{
	(void)seq, (void)format;
}

void trace_seq_putc(void *seq, unsigned char c)
{
	(void)seq, (void)c;
}

/* A copy that the kernel's headers have found to be longer than what it goes to. */
void __fortify_panic(uint8_t reason, size_t have, size_t want)
{
	fprintf(stderr, "not true: a copy of %zu bytes to or from %zu (%u)\n", want, have, reason);
	__builtin_trap();
}

/* Headers that see a sanitizer take it for the kernel's own, and call it so. */
void *__hwasan_memcpy(void *to, const void *from, size_t n)
{
	return n ? memcpy(to, from, n) :
		   to; /* of nothing, from nowhere: what has no length has no address */
}

void *__hwasan_memset(void *to, int value, size_t n)
{
	return memset(to, value, n);
}
