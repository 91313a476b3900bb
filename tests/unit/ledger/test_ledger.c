#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static bool
first_row(void *user, const struct ledger_row *row)
{
	char *state = user;

	str_copy(state, 32, row->state);
	return false;
}

static void
a_run_is_there_after_the_ledger_is_opened_again(void **state)
{
	struct room *room = *state;
	struct ledger_row row;
	struct err err;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "run", NULL);
	autofree char *uuid = xstrdup(ledger_run_uuid(r));
	int n = 0;

	assert_string_equal(ledger_run_alias(r), "r-1");
	room_host_end(r, "web1", "ok");
	room_host_end(r, "db1", "failed");
	room_run_end(r, "failed");
	ledger_close(l);

	l = ledger_open(NULL, room->db, true, &err);
	assert_non_null(l);
	assert_true(ledger_find_run(l, "r-1", &row, &err));
	assert_string_equal(row.uuid, uuid);
	assert_string_equal(row.state, "failed");
	assert_string_equal(row.verb, "run");
	assert_string_equal(row.seat, ledger_seat(l));
	assert_int_equal(row.hosts, 2);
	assert_int_equal(row.ok, 2);
	assert_true(ledger_find_run(l, "last", &row, &err));
	assert_true(ledger_find_run(l, uuid, &row, &err));
	uuid[13] = '\0';
	assert_true(ledger_find_run(l, uuid, &row, &err));
	assert_false(ledger_find_run(l, "r-2", &row, &err));
	assert_false(ledger_find_run(l, "nonsense", &row, &err));
	assert_true(ledger_find_run(l, "r-1", &row, &err));
	ledger_events(l, row.uuid, room_count_event, &n);
	assert_int_equal(n, 4);
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	ledger_close(l);
}

static void
a_run_is_running_while_its_owner_lives_and_unfinished_after(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "apply", "shop.yaml");
	autofree char *uuid = xstrdup(ledger_run_uuid(r));
	char word[32] = "";
	struct err err;

	ledger_runs(l, "shop", 10, first_row, word);
	assert_string_equal(word, "running");
	assert_null(ledger_run_adopt(l, uuid, &err));
	assert_int_equal(err.kind, OUTCOME_LOCKED);
	ledger_run_end(r);
	ledger_close(l);

	l = room_open(room);
	ledger_runs(l, NULL, 10, first_row, word);
	assert_string_equal(word, "unfinished");
	r = ledger_run_adopt(l, uuid, &err);
	assert_non_null(r);
	assert_string_equal(ledger_run_alias(r), "r-1");
	ledger_runs(l, NULL, 10, first_row, word);
	assert_string_equal(word, "running");
	room_host_end(r, "web1", "changed");
	room_run_end(r, "changed");
	ledger_close(l);

	l = room_open(room);
	ledger_runs(l, NULL, 10, first_row, word);
	assert_string_equal(word, "changed");
	assert_null(ledger_run_adopt(l, uuid, &err));
	assert_int_equal(err.kind, OUTCOME_INPUT);
	assert_int_equal(ledger_verify(l, uuid, &err), 0);
	ledger_close(l);
}

static void
sync_calls_back_on_the_loop_when_all_is_on_disk(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room), *other;
	struct ledger_run *r = room_begin(l, "run", NULL);
	struct err err;
	int n = 0;

	for (int i = 0; i < 50; i++)
		room_host_end(r, "web1", "ok");
	room_settle(room, r);
	other = ledger_open(NULL, room->db, true, &err);
	assert_non_null(other);
	ledger_events(other, ledger_run_uuid(r), room_count_event, &n);
	assert_int_equal(n, 51);
	room_settle(room, r);
	room_run_end(r, "ok");
	ledger_close(other);
	ledger_close(l);
}

static void
one_fact(void *user, const char *key, const char *value)
{
	char *to = user;
	size_t n = strlen(to);

	snprintf(to + n, 200 - n, "%s=%s;", key, value);
}

static void
facts_and_hosts_are_looked_up_by_name(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "facts", NULL);
	struct ledger_host h;
	char all[200] = "";

	assert_false(ledger_host(l, "shop", "web1", &h));
	room_fact(r, "web1", "os", "debian-12");
	room_fact(r, "web1", "kernel", "6.1");
	room_fact(r, "web1", "os", "debian-13");
	room_fact(r, "web1", "boot-id", "b1");
	room_settle(room, r);
	assert_true(ledger_host(l, "shop", "web1", &h));
	assert_string_equal(h.boot_id, "b1");
	assert_true(h.seen_ms > 0);
	assert_false(ledger_host(l, "other", "web1", &h));
	assert_string_equal(ledger_fact(l, "shop", "web1", "os"), "debian-13");
	assert_null(ledger_fact(l, "shop", "web1", "colour"));
	ledger_facts(l, "shop", "web1", one_fact, all);
	assert_string_equal(all, "boot-id=b1;kernel=6.1;os=debian-13;");
	ledger_run_end(r);
	ledger_close(l);
}

static void
note_text(void *user, const struct event *e)
{
	char *to = user;
	size_t n = strlen(to);

	snprintf(to + n, 300 - n, "%s: %s\n", event_kind_name(e->kind), event_text(e, FIELD_TEXT));
}

static void
a_new_machine_is_a_generation_of_cattle_and_an_alarm_for_a_pet(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_host h;
	char said[300] = "";

	for (int i = 0; i < 2; i++) {
		struct ledger_run *r = room_begin(l, "facts", NULL);

		ledger_run_listen(r, note_text, said);
		room_host_start(r, "web1", "cattle");
		room_host_start(r, "db1", "pet");
		room_fact(r, "web1", "machine-id", i ? "m-new" : "m-old");
		room_fact(r, "web1", "machine-id", i ? "m-new" : "m-old");
		room_fact(r, "db1", "machine-id", i ? "p-new" : "p-old");
		room_settle(room, r);
		room_run_end(r, "ok");
	}
	assert_string_equal(said, "machine: web1: a new machine, generation 2\n"
				  "warn: pet db1: a new machine answers\n");
	assert_true(ledger_host(l, "shop", "web1", &h));
	assert_string_equal(h.machine_id, "m-new");
	assert_int_equal(h.generation, 2);
	assert_true(ledger_host(l, "shop", "db1", &h));
	assert_string_equal(h.machine_id, "p-old");
	assert_string_equal(h.stranger, "p-new");
	assert_int_equal(h.generation, 1);
	ledger_close(l);
}

static void
machines_that_bear_one_id_make_one_warning(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "facts", NULL);
	char said[300] = "";

	ledger_run_listen(r, note_text, said);
	for (int i = 10; i > 0; i--) {
		autofree char *host = xasprintf("web%d", i);

		room_fact(r, host, "machine-id", i % 3 ? "cloned-0123456789" : host);
	}
	assert_string_equal(said, "");
	room_run_end(r, "ok");
	assert_string_equal(said, "warn: one machine-id (cloned-0...) answers on web1, web2, web4, "
				  "web5, web7, web8 and 1 more\n");
	ledger_close(l);
}

static void
one_owed(void *user, const char *host, const char *playbook, const char *run)
{
	char *to = user;
	size_t n = strlen(to);

	assert_true(uuid_is(run));
	snprintf(to + n, 200 - n, "%s:%s;", host, playbook);
}

static void
a_host_that_an_apply_did_not_reach_is_owed_it_until_one_does(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "apply", "shop.yaml");
	char owed[200] = "";

	room_host_end(r, "web1", "unreachable");
	room_host_end(r, "db1", "changed");
	room_run_end(r, "unreachable");
	r = room_begin(l, "run", NULL);
	room_host_end(r, "web1", "ok");
	room_settle(room, r);
	room_run_end(r, "ok");
	ledger_owed(l, "shop", one_owed, owed);
	assert_string_equal(owed, "web1:shop.yaml;");
	r = room_begin(l, "apply", "shop.yaml");
	room_host_end(r, "web1", "ok");
	room_settle(room, r);
	room_run_end(r, "ok");
	owed[0] = '\0';
	ledger_owed(l, "shop", one_owed, owed);
	assert_string_equal(owed, "");
	ledger_close(l);
}

static void
what_another_seat_did_is_foreign_and_told_once(void **state)
{
	struct room *room = *state;
	const struct ledger_foreign f = { .fleet = "shop",
		.host = "web1",
		.uuid = "01890a5d-ac96-774b-bcce-b302099a8057",
		.seat = "ci@runner-1",
		.verb = "apply",
		.playbook = "shop.yaml",
		.outcome = "changed",
		.time_ms = 1767323045678 };
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "facts", NULL);
	struct ledger_row row;
	struct err err;
	struct ledger_foreign again = f;
	int n = 0;

	ledger_foreign(l, &f);
	ledger_foreign(l, &f);
	again.host = "web2";
	ledger_foreign(l, &again);
	again.uuid = ledger_run_uuid(r);
	ledger_foreign(l, &again);
	room_settle(room, r);
	room_run_end(r, "ok");
	assert_true(ledger_find_run(l, f.uuid, &row, &err));
	assert_string_equal(row.state, "foreign");
	assert_string_equal(row.seat, "ci@runner-1");
	assert_int_equal(row.start_ms, f.time_ms);
	ledger_events(l, f.uuid, room_count_event, &n);
	assert_int_equal(n, 3);
	/* It was taken back since. */
	again = f;
	again.outcome = "rolled-back";
	r = room_begin(l, "facts", NULL);
	ledger_foreign(l, &again);
	ledger_foreign(l, &again);
	room_settle(room, r);
	room_run_end(r, "ok");
	n = 0;
	ledger_events(l, f.uuid, room_count_event, &n);
	assert_int_equal(n, 4);
	assert_null(ledger_run_adopt(l, f.uuid, &err));
	assert_int_equal(err.kind, OUTCOME_INPUT);
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	ledger_close(l);
}

static void
contents_come_back_by_their_digest(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	autofree char *big = xcalloc(3U << 20, 1);
	char hex[65], again[65], empty[65];
	struct err err;
	size_t n = 0;

	memset(big, 'x', 3U << 20);
	ledger_put(l, big, 3U << 20, hex);
	ledger_put(l, big, 3U << 20, again);
	ledger_put(l, "", 0, empty);
	assert_string_equal(hex, again);
	assert_true(ledger_has(l, hex));
	autofree char *back = ledger_get(l, hex, &n, &err);
	assert_non_null(back);
	assert_int_equal(n, 3U << 20);
	assert_memory_equal(back, big, n);
	autofree char *none = ledger_get(l, empty, &n, &err);
	assert_non_null(none);
	assert_int_equal(n, 0);
	memset(hex, '0', 64);
	assert_false(ledger_has(l, hex));
	assert_null(ledger_get(l, hex, &n, &err));
	ledger_close(l);
}

static void
output_keeps_its_head_its_tail_and_its_size(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_output *o = ledger_output_new();
	autoevent e = { .count = 0 };
	struct err err;
	size_t n = 0;

	event_init(&e, EVENT_HOST_OUTPUT);
	for (int i = 0; i < 400000; i++) {
		char line[16];
		int len = snprintf(line, sizeof(line), "line %06d\n", i);

		ledger_output_add(o, line, (size_t)len);
	}
	ledger_output_end(o, l, &e);
	assert_int_equal(event_int(&e, FIELD_BYTES, 0), 400000 * 12);
	autofree char *head = ledger_get(l, event_text(&e, FIELD_HEAD), &n, &err);
	assert_int_equal(n, 1 << 20);
	assert_memory_equal(head, "line 000000\n", 12);
	autofree char *tail = ledger_get(l, event_text(&e, FIELD_TAIL), &n, &err);
	assert_int_equal(n, 1 << 20);
	assert_memory_equal(tail + n - 12, "line 399999\n", 12);
	assert_memory_equal(tail + n - 24, "line 399998\n", 12);

	o = ledger_output_new();
	autoevent small = { .count = 0 };
	event_init(&small, EVENT_HOST_OUTPUT);
	ledger_output_add(o, "hello\n", 6);
	ledger_output_end(o, l, &small);
	assert_false(event_has(&small, FIELD_TAIL));
	assert_string_equal(event_text(&small, FIELD_HEAD), event_text(&small, FIELD_DIGEST));
	ledger_close(l);
}

static void
where_nothing_was_written_everything_reads_as_empty(void **state)
{
	struct room *room = *state;
	char word[32] = "none";
	struct ledger_row row;
	struct err err;
	struct ledger *l = ledger_open(NULL, room->db, true, &err);

	assert_non_null(l);
	ledger_runs(l, NULL, 10, first_row, word);
	assert_string_equal(word, "none");
	assert_false(ledger_find_run(l, "last", &row, &err));
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	assert_false(file_exists(room->db));
	ledger_close(l);
}

static void
remote_output_is_not_an_event_to_keep(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "run", NULL);
	int n = 0;

	for (int i = 0; i < 5; i++) {
		autoevent e = { .count = 0 };

		event_init(&e, EVENT_HOST_OUT);
		event_set_text(&e, FIELD_HOST, "web1");
		event_set_data(&e, FIELD_DATA, "x", 1);
		ledger_append(r, &e);
		assert_int_equal(e.seq, 0);
		assert_string_equal(e.run, ledger_run_uuid(r));
	}
	room_settle(room, r);
	ledger_events(l, ledger_run_uuid(r), room_count_event, &n);
	assert_int_equal(n, 1);
	ledger_run_end(r);
	ledger_close(l);
}

static void
a_follower_is_told_when_another_drover_writes(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct err err;
	struct ledger *follower = ledger_open(NULL, room->db, true, &err);

	assert_non_null(follower);
	assert_true(ledger_changed(follower));
	assert_false(ledger_changed(follower));
	struct ledger_run *r = room_begin(l, "run", NULL);
	assert_true(ledger_changed(follower));
	assert_false(ledger_changed(follower));
	room_host_end(r, "web1", "ok");
	room_settle(room, r);
	assert_true(ledger_changed(follower));
	ledger_run_end(r);
	ledger_close(follower);
	ledger_close(l);
}

#define ledger_test(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)

/* One run that says of web1 whether it strayed. */
static bool
strayed_after(const struct room *room, struct ledger *l, const char *playbook, const char *value)
{
	struct ledger_run *r = room_begin(l, playbook ? "apply" : "run", playbook);
	struct ledger_host known;

	room_host_start(r, "web1", "cattle");
	room_fact(r, "web1", "strayed", value);
	room_host_end(r, "web1", "ok");
	room_settle(room, r);
	room_run_end(r, "ok");
	assert_true(ledger_host(l, "shop", "web1", &known));
	assert_int_equal(known.strayed, ledger_fact(l, "shop", "web1", "strayed") != NULL);
	return known.strayed;
}

static void
a_host_is_cordoned_until_it_is_not_and_was_not_met_by_that(void **state)
{
	const struct room *room = *state;
	struct ledger *l = room_open(room);
	struct ledger_host known;
	struct err err;

	for (int on = 1; on >= 0; on--) {
		struct ledger_run *r = room_begin(l, on ? "cordon" : "uncordon", NULL);

		room_fact(r, "web1", "cordoned", on ? "true" : "false");
		room_host_end(r, "web1", "changed");
		room_settle(room, r);
		room_run_end(r, "changed");
		const char *said = ledger_fact(l, "shop", "web1", "cordoned");
		assert_int_equal(said != NULL, on);
		assert_true(!said || strcmp(said, "true") == 0);
		assert_true(ledger_host(l, "shop", "web1", &known));
		assert_int_equal(known.seen_ms, 0);
		if (on)
			assert_int_equal(ledger_rebuild(l, &err), 0);
		said = ledger_fact(l, "shop", "web1", "cordoned");
		assert_int_equal(said != NULL, on);
	}
	ledger_close(l);
}

static void
drift_is_put_right_by_an_apply_of_the_playbook_it_strayed_from(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct err err;

	assert_true(strayed_after(room, l, "shop.yaml", "true"));
	assert_true(strayed_after(room, l, "other.yaml", "false"));
	assert_true(strayed_after(room, l, "other.yaml", "true"));
	assert_true(strayed_after(room, l, "shop.yaml", "false"));
	assert_false(strayed_after(room, l, "other.yaml", "false"));
	assert_true(strayed_after(room, l, NULL, "true"));
	assert_false(strayed_after(room, l, "other.yaml", "false"));
	assert_true(strayed_after(room, l, "shop.yaml", "true"));
	assert_true(strayed_after(room, l, NULL, "true"));
	assert_true(strayed_after(room, l, "other.yaml", "false"));
	ledger_close(l);
	l = room_open(room);
	assert_int_equal(ledger_rebuild(l, &err), 0);
	assert_true(strayed_after(room, l, "other.yaml", "false"));
	assert_false(strayed_after(room, l, "shop.yaml", "false"));
	ledger_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(a_run_is_there_after_the_ledger_is_opened_again),
		ledger_test(a_run_is_running_while_its_owner_lives_and_unfinished_after),
		ledger_test(sync_calls_back_on_the_loop_when_all_is_on_disk),
		ledger_test(facts_and_hosts_are_looked_up_by_name),
		ledger_test(a_new_machine_is_a_generation_of_cattle_and_an_alarm_for_a_pet),
		ledger_test(machines_that_bear_one_id_make_one_warning),
		ledger_test(a_host_that_an_apply_did_not_reach_is_owed_it_until_one_does),
		ledger_test(drift_is_put_right_by_an_apply_of_the_playbook_it_strayed_from),
		ledger_test(a_host_is_cordoned_until_it_is_not_and_was_not_met_by_that),
		ledger_test(what_another_seat_did_is_foreign_and_told_once),
		ledger_test(contents_come_back_by_their_digest),
		ledger_test(output_keeps_its_head_its_tail_and_its_size),
		ledger_test(where_nothing_was_written_everything_reads_as_empty),
		ledger_test(remote_output_is_not_an_event_to_keep),
		ledger_test(a_follower_is_told_when_another_drover_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
