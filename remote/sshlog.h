/*
 * What ssh(1) says on its standard error, as phases and reasons.
 *
 * Pure: fed line by line with LogLevel DEBUG1. The debug lines tell how far it
 * got, the others why it gave up. Part of it is the server's own words: all is
 * cleaned, and none of it decides more than what people are told.
 */
#ifndef DROVER_REMOTE_SSHLOG_H
#define DROVER_REMOTE_SSHLOG_H

#include "remote/greeting.h"

#include <stdbool.h>

struct err;

enum sshlog_phase {
	SSHLOG_START,
	SSHLOG_KEX,  /* the server's banner came */
	SSHLOG_KEY,  /* it showed a host key or a certificate */
	SSHLOG_AUTH, /* which was accepted */
	SSHLOG_UP    /* logged in */
};

struct sshlog {
	enum sshlog_phase phase;
	char key[160];         /* "ssh-ed25519 SHA256:..." */
	char certificate[200]; /* what is wrong with it, or "" */
	char methods[100];     /* "publickey,password": the server takes these */
	char greeting[GREETING_MAX];
	char last[240]; /* the last line that is not for debugging */
	enum { SSHLOG_KEY_UNKNOWN, SSHLOG_KEY_CHANGED, SSHLOG_KEY_REVOKED } verdict;
	bool refused;    /* the host key was */
	bool denied;     /* the login was */
	bool negotiated; /* there was no algorithm that both have: false; last says which */
	double late;     /* seconds after which it was given up; 0: it was not */
	bool bad_option; /* ssh does not take its options */
};

void sshlog_init(struct sshlog *l);
void sshlog_line(struct sshlog *l, const char *line);

/* Why it ended without a login, or lost it. user: whom it should have logged in. */
void sshlog_explain(const struct sshlog *l, const char *user, struct err *err);

#endif
