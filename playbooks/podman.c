#include "playbooks/podman.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"
#include "playbooks/desire_inner.h"
#include "playbooks/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 256

const char *
podman_is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 128 && isalnum((unsigned char)s[0]) &&
		       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-") == n
		   ? NULL
		   : "a name of letters, digits, '_', '.' and '-'";
}

bool
podman_read_name(
    const struct field_context *c, const struct yaml_node *n, const char *task, struct source *ret)
{
	const char *bad;

	if (!read_source(c, "name", n, ret))
		return false;
	bad = render_is_template(ret) ? NULL : podman_is_name(ret->text);
	if (bad)
		diag_error(c->diag, n->mark, "%s: name: %s is wanted here, not \"%.60s\"", task,
		    bad, ret->text);
	return !bad;
}

/* Keys of labels and options: one word, without what would end it. */
static bool
is_key(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 256 && *s != '-' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_./:@-") == n;
}

bool
podman_read_pairs(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct podman_pairs *ret)
{
	bool good = true;

	ret->said = true;
	if (n->kind != YAML_MAP || n->count > PAIRS_MAX) {
		diag_error(c->diag, n->mark,
		    "%s: a mapping of at most %d names to texts is wanted here", name, PAIRS_MAX);
		return false;
	}
	ret->item = arena_alloc(c->arena, n->count * sizeof(*ret->item) + 1);
	ret->count = n->count;
	for (size_t i = 0; i < n->count; i++) {
		ret->item[i].name = n->key[i]->text;
		if (!is_key(n->key[i]->text)) {
			diag_error(c->diag, n->key[i]->mark,
			    "%s: a name without blanks and = is wanted here, not \"%.60s\"", name,
			    n->key[i]->text);
			good = false;
		}
		good &= read_source(c, n->key[i]->text, n->value[i], &ret->item[i].value);
	}
	return good;
}

bool
podman_read_list(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct podman_list *ret)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;
	bool good = true;

	if (n->kind == YAML_MAP || count > PAIRS_MAX) {
		diag_error(c->diag, n->mark, "%s: a text or a list of at most %d is wanted here",
		    name, PAIRS_MAX);
		return false;
	}
	ret->item = arena_alloc(c->arena, count * sizeof(*ret->item) + 1);
	ret->count = count;
	for (size_t i = 0; i < count; i++)
		good &= read_source(c, name, n->kind == YAML_LIST ? n->value[i] : n, &ret->item[i]);
	return good;
}

const char *
podman_name(struct desire *d, const struct source *s, const char *task)
{
	const char *name = desire_word(d, s), *bad = name ? podman_is_name(name) : NULL;

	if (!bad)
		return name;
	desire_wrong_text(d, s->mark, "%s: name: %s is wanted here, not \"%.60s\" (host %s)", task,
	    bad, name, d->host->name);
	return NULL;
}

const char *
podman_user(struct desire *d, const struct source *as)
{
	const char *name = as->text ? desire_word(d, as) : PODMAN_ROOT;
	const char *bad = as->text && name ? read_is_user(name) : NULL;

	if (bad) {
		desire_wrong_text(d, as->mark, "as: %s is wanted here, not \"%.60s\" (host %s)",
		    bad, name, d->host->name);
		return NULL;
	}
	return name && str_eq(name, "root") ? PODMAN_ROOT : name;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *
one_line(struct desire *d, const struct source *s)
{
	const char *text = desire_word(d, s);

	if (!text || (!strchr(text, '\n') && strlen(text) <= 4096))
		return text;
	desire_wrong_text(d, s->mark, "one line of at most 4096 bytes is wanted here");
	return NULL;
}

const char *const *
podman_fill_pairs(struct desire *d, const struct podman_pairs *p)
{
	const char **text = arena_alloc(d->arena, (p->count + 1) * sizeof(*text));

	for (size_t i = 0; i < p->count; i++) {
		const char *value = one_line(d, &p->item[i].value);

		if (!value)
			return NULL;
		text[i] = arena_printf(d->arena, "%s=%s", p->item[i].name, value);
	}
	if (p->count)
		qsort(text, p->count, sizeof(*text), by_text);
	return text;
}

const char *const *
podman_fill_list(struct desire *d, const struct podman_list *l)
{
	const char **text = arena_alloc(d->arena, (l->count + 1) * sizeof(*text));

	for (size_t i = 0; i < l->count; i++) {
		text[i] = one_line(d, &l->item[i]);
		if (!text[i])
			return NULL;
	}
	return text;
}

const char *
podman_id(struct arena *a, const char *kind, const char *name, const char *user)
{
	if (str_eq(user, PODMAN_ROOT))
		return arena_printf(a, "%s %s", kind, name);
	return arena_printf(a, "%s %s of %s", kind, name, user);
}

void
podman_parse_id(struct arena *a, const char *id, const char **ret_name, const char **ret_user)
{
	const char *name = strchr(id, ' '), *of;

	name = name ? name + 1 : id;
	of = strstr(name, " of ");
	*ret_name = of ? arena_printf(a, "%.*s", (int)(of - name), name) : name;
	*ret_user = of ? of + strlen(" of ") : PODMAN_ROOT;
}

struct pairs_look {
	const char *const *pairs;
	size_t found;
	bool other;
	struct buf *to;
};

static void
match_pair(void *user, const char *key, const struct json *value)
{
	struct pairs_look *l = user;
	const char *text = json_text(value, NULL);
	autofree char *pair = xasprintf("%s=%s", key, text ? text : "");

	for (const char *const *p = l->pairs; p && *p; p++) {
		if (!str_eq(*p, pair))
			continue;
		l->found++;
		return;
	}
	l->other = true;
}

static size_t
count_words(const char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

bool
podman_same_pairs(const struct json *object, const char *const *pairs)
{
	struct pairs_look l = { .pairs = pairs };

	json_each(object, match_pair, &l);
	return !l.other && l.found == count_words(pairs);
}

static void
show_pair(void *user, const char *key, const struct json *value)
{
	struct buf *to = user;
	const char *text = json_text(value, NULL);

	buf_addf(to, "%s%s=%s", to->len ? " " : "", key, text ? text : "");
}

void
podman_show_pairs(const struct json *object, struct buf *to)
{
	json_each(object, show_pair, to);
	if (!to->len)
		buf_adds(to, "none");
}

void
podman_show_list(const char *const *words, struct buf *to)
{
	for (const char *const *w = words; w && *w; w++)
		buf_addf(to, "%s%s", to->len ? " " : "", *w);
	if (!to->len)
		buf_adds(to, "none");
}
