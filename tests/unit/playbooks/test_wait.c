#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *
joined(const char *const *words)
{
	autobuf b = BUF_INIT(4096);

	for (; words && *words; words++)
		buf_addf(&b, "%s%s", b.len ? " " : "", *words);
	return buf_detach(&b, NULL);
}

/* The plan of what the desk wants, where the host said so of each. */
static struct plan *
plan_of(struct desk *d, const char *const *said)
{
	struct found *found = arena_alloc(d->arena, d->count * sizeof(*found) + 1);

	for (size_t i = 0; i < d->count; i++) {
		found[i].said = said[i];
		found[i].kind = '-';
	}
	return plan_make(d->arena, &d->host, d->want, found, d->count);
}

static void
every_kind_of_wait_has_its_words(void **state)
{
	static const struct {
		const char *task, *words;
	} kinds[] = {
		{ "{port: 22}", "300000 1000 present port 127.0.0.1 22" },
		{ "{port: \"{{ 20 + 2 }}\", address: \"::1\", state: absent}",
		    "300000 1000 absent port ::1 22" },
		{ "{http: \"http://a:81/x?y\", status: [200, 204], timeout: 2s}",
		    "2000 1000 present http a 81 /x?y 200,204" },
		{ "{http: \"http://[::1]\", interval: 200ms}",
		    "300000 200 present http ::1 80 / -" },
		{ "{file: \"/run/{{ host }}\", state: present}",
		    "300000 1000 present file /run/web1" },
		{ "{unit: caddy}", "300000 1000 present unit caddy.service" },
		{ "{journal: \"rea(dy|l)\"}", "300000 1000 present journal - rea(dy|l)" },
		{ "{journal: ready, unit: a.socket}",
		    "300000 1000 present journal a.socket ready" },
		{ "{for: 1500ms}", "1500 1000 present for" },
	};
	static const char *const said[] = { NULL, "not\n" };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(kinds); i++) {
		autofree char *text = xasprintf("tasks: [{run: [a]}, {wait: %s}]\n", kinds[i].task);

		assert_true(desk_desire(d, text));
		autofree char *words = joined(plan_of(d, said)->steps[1].doing);
		assert_string_equal(words, kinds[i].words);
		diag_fini(&d->diag);
	}
}

static void
what_holds_is_only_waited_for_behind_a_change(void **state)
{
	static const char *const holds[] = { "holds\n" }, *const not [] = { "not\n" };
	static const char *const behind[] = { NULL, "holds\n" };
	struct desk *d = *state;

	assert_true(desk_desire(d, "tasks: [{wait: {port: 22}}]\n"));
	assert_int_equal(plan_of(d, holds)->steps[0].class, PLAN_SAME);
	assert_int_equal(plan_of(d, not )->steps[0].class, PLAN_UNPREDICTED);
	assert_string_equal(plan_of(d, not )->steps[0].why, "would wait");
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{run: [a]}, {wait: {port: 22}}]\n"));
	assert_int_equal(plan_of(d, behind)->steps[1].class, PLAN_UNPREDICTED);
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{wait: {for: 5s}}, {wait: {journal: x}}]\n"));
	assert_int_equal(plan_of(d, behind)->by_class[PLAN_SAME], 2);
}

static void
a_reboot_is_asked_for_or_required(void **state)
{
	static const char *const none[] = { "" }, *const asked[] = { "required libc6 \n" };
	static const char *const behind[] = { NULL, "" };
	struct desk *d = *state;

	assert_true(desk_desire(d, "tasks: [{reboot: {timeout: 90s}}]\n"));
	struct plan *p = plan_of(d, none);
	autofree char *words = joined(p->steps[0].doing);
	assert_int_equal(p->steps[0].class, PLAN_CHANGE);
	assert_string_equal(words, "90 always");
	assert_int_equal(p->steps[0].resource->limit_ms, 90000);
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{reboot: {if_required: true}}]\n"));
	assert_int_equal(plan_of(d, none)->steps[0].class, PLAN_SAME);
	p = plan_of(d, asked);
	assert_int_equal(p->steps[0].class, PLAN_CHANGE);
	assert_non_null(strstr(p->steps[0].why, "required by libc6"));
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{run: [a]}, {reboot: {if_required: true}}]\n"));
	assert_int_equal(plan_of(d, behind)->steps[1].class, PLAN_UNPREDICTED);
}

static void
this_machine_is_not_rebooted_under_itself(void **state)
{
	struct desk *d = *state;

	d->host.transport = (char *)"local";
	assert_false(desk_desire(d, "tasks: [{reboot: {}}]\n"));
	assert_non_null(
	    strstr(buf_text(&d->said), "shop.yaml:1:9: reboot: host web1 is this machine"));
}

static void
an_assertion_that_does_not_hold_fails_the_host(void **state)
{
	static const char *const said[] = { NULL, NULL };
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "vars: {n: 3}\n"
			   "tasks:\n"
			   "  - assert: n > 2\n"
			   "  - assert: {that: [n > 2, host == \"db1\"], msg: \"not {{ host "
			   "}}\"}\n"));
	struct plan *p = plan_of(d, said);
	assert_int_equal(p->by_class[PLAN_SAME], 2);
	assert_string_equal(p->failed, "assert 2: not web1 (host == \"db1\")");
	diag_fini(&d->diag);
	assert_true(desk_desire(d, "tasks: [{assert: host == \"web1\"}]\n"));
	assert_null(plan_of(d, said)->failed);
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const struct {
		const char *text, *said;
	} wrong[] = {
		{ "[{wait: {}}]", "one of port, http, file, unit, journal and for" },
		{ "[{wait: {port: 1, file: /x}}]",
		    "one of port, http, file, unit, journal and for" },
		{ "[{wait: {port: 70000}}]", "wait: port: 1 to 65535" },
		{ "[{wait: {http: \"https://a/\"}}]", "http://ADDRESS[:PORT]/PATH" },
		{ "[{wait: {http: \"http://a:b/\"}}]", "http://ADDRESS[:PORT]/PATH" },
		{ "[{wait: {journal: \"a(b\"}}]", "journal: " },
		{ "[{wait: {file: x}}]", "wait: file: an absolute path" },
		{ "[{wait: {for: 2h}}]", "for: at most an hour" },
		{ "[{wait: {for: 2s, state: absent}}]", "only port, file and unit take this" },
		{ "[{wait: {port: 1, status: 200}}]", "status: only http takes this" },
		{ "[{wait: {port: 1, timeout: 0}}]", "wait: timeout: a second to a day" },
		{ "[{reboot: {timeout: 1s}}]", "reboot: timeout: 10 seconds to a day" },
		{ "[{reboot: now}]", "the reboot task" },
		{ "[{assert: {that: \"n ===\"}}]", "shop.yaml" },
		{ "[{assert: {that: nobody}}]", "unknown variable \"nobody\"" },
		{ "[{assert: {that: \"{{ host }}\"}}]", "without {{ }}" },
		{ "[{assert: {msg: x}}]", "that" },
		{ "[{assert: []}]", "assert: 1 to 64 conditions" },
	};

	for (size_t i = 0; i < countof(wrong); i++)
		desk_refuses(*state, wrong[i].text, wrong[i].said);
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(every_kind_of_wait_has_its_words),
		with_desk(what_holds_is_only_waited_for_behind_a_change),
		with_desk(a_reboot_is_asked_for_or_required),
		with_desk(this_machine_is_not_rebooted_under_itself),
		with_desk(an_assertion_that_does_not_hold_fails_the_host),
		with_desk(mistakes_are_told_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
