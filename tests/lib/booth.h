/*
 * Terminals on no hosts: a struct terms_link whose far ends are made by hand.
 *
 * Owns what was typed into each. web1, web2, web3, web10 and web4 are cattle, db1 a pet; other names are no hosts.
 * The inventory says transcripts: always of web8, and never of web9, of which it names no user.
 */
#ifndef DROVER_TESTS_LIB_BOOTH_H
#define DROVER_TESTS_LIB_BOOTH_H

#include "base/buf.h"
#include "tui/terms.h"

#define BOOTH_LINES 64

struct terms_line {
	struct booth *booth;
	struct terms_pane *pane;
	struct buf typed;
	struct buf kept;        /* of what it shows, while that is recorded */
	bool record, no_record; /* it is; it cannot be */
	char command[400];
	bool become, paused, closed, full, marked;
	size_t pending;
	int rows, cols;
};

struct booth {
	struct terms_link link;
	struct terms *terms;
	struct terms_line line[BOOTH_LINES];
	size_t count;
	int64_t now, wake; /* wake -1: nobody asked */
	char said[600];
};

void booth_up(struct booth *b);
void booth_down(struct booth *b);

/* The line that the pane of a host has now. */
struct terms_line *booth_line(struct booth *b, const char *host);
/* The host writes. */
void booth_write(struct booth *b, const char *host, const char *text);
/* Time goes by; what is due is done. */
void booth_pass(struct booth *b, int64_t ms);

#endif
