#include "tests/lib/desk.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

int
desk_set_up(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	str_copy(d->dir, sizeof(d->dir), "/tmp/drover-playbook-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->arena = arena_new();
	diag_init(&d->diag);
	d->host = (struct host){ .name = "web1", .kind = HOST_CATTLE };
	buf_init(&d->said, 100000);
	*state = d;
	return 0;
}

int
desk_tear_down(void **state)
{
	struct desk *d = *state;
	autofree char *command = xasprintf("rm -rf %s", d->dir);

	playbook_free(d->playbook);
	arena_free(d->arena);
	diag_fini(&d->diag);
	free(d->fact);
	buf_fini(&d->said);
	FILE *rm = popen(command, "r"); /* a name of mkdtemp's */
	assert_int_equal(pclose(rm), 0);
	free(d);
	return 0;
}

void
desk_put(struct desk *d, const char *name, const char *text)
{
	struct err err;
	autofree char *path = file_join(d->dir, name);

	assert_int_equal(file_replace(path, text, strlen(text), 0644, &err), 0);
}

static void
note_mistakes(struct desk *d)
{
	diag_sort(&d->diag);
	for (int i = 0; i < d->diag.count; i++) {
		autofree char *line = diag_line(&d->diag, i);
		const char *p = str_starts(line, d->dir) ? line + strlen(d->dir) + 1 : line;

		buf_addf(&d->said, "%s\n", p);
	}
}

bool
desk_load(struct desk *d, const char *text)
{
	autofree char *path = file_join(d->dir, "shop.yaml");

	desk_put(d, "shop.yaml", text);
	playbook_free(d->playbook);
	buf_clear(&d->said);
	diag_fini(&d->diag);
	free(d->fact);
	diag_init(&d->diag);
	d->playbook = playbook_load(path, d->extra, &d->diag);
	if (!d->playbook)
		note_mistakes(d);
	return d->playbook != NULL;
}

bool
desk_desire(struct desk *d, const char *text)
{
	if (!desk_load(d, text))
		return false;
	struct desired wanted;
	bool good = playbook_desire(d->playbook, &d->host, &d->facts, d->arena, &d->diag, &wanted);

	d->want = wanted.item;
	d->count = wanted.count;
	d->skipped = wanted.skipped;
	d->skipped_count = wanted.skipped_count;
	d->domain = wanted.domain;
	note_mistakes(d);
	return good;
}

const struct resource *
desk_wanted(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->want[i]->id, id))
			return d->want[i];
	fail_msg("%s is not wanted", id);
	return NULL;
}

const struct plan *
desk_plan_one(struct desk *d, const char *text, const char *said)
{
	struct found *found = arena_alloc(d->arena, sizeof(*found));

	if (!desk_desire(d, text))
		fail_msg("%s: %s", text, buf_text(&d->said));
	assert_int_equal(d->count, 1);
	found->said = said;
	return plan_make(d->arena, &d->host, d->want, found, 1);
}

void
desk_refuses(struct desk *d, const char *tasks, const char *expected)
{
	autofree char *text = xasprintf("tasks: %s\n", tasks);

	assert_false(desk_desire(d, text));
	if (!strstr(buf_text(&d->said), expected) ||
	    !str_starts(buf_text(&d->said), "shop.yaml:1:"))
		fail_msg("%s: %s", text, buf_text(&d->said));
}

void
desk_words_are(const char *const *words, const char *expected)
{
	autobuf b = BUF_INIT(100000);

	for (; words && *words; words++) {
		buf_adds(&b, b.len ? " | " : "");
		buf_adds(&b, *words);
	}
	assert_string_equal(buf_text(&b), expected);
}

static const char *
fact_of(void *user, const char *name)
{
	struct desk *d = user;

	free(take(d->fact));
	for (const char *const *f = d->told; *f && !d->fact; f += 2) {
		if (str_eq(f[0], name))
			d->fact = xstrdup(f[1]);
	}
	return d->fact;
}

void
desk_facts(struct desk *d, const char *const *facts)
{
	d->told = facts;
	d->facts.fact = facts ? fact_of : NULL;
	d->facts.user = d;
}
