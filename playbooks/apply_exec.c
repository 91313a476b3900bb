#include "playbooks/apply_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/herd.h"

static void
on_data(void *user, struct channel *c, enum stream s, const void *p, size_t n)
{
	struct apply_host *h = user;

	(void)c;
	if (s == STREAM_OUT)
		h->exec->data(h, p, n);
}

static void
on_writable(void *user, struct channel *c)
{
	struct apply_host *h = user;

	(void)c;
	if (h->channel && !h->whole)
		h->exec->send(h);
}

static void
on_end(void *user, struct channel *c, const struct channel_end *e)
{
	struct apply_host *h = user;
	const struct apply_exec *exec = h->exec;

	(void)c;
	h->channel = NULL;
	h->exec = NULL;
	exec->end(h, e, e->err);
	herd_release(h->hh);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	static const struct channel_listener listener = {
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
	h->channel = channel_exec(s, h->command, &listener, h);
	if (exec->limit_ms)
		channel_limits(h->channel, 0, 0, exec->limit_ms);
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
		h->sent +=
		    channel_write(h->channel, h->input.data + h->sent, h->input.len - h->sent);
	if (h->sent == h->input.len) {
		h->whole = true;
		channel_write_end(h->channel);
	}
}

void
apply_exec_cut(struct apply_host *h)
{
	const struct apply_exec *exec = h->exec;
	struct err err;

	h->cut = true;
	if (h->channel) {
		channel_cancel(h->channel);
	} else if (exec) {
		herd_forget(h->hh, h);
		h->exec = NULL;
		err_set(&err, OUTCOME_UNTRIED, "cut before it was reached");
		exec->end(h, NULL, &err);
	}
}
