/* What joins the Plan screen to the runs that the console starts. */
#ifndef DROVER_TUI_FEED_PLAN_H
#define DROVER_TUI_FEED_PLAN_H

struct console;
struct plan_feed;
struct plan_source;

struct plan_feed *plan_feed_new(struct console *c);
void plan_feed_free(struct plan_feed *f); /* after the views */
/* A run moved: a plan that became ready while nobody looks at it is told of. */
void plan_feed_told(struct plan_feed *f);
const struct plan_source *plan_feed_source(const struct plan_feed *f);

#endif
