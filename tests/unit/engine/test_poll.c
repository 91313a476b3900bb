/* Polls and the watches under them: sessions and channels are of glass, time is moved by hand. */
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/poll.h"
#include "inventory/inventory.h"
#include "tests/fakes/glass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 100

struct channel {
	const struct channel_listener *l;
	void *user;
	struct session *session;
	bool quiet, cancelled;
};

struct session {
	const struct session_listener *l;
	void *user;
	int host;
	bool open;
	struct channel channel[40];
	int channels;
};

/* One host: what it is told to say, and what it was asked. */
struct fake {
	struct session session[40];
	int sessions, asked, asked_full;
	char how[8], nonce[40];
	bool dead, mute;
	const char *stamp;
	int failed;
};

static struct world {
	struct loop *loop;
	struct inventory *inventory;
	struct herd *herd;
	struct poll *poll;
	struct fake *fake;
	int out, most_out, order[HOSTS], ordered, changed;
} w;

static int
number_of(const char *name)
{
	return (int)strtol(name + 1, NULL, 10);
}

struct session *
session_open(struct remote *r, const struct target *t, const struct session_listener *l, void *user)
{
	struct fake *f = &w.fake[number_of(t->name)];
	struct session *s = &f->session[f->sessions++];

	(void)r;
	assert_true(f->sessions <= 40);
	*s = (struct session){ .l = l, .user = user, .host = number_of(t->name), .open = true };
	w.out++;
	if (w.out > w.most_out)
		w.most_out = w.out;
	if (w.ordered < HOSTS)
		w.order[w.ordered++] = s->host;
	return s;
}

void
session_close(struct session *s)
{
	s->open = false;
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
	struct channel *c = &s->channel[s->channels++];

	assert_true(s->channels <= 40);
	*c = (struct channel){ .l = l, .user = user, .session = s, .quiet = spec->quiet };
	return c;
}

struct channel *
channel_exec(struct session *s, const char *command, const struct channel_listener *l, void *user)
{
	return channel_start(s, &(struct exec_spec){ .command = command }, l, user);
}

/* A question, whole: "short NONCE\n". */
size_t
channel_write(struct channel *c, const void *p, size_t n)
{
	struct fake *f = &w.fake[c->session->host];
	autofree char *line = xmemdup0(p, n);

	assert_int_equal(sscanf(line, "%7s %39s", f->how, f->nonce), 2);
	f->asked++;
	f->asked_full += str_eq(f->how, "full");
	return n;
}

size_t
channel_room(struct channel *c)
{
	(void)c;
	return 1 << 20;
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
	(void)c;
}

void
channel_consumed(struct channel *c, size_t n)
{
	(void)c, (void)n;
}

static struct session *
last_session(struct fake *f)
{
	return f->sessions ? &f->session[f->sessions - 1] : NULL;
}

static void
say(struct channel *c, const char *text)
{
	c->l->data(c->user, c, STREAM_OUT, text, strlen(text));
}

static void
answer(struct fake *f, struct channel *c)
{
	bool is_short = str_eq(f->how, "short");
	autobuf b = BUF_INIT(4096);

	if (!f->nonce[0] || f->mute)
		return;
	buf_addf(&b, "\n%s begin 0\nbegin 1\n%suptime 100\nload 0 0 0\nstamp %s\n", f->nonce,
	    is_short ? "short\n" : "", f->stamp);
	for (int i = 0; i < f->failed && !is_short; i++)
		buf_addf(&b, "unit u%d.service loaded failed failed 9 1 text\n", i);
	buf_addf(&b, "end\n\n%s end 0\n", f->nonce);
	f->nonce[0] = '\0';
	w.out--;
	/* In two pieces, one of them within the mark. */
	size_t cut = b.len - 20;
	c->l->data(c->user, c, STREAM_OUT, b.data, cut);
	c->l->data(c->user, c, STREAM_OUT, b.data + cut, b.len - cut);
}

/* The hosts do what they do: logins come up or fail, questions are answered, what was cancelled ends. */
static void
hosts_act(void)
{
	for (int i = 0; i < HOSTS; i++) {
		struct fake *f = &w.fake[i];
		struct session *s = last_session(f);
		struct err err;

		if (!s || !s->open)
			continue;
		if (f->dead) {
			w.out--;
			err_set(&err, OUTCOME_UNREACHABLE, "connect: refused");
			s->l->down(s->user, s, &err);
			continue;
		}
		if (!s->channels)
			s->l->up(s->user, s);
		for (int k = 0; k < s->channels; k++) {
			struct channel *c = &s->channel[k];

			if (c->l && c->cancelled) {
				c->l->end(c->user, c, &(struct channel_end){ .cancelled = true });
				c->l = NULL;
			}
		}
		if (!s->open || !s->channels || !s->channel[s->channels - 1].l)
			continue;
		struct channel *c = &s->channel[s->channels - 1];
		if (f->nonce[0] && !f->mute)
			say(c, "\n");
		answer(f, c);
	}
}

/* Time passes in small steps, and the hosts act in each. */
static void
pass(int64_t ms)
{
	for (int64_t t = 0; t < ms; t += 50) {
		loop_fake_advance(w.loop, 50);
		loop_pass(w.loop, 0);
		hosts_act();
	}
}

static void
on_changed(void *user, size_t host)
{
	(void)user, (void)host;
	w.changed++;
}

static int
set_up(void **state)
{
	struct diag diag;
	autobuf text = BUF_INIT(1 << 16);
	struct err err;

	(void)state;
	buf_adds(&text, "groups:\n  g:\n    hosts: h[0-99]\n");
	glass_rtt_ms = 7;
	w = (struct world){ .loop = loop_new(&err), .fake = xcalloc(HOSTS, sizeof(*w.fake)) };
	for (int i = 0; i < HOSTS; i++)
		w.fake[i].stamp = "1";
	loop_fake_clock(w.loop);
	diag_init(&diag);
	w.inventory = inventory_parse("i.yaml", buf_text(&text), text.len, &diag, &err);
	diag_fini(&diag);
	assert_non_null(w.inventory);
	w.herd = herd_new(&(struct herd_config){ .loop = w.loop, .inventory = w.inventory });
	w.poll = poll_new(w.herd, on_changed, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	poll_free(w.poll);
	herd_free(w.herd);
	inventory_free(w.inventory);
	loop_pass(w.loop, 0);
	loop_free(w.loop);
	free(w.fake);
	return 0;
}

static void
see(int first, int last)
{
	for (int i = 0; i < HOSTS; i++)
		poll_watch(w.poll, (size_t)i, i >= first && i <= last);
}

static void
what_is_in_sight_comes_first_then_what_is_marked(void **state)
{
	(void)state;
	see(90, 94);
	poll_prefer(w.poll, 50, true);
	pass(500);
	for (int i = 0; i < 5; i++)
		assert_in_range(w.order[i], 90, 94);
	assert_int_equal(w.order[5], 50);
	pass(5000);
	assert_int_equal(w.ordered, HOSTS);
	assert_true(w.most_out <= POLL_PARALLEL);
	assert_true(w.most_out > POLL_PARALLEL / 2);
}

static void
what_is_in_sight_is_asked_often_and_the_rest_rarely(void **state)
{
	(void)state;
	see(0, 3);
	pass(60000);
	assert_in_range(w.fake[0].asked, 15, 25);
	assert_in_range(w.fake[50].asked, 2, 4);
	/* One login and one command each. */
	assert_int_equal(w.fake[0].sessions, 1);
	assert_int_equal(w.fake[0].session[0].channels, 1);
	assert_true(w.fake[0].session[0].channel[0].quiet);
	assert_in_range(w.fake[0].asked_full, 2, 4);
	assert_int_equal(w.fake[50].asked_full, 1);
	/* What comes into sight is asked soon. */
	int before = w.fake[50].asked;
	see(50, 50);
	pass(3500);
	assert_in_range(w.fake[50].asked - before, 1, 2);
}

static void
what_came_or_went_is_asked_for_at_once(void **state)
{
	struct poll_view v;

	(void)state;
	see(0, 3);
	pass(5000);
	int before = w.changed;
	pass(4000);
	assert_int_equal(w.changed, before); /* numbers alone are nothing to tell */
	w.fake[1].stamp = "2";
	w.fake[1].failed = 2;
	pass(4000);
	poll_get(w.poll, 1, &v);
	assert_int_equal(v.status->units_failed, 2);
	assert_int_equal(v.link, POLL_UP);
	assert_true(w.changed > before);
	assert_false(v.from_ledger);
}

static void
a_dead_host_is_asked_less_and_less(void **state)
{
	struct poll_view v;

	(void)state;
	w.fake[7].dead = true;
	pass(60000);
	int first = w.fake[7].sessions;
	assert_in_range(first, 3, 6);
	pass(600000);
	assert_in_range(w.fake[7].sessions - first, 4, 7);
	poll_get(w.poll, 7, &v);
	assert_int_equal(v.link, POLL_DOWN);
	assert_string_equal(v.err->text, "connect: refused");
	assert_int_equal(v.age_ms, -1);
	/* R asks it now. */
	w.fake[7].dead = false;
	poll_now(w.poll, 7);
	pass(500);
	poll_get(w.poll, 7, &v);
	assert_int_equal(v.link, POLL_UP);
}

static void
who_does_not_answer_is_given_up_and_asked_by_another_program(void **state)
{
	struct poll_view v;

	(void)state;
	see(0, 0);
	pass(5000);
	w.fake[0].mute = true;
	pass(26000);
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.link, POLL_DOWN);
	assert_string_equal(v.err->text, "no answer in 20 s");
	assert_true(w.fake[0].session[0].channel[0].cancelled);
	w.fake[0].mute = false;
	pass(40000);
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.link, POLL_UP);
}

static void
held_nobody_is_asked_and_nothing_runs_there(void **state)
{
	(void)state;
	see(0, 3);
	pass(5000);
	poll_hold(w.poll, true);
	pass(500);
	int before = w.fake[0].asked;
	assert_true(w.fake[0].session[0].channel[0].cancelled);
	assert_true(w.fake[60].session[0].channel[0].cancelled);
	pass(120000);
	assert_int_equal(w.fake[0].asked, before);
	poll_hold(w.poll, false);
	pass(5000);
	assert_true(w.fake[0].asked > before);
	assert_int_equal(w.fake[0].sessions, 1);
}

static void
a_session_that_is_let_go_of_closes_though_it_is_watched(void **state)
{
	struct poll_view v;

	(void)state;
	see(0, 3);
	pass(5000);
	assert_true(w.fake[0].session[0].open);
	herd_disconnect(herd_at(w.herd, 0));
	assert_false(w.fake[0].session[0].open);
	assert_false(herd_connected(herd_at(w.herd, 0)));
	/* And it is no fault of the host. */
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.link, POLL_UP);
	pass(5000);
	assert_int_equal(w.fake[0].sessions, 2);
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.link, POLL_UP);
}

static void
a_session_in_use_stays_until_it_is_released(void **state)
{
	struct herd_host *hh = herd_at(w.herd, 0);

	(void)state;
	see(0, 3);
	pass(5000);
	herd_hold(hh);
	herd_disconnect(hh);
	assert_true(w.fake[0].session[0].open);
	herd_release(hh);
	assert_false(w.fake[0].session[0].open);
}

static void
a_program_whose_time_is_over_is_begun_anew_without_a_word(void **state)
{
	struct poll_view v;
	struct channel *c;

	(void)state;
	see(0, 3);
	pass(5000);
	int before = w.changed;
	c = &w.fake[0].session[0].channel[0];
	c->l->end(c->user, c, &(struct channel_end){ .have_status = true, .status = 124 });
	c->l = NULL;
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.link, POLL_UP);
	pass(5000);
	assert_int_equal(w.fake[0].session[0].channels, 2);
	assert_int_equal(w.fake[0].sessions, 1);
	assert_int_equal(w.changed, before);
}

static void
what_a_host_says_without_being_asked_is_no_answer(void **state)
{
	struct poll_view v;
	struct channel *c;

	(void)state;
	see(0, 0);
	pass(5000);
	c = &w.fake[0].session[0].channel[0];
	say(c,
	    "\n00000000000000000000000000000000 begin 0\nbegin 1\nunit x loaded failed failed 1 1 "
	    "y\nend\n\n00000000000000000000000000000000 end 0\n");
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.status->units_failed, 0);
	pass(4000);
	poll_get(w.poll, 0, &v);
	assert_int_equal(v.status->units_failed, 0);
	assert_int_equal(v.link, POLL_UP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_in_sight_comes_first_then_what_is_marked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_in_sight_is_asked_often_and_the_rest_rarely, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_came_or_went_is_asked_for_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_dead_host_is_asked_less_and_less, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    who_does_not_answer_is_given_up_and_asked_by_another_program, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    held_nobody_is_asked_and_nothing_runs_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_session_that_is_let_go_of_closes_though_it_is_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_session_in_use_stays_until_it_is_released, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_program_whose_time_is_over_is_begun_anew_without_a_word, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_a_host_says_without_being_asked_is_no_answer, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
