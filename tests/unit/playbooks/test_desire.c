#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
a_file_task_is_filled_in_for_its_host(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    "vars: {greeting: hello}\n"
	    "tasks:\n"
	    "  - file: {path: /etc/motd, content: \"{{ greeting }} {{ host }} ({{ kind }})\\n\", "
	    "mode: 0600, owner: daemon}\n"
	    "    then: restart cron.service\n"));
	const struct resource *r = desk_wanted(d, "file /etc/motd");
	assert_string_equal(r->content, "hello web1 (cattle)\n");
	assert_int_equal(r->mode, 0600);
	assert_string_equal(r->owner, "daemon");
	assert_null(r->group);
	assert_int_equal(r->then.kind, FOLLOW_RESTART);
	assert_string_equal(r->then.unit, "cron.service");
}

static void
a_variable_that_is_not_there_is_told_at_its_place_with_what_was_meant(void **state)
{
	struct desk *d = *state;
	const struct var tier = { .name = "tier", .value = "front" };
	const struct var *const vars[] = { &tier };

	d->host.vars = vars;
	d->host.var_count = 1;
	desk_put(d, "page.html", "<p>\n<b>{{ tear }}</b> {{ host | upper }}\n");
	assert_false(desk_desire(d, "tasks:\n"
				    "  - template: {path: /srv/page, src: page.html}\n"
				    "  - run: [echo, \"{{ hots }}\"]\n"));
	assert_string_equal(buf_text(&d->said),
	    "page.html:2:7: unknown variable \"tear\"; did you mean \"tier\"?\n"
	    "shop.yaml:3:21: unknown variable \"hots\"; did you mean \"host\"?\n");
}

static void
the_command_line_beats_the_inventory_which_beats_the_playbook(void **state)
{
	struct desk *d = *state;
	const struct var b = { .name = "b", .value = "inventory" },
			 c = { .name = "c", .value = "inventory" };
	const struct var *const vars[] = { &b, &c };

	d->host.vars = vars;
	d->host.var_count = 2;
	d->extra[0] = "c=command";
	assert_true(
	    desk_desire(d, "vars: {a: playbook, b: playbook, c: playbook}\n"
			   "tasks: [{run: [echo, \"{{ a }}\", \"{{ b }}\", \"{{ c }}\"]}]\n"));
	assert_string_equal(desk_wanted(d, "run 1")->title, "echo playbook inventory command");
}

static const char *
hostile_fact(void *user, const char *key)
{
	(void)user;
	if (str_eq(key, "os"))
		return "{{ secret }} $(id)";
	return str_eq(key, "greeting") ? "hostile" : NULL;
}

static const char *
hostile_fact_of_lines(void *user, const char *key)
{
	(void)user;
	return str_eq(key, "os") ? "debian\nExecStartPre=/bin/evil" : NULL;
}

static void
facts_are_data_and_never_stand_in_for_a_variable(void **state)
{
	struct desk *d = *state;

	d->facts.fact = hostile_fact;
	assert_true(desk_desire(d, "vars: {greeting: hello, secret: s3cret}\n"
				   "tasks: [{run: [echo, \"{{ greeting }}\", \"{{ os }}\"]}]\n"));
	assert_string_equal(desk_wanted(d, "run 1")->argv[1], "hello");
	assert_string_equal(desk_wanted(d, "run 1")->argv[2], "{{ secret }} $(id)");
}

static void
facts_may_be_unknown_where_the_caller_says_so(void **state)
{
	struct desk *d = *state;

	size_t used = 0;

	d->facts.unknown_ok = true;
	d->facts.used = &used;
	assert_true(
	    desk_desire(d, "tasks: [{run: [echo, \"{{ os }}\", \"{{ os-name | upper }}\"]}]\n"));
	assert_int_equal(used, 2);
	assert_string_equal(desk_wanted(d, "run 1")->title, "echo os os-name");
	d->facts.unknown_ok = false;
	assert_false(desk_desire(d, "tasks: [{run: [echo, \"{{ os }}\"]}]\n"));
}

static void
a_rollout_is_spread_over_a_variable_or_a_fact_which_each_of_its_cattle_has(void **state)
{
	struct desk *d = *state;
	const struct var rack = { .name = "rack", .value = "r1" };
	const struct var *const vars[] = { &rack };
	size_t used = 0;

	assert_false(desk_desire(d, "rollout: {batch: 2,\n  domain: rack}\n"));
	assert_string_equal(
	    buf_text(&d->said), "shop.yaml:2:11: domain: host web1 has no variable or fact rack\n");
	d->host.kind = HOST_PET;
	assert_true(desk_desire(d, "rollout: {domain: rack}\n"));
	assert_null(d->domain);
	d->host.kind = HOST_CATTLE;
	d->host.vars = vars;
	d->host.var_count = 1;
	assert_true(desk_desire(d, "rollout: {domain: rack}\n"));
	assert_string_equal(d->domain, "r1");
	d->facts = (struct facts){ .unknown_ok = true, .used = &used };
	assert_true(desk_desire(d, "rollout: {domain: os}\n"));
	assert_null(d->domain);
	assert_int_equal(used, 1);
	d->facts.fact = hostile_fact;
	assert_true(desk_desire(d, "rollout: {domain: os}\n"));
	assert_string_equal(d->domain, "{{ secret }} $(id)");
	assert_false(desk_desire(d, "rollout: {domain: \"a b\"}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:19: domain: the name of a variable or fact is wanted here (rack), not "
	    "\"a b\"\n");
}

static void
images_come_first_then_files_then_units_then_tasks(void **state)
{
	static const char *const order[] = { "image localhost/shop:1",
		"image localhost/tool:latest", "file /etc/drover/apps/shop/files/etc/shop.toml",
		"file /etc/drover/apps/shop/resources-0.json",
		"file /etc/drover/apps/shop/resources-1.json", "unit shop-0.service",
		"unit shop-1.service", "file /etc/motd", "run 3" };
	struct desk *d = *state;

	d->extra[0] = "tag=1";
	assert_true(desk_desire(d, "apps:\n"
				   "  shop:\n"
				   "    image: localhost/shop:{{ tag }}\n"
				   "    replicas: 2\n"
				   "    files: {/etc/shop.toml: {content: x}}\n"
				   "tasks:\n"
				   "  - file: {path: /etc/motd, content: hi}\n"
				   "  - image: localhost/tool\n"
				   "  - run: \"true\"\n"));
	assert_int_equal(d->count, countof(order));
	for (size_t i = 0; i < d->count; i++)
		assert_string_equal(d->want[i]->id, order[i]);
}

static void
ports_that_overlap_on_a_host_are_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_desire(d,
	    "apps:\n"
	    "  a: {image: localhost/a, replicas: 3, ports: {http: 8080}}\n"
	    "  b: {image: localhost/b, ports: {web: {container: 80, host: 8082, bind: "
	    "127.0.0.1}}}\n"
	    "  c: {image: localhost/c, ports: {web: {container: 80, host: 8083}}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:3:35: ports: web of b (8082 to 8082) overlaps http of a (8080 to 8082), "
	    "line 2\n");
}

static void
one_address_each_is_no_overlap(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    "apps:\n"
	    "  a: {image: localhost/a, ports: {web: {container: 80, bind: 127.0.0.1}}}\n"
	    "  b: {image: localhost/b, ports: {web: {container: 80, bind: 127.0.0.2}}}\n"));
}

static void
health_reaches_each_replica_where_it_is_published(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    "apps:\n"
	    "  a:\n"
	    "    image: localhost/a\n"
	    "    replicas: 2\n"
	    "    ports: {http: {container: 80, host: 8080}}\n"
	    "    health: {http: \":http/healthz\", interval: 5s, timeout: 1500ms, retries: 3}\n"));
	const struct health *h = &desk_wanted(d, "unit a-1.service")->health;
	assert_int_equal(h->kind, HEALTH_HTTP);
	assert_string_equal(h->address, "127.0.0.1");
	assert_int_equal(h->port, 8081);
	assert_string_equal(h->path, "/healthz");
	assert_int_equal(h->interval_ms, 5000);
	assert_int_equal(h->timeout_ms, 1500);
	assert_int_equal(h->retries, 3);
}

static void
the_same_thing_twice_is_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_desire(d, "tasks:\n"
				    "  - file: {path: /etc/motd, content: a}\n"
				    "  - file: {path: /etc/motd, content: b}\n"));
	assert_string_equal(
	    buf_text(&d->said), "shop.yaml:3:5: /etc/motd is declared twice: also at line 2\n");
}

static void
a_file_task_cannot_write_an_apps_unit(void **state)
{
	struct desk *d = *state;

	assert_false(desk_desire(d,
	    "apps: {a: {image: localhost/a}}\n"
	    "tasks: [{file: {path: /etc/systemd/system/a-0.service, content: x}}]\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:9: /etc/systemd/system/a-0.service is declared twice: also at line 1\n");
}

static void
a_unit_that_grows_too_large_is_refused(void **state)
{
	struct desk *d = *state;
	autobuf text = BUF_INIT(1 << 20);

	buf_adds(&text, "apps: {a: {image: localhost/a, env: {");
	for (int i = 0; i < 20; i++)
		buf_addf(&text, "A%d: %020000d, ", i, 1);
	buf_adds(&text, "}}}\n");
	assert_false(desk_desire(d, buf_text(&text)));
	assert_non_null(strstr(buf_text(&d->said), "its unit is larger than 256 KiB"));
}

static void
a_unit_task_is_enabled_and_started_as_its_text_asks(void **state)
{
	struct desk *d = *state;

	desk_put(d, "beat.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n");
	desk_put(d, "beat.service", "[Service]\nType=oneshot\nExecStart=/bin/true {{ x }}\n");
	assert_true(desk_desire(d, "tasks:\n"
				   "  - unit: beat.service\n"
				   "  - unit: {file: beat.timer, on_change: none}\n"
				   "  - unit: {name: gone.service, content: "
				   "\"[Service]\\nExecStart=/bin/true\\n\", state: "
				   "stopped, enabled: false}\n"));
	const struct resource *timer = desk_wanted(d, "unit beat.timer");
	assert_string_equal(timer->path, "/etc/systemd/system/beat.timer");
	assert_int_equal(timer->state, WANT_STARTED);
	assert_int_equal(timer->enabled, WANT_ENABLED);
	assert_int_equal(timer->on_change, ON_CHANGE_NONE);
	const struct resource *service = desk_wanted(d, "unit beat.service");
	assert_int_equal(service->state, WANT_UNSAID);
	assert_int_equal(service->enabled, WANT_ENABLED_UNSAID);
	assert_non_null(strstr(service->content, "{{ x }}"));
	assert_int_equal(desk_wanted(d, "unit gone.service")->state, WANT_STOPPED);
	assert_int_equal(desk_wanted(d, "unit gone.service")->enabled, WANT_DISABLED);
}

static void
a_service_is_named_with_or_without_its_suffix(void **state)
{
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "tasks:\n"
			   "  - service: cron\n"
			   "  - service: {name: ssh.socket, state: stopped, enabled: false}\n"));
	assert_int_equal(desk_wanted(d, "service cron.service")->state, WANT_STARTED);
	assert_int_equal(desk_wanted(d, "service ssh.socket")->state, WANT_STOPPED);
	assert_int_equal(desk_wanted(d, "service ssh.socket")->enabled, WANT_DISABLED);
}

static void
a_run_keeps_its_arguments_apart_and_its_shell_as_written(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "tag=1; rm -rf /";
	assert_true(desk_desire(d, "tasks:\n"
				   "  - run: [myctl, migrate, \"{{ tag }}\"]\n"
				   "    creates: /var/lib/x\n"
				   "    env: {A: \"{{ tag }}\"}\n"
				   "    then: {run: [touch, \"/tmp/{{ host }}\"]}\n"
				   "  - run: myctl status | grep -q \"$A\"\n"
				   "    unless: test -e /x\n"));
	const struct resource *r = desk_wanted(d, "run 1");
	assert_string_equal(r->argv[2], "1; rm -rf /");
	assert_null(r->argv[3]);
	assert_null(r->shell);
	assert_string_equal(r->env[0], "A=1; rm -rf /");
	assert_string_equal(r->creates, "/var/lib/x");
	assert_string_equal(r->then.argv[1], "/tmp/web1");
	r = desk_wanted(d, "run 2");
	assert_string_equal(r->shell, "myctl status | grep -q \"$A\"");
	assert_null(r->argv);
	assert_string_equal(r->unless, "test -e /x");
}

static void
a_long_command_ends_in_an_ellipsis(void **state)
{
	struct desk *d = *state;
	char x[400] = "x=";

	memset(x + 2, 'a', 397);
	d->extra[0] = x;
	assert_true(desk_desire(d, "tasks: [{run: [echo, \"{{ x }}\"]}]\n"));
	const char *title = desk_wanted(d, "run 1")->title;
	assert_true(str_starts(title, "echo aaa"));
	assert_true(str_ends(title, "aaa\u2026"));
}

static void
values_with_control_bytes_do_not_become_arguments(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "x=a\033[31m";
	assert_false(desk_desire(d, "tasks: [{run: [echo, \"{{ x }}\"]}]\n"));
	assert_string_equal(
	    buf_text(&d->said), "shop.yaml:1:23: the value holds U+001B for host web1\n");
}

static void
a_value_that_would_begin_a_line_of_a_unit_is_refused_at_its_place(void **state)
{
	struct desk *d = *state;

	desk_put(d, "a.service", "[Service]\nDescription={{ x }}\nExecStart=/bin/true\n");
	d->extra[0] = "x=ok\nExecStartPre=/bin/evil";
	assert_false(desk_desire(d,
	    "tasks:\n"
	    "  - unit: {template: a.service}\n"
	    "  - unit: {name: b.service, content: \"[Service]\\nExecStart=/bin/{{ x }}\\n\"}\n"
	    "  - file: {path: /etc/b, content: \"{{ x }}\"}\n"));
	assert_non_null(strstr(buf_text(&d->said), "a.service:2:"));
	assert_non_null(strstr(buf_text(&d->said), "shop.yaml:3:"));
	assert_null(strstr(buf_text(&d->said), "shop.yaml:4:"));
	assert_non_null(strstr(buf_text(&d->said), "holds U+000A, which cannot stand in a unit"));
}

static void
a_fact_cannot_begin_a_line_of_a_unit(void **state)
{
	struct desk *d = *state;

	d->facts.fact = hostile_fact_of_lines;
	assert_false(desk_desire(d, "tasks: [{unit: {name: b.service, content: "
				    "\"[Service]\\nExecStart=/bin/{{ os }}\\n\"}}]\n"));
	assert_non_null(strstr(buf_text(&d->said), "holds U+000A"));
}

static void
a_path_made_by_a_variable_is_checked_too(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "x=../../etc";
	assert_false(desk_desire(d, "tasks: [{file: {path: \"/srv/{{ x }}/a\", content: a}}]\n"));
	assert_non_null(strstr(buf_text(&d->said), "an absolute path without . and .."));
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(a_file_task_is_filled_in_for_its_host),
		with_desk(a_variable_that_is_not_there_is_told_at_its_place_with_what_was_meant),
		with_desk(the_command_line_beats_the_inventory_which_beats_the_playbook),
		with_desk(facts_are_data_and_never_stand_in_for_a_variable),
		with_desk(facts_may_be_unknown_where_the_caller_says_so),
		with_desk(
		    a_rollout_is_spread_over_a_variable_or_a_fact_which_each_of_its_cattle_has),
		with_desk(images_come_first_then_files_then_units_then_tasks),
		with_desk(ports_that_overlap_on_a_host_are_refused),
		with_desk(one_address_each_is_no_overlap),
		with_desk(health_reaches_each_replica_where_it_is_published),
		with_desk(the_same_thing_twice_is_refused),
		with_desk(a_file_task_cannot_write_an_apps_unit),
		with_desk(a_unit_that_grows_too_large_is_refused),
		with_desk(a_unit_task_is_enabled_and_started_as_its_text_asks),
		with_desk(a_service_is_named_with_or_without_its_suffix),
		with_desk(a_run_keeps_its_arguments_apart_and_its_shell_as_written),
		with_desk(a_long_command_ends_in_an_ellipsis),
		with_desk(values_with_control_bytes_do_not_become_arguments),
		with_desk(a_value_that_would_begin_a_line_of_a_unit_is_refused_at_its_place),
		with_desk(a_fact_cannot_begin_a_line_of_a_unit),
		with_desk(a_path_made_by_a_variable_is_checked_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
