/*
 * What the Host screen asks for: probes over the sessions, and what the ledger has of a host.
 *
 * Owned by the console; borrows it. At most two probes are out at a time; one whose answer nobody
 * waits for any more is forgotten.
 */
#ifndef DROVER_TUI_FEED_HOST_H
#define DROVER_TUI_FEED_HOST_H

struct console;
struct host_feed;
struct host_source;

struct host_feed *feed_host_new(struct console *c);
void feed_host_free(struct host_feed *f);
const struct host_source *feed_host_source(const struct host_feed *f);

#endif
