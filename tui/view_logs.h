/* The parts of the screen of logs; shared by its files alone: view_logs, view_logs_rows, view_logs_paint,
 * view_logs_ask, view_logs_save. */
#ifndef DROVER_TUI_VIEW_LOGS_H
#define DROVER_TUI_VIEW_LOGS_H

#include "base/err.h"
#include "tui/logbook.h"
#include "tui/logs_source.h"
#include "tui/view.h"

struct canvas;

/* A line as it is shown, or a run of equal ones. */
struct logs_row {
	struct logbook_place first, last;
	size_t source;
	int level;
	bool marked, hit;
	uint32_t count; /* lines it stands for */
	char *hosts;    /* the node set of a run; NULL: of one host */
	char *text;     /* as much of it as can be seen */
	size_t len;
};

struct logs_view {
	const struct logs_source *source;
	struct logs_feed *feed;
	struct logbook *book; /* the feed's */
	struct err err;       /* why there is no feed */
	/* what is followed */
	char *set, *name, *since, *until;
	char *user; /* whose unit it is; NULL: the system's */
	enum logs_what what;
	char range[16]; /* "live", "15m", "boot" ...; "" when it is typed */
	/* how it is shown */
	bool *hidden; /* a source's lines are not seen */
	size_t sources;
	bool follow, wrap, times, hosts, fold;
	int left, level, context;
	char filter[256], search[256];
	bool not_found;
	/* where the reader is */
	struct logbook_place top, cursor, opened;
	struct logbook_place apart_from, apart_to; /* a run that was taken apart */
	bool at_line;                              /* the cursor stands on a line */
	uint64_t known;                            /* lines there were when following stopped */
	char command[256]; /* what the lines go to when they are all written */
	bool hold_command;
	int seek;   /* a search goes on: 1 on, -1 back; 0: none */
	bool later; /* rows were not all looked for in the time there was */
	struct logs_row *rows;
	size_t row_count, row_cap, cursor_row;
};

/* view_logs_rows.c: from the book to rows. */
void logs_rows_make(struct logs_view *l, int height);
void logs_rows_clear(struct logs_view *l);
/* Move the cursor by so many rows; true when it moved. */
bool logs_rows_move(struct logs_view *l, long by);
void logs_rows_first(struct logs_view *l);
void logs_rows_last(struct logs_view *l);
/* Go on with a search: to the next line that has it. */
void logs_rows_seek(struct logs_view *l);

/* view_logs_paint.c */
void logs_paint(const struct view *v, struct canvas *c, int top, int bottom);
void logs_status(const struct view *v, char *to, size_t size);

/* view_logs_ask.c: what is typed. */
void logs_start(struct view *v);
void logs_ask_search(struct view *v);
void logs_ask_filter(struct view *v);
void logs_ask_context(struct view *v);
void logs_ask_range(struct view *v);
void logs_ask_sources(struct view *v);
void logs_ask_save(struct view *v);
void logs_ask_pipe(struct view *v);
void logs_page(struct view *v);
void logs_take_subject(struct view *v, const char *subject);
void logs_refilter(struct view *v);

#endif
