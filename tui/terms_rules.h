/*
 * What is asked about before it is typed into several terminals at once.
 *
 * A value; owns its patterns. Read from terms.conf beside keys.conf, else as the table in the source has it.
 */
#ifndef DROVER_TUI_TERMS_RULES_H
#define DROVER_TUI_TERMS_RULES_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;
struct err;

struct terms_rules {
	struct terms_pattern {
		char *text;
		regex_t regex;
	} * patterns;
	size_t count, cap;
	int64_t idle_ms;    /* without a key for so long, typing to several ends; 0: never */
	int64_t stagger_ms; /* between two hosts that get a line that was asked about */
};

void terms_rules_init(struct terms_rules *r);
void terms_rules_fini(struct terms_rules *r);

/* The pattern that a line has; NULL: none. */
const char *terms_rules_match(const struct terms_rules *r, const char *line);

/* A file's text: lines "ask = REGEX" (one more), "ask = none" (those before it, and drover's own, are forgotten),
 * "idle = 10m", "stagger = 1s"; # comments. Mistakes go to d; what is right takes effect. */
void terms_rules_read(
    struct terms_rules *r, const char *file, const char *text, size_t len, struct diag *d);

/* The user's terms.conf, if there is one. -1: err is kind INPUT; d has what is to be printed. */
int terms_rules_load(struct terms_rules *r, struct diag *d, struct err *err);

#endif
