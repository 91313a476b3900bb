/*
 * A directory with a configuration of ssh and a cache, and one program's life at a
 * time on them; for cmocka tests of remote/ssh*.
 */
#ifndef DROVER_TESTS_RIG_H
#define DROVER_TESTS_RIG_H

#include "base/err.h"
#include "remote/sshconf.h"

struct rig {
	char dir[64];
	char *config, *cache;
	struct loop *loop;
	struct sshconf *conf;
	const struct sshconf_host *host;
	struct err err;
	int calls;
	bool alone; /* hosts that are alike share no answer */
};

int rig_set_up(void **state); /* for cmocka: *state is a struct rig */
int rig_tear_down(void **state);

void rig_write(const char *dir, const char *name, const char *text);

void rig_begin(struct rig *f);
void rig_end(struct rig *f);

/* Ask and wait: f->host or f->err then tells. */
void rig_ask(struct rig *f, const struct sshconf_query *q);
void rig_on_done(void *user, const struct sshconf_host *h, const struct err *err);

/* The answer; the test fails when there is none. */
const struct sshconf_host *rig_ask_for(struct rig *f, const char *host);

#endif
