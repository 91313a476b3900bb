#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "tests/fakes/glass.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/*
 * Hosts of glass: what a name begins with says how it behaves. ok: says "hello" and ends well;
 * bad: status 3; dead: is never reached; mute: connects, runs, never ends; far: never connects;
 * kill: its command dies of a signal.
 */
struct session {
	char name[32];
	const struct session_listener *l;
	void *user;
	struct session_counters n;
	struct channel *channel;
	bool closed, up;
};

struct channel {
	struct session *s;
	const struct channel_listener *l;
	void *user;
	size_t got;
};

static struct {
	struct loop *loop;
	int open, most_open, opened, closed;
} world;

static const char *terminal; /* that commands are to have */

static void
answer(void *user)
{
	struct session *s = user;
	struct err err;

	if (s->closed) {
		free(s->channel);
		free(s);
		return;
	}
	if (str_starts(s->name, "far"))
		return;
	if (str_starts(s->name, "dead")) {
		err_set(&err, OUTCOME_UNREACHABLE, "connect: nobody there");
		s->l->down(s->user, s, &err);
		return;
	}
	s->up = true;
	s->n.logins = 1;
	s->l->up(s->user, s);
}

struct session *
session_open(struct remote *r, const struct target *t, const struct session_listener *l, void *user)
{
	struct session *s = xcalloc(1, sizeof(*s));

	(void)r;
	str_copy(s->name, sizeof(s->name), t->name);
	s->l = l;
	s->user = user;
	world.opened++;
	world.open++;
	world.most_open = world.open > world.most_open ? world.open : world.most_open;
	loop_soon(world.loop, answer, s);
	return s;
}

static void
bury(void *user)
{
	struct session *s = user;

	free(s->channel);
	free(s);
}

void
session_close(struct session *s)
{
	bool waiting = !s->up && !str_starts(s->name, "dead") && !str_starts(s->name, "far");

	world.closed++;
	world.open--;
	s->closed = true;
	if (!waiting)
		loop_soon(world.loop, bury, s);
}

void
session_counters(const struct session *s, struct session_counters *ret)
{
	*ret = s->n;
}

static void
end_channel(struct channel *c, const struct channel_end *e)
{
	c->s->channel = NULL;
	c->l->end(c->user, c, e);
	free(c);
}

static void
speak(void *user)
{
	struct channel *c = user;
	struct channel_end e = { .have_status = true };

	if (str_starts(c->s->name, "mute"))
		return;
	if (terminal) {
		c->l->data(c->user, c, STREAM_OUT, "one\r", 4);
		c->l->data(c->user, c, STREAM_OUT, "\ntwo\r\r\nthr\ree\r", 14);
		end_channel(c, &e);
		return;
	}
	c->l->data(c->user, c, STREAM_OUT, "gr\xc3", 3);
	c->l->data(c->user, c, STREAM_OUT, "\xbc\xc3\x9f\n", 4);
	if (str_starts(c->s->name, "bad"))
		e.status = 3;
	if (str_starts(c->s->name, "kill")) {
		e.have_status = false;
		str_copy(e.signal, sizeof(e.signal), "KILL");
	}
	end_channel(c, &e);
}

struct channel *
channel_exec(struct session *s, const char *command, const struct channel_listener *l, void *user)
{
	struct channel *c = xcalloc(1, sizeof(*c));

	assert_string_equal(command, "say it");
	*c = (struct channel){ s, l, user, 0 };
	s->channel = c;
	s->n.execs++;
	return c;
}

struct channel *
channel_start(
    struct session *s, const struct exec_spec *spec, const struct channel_listener *l, void *user)
{
	/* What people type may read its input when it likes. */
	assert_int_equal(spec->stall_ms, -1);
	assert_int_equal(spec->terminal == NULL, terminal == NULL);
	return channel_exec(s, spec->command, l, user);
}

size_t
channel_room(struct channel *c)
{
	(void)c;
	return 65536;
}

size_t
channel_write(struct channel *c, const void *p, size_t n)
{
	if (terminal) {
		assert_int_equal(n, 1);
		assert_int_equal(*(const char *)p, 4); /* its end of input */
		assert_int_equal(c->got++, 0);
		loop_soon(world.loop, speak, c);
		return 1;
	}
	/* Takes it three bytes at a time. */
	n = n > 3 ? 3 : n;
	c->got += n;
	return n;
}

void
channel_write_end(struct channel *c)
{
	loop_soon(world.loop, speak, c);
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

void
channel_cancel(struct channel *c)
{
	struct channel_end e = { .cancelled = true };

	end_channel(c, &e);
}

/* A run on some hosts, and what it told. */
struct scene {
	struct inventory *inventory;
	struct herd *herd;
	struct run *run;
	struct fanout *fanout;
	struct herd_host *hosts[32];
	struct buf story;
	bool done;
	int stop_after; /* this many host.start: stop twice */
};

static void
note(void *user, const struct event *e)
{
	struct scene *s = user;
	size_t n;

	if (e->kind == EVENT_RUN_START || e->kind == EVENT_RUN_END)
		buf_addf(&s->story, "%s\n", event_kind_name(e->kind));
	if (e->kind == EVENT_HOST_OUT)
		buf_addf(
		    &s->story, "%s %s", event_text(e, FIELD_HOST), event_data(e, FIELD_DATA, &n));
	if (e->kind == EVENT_HOST_END)
		buf_addf(&s->story, "%s %s %lld\n", event_text(e, FIELD_HOST),
		    event_text(e, FIELD_STATE), (long long)event_int(e, FIELD_RC, -1));
}

static void
done(void *user)
{
	struct scene *s = user;

	s->done = true;
}

static void
play(struct scene *s, const char *hosts, int parallel, int stops)
{
	struct diag diag;
	struct err err;
	autoevent start;
	struct run_spec run = { .start = &start };
	struct herd_config config = { 0 };
	struct fanout_spec spec = {
		.command = "say it", .terminal = terminal, .done = done, .user = s
	};

	*s = (struct scene){ .story = BUF_INIT(65536) };
	memset(&world, 0, sizeof(world));
	world.loop = loop_new(&err);
	diag_init(&diag);
	s->inventory = inventory_load(&hosts, 1, &diag, &err);
	assert_non_null(s->inventory);
	diag_fini(&diag);
	config.loop = run.loop = world.loop;
	config.inventory = s->inventory;
	s->herd = herd_new(&config);
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "run");
	run.host_count = spec.count = herd_count(s->herd);
	s->run = run_new(&run, &err);
	assert_non_null(s->run);
	run_add_sink(s->run, &(struct event_sink){ note, s });
	for (size_t i = 0; i < spec.count; i++)
		s->hosts[i] = herd_at(s->herd, i);
	spec.herd = s->herd;
	spec.run = s->run;
	spec.hosts = s->hosts;
	spec.parallel = parallel;
	s->fanout = fanout_start(&spec);
	assert_false(s->done);
	for (int i = 0; i < 20; i++)
		loop_pass(world.loop, 0);
	while (stops-- > 0) {
		run_stop(s->run, SIGINT);
		fanout_stop(s->fanout);
		for (int i = 0; i < 5; i++)
			loop_pass(world.loop, 0);
	}
}

static void
finish(struct scene *s)
{
	fanout_free(s->fanout);
	run_free(s->run);
	herd_free(s->herd);
	inventory_free(s->inventory);
	for (int i = 0; i < 5; i++)
		loop_pass(world.loop, 0);
	loop_free(world.loop);
	buf_fini(&s->story);
	assert_int_equal(world.opened, world.closed);
}

static void
each_host_ends_once_in_its_own_way(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "bad1,dead1,kill1,ok1", 0, 0);
	assert_true(s.done);
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 1);
	assert_non_null(strstr(buf_text(&s.story), "run.start\n"));
	assert_non_null(strstr(buf_text(&s.story), "ok1 ok 0\n"));
	assert_non_null(strstr(buf_text(&s.story), "bad1 failed 3\n"));
	assert_non_null(strstr(buf_text(&s.story), "dead1 unreachable -1\n"));
	assert_non_null(strstr(buf_text(&s.story), "kill1 failed -1\n"));
	assert_true(str_ends(buf_text(&s.story), "run.end\n"));
	assert_int_equal(run_counts(s.run)->ended, 4);
	finish(&s);
}

static void
pieces_are_cut_between_characters(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "ok1", 0, 0);
	assert_non_null(strstr(buf_text(&s.story), "ok1 grok1 \xc3\xbc\xc3\x9f\n"));
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 0);
	finish(&s);
}

static void
on_terminals_input_ends_at_once_and_lines_are_lines(void **state)
{
	struct scene s;

	(void)state;
	terminal = "dumb";
	play(&s, "ok1", 0, 0);
	assert_true(s.done);
	assert_non_null(strstr(buf_text(&s.story), "ok1 one"));
	assert_non_null(strstr(buf_text(&s.story), "\ntwo\nthr\ree"));
	assert_null(strstr(buf_text(&s.story), "one\r"));
	assert_null(strstr(buf_text(&s.story), "two\r"));
	assert_non_null(strstr(buf_text(&s.story), "ok1 ok 0"));
	finish(&s);
	terminal = NULL;
}

static void
no_more_hosts_are_at_work_than_allowed(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "ok1,ok2,ok3,ok4,ok5,ok6,ok7,dead1,dead2", 2, 0);
	assert_true(s.done);
	assert_int_equal(world.opened, 9);
	assert_true(world.most_open <= 2);
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 4);
	finish(&s);
}

static void
the_first_stop_starts_no_more_and_lets_the_running_end(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "mute1,ok1,ok2", 1, 1);
	assert_false(s.done);
	assert_non_null(strstr(buf_text(&s.story), "ok1 untried -1\n"));
	assert_non_null(strstr(buf_text(&s.story), "ok2 untried -1\n"));
	assert_null(strstr(buf_text(&s.story), "mute1"));
	fanout_stop(s.fanout);
	loop_pass(world.loop, 0);
	assert_true(s.done);
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 130);
	finish(&s);
}

static void
the_second_stop_cuts_what_runs_as_unknown_and_what_connects_as_untried(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "far1,mute1", 2, 2);
	assert_true(s.done);
	assert_non_null(strstr(buf_text(&s.story), "far1 untried -1\n"));
	assert_non_null(strstr(buf_text(&s.story), "mute1 unknown -1\n"));
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 130);
	finish(&s);
}

static void
a_time_limit_gives_its_own_exit_code(void **state)
{
	struct scene s;

	(void)state;
	play(&s, "mute1", 0, 0);
	run_stop(s.run, 0);
	fanout_stop(s.fanout);
	fanout_stop(s.fanout);
	loop_pass(world.loop, 0);
	assert_true(s.done);
	assert_int_equal(run_finish(s.run, OUTCOME_OK), 124);
	finish(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_ends_once_in_its_own_way),
		cmocka_unit_test(pieces_are_cut_between_characters),
		cmocka_unit_test(on_terminals_input_ends_at_once_and_lines_are_lines),
		cmocka_unit_test(no_more_hosts_are_at_work_than_allowed),
		cmocka_unit_test(the_first_stop_starts_no_more_and_lets_the_running_end),
		cmocka_unit_test(
		    the_second_stop_cuts_what_runs_as_unknown_and_what_connects_as_untried),
		cmocka_unit_test(a_time_limit_gives_its_own_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
