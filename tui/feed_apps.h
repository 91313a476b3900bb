/* What joins the Apps screen to the hosts, the known playbook and the ledger. */
#ifndef DROVER_TUI_FEED_APPS_H
#define DROVER_TUI_FEED_APPS_H

#include <stddef.h>

struct apps_feed;
struct apps_source;
struct console;

struct apps_feed *apps_feed_new(struct console *c);
void apps_feed_free(struct apps_feed *f); /* after the views */
const struct apps_source *apps_feed_source(const struct apps_feed *f);

/* A run ended: what it changed is looked at again, when somebody looks; so is the playbook's file. */
void apps_feed_stale(struct apps_feed *f);

#endif
