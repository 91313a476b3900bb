/* Plans in files on the command line: read one and say what it is; write one. */
#ifndef DROVER_CLI_KEPT_PLAN_H
#define DROVER_CLI_KEPT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct apply;
struct arena;
struct call;
struct err;
struct kept;
struct playbook;

/* The plan in a file, in a; NULL with *ret_good when the file is none (a playbook, say), NULL without when
 * it is damaged: it was said, and exit is set. */
struct kept *kept_plan_open(struct call *c, const char *path, struct arena *a, bool *ret_good);

/* Whether it was made from this playbook as it is now; says how old it is. False: said, exit is set. */
bool kept_plan_fits(
    struct call *c, const char *path, const struct kept *k, const struct playbook *p);

/* Write the plans of an apply, for the choices in k (its hosts are filled in). False: said, exit is
 * set. */
bool kept_plan_save(struct call *c, const char *path, struct kept *k, const struct apply *a);

/* The same without a word; a host for which left(user, i) is true is not in it. Kind STORAGE: it cannot be
 * written. */
int kept_plan_write(const char *path, struct kept *k, const struct apply *a,
    bool (*left)(void *user, size_t i), void *user, struct err *err);

#endif
