/*
 * A private directory for the sockets and files of this run.
 *
 * Made when it is first wanted, 0700, with a short path; removed with all that is
 * in it at the end. What runs that were killed left behind is removed when
 * another one makes its own.
 */
#ifndef DROVER_REMOTE_NEST_H
#define DROVER_REMOTE_NEST_H

struct nest;
struct err;

struct nest *nest_new(void);
void nest_free(struct nest *n);

/* The path of a name in it, which is made if it is not there yet; caller frees. NULL: err. */
char *nest_path(struct nest *n, const char *name, struct err *err);

#endif
