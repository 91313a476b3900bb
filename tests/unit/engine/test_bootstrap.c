#include "base/buf.h"
#include "base/mem.h"
#include "engine/bootstrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Hand the line to a shell as sshd does; what it prints. */
static void
run_in(const char *shell, const char *line, struct buf *to)
{
	autobuf command = BUF_INIT(1 << 20);
	char piece[4096];
	size_t n;

	setenv("LINE", line, 1);
	buf_addf(&command, "printf payload | %s -c \"$LINE\"", shell);
	FILE *f = popen(buf_text(&command), "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(to, piece, n);
	assert_int_equal(WEXITSTATUS(pclose(f)), 5);
	unsetenv("LINE");
}

static void
every_login_shell_reads_it_alike(void **state)
{
	static const char *const shells[] = { "/bin/dash", "/bin/bash", "/bin/busybox sh",
		"/bin/zsh", "/usr/bin/fish", "/bin/tcsh", "/bin/bsd-csh" };
	static const char program[] = "printf '[%s]' \"$@\"\n# it's a \"comment\" !\n"
				      "case x in x) printf '<%s>' '\\' \"$(echo 100%)\" ;; esac\n"
				      "cat; exit 5\n";
	static const char *const args[] = { "it's $HOME", "a  b\n`id`!!", "", "\\n\\0101 \xc3\xbc",
		"~ * ? {a,b} [x]", NULL };
	static const char wanted[] = "[it's $HOME][a  b\n`id`!!][][\\n\\0101 \xc3\xbc]"
				     "[~ * ? {a,b} [x]]<\\><100%>payload";
	autofree char *line = bootstrap_line(program, args);

	(void)state;
	for (size_t i = 0; i < countof(shells); i++) {
		autobuf out = BUF_INIT(1 << 20);

		run_in(shells[i], line, &out);
		assert_string_equal(buf_text(&out), wanted);
	}
}

static void
a_long_program_is_cut_into_words_that_csh_takes(void **state)
{
	autobuf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 400; i++)
		buf_addf(&text, "# it's line %d of a long program!\n", i);
	buf_adds(&text, "printf %s $#; exit 5");
	autofree char *line = bootstrap_line(buf_text(&text), NULL);
	run_in("/bin/bsd-csh", line, &out);
	assert_string_equal(buf_text(&out), "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_login_shell_reads_it_alike),
		cmocka_unit_test(a_long_program_is_cut_into_words_that_csh_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
