/*
 * What is typed once and goes to many: who receives it, and what is asked before it does.
 *
 * Pure. Panes are told by what matters of them; nothing is sent here.
 */
#ifndef DROVER_TUI_BROADCAST_H
#define DROVER_TUI_BROADCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct terms_rules;

enum broadcast_mode {
	BROADCAST_OFF,    /* the pane that has the focus */
	BROADCAST_MARKED, /* those that were put in by hand */
	BROADCAST_ALL     /* all but those that were put out by hand; pets only when put in */
};

struct broadcast_pane {
	bool live, pet;
	bool in, out; /* by hand */
	bool held;    /* it differs, and what differs is not to be fed */
	bool focused, seen;
};

bool broadcast_takes(enum broadcast_mode mode, const struct broadcast_pane *p);

struct broadcast_count {
	size_t panes, live, takers;
	size_t unseen; /* takers that are not on the screen */
	size_t pets;   /* live ones that a mark by hand is wanted for */
};
void broadcast_tally(enum broadcast_mode mode, const struct broadcast_pane *panes, size_t count,
    struct broadcast_count *ret);

/* The line that is being typed, as far as it can be told from the keys. */
struct broadcast_line {
	char text[512];
	size_t len;
};
void broadcast_key(struct broadcast_line *l, const char *key, bool printable);

enum broadcast_ask {
	BROADCAST_FREE,
	BROADCAST_LINES,    /* more than one line goes to several */
	BROADCAST_CONTROLS, /* bytes that are no text */
	BROADCAST_DANGER    /* a line that has one of the patterns; ret_why has which */
};

/* Is a paste to be asked about before it goes to so many panes? */
enum broadcast_ask broadcast_judge_paste(
    const struct terms_rules *r, const char *text, size_t len, size_t takers, const char **ret_why);
/* And Enter behind this line? */
enum broadcast_ask broadcast_judge_line(
    const struct terms_rules *r, const char *line, size_t takers, const char **ret_why);

/* How many lines a paste has: CR, LF and CRLF end one, as terminals send them. */
size_t broadcast_lines(const char *text, size_t len);

/* The first lines of a paste, cleaned, and how much more there is; caller frees. */
char *broadcast_preview(const char *text, size_t len, size_t lines);

/* Nobody has typed to several for long enough. */
bool broadcast_is_idle(
    const struct terms_rules *r, enum broadcast_mode mode, int64_t typed_ms, int64_t now_ms);

/* Append text with %h (the host), %u (its user), %n (the number of the pane), %% (a percent). */
struct broadcast_who {
	const char *host, *user;
	unsigned number;
};
void broadcast_expand(const char *text, const struct broadcast_who *who, struct buf *to);

/* Whether it has %u. */
bool broadcast_names_user(const char *text);

#endif
