#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/history.h"
#include "cli/history_known.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/diff.h"
#include "playbooks/reply.h"

#include <string.h>

#define ANSWER_MAX  (24U << 20)
#define SHOWN_LINES 10000

extern const char host_versions_sh[];

/* One thing the file was. */
struct version {
	char digest[65]; /* "-": it was not there */
	char *run, *when, *who, *playbook;
	const char *class;
	long long size; /* -1: not told */
};

struct file {
	struct call *call;
	const char *path, *host;
	struct version *version;
	size_t count, cap;
	/* the question in hand */
	struct reply reply;
	char nonce[REPLY_NONCE];
	const char *want;
	/* the contents that are wanted, one after another */
	int64_t number[2];
	size_t needs, at;
	char *content[2];
	size_t content_len[2];
	struct err err;
};

static void ask(struct asking *a, struct herd_host *hh);

static struct version *
insert(struct file *f, size_t at, const char *digest, const char *class)
{
	struct version *v;

	mem_grow(f->version, f->count, f->cap);
	v = &f->version[at];
	memmove(v + 1, v, (f->count++ - at) * sizeof(*v));
	*v = (struct version){ .class = class, .size = -1 };
	str_copy(v->digest, sizeof(v->digest), strlen(digest) == 64 ? digest : "-");
	return v;
}

static struct version *
add(struct file *f, const char *digest, const char *class)
{
	return insert(f, f->count, digest, class);
}

static bool
is_last(const struct file *f, const char *digest)
{
	return f->count &&
	       str_eq(f->version[f->count - 1].digest, strlen(digest) == 64 ? digest : "-");
}

/* "RUN DIGEST SIZE" and "DIGEST SIZE": what no act known here put there. */
static void
take_found(struct file *f, const char *digest, const char *size, const char *class)
{
	int64_t n = 0;

	if (!is_last(f, digest) && (f->count || strlen(digest) == 64))
		add(f, digest, class);
	if (f->count && str_int(size, 0, INT64_MAX, &n) && strlen(digest) == 64)
		f->version[f->count - 1].size = n;
}

/* "RUN STEP KIND DIGEST DONE\nTIME\tRUN\tOUTCOME\tSEAT\tWHO\tHOST\tPLAYBOOK\tRELEASE" */
static void
take_act(struct file *f, char *text)
{
	char *word[5], *field[8] = { NULL }, *save = NULL, *nl = strchr(text, '\n');
	size_t n = 0;
	struct version *v;

	if (!nl)
		return;
	*nl = '\0';
	for (char *w = strtok_r(text, " ", &save); w && n < 5; w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	if (n < 5 || !str_eq(word[4], "changed"))
		return;
	v = add(f, strchr("ret", *word[2]) ? "-" : word[3],
	    strchr("ret", *word[2]) ? "remove"
	    : f->count              ? "change"
				    : "create");
	v->run = xstrdup(word[0]);
	n = 0;
	for (char *w = strtok_r(nl + 1, "\t\n", &save); w && n < 8;
	     w = strtok_r(NULL, "\t\n", &save))
		field[n++] = w;
	if (n < 7)
		return;
	v->when = xstrdup(field[0]);
	v->who = xstrdup(field[4]);
	v->playbook = xstrdup(field[6]);
}

static void
forget_version(struct version *v)
{
	free(v->run);
	free(v->when);
	free(v->who);
	free(v->playbook);
}

static bool
has_run(const struct file *f, const char *run)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->version[i].run && str_eq(f->version[i].run, run))
			return true;
	}
	return false;
}

/* Before the act that came next, and what that one found. */
static size_t
place_of(const struct file *f, const char *run)
{
	size_t at = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (f->version[i].run && strcmp(f->version[i].run, run) < 0)
			at = i + 1;
	}
	return at;
}

/* An act that the host no longer remembers. */
static void
add_known(struct file *f, const struct known_version *k)
{
	char when[40];
	size_t at;
	struct version *v;

	if (has_run(f, k->run))
		return;
	at = place_of(f, k->run);
	if (!str_eq(k->was, "-") || at > 0)
		insert(f, at++, k->was, "found");
	v = insert(f, at, k->digest, "change");
	clock_rfc3339(k->time_ms, when, sizeof(when));
	v->run = xstrdup(k->run);
	v->when = xstrdup(when);
	v->who = xstrdup(k->who);
	v->playbook = k->playbook ? xstrdup(k->playbook) : NULL;
}

/* Each once: what an act found is what the one before left, or somebody's own. */
static void
settle(struct file *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		struct version *v = &f->version[i];
		bool same =
		    n > 0 ? str_eq(f->version[n - 1].digest, v->digest) : str_eq(v->digest, "-");
		bool absent = str_eq(v->digest, "-");

		if (!v->run && same) {
			if (n > 0 && v->size >= 0)
				f->version[n - 1].size = v->size;
			forget_version(v);
			continue;
		}
		if (v->run)
			v->class = absent                                  ? "remove"
				   : n == 0                                ? "create"
				   : str_eq(f->version[n - 1].digest, "-") ? "create"
									   : "change";
		else if (n > 0)
			v->class = "by hand";
		f->version[n++] = *v;
	}
	f->count = n;
}

/* What the ledger of this seat knows beside. */
static void
take_known(struct file *f)
{
	struct ledger *l = f->call->ledger;
	size_t n = 0;
	struct known_version *k =
	    l ? history_known(l, inventory_fleet(f->call->inventory), f->host, f->path, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		add_known(f, &k[i]);
	history_known_free(k, n);
	settle(f);
}

/* The host no longer has the contents; perhaps they were kept here. */
static void
take_kept(struct file *f)
{
	struct ledger *l = f->call->ledger;
	struct err err;

	free(f->content[f->at]);
	f->content[f->at] = l && ledger_has(l, f->want)
				? ledger_get(l, f->want, &f->content_len[f->at], &err)
				: NULL;
	if (!f->content[f->at])
		err_set(&f->err, OUTCOME_FAILED,
		    "version %lld: neither the host nor this seat has its contents any more",
		    (long long)f->number[f->at]);
}

static void
take_frame(void *user, const char *kind, const char *payload, size_t len)
{
	struct file *f = user;
	autofree char *text = xmemdup0(payload, len);
	char *save = NULL;

	if (strcmp(kind, "act") == 0) {
		take_act(f, text);
	} else if (strcmp(kind, "before") == 0 || strcmp(kind, "now") == 0) {
		bool now = *kind == 'n';
		char *first = strtok_r(text, " ", &save);
		char *digest = now ? first : strtok_r(NULL, " ", &save);
		char *size = strtok_r(NULL, " ", &save);

		if (digest && size)
			take_found(f, digest, size, now ? "by hand" : "found");
	} else if (strcmp(kind, "content") == 0) {
		free(f->content[f->at]);
		f->content[f->at] =
		    (char *)digest_unbase64(text, strlen(text), &f->content_len[f->at]);
	} else if (strcmp(kind, "secret") == 0) {
		err_set(&f->err, OUTCOME_REFUSED, "a secret is not shown");
	} else if (strcmp(kind, "none") == 0) {
		take_kept(f);
	} else if (strcmp(kind, "refused") == 0) {
		err_set(&f->err, OUTCOME_REFUSED, "%s", text);
	}
}

/* Which contents to ask for next; false: none, or f->err says why not. */
static bool
next_content(struct file *f)
{
	if (f->want && !str_eq(f->want, "list"))
		f->at++;
	for (; f->at < f->needs; f->at++) {
		int64_t n = f->number[f->at];

		if (n < 1 || (size_t)n > f->count) {
			err_set(&f->err, OUTCOME_FAILED, "there are versions 1 to %zu", f->count);
			return false;
		}
		f->want = f->version[n - 1].digest;
		if (!str_eq(f->want, "-"))
			return true;
		f->content[f->at] = xstrdup("");
	}
	return false;
}

static void
on_answer(void *user, struct herd_host *hh, const struct collect *c)
{
	struct asking *a = user;
	struct file *f = a->user;
	struct err err = c->err;

	if (!asking_wants(a, hh))
		return;
	reply_feed(&f->reply, c->out, c->out_len);
	if (err.kind == OUTCOME_OK && reply_verdict(&f->reply, &err) < 0 && c->dropped)
		err_set(&err, OUTCOME_FAILED, "more than can be asked for");
	reply_fini(&f->reply);
	if (err.kind == OUTCOME_OK && str_eq(f->want, "list"))
		take_known(f);
	if (err.kind == OUTCOME_OK && f->err.kind == OUTCOME_OK && next_content(f)) {
		ask(a, hh);
		return;
	}
	if (err.kind == OUTCOME_OK)
		err = f->err;
	asking_done(a, hh, &err);
}

static void
ask(struct asking *a, struct herd_host *hh)
{
	struct file *f = a->user;

	reply_nonce(f->nonce);
	reply_init(&f->reply, f->nonce, take_frame, f);
	autofree char *program =
	    reply_command(host_versions_sh, NULL, (const char *const[]){ f->nonce, f->want, NULL });
	autofree char *input = xasprintf("%s\n", f->path);
	struct collect_spec spec = { .program = program,
		.input = input,
		.input_len = strlen(input),
		.max = ANSWER_MAX,
		.read_only = true,
		.done = on_answer,
		.user = a };

	herd_collect(hh, &spec);
}

static void
print(struct file *f)
{
	out_table(f->call->out,
	    (const char *const[]){
		"version", "when", "class", "digest", "size", "who", "playbook", "run" },
	    8);
	for (size_t i = 0; i < f->count; i++) {
		const struct version *v = &f->version[i];
		autofree char *number = xasprintf("%zu", i + 1);
		autofree char *digest =
		    xasprintf("%.*s", out_json(f->call->out) ? 64 : 12, v->digest);
		autofree char *size = v->size >= 0 ? xasprintf("%lld", v->size) : NULL;

		out_row(f->call->out, (const char *const[]){ number, v->when, v->class, digest,
					  size, v->who, v->playbook, v->run });
	}
	out_table_end(f->call->out);
}

static void
print_lines(struct call *c, const char *text, size_t n)
{
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t line = end ? (size_t)(end - text) + 1 : n;

		out_remote(c->out, "", text, line);
		text += line;
		n -= line;
	}
}

static void
print_text(struct call *c, const char *text, size_t n)
{
	if (isatty(STDOUT_FILENO))
		print_lines(c, text, n);
	else
		out_text(c->out, text, n);
}

/* One object: which version, or which two, and the text. */
static void
print_json(struct file *f, const char *key, const char *text, size_t n)
{
	autobuf b = BUF_INIT(2 * ANSWER_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_int(&w, f->needs == 2 ? "from" : "version", f->number[0]);
	if (f->needs == 2)
		json_put_int(&w, "to", f->number[1]);
	json_put_data(&w, key, text, n);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(f->call->out, buf_text(&b), b.len);
}

static void
print_diff(struct file *f)
{
	autofree char *text =
	    diff_file(f->path, (struct diff_text){ f->content[0], f->content_len[0] },
		(struct diff_text){ f->content[1], f->content_len[1] }, SHOWN_LINES);

	if (out_json(f->call->out))
		print_json(f, "diff", text ? text : "", text ? strlen(text) : 0);
	else if (text)
		print_text(f->call, text, strlen(text));
}

static void
print_answer(struct asking *a)
{
	struct file *f = a->user;

	if (f->err.kind != OUTCOME_OK || f->at < f->needs)
		return;
	if (f->needs == 2)
		print_diff(f);
	else if (f->needs == 1 && out_json(f->call->out))
		print_json(f, "content", f->content[0], f->content_len[0]);
	else if (f->needs == 1)
		print_text(f->call, f->content[0], f->content_len[0]);
	else if (f->count)
		print(f);
	else
		out_note(
		    f->call->out, "no act that the host remembers touched it, and it is not there");
}

static void
forget(struct file *f)
{
	for (size_t i = 0; i < f->count; i++)
		forget_version(&f->version[i]);
	free(f->version);
	free(f->content[0]);
	free(f->content[1]);
}

int
history_file(struct call *c, const struct history_file *what)
{
	struct file f = { .call = c,
		.path = what->path,
		.want = "list",
		.number = { what->show ? what->show : what->from, what->to },
		.needs = what->show   ? 1
			 : what->from ? 2
				      : 0 };
	struct asking a = { .call = c,
		.verb = "history",
		.unrecorded = true,
		.ask = ask,
		.print = print_answer,
		.user = &f };
	struct set set = { .hosts = NULL };
	int code;

	if (!reply_is_path(what->path) || *what->path != '/')
		return call_usage(c, "%s: an absolute path is wanted here", what->path);
	if (!call_set(c, what->host, &set))
		return c->exit;
	a.set = &set;
	f.host = set.count ? set.hosts[0]->name : NULL;
	code = set.count == 1 ? asking_run(&a)
			      : call_usage(c, "history file looks at one host, not %zu", set.count);
	forget(&f);
	set_fini(&set);
	return code;
}
