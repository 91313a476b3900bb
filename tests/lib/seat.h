/*
 * A place to sit at: directories of its own for state, configuration and home, the environment that names
 * them, and the real program before it.
 *
 * Waiting is for a condition; a test fails with the screen as it stands when it does not come.
 */
#ifndef DROVER_TESTS_LIB_SEAT_H
#define DROVER_TESTS_LIB_SEAT_H

struct seat {
	char dir[64], env[6][128];
	const char *envp[12]; /* "NAME=value", ended by NULL: [4] is TERM, [5] the locale */
};

#define SEAT_DEADLINE 30000 /* ms; a condition, not a timing */

struct screen;

void seat_up(struct seat *p, const char *term);
void seat_down(const struct seat *p);

/* One more word of the environment; it must live as long as the seat. */
void seat_setenv(struct seat *p, const char *word);

/* A file in its directory. */
void seat_put(const struct seat *p, const char *name, const char *text, unsigned mode);

/* The program under test. */
const char *seat_program(void);

/* `drover -i HOSTS MORE...` on a terminal of this size; HOSTS may be a file; more is ended by NULL, or is
 * NULL. */
struct screen *seat_console(
    const struct seat *p, const char *hosts, const char *const *more, int rows, int cols);

/* Until the screen holds it, or no longer. */
void seat_shows(struct screen *s, const char *text);
void seat_gone(struct screen *s, const char *text);

#endif
