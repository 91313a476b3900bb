/*
 * A program on a terminal of our own: libvterm is the screen, keys are bytes.
 *
 * Owns the child, its pty and the emulated screen. Waiting is for a condition
 * with a deadline, never for a time.
 */
#ifndef DROVER_TESTS_LIB_SCREEN_H
#define DROVER_TESTS_LIB_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct screen;

/* Start argv (ended by NULL) on a terminal of this size; env entries "NAME=value" are added. */
struct screen *screen_start(const char *const *argv, const char *const *env, int rows, int cols);

/* Kill the program if it still runs, and free. */
void screen_free(struct screen *s);

void screen_type(struct screen *s, const char *bytes);
void screen_resize(struct screen *s, int rows, int cols);
void screen_signal(struct screen *s, int signum);

/* Feed what the program writes until the screen holds text. False at the deadline. */
bool screen_wait(struct screen *s, const char *text, int deadline_ms);
bool screen_wait_gone(struct screen *s, const char *text, int deadline_ms);

/* Until the program, run with DROVER_TEST=1, has said that it is idle more often than `after`: what it had to
 * do is done and on the screen. Returns how often by now; 0 at the deadline. */
unsigned long screen_wait_idle(struct screen *s, unsigned long after, int deadline_ms);

/* Feed what the program has written; waits at most so long for something. */
void screen_take(struct screen *s, int ms);

/* Until it has written these bytes, from offset `from` on. */
bool screen_wait_bytes(struct screen *s, const char *bytes, size_t from, int deadline_ms);

/* One cell as the terminal has it; fg and bg are -1 where they are the terminal's own. */
struct screen_cell {
	char text[8];
	bool bold, reverse, underline;
	int fg, bg;
};
void screen_cell(const struct screen *s, int row, int col, struct screen_cell *ret);
void screen_cursor(const struct screen *s, int *ret_row, int *ret_col);

/* All that was written so far, as asciicast v2, to a file; so it is done by itself at a deadline, to
 * build/casts. */
bool screen_record(const struct screen *s, const char *path);

/* Until the program has ended; its wait status. -1 at the deadline. */
int screen_wait_end(struct screen *s, int deadline_ms);

/* The screen as lines without trailing blanks; caller frees. */
char *screen_text(const struct screen *s);

/* Every byte the program wrote so far. */
const char *screen_bytes(const struct screen *s, size_t *ret_len);

/* Every byte so far is plain text, or of a sequence that the console may use; what is not is told on
 * standard error. */
bool screen_only_allowed(const struct screen *s);

/* C1, or a character that hides, reorders or tags text. */
bool screen_hides(uint32_t c);

/* The terminal's modes are what they were at the start. */
bool screen_modes_restored(const struct screen *s);

#endif
