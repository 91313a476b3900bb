#include "base/yaml.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "base/yaml_slip.h"
#include "base/yaml_text.h"

#include <string.h>
#include <yaml.h>

#define ANCHORS_MAX  100
#define EXPANDED_MAX 100000 /* nodes that aliases stand for, all together */

/* A list or map that is not closed yet. In a map keys and values alternate. */
struct open {
	struct yaml_node *node;
	const struct yaml_node **child;
	size_t count, cap;
	struct strmap seen; /* keys, by their position in child */
	bool flow;          /* written with [] or {} */
	bool drop;          /* the pair being read is refused: forget it with its value */
	bool merge;         /* the value being read is that of << */
	const struct yaml_node **merged; /* those values */
	size_t merged_count, merged_cap;
};

struct anchor {
	char *name;
	const struct yaml_node *node;
};

struct reader {
	struct arena *arena;
	struct diag *diag;
	const char *file, *text;
	size_t len;
	struct open open[YAML_DEPTH_MAX];
	int depth;
	const struct yaml_node *root;
	int documents;
	bool ansible;
	struct anchor anchor[ANCHORS_MAX];
	int anchors, aliases;
	size_t expanded;
	const char *line_at; /* where line begins: for indents */
	int line;
};

static struct mark
mark_of(const struct reader *r, yaml_mark_t m)
{
	return (struct mark){ .file = r->file, .line = (int)m.line + 1, .col = (int)m.column + 1 };
}

/* Marks only grow: the last line that was looked at is kept. */
static int
indent_at(struct reader *r, struct mark at)
{
	const char *end = r->text + r->len;

	if (!r->line_at) {
		r->line_at = r->text;
		r->line = 1;
	}
	for (; r->line < at.line && r->line_at < end; r->line_at++)
		r->line += *r->line_at == '\n';
	return yaml_text_indent(r->line_at, (size_t)(end - r->line_at));
}

static void
parser_error(struct reader *r, const yaml_parser_t *p)
{
	struct mark at = mark_of(r, p->problem_mark), from = mark_of(r, p->context_mark);
	const char *problem = p->problem ? p->problem : "no YAML";

	const struct yaml_slip slip = { .text = r->text,
		.len = r->len,
		.flow = r->depth && r->open[r->depth - 1].flow,
		.problem = problem,
		.at = at };

	if (yaml_slip_tell(&slip, r->diag))
		return;
	if (p->context && (from.line != at.line || from.col != at.col))
		diag_error(r->diag, at, "%s (%s that begins at line %d, column %d)", problem,
		    p->context, from.line, from.col);
	else
		diag_error(r->diag, at, "%s%s%s", problem, p->context ? " " : "",
		    p->context ? p->context : "");
}

static void
check_key(struct reader *r, struct open *o, const struct yaml_node *key)
{
	size_t first;

	if (key->kind != YAML_SCALAR) {
		diag_error(r->diag, key->mark,
		    "%s cannot be a key: quote a value that begins with {{ or [",
		    yaml_kind_name(key));
		o->drop = true;
	} else if (key->plain && strcmp(key->text, "<<") == 0 && r->ansible) {
		o->merge = true;
	} else if (key->plain && strcmp(key->text, "<<") == 0) {
		diag_error(r->diag, key->mark, "merge keys (<<) are not read: write the keys out");
		o->drop = true;
	} else if (!strmap_add(&o->seen, key->text, o->count, &first)) {
		diag_error(r->diag, key->mark, "the key \"%s\" is given twice: first in line %d",
		    key->text, o->child[first]->mark.line);
		o->drop = true;
	}
}

/* {A:1} is the key "A:1" without a value, and nobody means that. */
static bool
is_glued(const struct open *o, const struct yaml_node *key, const struct yaml_node *value)
{
	const char *colon = strchr(key->text, ':');

	return o->flow && key->plain && value->plain && !value->len && colon && colon[1] &&
	       colon != key->text && !strchr(colon + 1, ':');
}

static void
add_child(struct reader *r, const struct yaml_node *n)
{
	struct open *o = &r->open[r->depth - 1];
	bool map = o->node->kind == YAML_MAP;

	if (map && o->count % 2 == 0)
		check_key(r, o, n);
	mem_grow(o->child, o->count, o->cap);
	o->child[o->count++] = n;
	if (!map || o->count % 2)
		return;
	const struct yaml_node *key = o->child[o->count - 2];
	if (!o->drop && is_glued(o, key, n)) {
		int head = (int)strcspn(key->text, ":");

		diag_error(r->diag, key->mark, "a space is missing: write `%.*s: %s`", head,
		    key->text, key->text + head + 1);
		o->drop = true;
	}
	if (o->merge) {
		mem_grow(o->merged, o->merged_count, o->merged_cap);
		o->merged[o->merged_count++] = n;
	}
	if (o->drop || o->merge)
		o->count -= 2;
	o->drop = o->merge = false;
}

static void
add_node(struct reader *r, const struct yaml_node *n)
{
	if (r->depth)
		add_child(r, n);
	else
		r->root = n;
}

/* A name for the node, for aliases further down. */
static void
keep_anchor(struct reader *r, struct mark at, const char *name, const struct yaml_node *n)
{
	if (!r->ansible) {
		diag_error(r->diag, at, "anchors (&%.40s) are not read: write the value out", name);
		return;
	}
	if (r->anchors == ANCHORS_MAX) {
		diag_error(r->diag, at, "more than %d anchors", ANCHORS_MAX);
		return;
	}
	r->anchor[r->anchors++] =
	    (struct anchor){ .name = arena_strdup(r->arena, name), .node = n };
}

/* False when the tag is none that may stand here. */
static bool
take_tag(struct reader *r, struct yaml_node *n, const char *tag)
{
	static const char *const texts[] = { "!unsafe", "tag:yaml.org,2002:str", NULL };

	if (r->ansible && n->kind == YAML_SCALAR && strncmp(tag, "!vault", 6) == 0) {
		n->text = YAML_VAULT;
		n->len = strlen(YAML_VAULT);
		n->plain = false;
		return true;
	}
	for (int i = 0; r->ansible && texts[i]; i++) {
		if (strcmp(tag, texts[i]) == 0) {
			n->plain = false;
			return true;
		}
	}
	diag_error(r->diag, n->mark,
	    "tags (!...) are not read: quote a text that begins with an exclamation mark");
	return false;
}

/* The words that PyYAML takes for booleans. */
static void
take_boolean(struct yaml_node *n)
{
	static const char *const words[] = { "yes", "Yes", "YES", "true", "True", "TRUE", "on",
		"On", "ON", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF" };

	for (size_t i = 0; n->plain && n->len <= 5 && i < countof(words); i++) {
		if (strcmp(n->text, words[i]) != 0)
			continue;
		n->text = i < 9 ? "true" : "false";
		n->len = strlen(n->text);
		return;
	}
}

static bool
is_key(const struct reader *r)
{
	const struct open *o = r->depth ? &r->open[r->depth - 1] : NULL;

	return o && o->node->kind == YAML_MAP && o->count % 2 == 0;
}

static void
add_scalar(struct reader *r, const yaml_event_t *e)
{
	struct yaml_node *n = arena_alloc(r->arena, sizeof(*n));
	const char *text = (const char *)e->data.scalar.value;
	yaml_scalar_style_t style = e->data.scalar.style;

	n->kind = YAML_SCALAR;
	n->mark = mark_of(r, e->start_mark);
	n->plain = style == YAML_PLAIN_SCALAR_STYLE;
	n->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	if (style == YAML_LITERAL_SCALAR_STYLE)
		n->indent = indent_at(r, n->mark);
	if (yaml_text_check_scalar(n->mark, text, e->data.scalar.length, n->block, r->diag))
		n->len = e->data.scalar.length;
	n->text = arena_memdup0(r->arena, text, n->len);
	if (e->data.scalar.tag)
		take_tag(r, n, (const char *)e->data.scalar.tag);
	if (e->data.scalar.anchor)
		keep_anchor(r, n->mark, (const char *)e->data.scalar.anchor, n);
	if (r->ansible && !is_key(r))
		take_boolean(n);
	add_node(r, n);
}

/* How many nodes a tree is when its aliases are written out; stops counting behind the limit.
 * *depth becomes its depth. */
static size_t
weight(const struct yaml_node *n, size_t limit, int *depth)
{
	size_t sum = 1;
	int below = 0, deepest = 0;

	for (size_t i = 0; i < n->count && sum <= limit; i++) {
		sum += weight(n->value[i], limit - sum, &below);
		deepest = below > deepest ? below : deepest;
	}
	*depth = n->kind == YAML_SCALAR ? 0 : deepest + 1;
	return sum;
}

/* The node an alias stands for; NULL, with a mistake, when it stands for none or for too much. */
static const struct yaml_node *
follow_alias(struct reader *r, struct mark at, const char *name)
{
	const struct yaml_node *n = NULL;
	int depth = 0;

	for (int i = 0; i < r->anchors; i++) {
		if (strcmp(r->anchor[i].name, name) == 0)
			n = r->anchor[i].node;
	}
	if (!n) {
		diag_error(r->diag, at, "no anchor &%.40s stands before this alias", name);
		return NULL;
	}
	for (int i = 0; i < r->depth; i++) {
		if (r->open[i].node == n) {
			diag_error(r->diag, at, "the alias *%.40s stands in itself", name);
			return NULL;
		}
	}
	r->expanded += weight(n, EXPANDED_MAX, &depth);
	if (++r->aliases > ANCHORS_MAX || r->expanded > EXPANDED_MAX)
		diag_error(r->diag, at,
		    "aliases stand for too much: at most %d of them, and %d values", ANCHORS_MAX,
		    EXPANDED_MAX);
	else if (depth + r->depth > YAML_DEPTH_MAX)
		diag_error(r->diag, at, "nested deeper than %d levels", YAML_DEPTH_MAX);
	else
		return n;
	return NULL;
}

static void
add_alias(struct reader *r, const yaml_event_t *e)
{
	struct yaml_node *none = arena_alloc(r->arena, sizeof(*none));
	struct mark at = mark_of(r, e->start_mark);
	const char *name = (const char *)e->data.alias.anchor;
	const struct yaml_node *n = NULL;

	if (r->ansible)
		n = follow_alias(r, at, name);
	else
		diag_error(r->diag, at,
		    "aliases are not read: write the value out, or quote \"*%.40s\"", name);
	*none = (struct yaml_node){ .kind = YAML_SCALAR, .mark = at, .plain = true, .text = "" };
	add_node(r, n ? n : none);
}

static bool
begin(struct reader *r, const yaml_event_t *e, enum yaml_kind kind)
{
	bool map = kind == YAML_MAP;
	bool flow = map ? e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			: e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;

	const unsigned char *anchor =
	    map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
	const unsigned char *tag = map ? e->data.mapping_start.tag : e->data.sequence_start.tag;

	if (r->depth == YAML_DEPTH_MAX) {
		diag_error(r->diag, mark_of(r, e->start_mark), "nested deeper than %d levels",
		    YAML_DEPTH_MAX);
		return false;
	}
	struct yaml_node *n = arena_alloc(r->arena, sizeof(*n));
	n->kind = kind;
	n->mark = mark_of(r, e->start_mark);
	if (anchor)
		keep_anchor(r, n->mark, (const char *)anchor, n);
	if (tag)
		take_tag(r, n, (const char *)tag);
	r->open[r->depth++] = (struct open){ .node = n, .flow = flow };
	return true;
}

static void
close_open(struct open *o)
{
	free(o->child);
	free(o->merged);
	strmap_fini(&o->seen);
}

/* The pairs of one mapping that << names, where the key is not there yet. */
static void
merge_map(struct reader *r, struct open *o, const struct yaml_node *from)
{
	if (from->kind != YAML_MAP) {
		diag_error(r->diag, from->mark, "<<: a mapping is wanted here, not %s",
		    yaml_kind_name(from));
		return;
	}
	for (size_t i = 0; i < from->count; i++) {
		if (!strmap_add(&o->seen, from->key[i]->text, o->count, NULL))
			continue;
		mem_grow(o->child, o->count, o->cap);
		o->child[o->count++] = from->key[i];
		mem_grow(o->child, o->count, o->cap);
		o->child[o->count++] = from->value[i];
	}
}

static void
finish(struct reader *r)
{
	struct open *o = &r->open[--r->depth];
	struct yaml_node *n = o->node;

	for (size_t i = 0; i < o->merged_count; i++) {
		const struct yaml_node *m = o->merged[i];

		for (size_t k = 0; m->kind == YAML_LIST && k < m->count; k++)
			merge_map(r, o, m->value[k]);
		if (m->kind != YAML_LIST)
			merge_map(r, o, m);
	}
	size_t step = n->kind == YAML_MAP ? 2 : 1;

	n->count = o->count / step;
	const struct yaml_node **value = arena_alloc(r->arena, n->count * sizeof(*value) + 1);
	const struct yaml_node **key = value;
	if (step == 2)
		key = arena_alloc(r->arena, n->count * sizeof(*key) + 1);
	for (size_t i = 0; i < n->count; i++) {
		key[i] = o->child[i * step];
		value[i] = o->child[i * step + step - 1];
	}
	n->value = value;
	n->key = step == 2 ? key : NULL;
	close_open(o);
	add_node(r, n);
}

static bool
begin_document(struct reader *r, const yaml_event_t *e)
{
	struct mark at = mark_of(r, e->start_mark);

	if (e->data.document_start.tag_directives.start !=
	    e->data.document_start.tag_directives.end)
		diag_error(r->diag, at, "%%TAG is not read");
	if (++r->documents > 1)
		diag_error(r->diag, at, "a second document: one file holds one");
	return r->documents == 1;
}

/* False when reading must stop. */
static bool
take_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(r, e);
	case YAML_ALIAS_EVENT:
		add_alias(r, e);
		return true;
	case YAML_SCALAR_EVENT:
		add_scalar(r, e);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		return begin(r, e, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		return begin(r, e, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		finish(r);
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

static bool
read_events(struct reader *r, yaml_parser_t *p)
{
	bool good = true, end = false;

	while (good && !end) {
		yaml_event_t e;

		if (!yaml_parser_parse(p, &e)) {
			parser_error(r, p);
			return false;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		good = take_event(r, &e);
		yaml_event_delete(&e);
	}
	return good;
}

static const struct yaml_node *
parse(struct reader *r, const char *text, size_t len)
{
	yaml_parser_t p;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	r->text = text;
	r->len = len;
	if (!yaml_text_check(r->file, text, len, r->diag))
		return NULL;
	if (!yaml_parser_initialize(&p))
		mem_abort("out of memory");
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	bool good = read_events(r, &p);
	yaml_parser_delete(&p);
	while (r->depth)
		close_open(&r->open[--r->depth]);
	if (good && (!r->root || (yaml_is_null(r->root) && !r->root->len))) {
		if (!r->ansible)
			diag_error(r->diag, (struct mark){ .file = r->file }, "the file is empty");
		return NULL;
	}
	return good ? r->root : NULL;
}

const struct yaml_node *
yaml_parse(struct arena *a, const char *file, const char *text, size_t len, struct diag *diag)
{
	struct reader r = { .arena = a, .diag = diag, .file = arena_strdup(a, file) };

	return parse(&r, text, len);
}

const struct yaml_node *
yaml_parse_ansible(
    struct arena *a, const char *file, const char *text, size_t len, struct diag *diag)
{
	struct reader r = {
		.arena = a, .diag = diag, .file = arena_strdup(a, file), .ansible = true
	};
	autofree char *joined = len && *text == '{' ? yaml_text_join_pairs(text, &len) : NULL;

	return parse(&r, joined ? joined : text, len);
}

const struct yaml_node *
yaml_load(struct arena *a, const char *path, struct diag *diag)
{
	struct err err;
	size_t len = 0;
	autofree char *text = file_read(path, YAML_SIZE_MAX, &len, &err);

	if (!text) {
		const char *why = err.text;

		if (strncmp(why, path, strlen(path)) == 0 && why[strlen(path)] == ':')
			why += strlen(path) + 2;
		diag_error(diag, (struct mark){ .file = arena_strdup(a, path) }, "%s", why);
		return NULL;
	}
	return yaml_parse(a, path, text, len, diag);
}
