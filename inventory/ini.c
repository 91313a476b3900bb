#include "inventory/ansible.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "base/yaml_text.h"
#include "inventory/literal.h"
#include "inventory/model.h"
#include "inventory/words.h"

#include <ctype.h>
#include <string.h>

enum section { SECTION_HOSTS, SECTION_VARS, SECTION_CHILDREN };

struct reader {
	struct ansible *a;
	enum section section;
	size_t group;
	bool known; /* the section's name is good: its lines mean something */
	struct mark at;
	const char *line; /* the line's text without blanks before and behind it */
	struct strmap declared, pending;
	struct mark *pending_at; /* beside the groups that only [x:vars] named so far */
	const char **pending_name;
	size_t pending_count, pending_cap, at_cap;
	struct var *var; /* of this section so far */
	size_t var_count, var_cap;
};

/* The mark of a byte of the line: columns count characters. */
static struct mark
mark_at(const struct reader *r, size_t byte)
{
	struct mark at = r->at;

	for (size_t i = 0; i < byte; i++)
		at.col += ((unsigned char)r->line[i] & 0xc0) != 0x80;
	return at;
}

/* A literal of Python's becomes what it means, anything else is a text. */
static bool
read_value(struct reader *r, const char *text, struct var *v)
{
	struct arena *arena = r->a->inv->arena;
	autobuf b = BUF_INIT(YAML_SIZE_MAX * 2);

	v->is_json = v->plain = false;
	if (!literal_read(text, &b, &v->is_json)) {
		v->value = arena_strdup(arena, text);
		return true;
	}
	if (!yaml_text_check_scalar(v->mark, buf_text(&b), b.len, true, r->a->diag))
		return false;
	v->value = arena_memdup0(arena, buf_text(&b), b.len);
	v->plain = !v->is_json && !strchr("'\"", text[0]);
	return true;
}

/* [name], [name:vars], [name:children], and a comment behind it: the length of each part. */
static bool
split_header(const char *s, size_t *name, size_t *kind)
{
	const char *end;

	*name = strcspn(s + 1, ":] \t");
	end = s + 1 + *name;
	*kind = 0;
	if (*end == ':') {
		*kind = strspn(end + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
		end += 1 + *kind;
		if (!*kind)
			return false;
	}
	if (!*name || *end != ']')
		return false;
	end += 1 + strspn(end + 1, " \t");
	return !*end || *end == '#';
}

/* Which kind of section; false when there is no such kind. */
static bool
section_kind(struct reader *r, const char *kind)
{
	static const char *const names[] = { "hosts", "vars", "children", NULL };
	const char *near;

	for (size_t i = 0; names[i]; i++) {
		if (str_eq(kind, names[i])) {
			r->section = (enum section)i;
			return true;
		}
	}
	near = str_nearest(kind, names);
	diag_error(r->a->diag, r->at,
	    "there is no kind \"%.40s\" of section%s%s%s; it is vars or children", kind,
	    near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
	return false;
}

/* [x:vars] alone makes no group: somebody must name it as one. */
static void
note_group(struct reader *r, const char *name)
{
	size_t old;

	if (r->section != SECTION_VARS) {
		strmap_add(&r->declared, name, 0, NULL);
		return;
	}
	if (strmap_find(&r->declared, name, &old) ||
	    !strmap_add(&r->pending, name, r->pending_count, &old))
		return;
	mem_grow(r->pending_at, r->pending_count, r->at_cap);
	mem_grow(r->pending_name, r->pending_count, r->pending_cap);
	r->pending_at[r->pending_count] = r->at;
	r->pending_name[r->pending_count++] = name;
}

/* Of two that are the same the later counts. */
static void
put_var(struct var *item, size_t *n, const struct var *v)
{
	size_t i = 0;

	while (i < *n && !str_eq(item[i].name, v->name))
		i++;
	item[i] = *v;
	*n += i == *n;
}

static void
read_variable(struct reader *r)
{
	const char *eq = strchr(r->line, '=');
	struct arena *arena = r->a->inv->arena;
	size_t len;

	if (!eq || eq == r->line) {
		diag_error(r->a->diag, r->at, "name=value is wanted here, not \"%.60s\"", r->line);
		return;
	}
	len = (size_t)(eq - r->line);
	while (len && isspace((unsigned char)r->line[len - 1]))
		len--;
	struct var v = { .name = arena_memdup0(arena, r->line, len), .mark = r->at };
	eq += 1 + strspn(eq + 1, " \t");
	if (!read_value(r, eq, &v))
		return;
	mem_grow(r->var, r->var_count, r->var_cap);
	put_var(r->var, &r->var_count, &v);
}

/* The variables of a section that is over. */
static void
end_section(struct reader *r)
{
	struct arena *arena = r->a->inv->arena;
	size_t size = r->var_count * sizeof(*r->var);

	if (!r->var_count)
		return;
	struct var *item = arena_alloc(arena, size);
	memcpy(item, r->var, size);
	ansible_say_group(r->a, r->group,
	    &(struct field_vars){ .item = item, .count = r->var_count }, item[0].mark, false);
	r->var_count = 0;
}

static void
read_header(struct reader *r, size_t name_len, size_t kind_len)
{
	struct arena *arena = r->a->inv->arena;
	const char *name = arena_memdup0(arena, r->line + 1, name_len);
	autofree char *kind = xmemdup0(r->line + 2 + name_len, kind_len);
	size_t known;

	end_section(r);
	r->known = section_kind(r, kind_len ? kind : "hosts");
	if (!r->known)
		return;
	bool here = str_eq(name, "all") || str_eq(name, "ungrouped") ||
		    strmap_find(&r->a->inv->group_map, name, &known);
	r->known = ansible_group(r->a, name, mark_at(r, 1), &r->group);
	if (r->known && !(here && r->section == SECTION_VARS))
		note_group(r, name);
}

static bool
read_pair(struct reader *r, const struct word *w, struct var *v)
{
	const char *eq = strchr(w->text, '=');

	*v = (struct var){ .mark = mark_at(r, w->at) };
	if (!eq || eq == w->text) {
		diag_error(r->a->diag, v->mark,
		    "name=value is wanted behind a host, not \"%.60s\"%s", w->text,
		    *w->text == ';' ? ": a comment begins with # here" : "");
		return false;
	}
	v->name = arena_memdup0(r->a->inv->arena, w->text, (size_t)(eq - w->text));
	return read_value(r, eq + 1, v);
}

static void
read_host(struct reader *r)
{
	autowords words = { 0 };
	const char *wrong = words_split(r->line, true, &words);
	size_t n = 0;
	struct var v;

	if (wrong) {
		diag_error(r->a->diag, r->at, "%s", wrong);
		return;
	}
	if (words.count == 0)
		return;
	struct var *item = arena_alloc(r->a->inv->arena, words.count * sizeof(*item));
	for (size_t i = 1; i < words.count; i++) {
		if (read_pair(r, &words.word[i], &v))
			put_var(item, &n, &v);
	}
	ansible_hosts(r->a, words.word[0].text, r->at, r->group,
	    &(struct field_vars){ .item = item, .count = n });
}

static void
read_child(struct reader *r)
{
	size_t len = strcspn(r->line, ":] \t"), gap = len + strspn(r->line + len, " \t");

	if (!len || (r->line[gap] && r->line[gap] != '#')) {
		diag_error(r->a->diag, r->at, "the name of a group is wanted here, not \"%.60s\"",
		    r->line);
		return;
	}
	ansible_child(r->a, r->group, arena_memdup0(r->a->inv->arena, r->line, len), r->at);
}

static void
read_line(struct reader *r)
{
	size_t name, kind, len = strlen(r->line);

	if (!len || *r->line == '#' || *r->line == ';')
		return;
	if (*r->line == '[' && split_header(r->line, &name, &kind)) {
		read_header(r, name, kind);
		return;
	}
	if (*r->line == '[' && (r->line[len - 1] == ']' || !strchr(r->line, ':'))) {
		diag_error(r->a->diag, r->at,
		    "a section is [name], [name:vars] or [name:children], without blanks, and a "
		    "comment behind it begins with #");
		r->known = false;
		return;
	}
	if (!r->known)
		return;
	if (r->section == SECTION_VARS)
		read_variable(r);
	else if (r->section == SECTION_CHILDREN)
		read_child(r);
	else
		read_host(r);
}

static void
check_pending(struct reader *r)
{
	for (size_t i = 0; i < r->pending_count; i++) {
		if (!strmap_find(&r->declared, r->pending_name[i], NULL))
			diag_error(r->a->diag, r->pending_at[i],
			    "[%.60s:vars] is of a group that nothing else names: write [%.60s] too",
			    r->pending_name[i], r->pending_name[i]);
	}
}

/* One line without its blanks, as a text of its own. */
static void
take_line(struct reader *r, const char *from, const char *end, struct buf *line)
{
	const char *p = from;

	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	buf_clear(line);
	buf_add(line, p, (size_t)(end - p));
	r->line = buf_text(line);
	r->at.col = 1 + (int)(p - from);
	read_line(r);
}

void
ansible_ini(struct ansible *a, const char *text, size_t len)
{
	const char *end = text + len;
	autobuf line = BUF_INIT(YAML_SIZE_MAX);
	struct reader r = { .a = a, .at = { .file = a->path }, .known = true };

	a->inv->ansible = true;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	if (!yaml_text_check(a->path, text, (size_t)(end - text), a->diag))
		return;
	r.group = ANSIBLE_ALL;
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		r.at.line++;
		take_line(&r, text, stop ? stop : end, &line);
		text = stop ? stop + 1 : end;
	}
	end_section(&r);
	check_pending(&r);
	free(r.var);
	free(r.pending_at);
	free(r.pending_name);
	strmap_fini(&r.declared);
	strmap_fini(&r.pending);
}
