#include "playbooks/render.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbooks/render_inner.h"

#include <string.h>

/* A template being filled in. */
struct filling {
	struct evaluation e;
	struct buf *to;
};

bool
render_is_template(const struct source *s)
{
	for (size_t i = 0; s->text && i + 1 < s->len; i++)
		if (s->text[i] == '{' && s->text[i + 1] && strchr("{%#", s->text[i + 1]))
			return true;
	return false;
}

static void
add(struct filling *f, const char *p, size_t n)
{
	if (f->to->dropped || !evaluation_charge(&f->e, 1 + n / 4096))
		return;
	if (buf_add(f->to, p, n) || f->e.maybe)
		return;
	f->e.stopped = f->e.bad = true;
	diag_error(f->e.diag, source_mark(f->e.source, f->e.source->text),
	    "the text grows past %zu MiB", OUTPUT_MAX >> 20);
}

/* False when a value would begin a line of its own in a text of which each line says something. */
static bool
stays_in_line(struct filling *f, struct node *n, const char *text, size_t len)
{
	size_t at = 0;

	while (
	    at < len && (((unsigned char)text[at] >= ' ' && text[at] != 0x7f) || text[at] == '\t'))
		at++;
	if (!f->e.scope->one_line || at == len)
		return true;
	evaluation_wrong(&f->e, n,
	    "\"%.*s\" holds U+%04X, which cannot stand in a unit: write one {{ }} a line",
	    (int)(n->end - n->at < 60 ? n->end - n->at : 60), n->at, (unsigned char)text[at]);
	return false;
}

static void
fill_hole(struct filling *f, struct node *n)
{
	struct value v = node_known(&f->e, n);
	size_t len = 0;
	const char *text = value_shown(f->e.arena, &v, &len);
	int shown = (int)(n->end - n->at < 60 ? n->end - n->at : 60);

	if (text && stays_in_line(f, n, text, len))
		add(f, text, len);
	else if (v.kind == VALUE_NULL)
		evaluation_wrong(&f->e, n,
		    "\"%.*s\" is null: add | default(\"...\") for a text in its place", shown,
		    n->at);
	else if (!text && v.kind != VALUE_BAD)
		evaluation_wrong(&f->e, n,
		    "\"%.*s\" is a list or a mapping: name a part of it, or add | json", shown,
		    n->at);
}

static void fill(struct filling *f, const struct part *p);

/* What is filled in to be checked only: it is not known yet whether it comes to that. */
static void
try(struct filling *f, const struct part *p)
{
	autobuf aside = BUF_INIT(OUTPUT_MAX);
	struct buf *to = f->to;

	f->e.maybe++;
	f->to = &aside;
	fill(f, p);
	f->to = to;
	f->e.maybe--;
}

/* From the first condition that is not known yet on, nothing counts. */
static void
fill_if(struct filling *f, const struct part *p)
{
	int open = 0;

	for (;;) {
		struct value v = node_condition(&f->e, p->value);
		bool rest = p->otherwise && p->otherwise->elif;

		if (open || v.kind == VALUE_LATER)
			try(f, p->body);
		else if (v.kind == VALUE_BOOL && v.n)
			fill(f, p->body);
		if (v.kind == VALUE_BAD || (v.kind == VALUE_BOOL && v.n))
			break;
		f->e.maybe += !open && v.kind == VALUE_LATER;
		open |= v.kind == VALUE_LATER;
		if (!rest) {
			open ? try(f, p->otherwise) : fill(f, p->otherwise);
			break;
		}
		p = p->otherwise;
	}
	f->e.maybe -= open;
}

/* What {{ loop.* }} says, and the names of the item; rewritten for each. */
struct turn {
	struct value item[5], loop, first, second;
	struct scope_local of_loop, of_first, of_second;
};

static void
bind(struct filling *f, struct turn *t, const struct part *p)
{
	static const char *const names[] = { "index", "index0", "first", "last", "length" };

	t->loop = (struct value){ .kind = VALUE_MAP, .key = names, .item = t->item, .count = 5 };
	t->of_loop = (struct scope_local){ "loop", &t->loop, f->e.locals };
	t->of_first = (struct scope_local){ p->name, &t->first, &t->of_loop };
	t->of_second = (struct scope_local){ p->other_name, &t->second, &t->of_first };
}

static void
place(struct turn *t, size_t i, size_t count)
{
	t->item[0] = value_int((int64_t)i + 1);
	t->item[1] = value_int((int64_t)i);
	t->item[2] = value_bool(i == 0);
	t->item[3] = value_bool(i + 1 == count);
	t->item[4] = value_int((int64_t)count);
}

/* The names of the i-th item: of a mapping its key and value, of a list the item or, for two names,
 * its two parts. */
static bool
take(struct filling *f, struct turn *t, const struct part *p, const struct value *of, size_t i)
{
	const struct value *item = &of->item[i];

	if (of->kind == VALUE_MAP) {
		t->first = value_text(of->key[i], strlen(of->key[i]));
		t->second = *item;
		return true;
	}
	t->first = *item;
	if (!p->other_name)
		return true;
	if (item->count != 2 ||
	    (item->kind == VALUE_MAP &&
		(strcmp(item->key[0], "key") != 0 || strcmp(item->key[1], "value") != 0))) {
		evaluation_wrong(&f->e, p->value,
		    "two names take the items of a mapping, or of a list of pairs; item %zu is %s",
		    i, value_kind_name(item->kind));
		return false;
	}
	t->first = item->item[0];
	t->second = item->item[1];
	return true;
}

/* The items for which `if` holds, by their positions; all without one. */
static size_t
choose(struct filling *f, struct turn *t, const struct part *p, const struct value *of, size_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < of->count && !f->e.stopped; i++) {
		struct value v = value_bool(true);

		if (!take(f, t, p, of, i))
			return 0;
		if (p->only)
			v = node_condition(&f->e, p->only);
		if (v.kind == VALUE_LATER || (v.kind == VALUE_BOOL && v.n))
			ret[n++] = i;
	}
	return n;
}

static void
fill_items(struct filling *f, const struct part *p, const struct value *of)
{
	const struct scope_local *outer = f->e.locals;
	size_t *at, count;
	struct turn t;

	if (!evaluation_charge(&f->e, of->count))
		return;
	at = arena_alloc(f->e.arena, of->count * sizeof(*at) + 1);
	bind(f, &t, p);
	place(&t, 0, of->count);
	f->e.locals = p->other_name ? &t.of_second : &t.of_first;
	count = choose(f, &t, p, of, at);
	for (size_t i = 0; i < count && evaluation_charge(&f->e, 1); i++) {
		take(f, &t, p, of, at[i]);
		place(&t, i, count);
		fill(f, p->body);
	}
	f->e.locals = outer;
	if (count == 0)
		fill(f, p->otherwise);
}

static void
fill_for(struct filling *f, const struct part *p)
{
	struct value v = node_known(&f->e, p->value);

	if (v.kind == VALUE_BAD)
		return;
	if (v.kind == VALUE_LATER) {
		struct value one[2] = { v, v },
			     pair = { .kind = VALUE_LIST, .item = one, .count = 2 };
		struct value stands = value_list(p->other_name ? &pair : &one[0], 1);
		autobuf aside = BUF_INIT(OUTPUT_MAX);
		struct buf *to = f->to;

		f->e.maybe++;
		f->to = &aside;
		fill_items(f, p, &stands);
		fill(f, p->otherwise);
		f->to = to;
		f->e.maybe--;
	} else if (v.kind != VALUE_LIST && v.kind != VALUE_MAP) {
		evaluation_wrong(&f->e, p->value, "for goes over a list or a mapping, not %s%s",
		    value_kind_name(v.kind), v.kind == VALUE_TEXT ? " (| split, | lines)" : "");
	} else {
		fill_items(f, p, &v);
	}
}

/* As deep as blocks are nested, which reading bounds. */
static void
fill(struct filling *f, const struct part *p)
{
	for (; p && !f->e.stopped; p = p->next) {
		switch (p->kind) {
		case PART_TEXT:
			add(f, p->text, p->len);
			break;
		case PART_HOLE:
			fill_hole(f, p->value);
			break;
		case PART_IF:
			fill_if(f, p);
			break;
		case PART_FOR:
			fill_for(f, p);
			break;
		}
	}
}

char *
render_text(const struct source *s, const struct scope *scope, struct arena *a, struct diag *diag,
    size_t *ret_len)
{
	autobuf to = BUF_INIT(OUTPUT_MAX);
	struct filling f = { .to = &to };
	struct part *parts;
	bool good;

	evaluation_begin(&f.e, s, scope, diag);
	good = part_read_all(s, f.e.arena, diag, &parts);
	if (good)
		fill(&f, parts);
	good = good && !f.e.bad;
	evaluation_end(&f.e);
	if (!good)
		return NULL;
	if (ret_len)
		*ret_len = to.len;
	return arena_memdup0(a, buf_text(&to), to.len);
}

bool
render_check(const struct source *s, struct diag *diag)
{
	struct arena *a = arena_new();
	struct part *parts;
	bool good = part_read_all(s, a, diag, &parts);

	arena_free(a);
	return good;
}
