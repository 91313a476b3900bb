/*
 * A plan over many hosts as the screen shows it: each step once, its hosts folded by what would change.
 *
 * A document that owns copies of all it shows, so that it stays when the run that made it is over. After
 * it was made, only its state and what is left out of it change.
 */
#ifndef DROVER_TUI_PLANNED_H
#define DROVER_TUI_PLANNED_H

#include "base/strmap.h"
#include "playbooks/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLANNED_CONTEXT 3 /* lines around a change, as plans are made */

enum planned_state {
	PLANNED_LOOKING, /* the hosts are being looked at */
	PLANNED_WAITS,   /* it may be applied */
	PLANNED_APPLIED, /* it is, or was, carried out */
	PLANNED_LEFT,    /* nobody said yes: nothing was changed */
	PLANNED_NOTHING, /* nothing would change */
	PLANNED_STOPPED  /* it never came to be whole */
};

struct planned_host {
	char *name;
	bool pet, out; /* out: left out by hand */
	char *why;     /* it has no plan that could be carried out: why; NULL: it has */
};

/* The hosts on which a step would do the same. */
struct planned_part {
	enum plan_class class;
	char *why, *diff; /* with {{ host }} where they differ by its name alone; NULL: none */
	char *first;      /* the diff of the first host, as it is */
	char *key;        /* what hosts must share to be of it */
	bool secret, named;
	int added, removed; /* lines */
	char *path, *was,
	    *becomes; /* what the diff is of, for other contexts; NULL: it is too much */
	size_t was_len, becomes_len;
	size_t *host, count, cap;
};

struct planned_step {
	char *id, *title;
	char *stays;           /* why it cannot be left out by itself; NULL: it can */
	char *command;         /* what it runs, as far as that is known; NULL */
	enum plan_class class; /* the first that is not the same */
	bool follows, out;     /* follows: it is done because others are */
	size_t same, differing;
	struct planned_part *part;
	size_t parts, part_cap;
	struct strmap by_key;
	char *file; /* where it is written; NULL: nowhere */
	int line;
};

struct planned_note {
	char *text;
	size_t hosts;
};

struct planned {
	char *playbook, *rollout;
	const char
	    *needs; /* how logins that are not root's become it: "sudo"; NULL: all are root's */
	bool drift;
	enum planned_state state;
	int64_t made_ms; /* wall clock; 0: not yet */
	struct planned_host *host;
	size_t hosts, host_cap;
	struct planned_step *step;
	size_t steps, step_cap;
	struct planned_note *note;
	size_t notes, note_cap;
	size_t by_class[PLAN_CLASSES]; /* of all steps on all hosts */
	size_t kept;                   /* bytes of contents */
};

struct planned *planned_new(const char *playbook, bool drift);
void planned_free(struct planned *p);

/* One more host; plan is copied from, NULL: there is none. why: it will not be acted on; NULL. */
void planned_add(
    struct planned *p, const char *name, bool pet, const struct plan *plan, const char *why);

/* How many hosts would be changed, with what is left out; ret (room for all) gets them, or is NULL. */
size_t planned_changing(const struct planned *p, size_t *ret);

/* "web[1-3]" of a part; caller frees. */
char *planned_set(const struct planned *p, const struct planned_part *part);

/* The diff of a part with so many lines of context around each change; NULL when it has none. Caller frees. */
char *planned_diff(const struct planned *p, const struct planned_part *part, size_t context);

/* All of it as plain text; caller frees. */
char *planned_text(const struct planned *p);

#endif
