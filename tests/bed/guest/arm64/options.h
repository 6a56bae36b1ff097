/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's options: what it lists in a table that ends with a letter of 0. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One of the pointers says what the option takes, and where it goes. */
struct option {
	char letter;
	unsigned long *number;
	int *count;
	const char **word;
	bool *flag;
};

/* Ends the program with status 2 when it has another option than these. */
static inline void options_read(int argc, char **argv, const struct option *options)
{
	char letters[64], *end = letters;
	const struct option *o;
	int letter;

	for (o = options; o->letter; o++)
		end += sprintf(end, o->flag ? "%c" : "%c:", o->letter);
	while ((letter = getopt(argc, argv, letters)) != -1) {
		for (o = options; o->letter && o->letter != letter; o++)
			;
		if (o->flag)
			*o->flag = true;
		else if (o->number)
			*o->number = strtoul(optarg, NULL, 0);
		else if (o->count)
			*o->count = atoi(optarg);
		else if (o->word)
			*o->word = optarg;
		else
			exit(2);
	}
}

#endif
