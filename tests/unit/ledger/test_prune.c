/* Old contents out of the ledger: what goes, what stays, and what is as it was. */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"
#include "tests/lib/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct prune all = { .before_ms = INT64_MAX };

/* The beginning of an event about web1 that tells of a text, which is kept as a content. */
static struct event
tell(struct ledger *l, enum event_kind kind, const char *text, char hex[65])
{
	struct event e = { .count = 0 };

	ledger_put(l, text, strlen(text), hex);
	event_init(&e, kind);
	event_set_text(&e, FIELD_HOST, "web1");
	return e;
}

/* What a host of the run said. */
static void
say(struct ledger_run *r, struct ledger *l, const char *text, char hex[65])
{
	autoevent e = tell(l, EVENT_HOST_OUTPUT, text, hex);

	event_set_text(&e, FIELD_STREAM, "out");
	event_set_text(&e, FIELD_HEAD, hex);
	ledger_append(r, &e);
}

/* What a terminal of the run showed. */
static void
show(struct ledger_run *r, struct ledger *l, const char *text, char hex[65])
{
	autoevent e = tell(l, EVENT_TRANSCRIPT, text, hex);

	event_set_text(&e, FIELD_NAME, "0123456789abcdef");
	event_set_text(&e, FIELD_DIGEST, hex);
	ledger_append(r, &e);
}

static void
finish(const struct room *room, struct ledger_run *r, const char *state)
{
	room_host_end(r, "web1", state);
	room_run_end(r, state);
	(void)room;
}

/* A run of a verb that said a text. */
static void
past(struct room *room, struct ledger *l, const char *verb, const char *text, char hex[65])
{
	struct ledger_run *r = room_begin(l, verb, NULL);

	say(r, l, text, hex);
	finish(room, r, "ok");
}

static struct pruned
prune(struct ledger *l, const struct prune *what)
{
	struct pruned p;
	struct err err = { 0 };

	if (ledger_prune(l, what, &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static int
count(struct ledger *l, const char *run)
{
	struct ledger_row row;
	struct err err;
	int n = 0;

	assert_true(ledger_find_run(l, run, &row, &err));
	ledger_events(l, row.uuid, room_count_event, &n);
	return n;
}

static void
contents_of_old_runs_go_and_their_events_stay(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	char old[65], both[65], young[65];
	struct err err;

	past(room, l, "run", "only long ago", old);
	struct ledger_run *r = room_begin(l, "run", NULL);
	say(r, l, "said twice", both);
	finish(room, r, "ok");
	r = room_begin(l, "run", NULL);
	say(r, l, "said twice", both);
	say(r, l, "only now", young);
	finish(room, r, "ok");
	int events = count(l, "r-1");

	struct prune what = { .before_ms = INT64_MAX, .keep = 1, .dry = true };
	struct pruned p = prune(l, &what);
	assert_true(p.runs == 2 && p.contents == 1 && p.bytes > 0);
	assert_true(ledger_has(l, old)); /* it was only counted */
	what.dry = false;
	p = prune(l, &what);
	assert_true(p.runs == 2 && p.contents == 1);
	assert_false(ledger_has(l, old));
	assert_true(ledger_has(l, both) && ledger_has(l, young));
	assert_int_equal(count(l, "r-1"), events);
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	assert_true(ledger_pruned_ms(l, 1) > 0 && ledger_pruned_ms(l, 2) > 0);
	assert_true(ledger_pruned_ms(l, 3) == 0);
	size_t n;
	assert_null(ledger_get(l, old, &n, &err));
	assert_int_equal(err.kind, OUTCOME_INPUT);
	p = prune(l, &what);
	assert_true(p.runs == 0 && p.contents == 0);
	assert_int_equal(ledger_rebuild(l, &err), 0);
	assert_true(ledger_pruned_ms(l, 1) > 0);
	ledger_close(l);
}

static void
what_is_younger_than_asked_stays(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	char hex[65];

	past(room, l, "run", "just now", hex);
	struct prune what = { .before_ms = clock_wall_ms() - 3600000 };
	struct pruned p = prune(l, &what);
	assert_true(p.runs == 0 && p.contents == 0);
	assert_true(ledger_has(l, hex));
	what.before_ms = clock_wall_ms() + 3600000;
	assert_int_equal(prune(l, &what).contents, 1);
	ledger_close(l);
}

static void
what_is_in_use_stays_and_is_told(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	char first[65], last[65], open[65], release[65];
	autoevent e = { .count = 0 };

	struct ledger_run *r = room_begin(l, "apply", NULL);
	say(r, l, "the first apply", first);
	finish(room, r, "changed");
	r = room_begin(l, "start", NULL);
	say(r, l, "a release", release);
	event_init(&e, EVENT_RELEASE);
	event_set_text(&e, FIELD_HOST, "web1");
	event_set_text(&e, FIELD_NAME, "shop");
	event_set_text(&e, FIELD_CLASS, "new");
	event_set_text(&e, FIELD_VALUE, "0123");
	ledger_append(r, &e);
	finish(room, r, "changed");
	r = room_begin(l, "apply", NULL);
	say(r, l, "the last apply", last);
	finish(room, r, "changed");
	r = room_begin(l, "apply", NULL);
	say(r, l, "an apply that was lost", open);
	room_host_end(r, "web1", "unknown");
	room_settle(room, r);
	ledger_run_end(r); /* its owner is gone, and it has not ended */
	ledger_close(l);

	l = room_open(room);
	struct pruned p = prune(l, &all);
	assert_int_equal(p.open, 1);
	assert_int_equal(p.releases, 1);
	assert_int_equal(p.last, 1);
	assert_false(ledger_has(l, first));
	assert_true(ledger_has(l, open) && ledger_has(l, release) && ledger_has(l, last));
	ledger_close(l);
}

static void
the_last_run_that_changed_a_host_stays_for_undo_and_the_owed_for_their_hosts(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	char owed[65], last[65], looked[65];

	struct ledger_run *r = room_begin(l, "apply", "shop.yaml");
	say(r, l, "who was away is owed it", owed);
	room_host_end(r, "db1", "unreachable");
	room_run_end(r, "unreachable");
	r = room_begin(l, "apply", "site.yaml");
	say(r, l, "changed", last);
	finish(room, r, "changed");
	r = room_begin(l, "apply", "site.yaml");
	say(r, l, "all is well", looked);
	finish(room, r, "ok");

	struct pruned p = prune(l, &all);
	assert_true(p.owed == 1 && p.last == 1 && p.runs == 1);
	assert_true(ledger_has(l, owed) && ledger_has(l, last));
	assert_false(ledger_has(l, looked));
	ledger_close(l);
}

static void
nothing_goes_while_a_run_is_at_work_unless_it_is_a_terminal(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct pruned p;
	struct err err;
	char hex[65];

	past(room, l, "run", "old", hex);
	struct ledger_run *r = room_begin(l, "apply", NULL);
	assert_int_equal(ledger_prune(l, &all, &p, &err), -1);
	assert_int_equal(err.kind, OUTCOME_LOCKED);
	assert_string_equal(err.text, "r-2 (apply) is at work: prune when it has ended");
	assert_true(ledger_has(l, hex));
	struct prune own = all;
	own.own = ledger_run_uuid(r);
	own.dry = true;
	assert_int_equal(prune(l, &own).contents, 1);
	room_run_end(r, "ok");
	r = room_begin(l, "ssh", NULL);
	assert_int_equal(prune(l, &all).contents, 1);
	room_run_end(r, "ok");
	ledger_close(l);
}

static void
what_nobody_ever_named_goes_when_nobody_else_has_the_ledger(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room), *other = room_open(room);
	char hex[65], named[65];
	struct err err;

	past(room, l, "run", "named", named);
	ledger_put(l, "a crash came before its event", 29, hex);
	struct prune what = { .before_ms = 1 };
	assert_int_equal(prune(l, &what).contents, 0);
	ledger_close(other);
	assert_int_equal(prune(l, &what).contents, 1);
	assert_false(ledger_has(l, hex));
	assert_true(ledger_has(l, named));
	/* And it is let go again: others may open it. */
	other = ledger_open(NULL, room->db, false, &err);
	assert_non_null(other);
	ledger_close(other);
	ledger_close(l);
}

static void
transcripts_go_by_age_and_by_size_and_nothing_else_does(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	char cast[4][65], said[65], text[4000];

	for (int i = 0; i < 4; i++) {
		struct ledger_run *r = room_begin(l, "ssh", NULL);

		for (size_t k = 0; k < sizeof(text) - 1; k++)
			text[k] = (char)('!' + random() % 90);
		text[sizeof(text) - 1] = '\0';
		show(r, l, text, cast[i]);
		if (i == 0)
			say(r, l, "and said", said);
		finish(room, r, "ok");
	}
	struct prune what = { .transcripts = true, .most = 9000 };
	struct pruned p = prune(l, &what);
	assert_true(p.runs == 2 && p.contents == 2);
	assert_false(ledger_has(l, cast[0]) || ledger_has(l, cast[1]));
	assert_true(ledger_has(l, cast[2]) && ledger_has(l, cast[3]) && ledger_has(l, said));
	what = (struct prune){ .transcripts = true, .before_ms = INT64_MAX, .fleet = "elsewhere" };
	assert_int_equal(prune(l, &what).runs, 0);
	what.fleet = "shop";
	assert_int_equal(prune(l, &what).contents, 2);
	assert_false(ledger_has(l, cast[2]) || ledger_has(l, cast[3]));
	assert_true(ledger_has(l, said));
	/* A run whose terminals were pruned still has the rest to lose. */
	assert_int_equal(prune(l, &all).contents, 1);
	assert_false(ledger_has(l, said));
	ledger_close(l);
}

static int64_t
size_of(const struct room *room)
{
	struct stat st;

	assert_int_equal(stat(room->db, &st), 0);
	return st.st_size;
}

static void
the_file_shrinks_when_nobody_has_it_open(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room), *other;
	size_t n = (size_t)4 << 20;
	autofree char *text = xcalloc(n + 1, 1);
	char hex[65], kept[65];
	struct err err;
	int64_t bytes, before;

	for (size_t k = 0; k < n; k++)
		text[k] = (char)('!' + random() % 90);
	past(room, l, "run", text, hex);
	past(room, l, "run", "stays", kept);
	struct prune what = { .before_ms = INT64_MAX, .keep = 1 };
	assert_int_equal(prune(l, &what).contents, 1);
	ledger_close(l);

	other = room_open(room);
	assert_int_equal(ledger_compact(room->db, &bytes, &err), 0);
	assert_int_equal(bytes, 0);
	ledger_close(other);
	assert_int_equal(ledger_compact(room->db, &bytes, &err), 0);
	assert_true(bytes > (int64_t)n / 2);
	before = size_of(room);
	assert_true(before < (int64_t)n / 2);
	assert_int_equal(ledger_compact(room->db, &bytes, &err), 0);
	assert_int_equal(bytes, 0); /* not worth it a second time */
	l = room_open(room);
	assert_true(ledger_has(l, kept));
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	ledger_close(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(contents_of_old_runs_go_and_their_events_stay),
		TEST(what_is_younger_than_asked_stays),
		TEST(what_is_in_use_stays_and_is_told),
		TEST(the_last_run_that_changed_a_host_stays_for_undo_and_the_owed_for_their_hosts),
		TEST(nothing_goes_while_a_run_is_at_work_unless_it_is_a_terminal),
		TEST(what_nobody_ever_named_goes_when_nobody_else_has_the_ledger),
		TEST(transcripts_go_by_age_and_by_size_and_nothing_else_does),
		TEST(the_file_shrinks_when_nobody_has_it_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
