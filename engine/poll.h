/*
 * What the hosts are doing, asked again and again over the sessions.
 *
 * Owns one status a host, taken from the ledger's facts at first and then from
 * the host itself, and one program there that is asked for it. Hosts in sight are
 * asked every few seconds, the rest rarely and with jitter; at most POLL_PARALLEL
 * questions are out at once, those of hosts in sight first. A host that does not
 * answer keeps its last status, which grows old, and is asked less and less often.
 */
#ifndef DROVER_ENGINE_POLL_H
#define DROVER_ENGINE_POLL_H

#include "base/err.h"
#include "engine/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLL_PARALLEL 64

struct poll;
struct herd;

enum poll_link { POLL_IDLE, POLL_CONNECTING, POLL_UP, POLL_DOWN };

struct poll_view {
	const struct status *status; /* never NULL */
	enum poll_link link;
	const struct err *err; /* why it is down */
	int64_t age_ms;        /* of the status; -1: there is none */
	int64_t rtt_ms;        /* -1: not measured */
	int64_t period_ms;     /* how often it is asked now */
	bool from_ledger;
};

/* changed() is told of each host of which more than the numbers is another: its link, its units, its
 * containers. */
struct poll *poll_new(struct herd *herd, void (*changed)(void *user, size_t host), void *user);
void poll_free(struct poll *p);

void poll_get(const struct poll *p, size_t host, struct poll_view *ret);

/* Ask this host soon and then every period; the others every slow period. */
void poll_watch(struct poll *p, size_t host, bool in_sight);
/* Among those out of sight it is asked first. */
void poll_prefer(struct poll *p, size_t host, bool preferred);
void poll_now(struct poll *p, size_t host);

/* Commands that are under way now. */
size_t poll_out(const struct poll *p);

/* Hold all polls (Z): nothing runs on the hosts, nothing wakes up here. And go on. */
void poll_hold(struct poll *p, bool hold);

#endif
