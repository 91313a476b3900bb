/* What joins the Run screen to the runs that the console starts. */
#ifndef DROVER_TUI_FEED_RUN_H
#define DROVER_TUI_FEED_RUN_H

struct console;
struct run_feed;
struct run_source;

struct run_feed *run_feed_new(struct console *c);
void run_feed_free(struct run_feed *f); /* after the views */
const struct run_source *run_feed_source(const struct run_feed *f);

#endif
