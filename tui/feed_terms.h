/*
 * Joins the terminals of the console to hosts: their sessions, the loop, and the ledger, where those that were
 * opened together are one run.
 *
 * Owns the terminals; they end with it.
 */
#ifndef DROVER_TUI_FEED_TERMS_H
#define DROVER_TUI_FEED_TERMS_H

struct console;
struct feed_terms;
struct terms;
struct terms_rules;

/* The rules are taken. */
struct feed_terms *feed_terms_new(struct console *c, struct terms_rules *rules);
void feed_terms_free(struct feed_terms *f);

struct terms *feed_terms_of(struct feed_terms *f);

#endif
