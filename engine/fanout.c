#include "engine/fanout.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/outflow.h"
#include "engine/retry.h"
#include "engine/run.h"
#include "engine/stray.h"
#include "inventory/inventory.h"

#define PARALLEL 64

enum task_state { TASK_WAITING, TASK_CONNECTING, TASK_PARKED, TASK_RUNNING, TASK_ENDED };

struct task {
	struct fanout *f;
	struct herd_host *hh;
	enum task_state state;
	bool slow; /* to connect: not counted among those at work */
	struct errand *errand;
	size_t sent;
	unsigned session;
	bool spoke, again; /* it has said something; it was begun anew */
	struct err lost;
	int64_t began_ms;
	struct outflow out;
};

struct fanout {
	struct fanout_spec spec;
	struct task *tasks;
	size_t next, running, ended;
	size_t parked; /* slow ones that came up when there was no room */
	int stops;
	bool filling, told;
};

static void fill(struct fanout *f);

static bool
has_room(const struct fanout *f)
{
	return f->running < (f->spec.parallel > 0 ? (size_t)f->spec.parallel : PARALLEL);
}

static const char *
task_host(const struct task *t)
{
	return herd_host_of(t->hh)->name;
}

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct task *t = user;

	t->spoke = true;
	outflow_add(&t->out, s, p, n);
}

static bool
ran(enum outcome state, const struct channel_end *status)
{
	bool ended = status && (status->have_status || status->signal[0]);

	return state == OUTCOME_UNKNOWN || (state != OUTCOME_REFUSED && ended);
}

static void
emit_end(
    struct task *t, enum outcome state, const struct channel_end *status, const struct err *err)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, task_host(t));
	event_set_text(&e, FIELD_STATE, outcome_name(state));
	if (status && status->have_status)
		event_set_int(&e, FIELD_RC, status->status);
	if (status && status->signal[0])
		event_set_text(&e, FIELD_SIGNAL, status->signal);
	if (t->f->spec.who == ERRAND_BECOME && ran(state, status))
		stray_mark(t->f->spec.run, herd_host_of(t->hh), "run -B");
	if (err) {
		event_set_text(&e, FIELD_PHASE, err->phase[0] ? err->phase : NULL);
		event_set_text(&e, FIELD_TEXT, herd_reason(t->hh, err));
	}
	if (t->began_ms)
		event_set_int(&e, FIELD_MS, clock_mono_ms() - t->began_ms);
	run_emit(t->f->spec.run, &e);
}

static void
tell_done(void *user)
{
	struct fanout *f = user;

	f->spec.done(f->spec.user);
}

static void
task_end(
    struct task *t, enum outcome state, const struct channel_end *status, const struct err *err)
{
	struct fanout *f = t->f;
	bool held = t->state == TASK_RUNNING;

	f->running -= t->state != TASK_WAITING && !t->slow;
	f->parked -= t->state == TASK_PARKED;
	f->ended++;
	t->state = TASK_ENDED;
	t->errand = NULL;
	outflow_end(&t->out);
	emit_end(t, state, status, err);
	if (!f->spec.keep)
		herd_disconnect(t->hh);
	if (held)
		herd_release(t->hh);
	fill(f);
}

static void
warn(const struct task *t, const char *text)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_HOST, task_host(t));
	event_set_text(&e, FIELD_TEXT, text);
	run_emit(t->f->spec.run, &e);
}

static void on_ready(void *user, struct session *s, const struct err *err);

static void
on_looked(void *user, struct herd_host *hh, bool again)
{
	struct task *t = user;

	if (!again || t->f->stops > 0) {
		task_end(t, t->lost.kind, NULL, &t->lost);
		return;
	}
	t->again = true;
	t->sent = 0;
	t->state = TASK_CONNECTING;
	herd_session(hh, on_ready, t);
	herd_release(hh);
}

/* What only reads and has said nothing yet may be begun once more. */
static bool
looks_again(struct task *t, const struct err *err)
{
	if (!err || !t->f->spec.read_only || t->spoke || t->again || !retry_may(err))
		return false;
	t->errand = NULL;
	t->lost = *err;
	retry_ask(t->hh, &(struct retry_spec){ t->session, on_looked, t });
	return true;
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct task *t = user;
	struct err err;

	if (errand_redacted(t->errand))
		warn(t, ERRAND_REDACTED);

	if (looks_again(t, e->err))
		return;
	if (e->cancelled && t->f->spec.read_only) {
		task_end(t, OUTCOME_OK, e, NULL);
	} else if (e->err) {
		task_end(t, e->err->kind, e, e->err);
	} else if (e->have_status) {
		task_end(t, e->status == 0 ? OUTCOME_OK : OUTCOME_FAILED, e, NULL);
	} else if (e->cancelled) {
		/* Also when a signal is told: it may have been ours. */
		err_set(&err, OUTCOME_UNKNOWN, "cut while it ran");
		task_end(t, OUTCOME_UNKNOWN, e, &err);
	} else if (e->signal[0]) {
		err_set(&err, OUTCOME_FAILED, "ended by signal %s", e->signal);
		task_end(t, OUTCOME_FAILED, e, &err);
	} else {
		err_set(&err, OUTCOME_UNKNOWN, "the host gave no exit status");
		task_end(t, OUTCOME_UNKNOWN, e, &err);
	}
}

static void
send_input(struct task *t)
{
	const struct fanout_spec *spec = &t->f->spec;

	if (spec->terminal) {
		/* A terminal knows no end of input but this. */
		t->sent += t->sent == 0 ? errand_write(t->errand, "\004", 1) : 0;
		return;
	}
	if (t->sent < spec->input_len)
		t->sent += errand_write(
		    t->errand, (const char *)spec->input + t->sent, spec->input_len - t->sent);
	if (t->sent == spec->input_len)
		errand_write_end(t->errand);
}

static void
on_writable(void *user)
{
	struct task *t = user;

	if (t->errand && (t->f->spec.terminal || t->sent < t->f->spec.input_len))
		send_input(t);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};
	struct task *t = user;

	if (!s) {
		task_end(t, err->kind, NULL, err);
		return;
	}
	if (t->slow && !has_room(t->f)) {
		t->state = TASK_PARKED;
		t->f->parked++;
		return;
	}
	t->f->running += t->slow;
	t->slow = false;
	t->state = TASK_RUNNING;
	herd_hold(t->hh);
	t->session = herd_session_number(t->hh);
	t->errand = errand_start(t->hh, s,
	    &(struct errand_spec){ .who = t->f->spec.who,
		.program = t->f->spec.command,
		.terminal = t->f->spec.terminal,
		.columns = t->f->spec.columns,
		.rows = t->f->spec.rows,
		.input_len = (int64_t)t->f->spec.input_len,
		.limit_ms = t->f->spec.timeout_ms,
		/* What people type may read its input when it likes. */
		.stall_ms = t->f->spec.who == ERRAND_OWN ? 0 : -1,
		.listener = &listener,
		.user = t });
	send_input(t);
}

/* A dead host holds nobody up: another takes its place until it is there. */
static void
on_slow(void *user)
{
	struct task *t = user;

	if (t->state != TASK_CONNECTING || t->slow)
		return;
	t->slow = true;
	t->f->running--;
	fill(t->f);
}

static void
start(struct task *t)
{
	const struct host *host = herd_host_of(t->hh);
	autoevent e = { .count = 0 };

	t->state = TASK_CONNECTING;
	t->began_ms = clock_mono_ms();
	t->f->running++;
	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, host->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(host->kind));
	event_set_text(&e, FIELD_ADDRESS, host->address ? host->address : host->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	run_emit(t->f->spec.run, &e);
	herd_session(t->hh, on_ready, t);
	if (t->state == TASK_CONNECTING)
		herd_on_slow(t->hh, on_slow, t);
}

static void
unpark(struct fanout *f)
{
	for (size_t i = 0; f->parked && i < f->next && has_room(f); i++) {
		struct task *t = &f->tasks[i];

		if (t->state != TASK_PARKED)
			continue;
		t->state = TASK_CONNECTING;
		t->slow = false;
		f->parked--;
		f->running++;
		herd_session(t->hh, on_ready, t);
	}
}

static void
leave_untried(struct task *t)
{
	struct err err;

	err_set(&err, OUTCOME_UNTRIED, "the run was stopped before it");
	task_end(t, OUTCOME_UNTRIED, NULL, &err);
}

/* Bring the number of hosts at work up to what is allowed; called again from inside by hosts that
 * end at once. */
static void
fill(struct fanout *f)
{
	if (f->filling)
		return;
	f->filling = true;
	unpark(f);
	while (f->next < f->spec.count) {
		if (f->stops > 0)
			leave_untried(&f->tasks[f->next++]);
		else if (has_room(f))
			start(&f->tasks[f->next++]);
		else
			break;
	}
	f->filling = false;
	if (f->ended == f->spec.count && !f->told) {
		f->told = true;
		loop_soon(herd_loop(f->spec.herd), tell_done, f);
	}
}

struct fanout *
fanout_start(const struct fanout_spec *spec)
{
	struct fanout *f = xcalloc(1, sizeof(*f));

	f->spec = *spec;
	f->tasks = xcalloc(spec->count, sizeof(*f->tasks));
	for (size_t i = 0; i < spec->count; i++) {
		f->tasks[i].f = f;
		f->tasks[i].hh = spec->hosts[i];
		outflow_init(&f->tasks[i].out, spec->run, spec->hosts[i], spec->terminal != NULL);
	}
	fill(f);
	return f;
}

static void
cut(struct task *t)
{
	struct err err;

	if (t->state == TASK_RUNNING && t->errand) {
		errand_cancel(t->errand);
	} else if (t->state == TASK_CONNECTING || t->state == TASK_PARKED) {
		herd_forget(t->hh, t);
		err_set(&err, OUTCOME_UNTRIED, "cut before it was reached");
		task_end(t, OUTCOME_UNTRIED, NULL, &err);
	}
}

void
fanout_stop(struct fanout *f)
{
	f->stops++;
	fill(f);
	if (f->stops < 2)
		return;
	for (size_t i = 0; i < f->spec.count; i++)
		cut(&f->tasks[i]);
}

void
fanout_free(struct fanout *f)
{
	if (!f)
		return;
	free(f->tasks);
	free(f);
}

void
fanout_running(
    const struct fanout *f, void (*each)(void *user, const char *host, int64_t ms), void *user)
{
	for (size_t i = 0; i < f->spec.count; i++) {
		const struct task *t = &f->tasks[i];

		if (t->state == TASK_CONNECTING || t->state == TASK_RUNNING)
			each(user, task_host(t), clock_mono_ms() - t->began_ms);
	}
}
