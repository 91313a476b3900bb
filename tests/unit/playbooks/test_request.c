#include "playbooks/request.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "playbooks/plan.h"
#include "tests/lib/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ONE "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define OLD "427f93cafd9cc19be6eec03e590c9c6cdf9f688a5eaf21fa8d72351e2b15fd05"

static const char *const argv[] = { "echo", "two\nlines", "", NULL };
static const char *const env[] = { "A=b c", NULL };
static const struct resource motd = { .kind = RESOURCE_FILE,
	.id = "file /etc/motd",
	.title = "file /etc/motd",
	.path = "/etc/motd",
	.digest = ONE,
	.content = "hello\n",
	.content_len = 6,
	.mode = 0640,
	.then = { .kind = FOLLOW_RELOAD, .unit = "caddy.service" } };
static const struct resource same = {
	.kind = RESOURCE_FILE, .id = "file /same", .path = "/same", .digest = ONE, .mode = 0644
};
static const struct resource unit = { .kind = RESOURCE_UNIT,
	.id = "unit web-0.service",
	.title = "unit web-0.service",
	.app = "web",
	.path = "/etc/systemd/system/web-0.service",
	.digest = ONE,
	.content = "hello\n",
	.content_len = 6,
	.mode = 0644,
	.unit = "web-0.service",
	.state = WANT_STARTED,
	.enabled = WANT_ENABLED,
	.config_digest = "cfg",
	.health = { .kind = HEALTH_HTTP,
	    .path = "/healthz",
	    .port = 8080,
	    .interval_ms = 100,
	    .timeout_ms = 500,
	    .retries = 3 } };
static const struct resource run = {
	.kind = RESOURCE_RUN, .id = "run 1", .title = "run echo", .argv = argv, .env = env
};

struct scene {
	struct found found[4];
	struct plan_step step[4];
	struct follow_up then;
	struct plan plan;
	struct request request;
};

static void
set_up(struct scene *s)
{
	const struct resource *const all[] = { &motd, &same, &unit, &run };
	const enum plan_class class[] = { PLAN_CHANGE, PLAN_SAME, PLAN_CREATE, PLAN_UNPREDICTED };

	*s = (struct scene){ .then = motd.then };
	for (size_t i = 0; i < 4; i++)
		s->step[i] = (struct plan_step){
			.resource = all[i], .found = &s->found[i], .class = class[i]
		};
	s->found[0] = (struct found){ .present = true,
		.kind = 'f',
		.digest = OLD,
		.mode = 0640,
		.owner = "root",
		.group = "root" };
	s->found[1] = s->found[0];
	memcpy(s->found[1].digest, ONE, sizeof(ONE));
	s->found[2].kind = '-';
	s->plan = (struct plan){ .steps = s->step, .count = 4, .then = &s->then, .then_count = 1 };
	s->plan.by_class[PLAN_SAME] = 1;
	s->request = (struct request){ .run = "run",
		.seat = "me@here\tx",
		.who = "me",
		.host = "web1",
		.playbook = "shop",
		.release = "r1",
		.plan = &s->plan,
		.soak_ms = 250 };
}

static void
a_plan_becomes_files_steps_and_manifest(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;

	(void)state;
	set_up(&s);
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "about", "me@here x\tme\tweb1\tshop\tr1\n");
	parcel_holds(&b, "needs", OLD "  /etc/motd\n" ONE "  /same\n");
	parcel_holds(&b, "absent", "/etc/systemd/system/web-0.service\n");
	parcel_holds(&b, "files.1",
	    "1 0640 root root " ONE " - /etc/motd\n"
	    "2 0644 root root " ONE " U /etc/systemd/system/web-0.service\n");
	parcel_holds(&b, "f/" ONE, "hello\n");
	parcel_holds(&b, "steps",
	    "files 1\nat 2\nenable web-0.service\nat 0\ndaemon-reload\n"
	    "start 2\nunit start web-0.service\n"
	    "gate web-0.service http 127.0.0.1 8080 100 500 3 /healthz\nsteady\ndone 2\n"
	    "start 3\nrun 3 0.0 0 -\ndone 3\n"
	    "start 4\nunit try-reload-or-restart caddy.service\ndone 4\nat 0\nsoak 250\n");
	parcel_holds(&b, "args/3", "1\n/root\n1\nA=b c\n1\necho\n2\ntwo\nlines\n1\n\n");
	parcel_holds(&b, "manifest",
	    "1\tfile /etc/motd\tshop\t-\tr1\t" ONE "\t-\tp\t-\n"
	    "0\tfile /same\tshop\t-\tr1\t" ONE "\t-\tf\t-\n"
	    "2\tunit web-0.service\tshop\tweb\tr1\tcfg\t" ONE "\tp\t-\n"
	    "4\tthen reload caddy.service\tshop\t-\t-\t!\n");
	autofree char *program = parcel_member(&b, "program");
	assert_non_null(strstr(program, "flock -n"));
}

static void
a_pattern_goes_as_it_is_and_never_through_a_shell(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct resource says = unit;
	struct scene s;
	struct err err;

	(void)state;
	set_up(&s);
	says.health = (struct health){ .kind = HEALTH_JOURNAL,
		.pattern = "it's $(up) *",
		.interval_ms = 100,
		.timeout_ms = 500,
		.retries = 3 };
	s.step[2].resource = &says;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "args/2", "1\nit's $(up) *\n");
	autofree char *steps = parcel_member(&b, "steps");
	assert_non_null(strstr(steps, "\ngate web-0.service journal - 0 100 500 3 2\n"));
}

static void
the_first_drain_comes_before_all_steps_and_the_next_before_its_own_stop(void **state)
{
	static const char *const out[] = { "lb", "out", NULL }, *const in[] = { "lb", "in", NULL };
	static const char *const about[] = { "DROVER_APP=web", NULL };
	const struct drain drain = { .env = about, .before = out, .after = in, .limit_ms = 1500 };
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct resource one = unit, two = unit;
	struct scene s;
	struct err err;
	int64_t limit;

	(void)state;
	set_up(&s);
	two.unit = "web-1.service";
	two.id = "unit web-1.service";
	two.path = "/etc/systemd/system/web-1.service";
	s.step[2].resource = &one;
	s.step[3].resource = &two;
	for (size_t i = 2; i < 4; i++) {
		s.found[i] = s.found[0];
		memcpy(s.found[i].active, "active", 7);
		memcpy(s.found[i].enabled, "enabled", 8);
		s.step[i].class = PLAN_CHANGE;
		s.step[i].restart = true;
	}
	s.plan.then_count = 0;
	limit = request_limit_ms(&s.request);
	one.drain = two.drain = &drain;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "drain.first", "web-0.service\n");
	parcel_holds(&b, "drains", "web-0.service 2 1.5\nweb-1.service 3 1.5\n");
	parcel_holds(&b, "drain/3", "1\n/root\n1\nDROVER_APP=web\n1\nlb\n1\nout\n");
	parcel_holds(&b, "undrain/2", "1\n/root\n1\nDROVER_APP=web\n1\nlb\n1\nin\n");
	parcel_holds(&b, "steps",
	    "files 1\nat 0\ndaemon-reload\n"
	    "start 2\nunit restart web-0.service\n"
	    "gate web-0.service http 127.0.0.1 8080 100 500 3 /healthz\nsteady\n"
	    "undrain web-0.service\ndone 2\n"
	    "start 3\ndrain web-1.service\nunit restart web-1.service\n"
	    "gate web-1.service http 127.0.0.1 8080 100 500 3 /healthz\nsteady\n"
	    "undrain web-1.service\ndone 3\nat 0\nsoak 250\n");
	assert_int_equal(request_limit_ms(&s.request), limit + 4 * 1500);
	one.on_change = two.on_change = ON_CHANGE_RELOAD;
	for (size_t i = 2; i < 4; i++) {
		s.step[i].restart = false;
		s.step[i].reload = true;
	}
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	autofree char *steps = parcel_member(&b, "steps");
	assert_null(strstr(steps, "drain"));
	assert_null(parcel_member(&b, "drain.first"));
}

static void
the_first_line_tells_length_and_digest(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;
	char word[16], hex[DIGEST_HEX], wanted[DIGEST_HEX];
	unsigned long length, seconds;
	int version, head;

	(void)state;
	set_up(&s);
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	assert_int_equal(
	    sscanf(b.data, "%15s %d %lu %64s %lu%n", word, &version, &length, hex, &seconds, &head),
	    5);
	assert_int_equal(length, b.len - (size_t)head - 1);
	digest_hex(b.data + head + 1, length, wanted);
	assert_string_equal(hex, wanted);
	assert_int_equal(seconds, request_limit_ms(&s.request) / 1000);
}

static void
what_an_undo_needs_goes_with_the_act(void **state)
{
	static const char *const undo[] = { "rm", "-f", "x", NULL };
	struct resource undone = run;
	struct scene s;
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct err err;
	(void)state;

	set_up(&s);
	undone.undo = undo;
	undone.title = "run\techo\nx";
	s.step[3].resource = &undone;
	s.step[2].restart = true;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	autofree char *what = parcel_member(&b, "what");
	assert_string_equal(what,
	    "1\tfile\tchange\t-\t4\t-\tfile /etc/motd\tfile /etc/motd\n"
	    "2\tunit\tcreate\t-r\t0\tweb\tunit web-0.service\tunit web-0.service\n"
	    "3\trun\tunpredicted\t-\t0\t-\trun 1\trun echo x\n"
	    "4\tthen\treload\t-\t0\t-\tcaddy.service\treload caddy.service\n");
	autofree char *units = parcel_member(&b, "units");
	assert_string_equal(units, "2 web-0.service\n");
	autofree char *words = parcel_member(&b, "undo/3");
	assert_string_equal(words, "1\nA=b c\n1\nrm\n1\n-f\n1\nx\n");
}

static void
a_unit_that_runs_as_it_should_is_left_alone(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;

	(void)state;
	set_up(&s);
	s.found[2] = s.found[1];
	memcpy(s.found[2].active, "active", 7);
	memcpy(s.found[2].enabled, "enabled", 8);
	s.found[2].mode = 0644;
	s.step[2].class = PLAN_CHANGE;
	s.plan.then_count = 0;
	s.plan.count = 3;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "files.1", "1 0640 root root " ONE " - /etc/motd\n");
	parcel_holds(&b, "steps", "files 1\nstart 2\ndone 2\n");
}

/* A file behind a command waits for it; one in front of it does not. */
static void
files_behind_a_command_are_switched_after_it(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;
	struct resource parting = run, late = motd;

	(void)state;
	set_up(&s);
	parting.parts = true;
	late.path = "/late";
	late.id = "file /late";
	s.step[1].resource = &parting;
	s.step[1].class = PLAN_UNPREDICTED;
	s.step[3].resource = &late;
	s.found[3] = s.found[0];
	s.plan.then_count = 0;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "files.1", "1 0640 root root " ONE " - /etc/motd\n");
	parcel_holds(&b, "files.2",
	    "3 0644 root root " ONE " U /etc/systemd/system/web-0.service\n"
	    "4 0640 root root " ONE " - /late\n");
	parcel_holds(&b, "steps",
	    "files 1\nstart 2\nrun 2 0.0 0 -\ndone 2\nfiles 2\nat 3\nenable web-0.service\n"
	    "at 0\ndaemon-reload\nstart 3\nunit start web-0.service\n"
	    "gate web-0.service http 127.0.0.1 8080 100 500 3 /healthz\nsteady\ndone 3\n"
	    "at 0\nsoak 250\n");
}

/* Units stop before any file is touched, their files go with the others, and images last. */
static void
what_goes_away_stops_first_and_its_line_goes_with_it(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;
	struct resource old_unit = unit, old_file = motd, kept = motd;
	struct resource image = { .kind = RESOURCE_IMAGE,
		.id = "image localhost/a:1",
		.title = "localhost/a:1",
		.image = "localhost/a:1",
		.absent = true };

	(void)state;
	set_up(&s);
	old_unit.absent = old_file.absent = kept.absent = kept.forgotten = true;
	old_file.id = "file /old";
	old_file.path = "/old";
	kept.id = "file /kept";
	kept.path = "/kept";
	s.step[0].resource = &old_unit;
	s.found[0] = s.found[1];
	memcpy(s.found[0].active, "active", 7);
	memcpy(s.found[0].enabled, "enabled", 8);
	s.step[0].class = PLAN_REMOVE;
	s.step[1].resource = &kept;
	s.step[2].resource = &old_file;
	s.found[2] = s.found[1];
	s.step[2].class = PLAN_REMOVE;
	s.step[3].resource = &image;
	s.step[3].class = PLAN_REMOVE;
	s.plan.then_count = 0;
	s.request.soak_ms = 0;
	assert_int_equal(request_build(&s.request, &b, &err), 0);
	parcel_holds(&b, "files.1",
	    "2 - - - - r /old\n"
	    "1 - - - - r /etc/systemd/system/web-0.service\n");
	parcel_holds(&b, "steps",
	    "stage 1\nstart 1\nunit stop web-0.service\ndisable web-0.service\nfiles 1\n"
	    "at 0\ndaemon-reload\nstart 3\nimage-away 3 localhost/a:1\n");
	parcel_holds(&b, "needs", ONE "  /etc/systemd/system/web-0.service\n" ONE "  /old\n");
	parcel_holds(&b, "manifest",
	    "1\tunit web-0.service\tshop\tweb\tr1\t!\t-\tp\t-\n"
	    "0\tfile /kept\tshop\t-\tr1\t!\t-\tf\t-\n"
	    "2\tfile /old\tshop\t-\tr1\t!\t-\tp\t-\n"
	    "3\timage localhost/a:1\tshop\t-\tr1\t!\t-\tp\t-\n");
}

static void
names_of_steps_are_those_of_the_plan(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s);
	assert_int_equal(request_steps(&s.plan), 4);
	for (size_t n = 1; n <= 5; n++) {
		static const char *const ids[] = { "", "file /etc/motd", "unit web-0.service",
			"run 1", "reload caddy.service", "" };
		autobuf id = BUF_INIT(100);

		request_step_id(&s.plan, n, &id);
		assert_string_equal(buf_text(&id), ids[n]);
	}
}

static void
what_would_break_a_line_is_refused(void **state)
{
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct scene s;
	struct err err;
	struct resource odd = unit;

	(void)state;
	set_up(&s);
	s.step[2].resource = &odd;
	odd.health.path = "/a b";
	assert_int_equal(request_build(&s.request, &b, &err), -1);
	assert_int_equal(err.kind, OUTCOME_INPUT);
	odd = unit;
	odd.owner = "a b";
	assert_int_equal(request_build(&s.request, &b, &err), -1);
	odd = unit;
	odd.id = "unit\tx";
	assert_int_equal(request_build(&s.request, &b, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_becomes_files_steps_and_manifest),
		cmocka_unit_test(a_pattern_goes_as_it_is_and_never_through_a_shell),
		cmocka_unit_test(
		    the_first_drain_comes_before_all_steps_and_the_next_before_its_own_stop),
		cmocka_unit_test(the_first_line_tells_length_and_digest),
		cmocka_unit_test(what_an_undo_needs_goes_with_the_act),
		cmocka_unit_test(a_unit_that_runs_as_it_should_is_left_alone),
		cmocka_unit_test(files_behind_a_command_are_switched_after_it),
		cmocka_unit_test(what_goes_away_stops_first_and_its_line_goes_with_it),
		cmocka_unit_test(names_of_steps_are_those_of_the_plan),
		cmocka_unit_test(what_would_break_a_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
