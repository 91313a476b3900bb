#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "tests/fakes/glass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A channel of glass: the test is the host behind it, and sees all that is written. */
struct session {
	int unused;
};

struct channel {
	const struct channel_listener *l;
	void *user;
	struct buf written;
	char nonce[40];
	bool ended_input, cancelled, terminal;
	int64_t stall_ms;
	size_t room, consumed;
	bool held;
};

static struct world {
	struct loop *loop;
	struct inventory *inventory;
	struct herd *herd;
	struct session session;
	struct channel channel[3]; /* one behind another */
	int started;
	struct errand *errand;
	struct buf out, errors;
	bool ended;
	struct channel_end end;
	struct err err;
	const char *input;
	size_t sent;
	int asked;
} w;

struct session *
session_open(struct remote *r, const struct target *t, const struct session_listener *l, void *user)
{
	(void)r, (void)t, (void)l, (void)user;
	return &w.session;
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
	struct channel *c = &w.channel[w.started++];

	(void)s;
	*c = (struct channel){ .l = l,
		.user = user,
		.terminal = spec->terminal,
		.stall_ms = spec->stall_ms,
		.room = 1 << 20 };
	buf_init(&c->written, 1 << 20);
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
	n = n > c->room ? c->room : n;
	c->room -= n;
	buf_add(&c->written, p, n);
	return n;
}

size_t
channel_room(struct channel *c)
{
	return c->room;
}

void
channel_write_end(struct channel *c)
{
	c->ended_input = true;
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
	assert_true(c->held);
	c->consumed += n;
}

/* The owner of the errand. */
static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	(void)user;
	buf_add(s == STREAM_OUT ? &w.out : &w.errors, p, n);
}

static void
send(void)
{
	w.sent += errand_write(w.errand, w.input + w.sent, strlen(w.input) - w.sent);
	if (!w.input[w.sent])
		errand_write_end(w.errand);
}

static void
on_writable(void *user)
{
	(void)user;
	send();
}

static void
on_end(void *user, const struct channel_end *e)
{
	(void)user;
	w.ended = true;
	w.end = *e;
	if (e->err)
		w.err = *e->err;
}

static void
on_ask(void *user, const char *method, const char *host)
{
	(void)user;
	assert_string_equal(method, "sudo");
	assert_null(host);
	w.asked++;
}

static const struct errand_listener listener = {
	.data = on_data, .writable = on_writable, .end = on_end
};

static void
start_with(const struct errand_spec *spec, const char *password, const char *input)
{
	static const char *const sources[] = { "a" };
	struct errand_spec own = *spec;
	struct diag diag;
	struct herd_config config = { 0 };

	memset(&w, 0, sizeof(w));
	w.loop = loop_new(&w.err);
	loop_fake_clock(w.loop);
	diag_init(&diag);
	w.inventory = inventory_load(sources, 1, &diag, &w.err);
	diag_fini(&diag);
	config.loop = w.loop;
	config.inventory = w.inventory;
	config.passwords = (struct passwords_config){ .given = password, .ask = on_ask };
	w.herd = herd_new(&config);
	buf_init(&w.out, 1 << 20);
	buf_init(&w.errors, 1 << 20);
	w.input = input;
	own.program = "cat";
	own.input_len = (int64_t)strlen(input);
	own.listener = &listener;
	w.errand = errand_start(herd_at(w.herd, 0), &w.session, &own);
	send();
}

static void
start_as(enum errand_who who, const char *password, const char *input)
{
	start_with(&(struct errand_spec){ .who = who }, password, input);
}

static void
start(const char *password, const char *input)
{
	start_as(ERRAND_BECOME, password, input);
}

static void
finish(void)
{
	herd_free(w.herd);
	inventory_free(w.inventory);
	for (int i = 0; i < 5; i++)
		loop_pass(w.loop, 0);
	loop_free(w.loop);
	buf_fini(&w.out);
	buf_fini(&w.errors);
	for (int i = 0; i < w.started; i++)
		buf_fini(&w.channel[i].written);
}

/* What the host says; N stands for the nonce. */
static void
host(enum stream s, const char *what)
{
	struct channel *c = &w.channel[w.started - 1];
	autobuf text = BUF_INIT(1 << 20);

	for (; *what; what++) {
		if (*what == 'N')
			buf_adds(&text, c->nonce);
		else
			buf_addc(&text, *what);
	}
	c->l->data(c->user, c, s, text.data, text.len);
}

static void
host_ends(int status)
{
	struct channel *c = &w.channel[w.started - 1];
	struct channel_end e = {
		.have_status = !c->cancelled, .status = status, .cancelled = c->cancelled
	};

	c->l->end(c->user, c, &e);
}

static const char *
written(void)
{
	return buf_text(&w.channel[w.started - 1].written);
}

static void
nothing_is_written_before_the_host_is_ready_and_then_the_program_comes_first(void **state)
{
	(void)state;
	start("canary-1", "payload");
	host(STREAM_OUT, "noise\nPassword: \n\nN here\n");
	host(STREAM_ERR, "[sudo] password for me: \n\nN here\n");
	assert_string_equal(written(), "");
	assert_false(w.channel[0].ended_input);
	host(STREAM_OUT, "\nN go\n");
	assert_string_equal(written(), "sh -c cat\npayload");
	assert_true(w.channel[0].ended_input);
	host(STREAM_OUT, "payload");
	host_ends(7);
	assert_string_equal(buf_text(&w.out), "payload");
	assert_int_equal(w.end.status, 7);
	finish();
}

static void
the_password_goes_once_behind_the_prompt_and_never_with_the_payload(void **state)
{
	(void)state;
	start("canary-1", "payload");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nN ask");
	assert_string_equal(written(), "");
	host(STREAM_ERR, "s:");
	assert_string_equal(written(), "canary-1\n");
	host(STREAM_ERR, "\nSorry, try again.\nN asks:");
	assert_string_equal(written(), "canary-1\n");
	assert_true(w.channel[0].cancelled);
	host_ends(1);
	assert_true(w.ended);
	assert_false(w.end.have_status);
	assert_int_equal(w.err.kind, OUTCOME_REFUSED);
	assert_string_equal(w.err.text, "sudo says that the password is wrong; it was tried once");
	finish();
}

static void
a_person_has_all_the_time_there_is(void **state)
{
	(void)state;
	start(NULL, "");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nN asks:");
	assert_int_equal(w.asked, 1);
	loop_fake_advance(w.loop, 120000);
	loop_pass(w.loop, 0);
	assert_false(w.channel[0].cancelled);
	passwords_answer(herd_passwords(w.herd), "sudo", NULL, "typed");
	assert_string_equal(written(), "typed\n");
	host(STREAM_OUT, "\nN go\n");
	assert_string_equal(written(), "typed\nsh -c cat\n");
	host_ends(0);
	finish();
}

static void
silence_is_cut_after_ten_seconds(void **state)
{
	(void)state;
	start("canary-1", "payload");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nTouch your key: ");
	loop_fake_advance(w.loop, 10001);
	loop_pass(w.loop, 0);
	assert_true(w.channel[0].cancelled);
	host_ends(0);
	assert_string_equal(
	    w.err.text, "sudo asks for something that drover has no answer to: Touch your key:");
	assert_string_equal(written(), "");
	finish();
}

static void
who_gives_no_password_is_told_so(void **state)
{
	(void)state;
	start(NULL, "");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nN asks:");
	passwords_answer(herd_passwords(w.herd), "sudo", NULL, NULL);
	assert_true(w.channel[0].cancelled);
	host_ends(0);
	assert_int_equal(w.err.kind, OUTCOME_REFUSED);
	assert_string_equal(w.err.text,
	    "sudo asks for a password and none was given: use -K, or --become-password-file");
	finish();
}

static void
a_host_that_wants_a_terminal_gets_one(void **state)
{
	(void)state;
	start("canary-1", "payload");
	assert_false(w.channel[0].terminal);
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nsudo: sorry, you must have a tty to run sudo\n");
	host_ends(1);
	assert_false(w.ended);
	assert_int_equal(w.started, 2);
	assert_true(w.channel[1].terminal);
	host(STREAM_OUT, "\nN here\nN asks:");
	host(STREAM_OUT, "\r\n\nN go\n");
	assert_string_equal(written(), "canary-1\nhead -c 7 | sh -c cat\npayload");
	assert_false(w.channel[1].ended_input);
	host_ends(0);
	assert_true(w.ended);
	assert_true(herd_needs_terminal(herd_at(w.herd, 0)));
	finish();
}

static void
an_echo_of_the_password_is_starred_however_it_comes(void **state)
{
	(void)state;
	start("canary-1", "");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\n\nN go\n");
	host(STREAM_OUT, "\nN go\nyou typed cana");
	host(STREAM_OUT, "ry-1, canar");
	host(STREAM_ERR, "canary-1");
	assert_true(errand_redacted(w.errand));
	host_ends(0);
	assert_string_equal(buf_text(&w.out), "you typed ********, canar");
	assert_string_equal(buf_text(&w.errors), "********");
	finish();
}

static void
what_is_cut_before_it_ran_is_untried(void **state)
{
	(void)state;
	start("canary-1", "payload");
	host(STREAM_OUT, "\nN here\n");
	errand_cancel(w.errand);
	host_ends(0);
	assert_int_equal(w.err.kind, OUTCOME_UNTRIED);
	finish();
}

static void
a_herd_that_ends_takes_its_errands_along(void **state)
{
	(void)state;
	start(NULL, "payload");
	host(STREAM_OUT, "\nN here\n");
	host(STREAM_ERR, "\nN here\nN asks:");
	finish();
	assert_false(w.ended);
}

static void
how_long_input_may_wait_reaches_the_channel(void **state)
{
	(void)state;
	for (int who = ERRAND_LOGIN; who <= ERRAND_OWN; who++) {
		start_with(&(struct errand_spec){ .who = (enum errand_who)who, .stall_ms = -1 },
		    "canary-1", "");
		assert_int_equal(w.channel[0].stall_ms, -1);
		finish();
	}
}

static void
a_login_shell_that_hangs_is_noticed(void **state)
{
	(void)state;
	for (int input = 0; input < 2; input++) {
		start_as(ERRAND_OWN, NULL, input ? "request" : "");
		loop_fake_advance(w.loop, 15001);
		loop_pass(w.loop, 0);
		assert_true(w.channel[0].cancelled);
		host_ends(0);
		assert_string_equal(w.err.text, "host ran no helper in 15 s (got: nothing)");
		/* What was sent may yet be read. */
		assert_int_equal(w.err.kind, input ? OUTCOME_UNKNOWN : OUTCOME_FAILED);
		finish();
	}
}

static void
a_program_that_has_begun_has_time(void **state)
{
	(void)state;
	start_as(ERRAND_OWN, NULL, "");
	host(STREAM_OUT, "\n");
	loop_fake_advance(w.loop, 60000);
	loop_pass(w.loop, 0);
	assert_false(w.channel[0].cancelled);
	host(STREAM_OUT, "\nits own\n");
	host_ends(0);
	assert_string_equal(buf_text(&w.out), "\nits own\n");
	assert_int_equal(w.end.status, 0);
	finish();
}

static void
a_pause_gives_no_credit_until_it_is_over(void **state)
{
	(void)state;
	start_as(ERRAND_LOGIN, NULL, "");
	host(STREAM_OUT, "before");
	assert_false(w.channel[0].held);
	errand_pause(w.errand, true);
	host(STREAM_OUT, "12345");
	assert_true(w.channel[0].held);
	assert_int_equal(w.channel[0].consumed, 0);
	assert_string_equal(buf_text(&w.out), "before12345");
	errand_pause(w.errand, false);
	assert_int_equal(w.channel[0].consumed, 5);
	host(STREAM_OUT, "678");
	assert_int_equal(w.channel[0].consumed, 8);
	host_ends(0);
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    nothing_is_written_before_the_host_is_ready_and_then_the_program_comes_first),
		cmocka_unit_test(
		    the_password_goes_once_behind_the_prompt_and_never_with_the_payload),
		cmocka_unit_test(a_person_has_all_the_time_there_is),
		cmocka_unit_test(silence_is_cut_after_ten_seconds),
		cmocka_unit_test(who_gives_no_password_is_told_so),
		cmocka_unit_test(a_host_that_wants_a_terminal_gets_one),
		cmocka_unit_test(an_echo_of_the_password_is_starred_however_it_comes),
		cmocka_unit_test(what_is_cut_before_it_ran_is_untried),
		cmocka_unit_test(a_herd_that_ends_takes_its_errands_along),
		cmocka_unit_test(how_long_input_may_wait_reaches_the_channel),
		cmocka_unit_test(a_login_shell_that_hangs_is_noticed),
		cmocka_unit_test(a_program_that_has_begun_has_time),
		cmocka_unit_test(a_pause_gives_no_credit_until_it_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
