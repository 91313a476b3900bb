#include "playbooks/back.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/back_inner.h"
#include "playbooks/kind.h"

#include <stdlib.h>
#include <string.h>

extern const char host_back_sh[], host_look_dir_sh[];

static void take_frame(void *user, const char *kind, const char *payload, size_t len);

char *
back_command(const char *nonce, const char *uuid)
{
	return reply_command(
	    host_look_dir_sh, host_back_sh, (const char *const[]){ nonce, uuid, NULL });
}

struct back_reading *
back_new(struct arena *a, const char *nonce, const char *uuid)
{
	struct back_reading *r = xcalloc(1, sizeof(*r));

	r->arena = a;
	r->uuid = arena_strdup(a, uuid);
	r->back = arena_alloc(a, sizeof(*r->back));
	r->back->dirs = arena_alloc(a, sizeof(*r->back->dirs));
	r->back->playbook = "-";
	reply_init(&r->reply, nonce, take_frame, r);
	return r;
}

void
back_feed(struct back_reading *r, const void *p, size_t n)
{
	reply_feed(&r->reply, p, n);
}

void
back_free(struct back_reading *r)
{
	if (!r)
		return;
	reply_fini(&r->reply);
	free(r->step);
	free(r->text);
	strmap_fini(&r->names);
	free(r);
}

bool
back_cut(char *line, char mark, char **field, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		field[i] = line;
		line = i + 1 < n ? strchr(line, mark) : NULL;
		if (line)
			*line++ = '\0';
		else if (i + 1 < n)
			return false;
	}
	return true;
}

struct back_step *
back_step_of(struct back_reading *r, const char *number)
{
	int64_t n;

	if (!str_int(number, 1, BACK_STEPS_MAX, &n))
		return NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (r->step[i].number == (size_t)n)
			return &r->step[i];
	}
	return NULL;
}

void
back_each_line(struct back_reading *r, char *text, void (*each)(struct back_reading *r, char *line))
{
	for (char *save = NULL, *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		each(r, line);
}

/* NUMBER KIND CLASS FLAGS THEN APP ID TITLE */
static void
take_step(struct back_reading *r, char *line)
{
	struct back_step s = { 0 };
	char *f[8];
	int64_t number, then;

	if (!back_cut(line, '\t', f, countof(f)) || !str_int(f[0], 1, BACK_STEPS_MAX, &number) ||
	    !str_int(f[4], 0, BACK_STEPS_MAX, &then))
		return;
	s.number = (size_t)number;
	s.then = (size_t)then;
	s.is_then = str_eq(f[1], "then");
	s.kind = kind_parse(f[1]);
	s.class = f[2];
	s.secret = strchr(f[3], 's') != NULL;
	s.restart = strchr(f[3], 'r') != NULL;
	s.reload = strchr(f[3], 'l') != NULL;
	s.special = strchr(f[3], 'h') != NULL;
	s.app = str_eq(f[5], "-") ? NULL : f[5];
	s.id = f[6];
	s.title = f[7];
	mem_grow(r->step, r->count, r->cap);
	r->step[r->count++] = s;
}

static void
take_dirs(struct back_reading *r, char *text)
{
	const char **list;
	size_t n = 0, lines = 1;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	list = arena_alloc(r->arena, (lines + 1) * sizeof(*list));
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '/' && line[1] && reply_is_path(line))
			list[n++] = line;
	}
	r->back->dirs = list;
}

static void
take_lines(struct back_reading *r, const char *kind, char *text)
{
	struct observation seen = { 0 };
	struct back *b = r->back;

	if (strcmp(kind, "journal") == 0) {
		journal_parse(r->arena, text, &seen);
		b->journal = seen.journal_count ? &seen.journal[seen.journal_count - 1] : NULL;
		return;
	}
	if (strcmp(kind, "about") == 0) {
		char *f[5];

		if (back_cut(text, '\t', f, countof(f)))
			b->playbook = f[3];
		return;
	}
	manifest_parse(r->arena, text, &seen);
	if (strcmp(kind, "manifest") == 0) {
		b->manifest = seen.manifest;
		b->manifest_count = seen.manifest_count;
	} else {
		b->manifest_old = seen.manifest;
		b->manifest_old_count = seen.manifest_count;
	}
}

/* The lines that an act wrote to the manifest begin with the number of its step. */
static char *
without_numbers(struct arena *a, const char *text)
{
	char *to = arena_strdup(a, text), *end = to;

	while (*text) {
		size_t n = strcspn(text, "\n");
		const char *tab = memchr(text, '\t', n);

		if (tab) {
			size_t rest = n - (size_t)(tab + 1 - text);

			memmove(end, tab + 1, rest);
			end += rest;
			*end++ = '\n';
		}
		text += n + (text[n] == '\n');
	}
	*end = '\0';
	return to;
}

/* What comes under a name of its own: "args/3", "content/2". */
static void
keep(struct back_reading *r, const char *kind, char *bytes, size_t len)
{
	bool words = strcmp(kind, "words") == 0;
	char *mark =
	    memchr(bytes, strcmp(kind, "sum") == 0 || strcmp(kind, "tree") == 0 ? ' ' : '\n', len);
	char *rest = mark ? mark + 1 : bytes + len;
	const char *name;

	if (mark)
		*mark = '\0';
	name = words ? bytes : arena_printf(r->arena, "%s/%s", kind, bytes);
	if (!strmap_add(&r->names, name, r->texts, NULL))
		return;
	mem_grow(r->text, r->texts, r->text_cap);
	r->text[r->texts++] = (struct back_text){ rest, len - (size_t)(rest - bytes) };
}

static void
take_frame(void *user, const char *kind, const char *payload, size_t len)
{
	static const char *const kept[] = { "words", "content", "target", "sum", "directory",
		"tree" };
	struct back_reading *r = user;
	char *text = arena_memdup0(r->arena, payload, len);
	const struct {
		const char *kind;
		char **to;
	} later[] = { { "result", &r->result }, { "units", &r->units },
		{ "units.before", &r->before }, { "units.after", &r->after },
		{ "files", &r->files }, { "untouched", &r->untouched }, { "was", &r->was },
		{ "undone", &r->undone }, { "gates", &r->gates }, { "drains", &r->drains } };

	for (size_t i = 0; i < countof(later); i++) {
		if (strcmp(kind, later[i].kind) == 0)
			*later[i].to = text;
	}
	for (size_t i = 0; i < countof(kept); i++) {
		if (strcmp(kind, kept[i]) == 0)
			keep(r, kind, text, len);
	}
	if (strcmp(kind, "what") == 0) {
		r->back->told = true;
		back_each_line(r, text, take_step);
	} else if (strcmp(kind, "manifest") == 0) {
		take_lines(r, kind, without_numbers(r->arena, text));
	} else if (strcmp(kind, "manifest.old") == 0 || strcmp(kind, "about") == 0 ||
		   strcmp(kind, "journal") == 0) {
		take_lines(r, kind, text);
	} else if (strcmp(kind, "dirs") == 0) {
		take_dirs(r, text);
	} else if (strcmp(kind, "absent") == 0) {
		r->back->absent = true;
	} else if (strcmp(kind, "running") == 0) {
		r->back->running = true;
	} else if (strcmp(kind, "refused") == 0) {
		r->back->refused = text;
	}
}

struct back *
back_end(struct back_reading *r, struct err *err)
{
	struct back *b = r->back;
	int rc = reply_verdict(&r->reply, err);

	if (rc == 0)
		back_join(r);
	back_free(r);
	return rc < 0 ? NULL : b;
}
