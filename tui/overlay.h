/*
 * What stands above a screen: help, confirm, a line to type.
 *
 * A value owned by the console; one at a time, but for a question of a login, which
 * stays on top of what is opened meanwhile. Keys go to it first; the default answer
 * of every question is no. Painting changes nothing.
 */
#ifndef DROVER_TUI_OVERLAY_H
#define DROVER_TUI_OVERLAY_H

#include "tui/view.h"

#include <stddef.h>

struct canvas;

enum overlay_kind { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_CONFIRM, OVERLAY_PROMPT, OVERLAY_QUESTION };

struct overlay {
	enum overlay_kind kind;
	char *title, *text; /* confirm: what, and on which hosts; prompt: what is asked */
	char *typed;        /* confirm, question: what must be typed for yes; NULL: y */
	char input[512];
	bool secret;            /* what is typed is not shown */
	bool empty;             /* question, prompt: an empty line is an answer */
	size_t more;            /* question: how many wait behind it */
	struct overlay *behind; /* opened meanwhile; comes when the question is answered */
	int scroll;
	void (*yes)(void *user, const char *input);
	void (*no)(void *user);                         /* may be NULL; any answer but yes */
	void (*changed)(void *user, const char *input); /* prompt: at each key; may be NULL */
	void *user;
	const struct action *view_actions, *global; /* help */
	const char *view_title;
};

void overlay_help(struct overlay *o, const struct view *v, const struct action *global);
/* typed NULL: y suffices; else that text must be typed. yes(user, input) is called once or never.
 * Returns the new one, which may wait behind a question. */
struct overlay *overlay_confirm(struct overlay *o, const char *title, const char *text,
    const char *typed, void (*yes)(void *user, const char *input), void *user);
struct overlay *overlay_prompt(struct overlay *o, const char *title, const char *preset,
    void (*yes)(void *user, const char *input), void *user);
/* What a login wants to know; text may be NULL. Any line, or only the word typed, is a yes(). */
void overlay_question(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user);
void overlay_close(struct overlay *o);

/* A key for the overlay; it may close itself and then call yes(). */
void overlay_key(struct overlay *o, const char *key, bool printable);
void overlay_paint(const struct overlay *o, struct canvas *c);

#endif
