/* Questions through an askpass program of our own; the terminal is tried in tests/cases. */
#include "cli/ask.h"

#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct place {
	struct loop *loop;
	struct ask *ask;
	char dir[32], program[64];
	char said[256]; /* every answer, in order */
	int answers;
};

static void
on_answer(void *user, const char *subject, const char *line)
{
	struct place *p = user;
	size_t n = strlen(p->said);

	snprintf(p->said + n, sizeof(p->said) - n, "%s=%s;", subject, line ? line : "(none)");
	p->answers++;
}

static void
write_program(struct place *p, const char *text)
{
	struct err err;

	snprintf(p->program, sizeof(p->program), "%s/askpass", p->dir);
	assert_int_equal(file_replace(p->program, text, strlen(text), 0700, &err), 0);
}

static int
set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	struct err err;

	snprintf(p->dir, sizeof(p->dir), "/tmp/drover-ask.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->loop = loop_new(&err);
	write_program(p, "#!/bin/sh\nprintf 'to %s\\nmore\\n' \"$1\"\n");
	setenv("SSH_ASKPASS", p->program, 1);
	setenv("SSH_ASKPASS_REQUIRE", "force", 1);
	p->ask = ask_new(&(struct ask_config){ .loop = p->loop });
	assert_non_null(p->ask);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	ask_free(p->ask);
	loop_free(p->loop);
	unlink(p->program);
	rmdir(p->dir);
	free(p);
	return 0;
}

static uint32_t
put(struct place *p, const char *prompt)
{
	return ask_put(
	    p->ask, &(struct question){
			.prompt = prompt, .subject = prompt, .answer = on_answer, .user = p });
}

static void
wait_for(struct place *p, int answers)
{
	for (int i = 0; i < 3000 && p->answers < answers; i++)
		loop_pass(p->loop, 10);
	assert_int_equal(p->answers, answers);
}

static void
questions_are_answered_in_their_order_by_the_first_line(void **state)
{
	struct place *p = *state;

	put(p, "one");
	put(p, "two");
	assert_string_equal(p->said, "");
	wait_for(p, 2);
	assert_string_equal(p->said, "one=to one: ;two=to two: ;");
}

static void
a_question_that_is_withdrawn_is_not_answered(void **state)
{
	struct place *p = *state;
	uint32_t first = put(p, "one"), second = put(p, "two");

	put(p, "three");
	ask_withdraw(p->ask, second);
	ask_withdraw(p->ask, first);
	ask_withdraw(p->ask, 77);
	wait_for(p, 1);
	assert_string_equal(p->said, "three=to three: ;");
}

static void
a_program_that_fails_gives_no_answer(void **state)
{
	struct place *p = *state;

	write_program(p, "#!/bin/sh\necho secret\nexit 1\n");
	put(p, "one");
	wait_for(p, 1);
	unlink(p->program);
	put(p, "two");
	assert_int_equal(p->answers, 1);
	wait_for(p, 2);
	write_program(p, "#!/bin/sh\nhead -c 3000 /dev/zero | tr '\\0' x\n");
	put(p, "three");
	wait_for(p, 3);
	assert_string_equal(p->said, "one=(none);two=(none);three=(none);");
}

static void
prompts_cannot_drive_a_terminal(void **state)
{
	struct place *p = *state;

	write_program(p, "#!/bin/sh\nprintf '%s' \"$1\" | tr -d '\\40-\\176' | wc -c\n");
	put(p, "\033]0;title\007evil\r");
	wait_for(p, 1);
	assert_non_null(strstr(p->said, "=0;"));
}

static void
only_the_word_is_a_yes(void **state)
{
	struct place *p = *state;
	struct question q = {
		.prompt = "trust", .subject = "it", .word = "yes", .answer = on_answer, .user = p
	};

	write_program(p, "#!/bin/sh\necho yes\n");
	ask_put(p->ask, &q);
	wait_for(p, 1);
	write_program(p, "#!/bin/sh\necho y\n");
	ask_put(p->ask, &q);
	wait_for(p, 2);
	assert_string_equal(p->said, "it=yes;it=(none);");
}

static void
the_program_is_asked_only_when_ssh_would(void **state)
{
	struct place *p = *state;
	struct ask_config config = { .loop = p->loop };
	bool terminal = access("/dev/tty", R_OK | W_OK) == 0;

	setenv("SSH_ASKPASS_REQUIRE", "never", 1);
	struct ask *a = ask_new(&config);
	if (!a)
		terminal = false;
	ask_free(a);
	unsetenv("SSH_ASKPASS_REQUIRE");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("DISPLAY");
	a = ask_new(&config);
	assert_int_equal(a != NULL, terminal);
	ask_free(a);
	setenv("DISPLAY", ":77", 1);
	a = ask_new(&config);
	assert_non_null(a);
	ask_free(a);
	unsetenv("DISPLAY");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    questions_are_answered_in_their_order_by_the_first_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_question_that_is_withdrawn_is_not_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_program_that_fails_gives_no_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prompts_cannot_drive_a_terminal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_the_word_is_a_yes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_program_is_asked_only_when_ssh_would, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
