/* The screen of terminals, on terminals of no hosts. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/booth.h"
#include "tests/lib/stage.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/pane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stage st;
static struct booth b;
static char copied[1000], shown[4000];

static void
on_copy(void *user, const char *text)
{
	(void)user;
	str_copy(copied, sizeof(copied), text);
}

static void
on_show(void *user, const char *title, const char *bytes, size_t len)
{
	(void)user;
	snprintf(shown, sizeof(shown), "%s\n%.*s", title, (int)len, bytes);
}

static int
up(void **state)
{
	(void)state;
	booth_up(&b);
	stage_up(&st);
	st.services.terms = b.terms;
	st.services.copy = on_copy;
	st.services.show = on_show;
	copied[0] = shown[0] = '\0';
	return 0;
}

static int
down(void **state)
{
	(void)state;
	stage_down(&st);
	booth_down(&b);
	return 0;
}

static void
look(void)
{
	free(stage_text(&st, 30, 100));
}

static void
open_on(const char *subject)
{
	stage_open(&st, &view_terms, subject);
	look();
	for (size_t i = 0; i < b.terms->count; i++)
		terms_began(b.terms->panes[i]);
	booth_pass(&b, 500);
}

/* A key as the console gives it: to whoever types first. */
static void
press(const char *name)
{
	struct key k = { .printable = name[1] == '\0' || (name[0] & 0x80) };

	str_copy(k.name, sizeof(k.name), name);
	if (!st.view.class->typed(&st.view, &k))
		assert_true(stage_key(&st, name));
	look();
}

static void
command(const char *name)
{
	press("ctrl-]");
	press(name);
}

static void
paste(const char *text)
{
	struct key k = { .name = KEY_PASTE_NAME, .text = text, .len = strlen(text) };

	assert_true(st.view.class->typed(&st.view, &k));
	look();
}

static void
typed_is(const char *host, const char *expected)
{
	struct terms_line *l = booth_line(&b, host);

	assert_string_equal(buf_text(&l->typed), expected);
	buf_clear(&l->typed);
}

static void
shows(const char *text, bool yes)
{
	autofree char *got = stage_text(&st, 30, 100);

	if ((strstr(got, text) != NULL) != yes)
		fail_msg("\"%s\" is %s:\n%s", text, yes ? "not there" : "there", got);
}

/* Prompts and the outputs of df on five hosts; on web3 the disk is full. */
static void
play_df(void)
{
	static const char *const hosts[] = { "web1", "web2", "web3", "web10", "web4" };

	for (size_t i = 0; i < 5; i++) {
		autofree char *text = xasprintf("[deploy@%s ~]$ ", hosts[i]);

		booth_write(&b, hosts[i], text);
	}
	booth_pass(&b, 1000);
	command("b");
	command("b");
	for (const char *p = "df"; *p; p++)
		press((char[]){ *p, '\0' });
	press("enter");
	for (size_t i = 0; i < 5; i++) {
		autofree char *text =
		    xasprintf("df\r\n\033[1mFilesystem  Size  Used Use%%\033[0m\r\n"
			      "/dev/vda3    40G   %s\033[0m\r\n[deploy@%s ~]$ ",
			i == 2 ? "\033[31m38G  95%" : " 9G  22%", hosts[i]);

		booth_write(&b, hosts[i], text);
	}
	booth_pass(&b, 1000);
}

static void
the_grid_says_who_receives_and_who_differs(void **state)
{
	(void)state;
	open_on("web1,web2,web3,web10,web4,db1");
	play_df();
	look();
	shows("PROD >>> BROADCAST to 5 of 6: web[1-4,10] <<<", true);
	stage_check(&st, "terms", NULL);
	assert_string_equal(b.said, "web3: other text than on web[1-2,4,10] since the last Enter");
}

static void
panes_of_hostile_and_wide_text_are_clean(void **state)
{
	(void)state;
	open_on("web1,web2");
	booth_write(&b, "web1",
	    "数据库 \033]0;owned\007\xe2\x80\xae"
	    "evil\xc2\x9b"
	    "31m \033[7mreverse\033[0m\r\n"
	    "\033[38;5;196mred\033[0m \033[48;2;0;0;255mblue\033[0m \033(0lqqk\033(B\r\n"
	    "宽字符占两列,宽字符占两列,宽字符占两列,宽字符占两列\r\n\033[6n$ ");
	booth_write(&b, "web2", "\033[?1049h\033[2J\033[5;5Hvim\033[?25l");
	booth_pass(&b, 1000);
	look();
	stage_check(&st, "terms-hostile", NULL);
}

static void
the_screen_without_terminals_says_how_to_open_one(void **state)
{
	(void)state;
	open_on(NULL);
	stage_check(&st, "terms-empty", NULL);
}

static void
a_lost_and_an_ended_terminal_say_so(void **state)
{
	struct err err;

	(void)state;
	open_on("web1,web2");
	booth_write(&b, "web1", "$ sleep 100\r\n");
	err_set(&err, OUTCOME_UNREACHABLE, "no answer for 15 s");
	terms_ended(b.terms->panes[0], &err, -1, NULL);
	terms_ended(b.terms->panes[1], NULL, 3, NULL);
	booth_pass(&b, 1000);
	look();
	stage_check(&st, "terms-ended", NULL);
	press("r"); /* nobody receives it: it needs no command key */
	assert_int_equal(b.terms->panes[0]->state, TERMS_OPENING);
	command("R");
	assert_int_equal(b.terms->panes[1]->state, TERMS_OPENING);
}

static void
keys_go_to_the_panes_and_behind_the_command_key_to_us(void **state)
{
	(void)state;
	open_on("web1,web2");
	press("q");
	press("?");
	press("1");
	press("esc");
	press("ctrl-c");
	typed_is("web1", "q?1\033\003");
	command("ctrl-]");
	typed_is("web1", "\035");
	command("right");
	press("x");
	typed_is("web2", "x");
	command("esc");
	press("y");
	typed_is("web2", "y");
	command("z");
	shows("web1", false);
	command("z");
	shows("web1", true);
}

static void
more_panes_than_room_are_on_pages(void **state)
{
	(void)state;
	open_on("web1,web2,web3,web10,web4,db1");
	autofree char *two = stage_text(&st, 24, 80);
	assert_non_null(strstr(two, "page 1/3"));
	assert_true(b.terms->panes[0]->seen && b.terms->panes[1]->seen);
	assert_false(b.terms->panes[2]->seen);
	assert_int_equal(b.terms->panes[0]->cols, 80);
	look();
	shows("page 1/2", true);
	command("n");
	shows("page 2/2", true);
	command("p");
	shows("page 1/2", true);
}

static void
a_paste_of_lines_asks_before_it_goes_to_several(void **state)
{
	(void)state;
	open_on("web1,web2,web3");
	paste("one\ntwo\n");
	typed_is("web1", "one\rtwo\r");
	command("b");
	command("b");
	paste("uptime");
	typed_is("web2", "uptime");
	paste("one\ntwo\033\n");
	typed_is("web2", "");
	assert_string_equal(st.asked_title, "Paste into several terminals");
	assert_non_null(strstr(st.asked_text, "2 lines -> 3 hosts: web[1-3]"));
	assert_non_null(strstr(st.asked_text, "two^["));
	assert_string_equal(st.asked_typed, "3"); /* PROD */
	st.confirm.yes(&st.view);
	typed_is("web2", "one\rtwo\r");
}

static void
enter_behind_a_line_that_destroys_asks_and_then_goes_slowly(void **state)
{
	(void)state;
	open_on("web1,web2,web3");
	command("b");
	command("b");
	for (const char *p = "reboot"; *p; p++)
		press((char[]){ *p, '\0' });
	typed_is("web3", "reboot");
	press("enter");
	typed_is("web1", "reboot");
	assert_non_null(strstr(st.asked_text, "This line, on web[1-3]:\n \n  reboot\n"));
	st.confirm.yes(&st.view);
	typed_is("web1", "\r");
	typed_is("web2", "reboot");
	look();
	shows("one after another: 1 of 3 have it; any key stops it", true);
	press("x");
	typed_is("web2", "");
	assert_string_equal(b.said, "stopped: the others did not get it");
	booth_pass(&b, 9000);
	typed_is("web2", "");
}

static void
pets_stay_out_until_they_are_put_in_by_hand(void **state)
{
	(void)state;
	open_on("db1,web1,web2");
	command("b");
	command("b");
	assert_string_equal(st.flash, "what is typed goes to 2; 1 pet does not: Space puts one in");
	press("a");
	typed_is("db1", "");
	b.terms->focus = 0;
	command("space");
	press("b");
	typed_is("db1", "b");
	typed_is("web1", "ab");
	shows("BROADCAST to 3 of 3: db1,web[1-2]", true);
}

static void
lines_are_scrolled_searched_and_copied(void **state)
{
	(void)state;
	open_on("web1");
	for (int i = 0; i < 100; i++) {
		autofree char *line = xasprintf("line %d of it\r\n", i);

		booth_write(&b, "web1", line);
	}
	booth_pass(&b, 1000);
	command("/");
	st.prompt.yes(&st.view, "line 42");
	look();
	shows("line 42 of it", true);
	shows("SCROLL line 43", true);
	stage_check(&st, "terms-scroll", NULL);
	press("v");
	press("down");
	press("y");
	assert_string_equal(copied, "line 42 of it\nline 43 of it");
	typed_is("web1", "");
	press("z");
	typed_is("web1", "z");
	shows("line 99 of it", true);
	command("[");
	press("g");
	shows("line 0 of it", true);
	press("q");
	shows("line 99 of it", true);
	typed_is("web1", "");
}

static void
equal_panes_fold_and_two_can_be_compared(void **state)
{
	(void)state;
	open_on("web1,web2,web3,web10,web4");
	play_df();
	command("=");
	shows("web[1-2,4,10] show the same", true);
	stage_check(&st, "terms-fold", NULL);
	command("down");
	command("right");
	command("d");
	assert_true(str_starts(shown, "Terms: from web1 to web3\n"));
	assert_non_null(strstr(shown, "+/dev/vda3 40G 38G 95%\n"));
}

static void
panes_are_added_dropped_and_made_another(void **state)
{
	(void)state;
	open_on("web1");
	command("+");
	st.prompt.yes(&st.view, "web2,web3 root");
	assert_int_equal(b.terms->count, 3);
	assert_true(booth_line(&b, "web3")->become);
	command("+");
	st.prompt.yes(&st.view, "web2 nonsense");
	assert_int_equal(b.terms->count, 3);
	command("-");
	st.prompt.yes(&st.view, "web1");
	assert_int_equal(b.terms->count, 2);
	look();
	command("c");
	st.prompt.yes(&st.view, "site-0");
	assert_string_equal(st.asked_title, "Make this terminal another");
	st.confirm.yes(&st.view);
	look();
	shows("in site-0", true);
	command("x");
	st.confirm.yes(&st.view);
	assert_int_equal(b.terms->count, 1);
}

static void
what_was_typed_once_ends_when_the_screen_is_left(void **state)
{
	(void)state;
	open_on("web1,web2");
	command("b");
	command("b");
	st.view.class->cover(&st.view);
	assert_int_equal(b.terms->mode, BROADCAST_OFF);
	assert_false(b.terms->panes[0]->seen);
	assert_int_equal(b.terms->count, 2);
}

static void
the_mouse_chooses_a_pane_and_reaches_its_program(void **state)
{
	struct key click = { .name = KEY_CLICK_NAME, .row = 6, .col = 60 };

	(void)state;
	open_on("web1,web2");
	press("a");
	typed_is("web1", "a");
	click.row = 20;
	click.col = 5;
	bool side = b.terms->panes[0]->cols < 80;
	if (side) {
		click.row = 6;
		click.col = 60;
	}
	assert_true(st.view.class->typed(&st.view, &click));
	press("b");
	typed_is("web2", "b");
	booth_write(&b, "web2", "\033[?1000h\033[?1006h");
	booth_pass(&b, 100);
	assert_true(st.view.class->typed(&st.view, &click));
	assert_true(str_starts(buf_text(&booth_line(&b, "web2")->typed), "\033[<0;"));
	click.row = 0;
	assert_false(st.view.class->typed(&st.view, &click));
}

static void
what_is_recorded_is_marked_in_its_title(void **state)
{
	(void)state;
	open_on("web1,web2");
	shows(" REC", false);
	command("t");
	shows(" REC", true);
	assert_string_equal(st.flash, "1 recorded from here on, for history play");
	assert_true(b.terms->panes[0]->recording && !b.terms->panes[1]->recording);
	stage_check(&st, "terms-record", NULL);
	command("t");
	shows(" REC", false);
	assert_string_equal(st.flash, "1 not recorded any more");
	typed_is("web1", "");
}

static void
any_size_can_be_painted(void **state)
{
	(void)state;
	open_on("web1,web2,web3,db1");
	booth_write(&b, "web1", "数数数数数数数数数数数数");
	booth_pass(&b, 100);
	for (int rows = 1; rows < 40; rows += 3) {
		for (int cols = 1; cols < 200; cols += 7) {
			free(stage_text(&st, rows, cols));
			booth_pass(&b, 10);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_grid_says_who_receives_and_who_differs),
		TEST(panes_of_hostile_and_wide_text_are_clean),
		TEST(the_screen_without_terminals_says_how_to_open_one),
		TEST(a_lost_and_an_ended_terminal_say_so),
		TEST(keys_go_to_the_panes_and_behind_the_command_key_to_us),
		TEST(more_panes_than_room_are_on_pages),
		TEST(a_paste_of_lines_asks_before_it_goes_to_several),
		TEST(enter_behind_a_line_that_destroys_asks_and_then_goes_slowly),
		TEST(pets_stay_out_until_they_are_put_in_by_hand),
		TEST(lines_are_scrolled_searched_and_copied),
		TEST(equal_panes_fold_and_two_can_be_compared),
		TEST(panes_are_added_dropped_and_made_another),
		TEST(what_was_typed_once_ends_when_the_screen_is_left),
		TEST(the_mouse_chooses_a_pane_and_reaches_its_program),
		TEST(what_is_recorded_is_marked_in_its_title),
		TEST(any_size_can_be_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
