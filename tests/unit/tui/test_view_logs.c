/* The screen of logs on lines made by hand. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/stage.h"
#include "tui/logbook.h"
#include "tui/logs_source.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define BEGIN  (INT64_C(1767350527) * SECOND)

struct logs_feed {
	struct logbook *book;
	struct logs_host host[4];
	size_t hosts;
	bool held;
};

/* What was asked for. */
static struct {
	struct logs_feed feed;
	char set[128], name[128], user[32], since[64], until[64], boot[8];
	enum logs_what what;
	int64_t lines;
	int starts, stops, works;
	bool refuse;
	struct logs_save_order save;
	struct stage stage;
	struct logs_source source;
	char page[64];
} w;

static struct logs_feed *
start(void *user, const struct logs_query *q, struct err *err)
{
	(void)user;
	if (w.refuse) {
		err_set(err, OUTCOME_USAGE, "no host 'nowhere'");
		return NULL;
	}
	str_copy(w.set, sizeof(w.set), q->set ? q->set : "-");
	str_copy(w.name, sizeof(w.name), q->name ? q->name : "-");
	str_copy(w.user, sizeof(w.user), q->user ? q->user : "-");
	str_copy(w.since, sizeof(w.since), q->since ? q->since : "-");
	str_copy(w.until, sizeof(w.until), q->until ? q->until : "-");
	str_copy(w.boot, sizeof(w.boot), q->boot ? q->boot : "-");
	w.what = q->what;
	w.lines = q->lines;
	w.starts++;
	w.feed = (struct logs_feed){ .book = logbook_new(LOGBOOK_MEMORY),
		.host = { { .name = "web1", .link = LOGS_LIVE, .why = "" },
		    { .name = "web2.example.org", .link = LOGS_LIVE, .why = "" },
		    { .name = "\xe6\x95\xb0\xe6\x8d\xae", .link = LOGS_LIVE, .why = "" },
		    { .name = "web5",
			.link = LOGS_LOST,
			.for_ms = 4000,
			.why = "no answer for 15 s" } },
		.hosts = 4 };
	return &w.feed;
}

static void
stop(struct logs_feed *f)
{
	w.stops++;
	logbook_free(take(f->book));
}

static struct logbook *
book(struct logs_feed *f)
{
	return f->book;
}

static void
host(struct logs_feed *f, size_t i, struct logs_host *ret)
{
	*ret = f->host[i];
}

static void
totals(struct logs_feed *f, struct logs_totals *ret)
{
	*ret = (struct logs_totals){ .rate = 214,
		.hosts = f->hosts,
		.held = f->held,
		.trouble = f->held ? "no space left" : "" };
	for (size_t i = 0; i < f->hosts; i++)
		ret->live += f->host[i].link == LOGS_LIVE;
}

static void
work(struct logs_feed *f)
{
	w.works++;
	while (logbook_work(f->book, 1000000))
		;
}

static int
save(struct logs_feed *f, const struct logs_save_order *order, struct err *err)
{
	(void)f, (void)err;
	w.save = *order;
	return 0;
}

static void
on_page(void *user, const char *command, int fd, bool hold)
{
	(void)user;
	assert_true(hold);
	str_copy(w.page, sizeof(w.page), command);
	close(fd);
}

static void
add(size_t source, int64_t ms, int level, const char *text)
{
	logbook_add(w.feed.book, &(struct logbook_add){ .time_us = BEGIN + ms * 1000,
				     .source = source,
				     .level = level,
				     .text = text,
				     .len = strlen(text) });
}

static void
fill(void)
{
	add(0, 14, 6, "GET /api/v1/items 200 31ms");
	add(1, 20, 4, "GET /api/v1/cart 502 3001ms upstream [timeout]");
	for (size_t i = 0; i < 3; i++)
		add(i, 20, 6, "health check ok");
	add(2, 300, 3, "\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93 is full: \xe4\xb8\xad\xe6\x96\x87");
	add(1, 988, 6,
	    "caddy: reloading \xe2\x80\xae"
	    "config \033]0;owned\007 \033[2Jcleared");
	add(0, 1000, 6,
	    "\033[31mred\033[0m \033[1;32mgreen bold\033[m plain \033[38;5;3myellow\033[0m");
	add(0, 2000, 7,
	    "a line that is quite long and goes on and on, past the right edge of every "
	    "screen that there is, to see whether it can be wrapped or moved sideways; "
	    "here it ends with a timeout");
	for (int i = 0; i < 40; i++) {
		autofree char *text = xasprintf("request %d served", i);

		add((size_t)i % 3, 3000 + i * 10, 6, text);
	}
}

static void
up(const char *subject)
{
	memset(&w, 0, sizeof(w));
	stage_up(&w.stage);
	w.source = (struct logs_source){ .start = start,
		.stop = stop,
		.book = book,
		.host = host,
		.totals = totals,
		.work = work,
		.save = save };
	w.stage.services.logs = &w.source;
	w.stage.services.page = on_page;
	stage_open(&w.stage, &view_logs, subject);
	fill();
	free(stage_text(&w.stage, 30, 100));
}

static void
key(const char *name)
{
	assert_true(stage_key(&w.stage, name));
	free(stage_text(&w.stage, 30, 100));
}

/* Press a key that asks, and answer. */
static void
answer(const char *name, const char *typed)
{
	key(name);
	w.stage.prompt.yes(&w.stage.view, typed);
	free(stage_text(&w.stage, 30, 100));
}

static void
shows(const char *text, bool yes)
{
	autofree char *got = stage_text(&w.stage, 30, 100);

	if ((strstr(got, text) != NULL) != yes)
		fail_msg("%s %s in:\n%s", text, yes ? "is not" : "is", got);
}

static void
lines_of_many_hosts_stand_in_the_order_of_time(void **state)
{
	(void)state;
	up("web[1-5] shop.service");
	assert_string_equal(w.set, "web[1-5]");
	assert_string_equal(w.name, "shop.service");
	assert_int_equal(w.what, LOGS_UNIT);
	stage_check(&w.stage, "logs", NULL);
	key("home");
	stage_check(&w.stage, "logs-top", NULL);
	stage_down(&w.stage);
	assert_int_equal(w.stops, w.starts);
}

static void
a_reader_who_scrolls_up_is_left_alone(void **state)
{
	(void)state;
	up("web1");
	shows("FOLLOW", true);
	shows("> 10:42:10.390 web1             request 39 served", true);
	key("up");
	shows("held", true);
	add(0, 9000, 6, "something new");
	add(0, 9001, 6, "and more");
	shows("+2 new", true);
	shows("something new", false);
	shows("> 10:42:10.380", true);
	key("end");
	shows("FOLLOW", true);
	shows("and more", true);
	key("F");
	shows("FOLLOW", false);
	stage_down(&w.stage);
}

static void
a_search_goes_from_line_to_line_and_shows_where_it_is(void **state)
{
	(void)state;
	up("web1");
	answer("/", "timeout");
	shows("/timeout 2/2", true);
	key("N");
	shows("/timeout 1/2", true);
	key("N"); /* once round */
	shows("/timeout 2/2", true);
	key("n");
	stage_check(&w.stage, "logs-search", NULL);
	answer("/", "there is no such thing");
	shows("nowhere: there is no such thing", true);
	stage_down(&w.stage);
}

static void
a_filter_keeps_what_has_it_and_its_context(void **state)
{
	(void)state;
	up("web1");
	answer("&", "timeout");
	shows("upstream [timeout]", true);
	shows("request 39", false);
	answer("z", "1");
	shows("health check ok", true);
	answer("&", "!request");
	answer("z", "0");
	stage_check(&w.stage, "logs-filter", NULL);
	answer("&", "");
	for (int i = 0; i < 4; i++)
		key("L");
	shows("is full", true);
	shows("[timeout]", false);
	shows("level>=err", true);
	key("L");
	shows("[timeout]", false);
	shows("request 39", true);
	stage_down(&w.stage);
}

static void
the_lines_of_a_host_are_left_out_and_come_back(void **state)
{
	(void)state;
	up("web1");
	key("-"); /* the last line is web1's */
	shows("request 39", false);
	shows("request 38", true);
	shows("[-]web1", true);
	key("+");
	shows("request 39", true);
	shows("[x]web1", true);
	stage_down(&w.stage);
}

static void
equal_neighbours_are_one_row_that_comes_apart(void **state)
{
	(void)state;
	up("web1");
	key("=");
	key("home");
	stage_check(&w.stage, "logs-fold", NULL);
	key("down");
	key("down");
	shows("(x3) health check ok", true);
	key("enter");
	shows("(x3)", false);
	key("enter");
	shows("(x3)", true);
	stage_down(&w.stage);
}

static void
long_lines_wrap_or_are_moved_sideways(void **state)
{
	(void)state;
	up("web1");
	answer("&", "quite long");
	shows("s with a timeout", false);
	key("w");
	stage_check(&w.stage, "logs-wrap", NULL);
	shows("s with a timeout", true);
	key("w");
	for (int i = 0; i < 10; i++)
		key("right");
	shows("col 80", true);
	add(0, 9000, 6, "quite long too");
	shows("col 80", true);
	for (int i = 0; i < 20; i++)
		key("left");
	shows("col 0", true);
	stage_down(&w.stage);
}

static void
columns_come_and_go_and_marks_stay(void **state)
{
	(void)state;
	up("web1");
	key("t");
	shows("10:42:10.390", false);
	key("H");
	key("m");
	shows("* request 39 served", true);
	key("t");
	key("H");
	answer("&", "request");
	shows("*", true);
	stage_down(&w.stage);
}

static void
another_range_and_other_hosts_begin_anew(void **state)
{
	(void)state;
	up("web1 nginx*");
	assert_int_equal(w.lines, 1000);
	answer("T", "15m");
	assert_string_equal(w.since, "-15m");
	assert_int_equal(w.lines, -1);
	answer("T", "previous");
	assert_string_equal(w.boot, "-1");
	answer("T", "2026-01-01..2026-01-02");
	assert_string_equal(w.since, "2026-01-01");
	assert_string_equal(w.until, "2026-01-02");
	answer("@", "@db container pg");
	assert_int_equal(w.what, LOGS_CONTAINER);
	assert_string_equal(w.name, "pg");
	assert_string_equal(w.set, "@db");
	w.refuse = true;
	answer("@", "nowhere");
	shows("no host 'nowhere'", true);
	stage_down(&w.stage);
	assert_int_equal(w.starts, w.stops);
}

static void
a_unit_of_a_user_is_asked_for_with_its_user(void **state)
{
	(void)state;
	up("web1 user pg 'x.service");
	assert_int_equal(w.what, LOGS_UNIT);
	assert_string_equal(w.set, "web1");
	assert_string_equal(w.user, "pg");
	assert_string_equal(w.name, "'x.service");
	shows("'x.service of pg on web1", true);
	answer("@", "web1 user pg container x");
	assert_int_equal(w.what, LOGS_UNIT);
	assert_string_equal(w.name, "container x");
	/* One that stands alone is a unit of the system's; so is what comes after. */
	answer("@", "web1 user");
	assert_string_equal(w.user, "-");
	assert_string_equal(w.name, "user");
	int starts = w.starts;
	answer("@", "web1 user pg shop-*");
	assert_int_equal(w.starts, starts);
	shows("named in full, not by a pattern", true);
	answer("@", "web1 cron.service");
	assert_string_equal(w.user, "-");
	stage_down(&w.stage);
	assert_int_equal(w.starts, w.stops);
}

static void
hosts_that_are_away_are_said_the_worst_by_name(void **state)
{
	(void)state;
	up("web1");
	shows("web5: reconnecting (4s), resumes at its cursor - no answer for 15 s", true);
	w.feed.host[0].link = LOGS_FAILED;
	w.feed.host[0].why = "this host has no journal";
	shows("web1: this host has no journal; 1 more host -", true);
	w.feed.host[2].link = LOGS_LOST;
	shows("; 2 more hosts -", true);
	for (size_t i = 0; i < w.feed.hosts; i++)
		w.feed.host[i].link = LOGS_LIVE;
	shows("reconnecting", false);
	w.feed.held = true;
	shows("no space left; the hosts wait, nothing is dropped", true);
	stage_down(&w.stage);
}

static void
the_batch_command_of_a_key_is_what_is_shown(void **state)
{
	(void)state;
	up("web[1-5] shop*");
	answer("&", "it's");
	answer("T", "15m");
	for (const struct action *a = view_logs.actions; a->key; a++) {
		autofree char *equal = a->equal ? a->equal(&w.stage.view) : NULL;

		if (str_eq(a->name, "follow"))
			assert_string_equal(equal, "drover logs -f 'web[1-5]' 'shop*'");
		if (str_eq(a->name, "filter"))
			assert_string_equal(equal, "drover logs -g 'it'\\''s' 'web[1-5]' 'shop*'");
		if (str_eq(a->name, "range"))
			assert_string_equal(equal, "drover logs --since -15m 'web[1-5]' 'shop*'");
	}
	key("p");
	assert_string_equal(w.boot, "-1");
	key("p");
	assert_string_equal(w.boot, "-");
	stage_down(&w.stage);
}

static void
without_a_subject_it_is_the_marked_hosts(void **state)
{
	(void)state;
	up(NULL);
	assert_string_equal(w.set, "-");
	assert_int_equal(w.what, LOGS_ALL);
	stage_down(&w.stage);
}

static void
what_is_seen_is_saved_or_piped(void **state)
{
	char path[] = "/tmp/drover-logs-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(path));
	autofree char *file = xasprintf("%s/out", path);
	up("web1");
	answer("s", file);
	assert_true(w.save.fd >= 0);
	w.save.done(w.save.user, w.save.fd, 49, NULL);
	assert_non_null(strstr(w.stage.flash, "49 lines saved"));
	answer("s", file);
	assert_non_null(strstr(w.stage.flash, "File exists"));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(path), 0);
	answer("|", "grep x | wc -l");
	w.save.done(w.save.user, w.save.fd, 49, NULL);
	assert_string_equal(w.page, "grep x | wc -l");
	stage_down(&w.stage);
}

static void
any_size_can_be_painted(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 2, 5 }, { 3, 3 }, { 5, 20 }, { 6, 59 },
		{ 8, 60 }, { 15, 61 }, { 200, 500 }, { 4, 300 }, { 40, 7 } };

	(void)state;
	up("web1");
	for (int turn = 0; turn < 4; turn++) {
		for (size_t i = 0; i < countof(sizes); i++) {
			free(stage_text(&w.stage, sizes[i][0], sizes[i][1]));
			stage_key(&w.stage, turn == 1 ? "up" : "down");
		}
		key(turn == 0 ? "home" : turn == 1 ? "w" : "=");
	}
	stage_down(&w.stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_many_hosts_stand_in_the_order_of_time),
		cmocka_unit_test(a_reader_who_scrolls_up_is_left_alone),
		cmocka_unit_test(a_search_goes_from_line_to_line_and_shows_where_it_is),
		cmocka_unit_test(a_filter_keeps_what_has_it_and_its_context),
		cmocka_unit_test(the_lines_of_a_host_are_left_out_and_come_back),
		cmocka_unit_test(equal_neighbours_are_one_row_that_comes_apart),
		cmocka_unit_test(long_lines_wrap_or_are_moved_sideways),
		cmocka_unit_test(columns_come_and_go_and_marks_stay),
		cmocka_unit_test(another_range_and_other_hosts_begin_anew),
		cmocka_unit_test(a_unit_of_a_user_is_asked_for_with_its_user),
		cmocka_unit_test(hosts_that_are_away_are_said_the_worst_by_name),
		cmocka_unit_test(the_batch_command_of_a_key_is_what_is_shown),
		cmocka_unit_test(without_a_subject_it_is_the_marked_hosts),
		cmocka_unit_test(what_is_seen_is_saved_or_piped),
		cmocka_unit_test(any_size_can_be_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
