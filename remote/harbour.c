#include "remote/harbour.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/forward.h"
#include "remote/message.h"
#include "remote/tune.h"
#include "remote/wire.h"

#include <libssh/libssh.h>
#include <libssh/server.h>

#define LATE_MS  20000 /* for the server to answer */
#define AT_ONCE  64
#define REFUSED  "the server refuses it: the port is taken, or is not for this login to have"
#define UNHEARD  "the server does not answer"
#define UNKNOWN  "which port the server chose was lost among what else it said: name one"
#define TOO_MANY "too many of them on one session"

enum state {
	WAITING,
	ASKING,
	OPEN,
	LEAVING /* to be given up there: nobody waits for it here */
};

struct listener {
	struct listener *next, **prev;
	struct harbour *harbour;
	uint32_t id;
	enum state state;
	char *address;
	int port;
	bool settled; /* of a port the server chooses: what it had to say before was heard */
	bool timed, late, left;
	struct loop_timer *timer;
	int64_t began_us;
};

struct harbour {
	const struct stream_place *place;
	struct forwards *forwards;
	const uint64_t *packets;
	struct listener *first;
	size_t count;
	bool mute; /* an answer did not come: whose the next one is would not be known */
};

static void
say_end(const struct harbour *h, uint32_t id, const char *why)
{
	struct message m;

	message_init(&m, MESSAGE_END, h->place->session, id);
	if (why) {
		message_text(&m, FIELD_KIND, outcome_name(OUTCOME_UNREACHABLE));
		message_text(&m, FIELD_TEXT, why);
	}
	wire_send(h->place->wire, &m, -1);
}

static void
listener_free(struct listener *l)
{
	l->harbour->count--;
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	loop_timer_free(l->timer);
	free(l->address);
	free(l);
}

static void
refuse(struct listener *l, const char *why)
{
	if (!l->left)
		say_end(l->harbour, l->id, why);
	listener_free(l);
}

/* Whoever has something to ask of the server; in the order in which they came. */
static struct listener *
asker(const struct harbour *h)
{
	struct listener *l = h->mute ? NULL : h->first;

	while (l && l->state == OPEN)
		l = l->next;
	return l;
}

static void
opened(struct listener *l, int port)
{
	const struct harbour *h = l->harbour;
	struct message m;

	l->port = port;
	l->state = l->left ? LEAVING : OPEN;
	loop_timer_stop(l->timer);
	l->timed = l->late = false;
	if (l->left)
		return;
	message_init(&m, MESSAGE_STARTED, h->place->session, l->id);
	message_number(&m, FIELD_RTT, (uint64_t)(clock_mono_us() - l->began_us));
	message_number(&m, FIELD_PORT, (uint64_t)port);
	wire_send(h->place->wire, &m, -1);
}

/* False: the answer is to come. A port that the server chose is what libssh finds at the end of the last packet
 * there was, so that it must be the answer. */
static bool
ask(struct listener *l)
{
	const struct harbour *h = l->harbour;
	uint64_t before = *h->packets;
	int port = l->port;

	if (l->state == WAITING)
		l->began_us = clock_mono_us();
	l->state = ASKING;
	int rc = ssh_channel_listen_forward(h->place->ssh, l->address, l->port, &port);
	if (rc == SSH_AGAIN || !tune_is_well(h->place->ssh))
		return false;
	if (rc != SSH_OK)
		refuse(l, REFUSED);
	else if (l->port == 0 && (*h->packets != before + 1 || port < 1 || port > 65535))
		refuse(l, UNKNOWN);
	else
		opened(l, port);
	return true;
}

/* Something is asked that changes nothing: when that is answered, so is all before it. */
static bool
settle(struct listener *l, bool *asked)
{
	if (ssh_channel_cancel_forward(l->harbour->place->ssh, l->address, l->port) == SSH_AGAIN)
		return false;
	/* It was the vigil's answer that was taken, and nothing was asked. */
	if (*asked)
		*asked = false;
	else
		l->settled = true;
	return true;
}

static bool
take_back(struct listener *l)
{
	if (ssh_channel_cancel_forward(l->harbour->place->ssh, l->address, l->port) == SSH_AGAIN)
		return false;
	listener_free(l);
	return true;
}

static bool
step(struct listener *l, bool *asked)
{
	if (l->state != ASKING && (*asked || (l->port == 0 && !l->settled)))
		return settle(l, asked);
	return l->state == LEAVING ? take_back(l) : ask(l);
}

static void
fall_mute(struct harbour *h)
{
	struct listener *next;

	h->mute = true;
	for (struct listener *l = h->first; l; l = next) {
		next = l->next;
		if (l->state != OPEN)
			refuse(l, UNHEARD);
	}
}

void
harbour_step(struct harbour *h, bool *asked)
{
	struct listener *l;

	while ((l = asker(h)) != NULL) {
		if (!l->timed)
			loop_timer_start(l->timer, LATE_MS);
		l->timed = true;
		if (step(l, asked))
			continue;
		if (l->late)
			fall_mute(h);
		return;
	}
}

bool
harbour_asks(const struct harbour *h)
{
	return asker(h) != NULL;
}

bool
harbour_reads_alone(const struct harbour *h)
{
	const struct listener *l = asker(h);

	return l && l->port == 0;
}

bool
harbour_any(const struct harbour *h)
{
	return h->first;
}

/* What it calls the address is what was asked for, or one of those that this stands for. */
static bool
leads_to(const struct listener *l, const char *address)
{
	if (str_eq(l->address, address) || !l->address[0] || str_eq(l->address, "0.0.0.0") ||
	    str_eq(l->address, "::"))
		return true;
	return str_eq(l->address, "localhost") &&
	       (str_eq(address, "127.0.0.1") || str_eq(address, "::1"));
}

static struct listener *
host_of(const struct harbour *h, ssh_message m)
{
	const char *address = ssh_message_channel_request_open_destination(m);
	int port = ssh_message_channel_request_open_destination_port(m);
	struct listener *l = h->first;

	if (ssh_message_type(m) != SSH_REQUEST_CHANNEL_OPEN ||
	    ssh_message_subtype(m) != SSH_CHANNEL_FORWARDED_TCPIP || !address || port == 0)
		return NULL;
	while (l && (l->left || l->state == WAITING || l->port != port || !leads_to(l, address)))
		l = l->next;
	return l;
}

/* Without it, libssh would keep what the server opens, and ever more of it. 1: it answers with a refusal. */
static int
on_opened_there(ssh_session ssh, ssh_message said, void *user)
{
	struct harbour *h = user;
	struct listener *l = host_of(h, said);
	struct message m;

	(void)ssh;
	if (!l || forwards_full(h->forwards))
		return 1;
	ssh_channel channel = ssh_message_channel_request_open_reply_accept(said);
	if (!channel)
		return 0;
	message_init(&m, MESSAGE_VISIT, h->place->session, l->id);
	message_number(&m, FIELD_VISITOR, forwards_visit(h->forwards, channel, l->id));
	wire_send(h->place->wire, &m, -1);
	return 0;
}

static struct listener *
find(const struct harbour *h, uint32_t id)
{
	struct listener *l = h->first;

	while (l && (l->left || l->id != id))
		l = l->next;
	return l;
}

static void
on_late(void *user)
{
	struct listener *l = user;

	l->late = true;
	l->harbour->place->nudge(l->harbour->place->user);
}

static void
begin(struct harbour *h, const struct message *m)
{
	struct listener *l, **at = &h->first;

	if (h->mute || h->count == AT_ONCE) {
		say_end(h, m->channel, h->mute ? UNHEARD : TOO_MANY);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->harbour = h;
	l->id = m->channel;
	l->address = xstrdup(message_string(m, FIELD_ADDRESS));
	l->port = (int)message_get(m, FIELD_PORT);
	l->timer = loop_timer_new(h->place->loop, on_late, l);
	while (*at)
		at = &(*at)->next;
	l->prev = at;
	*at = l;
	h->count++;
}

/* What was asked is answered first. */
static void
leave(struct listener *l)
{
	say_end(l->harbour, l->id, NULL);
	forwards_unlisted(l->harbour->forwards, l->id);
	l->left = true;
	if (l->state == WAITING)
		listener_free(l);
	else if (l->state == OPEN && l->harbour->mute)
		listener_free(l);
	else if (l->state == OPEN)
		l->state = LEAVING;
}

bool
harbour_message(struct harbour *h, const struct message *m)
{
	struct listener *l = find(h, m->channel);

	if (m->type == MESSAGE_LISTEN && !l) {
		begin(h, m);
		return true;
	}
	if (l && m->type == MESSAGE_CANCEL)
		leave(l);
	return l;
}

void
harbour_lost(struct harbour *h, const struct err *why)
{
	for (struct listener *l = h->first; l; l = l->next) {
		if (!l->left)
			say_end(h, l->id, why->text);
	}
}

struct harbour *
harbour_new(const struct stream_place *place, struct forwards *forwards, const uint64_t *packets)
{
	struct harbour *h = xcalloc(1, sizeof(*h));

	h->place = place;
	h->forwards = forwards;
	h->packets = packets;
	ssh_set_message_callback(place->ssh, on_opened_there, h);
	return h;
}

void
harbour_free(struct harbour *h)
{
	if (!h)
		return;
	ssh_set_message_callback(h->place->ssh, NULL, NULL);
	while (h->first)
		listener_free(h->first);
	free(h);
}
