/* What the files of launch share: a run of the console and what it is made of. Behind tui/launch.h. */
#ifndef DROVER_TUI_LAUNCH_INNER_H
#define DROVER_TUI_LAUNCH_INNER_H

#include "engine/progress.h"

struct launch {
	struct launch_config config;
	struct run *run;
	struct fanout *fanout;
	char *command;
	struct playbook *playbook;
	struct apply *apply;
	struct herd_host **hosts; /* of the command or the playbook */
	size_t host_count;
	struct planned *planned;
	bool rolling; /* one host after another, until one fails */
	bool drift;
	bool left; /* answered no: its hosts have ended, the run has not yet */
	struct progress progress;
	char alias[32];
	bool any, live, paused, folding;
	int stops;
	char *last_command, *last_playbook;
	enum launch_how last_how;
};

/* What the last run was made of is freed. */
void launch_drop(struct launch *l);

/* A plan waits for an answer. */
bool launch_asks(const struct launch *l);

/* These of the herd are its hosts. */
void launch_take_hosts(struct launch *l, const size_t *hosts, size_t count);

/* Start a run that is recorded as `verb argv` on the command line would be. */
int launch_begin(struct launch *l, const char *verb, const char *const *argv, size_t argc,
    const char *const *hosts, size_t host_count, struct err *err);

/* What is at work came to its end. */
void launch_done(void *user);

#endif
