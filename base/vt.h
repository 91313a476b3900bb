/*
 * What a program sends to its terminal, taken apart: text, control bytes, escape sequences.
 *
 * A plain value, fed in whatever pieces come; keeps at most one sequence. Decides
 * nothing: who looks at the tokens says which of them are obeyed. Text is UTF-8 or
 * not, as it came, and never cut inside a character that may still be completed.
 * Sequences that are too long, and strings (titles, clipboards, pictures), are passed
 * over whole.
 */
#ifndef DROVER_BASE_VT_H
#define DROVER_BASE_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_ARGUMENTS 64 /* bytes; a sequence with more is passed over */

enum vt_kind {
	VT_TEXT,    /* text, len: no byte of it is C0 or DEL */
	VT_CONTROL, /* final: a byte of C0 but ESC, or DEL */
	VT_ESCAPE,  /* ESC middle... final */
	VT_CSI,     /* CSI arguments middle... final */
	VT_STRING   /* final: the byte that opened it: ']' P _ ^ X; its contents are gone */
};

struct vt_token {
	enum vt_kind kind;
	const char *text; /* TEXT: borrowed for the call */
	size_t len;
	char final;
	char middle;           /* the only byte of 0x20-0x2f, 0: none */
	char private;          /* the first of < = > ? that opens the arguments of a CSI; 0: none */
	const char *arguments; /* of CSI, behind it: digits, ; and : alone */
};

enum vt_state { VT_GROUND, VT_IN_ESCAPE, VT_IN_CSI, VT_IN_STRING, VT_IN_STRING_ESCAPE };

struct vt {
	enum vt_state state;
	bool spoilt; /* the sequence is too long or no sequence: it is passed over */
	char middle, private, opener;
	char arguments[VT_ARGUMENTS + 1];
	size_t count; /* of arguments */
	char part[4]; /* of a character whose rest has not come */
	size_t part_len;
};

void vt_init(struct vt *v);
void vt_feed(struct vt *v, const void *p, size_t n,
    void (*token)(void *user, const struct vt_token *t), void *user);

/* The end: a character that was not completed is told as it is. */
void vt_end(struct vt *v, void (*token)(void *user, const struct vt_token *t), void *user);

/* The argument at index i: otherwise when it is not there, empty, or over 9999. Of one with parts the
 * first. */
int vt_argument(const struct vt_token *t, int i, int otherwise);

#endif
