/*
 * What is trusted of one host, as a known_hosts file for ssh(1).
 *
 * Holds the keys that trust_check() would call known, and no others; the
 * authorities that stand for the host; every key that was taken back. So ssh(1)
 * never accepts a key that drover would not.
 */
#ifndef DROVER_REMOTE_VOUCH_H
#define DROVER_REMOTE_VOUCH_H

#include <stdbool.h>

struct buf;
struct trust;
struct trust_subject;

struct vouch {
	unsigned keys, authorities;
	/* Under which name ssh must look: HostKeyAlias; "" when its own way finds it. */
	char alias[256];
	char authority[160]; /* where the first authority stands: "known_hosts:3" */
};

/* The lines, appended. */
void vouch_lines(struct trust *t, const struct trust_subject *s, struct buf *to, struct vouch *ret);

#endif
