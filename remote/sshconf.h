/*
 * What the user's ssh_config says of a host, asked of ssh -G.
 *
 * One per program. Owns the answers, the children that give them (at most eight
 * at once; hosts that ssh must treat alike share one) and one cache file for all
 * hosts, which is used only while the question, HOME, the version of ssh and every
 * file of the configuration are the same. What decides at run time (Match exec, localnetwork, canonical names,
 * ${VAR}) is never cached.
 */
#ifndef DROVER_REMOTE_SSHCONF_H
#define DROVER_REMOTE_SSHCONF_H

#include "remote/sshanswer.h"

#include <stdbool.h>
#include <stdint.h>

struct sshconf;
struct sshconf_ask;
struct loop;
struct err;

struct sshconf_config {
	struct loop *loop;
	const char *file;      /* -F; NULL: ssh's own files */
	const char *cache_dir; /* NULL: file_cache_dir()/sshconf */
	const char *ssh;       /* the program; NULL: "ssh" */
	int64_t timeout_ms;    /* of one ssh -G; 0: 10 s */
	/* What is not honoured, each key once: remote.h has the words. May be NULL. */
	void (*note)(void *user, bool matters, const char *text);
	void *note_user;
	bool alone; /* ask ssh about every host, however alike they are (tests) */
	bool off;   /* ask nobody: only what the query says, no keys, no known_hosts (tests) */
};

struct sshconf *sshconf_new(const struct sshconf_config *config, struct err *err);
void sshconf_free(struct sshconf *s); /* saves first; no done() is called any more */

/* Answers are immutable and live as long as the sshconf; remote/sshanswer.h has their fields.
 * done() is called once from the loop, never from inside the call. h is NULL when ssh refused the
 * question or the answer holds what drover cannot honour: err is then INPUT (a mistake in the file;
 * ssh's words) or REFUSED ("ssh_config sets ProxyJump bastion: jump hosts are not supported yet");
 * its text does not name the host. */
struct sshconf_ask *sshconf_ask(struct sshconf *s, const struct sshconf_query *q,
    void (*done)(void *user, const struct sshconf_host *h, const struct err *err), void *user);
void sshconf_cancel(struct sshconf_ask *a); /* before done() only */

/* All that ssh -G prints for the question, asked of ssh each time and never cached; with bare as if
 * there were no configuration at all. done() as above; lines are borrowed and NULL when err says why
 * (kind INPUT). */
struct sshconf_ask *sshconf_show(struct sshconf *s, const struct sshconf_query *q, bool bare,
    void (*done)(void *user, const char *lines, const struct err *err), void *user);

/* Write what was learnt to the cache, if anything; 0 or -1 (kind STORAGE: only the next start is
 * slower for it). */
int sshconf_save(struct sshconf *s, struct err *err);

/* Before a new run of a long-lived drover: forget all if the files of the configuration changed. */
void sshconf_refresh(struct sshconf *s);

/* How many times ssh was run. */
unsigned sshconf_spawned(const struct sshconf *s);

#endif
