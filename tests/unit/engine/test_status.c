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

static const char full[] =
    "begin 1\nuptime 100\ntick 10000\nstamp 1 2\nnet eth0 1000 5000\ncpus 0-3,6\nnow 1767350527\n"
    "tz Europe/Berlin\ndisk 41\nfs ext4 1000 410 41 /\nfs xfs 2000 100 5 /srv/with a blank\n"
    "addr eth0 10.0.0.5/24\naddr eth0 fd00::5/64\naddr eth9 10.0.0.9/24\n"
    "unit db.service loaded failed failed 180 1 + a hostile\\x0a description\n"
    "+ path /etc/containers/systemd/db.container\n+ result exit-code\n+ restarts 5\n+ exit 3\n"
    "unit web.service loaded active running 90 1 web\n+ memory 4096\n+ cpu 1000000000\n"
    "timer backup.timer backup.service 3600 -82800\ntimer never.timer - - -\n"
    "ctr web-0 localhost/web:1 Up 3 seconds ago\n+ id bdc8c19830e6\n+ image-id 7d6de18c769d\n"
    "+ ports 8080/tcp, 8081/tcp\n+ unit web.service\nctr bare localhost/web:1 Created\n"
    "scope pg\nunit pg.service loaded active running 5 1 pg\n"
    "ctr pg localhost/pg:1 Up 1 second\nend\n";

static void
what_is_told_of_a_unit_and_a_container_is_theirs(void **state)
{
	struct status s;
	struct err err;

	(void)state;
	status_init(&s);
	assert_int_equal(status_parse(&s, full, strlen(full), NULL, &err), 0);
	assert_int_equal(s.unit_count, 3);
	assert_string_equal(s.units[0].path, "/etc/containers/systemd/db.container");
	assert_string_equal(s.units[0].result, "exit-code");
	assert_string_equal(s.units[0].description, "+ a hostile\\x0a description");
	assert_int_equal(s.units[0].restarts, 5);
	assert_int_equal(s.units[0].exit_status, 3);
	assert_int_equal(s.units[0].memory, -1);
	assert_int_equal(s.units[1].memory, 4096);
	assert_int_equal(s.units[1].cpu_permille, -1);
	assert_string_equal(s.units[1].user, "");
	assert_string_equal(s.units[2].user, "pg");
	assert_string_equal(s.containers[0].id, "bdc8c19830e6");
	assert_string_equal(s.containers[0].image_id, "7d6de18c769d");
	assert_string_equal(s.containers[0].ports, "8080/tcp, 8081/tcp");
	assert_string_equal(s.containers[0].unit, "web.service");
	assert_null(s.containers[1].unit);
	assert_string_equal(s.containers[2].user, "pg");
	assert_int_equal(s.cpus, 5);
	assert_string_equal(s.zone, "Europe/Berlin");
	assert_int_equal(s.disk_count, 2);
	assert_string_equal(s.disks[1].mount, "/srv/with a blank");
	assert_int_equal(s.disks[1].pct, 5);
	assert_int_equal(s.net_count, 1);
	assert_string_equal(s.nets[0].addresses, "10.0.0.5/24 fd00::5/64");
	assert_int_equal(s.timer_count, 2);
	assert_int_equal(s.timers[0].next_s, 3600);
	assert_int_equal(s.timers[0].last_s, -82800);
	assert_true(s.timers[1].next_s == INT64_MIN);
	status_fini(&s);
}

static void
a_short_answer_keeps_what_it_does_not_tell(void **state)
{
	static const char brief[] =
	    "begin 1\nshort\nuptime 110\ntick 11000\nload 1 2 3\n"
	    "stamp 9 9\nnet eth0 3000 5000\ndisk 42\n"
	    "unit x.service loaded failed failed 1 1 said out of turn\nend\n";
	static const char again[] = "begin 1\nuptime 120\ntick 12000\nnet eth0 1 5000\n"
				    "unit new.service loaded active running 1 1 new\n"
				    "unit web.service loaded active running 110 1 web\n"
				    "+ cpu 3000000000\nend\n";
	struct status first, s;
	struct err err;

	(void)state;
	status_init(&first);
	status_init(&s);
	assert_int_equal(status_parse(&first, full, strlen(full), NULL, &err), 0);
	assert_int_equal(status_parse(&s, brief, strlen(brief), &first, &err), 0);
	assert_true(s.is_short);
	status_carry(&s, &first);
	status_fini(&first);
	assert_int_equal(s.unit_count, 3);
	assert_int_equal(s.units[1].since_s, 100);
	assert_int_equal(s.timers[0].next_s, 3590);
	assert_int_equal(s.timers[0].last_s, -82810);
	assert_int_equal(s.now_s, 1767350537);
	assert_int_equal(s.disk_pct, 42);
	assert_string_equal(s.stamp, "9 9");
	assert_string_equal(s.load, "1 2 3");
	assert_string_equal(s.nets[0].addresses, "10.0.0.5/24 fd00::5/64");
	assert_int_equal(s.nets[0].in_rate, 200);
	assert_int_equal(s.nets[0].out_rate, 0);
	status_init(&first);
	assert_int_equal(status_parse(&first, again, strlen(again), &s, &err), 0);
	/* Two seconds of CPU in the twenty since units were asked the last time. */
	assert_int_equal(first.units[1].cpu_permille, 100);
	assert_int_equal(first.nets[0].in_rate, -1);
	status_fini(&first);
	status_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_read_line_by_line),
		cmocka_unit_test(a_cut_status_is_refused),
		cmocka_unit_test(what_is_told_of_a_unit_and_a_container_is_theirs),
		cmocka_unit_test(a_short_answer_keeps_what_it_does_not_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
