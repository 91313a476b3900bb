/* Terminals that are open: what is typed into them, what sets them apart, what becomes of them. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/booth.h"
#include "tui/pane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct booth b;
static const char *const four[] = { "web1", "web2", "web3", "db1" };

static int
up(void **state)
{
	struct err err;

	(void)state;
	booth_up(&b);
	assert_int_equal(terms_add(b.terms, four, 4, TERMS_SHELL, NULL, &err), 4);
	for (size_t i = 0; i < 4; i++)
		terms_began(b.terms->panes[i]);
	booth_pass(&b, 1000);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	booth_down(&b);
	return 0;
}

static void
typed_is(const char *host, const char *expected)
{
	struct terms_line *l = booth_line(&b, host);

	assert_string_equal(buf_text(&l->typed), expected);
	buf_clear(&l->typed);
}

static void
type(const char *text)
{
	for (; *text; text++)
		terms_key(b.terms, *text == ' ' ? "space" : (char[]){ *text, '\0' }, true);
}

static void
what_is_typed_goes_to_one_to_some_to_all_but_pets(void **state)
{
	(void)state;
	type("a");
	typed_is("web1", "a");
	typed_is("web2", "");
	terms_set_mode(b.terms, BROADCAST_MARKED);
	b.terms->panes[1]->in = b.terms->panes[2]->in = true;
	type("b");
	typed_is("web1", "");
	typed_is("web2", "b");
	typed_is("web3", "b");
	terms_set_mode(b.terms, BROADCAST_ALL);
	b.terms->panes[2]->out = true;
	type("c");
	typed_is("web1", "c");
	typed_is("web3", "");
	typed_is("db1", "");
	b.terms->panes[3]->in = true;
	type("d");
	typed_is("db1", "d");
	autofree char *names = terms_takers(b.terms);
	assert_string_equal(names, "db1,web[1-2]");
}

static void
the_first_key_marks_the_host_and_answers_do_not(void **state)
{
	(void)state;
	booth_write(&b, "web2", "\033[6n");
	booth_pass(&b, 1000);
	typed_is("web2", "\033[1;1R");
	assert_false(booth_line(&b, "web2")->marked);
	type("x");
	assert_true(booth_line(&b, "web1")->marked);
	assert_false(booth_line(&b, "web2")->marked);
}

static void
answers_go_only_to_who_asked(void **state)
{
	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	booth_write(&b, "web3", "\033[c");
	booth_pass(&b, 1000);
	typed_is("web1", "");
	assert_true(booth_line(&b, "web3")->typed.len > 0);
}

static void
the_host_that_shows_something_else_is_named(void **state)
{
	char *odd, *rest;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		autofree char *prompt = xasprintf("root@%s:~# ", four[i]);

		booth_write(&b, four[i], prompt);
	}
	booth_pass(&b, 1000);
	terms_set_mode(b.terms, BROADCAST_ALL);
	type("df");
	terms_key(b.terms, "enter", false);
	for (size_t i = 0; i < 3; i++) {
		autofree char *text = xasprintf(
		    "df\r\n/dev/vda 40G %s\r\nroot@%s:~# ", i == 2 ? "95%" : "22%", four[i]);

		booth_write(&b, four[i], text);
	}
	assert_false(terms_differ(b.terms, &odd, &rest));
	booth_pass(&b, 200);
	assert_false(terms_differ(b.terms, &odd, &rest));
	booth_pass(&b, 400);
	assert_true(terms_differ(b.terms, &odd, &rest));
	assert_string_equal(odd, "web3");
	assert_string_equal(rest, "web[1-2]");
	free(odd);
	free(rest);
	assert_string_equal(b.said, "web3: other text than on web[1-2] since the last Enter");
	autofree char *diff = terms_diff(b.terms, 0, 2);
	assert_non_null(strstr(diff, "+/dev/vda 40G 95%\n"));
	assert_null(terms_diff(b.terms, 0, 1));
	b.terms->hold_odd = true;
	for (size_t i = 0; i < 3; i++)
		buf_clear(&booth_line(&b, four[i])->typed);
	type("x");
	typed_is("web1", "x");
	typed_is("web3", "");
}

static void
a_host_that_is_slow_differs_only_as_long_as_it_is(void **state)
{
	char *odd, *rest;

	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	terms_key(b.terms, "enter", false);
	booth_write(&b, "web1", "done\r\n");
	booth_write(&b, "web2", "done\r\n");
	booth_pass(&b, 1000);
	assert_true(terms_differ(b.terms, &odd, &rest));
	free(odd);
	free(rest);
	booth_write(&b, "web3", "done\r\n");
	booth_pass(&b, 1000);
	assert_false(terms_differ(b.terms, &odd, &rest));
}

static void
equal_panes_are_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		booth_write(&b, four[i], i == 1 ? "other" : "same");
	booth_pass(&b, 1000);
	b.terms->fold = true;
	terms_compare(b.terms);
	assert_true(b.terms->panes[0]->leads);
	assert_true(b.terms->panes[1]->leads);
	assert_false(b.terms->panes[2]->leads);
	assert_false(b.terms->panes[3]->leads);
	autofree char *names = terms_group(b.terms, 0);
	assert_string_equal(names, "db1,web[1,3]");
	booth_write(&b, "web3", " no more");
	booth_pass(&b, 1000);
	assert_true(b.terms->panes[2]->leads);
}

static void
a_line_that_destroys_is_known_when_it_was_typed_or_recalled(void **state)
{
	const char *why;
	char *line;

	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	type("rm -rf x");
	assert_int_equal(terms_judge_enter(b.terms, &why, &line), BROADCAST_DANGER);
	assert_string_equal(line, "rm -rf x");
	free(line);
	terms_key(b.terms, "ctrl-u", false);
	assert_int_equal(terms_judge_enter(b.terms, &why, &line), BROADCAST_FREE);
	terms_key(b.terms, "up", false);
	booth_write(&b, "web2", "root@web2:~# reboot");
	booth_pass(&b, 1000);
	assert_int_equal(terms_judge_enter(b.terms, &why, &line), BROADCAST_DANGER);
	assert_string_equal(line, "root@web2:~# reboot");
	free(line);
	terms_set_mode(b.terms, BROADCAST_OFF);
	assert_int_equal(terms_judge_enter(b.terms, &why, &line), BROADCAST_FREE);
}

/* The q that ended top stood before it. */
static void
a_key_of_a_program_is_no_part_of_the_next_line(void **state)
{
	const char *why;
	char *line;

	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	for (int i = 0; i < 2; i++) {
		booth_write(
		    &b, "web1", i ? "\033[2J\033[Hroot@web1:~# " : "top - 10:42 up 41 days");
		booth_pass(&b, 1000);
		type(i ? "rm -rf x" : "q");
	}
	assert_int_equal(terms_judge_enter(b.terms, &why, &line), BROADCAST_DANGER);
	free(line);
	terms_key(b.terms, "ctrl-u", false);
	type("reb");
	booth_write(&b, "web1", "reb");
	booth_pass(&b, 1000);
	type("oot"); /* in the middle of a line somebody may think */
	assert_string_equal(b.terms->line.text, "reboot");
}

static void
panes_on_other_pages_have_the_size_of_those_here(void **state)
{
	(void)state;
	terms_place(b.terms, 0, true, 12, 49);
	terms_place(b.terms, 3, false, 12, 49);
	assert_int_equal(booth_line(&b, "web1")->cols, 49);
	assert_int_equal(booth_line(&b, "db1")->cols, 49);
	terms_place(b.terms, 3, false, 0, 0);
	assert_int_equal(b.terms->panes[3]->cols, 49);
}

static void
a_text_with_a_name_that_is_not_known_is_for_nobody(void **state)
{
	struct err err;

	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	assert_null(terms_nameless(b.terms, "%u@%h"));
	assert_int_equal(
	    terms_add(b.terms, (const char *[]){ "web9" }, 1, TERMS_SHELL, NULL, &err), 1);
	booth_write(&b, "web9", "$ ");
	terms_set_mode(b.terms, BROADCAST_ALL);
	assert_string_equal(terms_nameless(b.terms, "%u@%h"), "web9");
	assert_null(terms_nameless(b.terms, "%h %%u"));
}

static void
what_is_sent_slowly_goes_to_one_after_another_and_can_be_stopped(void **state)
{
	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	terms_slowly(b.terms, "hostname %h");
	typed_is("web1", "hostname web1\r");
	typed_is("web2", "");
	booth_pass(&b, 999);
	typed_is("web2", "");
	booth_pass(&b, 2);
	typed_is("web2", "hostname web2\r");
	typed_is("web3", "");
	terms_slow_stop(b.terms);
	assert_string_equal(b.said, "stopped: the others did not get it");
	booth_pass(&b, 5000);
	typed_is("web3", "");
}

static void
who_is_closed_meanwhile_gets_nothing(void **state)
{
	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	terms_slowly(b.terms, NULL);
	terms_ended(b.terms->panes[1], NULL, 0, NULL);
	booth_pass(&b, 5000);
	typed_is("web3", "\r");
	assert_int_equal(b.terms->slow.count, 0);
	assert_string_equal(buf_text(&b.line[1].typed), "");
}

static void
typing_to_several_ends_when_nobody_types_and_when_panes_change(void **state)
{
	struct err err;

	(void)state;
	terms_set_mode(b.terms, BROADCAST_ALL);
	booth_pass(&b, 9 * 60000);
	assert_int_equal(b.terms->mode, BROADCAST_ALL);
	type("x");
	booth_pass(&b, 9 * 60000);
	assert_int_equal(b.terms->mode, BROADCAST_ALL);
	booth_pass(&b, 60000);
	assert_int_equal(b.terms->mode, BROADCAST_OFF);
	terms_set_mode(b.terms, BROADCAST_ALL);
	assert_int_equal(
	    terms_add(b.terms, (const char *[]){ "web4" }, 1, TERMS_SHELL, NULL, &err), 1);
	assert_int_equal(b.terms->mode, BROADCAST_OFF);
}

static void
a_lost_terminal_comes_back_in_its_pane_with_its_lines(void **state)
{
	struct err err;
	struct terms_pane *p = b.terms->panes[0];

	(void)state;
	booth_write(&b, "web1", "before\r\n\033[?1049hin vim");
	booth_pass(&b, 100);
	err_set(&err, OUTCOME_UNREACHABLE, "no answer for 15 s");
	terms_ended(p, &err, -1, NULL);
	assert_int_equal(p->state, TERMS_LOST);
	assert_false(terms_takes(b.terms, 0));
	terms_reconnect(b.terms, 0);
	assert_int_equal(p->state, TERMS_OPENING);
	booth_write(&b, "web1", "after");
	booth_pass(&b, 100);
	autofree char *text = pane_text(p->pane, 0, 10, 1000);
	assert_non_null(strstr(text, "before\n"));
	assert_non_null(strstr(text, "-- connecting again --\nafter\n"));
	type("x");
	typed_is("web1", "x");
}

static void
a_pane_becomes_another_terminal_of_its_host(void **state)
{
	struct err err;

	(void)state;
	terms_become(b.terms, 0, TERMS_CONTAINER, "si te");
	assert_string_equal(booth_line(&b, "web1")->command,
	    "exec podman exec -it -- 'si te' /bin/sh -c 'if command -v bash >/dev/null 2>&1; then "
	    "exec "
	    "bash; fi; exec sh'");
	assert_true(booth_line(&b, "web1")->become);
	assert_true(b.line[0].closed);
	terms_become(b.terms, 0, TERMS_JOURNAL, "caddy.service");
	assert_string_equal(
	    booth_line(&b, "web1")->command, "exec journalctl -n 100 -f -u caddy.service");
	terms_become(b.terms, 0, TERMS_ROOT, NULL);
	assert_string_equal(booth_line(&b, "web1")->command, "-");
	assert_int_equal(terms_add(b.terms, four, 4, TERMS_SHELL, NULL, &err), 1);
	assert_int_equal(
	    terms_add(b.terms, (const char *[]){ "mars" }, 1, TERMS_SHELL, NULL, &err), SIZE_MAX);
	assert_string_equal(err.text, "there is no host 'mars'");
}

static void
a_flood_makes_its_host_wait_and_nobody_else(void **state)
{
	static char flood[65536];
	struct terms_pane *p = b.terms->panes[0];
	struct pane_state s;

	(void)state;
	memset(flood, 'x', sizeof(flood));
	for (size_t i = 63; i < sizeof(flood); i += 64) {
		flood[i - 1] = '\r';
		flood[i] = '\n';
	}
	terms_place(b.terms, 0, true, 24, 80);
	for (int i = 0; i < 8; i++)
		terms_data(p, flood, sizeof(flood));
	assert_true(p->paused);
	booth_write(&b, "web2", "here");
	booth_pass(&b, 10);
	assert_int_equal(b.terms->panes[1]->raw.len, 0);
	assert_true(p->raw.len - p->taken >= 8 * sizeof(flood) - 256 * 1024); /* no more a frame */
	booth_pass(&b, 200);
	assert_int_equal(p->raw.len, 0);
	assert_false(p->paused);
	pane_get(p->pane, &s);
	assert_int_equal(s.top + s.cursor_row, 8 * 1024); /* and no line of it is lost */
}

static void
a_hidden_pane_keeps_what_comes_and_is_seen_whole(void **state)
{
	struct pane_state s;

	(void)state;
	terms_place(b.terms, 0, false, 0, 0);
	booth_write(&b, "web1", "text");
	pane_get(b.terms->panes[0]->pane, &s);
	assert_int_equal(s.changes, 0);
	booth_pass(&b, 300);
	pane_get(b.terms->panes[0]->pane, &s);
	assert_int_equal(s.changes, 1);
	terms_place(b.terms, 0, true, 10, 40);
	assert_int_equal(booth_line(&b, "web1")->cols, 40);
}

static void
keys_that_wait_and_keys_that_are_lost_are_told(void **state)
{
	struct terms_pane *p = b.terms->panes[0];

	(void)state;
	type("x");
	booth_line(&b, "web1")->pending = 1;
	booth_pass(&b, 500);
	assert_true(p->lag_ms > 0 && b.now - p->lag_ms >= 200);
	booth_line(&b, "web1")->pending = 0;
	booth_pass(&b, 500);
	assert_int_equal(p->lag_ms, 0);
	booth_line(&b, "web1")->full = true;
	type("yz");
	assert_int_equal(p->refused, 2);
}

static void
a_pane_that_is_dropped_takes_nobody_elses_place(void **state)
{
	(void)state;
	b.terms->focus = 3;
	terms_drop(b.terms, 1);
	assert_string_equal(b.terms->panes[b.terms->focus]->host, "db1");
	assert_true(b.line[1].closed);
	terms_drop(b.terms, 2);
	terms_drop(b.terms, 1);
	terms_drop(b.terms, 0);
	assert_int_equal(b.terms->count, 0);
	assert_int_equal(b.terms->focus, 0);
	booth_pass(&b, 1000);
}

static void
kept_is(const char *host, const char *expected)
{
	struct terms_line *l = booth_line(&b, host);

	assert_string_equal(buf_text(&l->kept), expected);
	buf_clear(&l->kept);
}

static void
a_recording_begins_with_what_the_screen_shows_and_ends_when_it_is_told(void **state)
{
	struct terms_recorded r;

	(void)state;
	booth_write(&b, "web1", "one\r\n\033[31mtwo\033[0m $ ");
	terms_record(b.terms, &r);
	assert_true(r.on && r.changed == 1);
	assert_true(b.terms->panes[0]->recording && !b.terms->panes[1]->recording);
	kept_is("web1", "one\r\ntwo $\033[2;7H");
	booth_write(&b, "web1", "more");
	booth_write(&b, "web2", "nothing");
	kept_is("web1", "more");
	kept_is("web2", "");
	terms_record(b.terms, &r);
	assert_true(!r.on && r.changed == 1 && !b.terms->panes[0]->recording);
	booth_write(&b, "web1", "behind");
	kept_is("web1", "");
}

static void
what_is_typed_to_is_recorded_all_of_it_or_none(void **state)
{
	struct terms_recorded r;

	(void)state;
	terms_record(b.terms, &r);
	terms_set_mode(b.terms, BROADCAST_MARKED);
	for (size_t i = 0; i < 3; i++)
		b.terms->panes[i]->in = true;
	terms_record(b.terms, &r);
	assert_true(r.on && r.changed == 2);
	assert_true(b.terms->panes[2]->recording && !b.terms->panes[3]->recording);
	terms_record(b.terms, &r);
	assert_true(!r.on && r.changed == 3);
	for (size_t i = 0; i < 4; i++)
		assert_false(b.terms->panes[i]->recording);
}

static void
the_inventory_says_what_is_recorded_always_and_never(void **state)
{
	static const char *const hosts[] = { "web8", "web9" };
	struct terms_recorded r;
	struct err err;

	(void)state;
	assert_int_equal(terms_add(b.terms, hosts, 2, TERMS_SHELL, NULL, &err), 2);
	for (size_t i = 4; i < 6; i++)
		terms_began(b.terms->panes[i]);
	booth_write(&b, "web8", "hello");
	kept_is("web8", "hello"); /* from its first byte */
	terms_set_mode(b.terms, BROADCAST_ALL);
	terms_record(b.terms, &r);
	assert_true(r.on && r.changed == 3 && r.never == 1 && r.always == 1);
	terms_record(b.terms, &r);
	assert_true(!r.on && r.changed == 3);
	assert_true(b.terms->panes[4]->recording && !b.terms->panes[5]->recording);
	assert_false(booth_line(&b, "web9")->record);
}

static void
a_recorded_pane_that_connects_again_is_recorded_again(void **state)
{
	struct terms_recorded r;

	(void)state;
	terms_record(b.terms, &r);
	terms_ended(b.terms->panes[0], NULL, 0, NULL);
	assert_false(b.terms->panes[0]->recording);
	terms_reconnect(b.terms, 0);
	booth_write(&b, "web1", "again");
	kept_is("web1", "again");
	assert_true(b.terms->panes[0]->recording);
	booth_line(&b, "web2")->no_record = true;
	b.terms->focus = 1;
	terms_record(b.terms, &r);
	assert_false(b.terms->panes[1]->recording);
	assert_string_equal(b.said, "web2 is not recorded: there is no ledger");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_typed_goes_to_one_to_some_to_all_but_pets),
		TEST(the_first_key_marks_the_host_and_answers_do_not),
		TEST(answers_go_only_to_who_asked),
		TEST(the_host_that_shows_something_else_is_named),
		TEST(a_host_that_is_slow_differs_only_as_long_as_it_is),
		TEST(equal_panes_are_one),
		TEST(a_line_that_destroys_is_known_when_it_was_typed_or_recalled),
		TEST(a_key_of_a_program_is_no_part_of_the_next_line),
		TEST(panes_on_other_pages_have_the_size_of_those_here),
		TEST(a_text_with_a_name_that_is_not_known_is_for_nobody),
		TEST(what_is_sent_slowly_goes_to_one_after_another_and_can_be_stopped),
		TEST(who_is_closed_meanwhile_gets_nothing),
		TEST(typing_to_several_ends_when_nobody_types_and_when_panes_change),
		TEST(a_lost_terminal_comes_back_in_its_pane_with_its_lines),
		TEST(a_pane_becomes_another_terminal_of_its_host),
		TEST(a_flood_makes_its_host_wait_and_nobody_else),
		TEST(a_hidden_pane_keeps_what_comes_and_is_seen_whole),
		TEST(keys_that_wait_and_keys_that_are_lost_are_told),
		TEST(a_pane_that_is_dropped_takes_nobody_elses_place),
		TEST(a_recording_begins_with_what_the_screen_shows_and_ends_when_it_is_told),
		TEST(what_is_typed_to_is_recorded_all_of_it_or_none),
		TEST(the_inventory_says_what_is_recorded_always_and_never),
		TEST(a_recorded_pane_that_connects_again_is_recorded_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
