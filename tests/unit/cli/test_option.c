#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct values {
	bool fold;
	int verbose;
	int64_t number, wait_ms;
	const char *colour;
	struct option_list names;
};

static const struct option table[] = {
	{ OPTION_FLAG, 'b', "fold", offsetof(struct values, fold), .summary = "" },
	{ OPTION_COUNT, 'v', "verbose", offsetof(struct values, verbose), .summary = "" },
	{ OPTION_INT, 'n', "number", offsetof(struct values, number), "N", .min = 1, .max = 10 },
	{ OPTION_DURATION, 0, "wait", offsetof(struct values, wait_ms), "DUR", .summary = "" },
	{ OPTION_TEXT, 0, "colour", offsetof(struct values, colour), .choices = "auto|never" },
	{ OPTION_LIST, 'i', "name", offsetof(struct values, names), "NAME", .summary = "" },
	{ .type = OPTION_END },
};

#define WORDS(...)                                                                                 \
	(char *[])                                                                                 \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static int
parse(struct option_parse *p, struct values *v, char **argv, struct err *err)
{
	struct option_scope scope = { table, v };
	int argc = 0;

	while (argv[argc])
		argc++;
	p->scopes = &scope;
	p->scope_count = 1;
	return option_parse(p, argc, argv, err);
}

static void
options_and_operands_may_be_mixed(void **state)
{
	struct values v = { 0 };
	struct option_parse p = { .stop_after = -1 };
	struct err err;
	char **argv = WORDS("one", "-vb", "--number=3", "two", "--wait", "2m", "-i", "a", "-ib",
	    "--colour", "never", "-", "-v", "--", "-x");

	(void)state;
	assert_int_equal(parse(&p, &v, argv, &err), 0);
	assert_int_equal(p.operand_count, 4);
	assert_string_equal(p.operands[0], "one");
	assert_string_equal(p.operands[1], "two");
	assert_string_equal(p.operands[2], "-");
	assert_string_equal(p.operands[3], "-x");
	assert_true(v.fold && p.dashes);
	assert_int_equal(v.verbose, 2);
	assert_int_equal(v.number, 3);
	assert_int_equal(v.wait_ms, 120000);
	assert_string_equal(v.colour, "never");
	assert_int_equal(v.names.count, 2);
	assert_string_equal(v.names.item[1], "b");
	assert_null(v.names.item[2]);
	option_fini(&(struct option_scope){ table, &v });
}

static void
options_end_at_the_second_operand_when_asked(void **state)
{
	struct values v = { 0 };
	struct option_parse p = { .stop_after = 2 };
	struct err err;

	(void)state;
	assert_int_equal(
	    parse(&p, &v, WORDS("@web", "-b", "ls", "-v", "--", "--nonsense"), &err), 0);
	assert_true(v.fold);
	assert_int_equal(v.verbose, 0);
	assert_int_equal(p.operand_count, 5);
	assert_string_equal(p.operands[2], "-v");
	assert_string_equal(p.operands[3], "--");
}

static void
refused(char **argv, const char *says)
{
	struct values v = { 0 };
	struct option_parse p = { .stop_after = -1 };
	struct err err;

	assert_int_equal(parse(&p, &v, argv, &err), -1);
	assert_int_equal(err.kind, OUTCOME_USAGE);
	assert_non_null(strstr(err.text, says));
	option_fini(&(struct option_scope){ table, &v });
}

static void
what_is_wrong_is_named_with_what_was_meant(void **state)
{
	(void)state;
	refused(WORDS("--numbr=3"), "did you mean --number?");
	refused(WORDS("--num=3"), "no option --num; did you mean --number?");
	refused(WORDS("--fold=yes"), "--fold takes no value");
	refused(WORDS("--number", "11"), "from 1 to 10, not '11'");
	refused(WORDS("-n0x3"), "from 1 to 10, not '0x3'");
	refused(WORDS("--number"), "--number needs N");
	refused(WORDS("-x"), "no option -x");
	refused(WORDS("--wait=soon"), "10s, 5m or 250ms, not 'soon'");
	refused(WORDS("--colour=aut"), "one of auto|never, not 'aut'");
	refused(WORDS("--colour="), "one of auto|never, not ''");
}

static void
help_wins_over_what_is_missing(void **state)
{
	struct values v = { 0 };
	struct option_parse p = { .stop_after = -1 };
	struct err err;

	(void)state;
	assert_int_equal(parse(&p, &v, WORDS("x", "--help", "--nonsense"), &err), 0);
	assert_true(p.help);
}

static void
the_command_line_wins_over_the_environment(void **state)
{
	struct values v = { 0 };
	struct option_scope scope = { table, &v };
	struct option_parse p = { .stop_after = -1 };
	struct err err;

	(void)state;
	setenv("DROVER_NUMBER", "4", 1);
	setenv("DROVER_FOLD", "1", 1);
	setenv("DROVER_NAME", "from-environment", 1);
	assert_int_equal(option_environment(&scope, &err), 0);
	assert_int_equal(v.number, 4);
	assert_true(v.fold);
	assert_string_equal(v.names.item[0], "from-environment");
	assert_int_equal(parse(&p, &v, WORDS("-n5", "-i", "given"), &err), 0);
	assert_int_equal(v.number, 5);
	assert_int_equal(v.names.count, 1);
	assert_string_equal(v.names.item[0], "given");
	setenv("DROVER_NUMBER", "many", 1);
	assert_int_equal(option_environment(&scope, &err), -1);
	assert_non_null(strstr(err.text, "DROVER_NUMBER"));
	unsetenv("DROVER_NUMBER");
	unsetenv("DROVER_FOLD");
	unsetenv("DROVER_NAME");
	option_fini(&scope);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_may_be_mixed),
		cmocka_unit_test(options_end_at_the_second_operand_when_asked),
		cmocka_unit_test(what_is_wrong_is_named_with_what_was_meant),
		cmocka_unit_test(help_wins_over_what_is_missing),
		cmocka_unit_test(the_command_line_wins_over_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
