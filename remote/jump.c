#include "remote/jump.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/gate.h"

#include <string.h>

#define AT_ONCE   8    /* handshakes through one jump host */
#define LINGER_MS 5000 /* kept open unused */
#define SORRY_MS                                                                                   \
	5000 /* a failure is remembered, so that hosts which come later do not wait again */
#define DEPTH_MAX 16

struct jump {
	struct jump *next, **prev;
	struct jumps *all;
	char *key, *name;
	struct session *session; /* NULL: failed */
	struct jump *via;        /* its own way; NULL: direct, or not known yet */
	bool up;
	bool lost; /* after it was up: whoever comes next opens another */
	struct gate gate;
	struct jump_use *uses, **tail; /* in the order of their coming */
	struct loop_timer *timer;      /* unused, or failed, since */
	struct err err;
};

struct jump_use {
	struct jump_use *next, **prev;
	struct jump *jump; /* NULL: lost */
	struct gate_pass pass;
	struct jump_want want;
	char *name;
	bool waits; /* for the session to come up */
};

struct jumps {
	struct jumps_config config;
	struct jump *first;
	struct session_counters closed;
};

/* One of a chain, taken apart. */
struct hop {
	char *user, *host, *rest; /* rest: the chain before it; NULL: none */
	int port;
};

static void
hop_free(struct hop *h)
{
	free(h->user);
	free(h->host);
	free(h->rest);
}

/* "ssh://user@[::1]:22/", "user@host:22", "host", "::1" */
static bool
read_hop(const char *chain, struct hop *ret)
{
	const char *comma = strrchr(chain, ','), *one = comma ? comma + 1 : chain;
	int64_t port = 0;

	*ret = (struct hop){ .rest = comma ? xmemdup0(chain, (size_t)(comma - chain)) : NULL };
	if (str_starts(one, "ssh://"))
		one += strlen("ssh://");
	const char *at = strrchr(one, '@');
	if (at) {
		ret->user = xmemdup0(one, (size_t)(at - one));
		one = at + 1;
	}
	size_t n = strlen(one);
	n -= n && one[n - 1] == '/';
	autofree char *text = xmemdup0(one, n);
	char *host = text, *colon = strrchr(text, ':');
	if (*text == '[' && !strchr(text, ']'))
		return false;
	if (*text == '[') {
		host = text + 1;
		colon = strchr(text, ']');
		*colon++ = '\0';
		colon = *colon == ':' ? colon : NULL;
	} else if (colon && strchr(text, ':') != colon) {
		colon = NULL; /* a bare IPv6 address */
	}
	if (colon && !str_int(colon + 1, 1, 65535, &port))
		return false;
	if (colon)
		*colon = '\0';
	ret->host = xstrdup(host);
	ret->port = (int)port;
	return *host && !(ret->user && !*ret->user);
}

static void
close_session(struct jump *j)
{
	struct session_counters c;

	if (!j->session)
		return;
	session_counters(j->session, &c);
	j->all->closed.logins += c.logins;
	j->all->closed.bytes_in += c.bytes_in;
	j->all->closed.bytes_out += c.bytes_out;
	session_close(take(j->session));
	j->up = false;
}

static void
jump_free(struct jump *j)
{
	close_session(j);
	for (struct jump *other = j->all->first; other; other = other->next) {
		if (other->via == j)
			other->via = NULL;
	}
	*j->prev = j->next;
	if (j->next)
		j->next->prev = j->prev;
	loop_timer_free(j->timer);
	free(j->key);
	free(j->name);
	free(j);
}

static void
on_timer(void *user)
{
	struct jump *j = user;

	if (!j->uses)
		jump_free(j);
}

static void
use_detach(struct jump_use *u)
{
	gate_leave(&u->jump->gate, &u->pass);
	*u->prev = u->next;
	if (u->next)
		u->next->prev = u->prev;
	else
		u->jump->tail = u->prev;
	u->jump = NULL;
}

static void
on_turn(void *user)
{
	struct jump_use *u = user;

	u->want.ready(u->want.user);
}

void
jump_begin(struct jump_use *u)
{
	u->waits = u->jump && !u->jump->up;
	if (u->jump && u->jump->up)
		gate_wait(&u->jump->gate, &u->pass, on_turn, u);
}

/* "bastion: connect: refused" becomes "jump bastion: connect: refused", and after it was up
 * "bastion: session: closed" becomes "jump bastion: session lost: closed". */
static void
explain(const struct jump *j, const struct err *err, struct err *ret)
{
	autofree char *lost = xasprintf("%s: session: ", j->name);

	*ret = *err;
	if (j->up && str_starts(err->text, lost))
		snprintf(ret->text, sizeof(ret->text), "jump %.100s: session lost: %.500s", j->name,
		    err->text + strlen(lost));
	else
		snprintf(ret->text, sizeof(ret->text), "jump %.600s", err->text);
}

static void
on_down(void *user, struct session *s, const struct err *err)
{
	struct jump *j = user;

	(void)s;
	explain(j, err, &j->err);
	struct err why = j->err;
	bool was_up = j->lost = j->up;
	close_session(j);
	loop_timer_start(j->timer, j->lost ? 0 : SORRY_MS);
	while (j->uses) {
		struct jump_use *u = j->uses;

		use_detach(u);
		u->want.lost(u->want.user, &why, was_up);
	}
}

static struct jump_use *
next_waiting(const struct jump *j)
{
	struct jump_use *u = j->uses;

	while (u && !u->waits)
		u = u->next;
	return u;
}

static void
on_up(void *user, struct session *s)
{
	struct jump *j = user;
	struct err err;

	if (!j->all->config.carries(s)) {
		err_set(&err, OUTCOME_REFUSED,
		    "%s: only drover's own SSH can go through it, and it takes ssh(1)", j->name);
		on_down(j, s, &err);
		return;
	}
	j->up = true;
	/* Whoever has a turn may end others: look anew each time. */
	for (struct jump_use *u = next_waiting(j); u; u = next_waiting(j))
		jump_begin(u);
}

static struct jump *
find_jump(const struct jumps *all, const char *key)
{
	struct jump *j = all->first;

	while (j && (j->lost || !str_eq(j->key, key)))
		j = j->next;
	return j;
}

static struct jump *
jump_new(struct jumps *all, const char *key, const struct hop *hop)
{
	static const struct session_listener listener = { .up = on_up, .down = on_down };
	struct jump *j = xcalloc(1, sizeof(*j));
	struct target t = { 0 };

	j->all = all;
	j->key = xstrdup(key);
	j->name = xstrdup(hop->host);
	j->tail = &j->uses;
	gate_init(&j->gate, AT_ONCE);
	j->timer = loop_timer_new(all->config.loop, on_timer, j);
	if (!all->config.find || !all->config.find(all->config.find_user, hop->host, &t))
		t.name = hop->host;
	if (hop->user)
		t.user = hop->user;
	if (hop->port)
		t.port = hop->port;
	if (hop->rest) {
		t.jump = hop->rest;
		t.proxy_command = NULL;
	}
	j->next = all->first;
	j->prev = &all->first;
	if (j->next)
		j->next->prev = &j->next;
	all->first = j;
	j->session = all->config.open(all->config.user, &t, j, &listener);
	return j;
}

/* The way of j leads, sooner or later, through whoever asks for j. */
static int
check_loop(const struct jump *j, const struct jump *asker, struct err *err)
{
	autobuf way = BUF_INIT(400);
	int depth = 0;

	buf_adds(&way, asker->name);
	for (; j && depth < DEPTH_MAX; j = j->via, depth++) {
		buf_addf(&way, " > %s", j->name);
		if (j == asker)
			return err_set(
			    err, OUTCOME_INPUT, "the jump hosts form a loop: %s", buf_text(&way));
	}
	if (j)
		return err_set(err, OUTCOME_INPUT, "more than %d jump hosts on the way", DEPTH_MAX);
	return 0;
}

/* The jump host of that chain: the one there is, or a new one. NULL: err says why not. */
static struct jump *
get_jump(struct jumps *all, const struct jump_want *want, struct err *err)
{
	struct jump *j = find_jump(all, want->chain);
	struct hop hop;

	if (j && !j->session) {
		*err = j->err;
		return NULL;
	}
	if (j)
		return want->asker && check_loop(j, want->asker, err) < 0 ? NULL : j;
	if (read_hop(want->chain, &hop))
		j = jump_new(all, want->chain, &hop);
	else
		err_set(err, OUTCOME_INPUT, "not a jump host: %.200s", want->chain);
	hop_free(&hop);
	return j;
}

struct jump_use *
jump_join(struct jumps *all, const struct jump_want *want, struct err *err)
{
	struct jump *j = get_jump(all, want, err);

	if (!j)
		return NULL;
	struct jump_use *u = xcalloc(1, sizeof(*u));
	if (want->asker)
		want->asker->via = j;
	u->jump = j;
	u->want = *want;
	u->name = xstrdup(j->name);
	u->prev = j->tail;
	*j->tail = u;
	j->tail = &u->next;
	loop_timer_stop(j->timer);
	return u;
}

void
jump_leave(struct jump_use *u)
{
	if (!u)
		return;
	struct jump *j = u->jump;
	if (j) {
		use_detach(u);
		if (!j->uses)
			loop_timer_start(j->timer, j->up ? LINGER_MS : 0);
	}
	free(u->name);
	free(u);
}

void
jump_settled(struct jump_use *u)
{
	if (u->jump)
		gate_leave(&u->jump->gate, &u->pass);
}

struct session *
jump_session(const struct jump_use *u)
{
	return u->jump->session;
}

const char *
jump_name(const struct jump_use *u)
{
	return u->name;
}

struct jumps *
jumps_new(const struct jumps_config *config)
{
	struct jumps *all = xcalloc(1, sizeof(*all));

	all->config = *config;
	return all;
}

void
jumps_free(struct jumps *all)
{
	if (!all)
		return;
	while (all->first) {
		struct jump *j = all->first;

		while (j->uses)
			use_detach(j->uses);
		jump_free(j);
	}
	free(all);
}

void
jumps_counters(const struct jumps *all, struct session_counters *ret)
{
	*ret = all->closed;
	for (const struct jump *j = all->first; j; j = j->next) {
		struct session_counters c = { 0 };

		if (j->session)
			session_counters(j->session, &c);
		ret->logins += c.logins;
		ret->bytes_in += c.bytes_in;
		ret->bytes_out += c.bytes_out;
	}
}
