#include "base/err.h"
#include "engine/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "motd noise\nbegin 1\nuptime 3600\nload 0.10 0.20 0.30\ncpu 150 1100\n"
    "mem MemTotal: 1000\nmem MemAvailable: 250\ncpus 4\nos debian-12\n"
    "disk 41\nsystemd 252\n"
    "unit ssh.service loaded active running 3500 0 OpenBSD Secure Shell server\n"
    "unit bad.service loaded failed failed 12 1 A bad one\n"
    "podman 4.3.1\nctr site-0 localhost/site:1 Up 3 minutes\n"
    "ctr old localhost/old:1 Exited (0) 2 days ago\nend\n";

static void
a_status_is_read_line_by_line(void **state)
{
	struct status s, before;
	struct err err;

	(void)state;
	status_init(&s);
	status_init(&before);
	before.cpu_busy = 100;
	before.cpu_total = 1000;
	assert_int_equal(status_parse(&s, text, strlen(text), &before, &err), 0);
	assert_int_equal(s.uptime_s, 3600);
	assert_int_equal(s.cpu_pct, 50);
	assert_int_equal(s.mem_pct, 75);
	assert_int_equal(s.disk_pct, 41);
	assert_string_equal(s.os, "debian-12");
	assert_int_equal(s.unit_count, 2);
	assert_int_equal(s.units_failed, 1);
	assert_string_equal(s.units[1].description, "A bad one");
	assert_true(s.units[1].owned);
	assert_int_equal(s.container_count, 2);
	assert_int_equal(s.containers_running, 1);
	assert_string_equal(s.containers[0].status, "Up 3 minutes");
	status_fini(&s);
}

static void
a_cut_status_is_refused(void **state)
{
	struct status s;
	struct err err;

	(void)state;
	status_init(&s);
	assert_int_equal(status_parse(&s, text, strlen(text) - 5, NULL, &err), -1);
	status_fini(&s);
	assert_int_equal(status_parse(&s, "nonsense", 8, NULL, &err), -1);
	status_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_read_line_by_line),
		cmocka_unit_test(a_cut_status_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
