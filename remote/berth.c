#include "remote/berth.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/carrier.h"
#include "remote/dial.h"
#include "remote/message.h"
#include "remote/session_inner.h"
#include "remote/tunnel.h"

#define AT_ONCE 256

struct visit {
	struct berth *berth;
	struct visit *next, **prev;
	uint64_t visitor;
	struct dial_try *dial;
	struct tunnel *tunnel;
	struct loop_timer *timer; /* it is over; NULL: not yet */
};

struct berth {
	struct berth *next, **prev;
	struct session *via; /* NULL: gone */
	struct loop *loop;
	uint32_t id;
	struct berth_spec spec;
	char *host;
	bool told;
	struct visit *first;
	size_t count;
};

static void
drop(struct visit *v)
{
	*v->prev = v->next;
	if (v->next)
		v->next->prev = v->prev;
	v->berth->count--;
	if (v->dial)
		dial_cancel(v->dial);
	tunnel_free(v->tunnel);
	loop_timer_free(v->timer);
	free(v);
}

static void
on_over(void *user)
{
	drop(user);
}

/* Behind whoever called. */
static void
drop_soon(void *user)
{
	struct visit *v = user;

	if (v->timer)
		return;
	v->timer = loop_timer_new(v->berth->loop, on_over, v);
	loop_timer_start(v->timer, 0);
}

static void
leave(struct berth *b)
{
	if (!b->via)
		return;
	*b->prev = b->next;
	if (b->next)
		b->next->prev = b->prev;
	b->via = NULL;
}

static void
carry(const struct berth *b, const struct message *m)
{
	struct carrier *carrier = b->via->channel_place.carrier;

	if (carrier)
		carrier_send(carrier, m);
}

static void
dismiss(const struct berth *b, uint64_t visitor)
{
	struct message m;

	message_init(&m, MESSAGE_DISMISS, b->via->channel_place.session, b->id);
	message_number(&m, FIELD_VISITOR, visitor);
	carry(b, &m);
}

static void
on_connected(void *user, int fd, const char *address, const struct err *err)
{
	struct visit *v = user;
	struct berth *b = v->berth;
	char text[500];

	(void)address;
	v->dial = NULL;
	if (!b->via) {
		if (fd >= 0)
			close(fd);
		drop_soon(v);
	} else if (fd >= 0) {
		v->tunnel = tunnel_admit(b->via, v->visitor, drop_soon, v, fd);
	} else {
		snprintf(text, sizeof(text), "port %d there, which leads to %.200s port %d: %.200s",
		    b->spec.port, b->host, b->spec.to, err->text);
		dismiss(b, v->visitor);
		drop_soon(v);
		b->spec.failed(b->spec.user, text);
	}
}

static void
on_visit(struct berth *b, uint64_t visitor)
{
	struct dial_spec spec = {
		.host = b->host, .port = b->spec.to, .family = AF_UNSPEC, .done = on_connected
	};

	if (b->count == AT_ONCE) {
		dismiss(b, visitor);
		return;
	}
	struct visit *v = xcalloc(1, sizeof(*v));
	*v = (struct visit){ .berth = b, .visitor = visitor, .next = b->first, .prev = &b->first };
	if (v->next)
		v->next->prev = &v->next;
	b->first = v;
	b->count++;
	spec.user = v;
	v->dial = dial_start(b->spec.dial, &spec);
}

static void
tell(struct berth *b, int port, const struct err *err)
{
	if (b->told)
		return;
	b->told = true;
	if (!err)
		b->spec.port = port;
	b->spec.done(b->spec.user, port, err);
}

static void
got_end(struct berth *b, const char *why)
{
	struct err err;

	leave(b);
	err_set(&err, OUTCOME_UNREACHABLE, "port %d there cannot be listened on: %.300s",
	    b->spec.port, why);
	tell(b, 0, &err);
}

void
berth_message(struct session *via, const struct message *m)
{
	struct berth *b = via->berths;
	uint64_t port = message_get(m, FIELD_PORT);
	char text[400];

	while (b && b->id != m->channel)
		b = b->next;
	if (!b)
		return;
	if (m->type == MESSAGE_END) {
		message_clean(m, FIELD_TEXT, text, sizeof(text));
		got_end(b, text);
	} else if (m->type == MESSAGE_VISIT) {
		on_visit(b, message_get(m, FIELD_VISITOR));
	} else if (m->type == MESSAGE_STARTED) {
		tell(b, port <= 65535 ? (int)port : 0, NULL);
	}
}

void
berth_orphan(struct session *via)
{
	while (via->berths)
		got_end(via->berths, "the connection is gone");
}

struct berth *
berth_open(struct session *via, const struct berth_spec *spec)
{
	struct berth *b = xcalloc(1, sizeof(*b));
	const char *address = spec->address ? spec->address : "localhost";
	struct message m;

	b->via = via;
	b->loop = spec->loop;
	b->id = ++via->next_channel;
	b->spec = *spec;
	b->host = xstrdup(spec->host);
	b->spec.address = b->spec.host = NULL;
	b->next = via->berths;
	b->prev = &via->berths;
	if (b->next)
		b->next->prev = &b->next;
	via->berths = b;
	message_init(&m, MESSAGE_LISTEN, via->channel_place.session, b->id);
	message_text(&m, FIELD_ADDRESS, str_eq(address, "*") ? "" : address);
	message_number(&m, FIELD_PORT, (uint64_t)spec->port);
	carry(b, &m);
	return b;
}

void
berth_free(struct berth *b)
{
	struct message m;

	if (!b)
		return;
	while (b->first)
		drop(b->first);
	if (b->via) {
		message_init(&m, MESSAGE_CANCEL, b->via->channel_place.session, b->id);
		carry(b, &m);
	}
	leave(b);
	free(b->host);
	free(b);
}
