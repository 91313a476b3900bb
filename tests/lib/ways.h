/*
 * A suite of tests over every transport, each in turn, against one sshd.
 *
 * *state of a test is the fixture of the transport it runs over. The sshd and the fixtures
 * are made and ended here.
 */
#ifndef DROVER_TESTS_LIB_WAYS_H
#define DROVER_TESTS_LIB_WAYS_H

#include "tests/lib/probe.h"

/* main() of such a test: suite is run once for each transport, whose name it gives its group. */
int ways_main(int argc, char **argv, const char *sshd_conf, int (*suite)(const char *transport));

/* For the group of a suite. */
int ways_set_up(void **state);
int ways_tear_down(void **state);

/* Whether that is the transport under test. */
bool ways_is(const struct fixture *f, const char *transport);

#endif
