/*
 * The directory that a prompt remembers: the words of each cd, as they were typed.
 *
 * A plain value that owns copies. It is no path that a host told: every command begins
 * with the same words that the user typed, and each host's shell makes of them what it
 * makes of them there.
 */
#ifndef DROVER_CLI_PROMPT_PLACE_H
#define DROVER_CLI_PROMPT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define PROMPT_STEPS 32 /* one cd behind the other */

struct prompt_place {
	char *step[PROMPT_STEPS];
	size_t count;
};

void prompt_place_fini(struct prompt_place *p);

/* Where cd WORD leads from there, in *ret (not initialised before). False: too many steps that each begin
 * where the last one ended. cd - is for whoever keeps the last place. */
bool prompt_place_go(const struct prompt_place *from, const char *word, struct prompt_place *ret);
void prompt_place_copy(const struct prompt_place *from, struct prompt_place *ret);

/* Append "cd /srv >/dev/null && cd app >/dev/null || exit 1; ": any login shell reads it. Nothing for home. */
void prompt_place_before(const struct prompt_place *p, struct buf *to);

/* Append it as it is shown: "/srv/app"; nothing for home. */
void prompt_place_show(const struct prompt_place *p, struct buf *to);

#endif
