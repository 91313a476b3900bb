#include "remote/agentgate.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "remote/agent.h"
#include "remote/key.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGE_MAX_BYTES ((size_t)64 << 10)
#define KEYS_MAX          16

/* draft-miller-ssh-agent */
enum { FAILURE = 5, REQUEST_IDENTITIES = 11, IDENTITIES_ANSWER = 12, SIGN_REQUEST = 13 };

/* One end of the relay. */
struct side {
	int fd;
	struct loop_io *io;
	struct buf in, out;
};

struct agentgate {
	struct loop *loop;
	char *path;
	const struct key *keys[KEYS_MAX];
	size_t count;
	int64_t limit_ms;
	struct side worker, agent;
	struct agent *opening;
	struct loop_timer *limit;
	bool asking; /* a signature is under way */
};

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
add_number(struct buf *b, size_t n)
{
	const uint8_t raw[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		(uint8_t)n };

	buf_add(b, raw, sizeof(raw));
}

static void
add_string(struct buf *b, const void *p, size_t n)
{
	add_number(b, n);
	buf_add(b, p, n);
}

static void
side_close(struct side *s)
{
	loop_io_free(s->io);
	s->io = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	buf_clear(&s->in);
	buf_clear(&s->out);
}

static void
side_want(struct side *s)
{
	if (s->io)
		loop_io_want(s->io, LOOP_READ | (s->out.len ? LOOP_WRITE : 0U));
}

static void
reply(struct agentgate *g, const void *p, size_t n)
{
	add_string(&g->worker.out, p, n);
	g->asking = false;
	loop_timer_stop(g->limit);
	side_want(&g->worker);
}

/* The worker hears no reason: it has none to know. */
static void
deny(struct agentgate *g)
{
	static const uint8_t no = FAILURE;

	agent_cancel(g->opening);
	g->opening = NULL;
	side_close(&g->agent);
	reply(g, &no, 1);
}

static void
list_keys(struct agentgate *g)
{
	autobuf answer = BUF_INIT(MESSAGE_MAX_BYTES);

	buf_addc(&answer, IDENTITIES_ANSWER);
	add_number(&answer, g->count);
	for (size_t i = 0; i < g->count; i++) {
		add_string(&answer, g->keys[i]->blob, g->keys[i]->blob_len);
		add_string(&answer, "", 0);
	}
	reply(g, answer.data, answer.len);
}

/* The key a request names, if it is one of ours; *ret_rest is what follows it. */
static const struct key *
named_key(const struct agentgate *g, const uint8_t *p, size_t n, size_t *ret_rest)
{
	size_t len = n >= 4 ? number(p) : 0;

	if (n < 4 || len > n - 4)
		return NULL;
	*ret_rest = 4 + len;
	for (size_t i = 0; i < g->count; i++) {
		if (g->keys[i]->blob_len == len && memcmp(g->keys[i]->blob, p + 4, len) == 0)
			return g->keys[i];
	}
	return NULL;
}

/* True when a whole message is in; its length without the four bytes before it. */
static bool
has_message(const struct side *s, size_t *ret)
{
	if (s->in.len < 4)
		return false;
	*ret = number((const uint8_t *)s->in.data);
	return s->in.len - 4 >= *ret;
}

static bool
is_too_long(const struct side *s)
{
	return s->in.len >= 4 && number((const uint8_t *)s->in.data) > MESSAGE_MAX_BYTES - 4;
}

/* False at its end, or at an error. */
static bool
side_read(struct side *s)
{
	char piece[8192];
	ssize_t n = recv(s->fd, piece, sizeof(piece), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_add(&s->in, piece, (size_t)n);
	return n > 0 && !is_too_long(s) && !s->in.dropped;
}

static bool
side_write(struct side *s)
{
	ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_drop(&s->out, (size_t)n);
	side_want(s);
	return true;
}

static void
on_agent(void *user, unsigned events)
{
	struct agentgate *g = user;
	size_t n;

	if (((events & LOOP_WRITE) && g->agent.out.len && !side_write(&g->agent)) ||
	    ((events & LOOP_READ) && !side_read(&g->agent))) {
		if (g->asking)
			deny(g);
		else
			side_close(&g->agent);
		return;
	}
	if (!has_message(&g->agent, &n))
		return;
	if (g->asking)
		reply(g, g->agent.in.data + 4, n);
	buf_drop(&g->agent.in, n + 4);
}

static void
on_opened(void *user, int fd, const struct err *err)
{
	struct agentgate *g = user;

	(void)err;
	g->opening = NULL;
	if (fd < 0) {
		deny(g);
		return;
	}
	g->agent.fd = fd;
	g->agent.io = loop_io_new(g->loop, fd, on_agent, g);
	side_want(&g->agent);
}

/* What follows the key of a request goes on as it is. */
static void
sign(struct agentgate *g, const struct key *key, const uint8_t *rest, size_t n)
{
	const uint8_t *blob = key->by_plain ? key->plain : key->blob;
	size_t len = key->by_plain ? key->plain_len : key->blob_len;

	g->asking = true;
	loop_timer_start(g->limit, g->limit_ms);
	add_number(&g->agent.out, 1 + 4 + len + n);
	buf_addc(&g->agent.out, SIGN_REQUEST);
	add_string(&g->agent.out, blob, len);
	buf_add(&g->agent.out, rest, n);
	if (g->agent.fd >= 0)
		side_want(&g->agent);
	else
		g->opening = agent_open(&(struct agent_spec){ .loop = g->loop,
		    .path = g->path,
		    .timeout_ms = g->limit_ms,
		    .opened = on_opened,
		    .user = g });
}

static void
on_request(struct agentgate *g, const uint8_t *p, size_t n)
{
	size_t at = 0;
	const struct key *key =
	    n > 1 && p[0] == SIGN_REQUEST ? named_key(g, p + 1, n - 1, &at) : NULL;

	if (n == 1 && p[0] == REQUEST_IDENTITIES)
		list_keys(g);
	else if (key)
		sign(g, key, p + 1 + at, n - 1 - at);
	else
		deny(g);
}

static void
on_worker(void *user, unsigned events)
{
	struct agentgate *g = user;
	size_t n;

	if (((events & LOOP_WRITE) && g->worker.out.len && !side_write(&g->worker)) ||
	    ((events & LOOP_READ) && !side_read(&g->worker))) {
		side_close(&g->worker);
		return;
	}
	while (!g->asking && has_message(&g->worker, &n)) {
		on_request(g, (const uint8_t *)g->worker.in.data + 4, n);
		buf_drop(&g->worker.in, n + 4);
	}
}

static void
on_limit(void *user)
{
	deny(user);
}

struct agentgate *
agentgate_new(struct loop *loop, const char *identity_agent, const struct key *const *keys,
    size_t n, int *ret_fd)
{
	const char *path = agent_path(identity_agent);
	size_t held = 0;
	int pair[2];

	*ret_fd = -1;
	for (size_t i = 0; i < n; i++)
		held += !keys[i]->private_text;
	if (!path || !held ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return NULL;
	struct agentgate *g = xcalloc(1, sizeof(*g));
	g->loop = loop;
	g->path = xstrdup(path);
	g->limit_ms = 10000;
	for (size_t i = 0; i < n && g->count < KEYS_MAX; i++) {
		if (!keys[i]->private_text)
			g->keys[g->count++] = keys[i];
	}
	g->limit = loop_timer_new(loop, on_limit, g);
	g->worker = (struct side){ .fd = pair[0],
		.in = BUF_INIT(MESSAGE_MAX_BYTES),
		.out = BUF_INIT(2 * MESSAGE_MAX_BYTES) };
	g->agent = (struct side){
		.fd = -1, .in = BUF_INIT(MESSAGE_MAX_BYTES), .out = BUF_INIT(2 * MESSAGE_MAX_BYTES)
	};
	g->worker.io = loop_io_new(loop, pair[0], on_worker, g);
	side_want(&g->worker);
	*ret_fd = pair[1];
	return g;
}

void
agentgate_limit(struct agentgate *g, int64_t limit_ms)
{
	g->limit_ms = limit_ms;
}

void
agentgate_free(struct agentgate *g)
{
	if (!g)
		return;
	agent_cancel(g->opening);
	side_close(&g->worker);
	side_close(&g->agent);
	buf_fini(&g->worker.in);
	buf_fini(&g->worker.out);
	buf_fini(&g->agent.in);
	buf_fini(&g->agent.out);
	loop_timer_free(g->limit);
	free(g->path);
	free(g);
}
