/* What a host tells of one unit or container, as a value. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/detail.h"
#include "playbooks/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_failed_unit_says_why_and_what_it_wrote_last(void **state)
{
	static const char text[] =
	    "begin 1\nMainPID 0\nResult exit-code\nNRestarts 5\nExecMainStatus 3\nStartLimitBurst "
	    "5\n"
	    "ExecStart { path=/bin/sh ; argv[]=/bin/sh -c echo a; exit 3 ; ignore_errors=no ; "
	    "pid=1 }\n"
	    "MemoryCurrent [not set]\nRequires sysinit.target data.mount system.slice\n"
	    "BindsTo net.service\nFragmentPath /run/systemd/generator/pg.service\n"
	    "SourcePath /etc/containers/systemd/pg.container\nUnitFileState generated\nUser pg\n"
	    "log 1795337258 FATAL: could not open file\nlog 1795337259 end\nend\n";
	struct detail d = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(detail_parse(&d, text, strlen(text), &err), 0);
	assert_string_equal(d.result, "exit-code");
	assert_int_equal(d.restarts, 5);
	assert_int_equal(d.restarts_max, 5);
	assert_int_equal(d.exit_status, 3);
	assert_int_equal(d.memory, -1);
	assert_string_equal(d.needs, "data.mount net.service");
	assert_string_equal(d.file, "/etc/containers/systemd/pg.container");
	assert_string_equal(d.command, "/bin/sh -c echo a; exit 3");
	assert_string_equal(d.user, "pg");
	assert_int_equal(d.log_count, 2);
	assert_int_equal(d.logs[0].at_s, 1795337258);
	assert_string_equal(d.logs[1].text, "end");
	detail_fini(&d);
}

/* As systemctl shows the words of a unit: without quotes, and lines that go on are one. */
static void
what_a_container_of_drover_runs_is_podman_and_not_the_shell_around_it(void **state)
{
	autobuf unit = BUF_INIT(4096), shown = BUF_INIT(4096);
	struct detail d = { 0 };
	struct err err;

	(void)state;
	unit_podman_run(&unit, "", "", "web-0", 10);
	const char *words = strstr(buf_text(&unit), "ExecStart=/bin/sh");
	assert_non_null(words);
	buf_adds(&shown, "begin 1\nExecStart { path=/bin/sh ; argv[]=");
	bool quoted = false;
	for (const char *c = words + strlen("ExecStart="); *c; c++) {
		char last = shown.data[shown.len - 1];

		if (*c == '\'')
			quoted = !quoted;
		else if (*c != '\\' && (quoted || last != ' ' || (*c != ' ' && *c != '\n')))
			buf_addc(&shown, *c == '\n' ? ' ' : *c);
	}
	buf_adds(&shown, " web:1 ; ignore_errors=no ; pid=1 }\nend\n");
	assert_int_equal(detail_parse(&d, buf_text(&shown), shown.len, &err), 0);
	assert_int_equal(strncmp(d.command, "/usr/bin/podman run --name=web-0 ", 33), 0);
	assert_non_null(strstr(d.command, " web:1"));
	detail_fini(&d);
}

static void
a_container_has_its_image_and_its_mounts(void **state)
{
	static const char text[] = "begin 1\nMainPID 666\nState running\nExecMainStatus 0\n"
				   "ImageName localhost/web:1\nImage 7d6de1\nDriver journald\n"
				   "Mount /srv/data on /data\n"
				   "stamped 2026-11-22T08:45:11.523+00:00 hello there\n"
				   "stamped Error: no such thing\nend\n";
	struct detail d = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(detail_parse(&d, text, strlen(text), &err), 0);
	assert_int_equal(d.pid, 666);
	assert_string_equal(d.image, "localhost/web:1");
	assert_int_equal(d.mount_count, 1);
	assert_string_equal(d.mounts[0], "/srv/data on /data");
	assert_int_equal(d.logs[0].at_s, 1795337111);
	assert_string_equal(d.logs[0].text, "hello there");
	assert_int_equal(d.logs[1].at_s, 0);
	assert_string_equal(d.logs[1].text, "Error: no such thing");
	detail_fini(&d);
}

static void
only_the_last_lines_of_a_log_are_kept(void **state)
{
	struct detail d = { 0 };
	char text[4096] = "begin 1\n";
	struct err err;
	size_t used = strlen(text);

	(void)state;
	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "log 1 line %d\n", i);
	snprintf(text + used, sizeof(text) - used, "end\n");
	assert_int_equal(detail_parse(&d, text, strlen(text), &err), 0);
	assert_int_equal(d.log_count, DETAIL_LOGS);
	assert_string_equal(d.logs[0].text, "line 60");
	assert_string_equal(d.logs[DETAIL_LOGS - 1].text, "line 99");
	detail_fini(&d);
}

static void
what_is_cut_is_refused(void **state)
{
	struct detail d = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(detail_parse(&d, "begin 1\nlog 1 x\n", 16, &err), -1);
	detail_fini(&d);
	assert_int_equal(detail_parse(&d, "nonsense", 8, &err), -1);
	detail_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_unit_says_why_and_what_it_wrote_last),
		cmocka_unit_test(
		    what_a_container_of_drover_runs_is_podman_and_not_the_shell_around_it),
		cmocka_unit_test(a_container_has_its_image_and_its_mounts),
		cmocka_unit_test(only_the_last_lines_of_a_log_are_kept),
		cmocka_unit_test(what_is_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
