#include "engine/errand.h"
#include "engine/herd.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/retry.h"

#define CEILING (1U << 20)

/* One command of herd_collect(). Holds its host's session while it has a channel. */
struct collecting {
	struct herd_job job;
	struct herd_host *hh;
	struct collect_spec spec;
	struct errand *errand;
	char *program, *input;
	size_t sent;
	struct buf out, errors;
	int64_t began_ms;
	unsigned session;
	bool again;
	struct collect result; /* without its outputs */
};

static void
drop(struct herd_job *job)
{
	struct collecting *c = container_of(job, struct collecting, job);

	if (c->spec.dropped)
		c->spec.dropped(c->spec.user);
	free(c->program);
	free(c->input);
	buf_fini(&c->out);
	buf_fini(&c->errors);
	free(c);
}

static void
finish(struct collecting *c)
{
	struct collect *r = &c->result;

	r->out = buf_text(&c->out);
	r->out_len = c->out.len;
	r->errors = buf_text(&c->errors);
	r->errors_len = c->errors.len;
	r->dropped = c->out.dropped + c->errors.dropped;
	herd_remove_job(&c->job);
	c->spec.done(c->spec.user, c->hh, r);
	c->spec.dropped = NULL;
	drop(&c->job);
}

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct collecting *c = user;

	buf_add(s == STREAM_OUT ? &c->out : &c->errors, p, n);
}

static void
send_input(struct collecting *c)
{
	size_t left = c->spec.input_len - c->sent;

	if (left > 0)
		c->sent += errand_write(c->errand, c->input + c->sent, left);
	if (c->sent == c->spec.input_len)
		errand_write_end(c->errand);
}

static void
on_writable(void *user)
{
	struct collecting *c = user;

	if (c->sent < c->spec.input_len)
		send_input(c);
}

static void on_ready(void *user, struct session *s, const struct err *err);

static void
on_looked(void *user, struct herd_host *hh, bool again)
{
	struct collecting *c = user;

	if (!again) {
		finish(c);
		return;
	}
	c->again = true;
	c->sent = 0;
	buf_clear(&c->out);
	buf_clear(&c->errors);
	c->began_ms = clock_mono_ms();
	herd_session(hh, on_ready, c);
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct collecting *c = user;
	struct herd_host *hh = c->hh;
	struct collect *r = &c->result;

	c->errand = NULL;
	*r = (struct collect){ .status = e->status, .ms = clock_mono_ms() - c->began_ms };
	str_copy(r->signal, sizeof(r->signal), e->signal);
	if (e->err)
		r->err = *e->err;
	else if (e->cancelled)
		err_set(&r->err, OUTCOME_CANCELLED, "cancelled");
	else if (!e->have_status && !e->signal[0])
		err_set(&r->err, OUTCOME_UNKNOWN, "the host gave no exit status");
	if (e->err && c->spec.read_only && !c->again && retry_may(e->err))
		retry_ask(hh, &(struct retry_spec){ c->session, on_looked, c });
	else
		finish(c);
	herd_release(hh);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};
	struct collecting *c = user;
	if (!s) {
		c->result = (struct collect){ .err = *err, .ms = clock_mono_ms() - c->began_ms };
		finish(c);
		return;
	}
	herd_hold(c->hh);
	c->session = herd_session_number(c->hh);
	c->errand = errand_start(c->hh, s,
	    &(struct errand_spec){ .who = ERRAND_OWN,
		.program = c->program,
		.input_len = -1,
		.limit_ms = c->spec.timeout_ms,
		.listener = &listener,
		.user = c });
	send_input(c);
}

void
herd_collect(struct herd_host *hh, const struct collect_spec *spec)
{
	struct collecting *c = xcalloc(1, sizeof(*c));

	c->hh = hh;
	c->spec = *spec;
	c->program = xstrdup(spec->program);
	c->input = spec->input_len ? xmemdup0(spec->input, spec->input_len) : NULL;
	buf_init(&c->out, spec->max ? spec->max : CEILING);
	buf_init(&c->errors, spec->max ? spec->max : CEILING);
	c->began_ms = clock_mono_ms();
	c->job.drop = drop;
	herd_add_job(herd_host_herd(hh), &c->job);
	herd_session(hh, on_ready, c);
}
