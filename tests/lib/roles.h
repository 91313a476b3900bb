/* What the program of a test is besides the test: a worker of drover, or the hand of a transport. */
#ifndef DROVER_TESTS_LIB_ROLES_H
#define DROVER_TESTS_LIB_ROLES_H

/*
 * First in main(): when this process was started as another than the test, it is that to its end,
 * and its exit status comes back. -1: it is the test, of which argv[1], if given, names what to
 * run, and which a pipe that breaks does not end.
 */
int roles_play(int argc, char **argv);

#endif
