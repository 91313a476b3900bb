/*
 * What a host sends, before libvterm reads it: without what libvterm 0.1.4 cannot be given.
 *
 * "Repeat that character" (CSI n b) is carried out here: libvterm never comes back from it where the character
 * before has no width. Strings (OSC, DCS, APC, PM, SOS) are left out whole: titles, clipboards, links and pictures
 * mean nothing in a pane, and an unknown question in a DCS ends the program. What combines with nothing is left
 * out, for it would take the place of a character. Sequences go on whole, by tui/mend. A value; keeps where it is
 * in a sequence between calls.
 */
#ifndef DROVER_TUI_RINSE_H
#define DROVER_TUI_RINSE_H

#include "tui/mend.h"

#include <stddef.h>

struct buf;

#define RINSE_HELD 256 /* of a sequence: a longer one is none */

struct rinse {
	enum rinse_state { RINSE_TEXT, RINSE_ESCAPE, RINSE_CSI, RINSE_STRING } state;
	size_t swallowed;      /* of the string */
	char held[RINSE_HELD]; /* of the sequence, behind ESC or ESC [ */
	size_t held_len;
	char part[4]; /* of a character that is not whole */
	size_t part_len;
	char last[5]; /* to be repeated */
	size_t last_len;
	bool follows; /* the cursor is behind a character still */
	struct mend mend;
};

/* Append the n bytes; a repetition as what it stands for, at most as often as a line has columns. */
void rinse_add(
    struct rinse *r, const struct mend_terminal *t, const char *p, size_t n, struct buf *to);

#endif
