/*
 * What libvterm 0.1.4 does otherwise than xterm's documentation (ctlseqs) and the manuals it refers to.
 *
 * Sequences go in whole and come out as what libvterm makes the right thing of. Keeps what it needs of the
 * terminal's modes, its region and its kept cursors; asks the terminal itself, by struct mend_terminal, for the
 * rest. A value; no byte of a host comes out that did not come in, but numbers.
 */
#ifndef DROVER_TUI_MEND_H
#define DROVER_TUI_MEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The terminal behind. */
struct mend_terminal {
	void *user;
	int rows, cols;
	/* Where its cursor is once it has had all of `to`, which is empty then. */
	void (*cursor)(void *user, struct buf *to, int *ret_row, int *ret_col);
	/* Append the sequences that make its pen what it is now. */
	void (*pen)(void *user, struct buf *to);
};

#define MEND_PEN 100

/* DECSC: where the cursor was, and how it wrote. */
struct mend_kept {
	bool there, origin, shifted;
	int row, col;
	char sets[2]; /* of G0 and G1 */
	char pen[MEND_PEN];
};

struct mend {
	bool origin, unwrapped, inserts, other; /* modes; other: the alternate screen */
	bool shifted;
	char sets[2];    /* 0: ASCII */
	int top, bottom; /* of the region, from 0; bottom is behind the last, 0: there is none */
	struct mend_kept kept[2]; /* of this screen and of the other */
};

/* ESC and what stands behind it, from its second byte on; no CSI. */
void mend_escape(
    struct mend *m, const struct mend_terminal *t, const char *p, size_t n, struct buf *to);
/* What stands between ESC [ and the last byte, which is `final`. */
void mend_control(struct mend *m, const struct mend_terminal *t, const char *p, size_t n,
    char final, struct buf *to);
/* SO and SI. */
void mend_shift(struct mend *m, bool on);
/* Before a character of two columns. False: it has no place. */
bool mend_wide(const struct mend *m, const struct mend_terminal *t, struct buf *to);

#endif
