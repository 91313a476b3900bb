#include "playbooks/apply_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/herd.h"
#include "engine/retry.h"

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct apply_host *h = user;

	if (s == STREAM_OUT)
		h->exec->data(h, p, n);
}

static void
on_writable(void *user)
{
	struct apply_host *h = user;

	if (h->errand && !h->whole)
		h->exec->send(h);
}

static void on_ready(void *user, struct session *s, const struct err *err);

static void
on_looked(void *user, struct herd_host *hh, bool again)
{
	struct apply_host *h = user;
	const struct apply_exec *exec = h->exec;

	if (!exec)
		return; /* cut meanwhile, and ended */
	if (!again || h->cut) {
		h->exec = NULL;
		exec->end(h, NULL, &h->lost);
		return;
	}
	h->retried = true;
	h->sent = 0;
	h->whole = false;
	free(h->command);
	h->command = exec->again(h);
	herd_session(hh, on_ready, h);
}

static bool
looks_again(struct apply_host *h, const struct err *err)
{
	if (!err || !h->exec->again || h->retried || !retry_may(err))
		return false;
	h->errand = NULL;
	h->lost = *err;
	retry_ask(h->hh, &(struct retry_spec){ h->session, on_looked, h });
	herd_release(h->hh);
	return true;
}

/* It only reads, and the host was there all the time: it is not lost, it did not get done. */
static bool
ran_out(const struct apply_host *h, const struct err *err)
{
	return err && h->exec->again && h->exec->limit_ms && err->kind == OUTCOME_UNKNOWN &&
	       err->elapsed_ms >= h->exec->limit_ms;
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct apply_host *h = user;
	const struct apply_exec *exec = h->exec;
	const struct err *why = e->err;
	struct err late;

	if (errand_redacted(h->errand)) {
		autoevent warning = { .count = 0 };

		apply_event(h, &warning, EVENT_WARN);
		event_set_text(&warning, FIELD_TEXT, ERRAND_REDACTED);
		apply_emit(h, &warning);
	}
	if (ran_out(h, e->err)) {
		late = *e->err;
		late.kind = OUTCOME_FAILED;
		why = &late;
	} else if (looks_again(h, e->err)) {
		return;
	}
	h->errand = NULL;
	h->exec = NULL;
	exec->end(h, e, why);
	herd_release(h->hh);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};
	struct apply_host *h = user;
	const struct apply_exec *exec = h->exec;

	if (!s) {
		h->exec = NULL;
		exec->end(h, NULL, err);
		return;
	}
	herd_hold(h->hh);
	h->session = herd_session_number(h->hh);
	h->errand = errand_start(h->hh, s,
	    &(struct errand_spec){ .who = ERRAND_OWN,
		.program = h->command,
		.input_len = -1,
		.limit_ms = exec->limit_ms,
		.listener = &listener,
		.user = h });
	exec->send(h);
}

void
apply_exec_start(struct apply_host *h, const struct apply_exec *exec, char *command)
{
	h->exec = exec;
	free(h->command);
	h->command = command;
	h->sent = 0;
	h->whole = false;
	herd_session(h->hh, on_ready, h);
}

void
apply_send_input(struct apply_host *h)
{
	if (h->sent < h->input.len)
		h->sent += errand_write(h->errand, h->input.data + h->sent, h->input.len - h->sent);
	if (h->sent == h->input.len) {
		h->whole = true;
		errand_write_end(h->errand);
	}
}

void
apply_exec_cut(struct apply_host *h)
{
	const struct apply_exec *exec = h->exec;
	struct err err;

	h->cut = true;
	if (h->errand) {
		errand_cancel(h->errand);
	} else if (apply_land_cut(h)) {
		return;
	} else if (h->comeback) {
		apply_reboot_cut(h);
	} else if (exec) {
		herd_forget(h->hh, h);
		h->exec = NULL;
		err_set(&err, OUTCOME_UNTRIED, "cut before it was reached");
		exec->end(h, NULL, &err);
	} else {
		apply_confirm_cut(h);
	}
}

void
apply_look(struct apply_host *h, const struct apply_exec *exec)
{
	apply_begin(h);
	buf_init(&h->input, 1);
	apply_exec_start(h, exec, exec->again(h));
}

bool
apply_looked(
    const struct apply_host *h, const struct channel_end *e, const struct err *err, struct err *why)
{
	*why = (struct err){ .kind = OUTCOME_OK };
	if (err)
		*why = *err;
	else if (e->cancelled && h->cut)
		err_set(why, OUTCOME_UNTRIED, "cut while it was looked at");
	return why->kind == OUTCOME_OK;
}
