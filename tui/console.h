/* The parts of one running console; shared by its files alone: tui, keys, services, questions. */
#ifndef DROVER_TUI_CONSOLE_H
#define DROVER_TUI_CONSOLE_H

#include "tui/overlay.h"
#include "tui/terms_rules.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_VIEWS 8

struct apps_feed;
struct call;
struct canvas;
struct console_asked;
struct console_palette;
struct console_verb;
struct console_foreground;
struct fleet_source;
struct feed_history;
struct feed_terms;
struct herd;
struct keymap;
struct keymap_row;
struct host_feed;
struct launch;
struct linear;
struct plan_feed;
struct logs_source;
struct run_feed;
struct loop;
struct messages;
struct outputs;
struct poll;
struct question;
struct samples_feed;
struct term;

struct console {
	struct call *call;
	struct loop *loop;
	struct herd *herd;
	struct poll *poll;
	struct launch *launch;
	struct apps_feed *apps_feed;
	struct plan_feed *plan_feed;
	struct run_feed *run_feed;
	struct feed_history *history;
	struct term *term;
	struct linear *linear; /* NULL: the terminal is drawn on */
	struct canvas *canvas;
	struct scene scene;
	struct scene_host *hosts;
	struct view views[CONSOLE_VIEWS]; /* a stack; the last is on screen */
	int depth;
	const struct view_class *last; /* the screen before; NULL: none */
	char last_subject[256];
	struct view_services services;
	struct keymap *keymap;
	struct logs_source *logs;
	struct terms_rules rules; /* until the terminals take them */
	struct feed_terms *terms; /* NULL: there are none in lines */
	struct overlay overlay;
	const char *pressed; /* the key that is being carried out; never NULL there */
	struct messages *messages;
	char flash[512];
	bool flash_bad, dirty, stale, held;
	int64_t painted_ms;
	struct loop_timer *repaint, *tick;
	struct loop_io *input;
	struct console_foreground *foreground; /* another program has the terminal */
	struct fleet_source *fleet;
	struct host_feed *host_feed;
	struct samples_feed *samples;
	bool *sight;                 /* hosts on the screen, as many as there are */
	char playbook[512];          /* the last one named */
	struct console_asked *asked; /* what waits for its yes */
	struct console_palette *palette;
	struct outputs *outputs;
	struct console_verb *verbs;         /* children at work */
	char *verb_asked;                   /* waits for its yes */
	struct console_question *questions; /* the first is on the screen, or is next */
	uint32_t last_question;
	struct loop_timer *resize, *escape; /* a size, or bytes, that may be followed by more */
	bool readonly;                      /* for as long as it is open */
	bool urgent;                        /* a key waits to be seen */
	bool dragged;                       /* what selects was told */
	bool testing;                       /* DROVER_TEST: say when idle */
	unsigned long idles;
	int exit;
	bool leaving;
};

/* tui/screens.c */
struct view *console_view(struct console *c);
void console_open(struct console *c, const struct view_class *class, const char *subject);
void console_back(struct console *c);
void console_last(struct console *c);    /* the screen before, and from there back again */
void console_close(struct console *c);   /* all of them */
void console_compose(struct console *c); /* the screen as it is now, on the canvas */
void console_dirty(struct console *c);   /* repaint */
void console_tick(void *user);           /* the console: repaint each second, unless it is held */
void console_stale(struct console *c);   /* the scene changed: refresh, then repaint */
void console_declined(void *console);    /* flashes that an answer was no yes */
__attribute__((format(printf, 3, 4))) void console_flash(
    struct console *c, bool bad, const char *fmt, ...);

void console_suspend(struct console *c); /* to the shell, until it continues us */

/* tui/scene.c */
void console_build_scene(struct console *c);
void console_read_marks(
    struct console *c); /* what the ledger alone knows; it changes only by runs */

/* tui/services.c: what views ask for. */
void console_stop(struct console *c); /* the run, and say what that means */
void services_init(struct console *c);
void services_plan(struct console *c);
void services_plan_file(struct console *c, const char *path); /* onto its screen */
void services_free(struct console *c);

/* tui/verbs.c: drover's own verbs as children. */
void verbs_run(struct console *c, const char *line); /* asks first where it changes hosts */
void verbs_stop(struct console *c, unsigned output);
void verbs_show(struct console *c, const char *title, const char *bytes, size_t len);
void verbs_free(struct console *c);

/* tui/command.c: the palette. */
void command_open(struct console *c);
void command_free(struct console *c);

/* tui/keys.c: what was said, as a text. */
void messages_show(struct console *c);

/* tui/questions.c: what logins ask; struct call's console_ask and console_unask. */
uint32_t questions_put(struct call *call, const struct question *q);
void questions_withdraw(struct call *call, uint32_t id);
void questions_show(struct console *c); /* the next one, if the screen is free for it */
void questions_free(struct console *c);

/* tui/keys.c: keys to actions. */
extern const struct action console_actions[];
void keys_press(struct console *c, const char *name, bool printable);
/* Do what a row of the keymap says, as if its key were pressed. */
void keys_run(struct console *c, const struct keymap_row *r);

/* tui/tui_keys.c: the map with keys.conf; NULL: printed why not, call->exit is set. */
struct keymap *console_keymap(struct call *call, const char *preset);

/* What is asked before it is typed into several terminals, with terms.conf; false: printed why not, call->exit is set. */
bool console_rules(struct call *call, struct terms_rules *rules);

/* All screens in the order of their digits, ended by NULL; those without one are opened by other screens. */
extern const struct view_class *const console_tabs[];

#endif
