#include "remote/conn.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/forward.h"
#include "remote/harbour.h"
#include "remote/login.h"
#include "remote/stream.h"
#include "remote/tune.h"
#include "remote/vigil.h"
#include "remote/wire.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <stdarg.h>
#include <string.h>

#define BUDGET  (256U << 10) /* bytes read from one connection before others have their turn */
#define STREAMS 16
#define CHOKE   (1U << 20) /* bytes heard from a host that takes none of ours: no more of them */

enum state { KEX, HOSTKEY, AUTH, UP, DOWN };
enum step { STEP_WAIT, STEP_DONE, STEP_FAIL };

struct conn {
	struct conn_place *place;
	struct stream_place stream_place;
	uint32_t id;
	enum state state;
	ssh_session ssh;
	ssh_event event; /* feeds the session when no stream does */
	struct ssh_counter_struct heard, packets;
	int fd; /* ours, for the loop: libssh closes its own when it likes */
	struct loop_io *io;
	struct loop_timer *limit;
	struct vigil vigil;
	uint64_t took; /* bytes heard when it last took all of ours */
	int64_t began_ms, limit_ms, asked_us;
	struct err err;
	bool early, late, freed, soon;
	char greeting[GREETING_MAX]; /* once it is listened to */
	struct login *login;         /* once the host key is trusted */
	struct stream *streams[STREAMS];
	size_t stream_count;
	bool listens; /* something is to come: silence is watched */
	struct forwards
	    *forwards; /* what it carries for others: a jump host's session, or one with ports */
	struct harbour *harbour;
};

static void advance(struct conn *c);

static void
on_ready(void *user, unsigned events)
{
	(void)events;
	advance(user);
}

static void
on_soon(void *user)
{
	struct conn *c = user;

	c->soon = false;
	if (c->freed)
		conn_free(c);
	else
		advance(c);
}

/* Call advance() later: never from inside a stream, a timer or a callback of libssh. */
static void
nudge(void *user)
{
	struct conn *c = user;

	if (c->soon)
		return;
	c->soon = true;
	loop_soon(c->place->loop, on_soon, c);
}

static void
on_limit(void *user)
{
	struct conn *c = user;

	c->late = true;
	nudge(c);
}

static const char *
phase_of(const struct conn *c)
{
	static const char *const names[] = { "key exchange", "host key", "login", "session", "" };

	return c->state == KEX && !ssh_get_serverbanner(c->ssh) ? "banner" : names[c->state];
}

__attribute__((format(printf, 3, 4))) static enum step
fail(struct conn *c, enum outcome kind, const char *fmt, ...)
{
	char text[sizeof(c->err.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&c->err, kind, "%s", text);
	str_copy(c->err.phase, sizeof(c->err.phase), phase_of(c));
	c->err.elapsed_ms = clock_mono_ms() - c->began_ms;
	return STEP_FAIL;
}

/* Why libssh gave up, in words of ours where it has none or bad ones. */
static enum step
fail_by_libssh(struct conn *c)
{
	char text[500];
	int64_t silence = vigil_silence_ms(&c->vigil);

	tune_explain(c->ssh, text, sizeof(text));
	if (!ssh_get_serverbanner(c->ssh))
		greeting_add(text, sizeof(text), c->greeting);
	if (c->state == UP && c->stream_count && silence >= 1000)
		return fail(c, OUTCOME_UNREACHABLE, "%s; last heard %.1f s before", text,
		    (double)silence / 1000);
	return fail(c, OUTCOME_UNREACHABLE, "%s", text);
}

static enum step
fail_by_time(struct conn *c)
{
	return fail(c, OUTCOME_UNREACHABLE, "%s for %.1f s",
	    c->heard.in_bytes ? "not done" : "nothing heard", (double)c->limit_ms / 1000);
}

static enum step
step_kex(struct conn *c)
{
	struct tune_ear ear = { .heard = "" };
	char text[240];

	/* Only once servers have closed without a word: listening costs time. */
	if (c->place->doubts)
		tune_listen(&ear);
	int rc = ssh_connect(c->ssh);
	if (c->place->doubts)
		tune_listen(NULL);
	/* libssh has put the socket back to blocking. */
	fcntl(c->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (ear.greeting[0] && !c->greeting[0])
		str_copy(c->greeting, sizeof(c->greeting), ear.greeting);
	if (rc == SSH_AGAIN && tune_is_well(c->ssh))
		return c->late ? fail_by_time(c) : STEP_WAIT;
	if (rc == SSH_OK)
		return STEP_DONE;
	if (tune_heard(&ear, text, sizeof(text)))
		return fail(c, OUTCOME_UNREACHABLE, "%s", text);
	c->early = tune_closed_early(c->ssh);
	c->place->doubts = c->place->doubts || c->early;
	return fail_by_libssh(c);
}

static enum step
tell_hostkey(struct conn *c)
{
	unsigned char *blob = NULL;
	size_t len = 0;
	struct message m;
	ssh_key key = NULL;

	if (ssh_get_server_publickey(c->ssh, &key) != SSH_OK || tune_blob(key, &blob, &len) < 0) {
		ssh_key_free(key);
		return fail(c, OUTCOME_REFUSED, "the server's host key cannot be read");
	}
	message_init(&m, MESSAGE_HOSTKEY, c->id, 0);
	message_bytes(&m, FIELD_BLOB, blob, len);
	message_text(&m, FIELD_TYPE, ssh_key_type_to_char(ssh_key_type(key)));
	wire_send(c->place->wire, &m, -1);
	free(blob);
	ssh_key_free(key);
	return STEP_WAIT;
}

static enum step
step_hostkey(struct conn *c)
{
	return c->login ? STEP_DONE : STEP_WAIT;
}

static enum step
step_auth(struct conn *c)
{
	struct err why;
	enum login_got got = login_step(c->login, &why);

	if (login_in_lane(c->login))
		return STEP_WAIT;
	if (login_is_asking(c->login)) {
		loop_timer_stop(c->limit);
		c->late = false;
	}
	if (got == LOGIN_WAITS)
		return c->late ? fail_by_time(c) : STEP_WAIT;
	return got == LOGIN_DONE ? STEP_DONE : fail(c, why.kind, "%s", why.text);
}

static void
drop_stream(struct conn *c, size_t i)
{
	stream_free(c->streams[i]);
	c->streams[i] = c->streams[--c->stream_count];
}

/* One round over the streams; true when another may find something. */
static bool
round_of_streams(struct conn *c, size_t *budget, bool *ret_broken)
{
	bool moved = false;

	for (size_t i = 0; i < c->stream_count;) {
		enum stream_got got = stream_step(c->streams[i], budget);

		if (got == STREAM_BROKEN) {
			*ret_broken = true;
			return false;
		}
		moved |= got != STREAM_WAITS;
		if (got == STREAM_GONE)
			drop_stream(c, i);
		else
			i++;
	}
	return moved;
}

static bool
carries(const struct conn *c)
{
	return forwards_any(c->forwards) || harbour_any(c->harbour);
}

static bool
all_stalled(const struct conn *c)
{
	for (size_t i = 0; i < c->stream_count; i++) {
		if (!stream_stalled(c->streams[i]))
			return false;
	}
	return c->stream_count > 0 && !carries(c);
}

/* Whether silence is to be watched; from when on. */
static bool
listens(struct conn *c)
{
	bool before = c->listens;

	c->listens = carries(c);
	for (size_t i = 0; i < c->stream_count && !c->listens; i++)
		c->listens = stream_listens(c->streams[i]);
	if (c->listens && !before)
		vigil_begin(&c->vigil, c->heard.in_bytes);
	return c->listens;
}

static bool
any_writable(const struct conn *c)
{
	for (size_t i = 0; i < c->stream_count; i++) {
		if (stream_writable(c->streams[i]))
			return true;
	}
	return false;
}

/* A stream that has seen the end of its output reads no more, and the status is to come; what is
 * carried for others is read here alone, four kilobytes at a time. */
static void
feed(struct conn *c)
{
	uint64_t begin = c->heard.in_bytes, before;

	do {
		before = c->heard.in_bytes;
		ssh_event_dopoll(c->event, 0);
	} while (carries(c) && c->heard.in_bytes > before && c->heard.in_bytes - begin < BUDGET);
}

static enum step
step_up(struct conn *c)
{
	size_t budget = BUDGET;
	bool broken = false, moved = true;

	harbour_step(c->harbour, &c->vigil.asked);
	if (harbour_reads_alone(c->harbour))
		return tune_is_well(c->ssh) ? STEP_WAIT : fail_by_libssh(c);
	feed(c);
	while (moved && budget > 0 && !broken)
		moved = round_of_streams(c, &budget, &broken);
	if (!broken && tune_is_well(c->ssh))
		forwards_step(c->forwards);
	if (broken || !tune_is_well(c->ssh))
		return fail_by_libssh(c);
	if (all_stalled(c) || harbour_asks(c->harbour))
		vigil_pause(&c->vigil, c->heard.in_bytes);
	if (listens(c) && !vigil_step(&c->vigil, c->ssh, c->heard.in_bytes))
		return fail(c, OUTCOME_UNREACHABLE, "nothing heard for %.1f s",
		    (double)vigil_silence_ms(&c->vigil) / 1000);
	if (moved || any_writable(c))
		nudge(c);
	return STEP_WAIT;
}

static enum step (*const steps[])(struct conn *) = {
	[KEX] = step_kex,
	[HOSTKEY] = step_hostkey,
	[AUTH] = step_auth,
	[UP] = step_up,
};

static void
tell_up(struct conn *c)
{
	struct message m;

	c->event = ssh_event_new();
	if (!c->event || ssh_event_add_session(c->event, c->ssh) != SSH_OK)
		mem_abort("libssh gives no event");
	message_init(&m, MESSAGE_UP, c->id, 0);
	wire_send(c->place->wire, &m, -1);
}

static void
go_down(struct conn *c)
{
	struct message m;
	char wanted_proofs[100];

	login_wanted(c->login, wanted_proofs, sizeof(wanted_proofs));
	for (size_t i = 0; i < c->stream_count; i++)
		stream_lost(c->streams[i], &c->err);
	forwards_lost(c->forwards, &c->err);
	harbour_lost(c->harbour, &c->err);
	message_init(&m, MESSAGE_DOWN, c->id, 0);
	message_text(&m, FIELD_KIND, outcome_name(c->err.kind));
	message_text(&m, FIELD_TEXT, c->err.text);
	message_text(&m, FIELD_PHASE, c->err.phase);
	message_number(&m, FIELD_ELAPSED, (uint64_t)c->err.elapsed_ms);
	if (c->early)
		message_number(&m, FIELD_EARLY, 1);
	if (*wanted_proofs)
		message_text(&m, FIELD_PROOFS, wanted_proofs);
	wire_send(c->place->wire, &m, -1);
	c->place->gone(c->place->user, c);
}

/* The only place where the state changes. */
static void
enter(struct conn *c, enum state state)
{
	c->state = state;
	c->began_ms = clock_mono_ms();
	loop_timer_stop(c->limit);
	c->late = false;
	if (state == HOSTKEY && tell_hostkey(c) == STEP_FAIL)
		c->state = DOWN;
	if (state == AUTH)
		loop_timer_start(c->limit, c->limit_ms);
	if (state == UP)
		tell_up(c);
}

/* Whoever asks without end and reads no answer would fill our memory with answers. */
static bool
is_choked(struct conn *c, bool pending)
{
	if (!pending)
		c->took = c->heard.in_bytes;
	return c->heard.in_bytes - c->took > CHOKE;
}

static unsigned
wanted(struct conn *c)
{
	if (login_in_lane(c->login) || c->state == HOSTKEY)
		return 0;
	unsigned want = ssh_get_poll_flags(c->ssh) & SSH_WRITE_PENDING ? LOOP_WRITE : 0;
	return is_choked(c, want != 0) || all_stalled(c) ? want : want | LOOP_READ;
}

static void
advance(struct conn *c)
{
	if (login_in_lane(c->login))
		return;
	while (c->state < DOWN) {
		enum step got = steps[c->state](c);

		if (got == STEP_WAIT)
			break;
		enter(c, got == STEP_DONE ? c->state + 1 : DOWN);
	}
	if (c->state == DOWN)
		go_down(c);
	else
		loop_io_want(c->io, wanted(c));
}

struct conn *
conn_new(struct conn_place *place, const struct message *open, int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->place = place;
	c->id = open->session;
	c->limit_ms = (int64_t)message_get(open, FIELD_TIMEOUT);
	c->began_ms = clock_mono_ms();
	c->limit = loop_timer_new(place->loop, on_limit, c);
	loop_timer_start(c->limit, c->limit_ms);
	c->vigil.nudge = nudge;
	c->vigil.user = c;
	vigil_init(&c->vigil, place->loop, place->wire, open);
	c->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	c->ssh = tune_session(fd, message_string(open, FIELD_ADDRESS),
	    &(struct tune_offer){ .host_keys = message_string(open, FIELD_ALGORITHMS),
		.kex = message_string(open, FIELD_KEX),
		.ciphers = message_string(open, FIELD_CIPHERS),
		.macs = message_string(open, FIELD_MACS),
		.signatures = message_string(open, FIELD_SIGNATURES),
		.rsa_bits = (int)message_get(open, FIELD_BITS) });
	if (c->fd < 0 || !c->ssh)
		mem_abort("a session cannot be made: out of descriptors or memory");
	ssh_set_counters(c->ssh, &c->heard, &c->packets);
	c->stream_place = (struct stream_place){ .ssh = c->ssh,
		.loop = place->loop,
		.wire = place->wire,
		.session = c->id,
		.nudge = nudge,
		.user = c };
	c->forwards = forwards_new(&c->stream_place);
	c->harbour = harbour_new(&c->stream_place, c->forwards, &c->packets.in_packets);
	c->io = loop_io_new(place->loop, c->fd, on_ready, c);
	loop_io_want(c->io, LOOP_READ | LOOP_WRITE);
	return c;
}

void
conn_free(struct conn *c)
{
	if (!c)
		return;
	if (!c->freed) {
		loop_io_free(c->io);
		loop_timer_free(c->limit);
		vigil_fini(&c->vigil);
	}
	c->freed = true;
	if (login_in_lane(c->login) || c->soon)
		return; /* comes back when they are done */
	while (c->stream_count)
		drop_stream(c, 0);
	harbour_free(c->harbour);
	forwards_free(c->forwards);
	if (c->event) {
		ssh_event_remove_session(c->event, c->ssh);
		ssh_event_free(c->event);
	}
	login_free(c->login);
	ssh_free(c->ssh);
	close(c->fd);
	free(c);
}

uint32_t
conn_id(const struct conn *c)
{
	return c->id;
}

static void
on_ask(void *user, const struct message *m)
{
	struct conn *c = user;

	wire_send(c->place->wire, m, -1);
}

static void
on_back(void *user)
{
	struct conn *c = user;

	if (c->freed)
		conn_free(c);
	else
		advance(c);
}

static bool
begin_login(struct conn *c, const struct message *m, int fd)
{
	struct login_spec spec = { .ssh = c->ssh,
		.session = c->id,
		.keys = c->place->keys,
		.lane = c->place->lane,
		.ask = on_ask,
		.back = on_back,
		.user = c };

	if (c->state != HOSTKEY || c->login)
		return false;
	c->limit_ms = (int64_t)message_get(m, FIELD_TIMEOUT);
	c->login = login_new(&spec, m, fd);
	return c->login != NULL;
}

static bool
answer_login(struct conn *c, const struct message *m)
{
	if (c->state != AUTH || !login_answer(c->login, m))
		return false;
	loop_timer_start(c->limit, c->limit_ms);
	return true;
}

static bool
to_session(struct conn *c, const struct message *m, int fd)
{
	if (m->type == MESSAGE_ANSWER)
		return answer_login(c, m);
	return m->type == MESSAGE_LOGIN && begin_login(c, m, fd);
}

static void
refuse_stream(struct conn *c, uint32_t channel, const char *why)
{
	struct message m;

	message_init(&m, MESSAGE_END, c->id, channel);
	message_text(&m, FIELD_KIND, outcome_name(OUTCOME_UNREACHABLE));
	message_text(&m, FIELD_TEXT, why);
	wire_send(c->place->wire, &m, -1);
}

static bool
to_stream(struct conn *c, const struct message *m)
{
	if (m->type == MESSAGE_EXEC) {
		if (c->state != UP)
			refuse_stream(c, m->channel, "the session is not up");
		else if (c->stream_count == STREAMS)
			refuse_stream(c, m->channel, "too many commands at once on one session");
		else
			c->streams[c->stream_count++] = stream_new(&c->stream_place, m);
		if (c->stream_count == 1) {
			vigil_begin(&c->vigil, c->heard.in_bytes);
			c->listens = true;
		}
		return true;
	}
	for (size_t i = 0; i < c->stream_count; i++) {
		if (stream_id(c->streams[i]) == m->channel)
			return stream_message(c->streams[i], m);
	}
	return true; /* it ended meanwhile */
}

bool
conn_message(struct conn *c, const struct message *m, int fd)
{
	bool carried =
	    m->channel && (forwards_message(c->forwards, m, fd) || harbour_message(c->harbour, m));
	bool good = carried || (m->channel ? to_stream(c, m) : to_session(c, m, fd));

	if (good)
		nudge(c);
	return good;
}

void
conn_resume(struct conn *c)
{
	nudge(c);
}
