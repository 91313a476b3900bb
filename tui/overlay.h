/*
 * What stands above a screen: help, confirm, a line to type.
 *
 * A value owned by the console; one at a time. Keys go to it first; the default
 * answer of every question is no. Painting changes nothing.
 */
#ifndef DROVER_TUI_OVERLAY_H
#define DROVER_TUI_OVERLAY_H

#include "tui/view.h"

struct canvas;

enum overlay_kind { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_CONFIRM, OVERLAY_PROMPT };

struct overlay {
	enum overlay_kind kind;
	char *title, *text; /* confirm: what, and on which hosts; prompt: what is asked */
	char *typed;        /* confirm: what must be typed for yes; NULL: y */
	char input[512];
	bool secret; /* prompt: what is typed is not shown */
	int scroll;
	void (*yes)(void *user, const char *input);
	void (*no)(void *user); /* may be NULL; any answer but yes */
	void *user;
	const struct action *view_actions, *global; /* help */
	const char *view_title;
};

void overlay_help(struct overlay *o, const struct view *v, const struct action *global);
/* typed NULL: y suffices; else that text must be typed. yes(user, input) is called once or never. */
void overlay_confirm(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user);
void overlay_prompt(struct overlay *o, const char *title, const char *preset,
    void (*yes)(void *user, const char *input), void *user);
void overlay_close(struct overlay *o);

/* A key for the overlay; it may close itself and then call yes(). */
void overlay_key(struct overlay *o, const char *key, bool printable);
void overlay_paint(const struct overlay *o, struct canvas *c);

#endif
