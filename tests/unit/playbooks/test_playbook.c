#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/probe.h"
#include "inventory/inventory.h"
#include "playbooks/desire.h"
#include "playbooks/playbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A directory of its own for each test, and what one reading of a playbook in it gave. */
struct desk {
	char dir[64];
	struct arena *arena;
	struct diag diag;
	struct playbook *playbook;
	struct host host;
	struct facts facts;
	const char *extra[4];
	const struct resource *const *want;
	size_t count;
	struct buf said; /* the mistakes, as they are printed, without the directory */
};

static int
set_up(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	str_copy(d->dir, sizeof(d->dir), "/tmp/drover-playbook-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->arena = arena_new();
	diag_init(&d->diag);
	d->host = (struct host){ .name = "web1", .kind = HOST_CATTLE };
	buf_init(&d->said, 100000);
	*state = d;
	return 0;
}

static int
tear_down(void **state)
{
	struct desk *d = *state;
	autofree char *command = xasprintf("rm -rf %s", d->dir);

	playbook_free(d->playbook);
	arena_free(d->arena);
	diag_fini(&d->diag);
	buf_fini(&d->said);
	FILE *rm = popen(command, "r"); /* a name of mkdtemp's */
	assert_int_equal(pclose(rm), 0);
	free(d);
	return 0;
}

static void
put(struct desk *d, const char *name, const char *text)
{
	struct err err;
	autofree char *path = file_join(d->dir, name);

	assert_int_equal(file_replace(path, text, strlen(text), 0644, &err), 0);
}

static void
note_mistakes(struct desk *d)
{
	diag_sort(&d->diag);
	for (int i = 0; i < d->diag.count; i++) {
		autofree char *line = diag_line(&d->diag, i);
		const char *p = str_starts(line, d->dir) ? line + strlen(d->dir) + 1 : line;

		buf_addf(&d->said, "%s\n", p);
	}
}

static bool
load(struct desk *d, const char *text)
{
	autofree char *path = file_join(d->dir, "shop.yaml");

	put(d, "shop.yaml", text);
	d->playbook = playbook_load(path, d->extra, &d->diag);
	if (!d->playbook)
		note_mistakes(d);
	return d->playbook != NULL;
}

static bool
desire(struct desk *d, const char *text)
{
	if (!load(d, text))
		return false;
	bool good = playbook_desire(
	    d->playbook, &d->host, &d->facts, d->arena, &d->diag, &d->want, &d->count);
	note_mistakes(d);
	return good;
}

static const struct resource *
wanted(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->want[i]->id, id))
			return d->want[i];
	fail_msg("%s is not wanted", id);
	return NULL;
}

static void
the_head_of_a_playbook_is_read(void **state)
{
	struct desk *d = *state;

	assert_true(load(d,
	    "hosts: \"@web\"\n"
	    "rollout: {canary: 2, batch: 25%, max_fail: 10%, max_unreachable: 1, soak: 10s}\n"));
	assert_string_equal(playbook_name(d->playbook), "shop");
	assert_string_equal(playbook_hosts(d->playbook), "@web");
	assert_int_equal(playbook_hosts_mark(d->playbook).line, 1);
	const struct rollout *r = playbook_rollout(d->playbook);
	assert_true(r->said && r->canary.said && r->batch.percent && !r->canary.percent);
	assert_int_equal(r->batch.n, 25);
	assert_int_equal(r->soak_ms, 10000);
	assert_int_equal(strlen(playbook_digest(d->playbook)), 64);
}

static void
a_file_task_is_filled_in_for_its_host(void **state)
{
	struct desk *d = *state;

	assert_true(desire(d,
	    "vars: {greeting: hello}\n"
	    "tasks:\n"
	    "  - file: {path: /etc/motd, content: \"{{ greeting }} {{ host }} ({{ kind }})\\n\", "
	    "mode: 0600, owner: daemon}\n"
	    "    then: restart cron.service\n"));
	const struct resource *r = wanted(d, "file /etc/motd");
	assert_string_equal(r->content, "hello web1 (cattle)\n");
	assert_int_equal(r->mode, 0600);
	assert_string_equal(r->owner, "daemon");
	assert_null(r->group);
	assert_int_equal(r->then.kind, FOLLOW_RESTART);
	assert_string_equal(r->then.unit, "cron.service");
}

static void
every_mistake_of_a_playbook_is_told_at_once(void **state)
{
	struct desk *d = *state;

	assert_false(load(d, "host: \"@web\"\n"
			     "apps:\n"
			     "  site:\n"
			     "    image: nginx\n"
			     "    port: {http: 8080}\n"
			     "    env: {LOG: {a: 1}}\n"
			     "    needs: [cache]\n"
			     "    limits: {memory: lots}\n"
			     "    health: {http: \"http/\"}\n"
			     "jobs: {}\n"
			     "tasks:\n"
			     "  - fil: {path: /etc/motd}\n"
			     "  - file: {path: etc/motd, content: x}\n"
			     "  - run: echo {{ tag }}\n"
			     "  - package: curl\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:1: unknown key \"host\" in the playbook; did you mean \"hosts\"?\n"
	    "shop.yaml:4:12: image: an image name with its registry (localhost/name:tag, "
	    "registry.example.org/name:tag) is wanted here, not \"nginx\"\n"
	    "shop.yaml:5:5: unknown key \"port\" in app site; did you mean \"ports\"?\n"
	    "shop.yaml:6:16: LOG: a text is wanted here, not a mapping\n"
	    "shop.yaml:7:12: needs: not read yet: order between apps is not supported yet\n"
	    "shop.yaml:8:22: memory: a size (256M, 4K) is wanted here, not \"lots\"\n"
	    "shop.yaml:9:20: http: \":PORT/path\" is wanted here, not \"http/\"\n"
	    "shop.yaml:10:7: jobs: not read yet: jobs are not supported yet\n"
	    "shop.yaml:12:5: unknown key \"fil\" in task 1; did you mean \"file\"?\n"
	    "shop.yaml:13:18: path: an absolute path without . and .. is wanted here, not "
	    "\"etc/motd\"\n"
	    "shop.yaml:14:10: run: shell text takes no {{ }}: pass values by env: and use "
	    "\"$NAME\", or write the command as a list\n"
	    "shop.yaml:15:14: package: not read yet: package tasks are not supported yet\n");
}

static void
what_comes_later_is_refused_by_name(void **state)
{
	static const char *const later[] = { "tasks: [{dir: /x}]", "tasks: [{script: x}]",
		"tasks: [{run: [a], when: x}]", "tasks: [{run: [a], tags: x}]",
		"tasks: [{run: [a], loop: x}]", "tasks: [{run: [a], confirm: true}]",
		"rollout: {on_failure: rollback}", "apps: {a: {image: localhost/a, binary: x}}",
		"apps: {a: {image: localhost/a, secrets: [x]}}",
		"apps: {a: {image: localhost/a, as: x}}",
		"apps: {a: {image: localhost/a, quadlet: x}}",
		"apps: {a: {image: localhost/a, rootfs: x}}",
		"apps: {a: {image: localhost/a, sandbox: {user: auto}}}",
		"apps: {a: {image: localhost/a, sandbox: {capabilities: [CHOWN]}}}",
		"apps: {a: {image: {build: x}}}", "confirm: true" };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(later); i++) {
		buf_clear(&d->said);
		assert_false(load(d, later[i]));
		if (!strstr(buf_text(&d->said), "not supported yet") &&
		    !strstr(buf_text(&d->said), "not read yet"))
			fail_msg("%s: %s", later[i], buf_text(&d->said));
		diag_fini(&d->diag);
	}
}

static void
a_variable_that_is_not_there_is_told_at_its_place_with_what_was_meant(void **state)
{
	struct desk *d = *state;
	struct var vars[] = { { .name = "tier", .value = "front" } };

	d->host.vars = vars;
	d->host.var_count = 1;
	put(d, "page.html", "<p>\n<b>{{ tear }}</b> {{ host | upper }}\n");
	assert_false(desire(d, "tasks:\n"
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
	struct var vars[] = { { .name = "b", .value = "inventory" },
		{ .name = "c", .value = "inventory" } };

	d->host.vars = vars;
	d->host.var_count = 2;
	d->extra[0] = "c=command";
	assert_true(desire(d, "vars: {a: playbook, b: playbook, c: playbook}\n"
			      "tasks: [{run: [echo, \"{{ a }}\", \"{{ b }}\", \"{{ c }}\"]}]\n"));
	assert_string_equal(wanted(d, "run 1")->title, "echo playbook inventory command");
}

static const char *
hostile_fact(void *user, const char *key)
{
	(void)user;
	if (str_eq(key, "os"))
		return "{{ secret }} $(id)";
	return str_eq(key, "greeting") ? "hostile" : NULL;
}

static void
facts_are_data_and_never_stand_in_for_a_variable(void **state)
{
	struct desk *d = *state;

	d->facts.fact = hostile_fact;
	assert_true(desire(d, "vars: {greeting: hello, secret: s3cret}\n"
			      "tasks: [{run: [echo, \"{{ greeting }}\", \"{{ os }}\"]}]\n"));
	assert_string_equal(wanted(d, "run 1")->argv[1], "hello");
	assert_string_equal(wanted(d, "run 1")->argv[2], "{{ secret }} $(id)");
}

static void
facts_may_be_unknown_where_the_caller_says_so(void **state)
{
	struct desk *d = *state;

	size_t used = 0;

	d->facts.unknown_ok = true;
	d->facts.used = &used;
	assert_true(desire(d, "tasks: [{run: [echo, \"{{ os }}\", \"{{ os-name | upper }}\"]}]\n"));
	assert_int_equal(used, 2);
	assert_string_equal(wanted(d, "run 1")->title, "echo os OS-NAME");
	d->facts.unknown_ok = false;
	playbook_free(d->playbook);
	assert_false(desire(d, "tasks: [{run: [echo, \"{{ os }}\"]}]\n"));
}

static void
lint_knows_the_facts_that_hosts_tell(void **state)
{
	(void)state;
	for (const char *const *f = desire_facts; *f; f++) {
		autofree char *by_fact = xasprintf("fact %s ", *f);
		autofree char *by_file = xasprintf("file %s ", *f);

		if (!strstr(host_facts_sh, by_fact) && !strstr(host_facts_sh, by_file))
			fail_msg("no host tells the fact %s", *f);
	}
}

static void
files_out_of_the_playbooks_directory_are_refused(void **state)
{
	struct desk *d = *state;
	autofree char *link = file_join(d->dir, "link");
	autofree char *sub = file_join(d->dir, "sub");

	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(mkdir(sub, 0755), 0);
	put(d, "sub/inside", "in\n");
	assert_false(load(d, "tasks:\n"
			     "  - file: {path: /a, source: /etc/passwd}\n"
			     "  - file: {path: /b, source: ../../etc/passwd}\n"
			     "  - file: {path: /c, source: link}\n"
			     "  - file: {path: /d, source: sub/../sub/inside}\n"
			     "  - file: {path: /e, source: sub}\n"
			     "  - file: {path: /f, source: absent}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:30: /etc/passwd leads out of the playbook's directory: keep the file "
	    "beside the playbook or below\n"
	    "shop.yaml:3:30: ../../etc/passwd leads out of the playbook's directory: keep the file "
	    "beside the playbook or below\n"
	    "shop.yaml:4:30: link leads out of the playbook's directory: keep the file beside the "
	    "playbook or below\n"
	    "shop.yaml:6:30: sub is not a regular file\n"
	    "shop.yaml:7:30: absent: No such file or directory\n");
}

static void
a_changed_template_changes_the_digest_of_the_playbook(void **state)
{
	static const char text[] = "tasks: [{file: {path: /a, template: t}}]\n";
	struct desk *d = *state;
	char before[65];

	put(d, "t", "one\n");
	assert_true(load(d, text));
	str_copy(before, sizeof(before), playbook_digest(d->playbook));
	playbook_free(d->playbook);
	assert_true(load(d, text));
	assert_string_equal(before, playbook_digest(d->playbook));
	playbook_free(d->playbook);
	put(d, "t", "two\n");
	assert_true(load(d, text));
	assert_string_not_equal(before, playbook_digest(d->playbook));
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
	assert_true(desire(d, "apps:\n"
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

	assert_false(
	    desire(d, "apps:\n"
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

	assert_true(desire(d,
	    "apps:\n"
	    "  a: {image: localhost/a, ports: {web: {container: 80, bind: 127.0.0.1}}}\n"
	    "  b: {image: localhost/b, ports: {web: {container: 80, bind: 127.0.0.2}}}\n"));
}

static void
health_reaches_each_replica_where_it_is_published(void **state)
{
	struct desk *d = *state;

	assert_true(desire(d,
	    "apps:\n"
	    "  a:\n"
	    "    image: localhost/a\n"
	    "    replicas: 2\n"
	    "    ports: {http: {container: 80, host: 8080}}\n"
	    "    health: {http: \":http/healthz\", interval: 5s, timeout: 1500ms, retries: 3}\n"));
	const struct health *h = &wanted(d, "unit a-1.service")->health;
	assert_int_equal(h->kind, HEALTH_HTTP);
	assert_string_equal(h->address, "127.0.0.1");
	assert_int_equal(h->port, 8081);
	assert_string_equal(h->path, "/healthz");
	assert_int_equal(h->interval_ms, 5000);
	assert_int_equal(h->timeout_ms, 1500);
	assert_int_equal(h->retries, 3);
}

static void
a_probe_of_a_port_that_is_not_there_is_refused(void **state)
{
	struct desk *d = *state;

	assert_false(load(
	    d, "apps: {a: {image: localhost/a, ports: {http: 80}, health: {tcp: \":htp\"}}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:59: health: a has no port \"htp\"; did you mean \"http\"?\n");
}

static void
the_same_thing_twice_is_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desire(d, "tasks:\n"
			       "  - file: {path: /etc/motd, content: a}\n"
			       "  - file: {path: /etc/motd, content: b}\n"));
	assert_string_equal(
	    buf_text(&d->said), "shop.yaml:3:5: /etc/motd is declared twice: also at line 2\n");
}

static void
a_file_task_cannot_write_an_apps_unit(void **state)
{
	struct desk *d = *state;

	assert_false(
	    desire(d, "apps: {a: {image: localhost/a}}\n"
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
	assert_false(desire(d, buf_text(&text)));
	assert_non_null(strstr(buf_text(&d->said), "its unit is larger than 256 KiB"));
}

static void
bad_arguments_of_e_are_told(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "tag";
	d->extra[1] = "host=x";
	assert_false(load(d, "name: x\n"));
	assert_int_equal(d->diag.errors, 2);
}

static void
a_unit_task_is_enabled_and_started_as_its_text_asks(void **state)
{
	struct desk *d = *state;

	put(d, "beat.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n");
	put(d, "beat.service", "[Service]\nType=oneshot\nExecStart=/bin/true {{ x }}\n");
	assert_true(desire(d, "tasks:\n"
			      "  - unit: beat.service\n"
			      "  - unit: {file: beat.timer, on_change: none}\n"
			      "  - unit: {name: gone.service, content: "
			      "\"[Service]\\nExecStart=/bin/true\\n\", state: "
			      "stopped, enabled: false}\n"));
	const struct resource *timer = wanted(d, "unit beat.timer");
	assert_string_equal(timer->path, "/etc/systemd/system/beat.timer");
	assert_int_equal(timer->state, WANT_STARTED);
	assert_int_equal(timer->enabled, WANT_ENABLED);
	assert_int_equal(timer->on_change, ON_CHANGE_NONE);
	const struct resource *service = wanted(d, "unit beat.service");
	assert_int_equal(service->state, WANT_UNSAID);
	assert_int_equal(service->enabled, WANT_ENABLED_UNSAID);
	assert_non_null(strstr(service->content, "{{ x }}"));
	assert_int_equal(wanted(d, "unit gone.service")->state, WANT_STOPPED);
	assert_int_equal(wanted(d, "unit gone.service")->enabled, WANT_DISABLED);
}

static void
a_service_is_named_with_or_without_its_suffix(void **state)
{
	struct desk *d = *state;

	assert_true(desire(d, "tasks:\n"
			      "  - service: cron\n"
			      "  - service: {name: ssh.socket, state: stopped, enabled: false}\n"));
	assert_int_equal(wanted(d, "service cron.service")->state, WANT_STARTED);
	assert_int_equal(wanted(d, "service ssh.socket")->state, WANT_STOPPED);
	assert_int_equal(wanted(d, "service ssh.socket")->enabled, WANT_DISABLED);
}

static void
a_run_keeps_its_arguments_apart_and_its_shell_as_written(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "tag=1; rm -rf /";
	assert_true(desire(d, "tasks:\n"
			      "  - run: [myctl, migrate, \"{{ tag }}\"]\n"
			      "    creates: /var/lib/x\n"
			      "    env: {A: \"{{ tag }}\"}\n"
			      "    then: {run: [touch, \"/tmp/{{ host }}\"]}\n"
			      "  - run: myctl status | grep -q \"$A\"\n"
			      "    unless: test -e /x\n"));
	const struct resource *r = wanted(d, "run 1");
	assert_string_equal(r->argv[2], "1; rm -rf /");
	assert_null(r->argv[3]);
	assert_null(r->shell);
	assert_string_equal(r->env[0], "A=1; rm -rf /");
	assert_string_equal(r->creates, "/var/lib/x");
	assert_string_equal(r->then.argv[1], "/tmp/web1");
	r = wanted(d, "run 2");
	assert_string_equal(r->shell, "myctl status | grep -q \"$A\"");
	assert_null(r->argv);
	assert_string_equal(r->unless, "test -e /x");
}

static void
values_with_control_bytes_do_not_become_arguments(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "x=a\033[31m";
	assert_false(desire(d, "tasks: [{run: [echo, \"{{ x }}\"]}]\n"));
	assert_string_equal(
	    buf_text(&d->said), "shop.yaml:1:23: the value holds U+001B for host web1\n");
}

static void
a_path_made_by_a_variable_is_checked_too(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "x=../../etc";
	assert_false(desire(d, "tasks: [{file: {path: \"/srv/{{ x }}/a\", content: a}}]\n"));
	assert_non_null(strstr(buf_text(&d->said), "an absolute path without . and .."));
}

static void
variables_of_the_playbook_are_no_templates(void **state)
{
	struct desk *d = *state;

	assert_false(load(d, "vars: {a: \"{{ b }}\", b: \"{{ a }}\", host: x}\n"));
	assert_int_equal(d->diag.errors, 3);
}

static void
an_empty_set_is_not_everybody(void **state)
{
	struct desk *d = *state;

	assert_false(load(d, "hosts: \"\"\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:8: hosts: an empty set is never everybody: write @all\n");
}

static void
a_playbook_that_is_no_file_is_told(void **state)
{
	struct desk *d = *state;

	assert_null(playbook_load("/nonexistent/x.yaml", NULL, &d->diag));
	diag_fini(&d->diag);
	assert_null(playbook_load(d->dir, NULL, &d->diag));
	diag_fini(&d->diag);
	assert_null(playbook_load("/dev/null", NULL, &d->diag));
	assert_int_equal(d->diag.errors, 1);
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(the_head_of_a_playbook_is_read),
		with_desk(a_file_task_is_filled_in_for_its_host),
		with_desk(every_mistake_of_a_playbook_is_told_at_once),
		with_desk(what_comes_later_is_refused_by_name),
		with_desk(a_variable_that_is_not_there_is_told_at_its_place_with_what_was_meant),
		with_desk(the_command_line_beats_the_inventory_which_beats_the_playbook),
		with_desk(facts_are_data_and_never_stand_in_for_a_variable),
		with_desk(facts_may_be_unknown_where_the_caller_says_so),
		with_desk(lint_knows_the_facts_that_hosts_tell),
		with_desk(files_out_of_the_playbooks_directory_are_refused),
		with_desk(a_changed_template_changes_the_digest_of_the_playbook),
		with_desk(images_come_first_then_files_then_units_then_tasks),
		with_desk(ports_that_overlap_on_a_host_are_refused),
		with_desk(one_address_each_is_no_overlap),
		with_desk(health_reaches_each_replica_where_it_is_published),
		with_desk(a_probe_of_a_port_that_is_not_there_is_refused),
		with_desk(the_same_thing_twice_is_refused),
		with_desk(a_file_task_cannot_write_an_apps_unit),
		with_desk(a_unit_that_grows_too_large_is_refused),
		with_desk(bad_arguments_of_e_are_told),
		with_desk(a_unit_task_is_enabled_and_started_as_its_text_asks),
		with_desk(a_service_is_named_with_or_without_its_suffix),
		with_desk(a_run_keeps_its_arguments_apart_and_its_shell_as_written),
		with_desk(values_with_control_bytes_do_not_become_arguments),
		with_desk(a_path_made_by_a_variable_is_checked_too),
		with_desk(variables_of_the_playbook_are_no_templates),
		with_desk(an_empty_set_is_not_everybody),
		with_desk(a_playbook_that_is_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
