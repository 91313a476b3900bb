/*
 * Where the screen of logs has its lines from.
 *
 * Plain values and functions; the console joins them to the hosts, a test to lines made by hand. A feed is what
 * one screen follows: it owns a book of lines, which grows by itself, and the sources that write it.
 */
#ifndef DROVER_TUI_LOGS_SOURCE_H
#define DROVER_TUI_LOGS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct logbook;
struct logs_feed;

enum logs_what { LOGS_ALL, LOGS_UNIT, LOGS_CONTAINER };

struct logs_query {
	const char *set; /* a node set; NULL: all hosts */
	enum logs_what what;
	const char *name;          /* of the unit or container; may be a pattern of units */
	const char *user;          /* whose unit it is, and no pattern; NULL: the system's */
	int64_t lines;             /* the last so many of each host; -1: all in the range */
	const char *since, *until; /* as journalctl reads them, or NULL */
	const char *boot;          /* "0", "-1": of that boot alone; NULL: of any */
};

enum logs_link { LOGS_WAITING, LOGS_LIVE, LOGS_LOST, LOGS_ENDED, LOGS_FAILED };

struct logs_host {
	const char *name;
	enum logs_link link;
	int64_t for_ms;  /* how long it has been that */
	const char *why; /* LOST, FAILED; else "" */
	uint64_t lines, cut;
};

struct logs_totals {
	uint64_t rate; /* lines of the last second */
	size_t live, hosts;
	uint64_t dropped;    /* lines that came and are not in the book */
	bool held;           /* nothing is read just now: there is no room */
	const char *trouble; /* why lines cannot go to a file or come back; "": they can */
};

/* The lines that are to be seen, as text in a file. */
struct logs_save_order {
	int fd; /* taken */
	bool times, hosts;
	bool clean; /* for eyes: what a terminal would obey is shown */
	/* Once, unless the feed is stopped before. err is NULL when all is written; the descriptor is the
	 * caller's again. */
	void (*done)(void *user, int fd, uint64_t lines, const struct err *err);
	void *user;
};

struct logs_source {
	void *user;
	/* NULL and err, kind USAGE, when the query is none. */
	struct logs_feed *(*start)(void *user, const struct logs_query *q, struct err *err);
	void (*stop)(struct logs_feed *f);
	struct logbook *(*book)(struct logs_feed *f);
	void (*host)(struct logs_feed *f, size_t i, struct logs_host *ret);
	void (*totals)(struct logs_feed *f, struct logs_totals *ret);
	/* The book's filter or search is another: look at its lines in slices, and say when more is known. */
	void (*work)(struct logs_feed *f);
	/* One at a time: -1, kind LOCKED, while another is at work; then the descriptor is not taken. */
	int (*save)(struct logs_feed *f, const struct logs_save_order *order, struct err *err);
};

#endif
