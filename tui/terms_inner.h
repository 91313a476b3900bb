/* What the files of the terminals share: terms, terms_send, terms_work, terms_compare. */
#ifndef DROVER_TUI_TERMS_INNER_H
#define DROVER_TUI_TERMS_INNER_H

struct terms;
struct terms_pane;

#define TERMS_FRAME_MS  33  /* a pane on the screen is brought up to date so often */
#define TERMS_HIDDEN_MS 250 /* another */
#define TERMS_FRAME_RAW ((size_t)256 * 1024) /* and with so much at most */
#define TERMS_SLICE     ((size_t)64 * 1024)  /* of all of them before the loop goes on */
#define TERMS_RAW_HIGH  ((size_t)256 * 1024) /* from here on a host waits */
#define TERMS_RAW_LOW   ((size_t)64 * 1024)
#define TERMS_LAG_MS    200   /* what was typed and waits longer is told of */
#define TERMS_QUIET_MS  300   /* nothing came for so long: screens may be compared */
#define TERMS_LATE_MS   2000  /* and now they are, whatever comes */
#define TERMS_TEXT_MOST 65536 /* of a screen that is compared */

/* All that came onto its screen. */
void terms_feed_all(struct terms_pane *p);

/* It is no part of what is sent slowly; NULL: nothing is sent slowly any more. */
void terms_slow_forget(struct terms *t, const struct terms_pane *p);
/* The next one, if it is time. */
void terms_slow_go(struct terms *t);

/* An Enter went to several: from here on their screens are compared. */
void terms_compare_from_here(struct terms *t);

#endif
