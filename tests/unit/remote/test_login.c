/* What happens at the door: passwords, prompts, second proofs, and who is asked. */
#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/doorman.h"
#include "tests/lib/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sshd *sshd; /* for its keys */

struct person {
	struct fixture *f;
	struct doorman *door;
	const char *answers[16]; /* in order; NULL: none given */
	size_t asked;
	struct remote_question last;
	char prompt[300], text[600], subject[128];
	bool silent; /* does not answer */
	bool withdrawn;
};

static struct person one;

static void
on_ask(void *user, const struct remote_question *q)
{
	struct person *p = user;

	p->last = *q;
	snprintf(p->prompt, sizeof(p->prompt), "%s", q->prompt);
	snprintf(p->text, sizeof(p->text), "%s", q->text ? q->text : "");
	snprintf(p->subject, sizeof(p->subject), "%s", q->subject ? q->subject : "");
	p->asked++;
	if (!p->silent)
		remote_answer(p->f->remote, q->id, p->answers[p->asked - 1]);
}

static void
on_unask(void *user, uint32_t id)
{
	struct person *p = user;

	p->withdrawn = id == p->last.id;
}

/* A door with those steps, and a remote with somebody to ask, or a password, or neither. */
static struct person *
set_up(const char *steps, bool somebody, const char *password)
{
	struct remote_config c = { .kex_timeout_ms = 120000,
		.auth_timeout_ms = 120000,
		.password = password,
		.user = &one };

	if (somebody) {
		c.ask = on_ask;
		c.unask = on_unask;
		c.ask_trust = true;
	}
	memset(&one, 0, sizeof(one));
	one.f = probe_set_up(sshd, &c);
	one.door = doorman_start(sshd_file(sshd, "host"), steps);
	one.f->target.port = doorman_port(one.door);
	return &one;
}

static void
tear_down(struct person *p)
{
	probe_tear_down(p->f);
	doorman_stop(p->door);
}

/* Log in: NULL is in, else the reason, which is the caller's. */
static char *
come_in(struct person *p)
{
	struct probe *probe = probe_open(p->f, NULL, NULL);
	char *why = NULL;

	probe_wait(p->f, &probe->up, &probe->down);
	if (probe->down)
		why = xstrdup(probe->err.text);
	probe_close(probe);
	return why;
}

static void
assert_in(struct person *p)
{
	autofree char *why = come_in(p);

	if (why)
		fail_msg("%s", why);
}

static void
assert_says(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("'%s' does not say '%s'", text ? text : "(in)", words);
}

static void
assert_seen(const struct person *p, const char *lines)
{
	autofree char *seen = doorman_seen(p->door);

	assert_string_equal(seen, lines);
}

static void
a_password_is_asked_for_and_sent_once(void **state)
{
	struct person *p = set_up("password=open", true, NULL);

	(void)state;
	p->answers[0] = "open";
	assert_in(p);
	assert_int_equal(p->asked, 1);
	assert_int_equal(p->last.kind, REMOTE_PASSWORD);
	assert_false(p->last.echo);
	autofree char *words = xasprintf("password of %s@web-1", sshd_user(sshd));
	assert_string_equal(p->prompt, words);
	assert_seen(p, "key ssh-ed25519\npassword open\nin\n");
	tear_down(p);
}

static void
a_wrong_password_may_be_typed_anew_three_times(void **state)
{
	struct person *p = set_up("password=open", true, NULL);

	(void)state;
	p->answers[0] = "a";
	p->answers[1] = "b";
	p->answers[2] = "c";
	p->answers[3] = "open"; /* too late */
	autofree char *why = come_in(p);
	assert_says(why, "is refused with 1 key and a password; the server takes: password");
	assert_int_equal(p->asked, 3);
	assert_says(p->text, "was refused");
	assert_seen(p, "key ssh-ed25519\npassword a\npassword b\npassword c\n");
	tear_down(p);
}

static void
the_password_for_all_hosts_is_sent_to_each_once(void **state)
{
	struct person *p = set_up("also:password=open", false, "shut");

	(void)state;
	autofree char *why = come_in(p);
	assert_says(why, "is refused with 1 key and a password");
	assert_seen(p, "key ssh-ed25519\npassword shut\n");
	tear_down(p);
	p = set_up("password=open", false, "open");
	assert_in(p);
	tear_down(p);
}

static void
after_it_was_refused_a_person_may_type_another(void **state)
{
	struct person *p = set_up("password=open", true, "shut");

	(void)state;
	p->answers[0] = "open";
	assert_in(p);
	assert_int_equal(p->asked, 1);
	assert_says(p->text, "was refused");
	assert_seen(p, "key ssh-ed25519\npassword shut\npassword open\nin\n");
	tear_down(p);
}

static void
batch_prompts_nobody_and_says_what_is_wanted(void **state)
{
	struct person *p = set_up("also:password=open", false, NULL);

	(void)state;
	autofree char *why = come_in(p);
	assert_says(why, "is refused with 1 key; the server takes: password, keyboard-interactive; "
			 "there is nobody to ask for a password (see --ask-password)");
	assert_seen(p, "key ssh-ed25519\n");
	tear_down(p);
}

static void
a_person_who_refuses_is_not_asked_again(void **state)
{
	struct person *p = set_up("password=open", true, NULL);

	(void)state;
	for (int i = 0; i < 2; i++) {
		autofree char *why = come_in(p);

		assert_says(why, "the server takes: password");
	}
	assert_int_equal(p->asked, 1);
	remote_ask_anew(p->f->remote);
	p->answers[1] = "open";
	assert_in(p);
	assert_int_equal(p->asked, 2);
	tear_down(p);
}

static void
prompts_are_asked_one_by_one_in_the_hosts_name(void **state)
{
	struct person *p = set_up("prompts=Password: >open|!Colour? >blue", true, NULL);

	(void)state;
	p->answers[0] = "open";
	p->answers[1] = "blue";
	assert_in(p);
	assert_int_equal(p->asked, 2);
	assert_int_equal(p->last.kind, REMOTE_PROMPT);
	assert_string_equal(p->prompt, "web-1 asks: Colour?");
	assert_true(p->last.echo);
	assert_says(p->text, "web-1: The name");
	assert_says(p->text, "\nweb-1: Do as\nweb-1: you are");
	assert_null(strchr(p->text, '\033'));
	assert_null(strstr(p->text, "\xe2\x80\xae"));
	assert_seen(p, "key ssh-ed25519\nanswer open\nanswer blue\nin\n");
	tear_down(p);
}

static void
the_password_for_all_answers_a_prompt_for_a_password_alone(void **state)
{
	static const struct {
		const char *steps, *seen;
	} cases[] = {
		{ "prompts=Password: >open", "key ssh-ed25519\nanswer open\nin\n" },
		{ "prompts=(root@host) Password: >open", "key ssh-ed25519\nanswer open\nin\n" },
		{ "prompts=Verification code: >open", "key ssh-ed25519\n" },
		{ "prompts=New password: >open", "key ssh-ed25519\n" },
		{ "prompts=One-time password: >open", "key ssh-ed25519\n" },
		{ "prompts=!Password: >open", "key ssh-ed25519\n" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct person *p = set_up(cases[i].steps, false, "open");

		free(come_in(p));
		assert_seen(p, cases[i].seen);
		tear_down(p);
	}
}

static void
a_second_proof_after_the_key_is_given(void **state)
{
	struct person *p = set_up("key;password=open", true, NULL);

	(void)state;
	p->answers[0] = "open";
	assert_in(p);
	assert_seen(p, "key ssh-ed25519\npassword open\nin\n");
	tear_down(p);
	p = set_up("key;prompts=Code: >42;password=open", true, NULL);
	p->answers[0] = "42";
	p->answers[1] = "open";
	assert_in(p);
	assert_seen(p, "key ssh-ed25519\nanswer 42\npassword open\nin\n");
	tear_down(p);
	p = set_up("key;password=open", false, NULL);
	autofree char *why = come_in(p);
	assert_says(why, "the server takes: password; there is nobody to ask");
	tear_down(p);
}

static void
hostile_prompts_are_cleaned_and_come_to_an_end(void **state)
{
	struct person *p = set_up("endless", true, NULL);

	(void)state;
	for (size_t i = 0; i < countof(p->answers); i++)
		p->answers[i] = "x";
	autofree char *why = come_in(p);
	assert_true(p->asked > 1 && p->asked <= 12);
	assert_int_equal(strncmp(p->prompt, "web-1 asks: ", 12), 0);
	for (const char *c = p->prompt; *c; c++)
		assert_true((unsigned char)*c >= ' ');
	assert_non_null(why);
	tear_down(p);
	p = set_up("many", true, NULL);
	autofree char *many = come_in(p);
	assert_says(many, "too many questions at once");
	assert_int_equal(p->asked, 0);
	tear_down(p);
}

static void
a_server_that_will_not_wait_takes_its_question_along(void **state)
{
	struct person *p = set_up("leave", true, NULL);

	(void)state;
	p->silent = true;
	autofree char *why = come_in(p);
	assert_says(why, "the server closed the connection while an answer was awaited");
	assert_int_equal(p->asked, 1);
	assert_true(p->withdrawn);
	remote_answer(p->f->remote, p->last.id, "late"); /* moot */
	tear_down(p);
}

static void
a_session_that_is_closed_withdraws_its_question(void **state)
{
	struct person *p = set_up("password=open", true, NULL);

	(void)state;
	p->silent = true;
	struct probe *probe = probe_open(p->f, NULL, NULL);
	int64_t until = clock_mono_ms() + 60000;
	while (!p->asked && clock_mono_ms() < until)
		loop_pass(p->f->loop, 100);
	assert_int_equal(p->asked, 1);
	probe_close(probe);
	assert_true(p->withdrawn);
	tear_down(p);
}

static void
the_clock_of_the_login_stands_still_while_a_person_thinks(void **state)
{
	struct remote_config c = {
		.auth_timeout_ms = 4000, .ask = on_ask, .unask = on_unask, .user = &one
	};

	(void)state;
	memset(&one, 0, sizeof(one));
	one.silent = true;
	one.f = probe_set_up(sshd, &c);
	one.door = doorman_start(sshd_file(sshd, "host"), "password=open");
	one.f->target.port = doorman_port(one.door);
	struct probe *probe = probe_open(one.f, NULL, NULL);
	int64_t until = clock_mono_ms() + 60000;
	while (!one.asked && !probe->down && clock_mono_ms() < until)
		loop_pass(one.f->loop, 100);
	until = clock_mono_ms() + 4200;
	while (clock_mono_ms() < until)
		loop_pass(one.f->loop, 100);
	if (one.asked && !probe->down)
		remote_answer(one.f->remote, one.last.id, "open");
	probe_wait(one.f, &probe->up, &probe->down);
	if (probe->down)
		fail_msg("%s", probe->err.text);
	probe_close(probe);
	tear_down(&one);
}

static void
an_unknown_host_key_is_asked_about_once_a_host(void **state)
{
	struct person *p = set_up("key", true, NULL);
	struct probe *two[2];

	(void)state;
	p->silent = true;
	p->f->target.host_keys = NULL;
	for (size_t i = 0; i < countof(two); i++)
		two[i] = probe_open(p->f, NULL, NULL);
	int64_t until = clock_mono_ms() + 60000;
	while (session_state(two[0]->session) != SESSION_HOSTKEY ||
	       session_state(two[1]->session) != SESSION_HOSTKEY) {
		assert_true(clock_mono_ms() < until);
		loop_pass(p->f->loop, 50);
	}
	assert_int_equal(p->asked, 1);
	assert_int_equal(p->last.kind, REMOTE_TRUST);
	assert_string_equal(p->last.host, "web-1");
	assert_true(str_starts(p->subject, "SHA256:"));
	assert_says(p->text, p->subject);
	assert_seen(p, "");
	remote_answer(p->f->remote, p->last.id, "yes");
	for (size_t i = 0; i < countof(two); i++) {
		probe_wait(p->f, &two[i]->up, &two[i]->down);
		if (two[i]->down)
			fail_msg("%s", two[i]->err.text);
		probe_close(two[i]);
	}
	unlink(sshd_file(sshd, "known_hosts"));
	tear_down(p);
}

static void
a_host_key_that_is_not_accepted_is_refused(void **state)
{
	struct person *p = set_up("key", true, NULL);

	(void)state;
	p->f->target.host_keys = NULL;
	autofree char *why = come_in(p);
	assert_says(why, "its host key was not accepted");
	autofree char *again = come_in(p);
	assert_says(again, "host key is not known");
	assert_int_equal(p->asked, 1);
	assert_seen(p, "");
	tear_down(p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_asked_for_and_sent_once),
		cmocka_unit_test(a_wrong_password_may_be_typed_anew_three_times),
		cmocka_unit_test(the_password_for_all_hosts_is_sent_to_each_once),
		cmocka_unit_test(after_it_was_refused_a_person_may_type_another),
		cmocka_unit_test(batch_prompts_nobody_and_says_what_is_wanted),
		cmocka_unit_test(a_person_who_refuses_is_not_asked_again),
		cmocka_unit_test(prompts_are_asked_one_by_one_in_the_hosts_name),
		cmocka_unit_test(the_password_for_all_answers_a_prompt_for_a_password_alone),
		cmocka_unit_test(a_second_proof_after_the_key_is_given),
		cmocka_unit_test(hostile_prompts_are_cleaned_and_come_to_an_end),
		cmocka_unit_test(a_server_that_will_not_wait_takes_its_question_along),
		cmocka_unit_test(a_session_that_is_closed_withdraws_its_question),
		cmocka_unit_test(the_clock_of_the_login_stands_still_while_a_person_thinks),
		cmocka_unit_test(an_unknown_host_key_is_asked_about_once_a_host),
		cmocka_unit_test(a_host_key_that_is_not_accepted_is_refused),
	};

	doorman_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	sshd = sshd_start(NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	sshd_stop(sshd);
	return failed;
}
