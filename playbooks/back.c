#include "playbooks/back.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/kind.h"
#include "playbooks/reply.h"

#include <stdlib.h>
#include <string.h>

#define REPLY_MAX (64U << 20)
#define STEPS_MAX 1000000
#define GATE_MS   86400000

extern const char host_back_sh[], host_look_dir_sh[];

struct back_reading {
	struct arena *arena;
	struct reply reply;
	struct back *back;
	const char *uuid;
	size_t taken;
	struct back_step *step;
	size_t count, cap, max; /* max: the highest number there may be */
	char *result, *units, *before, *after, *files, *was, *undone, *gates;
	struct text {
		char *bytes;
		size_t len;
	} * text;
	size_t texts, text_cap;
	struct strmap names; /* of texts */
};

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
	r->taken += n;
	if (r->taken <= REPLY_MAX)
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

/* Cut at a mark into exactly n fields, the last with the rest; false when there are fewer. */
static bool
cut(char *line, char mark, char **field, size_t n)
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

/* NUMBER KIND CLASS FLAGS THEN APP ID TITLE */
static void
take_step(struct back_reading *r, char *line)
{
	struct back_step s = { 0 };
	char *f[8];
	int64_t number, then;

	if (!cut(line, '\t', f, countof(f)) || !str_int(f[0], 1, STEPS_MAX, &number) ||
	    !str_int(f[4], 0, STEPS_MAX, &then))
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

static struct back_step *
step_of(struct back_reading *r, const char *number)
{
	int64_t n;

	if (!str_int(number, 1, STEPS_MAX, &n))
		return NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (r->step[i].number == (size_t)n)
			return &r->step[i];
	}
	return NULL;
}

static void
each_line(struct back_reading *r, char *text, void (*each)(struct back_reading *r, char *line))
{
	for (char *save = NULL, *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		each(r, line);
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

		if (cut(text, '\t', f, countof(f)))
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
	r->text[r->texts++] = (struct text){ rest, len - (size_t)(rest - bytes) };
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
		{ "files", &r->files }, { "was", &r->was }, { "undone", &r->undone },
		{ "gates", &r->gates } };

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
		each_line(r, text, take_step);
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

/* "start N", "step N STATE" and "end OUTCOME" */
static void
take_result(struct back_reading *r, char *line)
{
	char *f[3] = { NULL, NULL, NULL }, *save = NULL;
	struct back_step *s;

	f[0] = strtok_r(line, " ", &save);
	f[1] = strtok_r(NULL, " ", &save);
	f[2] = strtok_r(NULL, " ", &save);
	if (!f[0] || !f[1])
		return;
	if (strcmp(f[0], "end") == 0) {
		r->back->ended = true;
		return;
	}
	s = step_of(r, f[1]);
	if (!s)
		return;
	s->started = true;
	if (strcmp(f[0], "step") == 0 && f[2])
		s->changed = strcmp(f[2], "changed") == 0;
}

static const struct text *
text_of(const struct back_reading *r, const char *directory, size_t number)
{
	char name[60];
	size_t at;

	snprintf(name, sizeof(name), "%s/%zu", directory, number);
	return strmap_find(&r->names, name, &at) ? &r->text[at] : NULL;
}

/* Blocks of the number of lines of a word, and the lines. NULL: it is not that. */
static const char *const *
words_of(const struct back_reading *r, const char *directory, size_t number)
{
	const struct text *t = text_of(r, directory, number);
	size_t n = 0, cap = 0;
	const char **list = NULL, **kept;
	char *at = t ? t->bytes : NULL, *end = t ? t->bytes + t->len : NULL;

	while (at && at < end) {
		char *nl = memchr(at, '\n', (size_t)(end - at)), *word;
		int64_t lines;

		if (!nl)
			break;
		*nl = '\0';
		if (!str_int(at, 1, (int64_t)t->len, &lines))
			break;
		for (word = at = nl + 1; at && lines > 0; lines--) {
			nl = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
			at = nl ? nl + 1 : NULL;
		}
		if (!at)
			break;
		at[-1] = '\0';
		mem_grow(list, n, cap);
		list[n++] = word;
	}
	kept = n && at == end ? arena_alloc(r->arena, (n + 1) * sizeof(*kept)) : NULL;
	if (kept)
		memcpy(kept, list, n * sizeof(*list));
	free(list);
	return kept;
}

static void
take_kept(struct back_reading *r, size_t number, struct back_place *p)
{
	const struct text *sum = text_of(r, "sum", number);
	const struct text *target = text_of(r, "target", number);
	const struct text *content = text_of(r, "content", number);
	const struct text *tree = text_of(r, "tree", number);
	char check[DIGEST_HEX];

	p->kept = '-';
	if (sum && sum->len == DIGEST_HEX - 1) {
		p->kept = 'f';
		str_copy(p->kept_sum, sizeof(p->kept_sum), sum->bytes);
	} else if (target) {
		p->kept = 'l';
		p->target = target->bytes;
		digest_hex(target->bytes, target->len, p->kept_sum);
	} else if (text_of(r, "directory", number)) {
		p->kept = 'd';
	}
	if (tree && tree->len == DIGEST_HEX - 1)
		str_copy(p->kept_sum, sizeof(p->kept_sum), tree->bytes);
	if (p->kept != 'f' || !content)
		return;
	digest_hex(content->bytes, content->len, check);
	if (str_eq(check, p->kept_sum)) {
		p->content = content->bytes;
		p->content_len = content->len;
	}
}

/* NUMBER MODE OWNER GROUP DIGEST KIND PATH */
static void
take_place(struct back_reading *r, char *line)
{
	struct back_place *p = arena_alloc(r->arena, sizeof(*p));
	struct back_step *s;
	char *f[7];

	if (!cut(line, ' ', f, countof(f)) || !reply_is_path(f[6]))
		return;
	s = step_of(r, f[0]);
	if (!s)
		return;
	*p = (struct back_place){ .mode = str_eq(f[1], "-") ? RESOURCE_KEEP
							    : (unsigned)strtoul(f[1], NULL, 8),
		.owner = f[2],
		.group = f[3],
		.digest = f[4],
		.path = f[6],
		.kind = f[5][0] };
	take_kept(r, s->number, p);
	s->place = p;
}

/* What stood at the paths before. */
static void
join_was(struct back_reading *r)
{
	autostrmap paths = STRMAP_INIT;
	struct stat_line *all;
	size_t n = 0, lines = 1, at;

	for (const char *c = r->was ? r->was : ""; *c; c++)
		lines += *c == '\n';
	all = arena_alloc(r->arena, lines * sizeof(*all));
	for (char *save = NULL, *line = r->was ? strtok_r(r->was, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (stat_line_parse(line, &all[n]) && strmap_add(&paths, all[n].path, n, NULL))
			n++;
	}
	for (size_t i = 0; i < r->count; i++) {
		struct back_place *p = (struct back_place *)r->step[i].place;

		if (p && strmap_find(&paths, p->path, &at))
			p->was = &all[at];
	}
}

/* "NUMBER UNIT", in the order of the blocks before and after. */
static void
join_units(struct back_reading *r)
{
	size_t n = 0, at = 0;
	struct unit_block *before, *after;
	bool had_before, had_after;

	for (const char *c = r->units ? r->units : ""; *c; c++)
		n += *c == '\n' || !c[1];
	before = arena_alloc(r->arena, n * sizeof(*before) + 1);
	after = arena_alloc(r->arena, n * sizeof(*after) + 1);
	had_before = r->before && unit_blocks_parse(r->before, before, n);
	had_after = r->after && unit_blocks_parse(r->after, after, n);
	for (char *save = NULL, *line = r->units ? strtok_r(r->units, "\n", &save) : NULL;
	     line && at < n; line = strtok_r(NULL, "\n", &save), at++) {
		struct back_unit *u = arena_alloc(r->arena, sizeof(*u));
		char *f[2];
		struct back_step *s = cut(line, ' ', f, 2) ? step_of(r, f[0]) : NULL;

		if (!s)
			continue;
		*u = (struct back_unit){ f[1], had_before ? &before[at] : NULL,
			had_after ? &after[at] : NULL };
		s->unit = u;
	}
}

/* NUMBER RUN KIND ADDRESS PORT INTERVAL TIMEOUT RETRIES PATH: as a gate in the request has it. */
static void
take_gate(struct back_reading *r, char *line)
{
	static const char *const kinds[] = { "http", "tcp", "exec" };
	static const enum health_kind as[] = { HEALTH_HTTP, HEALTH_TCP, HEALTH_EXEC };
	struct health *h = arena_alloc(r->arena, sizeof(*h));
	int64_t port, retries;
	char *f[9];
	struct back_step *s = cut(line, ' ', f, countof(f)) ? step_of(r, f[0]) : NULL;

	if (!s || !str_int(f[4], 0, 65535, &port) || !str_int(f[5], 1, GATE_MS, &h->interval_ms) ||
	    !str_int(f[6], 1, GATE_MS, &h->timeout_ms) || !str_int(f[7], 1, 10000, &retries) ||
	    !*f[3] || strpbrk(f[3], "\t\\*?[") || strpbrk(f[8], " \t\\*?["))
		return;
	for (size_t i = 0; i < countof(kinds); i++) {
		if (str_eq(f[2], kinds[i]))
			h->kind = as[i];
	}
	h->address = f[3];
	h->port = (int)port;
	h->retries = (int)retries;
	h->path = f[8];
	h->argv = h->kind == HEALTH_EXEC ? words_of(r, "gate", s->number) : NULL;
	if (h->kind != HEALTH_NONE && (h->kind != HEALTH_EXEC || h->argv))
		s->health = h;
}

/* The act that took the run back, unless another took that back. */
static const struct journal_line *
taken_back(const struct observation *undos, const char *uuid)
{
	for (size_t i = undos->journal_count; i > 0; i--) {
		const struct journal_line *j = &undos->journal[i - 1];

		if (!str_starts(j->release, "undo of ") ||
		    !str_eq(j->release + strlen("undo of "), uuid) || str_eq(j->run, uuid) ||
		    !str_eq(j->outcome, "changed"))
			continue;
		/* An undo of an undo is later than it, so this ends. */
		return taken_back(undos, j->run) ? NULL : j;
	}
	return NULL;
}

/* What look_KIND says comes without the newlines at its end. */
static const char *
without_end(const struct text *t)
{
	for (size_t n = t->len; n > 0 && t->bytes[n - 1] == '\n'; n--)
		t->bytes[n - 1] = '\0';
	return t->bytes;
}

static void
join(struct back_reading *r)
{
	struct observation undos = { 0 };
	struct back *b = r->back;

	each_line(r, r->result, take_result);
	each_line(r, r->files, take_place);
	join_was(r);
	join_units(r);
	each_line(r, r->gates, take_gate);
	for (size_t i = 0; i < r->count; i++) {
		struct back_step *s = &r->step[i];
		const struct text *left = text_of(r, "left", s->number);

		s->args = words_of(r, "args", s->number);
		s->back = words_of(r, "back", s->number);
		s->undo = words_of(r, "undo", s->number);
		s->look = words_of(r, "look", s->number);
		s->left = left ? without_end(left) : NULL;
	}
	if (r->undone)
		journal_parse(r->arena, r->undone, &undos);
	b->undone = taken_back(&undos, r->uuid);
	b->count = r->count;
	b->step = arena_alloc(r->arena, r->count * sizeof(*r->step) + 1);
	if (r->count)
		memcpy((void *)b->step, r->step, r->count * sizeof(*r->step));
}

struct back *
back_end(struct back_reading *r, struct err *err)
{
	struct back *b = r->back;
	int rc = 0;

	if (r->taken > REPLY_MAX)
		rc = err_set(
		    err, OUTCOME_FAILED, "the reply is larger than %u MiB", REPLY_MAX >> 20);
	else if (r->reply.state == REPLY_BEFORE)
		rc = err_set(err, OUTCOME_FAILED, "the host ran no helper (it said: %s)",
		    *r->reply.broken ? r->reply.broken : "nothing");
	else if (r->reply.state == REPLY_BROKEN)
		rc = err_set(err, OUTCOME_FAILED, "%s", r->reply.broken);
	else if (r->reply.state != REPLY_AFTER)
		rc = err_set(err, OUTCOME_FAILED, "the reply ended before its end mark");
	else
		join(r);
	back_free(r);
	return rc < 0 ? NULL : b;
}
