#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/confine.h"
#include "remote/crowd.h"
#include "remote/deal.h"
#include "remote/dial.h"
#include "remote/inquiry.h"
#include "remote/jump.h"
#include "remote/keys.h"
#include "remote/link.h"
#include "remote/local.h"
#include "remote/nest.h"
#include "remote/proxy.h"
#include "remote/remote.h"
#include "remote/session.h"
#include "remote/sshconf.h"
#include "remote/trust.h"

#include <string.h>

#define WORKERS    64
#define POSTS      (WORKERS + 96) /* the rest: for hosts suspected of crashing their worker */
#define OWN_FILES  48             /* open files that are no session's */
#define BAD_STARTS 3              /* workers that die before they say anything */

struct remote;

struct post { /* a place for one worker */
	struct remote *remote;
	struct link *link;
	uint32_t group; /* of suspects; 0: for all others */
	size_t seats;   /* taken */
};

struct seat { /* a session on a link */
	uint32_t id;
	struct session *session;
	struct post *post;
};

struct remote {
	struct session_place place;
	char *ssh_config;         /* -F, or NULL */
	struct post posts[POSTS]; /* post_count for all, then those of suspects */
	size_t post_count, next_post;
	struct seat *seats; /* by id */
	size_t seat_count, seat_cap;
	uint32_t last_id;
	int bad_starts;
	struct deal *deal;
};

static size_t
find(const struct remote *r, uint32_t id)
{
	size_t low = 0, high = r->seat_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->seats[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
remove_seat(struct remote *r, size_t at)
{
	r->seats[at].post->seats--;
	r->seat_count--;
	for (; at < r->seat_count; at++)
		r->seats[at] = r->seats[at + 1];
}

static void
detach(void *user, uint32_t id)
{
	struct remote *r = user;
	size_t at = find(r, id);

	if (at == r->seat_count || r->seats[at].id != id)
		return;
	const struct session *s = r->seats[at].session;
	if (session_state(s) == SESSION_UP)
		deal_clear(r->deal, session_name(s));
	remove_seat(r, at);
}

static void
on_message(void *user, const struct message *m)
{
	struct post *p = user;
	struct remote *r = p->remote;
	size_t at = find(r, m->session);

	r->bad_starts = 0;
	if (at < r->seat_count && r->seats[at].id == m->session && r->seats[at].post == p)
		session_message(r->seats[at].session, m);
}

static void
on_drained(void *user)
{
	struct post *p = user;
	struct remote *r = p->remote;

	for (size_t i = 0; i < r->seat_count; i++) {
		if (r->seats[i].post == p)
			session_drained(r->seats[i].session);
	}
}

/* Sessions may be opened and closed by those who hear of it: look anew each time. */
static struct session *
any_on(struct remote *r, const struct post *p, uint32_t newest)
{
	for (size_t i = 0; i < r->seat_count && r->seats[i].id <= newest; i++) {
		if (r->seats[i].post == p) {
			struct session *s = r->seats[i].session;

			remove_seat(r, i);
			return s;
		}
	}
	return NULL;
}

static void
suspect(struct remote *r, const struct post *p)
{
	autofree const char **hosts = xcalloc(p->seats + 1, sizeof(char *));
	size_t n = 0;

	for (size_t i = 0; i < r->seat_count; i++) {
		if (r->seats[i].post == p)
			hosts[n++] = session_name(r->seats[i].session);
	}
	deal_died(r->deal, hosts, n);
}

static void
on_dead(void *user, const struct err *err)
{
	struct post *p = user;
	struct remote *r = p->remote;
	struct err why = *err;
	struct link *dead = p->link; /* others' sessions may still speak to it while one is lost */
	uint32_t newest = r->last_id;

	if (link_guards(p->link) < 0)
		r->bad_starts++;
	else
		suspect(r, p);
	p->link = NULL;
	for (struct session *s = any_on(r, p, newest); s; s = any_on(r, p, newest))
		session_lost(s, &why);
	link_free(dead);
}

/* Suspects share a worker with their own group alone. */
static struct post *
post_of_group(struct remote *r, uint32_t group)
{
	struct post *idle = NULL;

	for (size_t i = r->post_count; i < countof(r->posts); i++) {
		if (r->posts[i].seats && r->posts[i].group == group)
			return &r->posts[i];
		if (!r->posts[i].seats && (!idle || (r->posts[i].link && !idle->link)))
			idle = &r->posts[i];
	}
	if (idle)
		idle->group = group;
	return idle;
}

static struct post *
post_for(struct remote *r, const char *host, struct err *err)
{
	uint32_t group = deal_group(r->deal, host);
	struct post *p = NULL;

	if (deal_is_culprit(r->deal, host))
		err_set(err, OUTCOME_REFUSED,
		    "crash culprit: its worker process died twice and "
		    "more, at last with this host alone");
	else if (!group)
		p = &r->posts[r->next_post++ % r->post_count];
	else
		p = post_of_group(r, group);
	if (!p && err->kind != OUTCOME_REFUSED)
		err_set(err, OUTCOME_UNREACHABLE, "not tried: too many worker processes died");
	if (!p)
		str_copy(err->phase, sizeof(err->phase), "worker");
	return p;
}

static struct link *
attach(void *user, struct session *s, uint32_t *ret_id, struct err *err)
{
	static const struct link_listener listener = {
		.message = on_message, .drained = on_drained, .dead = on_dead
	};
	struct remote *r = user;
	struct post *p = post_for(r, session_name(s), err);

	if (!p)
		return NULL;
	if (!p->link && r->bad_starts >= BAD_STARTS) {
		err_set(err, OUTCOME_BUG, "worker processes end as soon as they are started");
		return NULL;
	}
	if (!p->link)
		p->link = link_new(r->place.loop, &listener, p, err);
	if (!p->link)
		return NULL;
	*ret_id = ++r->last_id;
	mem_grow(r->seats, r->seat_count, r->seat_cap);
	r->seats[r->seat_count++] = (struct seat){ *ret_id, s, p };
	p->seats++;
	return p->link;
}

static int64_t
or_default(int64_t ms, int64_t normal)
{
	return ms > 0 ? ms : normal;
}

static struct session *
open_jump(void *user, const struct target *t, struct jump *self, const struct session_listener *l)
{
	struct remote *r = user;

	return session_new_jump(&r->place, t, l, self);
}

static bool
is_in_worker(const struct session *s)
{
	return session_worker(s) != 0;
}

static void
set_up_routes(struct remote *r, const struct remote_config *c)
{
	struct jumps_config jumps = {
		.loop = c->loop,
		.open = open_jump,
		.carries = is_in_worker,
		.user = r,
		.find = c->find,
		.find_user = c->user,
	};

	r->place.route.loop = c->loop;
	r->place.route.proxies = proxies_new(c->loop);
	r->place.route.jumps = jumps_new(&jumps);
}

/* What fits in the limit of open files: a worker has two for a session, three behind a jump host; we
 * have about four for one that is on its way up. */
static void
set_up_gates(struct remote *r, const struct remote_config *c)
{
	int files = file_limit(), fit = (files - OWN_FILES) / 4;
	int seats = (files - OWN_FILES) / 3 * (int)r->post_count;

	gate_init(&r->place.seats, seats);
	gate_init(&r->place.gate, c->handshakes > 0 ? c->handshakes : fit < 64 ? fit : 64);
	if (c->handshakes <= 0)
		gate_learn(&r->place.gate, fit < 32 ? fit : 32, fit < 256 ? fit : 256);
	r->place.crowds = crowds_new();
}

static void
set_up(struct remote *r, const struct remote_config *c)
{
	r->post_count = c->workers > 0 ? (size_t)c->workers : 1;
	if (r->post_count > WORKERS)
		r->post_count = WORKERS;
	for (size_t i = 0; i < countof(r->posts); i++)
		r->posts[i].remote = r;
	r->deal = deal_new();
	r->place.loop = c->loop;
	r->place.local = local_new(c->loop);
	r->place.nest = nest_new();
	r->ssh_config = c->ssh_config ? xstrdup(c->ssh_config) : NULL;
	r->place.ssh_config = c->no_ssh_config ? "none" : r->ssh_config;
	r->place.note = c->note;
	r->place.note_user = c->user;
	r->place.connect_ms = c->connect_timeout_ms;
	r->place.kex_ms = or_default(c->kex_timeout_ms, 15000);
	r->place.auth_ms = or_default(c->auth_timeout_ms, 20000);
	r->place.inquiry = inquiry_new(c);
	r->place.password = c->password ? xstrdup(c->password) : NULL;
	r->place.attach = attach;
	r->place.detach = detach;
	r->place.user = r;
	set_up_routes(r, c);
	set_up_gates(r, c);
}

static void
on_passphrase(void *user, uint32_t id, const char *path, const char *line)
{
	struct remote *r = user;

	(void)id;
	keys_passphrase(r->place.keys, path, line);
}

static uint32_t
ask_passphrase(void *user, const char *path, bool wrong)
{
	struct remote *r = user;
	autofree char *prompt = xasprintf("passphrase of %s", path);
	uint32_t id;

	inquiry_put(r->place.inquiry,
	    &(struct remote_question){ .kind = REMOTE_PASSPHRASE,
		.subject = path,
		.prompt = prompt,
		.text = wrong ? "That passphrase does not open it." : NULL },
	    on_passphrase, r, &id);
	return id;
}

static void
unask_passphrase(void *user, uint32_t id)
{
	struct remote *r = user;

	inquiry_drop(r->place.inquiry, id);
}

struct remote *
remote_new(const struct remote_config *c, struct err *err)
{
	struct remote *r = xcalloc(1, sizeof(*r));
	struct sshconf_config conf = { .loop = c->loop,
		.file = c->ssh_config,
		.note = c->note,
		.note_user = c->user,
		.off = c->no_ssh_config };
	struct dial_config dial = { .loop = c->loop };
	struct keys_config keys = { .loop = c->loop, .unask = unask_passphrase, .user = r };

	if (c->ask)
		keys.ask_passphrase = ask_passphrase;

	file_raise_limit();
	if (file_limit() < OWN_FILES + 8) {
		err_set(err, OUTCOME_FAILED,
		    "the limit of open files is %d (ulimit -Hn): drover needs %d to reach a host",
		    file_limit(), OWN_FILES + 8);
		free(r);
		return NULL;
	}
	set_up(r, c);
	r->place.trust = trust_new(c->trust_file, c->known_hosts, err);
	if (r->place.trust)
		r->place.sshconf = sshconf_new(&conf, err);
	if (r->place.sshconf)
		r->place.route.dial = dial_new(&dial, err);
	if (r->place.route.dial)
		r->place.keys = keys_new(&keys, err);
	if (r->place.keys)
		return r;
	remote_free(r);
	return NULL;
}

void
remote_free(struct remote *r)
{
	if (!r)
		return;
	jumps_free(r->place.route.jumps);
	while (r->place.first)
		session_close(r->place.first);
	for (size_t i = 0; i < countof(r->posts); i++)
		link_free(r->posts[i].link);
	deal_free(r->deal);
	local_free(r->place.local);
	nest_free(r->place.nest);
	free(r->ssh_config);
	keys_free(r->place.keys);
	proxies_free(r->place.route.proxies);
	dial_free(r->place.route.dial);
	sshconf_free(r->place.sshconf);
	trust_free(r->place.trust);
	inquiry_free(r->place.inquiry);
	if (r->place.password)
		explicit_bzero(r->place.password, strlen(r->place.password));
	free(r->place.password);
	crowds_free(r->place.crowds);
	free(r->seats);
	free(r);
}

void
remote_answer(struct remote *r, uint32_t id, const char *line)
{
	inquiry_answer(r->place.inquiry, id, line);
}

void
remote_ask_anew(struct remote *r)
{
	inquiry_anew(r->place.inquiry);
	keys_ask_anew(r->place.keys);
}

struct session *
session_open(struct remote *r, const struct target *t, const struct session_listener *l, void *user)
{
	return session_new(&r->place, t, l, user);
}

const char *
session_state_name(enum session_state s)
{
	static const char *const names[] = {
		[SESSION_QUEUED] = "queue",
		[SESSION_CONFIG] = "configuration",
		[SESSION_JUMP] = "jump",
		[SESSION_RESOLVE] = "resolve",
		[SESSION_CONNECT] = "connect",
		[SESSION_KEX] = "key exchange",
		[SESSION_HOSTKEY] = "host key",
		[SESSION_AUTH] = "login",
		[SESSION_UP] = "session",
		[SESSION_DOWN] = "down",
	};

	return names[s];
}

struct trust *
remote_known_keys(struct remote *r)
{
	return r->place.trust;
}

struct sshconf *
remote_ssh_config(struct remote *r)
{
	return r->place.sshconf;
}

const char *
remote_guards(const struct remote *r)
{
	int all = -1;

	for (size_t i = 0; i < countof(r->posts); i++) {
		if (r->posts[i].link && link_guards(r->posts[i].link) >= 0)
			all &= link_guards(r->posts[i].link);
	}
	return all < 0 ? "" : confine_name((unsigned)all);
}
