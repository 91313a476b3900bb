#include "remote/tunnel.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/carrier.h"
#include "remote/message.h"
#include "remote/session_inner.h"

struct tunnel {
	struct tunnel *next, **prev;
	struct session *via; /* NULL: gone */
	uint32_t id;
	char *host;
	struct tunnel_spec spec;
	bool open;
};

static void
leave(struct tunnel *t)
{
	if (!t->via)
		return;
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->via = NULL;
}

static void
carry(const struct session *via, const struct message *m, int fd)
{
	struct carrier *carrier = via->channel_place.carrier;

	if (carrier)
		carrier->kind->send(carrier, m, fd);
	else if (fd >= 0)
		close(fd);
}

static struct tunnel *
add(struct session *via, const struct tunnel_spec *spec)
{
	struct tunnel *t = xcalloc(1, sizeof(*t));

	t->via = via;
	t->id = ++via->next_channel;
	t->spec = *spec;
	t->next = via->tunnels;
	t->prev = &via->tunnels;
	if (t->next)
		t->next->prev = &t->next;
	via->tunnels = t;
	return t;
}

struct tunnel *
tunnel_admit(struct session *via, uint64_t visitor, void (*gone)(void *user), void *user, int fd)
{
	const struct tunnel_spec spec = { .gone = gone, .user = user };
	struct tunnel *t = add(via, &spec);
	struct message m;

	t->open = true;
	message_init(&m, MESSAGE_ADMIT, via->channel_place.session, t->id);
	message_number(&m, FIELD_VISITOR, visitor);
	carry(via, &m, fd);
	return t;
}

struct tunnel *
tunnel_open(struct session *via, const struct tunnel_spec *spec, int fd)
{
	struct tunnel *t = add(via, spec);
	struct message m;

	t->host = xstrdup(spec->host);
	message_init(&m, MESSAGE_FORWARD, via->channel_place.session, t->id);
	message_text(&m, FIELD_HOST, t->host);
	message_number(&m, FIELD_PORT, (uint64_t)spec->port);
	carry(via, &m, fd);
	return t;
}

void
tunnel_free(struct tunnel *t)
{
	struct message m;

	if (!t)
		return;
	if (t->via) {
		message_init(&m, MESSAGE_CANCEL, t->via->channel_place.session, t->id);
		carry(t->via, &m, -1);
	}
	leave(t);
	free(t->host);
	free(t);
}

static void
tell_gone(struct tunnel *t)
{
	if (t->spec.gone)
		t->spec.gone(t->spec.user);
}

/* Before it was open: why not. After: whoever uses it sees the end of its socket. */
static void
got_end(struct tunnel *t, const struct message *m)
{
	struct err err;
	char text[240];

	leave(t);
	if (t->open) {
		tell_gone(t);
		return;
	}
	message_clean(m, FIELD_TEXT, text, sizeof(text));
	err_set(&err, OUTCOME_UNREACHABLE, "%.200s port %d: %s", t->host, t->spec.port, text);
	err.elapsed_ms = (int64_t)message_get(m, FIELD_ELAPSED);
	t->spec.done(t->spec.user, &err);
}

void
tunnel_message(struct session *via, const struct message *m)
{
	struct tunnel *t = via->tunnels;

	while (t && t->id != m->channel)
		t = t->next;
	if (!t)
		return;
	if (m->type == MESSAGE_END) {
		got_end(t, m);
	} else if (m->type == MESSAGE_STARTED && !t->open) {
		t->open = true;
		t->spec.done(t->spec.user, NULL);
	}
}

void
tunnel_orphan(struct session *via)
{
	while (via->tunnels) {
		struct tunnel *t = via->tunnels;

		leave(t);
		tell_gone(t);
	}
}
