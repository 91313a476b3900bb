#include "playbooks/follow.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BOOT "249b4f63-43dc-4c57-b422-bb285c107404"

struct talk {
	struct follow *follow;
	struct buf seen;
};

static void
on_record(void *user, const struct follow_record *r)
{
	struct talk *t = user;

	buf_addf(&t->seen, "%d:%d:%zu:%s:%lld:%s ", (int)r->number, r->kind, r->step,
	    r->kind == FOLLOW_STEP || r->kind == FOLLOW_END ? outcome_name(r->state) : "-",
	    (long long)r->rc, r->text ? r->text : "-");
}

static void
say(struct talk *t, const char *kind, const char *payload)
{
	autofree char *frame = xasprintf("nn %s %zu\n%s\n", kind, strlen(payload), payload);

	follow_feed(t->follow, frame, strlen(frame));
}

static void
begin(struct talk *t, int64_t seen)
{
	*t = (struct talk){ .seen = BUF_INIT(4096) };
	t->follow = follow_new("nn", seen, on_record, t);
	say(t, "begin", "1");
}

static struct follow_result
verdict(struct talk *t)
{
	struct follow_result r;

	follow_verdict(t->follow, &r);
	follow_free(t->follow);
	buf_fini(&t->seen);
	return r;
}

static void
who_holds_a_lock_is_named_if_its_text_is_what_an_act_writes(void **state)
{
	struct talk t;
	struct follow_result r;
	/* 01a20058-...\tthe time\tme@here\tme\tweb1, and junk with as many words */
	static const char *const text[] = { "MDFhMjAwNTgtYjJjYi03YWJjLThkZWYtZjMyMjQ5MzhkYjc4CXRoZS"
					    "B0aW1lCW1lQGhlcmUJbWUJd2ViMQ==",
		"YQliCWMJZAll" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		autofree char *end = xasprintf("1 " BOOT " 1.00 end locked %s", text[i]);

		begin(&t, 0);
		say(&t, "record", end);
		r = verdict(&t);
		assert_int_equal(r.outcome, OUTCOME_LOCKED);
		assert_string_equal(r.text,
		    i ? "another run holds the host's lock"
		      : "another run holds the host's lock: me at me@here since the time, run "
			"01a20058-b2cb-7abc-8def-f3224938db78");
	}
}

static void
records_become_steps_and_an_end_decides(void **state)
{
	struct talk t;
	struct follow_result r;

	(void)state;
	begin(&t, 0);
	say(&t, "started", "");
	say(&t, "record", "1 " BOOT " 10.00 begin 01a20058-b2cb-7abc-8def-f3224938db78");
	say(&t, "record", "2 " BOOT " 10.01 switch");
	say(&t, "record", "3 " BOOT " 10.01 step 1 changed 0 -");
	say(&t, "record", "4 " BOOT " 10.02 start 2");
	say(&t, "record", "5 " BOOT " 10.50 step 2 failed 3 bm8=");
	say(&t, "record", "6 " BOOT " 10.50 end failed bm8K");
	say(&t, "complete", BOOT);
	say(&t, "end", "");
	assert_string_equal(buf_text(&t.seen),
	    "1:0:0:-:0:- 2:1:0:-:0:- 3:3:1:changed:0: 4:2:2:-:0:- 5:3:2:failed:3:no "
	    "6:4:0:failed:0:no ");
	r = verdict(&t);
	assert_int_equal(r.end, FOLLOW_DONE);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_string_equal(r.text, "no");
	assert_int_equal(r.rc, 3);
	assert_int_equal(r.changed, 1);
	assert_true(r.started);
}

static void
an_act_that_is_armed_says_so_and_a_taking_back_undoes_its_end(void **state)
{
	struct talk t;
	struct follow_result r;

	(void)state;
	begin(&t, 0);
	say(&t, "record", "1 " BOOT " 10.00 begin x");
	say(&t, "record", "2 " BOOT " 10.00 switch");
	say(&t, "record", "3 " BOOT " 10.01 armed 60");
	say(&t, "record", "4 " BOOT " 10.02 waits");
	assert_string_equal(buf_text(&t.seen), "1:0:0:-:0:- 2:1:0:-:0:- 3:5:0:-:60:- 4:6:0:-:0:- ");
	follow_verdict(t.follow, &r);
	assert_true(r.armed);
	assert_int_equal(r.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(r.seen, 4);
	say(&t, "record", "5 " BOOT " 10.03 confirmed");
	follow_verdict(t.follow, &r);
	assert_false(r.armed);
	say(&t, "record", "6 " BOOT " 10.03 end changed -");
	follow_verdict(t.follow, &r);
	assert_int_equal(r.outcome, OUTCOME_CHANGED);
	say(&t, "record", "7 " BOOT " 10.04 back bm8=");
	follow_verdict(t.follow, &r);
	assert_int_equal(r.end, FOLLOW_LOST);
	say(&t, "record", "8 " BOOT " 10.05 end rolled-back bm8=");
	r = verdict(&t);
	assert_int_equal(r.end, FOLLOW_DONE);
	assert_int_equal(r.outcome, OUTCOME_ROLLED_BACK);
}

static void
records_seen_before_are_left_out(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, 3);
	say(&t, "record", "2 " BOOT " 10.01 switch");
	say(&t, "record", "3 " BOOT " 10.01 step 1 changed 0 -");
	say(&t, "record", "4 " BOOT " 10.02 start 2");
	assert_string_equal(buf_text(&t.seen), "4:2:2:-:0:- ");
	assert_int_equal(verdict(&t).end, FOLLOW_LOST);
}

static void
an_act_that_is_gone_is_unknown_only_once_it_changed_something(void **state)
{
	struct talk t;
	struct follow_result r;

	(void)state;
	begin(&t, 0);
	say(&t, "record", "1 " BOOT " 10.00 begin x");
	say(&t, "gone", BOOT);
	say(&t, "end", "");
	r = verdict(&t);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_non_null(strstr(r.text, "nothing had been changed"));
	begin(&t, 0);
	say(&t, "record", "1 " BOOT " 10.00 begin x");
	say(&t, "record", "2 " BOOT " 10.00 switch");
	say(&t, "gone", "another-boot");
	say(&t, "end", "");
	r = verdict(&t);
	assert_int_equal(r.outcome, OUTCOME_UNKNOWN);
	assert_non_null(strstr(r.text, "rebooted"));
}

static void
a_reply_that_breaks_off_proves_nothing(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, 0);
	say(&t, "started", "");
	say(&t, "record", "1 " BOOT " 10.00 begin x");
	assert_int_equal(verdict(&t).outcome, OUTCOME_UNKNOWN);
	begin(&t, 0);
	say(&t, "gone", BOOT);
	assert_int_equal(verdict(&t).end, FOLLOW_LOST);
}

static void
a_short_request_means_that_nothing_happened(void **state)
{
	struct talk t;
	struct follow_result r;

	(void)state;
	begin(&t, 0);
	say(&t, "short", "the request is short: 5 of 9 bytes");
	say(&t, "end", "");
	r = verdict(&t);
	assert_int_equal(r.end, FOLLOW_NOTHING);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_string_equal(r.text, "the request is short: 5 of 9 bytes");
}

static void
the_journal_answers_for_a_run_whose_directory_is_gone(void **state)
{
	struct talk t;
	struct follow_result r;

	(void)state;
	begin(&t, 0);
	say(&t, "journal", "2026-11-21T23:02:23.000Z\trun\tchanged\tseat\twho\thost\tpb\trel");
	say(&t, "absent", BOOT);
	say(&t, "end", "");
	r = verdict(&t);
	assert_int_equal(r.outcome, OUTCOME_CHANGED);
	begin(&t, 0);
	say(&t, "journal", "");
	say(&t, "absent", BOOT);
	say(&t, "end", "");
	r = verdict(&t);
	assert_int_equal(r.end, FOLLOW_ABSENT);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
}

static void
a_line_cut_by_a_full_disk_is_passed_over(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, 0);
	say(&t, "record", "1 " BOOT " 10.0");
	say(&t, "record", "");
	say(&t, "record", "1 " BOOT " 10.00 begin x");
	say(&t, "record", "2 " BOOT " 10.00 end changed !!");
	say(&t, "record", "2 " BOOT " 10.00 step 0 changed 0 -");
	assert_string_equal(buf_text(&t.seen), "1:0:0:-:0:- 2:4:0:changed:0: ");
	verdict(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_holds_a_lock_is_named_if_its_text_is_what_an_act_writes),
		cmocka_unit_test(records_become_steps_and_an_end_decides),
		cmocka_unit_test(an_act_that_is_armed_says_so_and_a_taking_back_undoes_its_end),
		cmocka_unit_test(records_seen_before_are_left_out),
		cmocka_unit_test(an_act_that_is_gone_is_unknown_only_once_it_changed_something),
		cmocka_unit_test(a_reply_that_breaks_off_proves_nothing),
		cmocka_unit_test(a_short_request_means_that_nothing_happened),
		cmocka_unit_test(the_journal_answers_for_a_run_whose_directory_is_gone),
		cmocka_unit_test(a_line_cut_by_a_full_disk_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
