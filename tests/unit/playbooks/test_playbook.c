#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/probe.h"
#include "playbooks/desire.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

extern const char host_observe_sh[];

static void
the_head_of_a_playbook_is_read(void **state)
{
	struct desk *d = *state;

	assert_true(desk_load(d, "hosts: \"@web\"\n"));
	assert_string_equal(playbook_name(d->playbook), "shop");
	assert_string_equal(playbook_hosts(d->playbook), "@web");
	assert_int_equal(playbook_hosts_mark(d->playbook).line, 1);
	assert_false(playbook_rollout(d->playbook)->said);
	assert_int_equal(strlen(playbook_digest(d->playbook)), 64);
}

static void
every_mistake_of_a_playbook_is_told_at_once(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "host: \"@web\"\n"
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
				  "  - package: -curl\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:1: unknown key \"host\" in the playbook; did you mean \"hosts\"?\n"
	    "shop.yaml:4:12: image: an image name with its registry (localhost/name:tag, "
	    "registry.example.org/name:tag) is wanted here, not \"nginx\"\n"
	    "shop.yaml:5:5: unknown key \"port\" in app site; did you mean \"ports\"?\n"
	    "shop.yaml:6:16: LOG: a text is wanted here, not a mapping\n"
	    "shop.yaml:7:13: needs: there is no app \"cache\" in this playbook\n"
	    "shop.yaml:8:22: memory: a size (256M, 4K) is wanted here, not \"lots\"\n"
	    "shop.yaml:9:20: http: \":PORT/path\" is wanted here, not \"http/\"\n"
	    "shop.yaml:10:7: jobs: not read yet: jobs are not supported yet\n"
	    "shop.yaml:12:5: unknown key \"fil\" in task 1; did you mean \"file\"?\n"
	    "shop.yaml:13:18: path: an absolute path without . and .. is wanted here, not "
	    "\"etc/motd\"\n"
	    "shop.yaml:14:10: run: shell text takes no {{ }}: pass values by env: and use "
	    "\"$NAME\", or write the command as a list\n"
	    "shop.yaml:15:14: package: a package (name, name:arch or name=version) is wanted "
	    "here, not \"-curl\"\n");
}

static void
what_must_be_confirmed_can_be_taken_back(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "tasks:\n"
				  "  - run: [a]\n"
				  "    confirm: true\n"
				  "  - file: {path: /a, content: x}\n"
				  "    undo: [a]\n"
				  "  - file: {path: /b, content: x}\n"
				  "    confirm: {within: 1s}\n"
				  "  - file: {path: /c, content: x}\n"
				  "    confirm: maybe\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:3:14: confirm: a command that may have to be taken back needs undo:\n"
	    "shop.yaml:5:11: undo: only run and script tasks take this\n"
	    "shop.yaml:7:14: confirm: within: 5s to 1h is wanted here\n"
	    "shop.yaml:9:14: confirm: true or false is wanted here, not \"maybe\"\n");
	diag_fini(&d->diag);
	buf_clear(&d->said);
	assert_true(desk_load(d, "tasks:\n"
				 "  - run: [a]\n"
				 "    undo: [b]\n"
				 "    confirm: {within: 5s}\n"));
}

static void
what_comes_later_is_refused_by_name(void **state)
{
	static const char *const later[] = { "apps: {a: {image: localhost/a, secrets: [x]}}",
		"apps: {a: {image: localhost/a, quadlet: x}}", "apps: {a: {image: {build: x}}}",
		"confirm: true" };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(later); i++) {
		buf_clear(&d->said);
		assert_false(desk_load(d, later[i]));
		if (!strstr(buf_text(&d->said), "not supported yet") &&
		    !strstr(buf_text(&d->said), "not read yet"))
			fail_msg("%s: %s", later[i], buf_text(&d->said));
		diag_fini(&d->diag);
	}
}

static void
lint_knows_the_facts_that_hosts_tell(void **state)
{
	(void)state;
	for (const char *const *f = desire_facts; *f; f++) {
		autofree char *by_fact = xasprintf("fact %s ", *f);
		autofree char *by_file = xasprintf("tell_file %s ", *f);

		if (!strstr(host_tell_sh, by_fact) && !strstr(host_tell_sh, by_file))
			fail_msg("no host tells the fact %s", *f);
	}
	assert_non_null(strstr(host_facts_sh, "\ntell_facts\n"));
	assert_non_null(strstr(host_observe_sh, "\ntell_facts\n"));
}

static void
files_out_of_the_playbooks_directory_are_refused(void **state)
{
	struct desk *d = *state;
	autofree char *link = file_join(d->dir, "link");
	autofree char *sub = file_join(d->dir, "sub");

	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(mkdir(sub, 0755), 0);
	desk_put(d, "sub/inside", "in\n");
	assert_false(desk_load(d, "tasks:\n"
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

	desk_put(d, "t", "one\n");
	assert_true(desk_load(d, text));
	str_copy(before, sizeof(before), playbook_digest(d->playbook));
	assert_true(desk_load(d, text));
	assert_string_equal(before, playbook_digest(d->playbook));
	desk_put(d, "t", "two\n");
	assert_true(desk_load(d, text));
	assert_string_not_equal(before, playbook_digest(d->playbook));
}

static void
a_probe_of_a_port_that_is_not_there_is_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(
	    d, "apps: {a: {image: localhost/a, ports: {http: 80}, health: {tcp: \":htp\"}}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:59: health: a has no port \"htp\"; did you mean \"http\"?\n");
}

static void
a_pattern_for_the_journal_is_checked_and_looking_for_it_always_ends(void **state)
{
	static const struct {
		const char *pattern, *wrong;
	} cases[] = { { "^listening on [0-9]{1,5}$", NULL }, { "a{100}(b{100})", NULL },
		{ "\\\\1", NULL }, { "", "a pattern of one line" },
		{ "(a)\\1", "cannot refer back" }, { "((a{100}){100}){100}", "so often" },
		{ "a{99999999999999999999}", "so often" }, { "(a", "Unmatched (" }, { "a{2", "" },
		{ "\\", "" } };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *text = xasprintf(
		    "apps: {a: {image: localhost/a, health: {journal: '%s'}}}\n", cases[i].pattern);
		bool good = desk_load(d, text);

		if (good != !cases[i].wrong)
			fail_msg("%s: %s", cases[i].pattern, buf_text(&d->said));
		if (!good && !strstr(buf_text(&d->said), cases[i].wrong))
			fail_msg("%s: %s", cases[i].pattern, buf_text(&d->said));
	}
	assert_false(desk_load(
	    d, "apps: {a: {image: localhost/a, health: {journal: up, exec: [\"true\"]}}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:40: health: only one of http, tcp, exec, journal and unit\n");
}

static void
a_drain_is_read_with_its_limits(void **state)
{
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "apps: {a: {image: localhost/a, replicas: 2, drain: {before: [lb, "
			   "\"{{ host }}\"], timeout: 2s}}}\n"));
	const struct drain *drain = desk_wanted(d, "unit a-1.service")->drain;
	assert_string_equal(drain->before[1], "web1");
	assert_null(drain->after);
	assert_int_equal(drain->limit_ms, 2000);
	assert_string_equal(drain->env[2], "DROVER_REPLICA=1");
	assert_string_equal(drain->env[3], "DROVER_UNIT=a-1.service");
	assert_false(desk_load(d, "apps:\n"
				  "  a: {image: localhost/a, drain: {}}\n"
				  "  b: {image: localhost/b, drain: {before: lb out}}\n"
				  "  c: {image: localhost/c, drain: {after: [x], timeout: 2h}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:34: drain: before, after or both are wanted here\n"
	    "shop.yaml:3:43: before: a list of arguments is wanted here\n"
	    "shop.yaml:4:34: drain: timeout: 1s to 1h is wanted here\n");
}

static void
bad_arguments_of_e_are_told(void **state)
{
	struct desk *d = *state;

	d->extra[0] = "tag";
	d->extra[1] = "host=x";
	d->extra[2] = "a b=1";
	assert_false(desk_load(d, "name: x\n"));
	assert_string_equal(buf_text(&d->said),
	    "-e: NAME=VALUE is wanted here, NAME of letters, digits and _, not \"tag\"\n"
	    "-e: host is what drover calls the host's own\n"
	    "-e: NAME=VALUE is wanted here, NAME of letters, digits and _, not \"a b=1\"\n");
}

static void
variables_of_the_playbook_are_no_templates(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "vars: {a: \"{{ b }}\", b: \"{{ a }}\", host: x}\n"));
	assert_int_equal(d->diag.errors, 3);
}

static void
an_empty_set_is_not_everybody(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "hosts: \"\"\n"));
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

static void
who_comes_from_ansible_is_told_what_it_is_called_here(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "- hosts: all\n  tasks: []\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:1: this looks like an ansible playbook, a list of plays: a drover "
	    "playbook is one mapping with name, hosts and tasks\n");
	buf_clear(&d->said);
	assert_false(desk_load(d, "hosts: all\n"
				  "become: true\n"
				  "tasks:\n"
				  "  - ansible.builtin.apt: {name: vim}\n"
				  "  - run: ls\n"
				  "    register: x\n"
				  "  - file: {path: /etc/a, state: directory}\n"
				  "  - service: {name: a, state: runing}\n"
				  "  - file: {path: /c, content: a}\n"
				  "    validate: [\"true\"]\n"
				  "  - file: {path: /c, content: a}\n"
				  "    then: restrat foo.service\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:1: unknown key \"become\" in the playbook: say become in the inventory\n"
	    "shop.yaml:4:5: unknown key \"ansible.builtin.apt\" in task 1: packages are installed "
	    "by package:\n"
	    "shop.yaml:6:5: unknown key \"register\" in task 2: there is no such thing: a task's "
	    "output is no variable\n"
	    "shop.yaml:7:33: state: no such word \"directory\": a directory is kept by dir:\n"
	    "shop.yaml:8:31: state: no such word \"runing\": here it is called started\n"
	    "shop.yaml:10:5: unknown key \"validate\" in task 5: it belongs inside: file: {..., "
	    "validate: [...]}\n"
	    "shop.yaml:12:11: then: no such word \"restrat\"; did you mean \"restart "
	    "foo.service\"?\n");
}

static void
a_task_is_of_one_kind(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "hosts: all\n"
				  "tasks:\n"
				  "  - name: nothing\n"
				  "  - {run: ls, file: {path: /b, content: a}}\n"));
	assert_non_null(strstr(buf_text(&d->said), "task 1 does nothing yet: one of file, "));
	assert_non_null(
	    strstr(buf_text(&d->said), "task 2 has 2 kinds of task: only one of file, "));
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(the_head_of_a_playbook_is_read),
		with_desk(every_mistake_of_a_playbook_is_told_at_once),
		with_desk(what_must_be_confirmed_can_be_taken_back),
		with_desk(what_comes_later_is_refused_by_name),
		with_desk(lint_knows_the_facts_that_hosts_tell),
		with_desk(files_out_of_the_playbooks_directory_are_refused),
		with_desk(a_changed_template_changes_the_digest_of_the_playbook),
		with_desk(a_probe_of_a_port_that_is_not_there_is_refused),
		with_desk(a_pattern_for_the_journal_is_checked_and_looking_for_it_always_ends),
		with_desk(a_drain_is_read_with_its_limits),
		with_desk(bad_arguments_of_e_are_told),
		with_desk(variables_of_the_playbook_are_no_templates),
		with_desk(an_empty_set_is_not_everybody),
		with_desk(who_comes_from_ansible_is_told_what_it_is_called_here),
		with_desk(a_task_is_of_one_kind),
		with_desk(a_playbook_that_is_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
