/* What a host keeps of a release beside its contents: the resources of the app, as JSON. One table writes and
 * reads their members. */
#include "playbooks/release.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/kind.h"
#include "playbooks/reply.h"
#include "playbooks/resource.h"

#include <string.h>

#define RELEASE_MAX (4U << 20)
#define ITEMS_MAX   10000

enum form { TEXT, WORDS, NUMBER, FLAG, MODE, WORD };

static const char *const states[] = { "unsaid", "started", "stopped", "restarted", "reloaded",
	NULL };
static const char *const enablings[] = { "unsaid", "enabled", "disabled", NULL };
static const char *const changes[] = { "restart", "reload", "none", NULL };
static const char *const healths[] = { "none", "http", "tcp", "exec", "journal", "unit", NULL };

/* WORD: an enumeration, by its names. */
struct member {
	const char *name;
	enum form form;
	size_t at;
	const char *const *names;
};

#define OF(member)     offsetof(struct resource, member)
#define HEALTH(member) (offsetof(struct resource, health) + offsetof(struct health, member))

static const struct member members[] = {
	{ "id", TEXT, OF(id), NULL },
	{ "title", TEXT, OF(title), NULL },
	{ "app", TEXT, OF(app), NULL },
	{ "user", TEXT, OF(user), NULL },
	{ "path", TEXT, OF(path), NULL },
	{ "owner", TEXT, OF(owner), NULL },
	{ "group", TEXT, OF(group), NULL },
	{ "secret", FLAG, OF(secret), NULL },
	{ "mode", MODE, OF(mode), NULL },
	{ "parts", FLAG, OF(parts), NULL },
	{ "limit_ms", NUMBER, OF(limit_ms), NULL },
	{ "confirm_ms", NUMBER, OF(confirm_ms), NULL },
	{ "notes", WORDS, OF(notes), NULL },
	{ "data", WORDS, OF(data), NULL },
	{ "exports", WORDS, OF(exports), NULL },
	{ "look", WORDS, OF(look), NULL },
	{ "validate", WORDS, OF(validate), NULL },
	{ "unit", TEXT, OF(unit), NULL },
	{ "state", WORD, OF(state), states },
	{ "enabled", WORD, OF(enabled), enablings },
	{ "on_change", WORD, OF(on_change), changes },
	{ "native", FLAG, OF(native), NULL },
	{ "config_digest", TEXT, OF(config_digest), NULL },
	{ "keep", NUMBER, OF(keep_releases), NULL },
	{ "image", TEXT, OF(image), NULL },
	{ "health", WORD, HEALTH(kind), healths },
	{ "health_path", TEXT, HEALTH(path), NULL },
	{ "health_address", TEXT, HEALTH(address), NULL },
	{ "health_port", MODE, HEALTH(port), NULL },
	{ "health_pattern", TEXT, HEALTH(pattern), NULL },
	{ "health_argv", WORDS, HEALTH(argv), NULL },
	{ "health_interval_ms", NUMBER, HEALTH(interval_ms), NULL },
	{ "health_timeout_ms", NUMBER, HEALTH(timeout_ms), NULL },
	{ "health_retries", MODE, HEALTH(retries), NULL },
};

/* What can be put back out of its members and its contents. */
static bool
is_plain(enum resource_kind kind)
{
	return kind == RESOURCE_FILE || kind == RESOURCE_UNIT || kind == RESOURCE_IMAGE ||
	       kind == RESOURCE_DIR || kind == RESOURCE_LINK || kind == RESOURCE_USERUNIT ||
	       kind == RESOURCE_USERIMAGE;
}

static size_t
count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void
put_words(struct json_writer *w, const char *name, const char *const *words)
{
	if (!words)
		return;
	json_open_array(w, name);
	for (; *words; words++)
		json_put_text(w, NULL, *words);
	json_close(w);
}

static void
put_member(struct json_writer *w, const struct member *m, const struct resource *r)
{
	const void *at = (const char *)r + m->at;
	const char *text;
	int64_t n = 0;
	unsigned u;

	switch (m->form) {
	case TEXT:
		memcpy(&text, at, sizeof(text));
		if (text)
			json_put_text(w, m->name, text);
		return;
	case WORDS:
		put_words(w, m->name, *(const char *const *const *)at);
		return;
	case NUMBER:
		memcpy(&n, at, sizeof(n));
		break;
	case FLAG:
		if (*(const bool *)at)
			json_put_bool(w, m->name, true);
		return;
	case MODE:
		memcpy(&u, at, sizeof(u));
		n = u;
		break;
	case WORD:
		memcpy(&u, at, sizeof(u));
		json_put_text(w, m->name, u < count_names(m->names) ? m->names[u] : "?");
		return;
	}
	if (n)
		json_put_int(w, m->name, n);
}

static void
put_drain(struct json_writer *w, const struct drain *d)
{
	if (!d)
		return;
	json_open_object(w, "drain");
	put_words(w, "env", d->env);
	put_words(w, "before", d->before);
	put_words(w, "after", d->after);
	json_put_int(w, "limit_ms", d->limit_ms);
	json_close(w);
}

void
release_write(const struct release *r, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "app", r->app);
	json_put_text(&w, "release", r->id);
	json_open_array(&w, "resources");
	for (size_t i = 0; i < r->count; i++) {
		const struct resource *x = r->item[i];

		json_open_object(&w, NULL);
		json_put_text(&w, "kind", kind_name(x->kind));
		for (size_t k = 0; k < countof(members); k++)
			put_member(&w, &members[k], x);
		if (strlen(x->digest) == DIGEST_HEX - 1)
			json_put_text(&w, "digest", x->digest);
		if (x->image_id[0])
			json_put_text(&w, "image_id", x->image_id);
		put_drain(&w, x->drain);
		if (x->kind == RESOURCE_LINK)
			json_put_text(&w, "target", x->content);
		if (x->then.kind != FOLLOW_NONE)
			json_put_bool(&w, "then", true);
		json_close(&w);
	}
	json_close(&w);
	json_close(&w);
	buf_addc(to, '\n');
}

static const char *const *
get_words(struct arena *a, const struct json *v)
{
	size_t n = json_count(v);
	const char **words;

	if (json_kind(v) != JSON_KIND_ARRAY)
		return NULL;
	words = arena_alloc(a, (n + 1) * sizeof(*words));
	for (size_t i = 0; i < n; i++) {
		const char *word = json_text(json_at(v, i), NULL);

		if (!word)
			return NULL;
		words[i] = arena_strdup(a, word);
	}
	return words;
}

/* False when it is there and is none. */
static bool
get_drain(struct arena *a, const struct json *from, struct resource *r)
{
	const struct json *v = json_get(from, "drain");
	struct drain *d = arena_alloc(a, sizeof(*d));

	if (!v)
		return true;
	d->env = get_words(a, json_get(v, "env"));
	d->before = get_words(a, json_get(v, "before"));
	d->after = get_words(a, json_get(v, "after"));
	d->limit_ms = json_get_int(v, "limit_ms", -1);
	r->drain = d;
	return json_kind(v) == JSON_KIND_OBJECT && d->limit_ms >= 0 && (d->before || d->after);
}

static bool
get_name(const struct member *m, const struct json *v, void *to)
{
	const char *text = json_text(v, NULL);
	unsigned n = 0;

	while (text && m->names[n] && !str_eq(m->names[n], text))
		n++;
	if (!text || !m->names[n])
		return false;
	memcpy(to, &n, sizeof(n));
	return true;
}

/* A member that is not there stays zero; false when it is something else. */
static bool
get_member(struct arena *a, const struct member *m, const struct json *from, struct resource *r)
{
	const struct json *v = json_get(from, m->name);
	void *at = (char *)r + m->at;
	const char *text = json_text(v, NULL);
	const char *const *words;
	int64_t n = json_int(v, -1);
	unsigned u = (unsigned)n;

	if (!v)
		return m->form != WORD;
	switch (m->form) {
	case TEXT:
		text = text ? arena_strdup(a, text) : NULL;
		memcpy(at, &text, sizeof(text));
		return text != NULL;
	case WORDS:
		words = get_words(a, v);
		memcpy(at, &words, sizeof(words));
		return words != NULL;
	case NUMBER:
		memcpy(at, &n, sizeof(n));
		return json_kind(v) == JSON_KIND_INT;
	case FLAG:
		*(bool *)at = json_bool(v, false);
		return json_kind(v) == JSON_KIND_BOOL;
	case MODE:
		memcpy(at, &u, sizeof(u));
		return n >= 0 && n <= UINT32_MAX;
	case WORD:
		return get_name(m, v, at);
	}
	return false;
}

static bool
get_digest(const struct json *from, const char *name, char to[65])
{
	const char *text = json_get_text(from, name);

	if (!text)
		return json_get(from, name) == NULL;
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64 &&
	       str_copy(to, 65, text);
}

static bool
is_whole(const struct resource *r)
{
	bool of_user = r->kind == RESOURCE_USERUNIT || r->kind == RESOURCE_USERIMAGE;
	bool place = r->kind != RESOURCE_IMAGE && !of_user;

	if (!r->id || !r->title || !r->app || !reply_is_line(r->id))
		return false;
	if (r->kind == RESOURCE_LINK && !r->content)
		return false;
	if (place && (!r->path || !reply_is_path(r->path) || *r->path != '/' || !r->digest[0]))
		return false;
	if (of_user && !r->user)
		return false;
	if (r->kind == RESOURCE_IMAGE || r->kind == RESOURCE_USERIMAGE)
		return r->image != NULL;
	if (r->kind == RESOURCE_USERUNIT)
		return r->digest[0] && r->look && r->config_digest;
	return r->kind != RESOURCE_UNIT || r->unit;
}

static const struct resource *
get_one(struct arena *a, const struct json *from, struct err *err)
{
	struct resource *r = arena_alloc(a, sizeof(*r));
	const char *kind = json_get_text(from, "kind");
	bool good = true;

	r->kind = kind ? kind_parse(kind) : RESOURCE_KINDS;
	r->mark = (struct mark){ .file = "release" };
	if (!is_plain(r->kind) || json_get_bool(from, "then", false)) {
		err_set(err, OUTCOME_INPUT, "it holds what drover cannot put back (%.100s)",
		    json_get_text(from, "id") ? json_get_text(from, "id") : "something");
		return NULL;
	}
	for (size_t i = 0; good && i < countof(members); i++) {
		good = get_member(a, &members[i], from, r);
		if (!good)
			err_set(err, OUTCOME_INPUT, "its %s is not what this drover knows",
			    members[i].name);
	}
	if (!good)
		return NULL;
	if (r->kind == RESOURCE_LINK && json_get_text(from, "target")) {
		r->content = arena_strdup(a, json_get_text(from, "target"));
		r->content_len = strlen(r->content);
	}
	if (get_drain(a, from, r) && get_digest(from, "digest", r->digest) &&
	    get_digest(from, "image_id", r->image_id) && is_whole(r))
		return r;
	err_set(err, OUTCOME_INPUT, "a resource in it is not whole");
	return NULL;
}

static struct release *
get_all(struct arena *a, const struct json *j, struct err *err)
{
	const struct json *all = json_get(j, "resources");
	const char *app = json_get_text(j, "app"), *id = json_get_text(j, "release");
	struct release *r = arena_alloc(a, sizeof(*r));
	const struct resource **item;

	if (json_get_int(j, "v", 0) != 1 || !app || !id || json_count(all) == 0 ||
	    json_count(all) > ITEMS_MAX) {
		err_set(err, OUTCOME_INPUT, "it is not what this drover keeps of a release");
		return NULL;
	}
	item = arena_alloc(a, json_count(all) * sizeof(*item));
	r->app = arena_strdup(a, app);
	str_copy(r->id, sizeof(r->id), id);
	r->item = item;
	for (size_t i = 0; i < json_count(all); i++) {
		item[i] = get_one(a, json_at(all, i), err);
		if (!item[i])
			return NULL;
		r->count++;
	}
	return r;
}

struct release *
release_read(struct arena *a, const char *text, size_t len, struct err *err)
{
	struct release *r = NULL;
	autojson *j = json_parse(text, len, RELEASE_MAX, err);

	if (j)
		r = get_all(a, j, err);
	if (!r)
		err_wrap(err, "the release");
	return r;
}
