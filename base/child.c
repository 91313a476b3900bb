#include "base/child.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"

#include <signal.h>
#include <string.h>
#include <uv.h>

struct child {
	uv_process_t process;
	uv_pipe_t in, out, errors;
	uv_timer_t limit;
	uv_write_t write;
	struct child_spec spec;
	struct buf out_buf, errors_buf;
	char *input;
	int closing;    /* handles not yet closed */
	int open_pipes; /* output pipes not at their end */
	bool exited, cancelled;
	struct child_result result;
	char chunk[16384];
};

static void
free_when_closed(uv_handle_t *h)
{
	struct child *c = h->data;

	if (--c->closing)
		return;
	buf_fini(&c->out_buf);
	buf_fini(&c->errors_buf);
	free(c->input);
	explicit_bzero(c->chunk, sizeof(c->chunk)); /* a program may say a secret */
	free(c);
}

static void
close_handle(struct child *c, void *handle)
{
	if (uv_is_closing(handle))
		return;
	((uv_handle_t *)handle)->data = c;
	uv_close(handle, free_when_closed);
}

static void
close_all(struct child *c)
{
	close_handle(c, &c->in);
	close_handle(c, &c->out);
	close_handle(c, &c->errors);
	close_handle(c, &c->limit);
	close_handle(c, &c->process);
}

static void
end_when_over(struct child *c)
{
	if (c->cancelled || !c->exited || (c->open_pipes && !c->result.timed_out))
		return;
	c->cancelled = true;
	c->result.out = &c->out_buf;
	c->result.errors = &c->errors_buf;
	c->spec.done(c->spec.user, &c->result);
	close_all(c);
}

static void
on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b)
{
	struct child *c = h->data;

	(void)size;
	*b = uv_buf_init(c->chunk, sizeof(c->chunk));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct child *c = s->data;

	bool errors = s == (uv_stream_t *)&c->errors;

	if (n > 0)
		buf_add(errors ? &c->errors_buf : &c->out_buf, b->base, (size_t)n);
	if (n > 0 && c->spec.wrote && !c->cancelled)
		c->spec.wrote(c->spec.user, errors, b->base, (size_t)n);
	if (n >= 0)
		return;
	uv_read_stop(s);
	c->open_pipes--;
	end_when_over(c);
}

static void
on_exit_status(uv_process_t *p, int64_t status, int signum)
{
	struct child *c = p->data;

	c->exited = true;
	c->result.status = signum ? -1 : (int)status;
	c->result.signum = signum;
	end_when_over(c);
}

static void
on_written(uv_write_t *w, int status)
{
	struct child *c = w->data;

	(void)status; /* a program that does not read its input is not an error of ours */
	if (!c->cancelled)
		close_handle(c, &c->in);
}

static void
on_limit(uv_timer_t *t)
{
	struct child *c = t->data;

	c->result.timed_out = true;
	if (!c->exited)
		kill(-c->process.pid, SIGKILL);
	end_when_over(c);
}

static int
spawn(struct child *c, uv_loop_t *uv)
{
	uv_stdio_container_t io[3] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
		    .data.stream = (uv_stream_t *)&c->in },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		    .data.stream = (uv_stream_t *)&c->out },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		    .data.stream = (uv_stream_t *)&c->errors },
	};
	uv_process_options_t o = {
		.exit_cb = on_exit_status,
		.file = c->spec.argv[0],
		.args = (char **)(uintptr_t)c->spec.argv,
		.env = (char **)(uintptr_t)c->spec.env,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = io,
	};

	return uv_spawn(uv, &c->process, &o);
}

struct child *
child_start(struct loop *loop, const struct child_spec *spec, struct err *err)
{
	struct child *c = xcalloc(1, sizeof(*c));
	uv_loop_t *uv = loop_uv(loop);

	c->spec = *spec;
	c->closing = 5;
	c->open_pipes = 2;
	buf_init(&c->out_buf, spec->max);
	buf_init(&c->errors_buf, spec->max);
	uv_pipe_init(uv, &c->in, 0);
	uv_pipe_init(uv, &c->out, 0);
	uv_pipe_init(uv, &c->errors, 0);
	uv_timer_init(uv, &c->limit);
	c->in.data = c->out.data = c->errors.data = c->limit.data = c->process.data = c;
	int rc = spawn(c, uv);
	if (rc < 0) {
		err_set(err, OUTCOME_FAILED, "%s: %s", spec->argv[0], uv_strerror(rc));
		c->cancelled = true;
		close_all(c);
		return NULL;
	}
	uv_read_start((uv_stream_t *)&c->out, on_alloc, on_read);
	uv_read_start((uv_stream_t *)&c->errors, on_alloc, on_read);
	if (spec->input_len) {
		uv_buf_t b;

		c->input = xmemdup0(spec->input, spec->input_len);
		b = uv_buf_init(c->input, (unsigned)spec->input_len);
		c->write.data = c;
		uv_write(&c->write, (uv_stream_t *)&c->in, &b, 1, on_written);
	} else {
		close_handle(c, &c->in);
	}
	if (spec->timeout_ms)
		uv_timer_start(&c->limit, on_limit, (uint64_t)spec->timeout_ms, 0);
	return c;
}

void
child_signal(struct child *c, int signum)
{
	if (c && !c->cancelled && !c->exited)
		kill(-c->process.pid, signum);
}

void
child_cancel(struct child *c)
{
	if (!c || c->cancelled)
		return;
	c->cancelled = true;
	if (!c->exited)
		kill(-c->process.pid, SIGKILL);
	close_all(c);
}
