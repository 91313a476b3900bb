#include "remote/mux.h"

#include "base/buf.h"
#include "remote/porter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define VERSION   4
#define REPLY_MAX 65536

#define FROM_THERE 2 /* a forwarding that listens there: -R */

enum type {
	HELLO = 0x00000001,
	NEW_SESSION = 0x10000002,
	OPEN_FORWARD = 0x10000006,
	NEW_STDIO_FORWARD = 0x10000008,
	DONE = (int)0x80000001,
	PERMISSION_DENIED = (int)0x80000002,
	FAILURE = (int)0x80000003,
	EXIT_MESSAGE = (int)0x80000004,
	SESSION_OPENED = (int)0x80000006,
	REMOTE_PORT = (int)0x80000007,
	TTY_ALLOC_FAIL = (int)0x80000008
};

static void
add_number(struct buf *to, uint32_t n)
{
	uint8_t bytes[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		(uint8_t)n };

	buf_add(to, bytes, sizeof(bytes));
}

static void
add_text(struct buf *to, const char *s)
{
	add_number(to, (uint32_t)strlen(s));
	buf_adds(to, s);
}

static void
add_packet(struct buf *to, const struct buf *packet)
{
	add_number(to, (uint32_t)packet->len);
	buf_add(to, packet->data, packet->len);
}

static void
greet(struct buf *to)
{
	add_number(to, 8);
	add_number(to, HELLO);
	add_number(to, VERSION);
}

void
mux_ask_forward(struct buf *to, const char *host, int port)
{
	autobuf packet = BUF_INIT(to->max);

	greet(to);
	add_number(&packet, NEW_STDIO_FORWARD);
	add_number(&packet, 0); /* our number for the request */
	add_text(&packet, "");
	add_text(&packet, host);
	add_number(&packet, (uint32_t)port);
	add_packet(to, &packet);
}

void
mux_ask_listen(struct buf *to, const char *address, int port, const char *host, int to_port)
{
	autobuf packet = BUF_INIT(to->max);

	greet(to);
	add_number(&packet, OPEN_FORWARD);
	add_number(&packet, 0); /* our number for the request */
	add_number(&packet, FROM_THERE);
	add_text(&packet, address ? address : "");
	add_number(&packet, (uint32_t)port);
	add_text(&packet, host);
	add_number(&packet, (uint32_t)to_port);
	add_packet(to, &packet);
}

void
mux_ask(struct buf *to, const struct porter_order *o)
{
	autobuf packet = BUF_INIT(to->max);

	greet(to);
	add_number(&packet, NEW_SESSION);
	add_number(&packet, 0); /* our number for the request */
	add_text(&packet, "");
	add_number(&packet, o->terminal != NULL);
	add_number(&packet, 0);          /* no X11 */
	add_number(&packet, 0);          /* no agent */
	add_number(&packet, 0);          /* no subsystem */
	add_number(&packet, UINT32_MAX); /* no escape character */
	add_text(&packet, o->terminal ? o->terminal : "");
	add_text(&packet, o->command);
	for (size_t i = 0; i < o->env_len; i += strlen(o->env + i) + 1)
		add_text(&packet, o->env + i);
	add_packet(to, &packet);
}

static uint32_t
number_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
read_text(const uint8_t *p, size_t n, struct mux_reply *ret)
{
	size_t len = n >= 4 ? number_at(p) : 0, i;

	for (i = 0; n >= 4 && i < len && i < n - 4 && i + 1 < sizeof(ret->text); i++)
		ret->text[i] = p[4 + i] >= ' ' && p[4 + i] <= '~' ? (char)p[4 + i] : '?';
	ret->text[i] = '\0';
}

long
mux_read(const void *bytes, size_t n, struct mux_reply *ret)
{
	const uint8_t *p = bytes;
	size_t len = n >= 4 ? number_at(p) : 0;

	if (n < 4 || (len <= REPLY_MAX && n < 4 + len))
		return 0;
	if (len < 8 || len > REPLY_MAX)
		return -1;
	*ret = (struct mux_reply){ .word = MUX_OTHER };
	switch ((enum type)number_at(p + 4)) {
	case HELLO:
		if (number_at(p + 8) != VERSION)
			return -1;
		ret->word = MUX_HELLO;
		break;
	case DONE:
		ret->word = MUX_DONE;
		break;
	case SESSION_OPENED:
		ret->word = MUX_OPENED;
		break;
	case PERMISSION_DENIED:
	case FAILURE:
		ret->word = MUX_REFUSED;
		read_text(p + 12, len - 8, ret);
		break;
	case TTY_ALLOC_FAIL:
		ret->word = MUX_NO_TERMINAL;
		break;
	case REMOTE_PORT:
	case EXIT_MESSAGE:
		if (len < 12)
			return -1;
		ret->word = (enum type)number_at(p + 4) == EXIT_MESSAGE ? MUX_EXIT : MUX_PORT;
		ret->status = number_at(p + 12);
		break;
	case NEW_SESSION:
	case OPEN_FORWARD:
	case NEW_STDIO_FORWARD:
		return -1;
	}
	return (long)(4 + len);
}

enum mux_heard
mux_hear(int fd, struct buf *in, bool (*told)(void *user, const struct mux_reply *r), void *user)
{
	struct mux_reply r;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	bool more = true;
	long used = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return MUX_GOES_ON;
	if (n <= 0)
		return MUX_GONE;
	buf_add(in, bytes, (size_t)n);
	while (more && (used = mux_read(in->data, in->len, &r)) > 0) {
		buf_drop(in, (size_t)used);
		more = told(user, &r);
	}
	return used < 0 ? MUX_GARBLED : MUX_GOES_ON;
}
