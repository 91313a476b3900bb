/*
 * A line to its words as a shell's quotes mean them, by the rules of Python's shlex: 'a b', "a\"b",
 * a\ b; # begins a comment where the caller allows it. Pure.
 */
#ifndef DROVER_INVENTORY_WORDS_H
#define DROVER_INVENTORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct word {
	char *text;
	size_t at; /* the byte of the line where it begins */
};

struct words {
	struct word *word;
	size_t count, cap;
};

#define autowords __attribute__((cleanup(words_fini))) struct words

/* NULL, or what is wrong with the line. */
const char *words_split(const char *line, bool comments, struct words *ret);
void words_fini(struct words *w);

#endif
