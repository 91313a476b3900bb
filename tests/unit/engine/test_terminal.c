/* Terminals on a real sshd, through a real worker. */
#include "engine/terminal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "tests/lib/probe.h"
#include "tests/lib/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DEADLINE 30000

static struct sshd *sshd;

static struct world {
	struct loop *loop;
	struct remote *remote;
	struct inventory *inventory;
	struct herd *herd;
} w;

struct watcher {
	struct terminal *terminal;
	struct buf seen, errors;
	uint64_t bytes;
	bool began, ended, failed, room, close_at_end;
	struct err err;
	int status;
	char signal[16];
};

static void
on_data(void *user, const void *bytes, size_t len)
{
	struct watcher *t = user;

	t->bytes += len;
	if (t->seen.len + len > t->seen.max)
		buf_clear(&t->seen);
	buf_add(&t->seen, bytes, len);
}

static void
on_errors(void *user, const void *bytes, size_t len)
{
	struct watcher *t = user;

	buf_add(&t->errors, bytes, len);
}

static void
on_began(void *user)
{
	struct watcher *t = user;

	assert_false(t->began);
	t->began = true;
}

static void
on_room(void *user)
{
	struct watcher *t = user;

	t->room = true;
}

static void
on_ended(void *user, const struct err *err, int status, const char *signum)
{
	struct watcher *t = user;

	assert_false(t->ended);
	t->ended = true;
	t->failed = err;
	if (err)
		t->err = *err;
	t->status = status;
	str_copy(t->signal, sizeof(t->signal), signum ? signum : "");
	if (t->close_at_end)
		terminal_close(take(t->terminal));
}

static void
open_with(struct watcher *t, struct terminal_spec spec)
{
	*t = (struct watcher){ .status = -2, .close_at_end = t->close_at_end };
	buf_init(&t->seen, 1 << 20);
	buf_init(&t->errors, 1 << 20);
	spec.data = on_data;
	spec.errors = on_errors;
	spec.ended = on_ended;
	spec.began = on_began;
	spec.room = on_room;
	spec.user = t;
	t->terminal = terminal_open(herd_at(w.herd, 0), &spec);
	assert_false(t->ended);
}

static void
close_it(struct watcher *t)
{
	terminal_close(t->terminal);
	buf_fini(&t->seen);
	buf_fini(&t->errors);
}

/* The next terminal begins with a login. */
static void
log_out(void)
{
	int64_t limit = clock_mono_ms() + DEADLINE;

	herd_disconnect(herd_at(w.herd, 0));
	while (herd_connected(herd_at(w.herd, 0)) && clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_false(herd_connected(herd_at(w.herd, 0)));
}

static void
until(struct watcher *t, const char *text)
{
	int64_t limit = clock_mono_ms() + DEADLINE;

	while (!t->ended && clock_mono_ms() < limit && !strstr(buf_text(&t->seen), text))
		loop_pass(w.loop, 100);
	if (!strstr(buf_text(&t->seen), text))
		fail_msg("no '%s' in: %s (%s)", text, buf_text(&t->seen), t->err.text);
}

static void
until_end(struct watcher *t)
{
	int64_t limit = clock_mono_ms() + DEADLINE;

	while (!t->ended && clock_mono_ms() < limit)
		loop_pass(w.loop, 100);
	assert_true(t->ended);
}

static void
type(struct watcher *t, const char *text)
{
	assert_int_equal(terminal_write(t->terminal, text, strlen(text)), 0);
}

static int
set_up(void **state)
{
	static const char *sources[1];
	autofree char *path = xstrdup(sshd_file(sshd, "inventory.yaml"));
	autofree char *text = xasprintf("fleet: t\nhosts:\n  web1: {address: 127.0.0.1, port: %d, "
					"user: %s, identity: %s/id, host_key: \"%s\"}\n",
	    sshd_port(sshd), sshd_user(sshd), sshd_dir(sshd), sshd_host_key(sshd));
	autofree char *trust = xstrdup(sshd_file(sshd, "trust"));
	struct remote_config remote = { .no_ssh_config = true, .trust_file = trust };
	struct diag diag;
	struct err err = { .kind = OUTCOME_OK };

	(void)state;
	assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
	sources[0] = path;
	diag_init(&diag);
	w.loop = loop_new(&err);
	w.inventory = inventory_load(sources, 1, &diag, &err);
	if (!w.inventory)
		fail_msg("%s", diag.count ? diag.item[0].text : err.text);
	diag_fini(&diag);
	remote.loop = w.loop;
	w.remote = remote_new(&remote, &err);
	assert_non_null(w.remote);
	w.herd = herd_new(
	    &(struct herd_config){ .loop = w.loop, .inventory = w.inventory, .remote = w.remote });
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	herd_free(w.herd);
	remote_free(w.remote);
	inventory_free(w.inventory);
	for (int i = 0; i < 10; i++)
		loop_pass(w.loop, 0);
	loop_free(w.loop);
	return 0;
}

static void
a_shell_answers_what_is_typed(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	open_with(&t, (struct terminal_spec){ .columns = 91, .rows = 17, .term = "vt100" });
	/* Before there is a session: it waits. */
	type(&t, "stty -echo; echo si''ze $(stty size) $TERM\n");
	assert_true(terminal_pending(t.terminal) > 0);
	until(&t, "size 17 91 vt100");
	assert_true(t.began);
	terminal_resize(t.terminal, 120, 40);
	type(&t, "echo si''ze $(stty size)\n");
	until(&t, "size 40 120");
	assert_int_equal(terminal_pending(t.terminal), 0);
	type(&t, "exit 23\n");
	until_end(&t);
	assert_false(t.failed);
	assert_int_equal(t.status, 23);
	/* Nobody is left to read it: that is no reason to wait. */
	assert_int_equal(terminal_write(t.terminal, "x", 1), 0);
	assert_int_equal(terminal_pending(t.terminal), 0);
	close_it(&t);
}

static void
the_size_before_it_began_is_the_last_that_was_said(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		if (fresh)
			log_out();
		open_with(
		    &t, (struct terminal_spec){ .command = "until [ \"$(stty size)\" = '10 50' ]; "
							   "do sleep 0.1; done; exit 3",
			    .columns = 80,
			    .rows = 24 });
		terminal_resize(t.terminal, 50, 10);
		until_end(&t);
		assert_int_equal(t.status, 3);
		close_it(&t);
	}
}

static void
ctrl_d_ends_the_input_of_a_terminal(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	open_with(&t, (struct terminal_spec){ .command = "stty -echo; cat; exit 4" });
	type(&t, "one line\n");
	terminal_write_end(t.terminal);
	until_end(&t);
	assert_int_equal(t.status, 4);
	assert_non_null(strstr(buf_text(&t.seen), "one line"));
	close_it(&t);
}

static void
without_a_terminal_streams_and_ends_are_those_of_pipes(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	open_with(&t, (struct terminal_spec){
			  .plain = true, .command = "test -t 0 || cat; echo error >&2; exit 6" });
	type(&t, "one\ntwo");
	terminal_write_end(t.terminal);
	until_end(&t);
	assert_string_equal(buf_text(&t.seen), "one\ntwo");
	assert_string_equal(buf_text(&t.errors), "error\n");
	assert_int_equal(t.status, 6);
	close_it(&t);
}

static void
a_signal_that_ended_it_is_named(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	t.close_at_end = true;
	open_with(&t, (struct terminal_spec){ .command = "kill -KILL $$" });
	until_end(&t);
	assert_false(t.failed);
	assert_int_equal(t.status, -1);
	assert_string_equal(t.signal, "KILL");
	assert_null(t.terminal);
	close_it(&t);
}

/* The whole way of -B, as far as it goes where the login is that user already: the terminal works as any
 * other behind it, and the password's stage leaves nothing on it. */
static void
a_terminal_as_another_user_is_a_terminal_like_any(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	if (getuid() != 0)
		skip();
	open_with(&t, (struct terminal_spec){ .become = true,
			  .command = "stty -a; echo is $(id -un)",
			  .columns = 77,
			  .rows = 11 });
	until_end(&t);
	assert_int_equal(t.status, 0);
	assert_non_null(strstr(buf_text(&t.seen), "rows 11; columns 77"));
	assert_non_null(strstr(buf_text(&t.seen), " echo "));
	assert_non_null(strstr(buf_text(&t.seen), " icanon "));
	assert_non_null(strstr(buf_text(&t.seen), " iutf8"));
	assert_non_null(strstr(buf_text(&t.seen), " onlcr"));
	assert_non_null(strstr(buf_text(&t.seen), "is root\r\n"));
	assert_null(strstr(buf_text(&t.seen), " here"));
	close_it(&t);
	open_with(&t, (struct terminal_spec){ .become = true });
	type(&t, "cd /; echo \"he''re $SHELL $(pwd)\"; exit 9\n");
	until_end(&t);
	assert_int_equal(t.status, 9);
	close_it(&t);
}

/* What a flooding terminal may cost: a window, while nobody takes it; and no other terminal's turn. */
static void
a_flood_costs_a_window_and_nobody_elses_turn(void **state)
{
	struct watcher flood = { 0 }, t = { 0 };
	uint64_t held;
	int64_t limit = clock_mono_ms() + 1500;

	(void)state;
	open_with(&flood, (struct terminal_spec){ .command = "yes 'a line of a flood'" });
	open_with(&t, (struct terminal_spec){ .command = "stty -echo; cat" });
	until(&flood, "flood");
	type(&t, "first\n");
	until(&t, "first");
	terminal_pause(flood.terminal, true);
	held = flood.bytes;
	while (clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_true(flood.bytes - held <= 1 << 20);
	held = flood.bytes;
	limit = clock_mono_ms() + 500;
	while (clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_int_equal(flood.bytes, held);
	type(&t, "second\n");
	until(&t, "second");
	terminal_pause(flood.terminal, false);
	limit = clock_mono_ms() + DEADLINE;
	while (flood.bytes < held + (4 << 20) && clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_true(flood.bytes >= held + (4 << 20));
	assert_false(flood.ended || t.ended);
	close_it(&flood);
	close_it(&t);
}

static void
what_is_written_is_bounded_and_room_is_told(void **state)
{
	autofree char *bytes = xcalloc(TERMINAL_QUEUE, 1);
	struct watcher t = { 0 };
	size_t sent = 0;
	int64_t limit = clock_mono_ms() + DEADLINE;

	(void)state;
	memset(bytes, 'x', TERMINAL_QUEUE);
	log_out();
	open_with(&t, (struct terminal_spec){ .plain = true, .command = "read first; wc -c" });
	assert_int_equal(terminal_write(t.terminal, bytes, TERMINAL_QUEUE), 0);
	assert_int_equal(terminal_write(t.terminal, "y", 1), -1);
	assert_int_equal(terminal_pending(t.terminal), TERMINAL_QUEUE);
	while (!t.room && clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_true(t.room);
	type(&t, "\n");
	while (sent < 3000000 && clock_mono_ms() < limit) {
		if (terminal_write(t.terminal, bytes, 30000) == 0)
			sent += 30000;
		else
			loop_pass(w.loop, 50);
	}
	terminal_write_end(t.terminal);
	until_end(&t);
	assert_string_equal(buf_text(&t.seen), "3000000\n");
	close_it(&t);
}

static void
closed_at_any_time_nothing_comes_any_more(void **state)
{
	autofree char *mark = xstrdup(sshd_file(sshd, "hung-up"));
	autofree char *command = xasprintf("trap 'echo >%s; exit' HUP TERM; echo on; cat", mark);
	int64_t limit = clock_mono_ms() + DEADLINE;
	struct watcher t = { 0 };

	(void)state;
	log_out();
	open_with(&t, (struct terminal_spec){ .command = "true" });
	terminal_close(take(t.terminal));
	for (int i = 0; i < 20; i++)
		loop_pass(w.loop, 50);
	assert_false(t.began || t.ended);
	close_it(&t);
	open_with(&t, (struct terminal_spec){ .command = command });
	until(&t, "on");
	terminal_close(take(t.terminal));
	while (!file_exists(mark) && clock_mono_ms() < limit)
		loop_pass(w.loop, 50);
	assert_true(file_exists(mark));
	assert_false(t.ended);
	close_it(&t);
}

static void
a_link_that_is_cut_is_told_and_another_can_be_had(void **state)
{
	struct watcher t = { 0 };

	(void)state;
	open_with(&t, (struct terminal_spec){ .command = "echo on; cat" });
	until(&t, "on");
	sshd_cut(sshd);
	until_end(&t);
	assert_true(t.failed);
	assert_int_equal(t.err.kind, OUTCOME_UNKNOWN);
	assert_non_null(strstr(t.err.text, "web1"));
	close_it(&t);
	open_with(&t, (struct terminal_spec){ .command = "echo again" });
	until_end(&t);
	assert_int_equal(t.status, 0);
	close_it(&t);
}

static void
one_that_is_open_goes_with_its_herd(void **state)
{
	struct watcher t = { 0 };

	open_with(&t, (struct terminal_spec){ .command = "echo on; cat" });
	until(&t, "on");
	tear_down(state);
	assert_false(t.ended);
	/* It is still its owner's, but leads nowhere. */
	assert_int_equal(terminal_write(t.terminal, "x", 1), 0);
	close_it(&t);
	set_up(state);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_answers_what_is_typed),
		cmocka_unit_test(the_size_before_it_began_is_the_last_that_was_said),
		cmocka_unit_test(ctrl_d_ends_the_input_of_a_terminal),
		cmocka_unit_test(without_a_terminal_streams_and_ends_are_those_of_pipes),
		cmocka_unit_test(a_signal_that_ended_it_is_named),
		cmocka_unit_test(a_terminal_as_another_user_is_a_terminal_like_any),
		cmocka_unit_test(a_flood_costs_a_window_and_nobody_elses_turn),
		cmocka_unit_test(what_is_written_is_bounded_and_room_is_told),
		cmocka_unit_test(closed_at_any_time_nothing_comes_any_more),
		cmocka_unit_test(a_link_that_is_cut_is_told_and_another_can_be_had),
		cmocka_unit_test(one_that_is_open_goes_with_its_herd),
	};
	int status = roles_play(argc, argv), bad;

	if (status >= 0)
		return status;
	sshd = sshd_start(NULL);
	bad = cmocka_run_group_tests(tests, set_up, tear_down);
	sshd_stop(sshd);
	return bad != 0;
}
