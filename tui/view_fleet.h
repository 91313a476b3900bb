/*
 * The parts of the Fleet screen; shared by its files alone: view_fleet and view_fleet_*.
 *
 * Rows are made anew at each refresh from the scene; what lasts is what the person chose (sort, filter,
 * what is unfolded) and where things stood. Hosts are places in the scene.
 */
#ifndef DROVER_TUI_VIEW_FLEET_H
#define DROVER_TUI_VIEW_FLEET_H

#include "base/uuid.h"
#include "tui/glance.h"
#include "tui/list.h"
#include "tui/match.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fleet_column {
	FLEET_HEALTH, /* the glyph */
	FLEET_HOST,
	FLEET_GROUP,
	FLEET_OS,
	FLEET_UNITS,
	FLEET_CTRS,
	FLEET_CPU,
	FLEET_MEM,
	FLEET_DISK,
	FLEET_RTT,
	FLEET_AGE,
	FLEET_NOTE,
	FLEET_SPARK,
	FLEET_COLUMNS
};

/* Least and most of a row's hosts; -1: not known. */
struct fleet_span {
	int64_t least, most;
};

struct fleet_row {
	char *text; /* owned: a heading, or the folded names; NULL: the host's own name */
	char *id;   /* owned; NULL: the host's name */
	bool heading, member, open;
	size_t host;         /* the first of its hosts */
	size_t first, count; /* its hosts: fleet.member[first...] */
	size_t norm;         /* a host that is what most of the group are */
	enum glance glance;
	struct fleet_span cpu, mem, disk, rtt, age;
	size_t failed, running, containers, marked;
	size_t rank; /* where it stood when rows were last sorted */
};

/* What is known of a host while rows are made. */
struct fleet_host {
	uint64_t key;    /* equal hosts have equal ones */
	uint64_t images; /* of its containers, whatever their order */
	size_t class;    /* its number among the equal */
	size_t norm, rank, row;
	enum glance glance;
	bool shown, open;
};

struct fleet {
	struct list list;
	struct fleet_row *rows;
	size_t count, cap;
	struct fleet_host *hosts; /* as many as the scene has */
	size_t *member;           /* the hosts of rows, row by row */
	size_t members, known;
	const struct scene_host *names; /* the scene's, for ids */
	bool unfolded, faults, inverse;
	enum fleet_column sort;
	bool resort, touched; /* what was chosen is another; a key was pressed */
	int64_t sorted_ms, key_ms;
	char filter[256], kept[256]; /* as typed; what it was when the line was opened */
	struct match match;
	bool ranging;
	char anchor[256]; /* the row where the range begins */
	char last_run[96];
	size_t last_run_of; /* a host and one; 0: nobody's */
	bool last_run_live;
	char last_run_after[UUID_TEXT]; /* this console's run when it was read */
};

/* view_fleet_rows.c */
void fleet_rows_make(struct view *v);
void fleet_rows_free(struct fleet *f);
const char *fleet_row_id(const void *user, size_t i); /* NULL: cannot be stood on */
const char *fleet_row_name(const struct view *v, const struct fleet_row *r);
const struct fleet_row *fleet_current(const struct view *v); /* NULL: none */
/* The rows of a range that is being chosen: from, to it; false: there is none. */
bool fleet_range(const struct fleet *f, size_t *ret_from, size_t *ret_to);

/* view_fleet_paint.c */
void fleet_paint(const struct view *v, struct canvas *c, int top, int bottom);
int fleet_height(const struct view *v); /* rows of the list */
const char *fleet_column_title(enum fleet_column column);
void fleet_note(const struct view *v, const struct fleet_row *r, char *to, size_t size);

/* view_fleet_pick.c */
extern const struct action fleet_actions[];
/* What a key acts on: the marked hosts, else the row under the cursor. Caller frees the list alone. */
const char **fleet_targets(const struct view *v, size_t *ret_count);
bool fleet_key(struct view *v, const char *key);
void fleet_filter(struct fleet *f, const char *typed);

#endif
