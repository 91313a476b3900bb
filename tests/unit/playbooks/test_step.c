#include "base/mem.h"
#include "base/str.h"
#include "playbooks/include.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char *
debian(void *user, const char *key)
{
	(void)user;
	return str_eq(key, "os") ? "debian" : NULL;
}

static bool
is_wanted(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->want[i]->id, id))
			return true;
	return false;
}

/* All that is wanted, in order. */
static void
wants(const struct desk *d, const char *expected)
{
	autofree char *all = xstrdup("");

	for (size_t i = 0; i < d->count; i++) {
		char *more = xasprintf("%s%s%s", all, i ? ", " : "", d->want[i]->id);

		free(all);
		all = more;
	}
	assert_string_equal(all, expected);
}

static void
refuses(struct desk *d, const char *text, const char *expected)
{
	assert_false(desk_desire(d, text));
	assert_string_equal(buf_text(&d->said), expected);
}

static void
a_task_is_there_where_its_conditions_hold(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    "vars: {tls: true, tier: front}\n"
	    "tasks:\n"
	    "  - {run: [a], when: tls}\n"
	    "  - {run: [b], when: not tls}\n"
	    "  - {run: [c], when: [tls, tier == \"front\"]}\n"
	    "  - {run: [d], when: [tls, tier == \"back\", nobody == 1], name: four}\n"
	    "  - {run: [e], when: true}\n"
	    "  - {run: [f], when: host is glob(\"web*\") and kind == \"cattle\"}\n"
	    "apps:\n"
	    "  one: {image: localhost/one, when: tls}\n"
	    "  two: {image: localhost/two, when: nobody is defined}\n"));
	assert_true(is_wanted(d, "unit one-0.service"));
	assert_false(is_wanted(d, "image localhost/two:latest"));
	assert_true(is_wanted(d, "run 1"));
	assert_true(is_wanted(d, "run 3"));
	assert_true(is_wanted(d, "run 5"));
	assert_true(is_wanted(d, "run 6"));
	assert_int_equal(d->skipped_count, 3);
	assert_string_equal(d->skipped[0].title, "app two");
	assert_string_equal(d->skipped[0].why, "when: nobody is defined");
	assert_string_equal(d->skipped[1].title, "task 2 (run)");
	assert_string_equal(d->skipped[1].why, "when: not tls");
	assert_string_equal(d->skipped[2].title, "four");
	assert_string_equal(d->skipped[2].why, "when: tier == \"back\"");
}

static void
what_stands_in_a_task_that_is_not_there_is_not_filled_in(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "tasks:\n"
				   "  - {run: [echo, \"{{ port }}\"], when: port is defined}\n"));
	assert_int_equal(d->count, 0);
}

static void
conditions_are_checked_at_their_place(void **state)
{
	struct desk *d = *state;

	refuses(d,
	    "tasks:\n"
	    "  - run: [a]\n"
	    "    when: x =  1\n"
	    "  - run: [b]\n"
	    "    when: \"{{ x }}\"\n"
	    "  - run: [c]\n"
	    "    when: ['a == 1', 'b ==']\n"
	    "  - run: [d]\n"
	    "    when: {a: b}\n",
	    "shop.yaml:3:13: an operator is wanted here, or the end (to compare: ==)\n"
	    "shop.yaml:5:11: when: it is an expression by itself: without {{ }}\n"
	    "shop.yaml:7:27: a value is missing here: a name, a text in quotes, a number, a list\n"
	    "shop.yaml:9:11: when: an expression is wanted here, not a mapping\n");
}

static void
mistakes_in_blocks_of_text_are_told_at_their_line(void **state)
{
	struct desk *d = *state;

	refuses(d,
	    "tasks:\n"
	    "  - file:\n"
	    "      path: /etc/a\n"
	    "      content: |\n"
	    "\n"
	    "        \xc3\xa9 {{ hots }}\n"
	    "          {% if hots %}{% endif %}\n"
	    "  - file: {path: /etc/b, content: \"{{ hits }}\"}\n"
	    "  - file:\n"
	    "      content: |- # a remark\n"
	    "         {{ hats }}\n"
	    "      path: /etc/c\n"
	    "  - file:\n"
	    "      content: >\n"
	    "         a {{ huts }}\n"
	    "      path: /etc/d\n"
	    "  - file:\n"
	    "      content: |2\n"
	    "           a {{ hets }}\n"
	    "      path: /etc/e\n",
	    "shop.yaml:6:14: unknown variable \"hots\"; did you mean \"host\"?\n"
	    "shop.yaml:7:17: unknown variable \"hots\"; did you mean \"host\"?\n"
	    "shop.yaml:8:39: unknown variable \"hits\"; did you mean \"host\"?\n"
	    "shop.yaml:11:13: unknown variable \"hats\"; did you mean \"host\"?\n"
	    "shop.yaml:14:16: unknown variable \"huts\"; did you mean \"host\"?\n"
	    "shop.yaml:18:16: unknown variable \"hets\"; did you mean \"host\"?\n");
}

static void
conditions_that_cannot_be_worked_out_are_told(void **state)
{
	struct desk *d = *state;

	refuses(d,
	    "vars: {x: 1}\n"
	    "tasks:\n"
	    "  - run: [a]\n"
	    "    when: x\n"
	    "  - run: [b]\n"
	    "    when: x == \"1\"\n"
	    "  - run: [c]\n"
	    "    when: host == hots\n",
	    "shop.yaml:4:11: a condition is true or false, \"x\" is a whole number: compare it\n"
	    "shop.yaml:6:11: a whole number is compared with a text: make them alike by | int or "
	    "by "
	    "quotes\n"
	    "shop.yaml:8:19: unknown variable \"hots\"; did you mean \"host\"?\n");
}

static void
what_facts_decide_may_be_wanted_until_they_are_known(void **state)
{
	static const char text[] =
	    "tasks:\n"
	    "  - {file: {path: /etc/x, content: deb}, when: os == \"debian\"}\n"
	    "  - {file: {path: /etc/x, content: fed}, when: os == \"fedora\"}\n"
	    "  - {run: [echo, \"{{ of_fedora }}\"], when: os == \"fedora\"}\n"
	    "  - {file: {path: \"{{ os }}\", content: a}, when: os == \"/never\"}\n"
	    "  - {file: {path: \"/opt/{{ os }}\", content: a}}\n"
	    "  - {run: [x], loop: os | split}\n";
	struct desk *d = *state;
	size_t used = 0;

	d->facts.unknown_ok = true;
	d->facts.used = &used;
	assert_true(desk_desire(d, text));
	wants(d, "file /etc/x, file /etc/x, run 3, file /opt/os");
	assert_true(used > 0);
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:4:22: warning: unknown variable \"of_fedora\" (if it comes to this)\n");
	buf_clear(&d->said);
	diag_fini(&d->diag);
	diag_init(&d->diag);
	d->facts = (struct facts){ .fact = debian };
	assert_true(desk_desire(d, text));
	wants(d, "file /etc/x, file /opt/debian, run 6.1");
	assert_string_equal(d->want[0]->content, "deb");
	assert_int_equal(d->skipped_count, 3);
}

static void
a_fact_that_the_host_does_not_tell_is_not_defined(void **state)
{
	struct desk *d = *state;

	d->facts.fact = debian;
	assert_true(desk_desire(d, "tasks: [{run: [a], when: podman is defined}]\n"));
	assert_int_equal(d->count, 0);
}

static void
two_apps_of_which_one_will_be_there_may_publish_the_same_port(void **state)
{
	struct desk *d = *state;

	d->facts.unknown_ok = true;
	assert_true(
	    desk_desire(d, "apps:\n"
			   "  a: {image: localhost/a, ports: {http: 80}, when: os == \"x\"}\n"
			   "  b: {image: localhost/b, ports: {http: 80}, when: os != \"x\"}\n"));
	assert_true(is_wanted(d, "unit a-0.service"));
	assert_true(is_wanted(d, "unit b-0.service"));
}

static void
a_loop_makes_a_task_of_each_item(void **state)
{
	struct desk *d = *state;

	desk_put(d, "x.service", "[Service]\nExecStart=/bin/{{ item.name }}\n");
	assert_true(
	    desk_desire(d, "vars: {users: [{name: eve, on: true}, {name: bob, on: false}], n: 2}\n"
			   "tasks:\n"
			   "  - {run: [echo, \"{{ item }}\"], loop: [a, \"{{ host }}\", 3]}\n"
			   "  - {run: [add, \"{{ item.name }}\"], loop: users, when: item.on}\n"
			   "  - {run: [num, \"{{ item }}\"], loop: \"{{ range(n) }}\"}\n"
			   "  - {run: [never], loop: []}\n"
			   "  - {service: \"{{ item }}\", loop: [cron, ssh.socket]}\n"
			   "  - unit: {template: x.service, name: \"{{ item.name }}.service\"}\n"
			   "    loop: users\n"
			   "  - file: {path: \"/srv/{{ item }}\", content: \"{{ item }}\"}\n"
			   "    loop: [1, 2]\n"));
	wants(d,
	    "run 1.1, run 1.2, run 1.3, run 2.1, run 3.1, run 3.2, service cron.service, "
	    "service ssh.socket, unit eve.service, unit bob.service, file /srv/1, file /srv/2");
	assert_string_equal(desk_wanted(d, "run 1.2")->title, "echo web1");
	assert_string_equal(desk_wanted(d, "run 2.1")->title, "add eve");
	assert_string_equal(
	    desk_wanted(d, "unit bob.service")->content, "[Service]\nExecStart=/bin/bob\n");
	assert_int_equal(d->skipped_count, 1);
	assert_string_equal(d->skipped[0].title, "task 2 (run).2");
}

static void
what_is_no_list_is_not_gone_over(void **state)
{
	struct desk *d = *state;

	refuses(d,
	    "vars: {m: {a: 1}, t: abc}\n"
	    "tasks:\n"
	    "  - {run: [a], loop: m}\n"
	    "  - {run: [b], loop: t}\n"
	    "  - {run: [c], loop: range(1001)}\n"
	    "  - {run: [d], loop: nobody}\n"
	    "  - {file: {path: /x, content: a}, loop: [1, 2]}\n",
	    "shop.yaml:3:22: loop: a list is wanted here, not a mapping (| items)\n"
	    "shop.yaml:4:22: loop: a list is wanted here, not a text\n"
	    "shop.yaml:5:22: loop: 1001 items, the limit is 1000\n"
	    "shop.yaml:6:22: unknown variable \"nobody\"\n"
	    "shop.yaml:7:5: /x is declared twice: also at line 7\n");
}

/* `loops` loops of a thousand, and one task behind them. */
static char *
many_tasks(int loops, const char *behind)
{
	autobuf b = BUF_INIT(1U << 16);

	buf_adds(&b, "tasks:\n");
	for (int i = 0; i < loops; i++)
		buf_adds(&b, "  - {run: [a], loop: range(1000)}\n");
	buf_adds(&b, behind);
	return buf_detach(&b, NULL);
}

static void
no_task_beyond_the_limit_is_dropped_in_silence(void **state)
{
	struct desk *d = *state;
	autofree char *all = many_tasks(20, "");
	autofree char *one_more = many_tasks(20, "  - {run: [b]}\n  - {run: [c]}\n");
	autofree char *skipped = many_tasks(20, "  - {run: [b], when: not true}\n");
	autofree char *inside = many_tasks(22, "");

	assert_true(desk_desire(d, all));
	assert_int_equal(d->count, 20000);
	assert_true(desk_desire(d, skipped));
	assert_int_equal(d->count, 20000);
	refuses(d, one_more, "shop.yaml:22:5: more than 20000 tasks for host web1\n");
	refuses(d, inside, "shop.yaml:22:5: more than 20000 tasks for host web1\n");
}

static void
variables_beside_a_task_beat_the_inventory_and_not_the_command_line(void **state)
{
	struct desk *d = *state;
	const struct var a = { .name = "a", .value = "inventory" },
			 b = { .name = "b", .value = "inventory" };
	const struct var *const vars[] = { &a, &b };

	d->host.vars = vars;
	d->host.var_count = 2;
	d->extra[0] = "b=command";
	assert_true(desk_desire(d,
	    "vars: {list: [x, y], c: playbook}\n"
	    "tasks:\n"
	    "  - run: [echo, \"{{ a }}\", \"{{ b }}\", \"{{ c }}\", \"{{ d | last }}\"]\n"
	    "    vars: {a: task, b: task, c: \"{{ a }}-{{ host }}\", d: \"{{ list }}\"}\n"
	    "  - run: [echo, \"{{ a }}\"]\n"));
	assert_string_equal(desk_wanted(d, "run 1")->title, "echo task command task-web1 y");
	assert_string_equal(desk_wanted(d, "run 2")->title, "echo inventory");
}

static void
values_of_the_command_line_are_what_yaml_makes_of_them(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "n=3";
	d->extra[1] = "on=true";
	d->extra[2] = "tag=1.10";
	assert_true(desk_desire(d,
	    "vars: {n: 1, on: false, tag: \"0\"}\n"
	    "tasks: [{run: [a, \"{{ tag }}\"], when: [on, n > 2, tag == \"1.10\"]}]\n"));
	wants(d, "run 1");
}

static void
an_include_reads_the_tasks_of_a_file_and_what_lies_beside_it(void **state)
{
	struct desk *d = *state;
	autofree char *sub = xasprintf("%s/web", d->dir);

	assert_int_equal(mkdir(sub, 0700), 0);
	desk_put(d, "web/tasks.yaml",
	    "- template: {path: /etc/web, src: web.conf}\n"
	    "- include: ../more.yaml\n"
	    "  vars: {port: \"{{ port + 1 }}\"}\n"
	    "- {run: [last]}\n");
	desk_put(d, "web/web.conf", "port {{ port }}\n");
	desk_put(d, "more.yaml", "- {file: {path: \"/etc/more-{{ port }}\", template: more}}\n");
	desk_put(d, "more", "{{ port }} {{ item }}");
	assert_true(desk_desire(d, "tasks:\n"
				   "  - {run: [first]}\n"
				   "  - include: web/tasks.yaml\n"
				   "    vars: {port: 80}\n"
				   "    loop: [x]\n"
				   "    when: host == \"web1\"\n"
				   "  - {include: web/tasks.yaml, when: false}\n"
				   "  - {run: [end]}\n"));
	wants(d, "run 1, file /etc/web, file /etc/more-81, run 6.1, run 12");
	assert_string_equal(desk_wanted(d, "file /etc/web")->content, "port 80\n");
	assert_string_equal(desk_wanted(d, "file /etc/more-81")->content, "81 x");
	assert_int_equal(d->skipped_count, 1);
	assert_string_equal(d->skipped[0].title, "task 7 (include)");
}

static void
mistakes_in_included_files_are_told_where_they_are(void **state)
{
	struct desk *d = *state;

	desk_put(d, "a.yaml", "- {runn: [x]}\n- {run: [\"{{ nix | uper }}\"]}\n");
	desk_put(d, "b.yaml", "- {include: c.yaml}\n");
	desk_put(d, "c.yaml", "- include: ./b.yaml\n");
	desk_put(d, "d.yaml", "tasks: []\n");
	desk_put(d, "e.yaml", "- {run: [x]}\n");
	refuses(d,
	    "tasks:\n"
	    "  - include: a.yaml\n"
	    "  - include: b.yaml\n"
	    "  - include: ../x.yaml\n"
	    "  - include: d.yaml\n"
	    "  - include: e.yaml\n"
	    "    then: restart x.service\n"
	    "  - include: nix.yaml\n",
	    "a.yaml:1:4: unknown key \"runn\" in task 2; did you mean \"run\"?\n"
	    "a.yaml:2:20: unknown filter \"uper\"; did you mean \"upper\"?\n"
	    "c.yaml:1:12: include: b.yaml includes itself\n"
	    "d.yaml:1:1: tasks: a list of at most 2000 tasks is wanted here\n"
	    "shop.yaml:4:14: ../x.yaml leads out of the playbook's directory: keep the file beside "
	    "the playbook or below\n"
	    "shop.yaml:7:11: then: it stands beside the tasks that change something, not beside "
	    "include\n"
	    "shop.yaml:8:14: nix.yaml: No such file or directory\n");
}

static void
files_include_one_another_eight_deep_and_no_deeper(void **state)
{
	struct desk *d = *state;

	for (int i = 1; i <= 9; i++) {
		autofree char *name = xasprintf("%d.yaml", i);
		autofree char *text =
		    i < 9 ? xasprintf("- include: %d.yaml\n", i + 1) : xstrdup("- {run: [x]}\n");

		desk_put(d, name, text);
	}
	assert_true(desk_desire(d, "tasks: [{include: 2.yaml}]\n"));
	wants(d, "run 9");
	refuses(d, "tasks: [{include: 1.yaml}]\n",
	    "8.yaml:1:12: include: files include one another deeper than 8\n");
}

static void
paths_of_includes_are_made_plain(void **state)
{
	static const struct {
		const char *dir, *path, *plain;
	} cases[] = { { "", "a", "a" }, { "", "./a//b", "a/b" }, { "x", "a", "x/a" },
		{ "x/y", "../a", "x/a" }, { "x/y", "../../a", "a" }, { "x", "../../a", "../a" },
		{ "x", "/etc/a", "/etc/a" }, { "", "..", ".." }, { "x", "..", "." },
		{ "", "../../a", "../../a" }, { "x", "..a/...", "x/..a/..." } };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *got = include_path(cases[i].dir, cases[i].path);

		assert_string_equal(got, cases[i].plain);
	}
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(a_task_is_there_where_its_conditions_hold),
		with_desk(what_stands_in_a_task_that_is_not_there_is_not_filled_in),
		with_desk(conditions_are_checked_at_their_place),
		with_desk(mistakes_in_blocks_of_text_are_told_at_their_line),
		with_desk(conditions_that_cannot_be_worked_out_are_told),
		with_desk(what_facts_decide_may_be_wanted_until_they_are_known),
		with_desk(a_fact_that_the_host_does_not_tell_is_not_defined),
		with_desk(two_apps_of_which_one_will_be_there_may_publish_the_same_port),
		with_desk(a_loop_makes_a_task_of_each_item),
		with_desk(what_is_no_list_is_not_gone_over),
		with_desk(no_task_beyond_the_limit_is_dropped_in_silence),
		with_desk(variables_beside_a_task_beat_the_inventory_and_not_the_command_line),
		with_desk(values_of_the_command_line_are_what_yaml_makes_of_them),
		with_desk(an_include_reads_the_tasks_of_a_file_and_what_lies_beside_it),
		with_desk(mistakes_in_included_files_are_told_where_they_are),
		with_desk(files_include_one_another_eight_deep_and_no_deeper),
		cmocka_unit_test(paths_of_includes_are_made_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
