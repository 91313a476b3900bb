#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/back.h"
#include "playbooks/back_inner.h"

#include <stdlib.h>
#include <string.h>

#define GATE_MS 86400000

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
	s = back_step_of(r, f[1]);
	if (!s)
		return;
	s->started = true;
	if (strcmp(f[0], "step") == 0 && f[2])
		s->changed = strcmp(f[2], "changed") == 0;
}

static const struct back_text *
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
	const struct back_text *t = text_of(r, directory, number);
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
	const struct back_text *sum = text_of(r, "sum", number);
	const struct back_text *target = text_of(r, "target", number);
	const struct back_text *content = text_of(r, "content", number);
	const struct back_text *tree = text_of(r, "tree", number);
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

	if (!back_cut(line, ' ', f, countof(f)) || !reply_is_path(f[6]))
		return;
	s = back_step_of(r, f[0]);
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

static void
take_untouched(struct back_reading *r, char *line)
{
	char *f[7];
	struct back_step *s = back_cut(line, ' ', f, countof(f)) ? back_step_of(r, f[0]) : NULL;

	if (s)
		s->untouched = true;
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
		struct back_step *s = back_cut(line, ' ', f, 2) ? back_step_of(r, f[0]) : NULL;

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
	static const char *const kinds[] = { "http", "tcp", "exec", "journal" };
	static const enum health_kind as[] = { HEALTH_HTTP, HEALTH_TCP, HEALTH_EXEC,
		HEALTH_JOURNAL };
	struct health *h = arena_alloc(r->arena, sizeof(*h));
	int64_t port, retries;
	bool by_words;
	char *f[9];
	struct back_step *s = back_cut(line, ' ', f, countof(f)) ? back_step_of(r, f[0]) : NULL;

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
	by_words = h->kind == HEALTH_EXEC || h->kind == HEALTH_JOURNAL;
	h->argv = by_words ? words_of(r, "gate", s->number) : NULL;
	h->pattern = h->kind == HEALTH_JOURNAL && h->argv ? h->argv[0] : NULL;
	if (h->kind != HEALTH_NONE && (!by_words || h->argv))
		s->health = h;
}

/* Words of a command as in_place of carry.sh takes them: a directory, variables, the command. */
static const char *const *
hook_of(struct arena *a, const char *const *words, const char *const **ret_env)
{
	const char **env;
	size_t n = 1;

	if (!words || words[0][0] != '/')
		return NULL;
	while (words[n] && strchr(words[n], '='))
		n++;
	if (!words[n])
		return NULL;
	env = arena_alloc(a, n * sizeof(*env));
	memcpy(env, words + 1, (n - 1) * sizeof(*env));
	*ret_env = env;
	return words + n;
}

/* UNIT NUMBER SECONDS.TENTHS */
static void
take_drain(struct back_reading *r, char *line)
{
	struct drain *d = arena_alloc(r->arena, sizeof(*d));
	char *f[3], *dot;
	struct back_step *s = back_cut(line, ' ', f, countof(f)) ? back_step_of(r, f[1]) : NULL;
	int64_t seconds, tenths;

	dot = s ? strchr(f[2], '.') : NULL;
	if (!dot)
		return;
	*dot = '\0';
	if (!str_int(f[2], 0, GATE_MS / 1000, &seconds) || !str_int(dot + 1, 0, 9, &tenths))
		return;
	d->limit_ms = seconds * 1000 + tenths * 100;
	d->before = hook_of(r->arena, words_of(r, "drain", s->number), &d->env);
	d->after = hook_of(r->arena, words_of(r, "undrain", s->number), &d->env);
	if (d->limit_ms > 0 && (d->before || d->after))
		s->drain = d;
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
without_end(const struct back_text *t)
{
	for (size_t n = t->len; n > 0 && t->bytes[n - 1] == '\n'; n--)
		t->bytes[n - 1] = '\0';
	return t->bytes;
}

void
back_join(struct back_reading *r)
{
	struct observation undos = { 0 };
	struct back *b = r->back;

	back_each_line(r, r->result, take_result);
	back_each_line(r, r->files, take_place);
	back_each_line(r, r->untouched, take_untouched);
	join_was(r);
	join_units(r);
	back_each_line(r, r->gates, take_gate);
	back_each_line(r, r->drains, take_drain);
	for (size_t i = 0; i < r->count; i++) {
		struct back_step *s = &r->step[i];
		const struct back_text *left = text_of(r, "left", s->number);

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
