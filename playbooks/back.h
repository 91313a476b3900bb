/*
 * What an earlier act did to a host, as the host keeps it.
 *
 * Pure: the command that asks for it, and the reply as plain values in the arena
 * given. All that a host says is taken as data and checked; what does not fit is
 * left out, and then cannot be taken back.
 */
#ifndef DROVER_PLAYBOOKS_BACK_H
#define DROVER_PLAYBOOKS_BACK_H

#include "playbooks/observation.h"
#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct back_reading;
struct err;

/* One line of the lists of files: what the act put at a path, and what stood there. */
struct back_place {
	unsigned mode; /* RESOURCE_KEEP: it was left as it was, as owner and group "-" */
	const char *owner, *group, *digest, *path;
	char kind;                   /* as in carry.sh */
	const struct stat_line *was; /* NULL: nothing stood there */
	/* what is kept of that */
	char kept;          /* 'f', 'l', 'd', or '-': nothing */
	char kept_sum[65];  /* f, and of a whole tree, as look_dir tells it; empty: not known */
	const char *target; /* l */
	const char *content;
	size_t content_len; /* of content, where it may be shown */
};

struct back_unit {
	const char *name;
	const struct unit_block *before, *after; /* NULL: not known */
};

/* One numbered step of the act. */
struct back_step {
	size_t number;
	enum resource_kind kind;
	bool is_then; /* it followed the tasks */
	bool secret, restart, reload, special, started, changed;
	bool untouched; /* its file was not yet looked at when the act ended */
	size_t then;    /* the number of the step that followed from it; 0: none */
	const char *class, *app, *id, *title;
	const struct back_place *place; /* NULL: none */
	const struct back_unit *unit;   /* NULL: none */
	const struct drain *drain;      /* of its unit, as this act had it; NULL: nothing */
	const struct health *health;    /* of its unit, as the act before had it; NULL: not known */
	/* words, ended by NULL; NULL: none. args of a command begin with its directory */
	const char *const *args, *const *back, *const *undo, *const *look;
	const char *left; /* what look_KIND said after it */
};

struct back {
	bool absent;                        /* the host keeps no record of it (any more) */
	bool running, ended;                /* ended: it says itself how */
	const char *refused;                /* why nothing can be told; NULL */
	const char *playbook;               /* of the act; never NULL when it is not absent */
	const struct journal_line *journal; /* its line; NULL: the host's journal has none */
	const struct journal_line *undone;  /* the act that took it back, and stands; NULL: none */
	const struct back_step *step;
	size_t count;
	const struct manifest_line *manifest, *manifest_old; /* what it wrote; what was there */
	size_t manifest_count, manifest_old_count;
	const char *const *dirs; /* made by it, ended by NULL; never NULL */
	bool told;               /* it kept what an undo needs */
};

/* The command that answers it; caller frees. */
char *back_command(const char *nonce, const char *uuid);

struct back_reading *back_new(struct arena *a, const char *nonce, const char *uuid);
void back_feed(struct back_reading *r, const void *p, size_t n);
/* The reply ended, r is freed. NULL and kind FAILED when it was not whole. */
struct back *back_end(struct back_reading *r, struct err *err);
void back_free(struct back_reading *r);

#endif
