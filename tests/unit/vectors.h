/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in tests/vectors: stanzas of "name value" lines, bytes as hex or as "00*16". */
#ifndef VECTORS_H
#define VECTORS_H

#include "unit.h"

struct vector {
	char name[64], kind[64], verdict[512], odd[64];
	u8 *data;
	size_t size;
	struct vector *next;
};

static inline u8 *unhex(char *text, size_t *size)
{
	u8 *data = malloc(1);
	char *word;

	*size = 0;
	for (word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		char *star = strchr(word, '*');
		size_t n = star ? strtoul(star + 1, NULL, 10) : strlen(word) / 2, i;

		assert_true(star ? star == word + 2 : strlen(word) % 2 == 0);
		data = realloc(data, *size + n);
		assert_non_null(data);
		for (i = 0; i < n; i++) {
			unsigned int byte;

			assert_int_equal(sscanf(word + (star ? 0 : 2 * i), "%2x", &byte), 1);
			data[*size + i] = (u8)byte;
		}
		*size += n;
	}
	return data;
}

static inline void take(char *to, size_t room, const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) || line[n] != ' ')
		return;
	snprintf(to, room, "%s", line + n + 1);
	to[strcspn(to, "\n")] = 0;
}

/* The vectors of a file, the last one first; to be freed by vectors_free(). */
static inline struct vector *vectors_read(const char *path)
{
	struct vector *list = NULL, now = {};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	assert_non_null(file);
	while (getline(&line, &room, file) > 0) {
		take(now.name, sizeof(now.name), line, "name");
		take(now.kind, sizeof(now.kind), line, "kind");
		take(now.verdict, sizeof(now.verdict), line, "verdict");
		take(now.odd, sizeof(now.odd), line, "odd");
		if (!strncmp(line, "bytes", 5)) {
			struct vector *v = malloc(sizeof(*v));

			assert_non_null(v);
			*v = now;
			v->data = unhex(line + 5, &v->size);
			v->next = list;
			list = v;
			now = (struct vector){};
		}
	}
	free(line);
	fclose(file);
	return list;
}

static inline void vectors_free(struct vector *list)
{
	while (list) {
		struct vector *next = list->next;

		free(list->data);
		free(list);
		list = next;
	}
}

#endif
