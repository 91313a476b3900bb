/*
 * What stands above a screen: help, menus, palette, confirm, a line to type.
 *
 * A value owned by the console; one at a time, but for a question of a login, which
 * stays on top of what is opened meanwhile. Keys go to it first; the default answer
 * of every question is no. Painting changes nothing.
 */
#ifndef DROVER_TUI_OVERLAY_H
#define DROVER_TUI_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

struct canvas;
struct picker;
struct picker_item;

enum overlay_kind {
	OVERLAY_NONE,
	OVERLAY_HELP,    /* rows to choose from; letters filter them */
	OVERLAY_MENU,    /* the same; letters are the rows' keys */
	OVERLAY_PALETTE, /* a command line, with what may come next */
	OVERLAY_CONFIRM,
	OVERLAY_PROMPT,
	OVERLAY_QUESTION
};

struct overlay {
	enum overlay_kind kind;
	char *title, *text; /* confirm: what, and on which hosts; prompt: what is asked */
	char *typed;        /* confirm, question: what must be typed for yes; NULL: y */
	char input[512];
	bool secret;            /* what is typed is not shown */
	bool empty;             /* question, prompt: an empty line is an answer */
	size_t more;            /* question: how many wait behind it */
	struct overlay *behind; /* opened meanwhile; comes when the question is answered */
	bool on_yes;            /* confirm: the focus is on Yes, not on Cancel */
	struct picker *picker;  /* help, menu, palette: owned */
	void (*pick)(void *user, const struct picker_item *item);
	/* palette, prompt: a key before the line has it; true when it was used. May be NULL. */
	bool (*key)(void *user, struct overlay *o, const char *key);
	void (*yes)(void *user, const char *input);
	void (*no)(void *user);                         /* may be NULL; any answer but yes */
	void (*changed)(void *user, const char *input); /* prompt: at each key; may be NULL */
	void *user;
};

/* Rows to choose from; the picker becomes the overlay's. pick(user, item) is called once or never, after
 * the overlay is closed; item is borrowed for the call. kind is HELP or MENU. */
void overlay_pick(struct overlay *o, enum overlay_kind kind, const char *title, struct picker *p,
    void (*pick)(void *user, const struct picker_item *item), void *user);
/* A command line. key and changed put what may come next into o->picker. */
struct overlay *overlay_palette(
    struct overlay *o, void (*yes)(void *user, const char *input), void *user);
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

/* A line is being typed, so that a paste has a place to go. */
bool overlay_takes_text(const struct overlay *o);
void overlay_paint(const struct overlay *o, struct canvas *c);

#endif
