#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/fetch.h"
#include "playbooks/follow.h"
#include "playbooks/landfall.h"
#include "playbooks/plan.h"
#include "playbooks/resource.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Of "x\n". */
#define X "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
#define Y "0000000000000000000000000000000000000000000000000000000000000000"

static struct plan *
plan_of(struct desk *d, const char *const *said)
{
	struct found *found = arena_alloc(d->arena, d->count * sizeof(*found) + 1);

	for (size_t i = 0; i < d->count; i++) {
		found[i].said = said[i];
		found[i].kind = '-';
	}
	return plan_make(d->arena, &d->host, d->want, found, d->count);
}

static void
what_is_here_as_it_is_there_is_not_fetched(void **state)
{
	static const char *const same[] = { "file 2 " X "\n" }, *const other[] = { "file 9 " Y
										   "\n" };
	struct desk *d = *state;

	desk_put(d, "got", "x\n");
	assert_true(desk_desire(d, "tasks: [{fetch: {src: /a/b, dest: got}}]\n"));
	assert_int_equal(plan_of(d, same)->steps[0].class, PLAN_SAME);
	struct plan_step *s = &plan_of(d, other)->steps[0];
	assert_int_equal(s->class, PLAN_CHANGE);
	assert_string_equal(s->why, "contents differ, 9 bytes");
	assert_string_equal(s->doing[1], X);
	assert_string_equal(s->doing[2], "/a/b");
	assert_string_equal(s->doing[3], "shown");
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{fetch: {src: /a/b, dest: new/, secret: true}}]\n"));
	s = &plan_of(d, same)->steps[0];
	assert_int_equal(s->class, PLAN_CREATE);
	assert_string_equal(s->why, "not shown: secret");
	assert_string_equal(s->resource->title, "fetch /a/b -> new/b");
	assert_string_equal(s->doing[3], "secret");
}

static void
a_fetch_moves_nothing_for_those_behind_it(void **state)
{
	static const char *const said[] = { "file 2 " X "\n", "file 3 " Y "\n" };
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "tasks: [{fetch: {src: /a, dest: b}}, {fetch: {src: /c, dest: d}}]\n"));
	struct plan *p = plan_of(d, said);
	assert_int_equal(p->by_class[PLAN_CREATE], 2);
	assert_string_equal(p->steps[1].why, "3 bytes");
}

static void
a_mode_that_is_said_is_a_difference(void **state)
{
	static const char *const same[] = { "file 2 " X "\n" };
	struct desk *d = *state;
	autofree char *path = NULL;

	desk_put(d, "got", "x\n");
	path = file_join(d->dir, "got");
	assert_int_equal(chmod(path, 0640), 0);
	assert_true(desk_desire(d, "tasks: [{fetch: {src: /a, dest: got, mode: 600}}]\n"));
	struct plan_step *s = &plan_of(d, same)->steps[0];
	assert_int_equal(s->class, PLAN_CHANGE);
	assert_string_equal(s->why, "mode 0640 -> 0600 here");
	assert_string_equal(s->doing[1], "-");
}

static void
what_cannot_come_fails_unless_a_task_before_it_changes_something(void **state)
{
	static const struct {
		const char *said, *why;
	} cases[] = {
		{ "none\n", "no such file" },
		{ "other\n", "no regular file" },
		{ "large 100\n", "100 bytes are more than may come (max: 10)" },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < countof(cases); i++) {
		const char *const first[] = { cases[i].said }, *const behind[] = { NULL,
			cases[i].said };

		assert_true(desk_desire(d, "tasks: [{fetch: {src: /a, dest: got, max: 10}}]\n"));
		struct plan *p = plan_of(d, first);
		assert_non_null(p->failed);
		assert_non_null(strstr(p->failed, cases[i].why));
		diag_fini(&d->diag);
		assert_true(desk_desire(
		    d, "tasks: [{run: [a]}, {fetch: {src: /a, dest: got, max: 10}}]\n"));
		p = plan_of(d, behind);
		assert_null(p->failed);
		assert_int_equal(p->steps[1].class, PLAN_UNPREDICTED);
		diag_fini(&d->diag);
	}
	assert_true(desk_desire(d, "tasks: []\n"));
}

static void
what_stands_in_the_way_here_fails_the_plan(void **state)
{
	static const char *const same[] = { "file 2 " X "\n" };
	struct desk *d = *state;
	autofree char *link = file_join(d->dir, "link"), *dir = file_join(d->dir, "dir");
	const char *const texts[] = { "tasks: [{fetch: {src: /a, dest: link/x}}]\n",
		"tasks: [{fetch: {src: /a, dest: link}}]\n",
		"tasks: [{fetch: {src: /a, dest: dir}}]\n" };

	assert_int_equal(symlink("/tmp", link), 0);
	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < countof(texts); i++) {
		assert_true(desk_desire(d, texts[i]));
		assert_non_null(plan_of(d, same)->failed);
		diag_fini(&d->diag);
	}
	assert_true(desk_desire(d, "tasks: []\n"));
	unlink(link);
	rmdir(dir);
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const struct {
		const char *task, *says;
	} cases[] = {
		{ "{src: a, dest: b}", "1:23: src:" },
		{ "{src: /a, dest: ../b}", "1:33: fetch: dest: a plain path" },
		{ "{src: /a, dest: /}", "1:33: fetch: dest: a plain path" },
		{ "{src: /a, dest: \"{{ '..' }}/b\"}", "fetch: dest: a plain path" },
		{ "{src: /a}", "dest" },
		{ "{src: /a, dest: b, max: 65M}", "max: 1 byte to 64M" },
		{ "{src: /a, dest: b, mode: 4755}", "mode: at most 0777" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *text = xasprintf("[{fetch: %s}]", cases[i].task);

		desk_refuses(*state, text, cases[i].says);
	}
}

static void
no_two_files_come_down_at_one_place(void **state)
{
	struct desk *d = *state;
	struct fetch_claims *c = fetch_claims_new();
	struct diag diag;

	diag_init(&diag);
	assert_true(desk_desire(d, "tasks: [{fetch: {src: /a, dest: b}}]\n"));
	const struct desired wanted = { .item = d->want, .count = d->count };
	assert_true(fetch_claim(c, &wanted, "web1", &diag));
	assert_true(fetch_claim(c, &wanted, "web1", &diag));
	assert_false(fetch_claim(c, &wanted, "web2", &diag));
	assert_non_null(strstr(diag.item[0].text, "comes from host web1 too: put {{ host }}"));
	diag_fini(&d->diag);
	assert_true(desk_desire(
	    d, "tasks: [{fetch: {src: /a, dest: x/}}, {fetch: {src: /c, dest: x/a}}]\n"));
	const struct desired twice = { .item = d->want, .count = d->count };
	assert_false(fetch_claim(c, &twice, "web1", &diag));
	fetch_claims_free(c);
	diag_fini(&diag);
}

static void
a_note_tells_where_a_record_comes_down(void **state)
{
	struct desk *d = *state;
	struct landfall_item item;
	struct follow_record r = {
		.kind = FOLLOW_STEP, .step = 3, .state = OUTCOME_CHANGED, .text = "2 " X
	};
	static const char *const bad[] = { "", "2", "11 " X, "-1 " X, "2 " X "0", "2 x", "x " X };

	assert_true(
	    desk_desire(d, "tasks: [{fetch: {src: /a, dest: \"b c\", mode: 600, max: 10}}]\n"));
	const char *note = fetch_note(d->arena, d->want[0]);
	assert_true(fetch_item(d->arena, note, &r, &item));
	assert_false(item.broken);
	assert_int_equal(item.step, 3);
	assert_int_equal(item.max, 2);
	assert_int_equal(item.mode, 0600);
	assert_string_equal(item.path, "b c");
	assert_string_equal(item.digest, X);
	for (size_t i = 0; i < countof(bad); i++) {
		r.text = bad[i];
		assert_true(fetch_item(d->arena, note, &r, &item));
		assert_true(item.broken);
	}
	r.state = OUTCOME_OK;
	assert_false(fetch_item(d->arena, note, &r, &item));
	r.state = OUTCOME_CHANGED;
	assert_false(fetch_item(d->arena, NULL, &r, &item));
	assert_false(fetch_item(d->arena, "0644 1 shown 90 /a", &r, &item));
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{fetch: {src: /a, dest: /b/c, secret: true}}]\n"));
	assert_true(fetch_item(d->arena, fetch_note(d->arena, d->want[0]), &r, &item));
	assert_false(item.broken);
	assert_string_equal(item.base, "/");
	assert_string_equal(item.path, "b/c");
	assert_int_equal(item.mode, 0600);
}

static void
directories_are_made_on_the_way_and_links_are_not_followed(void **state)
{
	struct desk *d = *state;
	struct err err;
	const char *name;
	autofree char *link = file_join(d->dir, "out"), *made = file_join(d->dir, "m/n");
	autofree char *outer = file_join(d->dir, "m");
	int fd = seatfile_dir(d->dir, "m/n/f", &name, &err);

	assert_true(fd >= 0);
	assert_string_equal(name, "f");
	close(fd);
	assert_int_equal(symlink("m", link), 0);
	assert_int_equal(seatfile_dir(d->dir, "out/n/f", &name, &err), -1);
	assert_int_equal(err.kind, OUTCOME_STORAGE);
	unlink(link);
	assert_int_equal(rmdir(made), 0);
	assert_int_equal(rmdir(outer), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_here_as_it_is_there_is_not_fetched, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_fetch_moves_nothing_for_those_behind_it, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_mode_that_is_said_is_a_difference, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_cannot_come_fails_unless_a_task_before_it_changes_something, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_stands_in_the_way_here_fails_the_plan, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    mistakes_are_told_at_their_place, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    no_two_files_come_down_at_one_place, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_note_tells_where_a_record_comes_down, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    directories_are_made_on_the_way_and_links_are_not_followed, desk_set_up,
		    desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
