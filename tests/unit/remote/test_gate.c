#include "tests/lib/probe.h"

#include "base/loop.h"
#include "base/mem.h"
#include "remote/crowd.h"
#include "remote/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sshd *sshd;

static void
count(void *user)
{
	++*(int *)user;
}

static void
those_who_wait_enter_in_order(void **state)
{
	struct gate g;
	struct gate_pass p[3] = { 0 };
	int in[3] = { 0 };

	(void)state;
	gate_init(&g, 1);
	for (int i = 0; i < 3; i++)
		gate_wait(&g, &p[i], count, &in[i]);
	assert_int_equal(in[0] * 100 + in[1] * 10 + in[2], 100);
	gate_leave(&g, &p[0]);
	assert_int_equal(in[0] * 100 + in[1] * 10 + in[2], 110);
	gate_leave(&g, &p[2]);
	gate_leave(&g, &p[1]);
	assert_int_equal(in[2], 0);
	assert_int_equal(g.in, 0);
}

static void
it_widens_while_logins_are_quick(void **state)
{
	struct gate g;

	(void)state;
	gate_init(&g, 8);
	gate_learn(&g, 2, 12);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(g.max, 8);
		gate_well(&g, 40);
	}
	assert_int_equal(g.max, 9);
	for (int i = 0; i < 200; i++)
		gate_well(&g, 40);
	assert_int_equal(g.max, 12);
}

static void
it_narrows_when_logins_take_much_longer(void **state)
{
	struct gate g;

	(void)state;
	gate_init(&g, 40);
	gate_learn(&g, 10, 64);
	for (int i = 0; i < 40; i++)
		gate_well(&g, 100);
	assert_int_equal(g.max, 43);
	for (int i = 0; i < 43; i++)
		gate_well(&g, 9000);
	assert_int_equal(g.max, 33);
	for (int i = 0; i < 500; i++)
		gate_well(&g, 9000);
	assert_int_equal(g.max, 10);
}

static void
hosts_that_are_always_slow_narrow_nothing(void **state)
{
	struct gate g;

	(void)state;
	gate_init(&g, 40);
	gate_learn(&g, 10, 64);
	for (int i = 0; i < 400; i++)
		gate_well(&g, 4000);
	assert_in_range(g.max, 40, 64);
}

static void
it_halves_when_some_are_turned_away_and_never_goes_there_again(void **state)
{
	struct gate g;

	(void)state;
	gate_init(&g, 8);
	gate_learn(&g, 1, 64);
	for (int i = 0; i < 8 + 9 + 10 + 11; i++)
		gate_well(&g, 10);
	assert_int_equal(g.max, 12);
	for (int i = 0; i < 5; i++)
		gate_dropped(&g); /* all of one moment */
	assert_int_equal(g.max, 6);
	for (int i = 0; i < 300; i++)
		gate_well(&g, 10);
	assert_int_equal(g.max, 11);
}

static void
a_gate_that_does_not_learn_stays_as_it_is(void **state)
{
	struct gate g;

	(void)state;
	gate_init(&g, 5);
	for (int i = 0; i < 50; i++)
		gate_well(&g, i * 1000);
	gate_dropped(&g);
	assert_int_equal(g.max, 5);
}

static void
a_door_is_remembered(void **state)
{
	struct crowds *all = crowds_new();
	struct crowd *a = crowd_at(all, "10.0.0.1 22");

	(void)state;
	assert_ptr_equal(crowd_at(all, "10.0.0.1 22"), a);
	assert_ptr_not_equal(crowd_at(all, "10.0.0.1 23"), a);
	assert_int_equal(crowd_gate(a)->max, 8);
	crowds_free(all);
}

static const char *jump_keys[2];
static char jump_identity[128];
static struct sshd *bastion;

static bool
on_find(void *user, const char *name, struct target *ret)
{
	(void)user;
	jump_keys[0] = sshd_host_key(bastion);
	snprintf(jump_identity, sizeof(jump_identity), "%s", sshd_file(bastion, "id"));
	*ret = (struct target){ .name = name,
		.address = "127.0.0.1",
		.port = sshd_port(bastion),
		.identity = jump_identity,
		.host_keys = jump_keys };
	return true;
}

static void
expect_all(struct fixture *f, const struct target *t)
{
	struct probe *p[200];

	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, t, "exit 3");
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, &p[i]->down);
		if (p[i]->down)
			fail_msg("host %zu: %s", i, p[i]->err.text);
		assert_int_equal(p[i]->end.status, 3);
		probe_close(p[i]);
	}
}

/* sshd's own default; the first word for a setting is the one that counts. */
static void
two_hundred_hosts_at_one_default_sshd_all_get_in(void **state)
{
	struct remote_config c = { .kex_timeout_ms = 120000, .auth_timeout_ms = 120000 };
	struct sshd *strict = sshd_start("MaxStartups 10:30:100");
	struct fixture *f = probe_set_up(strict, &c);

	(void)state;
	expect_all(f, &f->target);
	probe_tear_down(f);
	sshd_stop(strict);
}

static void
two_hundred_hosts_behind_one_default_sshd_all_get_in(void **state)
{
	struct remote_config c = {
		.kex_timeout_ms = 120000, .auth_timeout_ms = 120000, .find = on_find
	};
	bastion = sshd_start("MaxStartups 10:30:100\nMaxSessions 10");
	struct fixture *f = probe_set_up(sshd, &c);
	struct target t = f->target;

	(void)state;
	t.jump = "bastion";
	expect_all(f, &t);
	probe_tear_down(f);
	sshd_stop(bastion);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_wait_enter_in_order),
		cmocka_unit_test(it_widens_while_logins_are_quick),
		cmocka_unit_test(it_narrows_when_logins_take_much_longer),
		cmocka_unit_test(hosts_that_are_always_slow_narrow_nothing),
		cmocka_unit_test(it_halves_when_some_are_turned_away_and_never_goes_there_again),
		cmocka_unit_test(a_gate_that_does_not_learn_stays_as_it_is),
		cmocka_unit_test(a_door_is_remembered),
		cmocka_unit_test(two_hundred_hosts_at_one_default_sshd_all_get_in),
		cmocka_unit_test(two_hundred_hosts_behind_one_default_sshd_all_get_in),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	sshd = sshd_start("MaxStartups 10:30:100");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	sshd_stop(sshd);
	return failed;
}
