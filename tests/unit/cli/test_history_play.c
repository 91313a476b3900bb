/* The real program plays a terminal that a ledger of ours has. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/run.h"
#include "engine/transcript.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define DEADLINE 30000 /* ms; a condition, not a timing */
#define HOUR     3600000

static const char *
program(void)
{
	const char *said = getenv("DROVER");

	return said ? said : "build/release/drover";
}

static struct transcript *
open_on(struct run *run, struct ledger *l, const char *host)
{
	return transcript_open(&(struct transcript_spec){ .run = run,
				   .ledger = l,
				   .host = host,
				   .term = "xterm",
				   .columns = 120,
				   .rows = 24 },
	    0);
}

static void
show(struct transcript *t, const char *text, int64_t ms)
{
	transcript_output(t, text, strlen(text), ms);
}

/* r-1: web1 had two terminals, db1 one with an hour in which nothing happened, on the other screen. */
static void
record(const struct room *room)
{
	autoevent start = { .count = 0 };
	struct ledger *l = room_open(room);
	struct err err;

	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "ssh");
	struct run *run = run_new(
	    &(struct run_spec){ .loop = room->loop, .ledger = l, .start = &start, .host_count = 2 },
	    &err);
	assert_non_null(run);
	struct transcript *t = open_on(run, l, "web1");
	show(t, "$ ls\b\bcat\r\n\x1b]0;evil\x07\x1b[6n", 10);
	show(t, "\x1b[1;31mred \xc3\xa9\x1b[0m\x1b[>c\r\nthe end\r\n", 20);
	transcript_close(t, 30);
	t = open_on(run, l, "web1");
	show(t, "second\r\n", 10);
	transcript_close(t, 30);
	t = open_on(run, l, "db1");
	show(t, "\x1b[?1049h\x1b[H\x1b[?25leditor", 10);
	show(t, "\x1b[?25h\x1b[?1049lafter an hour\r\n", HOUR);
	transcript_close(t, HOUR);
	run_finish(run, OUTCOME_OK);
	run_free(run);
	ledger_close(l);
}

/* Without a terminal: what it prints, with its exit code in *ret_code. Caller frees. */
static char *
plays(const struct room *room, const char *words, int *ret_code)
{
	autofree char *command = xasprintf(
	    "%s --ledger %s history play %s 2>%s/err", program(), room->db, words, room->dir);
	struct buf b = BUF_INIT(1 << 20);
	char piece[4096];
	size_t n;
	FILE *f = popen(command, "r");

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, n);
	int status = pclose(f);
	*ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (!b.data)
		buf_adds(&b, "");
	return buf_detach(&b, &(size_t){ 0 });
}

static void
without_a_terminal_it_comes_as_text(void **state)
{
	const struct room *room = *state;
	int code;

	record(room);
	autofree char *first = plays(room, "last web1", &code);
	assert_int_equal(code, 0);
	assert_string_equal(first, "$ cat\nred \xc3\xa9\nthe end\n");
	autofree char *second = plays(room, "r-1 web1 2 --text", &code);
	assert_int_equal(code, 0);
	assert_string_equal(second, "second\n");
	autofree char *editor = plays(room, "r-1 db1", &code);
	assert_string_equal(editor, "[a program took the whole screen]\nafter an hour\n");
}

static void
the_asciicast_comes_whole(void **state)
{
	const struct room *room = *state;
	int code;

	record(room);
	autofree char *cast = plays(room, "r-1 web1 --cast -", &code);
	assert_int_equal(code, 0);
	assert_true(str_starts(cast, "{\"version\":2,\"width\":120,\"height\":24,\"timestamp\":"));
	assert_non_null(strstr(cast, "\n[0.020, \"o\", \"\\u001b[1;31mred "));
}

static void
what_is_not_there_is_told_with_what_is(void **state)
{
	static const struct {
		const char *words;
		int code;
	} wrong[] = { { "r-1 web9", 2 }, { "r-9 web1", 2 }, { "r-1", 2 }, { "r-1 web1 3", 2 },
		{ "r-1 web1 x", 2 }, { "r-1 web1 --speed 0", 2 }, { "r-1 web1 --speed 1x", 2 },
		{ "r-1 web1 --speed nan", 2 }, { "r-1 web1 --text --cast -", 2 },
		{ "r-1 web1 --json", 2 } };
	const struct room *room = *state;
	int code;

	record(room);
	for (size_t i = 0; i < countof(wrong); i++) {
		autofree char *said = plays(room, wrong[i].words, &code);

		assert_int_equal(code, wrong[i].code);
		assert_string_equal(said, "");
	}
}

struct theatre {
	struct seat seat;
	struct screen *screen;
};

static void
curtain(struct theatre *t, const struct room *room, const char *host, const char *idle)
{
	const char *argv[] = { program(), "--ledger", room->db, "history", "play", "last", host,
		"--speed", "2", "--idle", idle, NULL };

	seat_up(&t->seat, "xterm-256color");
	t->screen = screen_start(argv, t->seat.envp, 24, 80);
}

static void
close_theatre(struct theatre *t, int code)
{
	int status = screen_wait_end(t->screen, DEADLINE);
	size_t n;
	const char *bytes = screen_bytes(t->screen, &n);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	assert_true(screen_modes_restored(t->screen));
	assert_null(memmem(bytes, n, "\x1b]", 2));
	assert_null(memmem(bytes, n, "\x1b[6n", 4));
	assert_null(memmem(bytes, n, "\x1b[>c", 4));
	screen_free(t->screen);
	seat_down(&t->seat);
}

static void
on_a_terminal_it_is_played_and_nothing_hostile_gets_there(void **state)
{
	struct theatre t;
	struct screen_cell cell;

	record(*state);
	curtain(&t, *state, "web1", "0");
	assert_true(screen_wait(t.screen, "the end", DEADLINE));
	assert_true(screen_wait(t.screen, "recorded on 120x24, this terminal is 80x24", DEADLINE));
	autofree char *text = screen_text(t.screen);
	const char *red = strstr(text, "\nred ");
	int row = 1;
	assert_non_null(red);
	for (const char *s = text; s < red; s++)
		row += *s == '\n';
	screen_cell(t.screen, row, 0, &cell);
	assert_true(cell.bold);
	close_theatre(&t, 0);
}

static void
an_idle_hour_may_be_cut_short(void **state)
{
	struct theatre t;

	record(*state);
	curtain(&t, *state, "db1", "10ms");
	assert_true(screen_wait(t.screen, "after an hour", DEADLINE));
	close_theatre(&t, 0);
}

static void
ctrl_c_ends_it_and_the_terminal_is_as_it_was(void **state)
{
	struct theatre t;

	record(*state);
	curtain(&t, *state, "db1", "0");
	assert_true(screen_wait(t.screen, "editor", DEADLINE));
	screen_type(t.screen, "\x03");
	close_theatre(&t, 130);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_terminal_it_comes_as_text),
		TEST(the_asciicast_comes_whole),
		TEST(what_is_not_there_is_told_with_what_is),
		TEST(on_a_terminal_it_is_played_and_nothing_hostile_gets_there),
		TEST(an_idle_hour_may_be_cut_short),
		TEST(ctrl_c_ends_it_and_the_terminal_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
