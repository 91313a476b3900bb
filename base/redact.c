#include "base/redact.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

struct pattern {
	char *text;
	size_t len;
	int base64; /* its place in a group of four; -1: no base64 */
};

struct redact {
	struct pattern *pattern;
	size_t count, cap, longest;
};

struct redact *
redact_new(void)
{
	return xcalloc(1, sizeof(struct redact));
}

void
redact_free(struct redact *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		explicit_bzero(r->pattern[i].text, r->pattern[i].len);
		free(r->pattern[i].text);
	}
	free(r->pattern);
	free(r);
}

bool
redact_empty(const struct redact *r)
{
	return r->count == 0;
}

static void
add(struct redact *r, const char *text, size_t len, int base64)
{
	if (len < REDACT_MIN)
		return;
	for (size_t i = 0; i < r->count; i++) {
		if (r->pattern[i].len == len && memcmp(r->pattern[i].text, text, len) == 0)
			return;
	}
	mem_grow(r->pattern, r->count, r->cap);
	r->pattern[r->count++] = (struct pattern){ xmemdup0(text, len), len, base64 };
	if (len > r->longest)
		r->longest = len;
}

static char
base64_at(const char *p, size_t n, size_t i)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bit = 6 * i, byte = bit / 8;
	unsigned two = (unsigned)(unsigned char)p[byte] << 8;

	if (byte + 1 < n)
		two |= (unsigned char)p[byte + 1];
	return alphabet[two >> (10 - bit % 8) & 63];
}

/* Of a longer text in base64 the characters that this secret alone decides, for each of the three
 * places where it may begin. */
static void
add_base64(struct redact *r, const char *secret, size_t n)
{
	char *from = xcalloc(n + 3, 1), *to = xcalloc(2 * n + 8, 1);

	for (size_t shift = 0; shift < 3; shift++) {
		size_t begin = shift ? shift + 1 : 0, end = (n + shift) * 8 / 6;

		memcpy(from + shift, secret, n);
		for (size_t i = begin; i < end; i++)
			to[i - begin] = base64_at(from, n + shift, i);
		add(r, to, end - begin, (int)begin % 4);
	}
	explicit_bzero(from, n + 3);
	explicit_bzero(to, 2 * n + 8);
	free(from);
	free(to);
}

void
redact_add(struct redact *r, const char *secret)
{
	size_t n = strlen(secret);
	autobuf shell = BUF_INIT(1 << 20), json = BUF_INIT(1 << 20), percent = BUF_INIT(1 << 20);
	struct buf *const written[] = { &shell, &json, &percent };

	if (n < REDACT_MIN)
		return;
	for (const char *c = secret; *c; c++) {
		bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
			     (*c >= 'A' && *c <= 'Z') || strchr("-._~", *c);

		buf_adds(&shell, *c == '\'' ? "'\\''" : (char[]){ *c, '\0' });
		buf_adds(&json, *c == '"' ? "\\\"" : *c == '\\' ? "\\\\" : (char[]){ *c, '\0' });
		if (plain)
			buf_addc(&percent, *c);
		else
			buf_addf(&percent, "%%%02X", (unsigned char)*c);
	}
	add(r, secret, n, -1);
	for (size_t i = 0; i < countof(written); i++) {
		add(r, written[i]->data, written[i]->len, -1);
		explicit_bzero(written[i]->data, written[i]->len);
	}
	add_base64(r, secret, n);
}

/* Stars, which in base64 are the letters that are decoded to stars. */
static void
blot(const struct pattern *p, char *at)
{
	for (size_t i = 0; i < p->len; i++)
		at[i] = p->base64 < 0 ? '*' : "Kioq"[((size_t)p->base64 + i) % 4];
}

static const struct pattern *
match(const struct redact *r, const char *p, size_t n)
{
	const struct pattern *best = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct pattern *at = &r->pattern[i];

		if (at->len <= n && p[0] == at->text[0] && memcmp(p, at->text, at->len) == 0 &&
		    (!best || at->len > best->len))
			best = at;
	}
	return best;
}

size_t
redact_text(const struct redact *r, char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; r->count && i < n;) {
		const struct pattern *found = match(r, p + i, n - i);

		if (found)
			blot(found, p + i);
		count += found != NULL;
		i += found ? found->len : 1;
	}
	return count;
}

/* How many of the last bytes may be the beginning of a secret. */
static size_t
unsure(const struct redact *r, const char *p, size_t n)
{
	size_t most = r->longest > n ? n : r->longest;

	for (size_t k = most; k > 0; k--) {
		for (size_t i = 0; i < r->count; i++) {
			if (r->pattern[i].len > k && memcmp(p + n - k, r->pattern[i].text, k) == 0)
				return k;
		}
	}
	return 0;
}

size_t
redact_feed(const struct redact *r, struct buf *held, const void *p, size_t n, struct buf *to)
{
	held->max = held->len + n + 1;
	buf_add(held, p, n);
	if (held->len == 0)
		return 0;
	size_t count = redact_text(r, held->data, held->len);
	size_t keep = unsure(r, held->data, held->len);
	buf_add(to, held->data, held->len - keep);
	buf_drop(held, held->len - keep);
	return count;
}

void
redact_end(struct buf *held, struct buf *to)
{
	if (held->len) {
		buf_add(to, held->data, held->len);
		explicit_bzero(held->data, held->len);
	}
	buf_fini(held);
}
