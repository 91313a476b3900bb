#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/tail.h"
#include "inventory/inventory.h"
#include "tests/fakes/glass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Sessions and channels of glass: the test is the host behind them. */
struct session {
	const struct session_listener *l;
	void *user;
};

struct channel {
	const struct channel_listener *l;
	void *user;
	char *command; /* as printf's %b reads it */
	char nonce[40];
	bool cancelled, held;
	size_t consumed;
};

static struct world {
	struct loop *loop;
	struct inventory *inventory;
	struct herd *herd;
	struct session session[8];
	struct channel channel[8];
	int sessions, channels;
	struct tail *tail;
	struct herd_host *host;
	struct buf told; /* messages */
	bool pause_now;
	struct err err;
} w;

struct session *
session_open(struct remote *r, const struct target *t, const struct session_listener *l, void *user)
{
	struct session *s = &w.session[w.sessions++];

	(void)r, (void)t;
	*s = (struct session){ l, user };
	return s;
}

void
session_close(struct session *s)
{
	(void)s;
}

void
session_counters(const struct session *s, struct session_counters *ret)
{
	(void)s;
	*ret = (struct session_counters){ 0 };
}

struct channel *
channel_start(
    struct session *s, const struct exec_spec *spec, const struct channel_listener *l, void *user)
{
	struct channel *c = &w.channel[w.channels++];

	(void)s;
	*c = (struct channel){ .l = l, .user = user, .command = xstrdup(spec->command) };
	glass_nonce(spec->command, c->nonce);
	return c;
}

struct channel *
channel_exec(struct session *s, const char *command, const struct channel_listener *l, void *user)
{
	return channel_start(s, &(struct exec_spec){ .command = command }, l, user);
}

size_t
channel_write(struct channel *c, const void *p, size_t n)
{
	(void)c, (void)p;
	return n;
}

size_t
channel_room(struct channel *c)
{
	(void)c;
	return 1000;
}

void
channel_write_end(struct channel *c)
{
	(void)c;
}

void
channel_cancel(struct channel *c)
{
	c->cancelled = true;
}

void
channel_hold(struct channel *c)
{
	c->held = true;
}

void
channel_consumed(struct channel *c, size_t n)
{
	c->consumed += n;
}

static void
on_entry(void *user, size_t source, const struct journal_entry *e)
{
	(void)user;
	assert_int_equal(source, 0);
	buf_add(&w.told, e->message.p, e->message.n);
	buf_addc(&w.told, ' ');
	if (w.pause_now)
		tail_pause(w.tail, true);
}

static void
on_changed(void *user, size_t source)
{
	(void)user, (void)source;
}

static void
pass(int64_t ms)
{
	for (int i = 0; i < 3; i++)
		loop_pass(w.loop, 0);
	loop_fake_advance(w.loop, ms);
	for (int i = 0; i < 3; i++)
		loop_pass(w.loop, 0);
}

static void
start(const struct tail_query *q, bool patient)
{
	static const char *const sources[] = { "a" };
	struct diag diag;

	memset(&w, 0, sizeof(w));
	buf_init(&w.told, 1 << 20);
	w.loop = loop_new(&w.err);
	loop_fake_clock(w.loop);
	diag_init(&diag);
	w.inventory = inventory_load(sources, 1, &diag, &w.err);
	diag_fini(&diag);
	w.herd = herd_new(&(struct herd_config){ .loop = w.loop, .inventory = w.inventory });
	w.host = herd_at(w.herd, 0);
	w.tail = tail_start(&(struct tail_spec){ .herd = w.herd,
	    .hosts = &w.host,
	    .count = 1,
	    .query = *q,
	    .patient = patient,
	    .entry = on_entry,
	    .changed = on_changed });
	pass(0);
	assert_int_equal(w.sessions, 1);
}

static void
finish(void)
{
	tail_free(w.tail);
	herd_free(w.herd);
	inventory_free(w.inventory);
	pass(0);
	loop_free(w.loop);
	buf_fini(&w.told);
	for (int i = 0; i < w.channels; i++)
		free(w.channel[i].command);
}

static void
comes_up(void)
{
	struct session *s = &w.session[w.sessions - 1];

	s->l->up(s->user, s);
	pass(0);
}

static void
goes_down(enum outcome kind)
{
	struct session *s = &w.session[w.sessions - 1];
	struct err err;

	err_set(&err, kind, "no answer for 15 s");
	s->l->down(s->user, s, &err);
}

static struct channel *
last(void)
{
	return &w.channel[w.channels - 1];
}

/* What the host says; N stands for the nonce. */
static void
says(enum stream stream, const char *what)
{
	struct channel *c = last();
	autobuf text = BUF_INIT(1 << 20);

	for (; *what; what++) {
		if (*what == 'N')
			buf_adds(&text, c->nonce);
		else
			buf_addc(&text, *what);
	}
	c->l->data(c->user, c, stream, text.data, text.len);
}

static void
ends(const struct channel_end *e)
{
	last()->l->end(last()->user, last(), e);
}

static void
link_breaks(void)
{
	struct err err;

	err_set(&err, OUTCOME_UNREACHABLE, "no answer for 15 s");
	ends(&(struct channel_end){ .err = &err });
	goes_down(OUTCOME_UNREACHABLE);
}

static enum tail_state
state_now(void)
{
	struct tail_status s;

	tail_get(w.tail, 0, &s);
	return s.state;
}

static bool
asked(const char *words)
{
	return strstr(last()->command, words) != NULL;
}

#define TOLD(want) assert_string_equal(buf_text(&w.told), want)

static const struct tail_query following = { .lines = 10, .follow = true, .level = -1 };

static void
a_lost_link_goes_on_behind_the_last_whole_entry(void **state)
{
	(void)state;
	start(&following, true);
	comes_up();
	assert_true(asked("--lines=10"));
	says(
	    STREAM_OUT, "\nMotd!\n\nN journal 1700\n__CURSOR=c1\nMESSAGE=one\n\n__CURSOR=c2\nMESS");
	assert_int_equal(state_now(), TAIL_LIVE);
	says(STREAM_OUT, "AGE=two\n\n__CURSOR=c3\nMESSAGE=half");
	TOLD("one two ");
	link_breaks();
	assert_int_equal(state_now(), TAIL_LOST);
	pass(600);
	assert_int_equal(w.sessions, 2);
	comes_up();
	assert_true(asked("--after-cursor=c2"));
	assert_true(asked("--lines=all"));
	assert_false(asked("--since"));
	says(STREAM_OUT, "\n\nN journal 1800\n__CURSOR=c3\nMESSAGE=half of it\n\n");
	TOLD("one two half of it ");
	assert_int_equal(state_now(), TAIL_LIVE);
	finish();
}

static void
without_an_entry_it_goes_on_from_where_it_began(void **state)
{
	(void)state;
	start(&following, true);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1700\n");
	link_breaks();
	pass(600);
	comes_up();
	assert_true(asked("--since=@1700"));
	assert_true(asked("--lines=all"));
	finish();
}

static void
a_host_that_does_not_come_is_tried_again_only_by_who_is_patient(void **state)
{
	(void)state;
	start(&following, true);
	goes_down(OUTCOME_UNREACHABLE);
	assert_int_equal(state_now(), TAIL_WAITING);
	pass(600);
	assert_int_equal(w.sessions, 2);
	goes_down(OUTCOME_REFUSED);
	assert_int_equal(state_now(), TAIL_FAILED);
	finish();
	start(&following, false);
	goes_down(OUTCOME_UNREACHABLE);
	assert_int_equal(state_now(), TAIL_FAILED);
	finish();
}

static void
what_has_an_end_ends_and_a_reader_that_fails_says_why(void **state)
{
	const struct tail_query read = { .lines = -1, .level = -1, .grep = "x" };
	struct tail_status s;

	(void)state;
	start(&read, false);
	comes_up();
	assert_true(asked("--grep=x"));
	says(STREAM_OUT, "\n\nN journal 1\nMESSAGE=x\n\n");
	ends(&(struct channel_end){ .have_status = true });
	assert_int_equal(state_now(), TAIL_ENDED);
	finish();
	start(&read, false);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1\n");
	ends(&(struct channel_end){ .have_status = true, .status = 1 });
	assert_int_equal(state_now(), TAIL_ENDED);
	finish();
	start(&read, false);
	comes_up();
	says(STREAM_ERR, "container web logs by the driver k8s-file, which is not the journal\n");
	ends(&(struct channel_end){ .have_status = true, .status = 1 });
	tail_get(w.tail, 0, &s);
	assert_int_equal(s.state, TAIL_FAILED);
	assert_int_equal(s.status, 1);
	assert_string_equal(
	    s.err->text, "container web logs by the driver k8s-file, which is not the journal");
	finish();
}

static void
a_unit_of_a_user_is_found_by_the_host(void **state)
{
	const struct tail_query query = {
		.what = TAIL_UNIT, .name = "shop.service", .user = "pg", .lines = 5, .level = -1
	};

	(void)state;
	start(&query, false);
	comes_up();
	/* As it is wrapped for the login's shell. */
	assert_true(asked(" \\0047\\0047 pg shop.service \\0047\\0047 --lines=5\\n"));
	assert_false(asked("--unit="));
	finish();
}

static void
a_plain_name_may_be_an_app_and_the_host_knows(void **state)
{
	struct tail_query query = { .what = TAIL_UNIT, .name = "shop", .lines = 5, .level = -1 };

	(void)state;
	start(&query, false);
	comes_up();
	assert_true(asked(" shop --lines=5\\n"));
	assert_false(asked("--unit=shop"));
	finish();
	query.name = "shop-*";
	start(&query, false);
	comes_up();
	assert_true(asked("--unit=shop-"));
	finish();
	query.name = "shop-0.service";
	start(&query, false);
	comes_up();
	assert_true(asked("--unit=shop-0.service"));
	finish();
}

static void
the_end_of_the_leash_is_no_loss(void **state)
{
	struct tail_status s;

	(void)state;
	start(&following, true);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1\n__CURSOR=c1\nMESSAGE=a\n\n");
	ends(&(struct channel_end){ .have_status = true, .status = 124 });
	pass(0);
	assert_int_equal(w.channels, 2);
	assert_true(asked("--after-cursor=c1"));
	tail_get(w.tail, 0, &s);
	assert_int_equal(s.losses, 0);
	finish();
}

static void
who_says_something_else_than_a_journal_is_cut(void **state)
{
	autobuf line = BUF_INIT(1000);

	(void)state;
	start(&following, true);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1\nMESSAGE=a\n\n");
	for (int i = 0; i < 300; i++)
		buf_addc(&line, 'x');
	says(STREAM_OUT, buf_text(&line));
	assert_true(last()->cancelled);
	says(STREAM_OUT, "\n\nMESSAGE=b\n\n");
	ends(&(struct channel_end){ .cancelled = true });
	assert_int_equal(state_now(), TAIL_FAILED);
	TOLD("a ");
	finish();
}

static void
a_pause_gives_no_credit_and_nothing_is_dropped(void **state)
{
	(void)state;
	start(&following, true);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1\nMESSAGE=a\n\n");
	w.pause_now = true;
	says(STREAM_OUT, "MESSAGE=b\n\n");
	says(STREAM_OUT, "MESSAGE=c\n\n");
	assert_true(last()->held);
	assert_int_equal(last()->consumed, 0);
	TOLD("a b c ");
	w.pause_now = false;
	tail_pause(w.tail, false);
	assert_int_equal(last()->consumed, 22);
	finish();
}

static void
who_closes_it_ends_the_program_on_the_host(void **state)
{
	(void)state;
	start(&following, true);
	comes_up();
	says(STREAM_OUT, "\n\nN journal 1\nMESSAGE=a\n\n");
	tail_free(take(w.tail));
	assert_true(last()->cancelled);
	says(STREAM_OUT, "MESSAGE=b\n\n");
	TOLD("a ");
	ends(&(struct channel_end){ .cancelled = true });
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_link_goes_on_behind_the_last_whole_entry),
		cmocka_unit_test(without_an_entry_it_goes_on_from_where_it_began),
		cmocka_unit_test(a_host_that_does_not_come_is_tried_again_only_by_who_is_patient),
		cmocka_unit_test(what_has_an_end_ends_and_a_reader_that_fails_says_why),
		cmocka_unit_test(a_unit_of_a_user_is_found_by_the_host),
		cmocka_unit_test(a_plain_name_may_be_an_app_and_the_host_knows),
		cmocka_unit_test(the_end_of_the_leash_is_no_loss),
		cmocka_unit_test(who_says_something_else_than_a_journal_is_cut),
		cmocka_unit_test(a_pause_gives_no_credit_and_nothing_is_dropped),
		cmocka_unit_test(who_closes_it_ends_the_program_on_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
