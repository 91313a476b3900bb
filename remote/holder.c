#include "remote/holder.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agent.h"
#include "remote/key.h"
#include "remote/keycert.h"

#include <string.h>

#define FRESH_MS 5000

/* A key that an agent held once. */
struct held {
	struct held *next;
	struct key key;
	char *path, *type;
	uint8_t *blob;
	struct keycert certificate; /* when it is one */
	bool now;
};

struct holder {
	struct holder *next;
	struct holders *of;
	char *path;
	struct agent *asking;
	struct held *held, **held_tail;
	int64_t asked_ms; /* 0: never */
	struct err err;   /* kind OK: it was of use */
};

struct holders {
	struct loop *loop;
	int64_t limit_ms;
	void (*listed)(void *user);
	void *user;
	struct holder *first;
};

struct holders *
holders_new(struct loop *loop, int64_t limit_ms, void (*listed)(void *user), void *user)
{
	struct holders *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->limit_ms = limit_ms;
	h->listed = listed;
	h->user = user;
	return h;
}

static void
holder_free(struct holder *h)
{
	agent_cancel(h->asking);
	while (h->held) {
		struct held *held = h->held;

		h->held = held->next;
		keycert_fini(&held->certificate);
		free(held->path);
		free(held->type);
		free(held->blob);
		free(held);
	}
	free(h->path);
	free(h);
}

void
holders_free(struct holders *h)
{
	if (!h)
		return;
	while (h->first) {
		struct holder *one = h->first;

		h->first = one->next;
		holder_free(one);
	}
	free(h);
}

struct holder *
holders_of(struct holders *h, const char *path)
{
	struct holder **slot = &h->first;

	if (!path)
		return NULL;
	while (*slot && !str_eq((*slot)->path, path))
		slot = &(*slot)->next;
	if (!*slot) {
		*slot = xcalloc(1, sizeof(**slot));
		(*slot)->of = h;
		(*slot)->path = xstrdup(path);
		(*slot)->held_tail = &(*slot)->held;
	}
	return *slot;
}

static struct held *
find(const struct holder *h, const void *blob, size_t len)
{
	struct held *found = h->held;

	while (found && !(found->key.blob_len == len && memcmp(found->blob, blob, len) == 0))
		found = found->next;
	return found;
}

static void
add(struct holder *h, const struct agent_identity *id)
{
	struct held *held = xcalloc(1, sizeof(*held));
	size_t n = id->len >= 4 ? (size_t)id->blob[2] << 8 | id->blob[3] : 0;

	held->path = xasprintf("agent: %.200s", id->comment);
	held->type = n && n <= id->len - 4 ? xmemdup0(id->blob + 4, n) : xstrdup("?");
	held->blob = (uint8_t *)xmemdup0(id->blob, id->len);
	held->now = true;
	held->key = (struct key){
		.path = held->path, .type = held->type, .blob = held->blob, .blob_len = id->len
	};
	if (keycert_parse(&held->certificate, id->blob, id->len)) {
		held->key.plain = held->certificate.plain;
		held->key.plain_len = held->certificate.plain_len;
	}
	*h->held_tail = held;
	h->held_tail = &held->next;
}

static void
on_listed(void *user, const struct agent_identity *list, size_t n, const struct err *err)
{
	struct holder *h = user;

	h->asking = NULL;
	h->asked_ms = clock_mono_ms();
	h->err = err ? *err : (struct err){ .kind = OUTCOME_OK };
	for (struct held *held = h->held; held; held = held->next)
		held->now = false;
	for (size_t i = 0; i < n; i++) {
		struct held *known = find(h, list[i].blob, list[i].len);

		if (known)
			known->now = true;
		else
			add(h, &list[i]);
	}
	h->of->listed(h->of->user);
}

bool
holder_is_listed(struct holder *h)
{
	if (h->asking)
		return false;
	if (h->asked_ms && clock_mono_ms() - h->asked_ms <= FRESH_MS)
		return true;
	h->asking = agent_list(&(struct agent_spec){ .loop = h->of->loop,
	    .path = h->path,
	    .timeout_ms = h->of->limit_ms,
	    .listed = on_listed,
	    .user = h });
	return false;
}

const struct key *
holder_find(const struct holder *h, const void *blob, size_t len)
{
	const struct held *held = h && blob ? find(h, blob, len) : NULL;

	return held && held->now ? &held->key : NULL;
}

const struct key *
holder_next(const struct holder *h, const struct key *before)
{
	const struct held *held = h ? h->held : NULL;

	while (before && held && &held->key != before)
		held = held->next;
	if (before && held)
		held = held->next;
	while (held && !held->now)
		held = held->next;
	return held ? &held->key : NULL;
}

const char *
holder_fault(const struct holder *h)
{
	return h->err.kind != OUTCOME_OK ? h->err.text : NULL;
}
