#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
what_stands_beside_a_command_comes_with_it(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "vars: {dir: /srv/x}\n"
				   "tasks:\n"
				   "  - run: [cat]\n"
				   "    stdin: \"{{ host }}\\n{{ dir }}\"\n"
				   "    cwd: \"{{ dir }}\"\n"
				   "    timeout: 2s\n"
				   "    ok: [0, 3]\n"
				   "    unchanged: 3\n"
				   "  - {run: \"id\", cwd: /, unchanged: true}\n"
				   "  - {run: \"id\", unchanged: false}\n"));
	const struct resource *r = desk_wanted(d, "run 1");
	assert_string_equal(r->command->input, "web1\n/srv/x");
	assert_int_equal(r->command->input_len, 11);
	assert_string_equal(r->command->cwd, "/srv/x");
	assert_int_equal(r->command->limit_ms, 2000);
	assert_true(r->limit_ms > 2000);
	assert_string_equal(r->command->good, "0,3");
	assert_string_equal(r->command->unchanged, "3");
	r = desk_wanted(d, "run 2");
	assert_string_equal(r->command->cwd, "/");
	assert_string_equal(r->command->unchanged, "all");
	assert_string_equal(r->command->good, "0");
	assert_null(r->command->input);
	assert_string_equal(desk_wanted(d, "run 3")->command->unchanged, "-");
}

static void
a_script_brings_its_text_and_its_arguments_apart(void **state)
{
	struct desk *d = *state;

	desk_put(d, "set.py", "print('{{ host }}')\n");
	assert_true(desk_desire(d,
	    "tasks:\n"
	    "  - script: {source: set.py, with: [python3, -I], args: [\"{{ host }}\", "
	    "\"a b\"]}\n"
	    "  - script: {content: \"#!/bin/sh\\nid\\n\"}\n"));
	const struct resource *r = desk_wanted(d, "script 1");
	assert_string_equal(r->content, "print('{{ host }}')\n");
	assert_string_equal(r->command->with[0], "python3");
	assert_string_equal(r->command->with[1], "-I");
	assert_string_equal(r->argv[0], "web1");
	assert_string_equal(r->argv[1], "a b");
	assert_null(r->argv[2]);
	assert_string_equal(r->title, "set.py web1 'a b'");
	assert_true(r->parts);
	r = desk_wanted(d, "script 2");
	assert_string_equal(r->content, "#!/bin/sh\nid\n");
	assert_string_equal(r->title, "script");
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const struct {
		const char *text, *said;
	} wrong[] = {
		{ "[{run: [a], ok: [0, 256]}]", "ok" },
		{ "[{run: [a], ok: []}]", "ok: a code, or a list of them, is wanted here" },
		{ "[{run: [a], unchanged: maybe}]", "unchanged" },
		{ "[{run: [a], cwd: srv}]",
		    "cwd: an absolute path without . and .. is wanted here" },
		{ "[{run: [a], timeout: 10ms}]", "timeout: a tenth of a second at least" },
		{ "[{service: cron, stdin: x}]", "stdin: only run and script tasks take this" },
		{ "[{service: cron, timeout: 3}]", "timeout: only run and script tasks take this" },
		{ "[{script: {content: \"id\\n\"}}]", "names no program" },
		{ "[{script: {content: \"#!/bin/sh\\n{{ host }}\"}}]",
		    "no template can stand here" },
		{ "[{script: gone.sh}]", "gone.sh" },
		{ "[{script: {with: sh}}]", "one of source and content is wanted here" },
		{ "[{script: {content: x, with: sh, args: x}}]", "args: a list is wanted here" },
		{ "[{script: {content: x, with: \"\"}}]", "with: the name of a program is wanted" },
		{ "[{script: {content: x, with: [\" \"]}}]",
		    "with: the name of a program is wanted" },
		{ "[{run: [cat], stdin: \"{{ tear }}\"}]", "unknown variable \"tear\"" },
		{ "[{run: [a], cwd: \"{{ host }}\"}]", "not \"web1\"" },
	};

	for (size_t i = 0; i < countof(wrong); i++)
		desk_refuses(*state, wrong[i].text, wrong[i].said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_stands_beside_a_command_comes_with_it, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_script_brings_its_text_and_its_arguments_apart, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    mistakes_are_told_at_their_place, desk_set_up, desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
