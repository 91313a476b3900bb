#include "playbooks/release.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/kind.h"
#include "playbooks/resource.h"

#include <ctype.h>
#include <string.h>

#define NEUTRAL_MAX                                                                                \
	(256U << 10) /* in what is longer, or no text, a host's name is not looked for */
#define PUTS   32
#define IMAGES 64
#define WORD   "rollback of "

/* Cut a line at its tabs into n words; false when there are fewer. */
static bool
cut(char *line, const char **word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *tab = i + 1 < n ? strchr(line, '\t') : NULL;

		if (i + 1 < n && !tab)
			return false;
		word[i] = line;
		if (tab)
			*tab = '\0';
		line = tab ? tab + 1 : line;
	}
	return true;
}

static bool
is_hex(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static bool
same(const char *a, const char *b)
{
	return a && b && str_eq(a, b);
}

struct parsing {
	struct arena *arena;
	struct release_known *item;
	size_t count, cap;
	struct release_put put[PUTS];
	struct release_image image[IMAGES];
};

static void
begin(struct parsing *p, const char *const w[4])
{
	struct release_known *r;

	mem_grow(p->item, p->count, p->cap);
	r = &p->item[p->count++];
	*r = (struct release_known){ .app = w[0], .id = w[1], .playbook = w[2], .book = w[3] };
}

static void
take_line(struct parsing *p, char *line)
{
	struct release_known *r = p->count ? &p->item[p->count - 1] : NULL;
	const char *w[5];

	if (!line[0] || line[1] != '\t')
		return;
	if (*line == 'r' && cut(line + 2, w, 4) && is_hex(w[1], RELEASE_ID - 1))
		begin(p, w);
	else if (*line == 'p' && r && r->put_count < PUTS && cut(line + 2, w, 5))
		p->put[r->put_count++] = (struct release_put){ w[0], w[1], w[2], w[3], w[4] };
	else if (*line == 'i' && r && r->image_count < IMAGES && cut(line + 2, w, 2) &&
		 is_hex(w[1], DIGEST_HEX - 1))
		p->image[r->image_count++] = (struct release_image){ w[0], w[1] };
}

static void
settle(struct parsing *p)
{
	struct release_known *r = p->count ? &p->item[p->count - 1] : NULL;

	if (!r)
		return;
	struct release_put *put = arena_alloc(p->arena, r->put_count * sizeof(*put) + 1);
	struct release_image *image = arena_alloc(p->arena, r->image_count * sizeof(*image) + 1);

	if (r->put_count)
		memcpy(put, p->put, r->put_count * sizeof(*put));
	if (r->image_count)
		memcpy(image, p->image, r->image_count * sizeof(*image));
	r->put = put;
	r->image = image;
	if (!r->put_count)
		p->count--;
}

void
release_parse(struct arena *a, const char *text, struct release_list *to)
{
	struct parsing p = { .arena = a };
	char *copy = arena_strdup(a, text);

	for (char *save, *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (str_starts(line, "r\t"))
			settle(&p);
		take_line(&p, line);
	}
	settle(&p);
	struct release_known *item = arena_alloc(a, p.count * sizeof(*item) + 1);

	if (p.count)
		memcpy(item, p.item, p.count * sizeof(*item));
	free(p.item);
	*to = (struct release_list){ item, p.count };
}

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* The text with another word for the host's name. */
static void
digest_neutral(struct digest *d, const char *text, size_t len, const char *name)
{
	size_t n = strlen(name), from = 0;

	for (size_t i = 0; n && i + n <= len; i++) {
		bool whole =
		    (i == 0 || !in_name(text[i - 1])) && (i + n == len || !in_name(text[i + n]));

		if (text[i] != *name || !whole || memcmp(text + i, name, n) != 0)
			continue;
		digest_add(d, text + from, i - from);
		digest_add(d, "\0", 1);
		from = i + n;
		i = from - 1;
	}
	digest_add(d, text + from, len - from);
}

static void
digest_one(struct digest *d, const struct resource *r, const char *host)
{
	autobuf head = BUF_INIT(64U << 10);

	buf_addf(&head, "%s\n%s\n%04o %s:%s\n%s\n", kind_name(r->kind), r->id, r->mode & 07777,
	    r->owner ? r->owner : "root", r->group ? r->group : "root", r->image_id);
	digest_add(d, head.data, head.len);
	if (r->content && r->content_len <= NEUTRAL_MAX &&
	    (!r->content_len || !memchr(r->content, '\0', r->content_len)))
		digest_neutral(d, r->content, r->content_len, host);
	else
		digest_add(d, r->digest, strlen(r->digest));
	digest_add(d, "\n", 1);
}

static bool
is_image(const struct resource *r)
{
	return r->kind == RESOURCE_IMAGE || r->kind == RESOURCE_USERIMAGE;
}

static bool
is_image_of(const struct resource *image, const char *app, const struct resource *const *wanted,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct resource *r = wanted[i];

		if (!is_image(r) && same(r->app, app) && same(r->image, image->image) &&
		    (image->kind == RESOURCE_IMAGE || same(r->user, image->user)))
			return true;
	}
	return false;
}

static void
make(struct arena *a, const struct host *host, const struct resource *const *wanted, size_t count,
    struct release *ret)
{
	const struct resource **item = arena_alloc(a, (count + 1) * sizeof(*item));
	struct digest *d = digest_new();
	char hex[DIGEST_HEX];

	for (size_t i = 0; i < count; i++) {
		const struct resource *r = wanted[i];
		bool mine =
		    is_image(r) ? is_image_of(r, ret->app, wanted, count) : same(r->app, ret->app);

		if (!mine || r->absent || r->kind == RESOURCE_EXPORT)
			continue;
		item[ret->count++] = r;
		if (r->keep_releases)
			ret->keep = r->keep_releases;
		digest_one(d, r, host->name);
	}
	digest_end(d, hex);
	str_copy(ret->id, sizeof(ret->id), hex);
	ret->item = item;
}

struct release *
release_made(struct arena *a, const struct host *host, const struct resource *const *wanted,
    size_t count, size_t *ret_count)
{
	struct release *made = arena_alloc(a, count * sizeof(*made) + 1);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct resource *r = wanted[i];

		if (!r->app || r->absent || is_image(r) || release_find(made, n, r->app))
			continue;
		made[n] = (struct release){ .app = r->app, .keep = RELEASE_KEEP };
		make(a, host, wanted, count, &made[n++]);
	}
	*ret_count = n;
	return made;
}

const struct release *
release_find(const struct release *made, size_t count, const char *app)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(made[i].app, app))
			return &made[i];
	return NULL;
}

void
release_leave_out(struct release_change *c, const char *app)
{
	size_t n = 0;

	for (size_t i = 0; i < c->made_count; i++)
		if (!str_eq(c->made[i].app, app))
			c->made[n++] = c->made[i];
	c->made_count = n;
}

struct release_put
release_since(const struct release_known *r)
{
	for (size_t i = r->put_count; i-- > 0;)
		if (str_eq(r->put[i].verb, "apply"))
			return r->put[i];
	return r->put[r->put_count - 1];
}

bool
release_is_newer(const struct release_known *a, const struct release_known *b)
{
	struct release_put x = release_since(a), y = release_since(b);
	int by_time = strcmp(x.time, y.time);

	return by_time ? by_time > 0 : strcmp(x.run, y.run) > 0;
}

static bool
is_dropped(const struct release_change *c, const struct release_known *r)
{
	for (size_t i = 0; i < c->drop_count; i++)
		if (c->drop[i] == r)
			return true;
	return false;
}

bool
release_uses_name(
    const struct release_change *c, const struct release_list *known, const char *name)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *r = &known->item[i];

		for (size_t k = 0; k < r->image_count && !is_dropped(c, r); k++)
			if (str_eq(r->image[k].name, name))
				return true;
	}
	return false;
}

/* An image that is wanted by its name alone may be any. */
static bool
is_wanted(const struct release *made, const char *name, const char *id)
{
	for (size_t i = 0; i < made->count; i++) {
		const struct resource *r = made->item[i];

		if (r->kind == RESOURCE_IMAGE &&
		    (r->image_id[0] ? str_eq(r->image_id, id) : str_eq(r->image, name)))
			return true;
	}
	return false;
}

bool
release_uses_id(const struct release_change *c, const struct release_list *known, const char *name,
    const char *id)
{
	for (size_t i = 0; i < c->made_count; i++)
		if (is_wanted(&c->made[i], name, id))
			return true;
	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *r = &known->item[i];

		for (size_t k = 0; k < r->image_count && !is_dropped(c, r); k++)
			if (str_eq(r->image[k].id, id))
				return true;
	}
	return false;
}

static const struct release_known *
newest(const struct release_list *known, const char *app, const struct release_known *before)
{
	const struct release_known *best = NULL;

	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *r = &known->item[i];

		if (str_eq(r->app, app) && r != before &&
		    (!before || release_is_newer(before, r)) &&
		    (!best || release_is_newer(r, best)))
			best = r;
	}
	return best;
}

static bool
was_put_by(const struct release_known *r, const char *run)
{
	for (size_t i = 0; i < r->put_count; i++)
		if (str_eq(r->put[i].run, run))
			return true;
	return false;
}

static const struct release_known *
named(const struct release_list *known, const char *app, const char *id, const char *run)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *r = &known->item[i];

		if (str_eq(r->app, app) && (id ? str_starts(r->id, id) : was_put_by(r, run)))
			return r;
	}
	return NULL;
}

static void
list(const struct release_list *known, const char *app, const char *current, struct buf *to)
{
	for (size_t i = 0; i < known->count; i++)
		if (str_eq(known->item[i].app, app))
			buf_addf(to, "%s%s%s", to->len ? ", " : "", known->item[i].id,
			    same(known->item[i].id, current) ? " (in use)" : "");
}

const struct release_known *
release_choose(const struct release_list *known, const char *app, const char *current,
    const char *id, const char *run, struct err *err)
{
	const struct release_known *now = current ? named(known, app, current, NULL) : NULL;
	const struct release_known *r =
	    id || run ? named(known, app, id, run) : newest(known, app, now);
	autobuf all = BUF_INIT(1024);

	if (r)
		return r;
	list(known, app, current, &all);
	if (!current && !all.len)
		err_set(err, OUTCOME_FAILED, "the host has no app %s", app);
	else if (!all.len)
		err_set(err, OUTCOME_FAILED, "the host keeps no release of %s", app);
	else if (id)
		err_set(err, OUTCOME_FAILED, "the host keeps no release %s of %s; it has %s", id,
		    app, buf_text(&all));
	else if (run)
		err_set(err, OUTCOME_FAILED, "that run left no release of %s there; it has %s", app,
		    buf_text(&all));
	else
		err_set(err, OUTCOME_FAILED,
		    "the host keeps no release of %s older than %s, which is in use; it has %s",
		    app, current, buf_text(&all));
	return NULL;
}

const char *
release_word(struct arena *a, const struct release_known *r)
{
	return arena_printf(a, WORD "%s to %s", r->app, r->id);
}

bool
release_is_word(const char *word)
{
	return str_starts(word, WORD);
}
