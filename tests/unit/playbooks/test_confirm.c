#include "playbooks/confirm.h"

#include "base/arena.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "playbooks/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
arms_path(const char *path)
{
	struct resource r = { .kind = RESOURCE_FILE, .id = path, .path = path };

	return confirm_arms(&r);
}

static bool
arms_unit(const char *unit)
{
	struct resource r = { .kind = RESOURCE_SERVICE, .id = unit, .unit = unit };

	return confirm_arms(&r);
}

static void
what_may_cut_us_off_arms_itself(void **state)
{
	static const char *const yes[] = { "/etc/ssh/sshd_config",
		"/etc/ssh/sshd_config.d/50-x.conf", "/root/.ssh/authorized_keys",
		"/home/deploy/.ssh/authorized_keys", "/etc/nftables.conf",
		"/etc/network/interfaces.d/eth0", "/etc/wireguard/wg0.conf",
		"/etc/systemd/network/10-lan.network", "/etc/sudoers.d/deploy",
		"/etc/systemd/system/ssh.service", "/etc/systemd/system/ssh.service.d/limits.conf",
		"/etc/systemd/system/wg-quick@wg0.service" };
	static const char *const no[] = { "/etc/motd", "/etc/ssh/ssh_config",
		"/etc/nginx/nginx.conf", "/etc/systemd/system/shop-0.service",
		"/etc/systemd/system/shop.service.d/ssh.service", "/srv/etc/ssh/sshd_config" };

	(void)state;
	for (size_t i = 0; i < countof(yes); i++)
		if (!arms_path(yes[i]))
			fail_msg("%s is not armed", yes[i]);
	for (size_t i = 0; i < countof(no); i++)
		if (arms_path(no[i]))
			fail_msg("%s is armed", no[i]);
	assert_true(arms_unit("ssh.service"));
	assert_true(arms_unit("wg-quick@wg0.service"));
	assert_false(arms_unit("cron.service"));
}

static void
a_task_says_so_of_anything_and_may_deny_it(void **state)
{
	struct resource r = { .kind = RESOURCE_FILE, .id = "x", .path = "/etc/motd" };

	(void)state;
	r.confirm_ms = 1000;
	assert_true(confirm_arms(&r));
	r.path = "/etc/ssh/sshd_config";
	r.confirm_ms = -1;
	assert_false(confirm_arms(&r));
}

static void
what_follows_a_change_arms_it(void **state)
{
	struct resource r = { .kind = RESOURCE_FILE,
		.id = "x",
		.path = "/etc/motd",
		.then = { .kind = FOLLOW_RESTART, .unit = "nftables.service" } };

	(void)state;
	assert_true(confirm_arms(&r));
	r.then.unit = "caddy.service";
	assert_false(confirm_arms(&r));
}

static void
the_shortest_time_counts_and_only_of_what_changes(void **state)
{
	struct resource r[3] = {
		{ .kind = RESOURCE_FILE, .id = "a", .path = "/etc/ssh/sshd_config" },
		{ .kind = RESOURCE_FILE, .id = "b", .path = "/etc/b", .confirm_ms = 90000 },
		{ .kind = RESOURCE_FILE, .id = "c", .path = "/etc/c", .confirm_ms = 20000 },
	};
	struct plan_step s[3] = {
		{ .resource = &r[0], .class = PLAN_SAME },
		{ .resource = &r[1], .class = PLAN_SAME },
		{ .resource = &r[2], .class = PLAN_SAME },
	};
	struct plan p = { .steps = s, .count = 3 };

	(void)state;
	assert_int_equal(confirm_window_ms(&p), 0);
	s[0].class = PLAN_CHANGE;
	assert_int_equal(confirm_window_ms(&p), CONFIRM_MS);
	s[1].class = PLAN_CREATE;
	assert_int_equal(confirm_window_ms(&p), 90000);
	s[2].class = PLAN_UNPREDICTED;
	assert_int_equal(confirm_window_ms(&p), 20000);
}

static void
a_restart_that_an_earlier_act_left_arms_too(void **state)
{
	struct follow_up then = { .kind = FOLLOW_RESTART, .unit = "ssh.service" };
	struct plan p = { .then = &then, .then_count = 1 };

	(void)state;
	assert_int_equal(confirm_window_ms(&p), CONFIRM_MS);
	then.unit = "cron.service";
	assert_int_equal(confirm_window_ms(&p), 0);
}

static void
the_account_of_the_login_arms_itself(void **state)
{
	struct host host = { .user = "deploy" };
	struct resource r = { .kind = RESOURCE_USER, .id = "user deploy" };
	struct plan_step s = { .resource = &r, .class = PLAN_CHANGE };
	struct plan p = { .host = &host, .steps = &s, .count = 1 };

	(void)state;
	assert_int_equal(confirm_window_ms(&p), CONFIRM_MS);
	r.id = "user eve";
	assert_int_equal(confirm_window_ms(&p), 0);
	r.id = "user root";
	assert_int_equal(confirm_window_ms(&p), CONFIRM_MS);
	r.confirm_ms = -1;
	assert_int_equal(confirm_window_ms(&p), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_cut_us_off_arms_itself),
		cmocka_unit_test(a_task_says_so_of_anything_and_may_deny_it),
		cmocka_unit_test(what_follows_a_change_arms_it),
		cmocka_unit_test(the_shortest_time_counts_and_only_of_what_changes),
		cmocka_unit_test(the_account_of_the_login_arms_itself),
		cmocka_unit_test(a_restart_that_an_earlier_act_left_arms_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
