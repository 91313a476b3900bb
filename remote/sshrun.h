/*
 * One run of ssh -G: its command line, and the words of its failure.
 *
 * Owns nothing: the child is the caller's. What may not stand on ssh's command line is never put there.
 */
#ifndef DROVER_REMOTE_SSHRUN_H
#define DROVER_REMOTE_SSHRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child;
struct child_result;
struct err;
struct loop;
struct sshconf_query;

#define SSHRUN_MAX ((size_t)64 << 10) /* bytes of its output */

struct sshrun {
	struct loop *loop;
	const char *ssh;  /* the program */
	const char *file; /* -F; NULL: ssh's own files */
	bool bare;        /* without any configuration file */
	bool shown;       /* for a person: nothing is asked besides */
	int64_t timeout_ms;
	void (*done)(void *user, const struct child_result *r);
	void *user;
};

/* Whether a question is made of words that may reach ssh's command line and the lines of a cache. */
bool sshrun_may_ask(const struct sshconf_query *q);

/* NULL: err says why it cannot be run. done() as child_start() has it. */
struct child *sshrun_start(
    const struct sshrun *run, const struct sshconf_query *q, struct err *err);

/* Why a run that did not end well did not; kind INPUT. */
void sshrun_failure(const struct child_result *r, struct err *err);

#endif
