#include "engine/socks.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <string.h>

enum { CONNECT = 1, IPV4 = 1, NAME = 3, IPV6 = 4, NO_PASSWORD = 0, NO_METHOD = 0xff };

struct socks_reply
socks_answer(const struct socks *s, bool good)
{
	struct socks_reply r = { .len = s->version == 4 ? 8 : 10 };

	if (s->version == 4) {
		r.bytes[1] = good ? 90 : 91;
		return r;
	}
	r.bytes[0] = 5;
	r.bytes[1] = good ? 0 : 1;
	r.bytes[3] = IPV4;
	return r;
}

static enum socks_step
refuse(const struct socks *s, struct socks_reply *ret)
{
	*ret = socks_answer(s, false);
	return SOCKS_REFUSED;
}

static bool
set_name(struct socks *s, const uint8_t *p, size_t n)
{
	if (n == 0 || n >= sizeof(s->host))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return false;
		s->host[i] = (char)p[i];
	}
	s->host[n] = '\0';
	return true;
}

static bool
set_address(struct socks *s, int family, const uint8_t *p)
{
	return inet_ntop(family, p, s->host, sizeof(s->host)) != NULL;
}

/* version, command, port, address, user, 0; of 4a, with an address of 0.0.0.x: name, 0. */
static enum socks_step
feed_4(struct socks *s, const uint8_t *p, size_t n, size_t *ret_used, struct socks_reply *ret)
{
	const uint8_t *end = n > 8 ? memchr(p + 8, 0, n - 8) : NULL, *name;
	bool named;

	if (!end)
		return n > SOCKS_MAX / 2 ? refuse(s, ret) : SOCKS_MORE;
	named = p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] != 0;
	if (named) {
		name = end + 1;
		end = memchr(name, 0, n - (size_t)(name - p));
		if (!end)
			return n >= SOCKS_MAX ? refuse(s, ret) : SOCKS_MORE;
		if (!set_name(s, name, (size_t)(end - name)))
			return refuse(s, ret);
	} else if (!set_address(s, AF_INET, p + 4)) {
		return refuse(s, ret);
	}
	*ret_used = (size_t)(end - p) + 1;
	s->port = p[2] << 8 | p[3];
	return p[1] == CONNECT && s->port ? SOCKS_ASKED : refuse(s, ret);
}

/* version, number of methods, methods */
static enum socks_step
feed_greeting(
    struct socks *s, const uint8_t *p, size_t n, size_t *ret_used, struct socks_reply *ret)
{
	if (n < 2 || n < 2 + (size_t)p[1])
		return SOCKS_MORE;
	*ret_used = 2 + (size_t)p[1];
	s->greeted = memchr(p + 2, NO_PASSWORD, p[1]) != NULL;
	*ret = (struct socks_reply){ { 5, s->greeted ? NO_PASSWORD : NO_METHOD }, 2 };
	return s->greeted ? SOCKS_GREET : SOCKS_REFUSED;
}

/* version, command, 0, kind of address, address, port */
static enum socks_step
feed_5(struct socks *s, const uint8_t *p, size_t n, size_t *ret_used, struct socks_reply *ret)
{
	size_t from = 4, len;
	bool good;

	if (n < 5)
		return SOCKS_MORE;
	from += p[3] == NAME;
	len = p[3] == IPV4 ? 4 : p[3] == IPV6 ? 16 : p[3] == NAME ? p[4] : 0;
	if (len == 0)
		return refuse(s, ret);
	if (n < from + len + 2)
		return SOCKS_MORE;
	good = p[3] == NAME ? set_name(s, p + from, len)
			    : set_address(s, p[3] == IPV4 ? AF_INET : AF_INET6, p + from);
	*ret_used = from + len + 2;
	s->port = p[from + len] << 8 | p[from + len + 1];
	return good && p[0] == 5 && p[1] == CONNECT && s->port ? SOCKS_ASKED : refuse(s, ret);
}

enum socks_step
socks_feed(struct socks *s, const uint8_t *p, size_t n, size_t *ret_used, struct socks_reply *ret)
{
	*ret_used = 0;
	if (n == 0)
		return SOCKS_MORE;
	if (s->version == 0)
		s->version = p[0] == 4 ? 4 : 5;
	if (s->version == 4)
		return feed_4(s, p, n, ret_used, ret);
	if (p[0] != 5)
		return refuse(s, ret);
	return s->greeted ? feed_5(s, p, n, ret_used, ret) : feed_greeting(s, p, n, ret_used, ret);
}
