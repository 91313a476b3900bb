#include "base/arena.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
what_is_so_already_is_left_alone(void **state)
{
	const char *task =
	    "tasks: [{sysctl: {name: net.ipv4.tcp_rmem, value: \" 4096\\t87380  6291456 \"}}]\n";
	const struct plan *p =
	    desk_plan_one(*state, task, "there\nvalue 4096 87380 6291456\nkept 4096 87380 6291456");

	assert_false(plan_changes(p));
	assert_null(p->steps[0].doing);
}

static void
a_value_that_differs_now_or_at_boot_is_named(void **state)
{
	const struct plan *p = desk_plan_one(*state,
	    "tasks: [{sysctl: {name: vm.swappiness, value: 10}}]\n", "there\nvalue 60\nkept 20");

	assert_int_equal(p->steps[0].class, PLAN_CHANGE);
	assert_string_equal(p->steps[0].why, "60 -> 10, kept as 20");
	assert_null(p->refused);
	assert_string_equal(p->steps[0].doing[0], "present");
	assert_string_equal(p->steps[0].doing[4], "10");
	assert_null(p->steps[0].doing[5]);
	assert_string_equal(p->steps[0].back[4], "20");
	assert_string_equal(p->steps[0].back[5], "60");
	assert_null(p->steps[0].back[6]);
}

static void
a_parameter_that_the_kernel_does_not_have_is_refused_in_the_plan(void **state)
{
	const struct plan *p =
	    desk_plan_one(*state, "tasks: [{sysctl: {name: net.nothing, value: 1}}]\n", "");

	assert_string_equal(p->refused, "sysctl net.nothing: the kernel has no such parameter");
}

static void
one_that_a_command_before_it_may_bring_is_awaited(void **state)
{
	struct desk *d = *state;
	struct found found[2] = { 0 };

	assert_true(desk_desire(d, "tasks:\n"
				   "  - run: [modprobe, br_netfilter]\n"
				   "  - sysctl: {name: net.bridge.x, value: 1}\n"));
	found[1].said = "";
	const struct plan *p = plan_make(d->arena, &d->host, d->want, found, 2);
	assert_null(p->refused);
	assert_int_equal(p->steps[1].class, PLAN_CHANGE);
	assert_string_equal(
	    p->steps[1].why, "the kernel does not know it yet, not kept over a boot yet");
}

static void
one_that_can_only_be_written_is_refused(void **state)
{
	const struct plan *p = desk_plan_one(
	    *state, "tasks: [{sysctl: {name: net.ipv4.route.flush, value: 1}}]\n", "there");

	assert_non_null(strstr(p->refused, "it cannot be read"));
}

static void
away_is_the_file_and_not_the_value(void **state)
{
	const char *task = "tasks: [{sysctl: {name: vm.swappiness, state: absent}}]\n";
	const struct plan *p = desk_plan_one(*state, task, "there\nvalue 60\nkept 60");

	assert_int_equal(p->steps[0].class, PLAN_REMOVE);
	assert_string_equal(p->steps[0].doing[0], "absent");
	assert_string_equal(p->steps[0].doing[2], "/etc/sysctl.d/99-zz-drover-vm.swappiness.conf");
	assert_false(plan_changes(desk_plan_one(*state, task, "there\nvalue 60")));
}

static void
both_spellings_are_one_parameter(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(
	    d, "tasks: [{sysctl: {name: net/ipv4/conf/eth0.100/rp_filter, value: 1}}]\n"));
	const struct resource *r = desk_wanted(d, "sysctl net.ipv4.conf.eth0/100.rp_filter");
	assert_string_equal(r->look[0], "/proc/sys/net/ipv4/conf/eth0.100/rp_filter");
	assert_string_equal(
	    r->look[1], "/etc/sysctl.d/99-zz-drover-net.ipv4.conf.eth0,100.rp_filter.conf");
	assert_null(r->look[2]);
	assert_true(desk_desire(
	    d, "tasks: [{sysctl: {name: net.ipv4.conf.eth0/100.rp_filter, value: 1}}]\n"));
	assert_string_equal(desk_wanted(d, "sysctl net.ipv4.conf.eth0/100.rp_filter")->look[0],
	    "/proc/sys/net/ipv4/conf/eth0.100/rp_filter");
	assert_false(desk_desire(d, "tasks:\n"
				    "  - sysctl: {name: net/ipv4/ip_forward, value: 1}\n"
				    "  - sysctl: {name: net.ipv4.ip_forward, value: 0}\n"));
	assert_non_null(strstr(buf_text(&d->said), "declared twice: also at line 2"));
}

static void
mistakes_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "tasks:\n"
				  "  - sysctl: {name: ../../etc/passwd, value: 1}\n"
				  "  - sysctl: {name: a.b}\n"
				  "  - sysctl: {name: a.b, value: 1, state: absent}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:20: sysctl: name: a kernel parameter (net.ipv4.ip_forward) is wanted "
	    "here\n"
	    "shop.yaml:3:13: sysctl: value: is missing\n"
	    "shop.yaml:4:13: sysctl: value: what is to be absent has none\n");
	assert_false(desk_desire(d, "tasks: [{sysctl: {name: a.b, value: \"1\\n2\"}}]\n"));
	assert_non_null(strstr(
	    buf_text(&d->said), "shop.yaml:1:37: sysctl: value: one line of 1 to 1024 bytes\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_so_already_is_left_alone, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_value_that_differs_now_or_at_boot_is_named, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_parameter_that_the_kernel_does_not_have_is_refused_in_the_plan, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    one_that_a_command_before_it_may_bring_is_awaited, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    one_that_can_only_be_written_is_refused, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    away_is_the_file_and_not_the_value, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    both_spellings_are_one_parameter, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    mistakes_are_told_at_their_place, desk_set_up, desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
