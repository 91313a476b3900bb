#include "remote/route.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/dial.h"
#include "remote/jump.h"
#include "remote/proxy.h"
#include "remote/sshanswer.h"
#include "remote/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

struct route {
	struct route_place place;
	struct route_spec spec;
	const char *command; /* NULL: no proxy command */
	const char *way;     /* the chain or the command */
	struct jump_use *jump;
	struct dial_try *dialling;
	struct proxy *proxy;
	struct tunnel *tunnel;
	struct loop_timer *timer;
	struct err err; /* kind set: why it cannot be begun */
	int fd;         /* of the tunnel or the proxy, until done() */
	int64_t timeout_ms, began;
	char through[160];
};

/* The inventory's word, else ssh_config's, and "none" of the one also silences the other. */
static int
choose(
    const struct route_spec *spec, const char **ret_jump, const char **ret_command, struct err *err)
{
	const char *jump = spec->jump, *command = spec->proxy_command;
	bool no_jump = jump && str_eq(jump, "none"),
	     no_command = command && str_eq(command, "none");

	*ret_jump = *ret_command = NULL;
	if (jump && command && !no_jump && !no_command)
		return err_set(
		    err, OUTCOME_INPUT, "the inventory gives both a jump host and a proxy command");
	if (jump || command) {
		*ret_jump = no_jump ? NULL : jump;
		*ret_command = no_command ? NULL : command;
		return 0;
	}
	*ret_jump = spec->conf->proxy_jump;
	*ret_command = *ret_jump ? NULL : spec->conf->proxy_command;
	return 0;
}

static void
on_jump_ready(void *user)
{
	struct route *r = user;

	r->spec.ready(r->spec.user);
}

static void
on_jump_lost(void *user, const struct err *err, bool was_up)
{
	struct route *r = user;

	r->spec.lost(r->spec.user, err, was_up);
}

struct route *
route_new(const struct route_place *place, const struct route_spec *spec, struct err *err)
{
	const char *chain, *command;
	struct jump_use *use = NULL;

	if (choose(spec, &chain, &command, err) < 0)
		return NULL;
	struct route *r = xcalloc(1, sizeof(*r));
	if (chain) {
		struct jump_want want = { .chain = chain,
			.asker = spec->asker,
			.ready = on_jump_ready,
			.lost = on_jump_lost,
			.user = r };

		use = jump_join(place->jumps, &want, err);
		if (!use) {
			free(r);
			return NULL;
		}
		snprintf(r->through, sizeof(r->through), "jump %.100s", jump_name(use));
	} else if (command) {
		str_copy(r->through, sizeof(r->through), "proxy command");
	}
	r->place = *place;
	r->spec = *spec;
	r->command = command;
	r->way = chain ? chain : command;
	r->jump = use;
	r->fd = -1;
	return r;
}

void
route_free(struct route *r)
{
	if (!r)
		return;
	dial_cancel(r->dialling);
	proxy_end(r->proxy);
	tunnel_free(r->tunnel);
	jump_leave(r->jump);
	loop_timer_free(r->timer);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

void
route_begin(struct route *r)
{
	if (r->jump)
		jump_begin(r->jump);
	else
		r->spec.ready(r->spec.user);
}

bool
route_waits(const struct route *r)
{
	return r->jump;
}

const char *
route_through(const struct route *r)
{
	return r->through;
}

void
route_settled(struct route *r)
{
	if (r && r->jump)
		jump_settled(r->jump);
}

static void
on_dialled(void *user, int fd, const char *address, const struct err *err)
{
	struct route *r = user;

	r->dialling = NULL;
	r->spec.done(r->spec.user, fd, address, err);
}

static void
on_resolved(void *user, struct dial_try *t, const char *address)
{
	struct route *r = user;
	autofree char *door = xasprintf("%s %d", address, r->spec.conf->port);

	(void)t;
	r->spec.found(r->spec.user, door);
}

/* The timeout is known when connecting begins. */
static void
dial(struct route *r)
{
	const struct sshconf_host *conf = r->spec.conf;
	struct dial_spec spec = { .host = conf->hostname,
		.port = conf->port,
		.family = conf->family,
		.bind_address = conf->bind_address,
		.bind_interface = conf->bind_interface,
		.resolved = on_resolved,
		.done = on_dialled,
		.user = r };

	r->dialling = dial_start(r->place.dial, &spec);
}

/* Behind a jump host or a program nobody here looks the name up. */
static void
on_known(void *user)
{
	struct route *r = user;
	const struct sshconf_host *conf = r->spec.conf;
	autofree char *door = xasprintf("%s %d %s", conf->hostname, conf->port, r->way);

	loop_timer_free(take(r->timer));
	r->spec.found(r->spec.user, door);
}

void
route_find(struct route *r)
{
	if (!r->jump && !r->command) {
		dial(r);
		return;
	}
	r->timer = loop_timer_new(r->place.loop, on_known, r);
	loop_timer_start(r->timer, 0);
}

static void
finish(struct route *r, struct err *err)
{
	int fd = r->fd;

	loop_timer_free(take(r->timer));
	if (!err) {
		r->fd = -1;
		r->spec.done(r->spec.user, fd, r->spec.conf->hostname, NULL);
		return;
	}
	if (!str_eq(err->phase, "banner"))
		str_copy(err->phase, sizeof(err->phase), "connect");
	r->spec.done(r->spec.user, -1, "", err);
}

/* What route_connect() knew at once. */
static void
on_soon(void *user)
{
	struct route *r = user;
	struct err err = r->err;

	finish(r, err.kind ? &err : NULL);
}

static void
finish_soon(struct route *r)
{
	r->timer = loop_timer_new(r->place.loop, on_soon, r);
	loop_timer_start(r->timer, 0);
}

static void
start_proxy(struct route *r)
{
	const struct sshconf_host *conf = r->spec.conf;
	struct proxy_spec spec = { .command = r->command,
		.name = r->spec.name,
		.host = conf->hostname,
		.user = conf->user,
		.port = conf->port };

	r->proxy = proxy_start(r->place.proxies, &spec, &r->fd, &r->err);
	finish_soon(r);
}

static void
on_tunnel(void *user, const struct err *err)
{
	struct route *r = user;
	struct err why;

	if (!err) {
		finish(r, NULL);
		return;
	}
	why = *err;
	err_wrap(&why, "through %s", r->through);
	finish(r, &why);
}

static void
on_tunnel_late(void *user)
{
	struct route *r = user;
	struct err err;

	err_set(&err, OUTCOME_UNREACHABLE, "through %s: %.100s port %d: no answer after %.1f s",
	    r->through, r->spec.conf->hostname, r->spec.conf->port, (double)r->timeout_ms / 1000);
	err.elapsed_ms = r->timeout_ms;
	tunnel_free(take(r->tunnel));
	finish(r, &err);
}

static void
start_tunnel(struct route *r)
{
	struct tunnel_spec spec = { .host = r->spec.conf->hostname,
		.port = r->spec.conf->port,
		.done = on_tunnel,
		.user = r };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		err_errno(&r->err, "no way through %s", r->through);
		r->err.kind = OUTCOME_UNREACHABLE;
		finish_soon(r);
		return;
	}
	r->fd = pair[0];
	r->timer = loop_timer_new(r->place.loop, on_tunnel_late, r);
	loop_timer_start(r->timer, r->timeout_ms);
	r->tunnel = tunnel_open(jump_session(r->jump), &spec, pair[1]);
}

void
route_connect(struct route *r, int64_t timeout_ms)
{
	r->timeout_ms = timeout_ms;
	if (r->jump)
		start_tunnel(r);
	else if (r->command)
		start_proxy(r);
	else
		dial_go(r->dialling, timeout_ms);
}

void
route_last_words(
    struct route *r, void (*told)(void *user, const char *why, bool failed), void *user)
{
	if (r && r->proxy)
		proxy_last_words(r->proxy, told, user);
	else
		told(user, "", false);
}
