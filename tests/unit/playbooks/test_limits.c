#include "base/str.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
notes_have(const struct resource *r, const char *note)
{
	for (const char *const *n = r->notes; n && *n; n++)
		if (str_eq(*n, note))
			return true;
	return false;
}

static const char all_of_them[] =
    "apps: {shop: {image: localhost/shop:1, limits: {cpu: 0.5, memory: 64M, tasks: 50, io: 200, "
    "nofile: 1024}}}\n"
    "tasks:\n"
    "  - container: {name: box, image: localhost/shop:1, limits: {io: 10, nofile: 99}}\n"
    "  - container: {name: own, image: localhost/shop:1, limits: {tasks: 60, io: 10}}\n"
    "    as: deploy\n";

static void
limits_stand_in_the_unit_and_reach_the_payload_with_it(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, all_of_them));
	const char *shop = desk_wanted(d, "unit shop-0.service")->content;
	assert_non_null(strstr(shop, "CPUQuota=50%\nMemoryMax=67108864\nTasksMax=50\nIOWeight=200\n"
				     "LimitNOFILE=1024\n"));
	assert_non_null(strstr(shop, " \\\n  --ulimit=nofile=1024:1024 "));
	const char *box = desk_wanted(d, "unit box.service")->content;
	assert_non_null(strstr(box, "\nIOWeight=10\n"));
	assert_non_null(strstr(box, " \\\n  --ulimit=nofile=99:99 "));
	assert_null(strstr(box, "TasksMax"));
}

static void
nothing_is_said_of_a_host_that_keeps_all_of_them(void **state)
{
	static const char *facts[] = { "cgroup", "v2", "cgroup-controllers",
		"cpuset cpu io memory pids", "io-weights", "yes", "seccomp", "yes", "capabilities",
		"000001ffffffffff", NULL };
	struct desk *d = *state;

	desk_facts(d, facts);
	assert_true(desk_desire(d, all_of_them));
	assert_null(desk_wanted(d, "unit shop-0.service")->notes);
	assert_null(desk_wanted(d, "unit box.service")->notes);
	assert_non_null(
	    strstr(desk_wanted(d, "unit shop-0.service")->content, "--ulimit=nofile=1024:1024 "));
}

static void
where_podman_may_not_raise_limits_the_unit_holds_it_to_them(void **state)
{
	static const char *facts[] = { "cgroup", "v1", "seccomp", "yes", "capabilities",
		"000001fffeffffff", NULL };
	struct desk *d = *state;

	desk_facts(d, facts);
	assert_true(desk_desire(d, all_of_them));
	const char *shop = desk_wanted(d, "unit shop-0.service")->content;
	assert_non_null(strstr(shop, "LimitNOFILE=1024\n"));
	assert_null(strstr(shop, "--ulimit"));
}

static void
what_a_host_cannot_keep_is_said_in_its_plan(void **state)
{
	static const char *none[] = { "cgroup", "v2", "seccomp", "yes", NULL };
	static const char *some[] = { "cgroup", "v1", "cgroup-controllers", "cpu memory pids io",
		"io-weights", "no", "seccomp", "yes", NULL };
	struct desk *d = *state;

	desk_facts(d, none);
	assert_true(desk_desire(d, all_of_them));
	assert_true(notes_have(desk_wanted(d, "unit shop-0.service"),
	    "not enforced: limits of shop: cpu, memory, tasks, io (the host has no control group "
	    "controller for that)"));
	assert_true(notes_have(desk_wanted(d, "unit box.service"),
	    "not enforced: limits of box: io (the host has no control group controller for "
	    "that)"));
	desk_facts(d, some);
	assert_true(desk_desire(d, all_of_them));
	const struct resource *shop = desk_wanted(d, "unit shop-0.service");
	assert_true(notes_have(
	    shop, "not enforced: limits of shop: io (no disk of the host shares by weight)"));
	assert_null(shop->notes[1]);
	assert_true(notes_have(desk_wanted(d, "userunit own.service of deploy"),
	    "not enforced: limits of own: io (the host has no control group controller for "
	    "that)"));
}

static void
a_host_whose_facts_are_not_known_yet_is_asked_again(void **state)
{
	static const char *facts[] = { NULL };
	struct desk *d = *state;
	size_t used = 0;

	desk_facts(d, facts);
	d->facts.unknown_ok = true;
	d->facts.used = &used;
	assert_true(desk_desire(d, all_of_them));
	assert_null(desk_wanted(d, "unit shop-0.service")->notes);
	assert_true(used > 0);
}

static void
what_is_no_limit_is_told_at_its_place(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "apps:\n"
				  "  a:\n"
				  "    image: localhost/a\n"
				  "    limits: {io: 0, nofile: lots, tasks: 31, files: 10}\n"
				  "  b: {image: localhost/b, limits: {io: 10001, nofile: 63}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:4:18: io: a whole number from 1 to 10000 is wanted here, not \"0\"\n"
	    "shop.yaml:4:29: nofile: a whole number from 64 to 1048576 is wanted here, not "
	    "\"lots\"\n"
	    "shop.yaml:4:42: tasks: a whole number from 32 to 4000000 is wanted here, not \"31\"\n"
	    "shop.yaml:4:46: unknown key \"files\" in limits; it may have: cpu, memory, tasks, io, "
	    "nofile\n"
	    "shop.yaml:5:40: io: a whole number from 1 to 10000 is wanted here, not \"10001\"\n"
	    "shop.yaml:5:55: nofile: a whole number from 64 to 1048576 is wanted here, not "
	    "\"63\"\n");
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(limits_stand_in_the_unit_and_reach_the_payload_with_it),
		with_desk(nothing_is_said_of_a_host_that_keeps_all_of_them),
		with_desk(where_podman_may_not_raise_limits_the_unit_holds_it_to_them),
		with_desk(what_a_host_cannot_keep_is_said_in_its_plan),
		with_desk(a_host_whose_facts_are_not_known_yet_is_asked_again),
		with_desk(what_is_no_limit_is_told_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
