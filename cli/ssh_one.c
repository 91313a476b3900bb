#include "cli/ssh_one.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/drive.h"
#include "cli/escape.h"
#include "cli/out.h"
#include "cli/portwords.h"
#include "cli/pour.h"
#include "cli/raw.h"
#include "engine/herd.h"
#include "engine/inlet.h"
#include "engine/outlet.h"
#include "engine/run.h"
#include "engine/stray.h"
#include "engine/terminal.h"
#include "engine/transcript.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define PIECE    16384
#define TERM_MAX 63

/* A port there, and where it leads: who is told of it. */
struct way_back {
	struct work *work;
	const struct portwords *words;
	struct outlet *outlet;
};

struct work {
	struct call *call;
	const struct ssh_one_spec *spec;
	const struct host *host;
	struct drive *drive;
	struct terminal *terminal;
	struct inlet *inlets[SSH_ONE_FORWARDS];
	size_t inlet_count;
	struct way_back backs[SSH_ONE_FORWARDS];
	size_t back_count, unsettled;  /* of backs: what runs there may count on them */
	struct transcript *transcript; /* NULL: none is kept */
	struct pour *out, *errors;
	struct loop_io *in;
	struct loop_signal *winch, *cont;
	struct escape escape;
	struct buf held; /* input that the terminal did not take yet */
	bool from_file;  /* input that is always there */
	bool raw, began, input_over, marked, paused, ended, broken, left;
	int signals;
	int64_t began_ms;
	struct err err;
	int status;
	char signal[16];
};

static void
set_size(const struct work *w, struct terminal_spec *to)
{
	struct winsize size = { .ws_col = 80, .ws_row = 24 };

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	if (to) {
		to->columns = size.ws_col;
		to->rows = size.ws_row;
	} else if (w->terminal) {
		terminal_resize(w->terminal, size.ws_col, size.ws_row);
		transcript_resize(
		    w->transcript, size.ws_col, size.ws_row, loop_now_ms(w->call->loop));
	}
}

static void
tell_start(const struct work *w)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(w->host->kind));
	event_set_text(&e, FIELD_ADDRESS, w->host->address ? w->host->address : w->host->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	run_emit(drive_run(w->drive), &e);
}

/* A shell that was left is well, whatever its last command came to. */
static enum outcome
outcome_of(const struct work *w)
{
	if (w->err.kind != OUTCOME_OK)
		return w->err.kind;
	if (w->signal[0] || (w->status != 0 && w->spec->command))
		return OUTCOME_FAILED;
	return OUTCOME_OK;
}

static void
tell_end(const struct work *w)
{
	autoevent e = { .count = 0 };
	char text[48];

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_STATE, outcome_name(outcome_of(w)));
	if (w->err.kind != OUTCOME_OK) {
		event_set_text(&e, FIELD_PHASE, w->err.phase[0] ? w->err.phase : NULL);
		event_set_text(
		    &e, FIELD_TEXT, herd_reason(herd_of(w->call->herd, w->host), &w->err));
	} else if (w->signal[0]) {
		snprintf(text, sizeof(text), "ended by signal %s", w->signal);
		event_set_text(&e, FIELD_SIGNAL, w->signal);
		event_set_text(&e, FIELD_TEXT, text);
	} else {
		event_set_int(&e, FIELD_RC, w->status);
	}
	event_set_int(&e, FIELD_MS, clock_mono_ms() - w->began_ms);
	run_emit(drive_run(w->drive), &e);
}

/* All that the host said is out: the run may end. */
static void
maybe_over(struct work *w)
{
	if (!w->ended || w->left || !pour_empty(w->out) || !pour_empty(w->errors))
		return;
	w->left = true;
	loop_io_free(take(w->in));
	raw_leave(w->err.kind != OUTCOME_OK);
	transcript_close(take(w->transcript), loop_now_ms(w->call->loop));
	tell_end(w);
	drive_end(w->drive, OUTCOME_OK);
}

static void
fail(struct work *w, enum outcome kind, const char *text)
{
	if (w->ended)
		return;
	err_set(&w->err, kind, "%s: %s", w->host->name, text);
	terminal_close(take(w->terminal));
	w->ended = true;
	maybe_over(w);
}

static void
on_data(void *user, const void *bytes, size_t len)
{
	struct work *w = user;

	pour_add(w->out, bytes, len);
	transcript_output(w->transcript, bytes, len, loop_now_ms(w->call->loop));
	if (w->terminal && !w->paused && pour_full(w->out)) {
		w->paused = true;
		terminal_pause(w->terminal, true);
	}
}

static void
on_errors(void *user, const void *bytes, size_t len)
{
	struct work *w = user;

	pour_add(w->errors, bytes, len);
	if (w->terminal && !w->paused && pour_full(w->errors)) {
		w->paused = true;
		terminal_pause(w->terminal, true);
	}
}

static void
on_drained(void *user)
{
	struct work *w = user;

	if (w->paused && w->terminal && !pour_full(w->out) && !pour_full(w->errors)) {
		w->paused = false;
		terminal_pause(w->terminal, false);
	}
	maybe_over(w);
}

static void
on_soon_broken(void *user)
{
	fail(user, OUTCOME_UNKNOWN, "cut while it ran: nobody reads its output any more");
}

static void
on_broken(void *user)
{
	struct work *w = user;

	if (!w->broken)
		loop_soon(w->call->loop, on_soon_broken, w);
	w->broken = true;
}

static void
on_ended(void *user, const struct err *err, int status, const char *signum)
{
	struct work *w = user;

	w->ended = true;
	w->status = status;
	if (err)
		w->err = *err;
	if (signum)
		str_copy(w->signal, sizeof(w->signal), signum);
	if (w->in)
		loop_io_want(w->in, 0);
	maybe_over(w);
}

/* Typed into, a host of the cattle is no longer what a playbook made of it. */
static void
mark(struct work *w)
{
	if (w->marked || (!w->spec->terminal && w->spec->command && !w->spec->become))
		return;
	w->marked = true;
	stray_mark(drive_run(w->drive), w->host, "ssh");
}

static void
suspend(struct work *w)
{
	raw_leave(false);
	raise(SIGTSTP);
	w->raw = raw_enter();
	set_size(w, NULL);
}

/* What was typed and is not yet with the terminal goes to it; false while it takes no more. */
static bool
send_held(struct work *w)
{
	if (w->held.len == 0)
		return true;
	mark(w);
	if (terminal_write(w->terminal, w->held.data, w->held.len) < 0)
		return false;
	buf_clear(&w->held);
	return true;
}

static void
take_typed(struct work *w, const char *p, size_t n)
{
	while (n > 0 && !w->ended) {
		enum escape_word word;
		size_t used = escape_feed(&w->escape, p, n, &w->held, &word);

		p += used;
		n -= used;
		if (word == ESCAPE_END)
			fail(w, OUTCOME_UNKNOWN, "cut while it ran, by ~.");
		else if (word == ESCAPE_HELP)
			pour_add(w->out, ESCAPE_LIST, sizeof(ESCAPE_LIST) - 1);
		else if (word == ESCAPE_STOP)
			suspend(w);
	}
}

static void
end_input(struct work *w)
{
	w->input_over = true;
	if (w->in)
		loop_io_want(w->in, 0);
	/* A terminal that hung up; else the end of a file or pipe. */
	if (w->raw)
		fail(w, OUTCOME_UNKNOWN, "cut while it ran: the terminal is gone");
	else
		terminal_write_end(w->terminal);
}

static void
read_input(struct work *w)
{
	char piece[PIECE];
	ssize_t n;

	do {
		if (!send_held(w)) {
			if (w->in)
				loop_io_want(w->in, 0);
			return;
		}
		n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		if (n <= 0) {
			end_input(w);
			return;
		}
		take_typed(w, piece, (size_t)n);
		if (!w->ended)
			send_held(w);
	} while (w->from_file && !w->ended);
	if (w->in && !w->ended)
		loop_io_want(w->in, w->held.len ? 0 : LOOP_READ);
}

static void
on_input(void *user, unsigned events)
{
	struct work *w = user;

	(void)events;
	if (!w->ended && !w->input_over)
		read_input(w);
}

static void
on_room(void *user)
{
	on_input(user, 0);
}

static void
on_began(void *user)
{
	struct work *w = user;
	struct stat st;

	w->began = true;
	if (w->spec->terminal && isatty(STDIN_FILENO))
		w->raw = raw_enter();
	w->escape.off = !w->raw || !w->spec->escapes;
	w->from_file = fstat(STDIN_FILENO, &st) < 0 || S_ISREG(st.st_mode) ||
		       (S_ISCHR(st.st_mode) && !isatty(STDIN_FILENO));
	if (w->spec->become)
		mark(w);
	if (!w->from_file) {
		w->in = loop_io_new(w->call->loop, STDIN_FILENO, on_input, w);
		loop_io_want(w->in, LOOP_READ);
	} else {
		on_input(w, 0);
	}
}

static void
on_window(void *user, int signum)
{
	struct work *w = user;

	if (signum == SIGCONT && w->raw && !w->ended)
		raw_enter();
	set_size(w, NULL);
}

/* Without a terminal the first Ctrl-C is the command's, as it would be with one. */
static void
on_stop(void *user, int signum)
{
	struct work *w = user;
	char text[64];

	if (w->signals++ == 0 && signum == SIGINT && !w->spec->terminal && w->terminal &&
	    terminal_signal(w->terminal, "INT")) {
		out_note(w->call->out, "Ctrl-C went to the command; again cuts it");
		return;
	}
	snprintf(text, sizeof(text), signum ? "cut while it ran, by signal %d" : "cut while it ran",
	    signum);
	if (w->began || w->ended)
		fail(w, OUTCOME_UNKNOWN, text);
	else
		fail(w, OUTCOME_UNTRIED, "cut before it ran");
}

static const char *
kind_of_terminal(void)
{
	const char *term = getenv("TERM");

	if (!term || !*term)
		return "dumb";
	return strlen(term) > TERM_MAX ? "xterm-256color" : term;
}

static void
open_terminal(struct work *w)
{
	struct terminal_spec spec = { .command = w->spec->command,
		.term = kind_of_terminal(),
		.become = w->spec->become,
		.plain = !w->spec->terminal,
		.data = on_data,
		.errors = on_errors,
		.ended = on_ended,
		.began = on_began,
		.room = on_room,
		.user = w };

	set_size(w, &spec);
	if (w->spec->record)
		w->transcript =
		    transcript_open(&(struct transcript_spec){ .run = drive_run(w->drive),
					.ledger = w->call->ledger,
					.host = w->host->name,
					.term = spec.term,
					.columns = spec.columns,
					.rows = spec.rows },
			loop_now_ms(w->call->loop));
	w->terminal = terminal_open(herd_of(w->call->herd, w->host), &spec);
}

static int
signal_number(const char *name)
{
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && str_eq(known, name))
			return i;
	}
	return SIGTERM;
}

/* The command's own status is ours; what drover could not do is 255; a signal of ours wins. */
static int
code_of(const struct work *w, int code)
{
	if (code >= 124 && w->signals > 0 && w->err.kind != OUTCOME_OK)
		return code;
	if (w->err.kind != OUTCOME_OK || code == outcome_exit(OUTCOME_STORAGE))
		return SSH_ONE_FAILED;
	return w->signal[0] ? 128 + signal_number(w->signal) : w->status;
}

/* It stands between lines of the host's, on a terminal that may be raw. */
static void
tell_of_port(struct work *w, const char *text)
{
	autobuf line = BUF_INIT(2048);

	buf_adds(&line, "drover: ");
	utf8_clean_line(&line, text, strlen(text));
	buf_adds(&line, w->raw ? "\r\n" : "\n");
	pour_add(w->errors, line.data, line.len);
}

static void
on_forward_failed(void *user, const char *text)
{
	tell_of_port(user, text);
}

static int
open_inlets(struct work *w, struct err *err)
{
	for (size_t i = 0; i < w->spec->forward_count; i++) {
		const struct portwords *f = &w->spec->forwards[i];
		struct inlet_spec spec = { .address = f->address[0] ? f->address : NULL,
			.port = f->port,
			.host = f->host[0] ? f->host : NULL,
			.to = f->to,
			.failed = on_forward_failed,
			.user = w };
		struct inlet *inlet = inlet_new(herd_of(w->call->herd, w->host), &spec, err);

		if (!inlet)
			return -1;
		w->inlets[w->inlet_count++] = inlet;
	}
	return 0;
}

static void
on_settled(void *user, int port, const char *why)
{
	const struct way_back *back = user;
	struct work *w = back->work;
	char text[360];

	if (!why && back->words->port == 0) {
		snprintf(text, sizeof(text), "port %d there leads to %s port %d", port,
		    back->words->host, back->words->to);
		why = text;
	}
	if (why && *why)
		tell_of_port(w, why);
	if (--w->unsettled == 0 && !w->ended)
		open_terminal(w);
}

static void
on_visit_failed(void *user, const char *text)
{
	const struct way_back *back = user;

	tell_of_port(back->work, text);
}

static void
open_outlets(struct work *w)
{
	w->unsettled = w->spec->back_count;
	for (size_t i = 0; i < w->spec->back_count; i++) {
		const struct portwords *b = &w->spec->backs[i];
		struct way_back *back = &w->backs[w->back_count++];
		struct outlet_spec spec = { .address = b->address[0] ? b->address : NULL,
			.port = b->port,
			.host = b->host,
			.to = b->to,
			.settled = on_settled,
			.failed = on_visit_failed,
			.user = back };

		*back = (struct way_back){ .work = w, .words = b };
		back->outlet = outlet_new(herd_of(w->call->herd, w->host), &spec);
	}
}

static void
begin(struct work *w)
{
	struct err err;

	static const struct pour_listener listener = { .drained = on_drained, .broken = on_broken };
	struct loop *loop = w->call->loop;

	w->out = pour_new(loop, STDOUT_FILENO, &listener, w);
	w->errors = pour_new(loop, STDERR_FILENO, &listener, w);
	buf_init(&w->held, (size_t)2 * PIECE);
	w->winch = loop_signal_new(loop, SIGWINCH, on_window, w);
	w->cont = loop_signal_new(loop, SIGCONT, on_window, w);
	w->began_ms = clock_mono_ms();
	tell_start(w);
	if (open_inlets(w, &err) < 0)
		fail(w, err.kind, err.text);
	else if (w->spec->back_count)
		open_outlets(w);
	else
		open_terminal(w);
}

static void
finish(struct work *w)
{
	while (w->inlet_count)
		inlet_free(w->inlets[--w->inlet_count]);
	while (w->back_count)
		outlet_free(w->backs[--w->back_count].outlet);
	terminal_close(w->terminal);
	loop_io_free(w->in);
	loop_signal_free(w->winch);
	loop_signal_free(w->cont);
	pour_free(w->out);
	pour_free(w->errors);
	buf_fini(&w->held);
}

int
ssh_one(struct call *call, const struct ssh_one_spec *spec)
{
	struct work w = { .call = call, .spec = spec, .host = spec->set->hosts[0] };
	struct drive_spec drive = { .call = call,
		.set = spec->set,
		.verb = "ssh",
		.silent = true,
		.endless = true,
		.stop = on_stop,
		.user = &w };
	int code;

	out_uses_stdin(call->out);
	w.drive = drive_new(&drive);
	if (!w.drive)
		return SSH_ONE_FAILED;
	begin(&w);
	code = drive_wait(w.drive, NULL);
	finish(&w);
	if (w.err.kind != OUTCOME_OK && !w.broken)
		call_fail(call, &w.err);
	return code_of(&w, code);
}
