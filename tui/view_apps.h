/* The state of the Apps screen; shared by its files alone: view_apps*.c. */
#ifndef DROVER_TUI_VIEW_APPS_H
#define DROVER_TUI_VIEW_APPS_H

#include "playbooks/roster.h"
#include "tui/list.h"
#include "tui/sieve.h"
#include "tui/text.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>

#define APPS_WIDE 90 /* columns, and */
#define APPS_TALL 18 /* rows, from which on the members stand below the tree */

/* Beside those of all screens. */
#define NEEDS_APP      (1U << 16)
#define NEEDS_PLAYBOOK (1U << 18)

enum apps_row_kind { APPS_PLAYBOOK, APPS_APP, APPS_HOST, APPS_INSTANCE, APPS_HEAD, APPS_FOREIGN };

struct apps_row {
	enum apps_row_kind kind;
	char *id;
	const char *name;                     /* the roster's */
	const struct roster_app *app;         /* APP, INSTANCE */
	const struct roster_instance *item;   /* INSTANCE */
	const struct roster_foreign *foreign; /* FOREIGN */
	enum roster_state state;              /* the worst below it */
	size_t want, have, unknown, members;
	bool folded, last;
};

/* Members of an app that are alike: one row. */
struct apps_group {
	size_t first, count; /* in the app; the others are those that are alike */
	char *id, *name;     /* its hosts, folded */
	char *odd;           /* in what it differs from most; NULL: it does not */
};

enum apps_tab { APPS_INSTANCES, APPS_RELEASES, APPS_DIFFERENCE, APPS_TABS };

struct appsview {
	const struct roster *roster;
	struct apps_row *row;
	size_t rows, cap;
	struct list list;
	char **folded; /* ids of rows that are */
	size_t folded_count, folded_cap;
	bool foreign, by_host, faults;
	bool placed; /* the cursor was put on the first app, or where somebody wanted it */
	struct sieve sieve;
	bool inside; /* the keys move in the pane below */
	bool each;   /* members one by one */
	enum apps_tab tab;
	struct apps_group *group;
	size_t groups, group_cap;
	struct list members;
	struct text text;
	char *shown; /* what the text is about */
};

/* view_apps_rows.c: the tree. */
void appsview_rows(struct appsview *a);
void appsview_free_rows(struct appsview *a);
const char *appsview_id(const void *user, size_t i);
const struct apps_row *appsview_at(const struct appsview *a); /* NULL: nothing is there */
bool appsview_is_folded(const struct appsview *a, const char *id);
void appsview_fold(struct appsview *a, const char *id);

/* view_apps_members.c: the members of the app under the cursor. */
void appsview_members(struct appsview *a);
void appsview_free_members(struct appsview *a);
const char *appsview_member_id(const void *user, size_t i);
const struct apps_group *appsview_member(const struct appsview *a);
/* The instances side by side, or what is known of a container; caller frees. */
char *appsview_difference(const struct appsview *a);
char *appsview_releases(const struct view *v, const struct roster_app *app);

/* view_apps_act.c: what is asked for of what is under the cursor. NULL: no single member is. */
const struct roster_instance *appsview_one(const struct appsview *a);
/* The hosts it is on, each once, borrowed; returns how many, at most max. */
size_t appsview_hosts(const struct appsview *a, const char **to, size_t max);
void appsview_do_logs(struct view *v);
void appsview_do_plan(struct view *v);
void appsview_do_restart(struct view *v);
char *appsview_equal_restart(const struct view *v);
char *appsview_equal_logs(const struct view *v);
char *appsview_equal_plan(const struct view *v);
char *appsview_equal_look(const struct view *v);
void appsview_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user);

/* view_apps_paint.c */
bool appsview_is_wide(const struct canvas *c, int top, int bottom);
void appsview_paint(const struct view *v, struct canvas *c, int top, int bottom);

#endif
