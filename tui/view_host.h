/* The parts of the Host screen; for its files alone. Its rows and text are owned by struct hostview. */
#ifndef DROVER_TUI_VIEW_HOST_H
#define DROVER_TUI_VIEW_HOST_H

#include "tui/canvas.h"
#include "tui/host_source.h"
#include "tui/list.h"
#include "tui/text.h"
#include "tui/view.h"

#define HOST_WIDE 100 /* columns: list and detail stand side by side */
#define HOST_BARE 60  /* below: the list alone */

enum host_tab {
	HOST_UNITS,
	HOST_CONTAINERS,
	HOST_FACTS,
	HOST_DISKS, /* and networks */
	HOST_TIMERS,
	HOST_CHANGES,
	HOST_TABS
};

/* A row of the list. at: the place in the status's list, or among the changes. */
enum host_row_kind {
	ROW_HEAD,
	ROW_UNIT,
	ROW_CONTAINER,
	ROW_FACT,
	ROW_DISK,
	ROW_NET,
	ROW_TIMER,
	ROW_CHANGE
};

struct host_row {
	enum host_row_kind kind;
	const char *id; /* NULL: a heading */
	char *own;      /* what id points at, when it is the row's own */
	const char *text;
	size_t at;
};

#define HOST_FACT_ROWS 20

struct host_fact {
	const char *name;
	char text[160];
};

struct hostview {
	char *name;
	const struct scene_host *host; /* NULL when it left the inventory */
	enum host_tab tab;
	struct list list[HOST_TABS];
	struct host_row *rows; /* of the tab that is shown */
	size_t row_count, row_cap;
	struct host_fact facts[HOST_FACT_ROWS];
	size_t fact_count;
	const struct host_change *changes;
	size_t change_count;
	char strayed[128];
	char scope[STATUS_USER]; /* whose units: of_all, "" the system's, else a user's */
	bool of_one;
	bool zoom;    /* the detail has the whole screen */
	bool reading; /* a text has it */
	bool wide;    /* list and detail at the last paint */
	bool has_users;
	char title[128]; /* of the text */
	struct text text;
	struct host_known known; /* of what is under the cursor */
	bool has_thing;
};

/* view_host_rows.c */
void host_rows(const struct view *v, struct hostview *h);
void host_rows_free(struct hostview *h);
const char *host_row_id(const void *user, size_t i);
size_t host_tab_count(const struct hostview *h, enum host_tab t);
/* The next of: all, the system's, each user's who has units. */
void host_next_scope(struct hostview *h);

/* What is under the cursor; NULL: nothing of that kind. */
const struct host_row *host_row(const struct hostview *h);
const struct unit_status *host_unit(const struct hostview *h);
const struct container_status *host_container(const struct hostview *h);
/* The unit or container to look at closely, also behind a timer. False: there is none. */
bool host_thing(const struct view *v, struct host_thing *ret);

/* view_host_do.c: keys; all but the shell are about the unit or container under the cursor. */
void host_restart(struct view *v);
void host_start(struct view *v);
void host_stop(struct view *v);
void host_remove(struct view *v);
void host_logs(struct view *v);
void host_file(struct view *v);
void host_shell(struct view *v);
/* The command line that would do the same; NULL: none. Caller frees. */
char *host_equal_restart(const struct view *v);
char *host_equal_start(const struct view *v);
char *host_equal_stop(const struct view *v);
char *host_equal_logs(const struct view *v);

/* view_host_paint.c */
void host_paint(const struct view *v, struct canvas *c, int top, int bottom);

/* view_host_detail.c: rows [top, bottom), columns [left, left+width). */
struct host_box {
	int top, bottom, left, width;
};
void host_detail(const struct view *v, struct canvas *c, const struct host_box *box);
const char *host_detail_title(const struct hostview *h);

/* view_host_plots.c */
void host_strip(const struct view *v, struct canvas *c, int row); /* two rows */
void host_plots(const struct view *v, struct canvas *c, const struct host_box *box);

#endif
