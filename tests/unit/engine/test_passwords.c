#include "base/mem.h"
#include "base/redact.h"
#include "engine/passwords.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What each of some hosts got: a password, a reason, or nothing yet. */
struct got {
	const char *host;
	int calls;
	char secret[32], why[120];
};

static void
on_got(void *user, const char *secret, const char *why)
{
	struct got *g = user;

	g->calls++;
	snprintf(g->secret, sizeof(g->secret), "%s", secret ? secret : "");
	snprintf(g->why, sizeof(g->why), "%s", why ? why : "");
}

static int asked;
static char asked_for[64];

static void
on_ask(void *user, const char *method, const char *host)
{
	(void)user;
	asked++;
	snprintf(asked_for, sizeof(asked_for), "%s %s", method, host ? host : "all");
}

static struct passwords *
start(bool each, const char *given, bool somebody)
{
	const struct passwords_config config = {
		.each = each, .given = given, .ask = somebody ? on_ask : NULL
	};

	asked = 0;
	return passwords_new(&config);
}

static void
want(struct passwords *p, struct got *g, const char *host)
{
	*g = (struct got){ .host = host };
	passwords_want(p, "sudo", host, on_got, g);
}

static void
with_nobody_to_ask_there_is_none(void **state)
{
	struct passwords *p = start(false, NULL, false);
	struct got a;

	(void)state;
	assert_non_null(passwords_why(p, "sudo", "a"));
	want(p, &a, "a");
	assert_int_equal(a.calls, 1);
	assert_string_equal(a.secret, "");
	assert_non_null(strstr(a.why, "--become-password-file"));
	passwords_free(p);
}

static void
one_question_serves_all_once_a_host_has_taken_it(void **state)
{
	struct passwords *p = start(false, NULL, true);
	struct got a, b, c;

	(void)state;
	want(p, &a, "a");
	want(p, &b, "b");
	assert_int_equal(asked, 1);
	assert_string_equal(asked_for, "sudo all");
	passwords_answer(p, "sudo", NULL, "canary");
	assert_string_equal(a.secret, "canary");
	assert_int_equal(b.calls, 0); /* a tries it first */
	passwords_verdict(p, "sudo", "a", PASSWORD_GOOD);
	assert_string_equal(b.secret, "canary");
	want(p, &c, "c");
	assert_string_equal(c.secret, "canary");
	assert_int_equal(asked, 1);
	assert_false(redact_empty(passwords_redact(p)));
	passwords_free(p);
}

static void
a_wrong_one_is_tried_on_three_hosts_and_no_more(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct passwords *p = start(false, "slip", false);
	struct got g[5], again;

	(void)state;
	for (size_t i = 0; i < countof(names); i++)
		want(p, &g[i], names[i]);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(g[i].secret, "slip");
		assert_int_equal(g[i + 1].calls, 0);
		passwords_verdict(p, "sudo", names[i], PASSWORD_BAD);
	}
	for (size_t i = 3; i < 5; i++) {
		assert_string_equal(g[i].secret, "");
		assert_non_null(strstr(g[i].why, "was not tried: other"));
	}
	want(p, &again, "a");
	assert_string_equal(again.secret, "");
	assert_non_null(strstr(again.why, "tried once"));
	passwords_free(p);
}

static void
a_host_that_refused_it_is_not_asked_again_though_others_take_it(void **state)
{
	struct passwords *p = start(false, "right", false);
	struct got a, b, again;

	(void)state;
	want(p, &a, "a");
	passwords_verdict(p, "sudo", "a", PASSWORD_BAD);
	want(p, &b, "b");
	assert_string_equal(b.secret, "right");
	passwords_verdict(p, "sudo", "b", PASSWORD_GOOD);
	assert_non_null(passwords_why(p, "sudo", "a"));
	assert_null(passwords_why(p, "sudo", "c"));
	want(p, &again, "a");
	assert_string_equal(again.secret, "");
	passwords_free(p);
}

static void
a_trial_without_a_verdict_lets_the_next_one_try(void **state)
{
	struct passwords *p = start(false, "right", false);
	struct got a, b;

	(void)state;
	want(p, &a, "a");
	want(p, &b, "b");
	assert_int_equal(b.calls, 0);
	passwords_verdict(p, "sudo", "a", PASSWORD_UNTOLD);
	assert_string_equal(b.secret, "right");
	passwords_free(p);
}

static void
two_commands_on_a_host_try_it_one_after_the_other(void **state)
{
	struct passwords *p = start(false, "right", false);
	struct got a, b, b2;

	(void)state;
	want(p, &a, "a");
	passwords_verdict(p, "sudo", "a", PASSWORD_GOOD);
	want(p, &b, "b");
	want(p, &b2, "b");
	assert_int_equal(b2.calls, 0);
	passwords_verdict(p, "sudo", "b", PASSWORD_BAD);
	assert_int_equal(b2.calls, 1);
	assert_string_equal(b2.secret, "");
	passwords_free(p);
}

static void
each_host_may_have_its_own(void **state)
{
	struct passwords *p = start(true, NULL, true);
	struct got a, b;

	(void)state;
	want(p, &a, "a");
	assert_string_equal(asked_for, "sudo a");
	want(p, &b, "b");
	assert_int_equal(asked, 2);
	passwords_answer(p, "sudo", "b", "of b");
	assert_string_equal(b.secret, "of b");
	assert_int_equal(a.calls, 0);
	assert_null(passwords_why(p, "sudo", "a"));
	passwords_answer(p, "sudo", "a", NULL);
	assert_non_null(passwords_why(p, "sudo", "a"));
	assert_int_equal(a.calls, 1);
	assert_string_equal(a.secret, "");
	passwords_free(p);
}

static void
who_is_forgotten_is_told_nothing(void **state)
{
	struct passwords *p = start(false, NULL, true);
	struct got a;

	(void)state;
	want(p, &a, "a");
	passwords_forget(p, &a);
	passwords_answer(p, "sudo", NULL, "late");
	assert_int_equal(a.calls, 0);
	passwords_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_nobody_to_ask_there_is_none),
		cmocka_unit_test(one_question_serves_all_once_a_host_has_taken_it),
		cmocka_unit_test(a_wrong_one_is_tried_on_three_hosts_and_no_more),
		cmocka_unit_test(a_host_that_refused_it_is_not_asked_again_though_others_take_it),
		cmocka_unit_test(a_trial_without_a_verdict_lets_the_next_one_try),
		cmocka_unit_test(two_commands_on_a_host_try_it_one_after_the_other),
		cmocka_unit_test(each_host_may_have_its_own),
		cmocka_unit_test(who_is_forgotten_is_told_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
