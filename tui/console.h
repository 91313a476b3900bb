/* The parts of one running console; shared by tui/tui.c, tui/keys.c and tui/services.c alone. */
#ifndef DROVER_TUI_CONSOLE_H
#define DROVER_TUI_CONSOLE_H

#include "tui/overlay.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>

#define CONSOLE_VIEWS 8

struct call;
struct canvas;
struct herd;
struct launch;
struct loop;
struct poll;
struct term;

struct console {
	struct call *call;
	struct loop *loop;
	struct herd *herd;
	struct poll *poll;
	struct launch *launch;
	struct term *term;
	struct canvas *canvas;
	struct scene scene;
	struct scene_host *hosts;
	struct view views[CONSOLE_VIEWS]; /* a stack; the last is on screen */
	int depth;
	struct view_services services;
	struct overlay overlay;
	char flash[512];
	bool flash_bad, dirty, stale, planning, held;
	int64_t painted_ms;
	struct loop_timer *repaint, *tick;
	char playbook[512]; /* the last one named */
	struct {
		size_t host;
		char verb[16], unit[256];
	} asked;      /* the unit action that waits for its yes */
	char *locked; /* the key whose passphrase is asked for */
	bool testing; /* DROVER_TEST: say when idle */
	unsigned long idles;
	int exit;
	bool leaving;
};

struct view *console_view(struct console *c);
void console_open(struct console *c, const struct view_class *class, const char *subject);
void console_back(struct console *c);
void console_dirty(struct console *c); /* repaint */
void console_stale(struct console *c); /* the scene changed: refresh, then repaint */
__attribute__((format(printf, 3, 4))) void console_flash(
    struct console *c, bool bad, const char *fmt, ...);

/* tui/services.c: what views ask for. */
void services_init(struct console *c);
void services_plan(struct console *c);
void services_passphrase(void *call, const char *key_path); /* struct call's ask_passphrase */

/* tui/keys.c: keys to actions. */
extern const struct action console_actions[];
void keys_press(struct console *c, const char *name, bool printable);

/* The digits' screens, ended by NULL. */
extern const struct view_class *const console_tabs[];

#endif
