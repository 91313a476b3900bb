/*
 * What a host sends, before libvterm reads it: without what libvterm 0.1.4 cannot be given.
 *
 * "Repeat that character" (CSI n b) is carried out here: libvterm never comes back from it where the character
 * before has no width. Strings (OSC, DCS, APC, PM, SOS) are left out whole: titles, clipboards, links and pictures
 * mean nothing in a pane, and an unknown question in a DCS ends the program. A value; keeps where it is in a
 * sequence between calls.
 */
#ifndef DROVER_TUI_RINSE_H
#define DROVER_TUI_RINSE_H

#include <stddef.h>

struct buf;

struct rinse {
	enum rinse_state { RINSE_TEXT, RINSE_ESCAPE, RINSE_CSI, RINSE_STRING } state;
	size_t swallowed; /* of the string */
	int count;        /* of a repetition; -1: it has none, or is none */
	char last[5];
	size_t last_len;
};

/* Append the n bytes; a repetition as what it stands for, at most `most` times. */
void rinse_add(struct rinse *r, const char *p, size_t n, int most, struct buf *to);

#endif
