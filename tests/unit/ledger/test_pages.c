/* Reads of a ledger with a hundred thousand runs: pages, what is open, a run in pieces; their times are told. */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RUNS 100000
#define FEW  2000

/* @RUNS runs, each on 3 of 100 hosts; every tenth failed. */
static const char fill[] =
    "BEGIN;"
    "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100)"
    " INSERT INTO host(id, fleet, name, kind) SELECT i, 'shop', 'web' || i, 'cattle' FROM n;"
    "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<@RUNS)"
    " INSERT INTO run SELECT i, printf('%08x-0000-7000-8000-%012x', i, i), 'run', 'shop', NULL,"
    " '[\"drover\",\"run\",\"@web\",\"--\",\"uptime\"]', 'ana@laptop-0a1b2c3d', NULL, 0,"
    " 1700000000000 + i * 60000, 1700000001000 + i * 60000,"
    " CASE i % 10 WHEN 0 THEN 'failed' ELSE 'ok' END, i % 10 = 0, 3,"
    " 3 - (i % 10 = 0), 0, i % 10 = 0, 0, 0, 0 FROM n;"
    "INSERT INTO chain SELECT number, uuid, 2, x'00' FROM run;"
    "INSERT INTO result SELECT number, 1 + (number + k) % 100, state, 0, NULL, NULL, NULL, 5, 0"
    " FROM run, (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2);"
    "INSERT INTO event SELECT (number << 32) + 1, '{\"v\":1,\"event\":\"run.start\",\"run\":\"' ||"
    " uuid || '\",\"seq\":1,\"time\":\"2026-01-02T03:04:05.678Z\",\"verb\":\"run\",\"hosts\":"
    "[\"web1\",\"web2\",\"web3\"]}', x'00' FROM run;"
    "INSERT INTO event SELECT (number << 32) + 2, '{\"v\":1,\"event\":\"run.end\",\"run\":\"' || "
    "uuid"
    " || '\",\"seq\":2,\"time\":\"2026-01-02T03:04:06.678Z\",\"exit\":0}', x'00' FROM run;"
    "COMMIT;";

static void
fill_ledger(const struct room *room, int runs)
{
	const char *at = strstr(fill, "@RUNS");
	autofree char *sql =
	    xasprintf("%.*s%d%s", (int)(at - fill), fill, runs, at + strlen("@RUNS"));
	sqlite3 *db;
	char *why = NULL;

	ledger_close(room_open(room));
	assert_int_equal(sqlite3_open(room->db, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

struct seen {
	char last[UUID_TEXT];
	int64_t n, limit;
	bool ordered;
};

static bool
see(void *user, const struct ledger_row *row)
{
	struct seen *s = user;

	s->ordered = s->ordered && (!s->last[0] || strcmp(row->uuid, s->last) < 0);
	str_copy(s->last, sizeof(s->last), row->uuid);
	s->n++;
	return !s->limit || s->n < s->limit;
}

static void
tell(const char *what, int64_t since_us)
{
	printf("# bench: %s: %.2f ms\n", what, (double)(clock_mono_us() - since_us) / 1000);
}

static void
pages_give_every_run_once_newest_first(void **state)
{
	const struct room *room = *state;
	struct seen s = { .ordered = true };
	int64_t before = -1, at = clock_mono_us();

	fill_ledger(room, RUNS);
	tell("100000 runs made", at);
	struct ledger *l = room_open(room);
	at = clock_mono_us();
	ledger_runs_before(l, NULL, 100, see, &s);
	tell("the first page of 100000 runs", at);
	assert_int_equal(s.n, 100);
	assert_string_equal(s.last, "0001863d-0000-7000-8000-00000001863d");
	at = clock_mono_us();
	while (s.n != before) {
		before = s.n;
		char last[UUID_TEXT];

		str_copy(last, sizeof(last), s.last);
		ledger_runs_before(l, last, 128, see, &s);
	}
	tell("all pages", at);
	assert_int_equal(s.n, RUNS);
	assert_true(s.ordered);
	at = clock_mono_us();
	assert_int_equal(ledger_run_count(l), RUNS);
	tell("their number", at);
	at = clock_mono_us();
	ledger_open_runs(l, 100, see, &s);
	tell("those that have not ended", at);
	assert_int_equal(s.n, RUNS);
	assert_true(ledger_bytes(l) > 1000000);
	ledger_close(l);
}

static void
a_page_can_be_left_and_taken_up_again(void **state)
{
	const struct room *room = *state;
	struct seen s = { .ordered = true, .limit = 3 };

	fill_ledger(room, FEW);
	struct ledger *l = room_open(room);
	ledger_runs_before(l, NULL, 100, see, &s);
	assert_int_equal(s.n, 3);
	s.limit = 0;
	ledger_runs_before(l, "00000003", 100, see, &s);
	assert_int_equal(s.n, 5);
	assert_true(s.ordered);
	assert_true(ledger_run_had(l, 10, "web11"));
	assert_true(ledger_run_had(l, 10, "web*"));
	assert_false(ledger_run_had(l, 10, "web50"));
	assert_false(ledger_run_had(l, 10, "db*"));
	int64_t at = clock_mono_us();
	for (int64_t i = 1; i <= 1000; i++)
		ledger_run_had(l, i, "db*");
	tell("1000 runs asked for a host that none had", at);
	ledger_close(l);
}

static void
only_runs_that_have_not_ended_are_open(void **state)
{
	const struct room *room = *state;
	struct seen s = { .ordered = true };
	struct ledger_row row;
	struct err err;

	fill_ledger(room, FEW);
	struct ledger *l = room_open(room);
	ledger_open_runs(l, 100, see, &s);
	assert_int_equal(s.n, 0);
	struct ledger_run *r = room_begin(l, "run", NULL);
	ledger_open_runs(l, 100, see, &s);
	assert_int_equal(s.n, 1);
	assert_true(ledger_find_run(l, s.last, &row, &err));
	assert_string_equal(row.state, "running");
	room_run_end(r, "ok");
	ledger_close(l);
	l = room_open(room);
	s.n = 0;
	ledger_open_runs(l, 100, see, &s);
	assert_int_equal(s.n, 0);
	ledger_close(l);
}

struct told {
	int64_t n, seq;
	int leave;
};

static bool
hear(void *user, const struct event *e)
{
	struct told *t = user;

	assert_int_equal(e->seq, t->seq + 1);
	t->seq = e->seq;
	t->n++;
	return !t->leave || t->n < t->leave;
}

static void
a_run_is_followed_from_where_it_was_left(void **state)
{
	const struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "run", NULL);
	struct told t = { 0 };

	for (int i = 0; i < 700; i++)
		room_fact(r, "web1", "os", "debian-12");
	room_settle(room, r);
	assert_int_equal(ledger_events_after(l, ledger_run_uuid(r), 0, 10, hear, &t), 10);
	assert_int_equal(t.n, 10);
	assert_int_equal(ledger_events_after(l, ledger_run_uuid(r), 10, 600, hear, &t), 610);
	assert_int_equal(t.n, 610);
	t.leave = 612;
	assert_int_equal(ledger_events_after(l, ledger_run_uuid(r), 610, 600, hear, &t), 612);
	t.leave = 0;
	int64_t last = ledger_events_after(l, ledger_run_uuid(r), 612, 600, hear, &t);
	assert_int_equal(last, t.n);
	assert_int_equal(ledger_events_after(l, ledger_run_uuid(r), last, 600, hear, &t), last);
	room_fact(r, "web1", "os", "debian-13");
	room_settle(room, r);
	assert_int_equal(ledger_events_after(l, ledger_run_uuid(r), last, 600, hear, &t), last + 1);
	assert_int_equal(ledger_events_after(l, "nobody", 0, 600, hear, &t), 0);
	room_run_end(r, "ok");
	ledger_close(l);
}

#define ledger_test(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(pages_give_every_run_once_newest_first),
		ledger_test(a_page_can_be_left_and_taken_up_again),
		ledger_test(only_runs_that_have_not_ended_are_open),
		ledger_test(a_run_is_followed_from_where_it_was_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
