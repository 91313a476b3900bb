#include "inventory/program.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "inventory/ansible.h"
#include "inventory/model.h"

#include <signal.h>
#include <string.h>

#define AT_ONCE   8
#define SAID_SHOW 300

struct reader {
	struct ansible a;
	const char *path;
	struct loop *loop;
	struct err *err;
	bool failed;
	size_t next;       /* host to ask about */
	struct call *call; /* under way, and those that ended */
	size_t calls;
	int caught; /* the signal that ends drover, and the program before it */
};

/* One run of the program. */
struct call {
	struct reader *r;
	struct model_host *host; /* NULL: --list */
	const char *name;        /* the command, for messages and marks */
	struct buf out;
	struct child *child;
};

/* The end of what it said, on one line. */
static char *
said(const struct buf *errors)
{
	autobuf clean = BUF_INIT(2000);
	const char *text = buf_text(errors);
	size_t len = errors->len, from;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	from = len > SAID_SHOW ? len - SAID_SHOW : 0;
	while (from && from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	utf8_clean(&clean, text + from, len - from);
	for (size_t i = 0; i < clean.len; i++) {
		if (clean.data[i] == '\n' || clean.data[i] == '\t')
			clean.data[i] = ' ';
	}
	return xstrdup(buf_text(&clean));
}

static void
fail(struct call *c, const char *why, const struct buf *errors)
{
	autofree char *text = said(errors);
	struct reader *r = c->r;

	if (!r->failed)
		err_set(
		    r->err, OUTCOME_INPUT, "%.200s: %s%s%s", c->name, why, *text ? ": " : "", text);
	r->failed = true;
}

static void
on_done(void *user, const struct child_result *result)
{
	struct call *c = user;
	autofree char *why = NULL;

	c->child = NULL;
	if (result->timed_out)
		why = xasprintf("no answer within %d s", PROGRAM_TIMEOUT_MS / 1000);
	else if (result->signum)
		why = xasprintf("ended by signal %d", result->signum);
	else if (result->status)
		why = xasprintf("exit status %d", result->status);
	else if (result->out->dropped)
		why = xasprintf("more output than %zu MiB", YAML_SIZE_MAX >> 20);
	if (why) {
		fail(c, why, result->errors);
		return;
	}
	if (result->errors->len) {
		autofree char *text = said(result->errors);

		diag_warn(c->r->a.diag, (struct mark){ .file = c->name }, "%s", text);
	}
	buf_add(&c->out, buf_text(result->out), result->out->len);
}

static void
start(struct call *c)
{
	struct reader *r = c->r;
	const char *const list[] = { r->path, "--list", NULL };
	const char *const host[] = { r->path, "--host", c->host ? c->host->pub.name : NULL, NULL };
	struct child_spec spec = { .argv = c->host ? host : list,
		.max = YAML_SIZE_MAX,
		.timeout_ms = PROGRAM_TIMEOUT_MS,
		.done = on_done,
		.user = c };
	struct err err;

	buf_init(&c->out, YAML_SIZE_MAX);
	c->name = arena_printf(r->a.inv->arena, "%s %s%s%s", r->path, c->host ? "--host" : "--list",
	    c->host ? " " : "", c->host ? c->host->pub.name : "");
	c->child = child_start(r->loop, &spec, &err);
	if (c->child)
		return;
	if (!r->failed)
		*r->err = err;
	r->err->kind = OUTCOME_INPUT;
	r->failed = true;
}

/* What it printed; NULL when that is nothing, or no YAML (which JSON is). */
static const struct yaml_node *
parse(struct call *c)
{
	struct ansible *a = &c->r->a;

	a->path = c->name;
	a->inv->read += c->out.len;
	return yaml_parse_ansible(a->inv->arena, c->name, buf_text(&c->out), c->out.len, a->diag);
}

static void
on_signal(void *user, int signum)
{
	struct reader *r = user;

	r->caught = signum;
	r->failed = true;
	for (size_t i = 0; i < r->calls; i++)
		child_cancel(take(r->call[i].child));
}

/* Wait for all of them. */
static void
wait_for(struct reader *r, struct call *call, size_t n)
{
	r->call = call;
	r->calls = n;
	loop_run(r->loop);
	r->calls = 0;
}

/* Ask about some hosts at once. */
static void
ask_some(struct reader *r)
{
	struct call call[AT_ONCE] = { 0 };
	struct field_vars vars;
	size_t n = 0;

	for (; n < AT_ONCE && r->next < r->a.inv->host_count && !r->failed; r->next++) {
		struct model_host *h = r->a.inv->host[r->next];

		if (!h->listed)
			continue;
		call[n] = (struct call){ .r = r, .host = h };
		start(&call[n++]);
	}
	wait_for(r, call, n);
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *root = r->failed ? NULL : parse(&call[i]);

		if (root && ansible_vars(&r->a, root, &vars))
			ansible_say_host(&r->a, call[i].host, &vars, root->mark, false);
		buf_fini(&call[i].out);
	}
}

static void
read_all(struct reader *r)
{
	struct call list = { .r = r };
	const struct yaml_node *root;
	bool ask = false;

	for (size_t i = 0; i < r->a.inv->host_count; i++)
		r->a.inv->host[i]->listed = false;
	start(&list);
	wait_for(r, &list, 1);
	root = r->failed ? NULL : parse(&list);
	if (root)
		ask = ansible_listing(&r->a, root);
	else if (!r->failed && !list.out.len)
		diag_error(r->a.diag, (struct mark){ .file = list.name }, "it printed nothing");
	buf_fini(&list.out);
	while (ask && !r->failed && r->next < r->a.inv->host_count)
		ask_some(r);
}

int
program_read(struct inventory *inv, const char *path, struct diag *diag, struct err *err)
{
	struct reader r = { .a = { .inv = inv, .diag = diag }, .path = path, .err = err };

	r.loop = loop_new(err);
	if (!r.loop)
		return -1;
	struct loop_signal *on_int = loop_signal_new(r.loop, SIGINT, on_signal, &r),
			   *on_term = loop_signal_new(r.loop, SIGTERM, on_signal, &r);
	read_all(&r);
	loop_signal_free(on_int);
	loop_signal_free(on_term);
	loop_free(r.loop);
	if (r.caught)
		raise(r.caught);
	return r.failed ? -1 : 0;
}
