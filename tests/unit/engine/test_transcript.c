#include "base/asciicast.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/run.h"
#include "engine/transcript.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct stand {
	const struct room *room;
	struct ledger *ledger;
	struct run *run;
};

static void
stand_up(struct stand *s, const struct room *room)
{
	autoevent start = { .count = 0 };
	struct err err;

	s->room = room;
	s->ledger = room_open(room);
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "ssh");
	s->run = run_new(
	    &(struct run_spec){
		.loop = room->loop, .ledger = s->ledger, .start = &start, .host_count = 1 },
	    &err);
	assert_non_null(s->run);
}

static void
stand_down(struct stand *s)
{
	run_finish(s->run, OUTCOME_OK);
	run_free(s->run);
	ledger_close(s->ledger);
}

static struct transcript *
open_on(const struct stand *s, const char *host)
{
	return transcript_open(&(struct transcript_spec){ .run = s->run,
				   .ledger = s->ledger,
				   .host = host,
				   .term = "xterm",
				   .columns = 80,
				   .rows = 24 },
	    1000);
}

/* All that the ledger has of one host's terminal. */
struct kept {
	struct ledger *ledger;
	const char *host;
	char name[32];
	int pieces, warnings;
	int64_t bytes, ms;
	struct buf text, shown;
};

static bool
gather_piece(void *user, const struct event *e)
{
	struct kept *k = user;
	size_t n = 0;
	struct err err;

	k->warnings += e->kind == EVENT_WARN;
	if (e->kind != EVENT_TRANSCRIPT || !str_eq(event_text(e, FIELD_HOST), k->host))
		return true;
	autofree char *text = ledger_get(k->ledger, event_text(e, FIELD_DIGEST), &n, &err);
	assert_non_null(text);
	if (k->pieces++)
		assert_string_equal(k->name, event_text(e, FIELD_NAME));
	str_copy(k->name, sizeof(k->name), event_text(e, FIELD_NAME));
	k->bytes += event_int(e, FIELD_BYTES, -1);
	k->ms = event_int(e, FIELD_MS, -1);
	buf_add(&k->text, text, n);
	return true;
}

static bool
gather_shown(void *user, const struct asciicast_event *e)
{
	struct kept *k = user;

	if (e->kind == ASCIICAST_OUTPUT)
		buf_add(&k->shown, e->data, e->len);
	return true;
}

static void
kept_read(struct kept *k, const struct stand *s, const char *host)
{
	struct asciicast_head head;
	struct err err;

	*k = (struct kept){ .ledger = s->ledger, .host = host };
	buf_init(&k->text, SIZE_MAX);
	buf_init(&k->shown, SIZE_MAX);
	room_settle(s->room, run_ledger(s->run));
	ledger_events(s->ledger, run_uuid(s->run), gather_piece, k);
	if (k->pieces == 0)
		return;
	assert_int_equal(
	    asciicast_read(k->text.data, k->text.len, &head, gather_shown, k, &err), 0);
	assert_int_equal(head.columns, 80);
	assert_int_equal(head.rows, 24);
}

static void
kept_fini(struct kept *k)
{
	buf_fini(&k->text);
	buf_fini(&k->shown);
}

static void
a_terminal_is_kept_as_one_asciicast(void **state)
{
	struct stand s;
	struct kept k;

	stand_up(&s, *state);
	struct transcript *t = open_on(&s, "web1");
	transcript_output(t, "gr\xc3", 3, 1000);
	transcript_output(t, "\xbc\xc3\x9f\r\n", 5, 1250);
	transcript_resize(t, 100, 30, 2000);
	transcript_mark(t, "reconnected", 2500);
	transcript_close(t, 3000);
	kept_read(&k, &s, "web1");
	assert_int_equal(k.pieces, 1);
	assert_int_equal(k.bytes, 8);
	assert_int_equal(k.ms, 2000);
	assert_string_equal(buf_text(&k.shown), "gr\xc3\xbc\xc3\x9f\r\n");
	assert_non_null(strstr(buf_text(&k.text), "[1.000, \"r\", \"100x30\"]\n"));
	assert_non_null(strstr(buf_text(&k.text), "[1.500, \"m\", \"reconnected\"]\n"));
	assert_non_null(
	    strstr(buf_text(&k.text), "\"title\":\"web1\",\"env\":{\"TERM\":\"xterm\"}"));
	kept_fini(&k);
	stand_down(&s);
}

static void
a_long_one_goes_to_the_ledger_piece_by_piece(void **state)
{
	struct stand s;
	struct kept k;
	char line[1100];
	autobuf all = BUF_INIT(SIZE_MAX);

	stand_up(&s, *state);
	struct transcript *t = open_on(&s, "web1"), *other = open_on(&s, "db1");
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%d\x1b[1m %900d\n", i, i);
		transcript_output(t, line, strlen(line), 1000 + i);
		buf_adds(&all, line);
	}
	/* Before it is closed most of it is there. */
	kept_read(&k, &s, "web1");
	assert_true(k.pieces >= 3);
	assert_true(k.text.len / (size_t)k.pieces >= TRANSCRIPT_PIECE);
	assert_true(all.len - k.shown.len <= TRANSCRIPT_PIECE);
	kept_fini(&k);
	transcript_close(t, 9000);
	transcript_output(other, "x", 1, 9000);
	transcript_close(other, 9000);
	kept_read(&k, &s, "web1");
	assert_string_equal(buf_text(&k.shown), buf_text(&all));
	kept_fini(&k);
	kept_read(&k, &s, "db1");
	assert_string_equal(buf_text(&k.shown), "x");
	kept_fini(&k);
	stand_down(&s);
}

static void
what_is_half_a_minute_old_is_kept_with_the_next_output(void **state)
{
	struct stand s;
	struct kept k;

	stand_up(&s, *state);
	struct transcript *t = open_on(&s, "web1");
	transcript_output(t, "old", 3, 1000);
	transcript_output(t, "new", 3, 1000 + TRANSCRIPT_AGE);
	kept_read(&k, &s, "web1");
	assert_int_equal(k.pieces, 1);
	assert_string_equal(buf_text(&k.shown), "old");
	kept_fini(&k);
	transcript_close(t, 2000 + TRANSCRIPT_AGE);
	kept_read(&k, &s, "web1");
	assert_int_equal(k.pieces, 2);
	assert_string_equal(buf_text(&k.shown), "oldnew");
	kept_fini(&k);
	stand_down(&s);
}

static void
a_flood_fills_its_transcript_once_and_says_so(void **state)
{
	static char flood[1 << 20];
	struct stand s;
	struct kept k;

	memset(flood, '\x1b', sizeof(flood));
	stand_up(&s, *state);
	struct transcript *t = open_on(&s, "web1");
	for (int i = 0; i < 12; i++)
		transcript_output(t, flood, sizeof(flood), 1000);
	transcript_resize(t, 100, 30, 1000);
	transcript_close(t, 1000);
	kept_read(&k, &s, "web1");
	assert_int_equal(k.warnings, 1);
	assert_true(k.text.len <= TRANSCRIPT_MAX);
	assert_true(k.text.len >= TRANSCRIPT_MAX - TRANSCRIPT_PIECE);
	assert_null(strstr(buf_text(&k.text), "100x30"));
	assert_non_null(strstr(buf_text(&k.text), "\"m\", \"drover: the transcript is full\"]\n"));
	kept_fini(&k);
	stand_down(&s);
}

static void
a_run_that_is_not_recorded_has_none(void **state)
{
	const struct room *room = *state;
	autoevent start = { .count = 0 };
	struct err err;

	event_init(&start, EVENT_RUN_START);
	struct run *run = run_new(
	    &(struct run_spec){ .loop = room->loop, .start = &start, .host_count = 1 }, &err);
	struct transcript *t =
	    transcript_open(&(struct transcript_spec){ .run = run, .host = "web1" }, 0);

	assert_null(t);
	transcript_output(t, "x", 1, 0);
	transcript_resize(t, 1, 1, 0);
	transcript_mark(t, "x", 0);
	transcript_close(t, 0);
	run_finish(run, OUTCOME_OK);
	run_free(run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_terminal_is_kept_as_one_asciicast),
		TEST(a_long_one_goes_to_the_ledger_piece_by_piece),
		TEST(what_is_half_a_minute_old_is_kept_with_the_next_output),
		TEST(a_flood_fills_its_transcript_once_and_says_so),
		TEST(a_run_that_is_not_recorded_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
