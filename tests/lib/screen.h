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

/* Until the program has ended; its wait status. -1 at the deadline. */
int screen_wait_end(struct screen *s, int deadline_ms);

/* The screen as lines without trailing blanks; caller frees. */
char *screen_text(const struct screen *s);

/* Every byte the program wrote so far. */
const char *screen_bytes(const struct screen *s, size_t *ret_len);

/* Every byte so far is plain text, or of a sequence that the console may use; what is not is told on
 * standard error. */
bool screen_only_allowed(const struct screen *s);

/* The terminal's modes are what they were at the start. */
bool screen_modes_restored(const struct screen *s);

#endif
