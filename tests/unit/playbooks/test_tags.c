#include "playbooks/tags.h"

#include "base/arena.h"
#include "base/field.h"
#include "base/mem.h"
#include "playbooks/resource.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
a_tag_is_known_once(void **state)
{
	struct desk *d = *state;
	struct tags t = { .count = 0 };

	tags_know(&t, d->arena, "web");
	tags_know(&t, d->arena, "db");
	tags_know(&t, d->arena, "web");
	assert_int_equal(t.count, 2);
	assert_string_equal(t.known[0], "web");
	assert_string_equal(t.known[1], "db");
	assert_null(t.known[2]);
}

static void
an_empty_list_is_no_choice(void **state)
{
	static const char *const none[] = { NULL }, *const both[] = { "a,b", "never", NULL };
	struct desk *d = *state;
	struct tags t = { .count = 0 };

	tags_know(&t, d->arena, "a");
	tags_know(&t, d->arena, "b");
	assert_true(tags_choose(&t, d->arena, none, NULL, &d->diag));
	assert_false(tags_is_choice(&t));
	assert_true(tags_choose(&t, d->arena, NULL, both, &d->diag));
	assert_true(tags_is_choice(&t));
	assert_null(t.only);
	desk_words_are(t.skip, "a | b | never");
}

static void
what_it_stands_in_counts_as_its_own(void **state)
{
	static const char *mine[] = { "a", NULL }, *outer[] = { "never", "b", NULL };
	static const char *const a[] = { "a", NULL }, *const b[] = { "b", NULL };
	static const struct field_texts in = { .item = mine, .count = 1 };
	static const struct field_texts out = { .item = outer, .count = 2 };
	const struct tag_link around = { .tags = &out }, it = { .tags = &in, .outer = &around };

	(void)state;
	assert_false(tags_take(&(struct tags){ .only = NULL }, &it));
	assert_true(tags_take(&(struct tags){ .only = a }, &it));
	assert_true(tags_take(&(struct tags){ .only = b }, &it));
	assert_false(tags_take(&(struct tags){ .only = a, .skip = b }, &it));
	assert_false(tags_take(&(struct tags){ .only = a }, &around));
}

static void
choose(struct desk *d, const char *only, const char *skip, const char *expected)
{
	static const char text[] = "apps: {shop: {image: localhost/shop, tags: app}}\n"
				   "tasks:\n"
				   "  - {run: [a], tags: [web, conf]}\n"
				   "  - {run: [b], tags: db}\n"
				   "  - {run: [c]}\n"
				   "  - {run: [d], tags: always}\n"
				   "  - {run: [e], tags: [never, rare]}\n"
				   "  - {include: more.yaml, tags: db}\n";
	const char *const o[] = { only, NULL }, *const s[] = { skip, NULL };
	struct desired wanted;
	autobuf ids = BUF_INIT(1000);

	desk_put(d, "more.yaml", "- {run: [f], tags: web}\n- {run: [g]}\n");
	assert_true(desk_load(d, text));
	assert_true(playbook_choose(d->playbook, only ? o : NULL, skip ? s : NULL, &d->diag));
	assert_int_equal(playbook_partial(d->playbook), only || skip);
	assert_true(playbook_desire(d->playbook, &d->host, &d->facts, d->arena, &d->diag, &wanted));
	for (size_t i = 0; i < wanted.count; i++)
		if (wanted.item[i]->kind == RESOURCE_RUN || wanted.item[i]->kind == RESOURCE_IMAGE)
			buf_addf(&ids, "%s%s", ids.len ? " " : "",
			    wanted.item[i]->kind == RESOURCE_IMAGE ? "app"
								   : wanted.item[i]->argv[0]);
	assert_string_equal(buf_text(&ids), expected);
	playbook_free(d->playbook);
	d->playbook = NULL;
}

static void
tags_choose_tasks_and_apps(void **state)
{
	struct desk *d = *state;
	const char *const wrong[] = { "wep,db", NULL };

	choose(d, NULL, NULL, "app a b c d f g");
	choose(d, "web", NULL, "a d f");
	choose(d, "db", NULL, "b d f g");
	choose(d, "app", NULL, "app d");
	choose(d, "web,app", NULL, "app a d f");
	choose(d, "rare", NULL, "d e");
	choose(d, NULL, "web", "app b c d g");
	choose(d, "db", "web", "b d g");
	choose(d, "web", "always", "a f");
	assert_true(desk_load(d, "tasks: [{run: [a], tags: web}]\n"));
	assert_false(playbook_choose(d->playbook, wrong, NULL, &d->diag));
	assert_int_equal(d->diag.errors, 2);
	assert_string_equal(
	    d->diag.item[0].text, "the playbook has no tag \"wep\"; did you mean \"web\"?");
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(a_tag_is_known_once),
		with_desk(an_empty_list_is_no_choice),
		with_desk(what_it_stands_in_counts_as_its_own),
		with_desk(tags_choose_tasks_and_apps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
