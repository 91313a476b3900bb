#include "cli/out_fold.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "cli/out.h"
#include "inventory/set.h"

#include <string.h>

#define HOST_CEILING  (256U * 1024)
#define TOTAL_CEILING (5U * 1024 * 1024)

struct said {
	struct digest *digest; /* while it speaks; NULL when it never did */
	char hex[DIGEST_HEX];
	struct buf text;
};

struct fold_host {
	char *name;
	bool ended, good;
	struct said said[2];
	char *verdict;
};

struct group {
	char *key;
	const struct fold_host *first; /* its text stands for all */
	const char **names;
	size_t count, cap;
};

struct fold {
	struct fold_host **hosts;
	size_t count, cap;
	struct strmap by_name;
	struct group *groups;
	size_t group_count, group_cap;
	struct strmap by_key;
	size_t kept; /* bytes */
};

struct fold *
fold_new(void)
{
	return xcalloc(1, sizeof(struct fold));
}

static void
host_free(struct fold_host *h)
{
	for (int i = 0; i < 2; i++) {
		if (h->said[i].digest)
			digest_end(h->said[i].digest, h->said[i].hex);
		buf_fini(&h->said[i].text);
	}
	free(h->name);
	free(h->verdict);
	free(h);
}

void
fold_free(struct fold *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		host_free(f->hosts[i]);
	for (size_t i = 0; i < f->group_count; i++) {
		free(f->groups[i].key);
		free(f->groups[i].names);
	}
	strmap_fini(&f->by_name);
	strmap_fini(&f->by_key);
	free(f->hosts);
	free(f->groups);
	free(f);
}

static struct fold_host *
host_of(struct fold *f, const char *name)
{
	struct fold_host *h;
	size_t at;

	if (strmap_find(&f->by_name, name, &at))
		return f->hosts[at];
	mem_grow(f->hosts, f->count, f->cap);
	h = xcalloc(1, sizeof(*h));
	h->name = xstrdup(name);
	buf_init(&h->said[0].text, HOST_CEILING);
	buf_init(&h->said[1].text, HOST_CEILING);
	strmap_add(&f->by_name, h->name, f->count, NULL);
	f->hosts[f->count++] = h;
	return h;
}

void
fold_add(struct fold *f, const char *host, int stream, const void *p, size_t n)
{
	struct said *said = &host_of(f, host)->said[stream];
	size_t before = said->text.len, fits = n;

	if (!said->digest)
		said->digest = digest_new();
	digest_add(said->digest, p, n);
	if (fits > TOTAL_CEILING - f->kept)
		fits = TOTAL_CEILING - f->kept;
	buf_add(&said->text, p, fits);
	said->text.dropped += n - fits;
	f->kept += said->text.len - before;
}

static void
forget_text(struct fold *f, struct fold_host *h)
{
	for (int i = 0; i < 2; i++) {
		f->kept -= h->said[i].text.len;
		buf_fini(&h->said[i].text);
		buf_init(&h->said[i].text, 0);
	}
}

void
fold_end(struct fold *f, const char *host, bool good, const char *verdict)
{
	struct fold_host *h = host_of(f, host);
	autofree char *key = NULL;
	struct group *g;
	size_t at;

	for (int i = 0; i < 2; i++) {
		if (h->said[i].digest)
			digest_end(take(h->said[i].digest), h->said[i].hex);
	}
	h->ended = true;
	h->good = good;
	h->verdict = xstrdup(verdict);
	key = xasprintf("%s %s %s", h->said[0].hex, h->said[1].hex, verdict);
	if (!strmap_find(&f->by_key, key, &at)) {
		mem_grow(f->groups, f->group_count, f->group_cap);
		at = f->group_count++;
		f->groups[at] = (struct group){ .key = take(key), .first = h };
		strmap_add(&f->by_key, f->groups[at].key, at, NULL);
	} else {
		forget_text(f, h);
	}
	g = &f->groups[at];
	mem_grow(g->names, g->count, g->cap);
	g->names[g->count++] = h->name;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->first->good != y->first->good)
		return x->first->good ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return str_natural(x->names[0], y->names[0]);
}

static void
print_text(struct out *o, const struct said *said, const char *what)
{
	if (said->text.len > 0)
		out_remote(o, NULL, said->text.data, said->text.len);
	if (said->text.dropped > 0)
		out_line(
		    o, "... %llu bytes more of %s", (unsigned long long)said->text.dropped, what);
}

static void
print_group(struct out *o, const struct group *g)
{
	const struct fold_host *h = g->first;
	autofree char *names = names_fold(g->names, g->count);
	bool silent = !h->said[0].hex[0] && !h->said[1].hex[0];
	const char *bold = out_colour(o) ? "\033[1m" : "", *plain = out_colour(o) ? "\033[0m" : "";
	autobuf head = BUF_INIT(SIZE_MAX);

	utf8_clean_line(&head, names, strlen(names));
	if (g->count > 1)
		buf_addf(&head, " (%zu)", g->count);
	if (!h->good)
		buf_addf(&head, ": %s", h->verdict);
	if (silent && h->good)
		buf_adds(&head, ": no output");
	out_line(o, "%s--- %s%s", bold, buf_text(&head), plain);
	print_text(o, &h->said[0], "output");
	if (h->said[1].text.len > 0 && h->said[0].hex[0])
		out_line(o, "-- errors");
	print_text(o, &h->said[1], "errors");
}

void
fold_print(struct fold *f, struct out *o)
{
	if (f->group_count > 0)
		qsort(f->groups, f->group_count, sizeof(f->groups[0]), compare_groups);
	for (size_t i = 0; i < f->group_count; i++)
		print_group(o, &f->groups[i]);
}
