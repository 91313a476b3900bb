/* The members of a request in the making, shared by the parts of request. For playbooks/request*.c
 * alone. */
#ifndef DROVER_PLAYBOOKS_REQUEST_INNER_H
#define DROVER_PLAYBOOKS_REQUEST_INNER_H

#include "base/buf.h"
#include "base/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct follow_up;
struct plan_step;
struct request;
struct resource;

struct request_parts {
	const struct request *spec;
	struct buf *tar;
	struct buf needs, absent, places, steps, manifest, kept, drains;
	struct strmap contents; /* digests that are in the tar */
	size_t *number;         /* of each step of the plan; 0: the same */
	size_t changing, groups;
	bool systemd_files, started, drained;
	struct err *err;
};

/* What is done, in order, to p->steps and files.N: segments of steps, each begun by the files that stand
 * in it. Kind INPUT: something that cannot be sent. */
int request_add_steps(struct request_parts *p);

/* What an undo of this act will want to know: what each step is, units, words. */
int request_add_undo(struct request_parts *p);

/* The member DIRECTORY/N: words of a command, for each the number of its lines, then the lines. Either
 * list may be NULL. */
int request_add_words(struct request_parts *p, const char *directory, size_t n,
    const char *const *env, const char *const *argv);

/* The releases of apps that the host keeps when the act went well: release/APP/..., and which go. */
int request_add_releases(struct request_parts *p);

/* What the seat found of the places, on which the plan relies. */
int request_add_needs(struct request_parts *p);

/* Whether it makes what it is about, or changes it; else it was found there as it should be. */
bool request_puts(const struct plan_step *s);

/* A command or a script: the operation that runs it, its words, text and input. Kind INPUT: there is
 * none. */
int request_add_command(struct request_parts *p, const struct resource *r, size_t n);

/* The members that say what is run around a stop of the unit of step n, if it has that. */
int request_add_drain(struct request_parts *p, const struct resource *r, size_t n);
/* The operations that run it. The first drain of an act is none of its steps: it comes before all of them. */
void request_drain(struct request_parts *p, const struct resource *r, struct buf *to);
void request_undrain(const struct resource *r, struct buf *to);

/* The group of files of the steps from one to another: files.N, and the step that switches them. */
int request_add_files(struct request_parts *p, size_t from, size_t to);

/* What its unit is called in the operations; USER/UNIT is one of a user's own. NULL: it has none. */
const char *request_unit(const struct resource *r);

/* One word for the host's shell to split at blanks. */
bool request_is_word(const char *s);

/* Whether its unit, command or kind has a part beside files. */
bool request_step_acts(const struct plan_step *s);

#endif
