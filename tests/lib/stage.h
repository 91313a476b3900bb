/*
 * A stage for golden screens: a fleet made by hand, one view on it, painted at the three sizes and
 * compared as text.
 *
 * GENERATE=1 rewrites tests/screens; look at the difference before it is kept.
 */
#ifndef DROVER_TESTS_LIB_STAGE_H
#define DROVER_TESTS_LIB_STAGE_H

#include "inventory/inventory.h"
#include "tui/fleet_source.h"
#include "tui/keymap.h"
#include "tui/overlay.h"
#include "tui/view.h"

#define STAGE_HOSTS 9

/* db1 (a failed unit), nas (from the ledger), lab-pi (down) are pets; web1, web2, web3, web10, web4 (strayed)
 * and one with a wide name are cattle. */
struct stage {
	struct environment environment;
	struct scene_host hosts[STAGE_HOSTS];
	struct status status[STAGE_HOSTS];
	struct scene scene;
	struct progress run;
	struct keymap *keymap;
	struct view view;
	struct view_services services;
	struct fleet_source fleet;
	char flash[256];             /* what the view said last */
	char opened[256];            /* the screen it asked for last: "host web1" */
	char rolling[8192];          /* the command that was to go to one host after another */
	struct view_prompt prompt;   /* what it asked last */
	struct view_confirm confirm; /* its texts are kept here: */
	char asked_title[256], asked_text[4096], asked_typed[256];
};

/* The table of all screens' keys, as far as tests need one. */
extern const struct action stage_global[];
extern const struct view_class *const stage_tabs[];

void stage_up(struct stage *s);
void stage_down(struct stage *s);
void stage_open(struct stage *s, const struct view_class *class, const char *subject);
/* A key, as the console gives it to a view: its table first, then the view itself. False: it is no key
 * of the view's. */
bool stage_key(struct stage *s, const char *key);
/* The screen at 100x30, 80x24 and 60x15 against tests/screens/NAME-*.screen; o may be NULL. */
void stage_check(struct stage *s, const char *name, const struct overlay *o);
/* NAME-COLSxROWS.screen against this text; GENERATE=1 writes it. */
void stage_compare(const char *name, int rows, int cols, const char *got);
/* The view at the size of the canvas; o may be NULL. */
void stage_paint(struct stage *s, const struct overlay *o, struct canvas *c);
/* The view painted at this size, as text; caller frees. */
char *stage_text(struct stage *s, int rows, int cols);

#endif
