#include "engine/errand.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/redact.h"
#include "base/str.h"
#include "engine/become.h"
#include "engine/bootstrap.h"
#include "engine/herd.h"
#include "engine/passwords.h"
#include "inventory/inventory.h"

#include <string.h>

#define HERE_MS   15000 /* for a login shell to begin */
#define ANSWER_MS 10000 /* for the method to ask, or to let us through */

struct errand {
	struct herd_job job;
	struct herd_host *hh;
	struct session *session;
	struct channel *channel;
	struct errand_spec spec;
	char *program; /* NULL: a shell */
	char *tty;     /* the kind of the terminal that a person is at; NULL: none is */
	bool wrapped;  /* the rest is about becoming */
	struct become become;
	struct loop_timer *timer;
	struct buf head; /* the program, on its way in front of the input */
	struct buf held[2];
	size_t head_sent;
	int64_t waits_ms, late_ms;
	bool redacted, wrote, open, over, cancelled, trying, wants_room, ended_input, terminal;
	bool started;          /* that was told */
	bool counting, paused; /* we say ourselves what was read; nothing is read now */
	size_t unread;
	const char *none; /* why there was no password from the start, or NULL */
	struct err late;
	char why[160]; /* why none was given when it was asked for */
};

extern const char host_shell_sh[];

static void start(struct errand *e);

static bool
says(const struct host *host)
{
	return host->become && !str_eq(host->become, "none");
}

static struct passwords *
passwords_of(const struct errand *e)
{
	return herd_passwords(herd_host_herd(e->hh));
}

static const char *
host_name(const struct errand *e)
{
	return herd_host_of(e->hh)->name;
}

static void
wait_for(struct errand *e, int64_t ms)
{
	e->waits_ms = ms;
	if (ms)
		loop_timer_start(e->timer, ms);
	else
		loop_timer_stop(e->timer);
}

static void
verdict(struct errand *e, enum password_verdict v)
{
	if (!e->trying)
		return;
	e->trying = false;
	passwords_verdict(passwords_of(e), e->become.way.method, host_name(e), v);
}

static void
drop(struct herd_job *job)
{
	struct errand *e = container_of(job, struct errand, job);

	if (e->wrapped) {
		passwords_forget(passwords_of(e), e);
		become_fini(&e->become);
	}
	loop_timer_free(e->timer);
	buf_fini(&e->head);
	buf_fini(&e->held[0]);
	buf_fini(&e->held[1]);
	free(e->program);
	free(e->tty);
	free(e);
}

/* The program's own output, without the password. */
static void
pass_on(struct errand *e, enum stream s, const char *p, size_t n)
{
	const struct redact *redact = passwords_redact(passwords_of(e));
	autobuf clean = BUF_INIT(SIZE_MAX);

	if (n == 0)
		return;
	if (redact_empty(redact) || (e->spec.verbatim && s == STREAM_OUT)) {
		e->spec.listener->data(e->spec.user, s, p, n);
		return;
	}
	e->redacted |= redact_feed(redact, &e->held[s], p, n, &clean) > 0;
	if (clean.len)
		e->spec.listener->data(e->spec.user, s, clean.data, clean.len);
}

static void
pass_on_end(struct errand *e)
{
	for (int i = 0; i < 2; i++) {
		autobuf clean = BUF_INIT(SIZE_MAX);

		redact_end(&e->held[i], &clean);
		if (clean.len)
			e->spec.listener->data(e->spec.user, (enum stream)i, clean.data, clean.len);
	}
}

static void
tell_started(struct errand *e)
{
	if (!e->started && e->spec.listener->started)
		e->spec.listener->started(e->spec.user);
	e->started = true;
}

static void
on_started(void *user, struct channel *c)
{
	struct errand *e = user;

	(void)c;
	if (!e->wrapped)
		tell_started(e);
}

/* Send the program, then let its input in. */
static void
send_on(struct errand *e)
{
	if (!e->open)
		return;
	if (e->head_sent < e->head.len)
		e->head_sent += channel_write(
		    e->channel, e->head.data + e->head_sent, e->head.len - e->head_sent);
	if (e->head_sent < e->head.len)
		return;
	tell_started(e);
	if (e->wants_room) {
		e->wants_room = false;
		if (e->spec.listener->writable)
			e->spec.listener->writable(e->spec.user);
	}
	/* A terminal knows no end of input: who reads there knows its own. */
	if (e->channel && e->ended_input && !e->terminal)
		channel_write_end(e->channel);
}

static void
on_password(void *user, const char *secret, const char *why)
{
	struct errand *e = user;
	autobuf line = BUF_INIT(4096);

	if (!secret) {
		snprintf(e->why, sizeof(e->why), "%s %s", e->become.way.method, why);
		channel_cancel(e->channel);
		return;
	}
	e->trying = true;
	buf_addf(&line, "%s\n", secret);
	/* Nothing was written before it: there is room for it. */
	channel_write(e->channel, line.data, line.len);
	explicit_bzero(line.data, line.len);
	become_sent(&e->become);
	wait_for(e, ANSWER_MS);
}

static void
on_next(struct errand *e, enum become_next next)
{
	switch (next) {
	case BECOME_WAIT:
		break;
	case BECOME_PASSWORD:
		wait_for(e, 0);
		passwords_want(passwords_of(e), e->become.way.method, host_name(e), on_password, e);
		break;
	case BECOME_OPEN:
		e->open = true;
		verdict(e, PASSWORD_GOOD);
		wait_for(e, 0);
		if (e->spec.limit_ms)
			channel_limits(e->channel, 0, 0, e->spec.limit_ms);
		send_on(e);
		break;
	case BECOME_OVER:
		e->over = true;
		channel_cancel(e->channel);
		break;
	}
}

static void
on_data(void *user, struct channel *c, enum stream s, const void *p, size_t n)
{
	struct errand *e = user;
	enum become_next next;
	size_t rest = n;

	if (e->wrapped) {
		bool here = e->become.here[0];

		next = become_feed(&e->become, (int)s, p, n, &rest);
		if (!here && e->become.here[0])
			wait_for(e, ANSWER_MS);
		on_next(e, next);
	} else if (e->waits_ms) {
		wait_for(e, 0);
		/* The line by which it was heard is ours. */
		rest -= e->spec.who == ERRAND_OWN && s == STREAM_OUT && *(const char *)p == '\n';
	}
	pass_on(e, s, (const char *)p + (n - rest), rest);
	if (e->paused)
		e->unread += n;
	else if (e->counting)
		channel_consumed(c, n);
}

static void
on_writable(void *user, struct channel *c)
{
	struct errand *e = user;

	(void)c;
	if (e->wrapped)
		send_on(e);
	else if (e->spec.listener->writable)
		e->spec.listener->writable(e->spec.user);
}

static void
tell_end(struct errand *e, const struct channel_end *end)
{
	herd_remove_job(&e->job);
	e->spec.listener->end(e->spec.user, end);
	drop(&e->job);
}

/* What the host said goes into the reason, and may echo the password. */
static bool
judge(struct errand *e, struct err *err)
{
	for (int i = 0; i < 2; i++) {
		struct buf *said = &e->become.said[i];

		e->redacted |=
		    redact_text(passwords_redact(passwords_of(e)), said->data, said->len) > 0;
	}
	return become_judge(&e->become, e->late_ms, err);
}

/* It ended before the program was sent: nothing was run. */
static void
end_early(struct errand *e, struct channel_end *end)
{
	struct err why = { .kind = OUTCOME_OK };
	bool again = false;

	if (e->none && !e->cancelled && become_lacks_password(&e->become) &&
	    !str_eq(e->become.way.method, "run0"))
		snprintf(e->why, sizeof(e->why), "%s %s", e->become.way.method, e->none);
	if (e->why[0])
		err_set(&why, OUTCOME_REFUSED, "%s", e->why);
	else if (e->cancelled)
		err_set(&why, OUTCOME_UNTRIED, "cut before it ran");
	else if (!e->late_ms && !e->over && end->err)
		why = *end->err;
	else
		again = judge(e, &why);
	if (e->become.sent)
		verdict(e, become_is_wrong(&e->become) ? PASSWORD_BAD : PASSWORD_UNTOLD);
	if (again) {
		e->terminal = true;
		herd_need_terminal(e->hh);
		become_fini(&e->become);
		start(e);
		return;
	}
	if (why.kind == OUTCOME_UNKNOWN)
		why.kind = OUTCOME_UNREACHABLE;
	*end = (struct channel_end){ .cancelled = e->cancelled, .err = &why };
	tell_end(e, end);
}

/* The login shell never came to our program; it may yet, with the input it was given. */
static void
say_late(struct errand *e, struct channel_end *end)
{
	err_set(&e->late, e->wrote ? OUTCOME_UNKNOWN : OUTCOME_FAILED,
	    "host ran no helper in %.0f s (got: nothing)", (double)e->late_ms / 1000);
	*end = (struct channel_end){ .err = &e->late };
}

static void
on_end(void *user, struct channel *c, const struct channel_end *end)
{
	struct errand *e = user;
	struct channel_end copy = *end;

	(void)c;
	e->channel = NULL;
	if (e->wrapped)
		passwords_forget(passwords_of(e), e);
	if (e->wrapped && !e->open) {
		end_early(e, &copy);
		return;
	}
	if (e->late_ms)
		say_late(e, &copy);
	pass_on_end(e);
	tell_end(e, &copy);
}

static void
on_late(void *user)
{
	struct errand *e = user;

	e->late_ms = e->waits_ms;
	if (e->channel)
		channel_cancel(e->channel);
}

/* A person is there: the terminal, which was made to pass bytes while the password was given, works as
 * any other again, and the program is all there is. */
static void
encode_for_person(const struct errand *e, struct buf *text)
{
	buf_adds(text, "stty sane iutf8 2>/dev/null || stty sane\n");
	if (!e->program) {
		buf_adds(text, host_shell_sh);
		return;
	}
	buf_adds(text, "exec sh -c ");
	str_shell_quote(text, e->program);
}

/* What is run as the other user. On a terminal, where input has no end, the program gets as many
 * bytes as there will be. */
static void
encode_program(struct errand *e)
{
	autobuf text = BUF_INIT(SIZE_MAX);
	int64_t n = e->spec.input_len;

	if (e->tty) {
		encode_for_person(e, &text);
	} else if (e->spec.who == ERRAND_BECOME && n >= 0) {
		if (e->terminal && n > 0)
			buf_addf(&text, "head -c %lld | ", (long long)n);
		buf_adds(&text, "sh -c ");
		str_shell_quote(&text, e->program);
		if (e->terminal && n == 0)
			buf_adds(&text, " </dev/null");
	} else {
		/* What its tools complain of would get into its answer. */
		buf_addf(&text, "%s%s", e->terminal ? "exec 2>/dev/null\n" : "", e->program);
	}
	buf_fini(&e->head);
	buf_init(&e->head, SIZE_MAX);
	bootstrap_encode(&e->head, buf_text(&text));
	buf_addc(&e->head, '\n');
	e->head_sent = 0;
}

static void
start(struct errand *e)
{
	static const struct channel_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end, .started = on_started
	};
	const struct host *host = herd_host_of(e->hh);
	bool own = e->spec.who == ERRAND_OWN;
	const char *method = says(host) ? host->become : "sudo";
	const char *why = passwords_why(passwords_of(e), method, host->name);
	const struct become_way way = {
		.method = method,
		.user = own || !host->become_user ? "root" : host->become_user,
		.ask = !why,
		.terminal = e->terminal,
		.own = own,
	};

	e->none = why;
	e->counting = e->paused = false;
	e->unread = 0;
	become_init(&e->become, &way);
	encode_program(e);
	autofree char *line = become_line(&e->become);
	struct exec_spec spec = { .command = line,
		.terminal = e->tty        ? e->tty
			    : e->terminal ? "dumb"
					  : NULL,
		.columns = e->spec.columns,
		.rows = e->spec.rows,
		.person = e->tty != NULL,
		.stall_ms = e->spec.stall_ms,
		.quiet = e->spec.quiet };
	e->channel = channel_start(e->session, &spec, &listener, e);
	wait_for(e, HERE_MS);
}

static void
start_plain(struct errand *e)
{
	static const struct channel_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end, .started = on_started
	};
	bool own = e->spec.who == ERRAND_OWN;
	/* An empty line at once: a login shell that hangs before it is noticed. */
	autofree char *program = own ? xasprintf("echo\n%s", e->program) : NULL;
	autofree char *line = own ? bootstrap_line(program, NULL) : NULL;

	struct exec_spec spec = { .command = own ? line : e->program,
		.terminal = e->tty,
		.columns = e->spec.columns,
		.rows = e->spec.rows,
		.person = e->tty != NULL,
		.stall_ms = e->spec.stall_ms,
		.quiet = e->spec.quiet };

	e->channel = channel_start(e->session, &spec, &listener, e);
	if (e->spec.limit_ms)
		channel_limits(e->channel, 0, 0, e->spec.limit_ms);
	if (own)
		wait_for(e, HERE_MS);
}

bool
errand_becomes(const struct herd_host *hh)
{
	const struct host *host = herd_host_of(hh);

	return says(host) && !(host->user && str_eq(host->user, "root"));
}

struct errand *
errand_start(struct herd_host *hh, struct session *s, const struct errand_spec *spec)
{
	struct errand *e = xcalloc(1, sizeof(*e));

	e->hh = hh;
	e->session = s;
	e->spec = *spec;
	e->program = spec->program ? xstrdup(spec->program) : NULL;
	e->tty = spec->terminal ? xstrdup(spec->terminal) : NULL;
	e->spec.program = e->spec.terminal = NULL;
	e->wrapped = spec->who == ERRAND_BECOME || (spec->who == ERRAND_OWN && errand_becomes(hh));
	herd_add_job(herd_host_herd(hh), &e->job);
	e->job.drop = drop;
	if (e->spec.who != ERRAND_LOGIN)
		e->timer = loop_timer_new(herd_loop(herd_host_herd(hh)), on_late, e);
	if (!e->wrapped) {
		start_plain(e);
		return e;
	}
	e->terminal = e->tty || herd_needs_terminal(hh);
	start(e);
	return e;
}

size_t
errand_write(struct errand *e, const void *p, size_t n)
{
	if (!e->channel)
		return n;
	size_t took = 0;
	if (!e->wrapped || (e->open && e->head_sent == e->head.len))
		took = channel_write(e->channel, p, n);
	e->wants_room = took < n;
	e->wrote |= took > 0;
	return took;
}

size_t
errand_room(struct errand *e)
{
	size_t room = 0;

	if (!e->channel || !e->wrapped || (e->open && e->head_sent == e->head.len))
		room = e->channel ? channel_room(e->channel) : SIZE_MAX;
	e->wants_room = room == 0;
	return room;
}

void
errand_write_end(struct errand *e)
{
	if (!e->wrapped) {
		if (e->channel)
			channel_write_end(e->channel);
		return;
	}
	e->ended_input = true;
	if (e->channel && e->open && e->head_sent == e->head.len && !e->terminal)
		channel_write_end(e->channel);
}

void
errand_cancel(struct errand *e)
{
	e->cancelled = true;
	if (e->channel)
		channel_cancel(e->channel);
}

void
errand_pause(struct errand *e, bool on)
{
	if (!e->channel || on == e->paused)
		return;
	if (!e->counting)
		channel_hold(e->channel);
	e->counting = true;
	e->paused = on;
	if (!on)
		channel_consumed(e->channel, e->unread);
	e->unread = 0;
}

void
errand_resize(struct errand *e, int columns, int rows)
{
	e->spec.columns = columns;
	e->spec.rows = rows;
	if (e->channel && e->tty)
		channel_resize(e->channel, columns, rows);
}

bool
errand_signal(struct errand *e, const char *name)
{
	return e->channel && e->started && channel_signal(e->channel, name);
}

size_t
errand_pending(const struct errand *e)
{
	return e->channel ? channel_pending(e->channel) : 0;
}

void
errand_drop(struct errand *e)
{
	verdict(e, PASSWORD_UNTOLD);
	herd_remove_job(&e->job);
	drop(&e->job);
}

bool
errand_redacted(const struct errand *e)
{
	return e->redacted;
}
