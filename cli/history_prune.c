#include "cli/history.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
say_kept(struct buf *b, int64_t n, const char *one, const char *many)
{
	if (n)
		buf_addf(b, "%s%lld %s", b->len ? ", " : "", (long long)n, n == 1 ? one : many);
}

static void
print_json(struct call *c, const struct pruned *p, bool dry)
{
	autobuf b = BUF_INIT(4096);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_bool(&w, "dry_run", dry);
	json_put_int(&w, "runs", p->runs);
	json_put_int(&w, "contents", p->contents);
	json_put_int(&w, "bytes", p->bytes);
	json_open_object(&w, "kept");
	json_put_int(&w, "open", p->open);
	json_put_int(&w, "last", p->last);
	json_put_int(&w, "releases", p->releases);
	json_put_int(&w, "owed", p->owed);
	json_close(&w);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(c->out, buf_text(&b), b.len);
}

static void
print(struct call *c, const struct pruned *p, bool dry)
{
	autobuf kept = BUF_INIT(1024);
	char bytes[16];

	if (out_json(c->out)) {
		print_json(c, p, dry);
		return;
	}
	str_bytes((uint64_t)p->bytes, bytes, sizeof(bytes));
	out_line(c->out, "%s %lld content%s of %lld run%s, %s",
	    dry ? "would take away" : "took away", (long long)p->contents,
	    p->contents == 1 ? "" : "s", (long long)p->runs, p->runs == 1 ? "" : "s", bytes);
	say_kept(&kept, p->open, "that has not ended", "that have not ended");
	say_kept(&kept, p->last, "that undo would take back", "that undo would take back");
	say_kept(&kept, p->releases, "of a release in use", "of releases in use");
	say_kept(&kept, p->owed, "that hosts are owed", "that hosts are owed");
	if (kept.len)
		out_line(c->out, "kept as they are: %s", buf_text(&kept));
}

static bool
may(struct call *c)
{
	char answer[32];
	struct err err;

	if (c->globals.yes)
		return true;
	if (c->globals.no_input || !isatty(STDIN_FILENO)) {
		err_set(&err, OUTCOME_HELD,
		    "held: nobody is here to confirm that this goes for good; if it is meant: -y");
	} else {
		out_flush(c->out);
		out_note(c->out, "this goes for good: go on? [y/N]");
		if (fgets(answer, sizeof(answer), stdin)) {
			answer[strcspn(answer, "\n")] = '\0';
			if (str_eq(answer, "y") || str_eq(answer, "yes"))
				return true;
		}
		err_set(&err, OUTCOME_HELD, "not confirmed: nothing was taken away");
	}
	call_fail(c, &err);
	return false;
}

static struct ledger_run *
begin(struct call *c, struct ledger *l, struct err *err)
{
	autoevent start = { .count = 0 };
	size_t words = 0;

	while (c->line[words])
		words++;
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "prune");
	event_set_list(&start, FIELD_ARGV, (const char *const *)c->line, words);
	return ledger_run_begin(l, &start, err);
}

static void
end(struct ledger_run *run, enum outcome outcome)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_END);
	event_set_text(&e, FIELD_STATE, outcome_name(outcome));
	event_set_int(&e, FIELD_EXIT, outcome_exit(outcome));
	ledger_append(run, &e);
	ledger_run_end(run);
}

/* A run of its own, so that it is known who took what was there away. */
static int
carry_out(struct call *c, struct ledger *l, struct prune *what, struct pruned *ret)
{
	struct err err;
	struct ledger_run *run = begin(c, l, &err);

	if (!run)
		return call_fail(c, &err);
	what->own = ledger_run_uuid(run);
	what->dry = false;
	int rc = ledger_prune(l, what, ret, &err);
	what->own = NULL;
	end(run, rc < 0 ? err.kind : OUTCOME_OK);
	return rc < 0 ? call_fail(c, &err) : 0;
}

/* The file gets smaller only where nobody else has it open. */
static int
shrink(struct call *c, const struct pruned *p)
{
	int64_t bytes;
	char text[16];
	struct err err;

	if (ledger_compact(c->globals.ledger, &bytes, &err) < 0)
		return call_fail(c, &err);
	str_bytes((uint64_t)bytes, text, sizeof(text));
	if (bytes > 0)
		out_note(c->out, "the ledger is %s smaller", text);
	else if (p->contents)
		out_note(
		    c->out, "the ledger's file keeps its size: new runs fill what is free in it");
	return 0;
}

static int
prune(struct call *c, struct ledger *l, struct prune *what, struct pruned *ret)
{
	bool dry = what->dry;
	struct err err;

	what->dry = true;
	if (ledger_prune(l, what, ret, &err) < 0)
		return call_fail(c, &err);
	if (!dry && ret->contents && !c->globals.yes && !out_json(c->out))
		print(c, ret, true);
	if (dry || !ret->contents) {
		print(c, ret, dry);
		return 0;
	}
	if (!may(c))
		return c->exit;
	int code = carry_out(c, l, what, ret);
	if (code == 0)
		print(c, ret, false);
	return code;
}

int
history_prune(struct call *c, const struct history_prune *how)
{
	struct prune what = { .keep = how->keep,
		.dry = how->dry,
		.before_ms = how->older_ms ? clock_wall_ms() - how->older_ms : INT64_MAX };
	struct pruned pruned = { .runs = 0 };
	struct err err;

	if (!how->older_ms && !how->keep)
		return call_usage(
		    c, "history prune needs --older DUR or --keep N, or both: what is to stay?");
	struct ledger *l = ledger_open(NULL, c->globals.ledger, false, &err);
	if (!l)
		return call_fail(c, &err);
	int code = prune(c, l, &what, &pruned);
	ledger_close(l);
	return code == 0 && !how->dry && pruned.contents ? shrink(c, &pruned) : code;
}
