/*
 * A place to sit at: directories of its own for state, configuration and home, and the environment that
 * names them.
 */
#ifndef DROVER_TESTS_LIB_SEAT_H
#define DROVER_TESTS_LIB_SEAT_H

struct seat {
	char dir[64], env[6][128];
	const char *envp[12]; /* "NAME=value", ended by NULL: [4] is TERM, [5] the locale */
};

void seat_up(struct seat *p, const char *term);
void seat_down(const struct seat *p);

#endif
