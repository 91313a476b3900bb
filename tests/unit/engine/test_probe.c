#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/bootstrap.h"
#include "engine/facts.h"
#include "engine/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NONCE "00112233445566778899aabbccddeeff"

static int
parse(const char *text, struct probe_answer *a, struct err *err)
{
	return probe_parse(text, strlen(text), NONCE, a, err);
}

static void
an_answer_is_found_amid_noise(void **state)
{
	struct probe_answer a;
	struct err err;

	(void)state;
	assert_int_equal(
	    parse("Welcome!\n\n" NONCE " begin 1000\nx=1\ny=2\n\n" NONCE " end 3\nbye\n", &a, &err),
	    0);
	assert_int_equal(a.len, 8);
	assert_memory_equal(a.body, "x=1\ny=2\n", 8);
	assert_int_equal(a.uid, 1000);
	assert_int_equal(a.status, 3);
	assert_int_equal(parse("\n" NONCE " begin 0\n\n" NONCE " end 0\n", &a, &err), 0);
	assert_int_equal(a.len, 0);
}

static void
what_has_no_nonce_is_no_answer(void **state)
{
	struct probe_answer a;
	struct err err;

	(void)state;
	assert_int_equal(parse("\n00 begin 0\nroot=yes\n\n00 end 0\n", &a, &err), -1);
	assert_int_equal(parse("This account is \033[31mnot available.\nx\n", &a, &err), -1);
	assert_string_equal(
	    err.text, "host ran no helper (got: This account is ^[[31mnot available.)");
	assert_int_equal(parse("", &a, &err), -1);
	assert_string_equal(err.text, "host ran no helper (got: nothing)");
	assert_int_equal(parse("\n" NONCE " begin 0\nhalf an ans", &a, &err), -1);
	assert_string_equal(err.text, "the host's answer has no end");
}

/* A probe as a line for any login shell. Caller frees. */
static char *
command_of(const char *program, const char *nonce, const char *const *args)
{
	autofree char *text = probe_program(program, nonce, args);

	return bootstrap_line(text, NULL);
}

/* Run a command as sshd would hand it to a login shell. */
static void
run_in(const char *shell, const char *command, struct buf *to)
{
	autobuf line = BUF_INIT(1 << 20);
	char piece[4096];
	size_t n;

	setenv("PROBE", command, 1);
	buf_addf(&line, "%s -c \"$PROBE\" </dev/null", shell);
	FILE *f = popen(buf_text(&line), "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(to, piece, n);
	assert_int_equal(WEXITSTATUS(pclose(f)), 0);
	unsetenv("PROBE");
}

static void
arguments_reach_the_program_untouched(void **state)
{
	static const char *const args[] = { "it's $HOME", "a  b\n`id`", "", NULL };
	autofree char *command = command_of("printf '[%s]' \"$@\"\nexit 7\n", NONCE, args);
	autobuf out = BUF_INIT(1 << 20);
	struct probe_answer a;
	struct err err;

	(void)state;
	run_in("/bin/sh", command, &out);
	assert_int_equal(probe_parse(out.data, out.len, NONCE, &a, &err), 0);
	assert_int_equal(a.status, 7);
	assert_int_equal(a.len, strlen("[it's $HOME][a  b\n`id`][]"));
	assert_memory_equal(a.body, "[it's $HOME][a  b\n`id`][]", a.len);
}

struct seen {
	int count;
	bool os, kernel, clock;
};

static void
on_fact(void *user, const char *key, const char *value)
{
	struct seen *s = user;

	s->count++;
	s->os |= strcmp(key, "os") == 0 && *value;
	s->clock |= strcmp(key, "clock") == 0 && *value;
	s->kernel |= strcmp(key, "kernel") == 0 && *value;
}

static void
the_facts_program_runs_in_plain_shells(void **state)
{
	static const char *const shells[] = { "/bin/dash", "/bin/bash", "/bin/busybox sh" };

	(void)state;
	for (size_t i = 0; i < countof(shells); i++) {
		autofree char *program = facts_program();
		autofree char *command = command_of(program, NONCE, NULL);
		autobuf out = BUF_INIT(1 << 20);
		struct probe_answer a;
		struct err err;
		struct seen seen = { 0 };

		run_in(shells[i], command, &out);
		assert_int_equal(probe_parse(out.data, out.len, NONCE, &a, &err), 0);
		assert_int_equal(a.status, 0);
		facts_parse(a.body, a.len, on_fact, &seen);
		assert_true(seen.os && seen.kernel && seen.clock);
		assert_true(seen.count > 8);
	}
}

/* WITH in place of every WHAT; they are as long as each other. */
static void
put_for(char *text, const char *what, const char *with)
{
	assert_int_equal(strlen(what), strlen(with));
	for (char *at = strstr(text, what); at; at = strstr(at, what))
		memcpy(at, with, strlen(with));
}

static void
a_broken_os_release_costs_no_other_fact(void **state)
{
	static const char *const shells[] = { "/bin/dash", "/bin/bash", "/bin/busybox sh" };
	static const char *const broken[] = { "ID=odd\nif then (", "cat", "exit 3", "yes" };

	(void)state;
	for (size_t i = 0; i < countof(shells) * countof(broken); i++) {
		char path[] = "/tmp/osr-XXXXXX"; /* as long as what it stands for */
		int fd = mkstemp(path);
		autofree char *program = facts_program(), *command = NULL;
		autobuf out = BUF_INIT(1 << 20);
		const char *text = broken[i % countof(broken)];
		struct probe_answer a;
		struct err err;
		struct seen seen = { 0 };

		assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
		close(fd);
		put_for(program, "/etc/os-release", path);
		command = command_of(program, NONCE, NULL);
		run_in(shells[i / countof(broken)], command, &out);
		unlink(path);
		assert_int_equal(probe_parse(out.data, out.len, NONCE, &a, &err), 0);
		facts_parse(a.body, a.len, on_fact, &seen);
		assert_true(seen.os && seen.kernel && seen.clock);
		assert_true(seen.count > 8);
	}
}

static char last_key[64], last_value[2048];

static void
keep(void *user, const char *key, const char *value)
{
	++*(int *)user;
	snprintf(last_key, sizeof(last_key), "%s", key);
	snprintf(last_value, sizeof(last_value), "%s", value);
}

static void
facts_are_capped_and_cleaned(void **state)
{
	autobuf many = BUF_INIT(1 << 20);
	static const char bad[] = "no equals\n=x\nUPPER=1\nspaced key=1\nos=a\033[2Jb=c";
	int count = 0;

	(void)state;
	facts_parse(bad, strlen(bad), keep, &count);
	assert_int_equal(count, 1);
	assert_string_equal(last_key, "os");
	assert_string_equal(last_value, "a^[[2Jb=c");
	for (int i = 0; i < 500; i++)
		buf_addf(&many, "k%d=%d\n", i, i);
	assert_int_equal(facts_parse(many.data, many.len, keep, &count), FACTS_MAX);
	buf_clear(&many);
	buf_adds(&many, "long=");
	for (int i = 0; i < 3000; i++)
		buf_adds(&many, "\xc3\xbc");
	facts_parse(many.data, many.len, keep, &count);
	assert_int_equal(strlen(last_value), FACTS_VALUE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_found_amid_noise),
		cmocka_unit_test(what_has_no_nonce_is_no_answer),
		cmocka_unit_test(arguments_reach_the_program_untouched),
		cmocka_unit_test(the_facts_program_runs_in_plain_shells),
		cmocka_unit_test(a_broken_os_release_costs_no_other_fact),
		cmocka_unit_test(facts_are_capped_and_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
