#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
change(const struct room *room, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(room->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
an_event_changed_or_removed_is_found(void **state)
{
	static const char *const crimes[] = {
		"UPDATE event SET json=replace(json, 'failed', 'ok') WHERE id=(1<<32)+2",
		"DELETE FROM event WHERE id=(1<<32)+2",
		"DELETE FROM event WHERE id>=(1<<32)+3",
		"DELETE FROM event",
		"DELETE FROM chain",
		"UPDATE event SET id=id+100 WHERE id=(1<<32)+4",
	};
	struct room *room = *state;

	for (size_t i = 0; i < countof(crimes); i++) {
		autofree char *db = xasprintf("%s/l%zu.db", room->dir, i);
		struct room here = { .loop = room->loop };
		struct err err = { 0 };

		str_copy(here.db, sizeof(here.db), db);
		struct ledger *l = room_open(&here);
		struct ledger_run *r = room_begin(l, "run", NULL);
		room_host_end(r, "web1", "failed");
		room_host_end(r, "db1", "ok");
		room_run_end(r, "failed");
		ledger_close(l);
		change(&here, crimes[i]);
		l = ledger_open(NULL, db, true, &err);
		assert_non_null(l);
		assert_int_equal(ledger_verify(l, NULL, &err), -1);
		assert_int_equal(err.kind, OUTCOME_REFUSED);
		ledger_close(l);
	}
}

static char *
dump(const struct room *room)
{
	static const char *const tables[] = { "run", "host", "machine", "binding", "result", "fact",
		"owed", "stray" };
	char text[20000] = "";
	size_t n = 0;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(room->db, &db), SQLITE_OK);
	for (size_t i = 0; i < countof(tables); i++) {
		autofree char *sql = xasprintf("SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		sqlite3_stmt *s;

		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
		while (sqlite3_step(s) == SQLITE_ROW)
			for (int c = 0; c < sqlite3_column_count(s); c++)
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%s|",
				    (const char *)sqlite3_column_text(s, c));
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	return xstrdup(text);
}

static void
projections_made_anew_are_as_they_were(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct err err;

	for (int i = 0; i < 3; i++) {
		struct ledger_run *r = room_begin(l, i == 1 ? "run" : "apply", "shop.yaml");

		room_host_start(r, "web1", "cattle");
		room_host_start(r, "db1", "pet");
		room_fact(r, "web1", "machine-id", i ? "m-1" : "m-0");
		room_fact(r, "db1", "machine-id", i ? "p-1" : "p-0");
		room_fact(r, "web1", "strayed", i == 2 ? "true" : "false");
		room_host_end(r, "web1", "ok");
		room_host_end(r, "db1", i ? "unreachable" : "failed");
		room_run_end(r, "failed");
	}
	ledger_close(l);
	autofree char *before = dump(room);
	assert_non_null(strstr(before, "m-1"));
	change(room, "DELETE FROM result; UPDATE host SET generation=9; DELETE FROM owed;"
		     "DELETE FROM run WHERE number=2");
	l = room_open(room);
	assert_int_equal(ledger_rebuild(l, &err), 0);
	ledger_close(l);
	autofree char *after = dump(room);
	assert_string_equal(before, after);
}

static void
what_others_could_touch_is_refused(void **state)
{
	struct room *room = *state;
	autofree char *link = xasprintf("%s/link.db", room->dir);
	struct err err;

	ledger_close(room_open(room));
	assert_int_equal(chmod(room->db, 0644), 0);
	assert_null(ledger_open(room->loop, room->db, false, &err));
	assert_int_equal(err.kind, OUTCOME_REFUSED);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_null(ledger_open(room->loop, room->db, true, &err));
	assert_int_equal(err.kind, OUTCOME_REFUSED);
	assert_int_equal(chmod(room->db, 0600), 0);
	assert_int_equal(chmod(room->dir, 0777), 0);
	assert_null(ledger_open(room->loop, room->db, false, &err));
	assert_int_equal(err.kind, OUTCOME_REFUSED);
	assert_int_equal(chmod(room->dir, 0700), 0);
	assert_int_equal(symlink(room->db, link), 0);
	assert_null(ledger_open(room->loop, link, false, &err));
	assert_int_equal(err.kind, OUTCOME_REFUSED);
	ledger_close(room_open(room));
}

static void
a_newer_schema_is_refused_and_left_alone(void **state)
{
	struct room *room = *state;
	struct err err;

	ledger_close(room_open(room));
	change(room, "PRAGMA user_version=99");
	assert_null(ledger_open(room->loop, room->db, false, &err));
	assert_int_equal(err.kind, OUTCOME_STORAGE);
	assert_non_null(strstr(err.text, "newer"));
	assert_null(ledger_open(NULL, room->db, true, &err));
	assert_true(file_exists(room->db));
	change(room, "PRAGMA user_version=2");
	ledger_close(room_open(room));
}

#define ledger_test(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(an_event_changed_or_removed_is_found),
		ledger_test(projections_made_anew_are_as_they_were),
		ledger_test(what_others_could_touch_is_refused),
		ledger_test(a_newer_schema_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
