/* How two recorded runs differ. */
#include "cli/record_text.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const struct record_host *
host_in(const struct record *r, const char *name)
{
	size_t at;

	return strmap_find(&r->host_of, name, &at) ? &r->hosts[at] : NULL;
}

static const char *
word_of(const struct record_host *h)
{
	if (!h)
		return "not in it";
	return h->ended ? outcome_name(h->outcome) : "not ended";
}

static bool
same_output(const struct record_output *a, const struct record_output *b)
{
	return a->bytes == b->bytes && str_eq(a->head ? a->head : "", b->head ? b->head : "") &&
	       str_eq(a->tail ? a->tail : "", b->tail ? b->tail : "");
}

static void
compare_host(
    const char *name, const struct record_host *a, const struct record_host *b, struct buf *to)
{
	if (!str_eq(word_of(a), word_of(b)) || (a && b && a->rc != b->rc)) {
		buf_addf(to, "-%s  %s", name, word_of(a));
		if (a && a->rc > 0)
			buf_addf(to, " rc %lld", (long long)a->rc);
		buf_addf(to, "\n+%s  %s", name, word_of(b));
		if (b && b->rc > 0)
			buf_addf(to, " rc %lld", (long long)b->rc);
		buf_addc(to, '\n');
	}
	if (a && b && (!same_output(&a->out, &b->out) || !same_output(&a->err, &b->err)))
		buf_addf(to, " %s  said something else: %lld and %lld bytes\n", name,
		    (long long)(a->out.bytes + a->err.bytes),
		    (long long)(b->out.bytes + b->err.bytes));
}

static void
compare_hosts(const struct record *a, const struct record *b, struct buf *to)
{
	for (size_t i = 0; i < a->host_count; i++)
		compare_host(a->hosts[i].name, &a->hosts[i], host_in(b, a->hosts[i].name), to);
	for (size_t i = 0; i < b->host_count; i++) {
		if (!host_in(a, b->hosts[i].name))
			compare_host(b->hosts[i].name, NULL, &b->hosts[i], to);
	}
}

/* What a run did, one line a step that was the same on its hosts. */
static char *
did(const struct record *r, const struct record_change *c)
{
	size_t changed, bad;
	autofree char *set = record_hosts(r, c, RECORD_CHANGED, &changed);
	autofree char *failed = record_hosts(r, c, RECORD_BAD, &bad);
	autobuf b = BUF_INIT(64U << 10);

	if (!changed && !bad)
		return NULL;
	buf_adds(&b, c->name);
	if (c->now)
		buf_addf(&b, " to %.8s", c->now);
	if (changed)
		buf_addf(&b, "  changed: %s", set);
	if (bad)
		buf_addf(&b, "  failed: %s", failed);
	return buf_detach(&b, NULL);
}

static bool
did_also(const struct record *r, const char *line)
{
	for (size_t i = 0; i < r->change_count; i++) {
		autofree char *other = did(r, &r->changes[i]);

		if (other && str_eq(other, line))
			return true;
	}
	return false;
}

static void
compare_steps(const struct record *a, const struct record *b, char mark, struct buf *to)
{
	for (size_t i = 0; i < a->change_count; i++) {
		autofree char *line = did(a, &a->changes[i]);

		if (line && !did_also(b, line))
			buf_addf(to, "%c%s\n", mark, line);
	}
}

void
record_compare(const struct record *a, const char *a_name, const struct record *b,
    const char *b_name, struct buf *to)
{
	size_t before;

	buf_addf(to, "-%s\n+%s\n@ hosts\n", a_name, b_name);
	before = to->len;
	compare_hosts(a, b, to);
	if (to->len == before)
		buf_adds(to, " every host ended the same and said the same\n");
	buf_adds(to, "@ steps\n");
	before = to->len;
	compare_steps(a, b, '-', to);
	compare_steps(b, a, '+', to);
	if (to->len == before)
		buf_adds(to, " the same\n");
}
