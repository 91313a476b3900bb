/*
 * Hosts that ssh must treat alike, so that one answer of ssh -G stands for all of
 * them, but for the name.
 *
 * Owns its groups and one answer each. Where the least doubt is left a host is in
 * no group, or the answer is not given: then ssh is asked for it alone.
 */
#ifndef DROVER_REMOTE_SSHSHARE_H
#define DROVER_REMOTE_SSHSHARE_H

#include <stdbool.h>

struct buf;
struct sshconf_query;
struct sshscan;
struct sshshare;
struct sshshare_group;

/* scan is the share's from now on. */
struct sshshare *sshshare_new(struct sshscan *scan);
void sshshare_free(struct sshshare *s);

/* The group of a question; NULL: ask for it alone. */
struct sshshare_group *sshshare_find(struct sshshare *s, const struct sshconf_query *q);

enum sshshare_state {
	SSHSHARE_NEW,    /* nobody was asked about yet */
	SSHSHARE_ASKED,  /* somebody is being asked about: wait */
	SSHSHARE_KNOWN,  /* sshshare_answer() may tell */
	SSHSHARE_USELESS /* each is asked about alone */
};
enum sshshare_state sshshare_state(const struct sshshare_group *g);

/* One of the group is being asked about. */
void sshshare_ask(struct sshshare_group *g, const struct sshconf_query *q);

/* The lines ssh gave for it; NULL when there are none: other members will be asked about alone; or with
 * again the next one takes its place. */
void sshshare_learn(struct sshshare *s, struct sshshare_group *g, const char *lines, bool again);

/* Append what ssh would say of this member. False: ask it. */
bool sshshare_answer(const struct sshshare_group *g, const struct sshconf_query *q, struct buf *to);

#endif
