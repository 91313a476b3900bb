/*
 * A screen: its actions, what it looks at, and how it is painted.
 *
 * A view is one file with one const struct view_class at its bottom. It looks at
 * a struct scene (borrowed, read only), keeps its own state, and paints on a
 * canvas; painting changes nothing. Views never call one another: they ask the
 * console through struct view_host.
 */
#ifndef DROVER_TUI_VIEW_H
#define DROVER_TUI_VIEW_H

#include "base/err.h"
#include "engine/progress.h"
#include "engine/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apps_source;
struct canvas;
struct environment;
struct fleet_source;
struct host_source;
struct plan_source;
struct run_source;
struct samples;
struct keymap;
struct logs_source;
struct outputs;
struct history_source;
struct key;
struct sieve;
struct terms;
struct text;
struct view;

enum link { LINK_NONE, LINK_CONNECTING, LINK_UP, LINK_DOWN };

/* One host as the screens see it. */
struct scene_host {
	const char *name, *group;
	bool pet, strayed, cordoned, marked;
	bool becomes; /* drover's own programs become root there */
	enum link link;
	struct err err;              /* why the link is down */
	int64_t age_ms;              /* since the status was true; -1: there is none */
	int64_t rtt_ms;              /* -1: not measured */
	int64_t period_ms;           /* how often it is asked; 0: nobody says */
	bool from_ledger;            /* what is shown was remembered, not asked */
	const struct status *status; /* never NULL; may be empty */
};

struct scene {
	const char *fleet;
	const struct environment *environment; /* may be NULL */
	const struct scene_host *hosts;
	size_t count, marked;
	const struct progress *run; /* the run in progress or the last one; NULL: none */
	const char *run_alias;
	bool run_live;
	int64_t wall_ms;
	bool writable; /* W: write mode is on */
	bool ascii;    /* no line drawing, no glyphs beyond ASCII */
	int jobs;
	const struct keymap *keymap; /* the keys as they are now; NULL: those of the tables */
};

/* What an action wants before it may run; the console refuses with the reason. */
#define NEEDS_ROW   1U
#define NEEDS_LINK  2U
#define NEEDS_WRITE 4U
#define NEEDS_RUN   8U
#define NEEDS_PLAN  16U /* one that waits for its answer */
#define NEEDS_ENDED 32U /* a run that is over */

struct action {
	const char *key;     /* "enter", "j|down" */
	const char *name;    /* "restart" */
	const char *summary; /* for help: "restart the unit under the cursor" */
	unsigned needs;
	bool hint; /* in the hint bar, in table order */
	void (*run)(struct view *v);
	const char *command; /* the batch command it equals, or NULL */
	/* The same for what is under the cursor, or marked; caller frees. NULL: command stands. */
	char *(*equal)(const struct view *v);
};

/* A line that a view wants typed. Enter with nothing typed is an answer only where empty is set. */
struct view_prompt {
	const char *title, *preset;
	bool empty;
	void (*changed)(struct view *v, const char *input); /* at each key; NULL: not asked */
	void (*yes)(struct view *v, const char *input);
	void (*no)(struct view *v); /* NULL: nothing is to be done */
};

/* A question that is answered by y, or by typing a text. */
struct view_confirm {
	const char *title, *text;
	const char *typed; /* NULL: y suffices */
	void (*yes)(struct view *v);
};

/* A command that goes to one host after another; the first that fails stops the rest. Borrowed for the call. */
struct view_rolling {
	const char *title, *what; /* what: the command as the question tells it */
	const char *const *hosts;
	size_t count;
	const char *command;
};

/* What the console does for a view; user is the console. What is asked for is answered to the view that
 * asked, while it is on the screen, or never. */
struct view_services {
	void *user;
	/* Another screen; subject is what that screen takes, or NULL. */
	void (*open)(void *user, const char *view, const char *subject);
	/* systemctl VERB UNIT on hosts, as one recorded run, after its confirmation. */
	void (*units)(
	    void *user, const char *verb, const char *const *hosts, size_t count, const char *unit);
	/* Terminals on a set, or on "HOST container NAME"; where there are no panes, one on one host. */
	void (*login)(void *user, const char *subject);
	/* A command on hosts, asked for first, as one recorded run. */
	void (*command)(void *user, const char *const *hosts, size_t count);
	/* The same on one host after another, after its confirmation. */
	void (*rolling)(void *user, const struct view_rolling *r);
	/* This command on hosts, which changes them: after its confirmation, as one recorded run. */
	void (*change)(void *user, const char *title, const char *const *hosts, size_t count,
	    const char *command);
	/* The same of what takes something away: the number of hosts is typed. */
	void (*remove)(void *user, const char *title, const char *const *hosts, size_t count,
	    const char *command);
	void (*stop_run)(void *user);
	void (*prompt)(void *user, const struct view_prompt *p);
	void (*confirm)(void *user, const struct view_confirm *c);
	void (*flash)(void *user, bool bad, const char *text);
	void (*mark)(void *user, size_t host, bool on);
	/* A text of its own screen, with scrolling, search and saving. */
	void (*show)(void *user, const char *title, const char *bytes, size_t len);
	/* A command line of drover's own ("drover history show r-7"), as a child, into such a screen; what
	 * changes hosts is asked for first. */
	void (*verb)(void *user, const char *line);
	void (*stop_output)(void *user, unsigned id); /* what grows there */
	/* Write a file of the user's, and say how it went. */
	void (*save)(void *user, const char *path, const char *bytes, size_t len);
	/* Into the terminal's clipboard, and say so. */
	void (*copy)(void *user, const char *text);
	void (*changed)(void *user); /* what a view looks at is another: refresh and paint soon */
	const struct plan_source *plan;
	const struct run_source *run;
	const struct apps_source *apps;
	const struct outputs *outputs;
	const struct fleet_source *fleet;
	/* A command of a shell with fd, which is taken, as its standard input, in the terminal; hold: Enter
	 * is asked for when it has ended. */
	void (*page)(void *user, const char *command, int fd, bool hold);
	/* What screens have from outside, each NULL where there is none. */
	const struct logs_source *logs;
	const struct host_source *host;
	const struct samples *samples;
	const struct history_source *history;
	struct terms *terms;
};

struct view_class {
	const char *name;             /* "fleet" */
	const char *title;            /* "Fleet" */
	char digit;                   /* '1'; 0 for none */
	const struct action *actions; /* ended by a NULL key */
	size_t state_size;
	void (*open)(struct view *v, const char *subject);
	void (*close)(struct view *v);
	/* Another screen is opened over it. May be NULL. */
	void (*cover)(struct view *v);
	/* The scene changed: make the rows anew. */
	void (*refresh)(struct view *v);
	void (*paint)(
	    const struct view *v, struct canvas *c, int top, int bottom); /* rows [top, bottom) */
	/* A key that is in no table; true when it was used. */
	bool (*key)(struct view *v, const char *key);
	/* Any key, the mouse and pastes before all others look at it; true when it was used. May be NULL. */
	bool (*typed)(struct view *v, const struct key *k);
	/* The text right of the tabs: "sort HEALTH", "< db1 >". */
	void (*status)(const struct view *v, char *to, size_t size);
	/* Why the needs of an action are not met on the row under the cursor; NULL: they are. */
	const char *(*lacks)(const struct view *v, unsigned needs);
	/* For sieve_ask(): the filter over the list; the text that is read in its place, or NULL. */
	struct sieve *(*sieve)(struct view *v);
	struct text *(*reads)(struct view *v);
	/* What can be copied of the thing under the cursor: put("name", "web1") for each; "host" names the
	 * host it is on. May be NULL. */
	void (*things)(const struct view *v,
	    void (*put)(void *user, const char *what, const char *text), void *user);
	/* The hosts that an action would be about: the marked ones, else that of the row under the cursor.
	 * Writes at most max names, borrowed; returns how many. May be NULL. */
	size_t (*hosts)(const struct view *v, const char **to, size_t max);
	/* Sets in[host] for the hosts it shows: they are asked often. NULL: it shows none. */
	void (*sight)(const struct view *v, bool *in);
};

struct view {
	const struct view_class *class;
	void *state;
	const struct scene *scene;
	const struct view_services *services;
	int height;    /* rows given at the last paint */
	int width;     /* and columns */
	char *subject; /* what it was opened with; NULL: nothing. The console's */
};

extern const struct view_class view_apps, view_fleet, view_host, view_logs, view_plan, view_run,
    view_terms, view_text, view_activity, view_history, view_record;

#endif
