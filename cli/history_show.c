#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event_json.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/history.h"
#include "cli/out.h"
#include "cli/transcripts.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"

#include <string.h>

#define TAIL_LINES 10 /* of each stream; --json gives all that was kept */

/* One run being shown. */
struct show {
	struct call *call;
	struct ledger *ledger;
	size_t steps, hosts;
	int64_t pruned_ms,
	    gone;   /* when its contents were pruned; 0: never; how many are not here */
	int failed; /* exit code of a content that could not be read; 0: none */
};

static bool json_event(void *user, const struct event *e);

/* What was said in some lines, as one cell of a table. */
static char *
cell_of(const struct show *s, const char *text)
{
	autobuf b = BUF_INIT(64U << 10);

	if (!text || !*text)
		return NULL;
	if (out_json(s->call->out))
		return xstrdup(text);
	utf8_clean_lines(&b, text, strlen(text), "; ");
	return xstrdup(buf_text(&b));
}

static bool
add_host(void *user, const struct ledger_result *r)
{
	struct show *s = user;
	char ms[16], rc[24];
	autobuf text = BUF_INIT(1000);

	if (s->hosts++ == 0)
		out_table(s->call->out,
		    (const char *const[]){ "host", "state", "rc", "changed", "time", "text" }, 6);
	clock_short(r->ms, ms, sizeof(ms));
	snprintf(rc, sizeof(rc), "%lld", (long long)r->rc);
	if (r->signal)
		buf_addf(&text, "signal %s ", r->signal);
	if (r->phase && r->phase[0])
		buf_addf(&text, "%s: ", r->phase);
	if (r->text)
		buf_adds(&text, r->text);
	autofree char *changed = xasprintf("%lld", (long long)r->changed);
	autofree char *cell = cell_of(s, buf_text(&text));
	out_row(s->call->out, (const char *const[]){ r->host, r->state, r->rc < 0 ? NULL : rc,
				  r->changed ? changed : NULL, ms, cell });
	return true;
}

static bool
add_step(void *user, const struct event *e)
{
	struct show *s = user;
	char ms[16];
	const char *name = event_text(e, FIELD_NAME);
	autofree char *cell = cell_of(s, event_text(e, FIELD_TEXT));

	if (e->kind != EVENT_STEP_END)
		return true;
	if (s->steps++ == 0) {
		out_line(s->call->out, "%s", "");
		out_table(s->call->out,
		    (const char *const[]){ "host", "step", "state", "time", "text" }, 5);
	}
	clock_short(event_int(e, FIELD_MS, 0), ms, sizeof(ms));
	out_row(s->call->out,
	    (const char *const[]){ event_text(e, FIELD_HOST),
		name ? name : event_text(e, FIELD_STEP), event_text(e, FIELD_STATE), ms, cell });
	return true;
}

/* Where the last lines of a text begin. */
static size_t
last_lines(const char *text, size_t n, int lines)
{
	size_t at = n;

	if (at && text[at - 1] == '\n')
		at--;
	for (; at > 0; at--)
		if (text[at - 1] == '\n' && --lines == 0)
			break;
	return at;
}

static char *
get_content(struct show *s, const char *digest, size_t *ret_len)
{
	struct err err;
	char *data = ledger_get(s->ledger, digest, ret_len, &err);

	if (!data && s->pruned_ms && err.kind == OUTCOME_INPUT)
		s->gone++;
	else if (!data)
		s->failed = call_fail(s->call, &err);
	return data;
}

static void
print_lines(struct show *s, const char *text, size_t n)
{
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t line = end ? (size_t)(end - text) + 1 : n;

		out_remote(s->call->out, "    ", text, line);
		text += line;
		n -= line;
	}
}

static void
print_output(struct show *s, const struct event *e)
{
	const char *end = event_text(e, FIELD_TAIL), *host = event_text(e, FIELD_HOST);
	const char *stream = event_text(e, FIELD_STREAM);
	size_t n = 0;

	if (!end)
		end = event_text(e, FIELD_HEAD);
	if (!end)
		return;
	autofree char *text = get_content(s, end, &n);
	if (!text)
		return;
	size_t from = last_lines(text, n, TAIL_LINES);
	int64_t all = event_int(e, FIELD_BYTES, 0);
	autobuf clean = BUF_INIT(1000);
	utf8_clean_line(&clean, host ? host : "", host ? strlen(host) : 0);
	out_line(s->call->out, "%s", "");
	out_line(s->call->out, "%s, %s: %lld bytes%s", buf_text(&clean),
	    str_eq(stream, "err") ? "standard error" : "standard output", (long long)all,
	    from || event_has(e, FIELD_TAIL) ? ", of which the last lines" : "");
	print_lines(s, text + from, n - from);
}

static bool
add_output(void *user, const struct event *e)
{
	if (e->kind == EVENT_HOST_OUTPUT)
		print_output(user, e);
	return true;
}

/* Where the terminals are that were recorded. */
static void
print_transcripts(struct show *s, const struct ledger_row *row)
{
	struct transcripts t;

	transcripts_read(&t, s->ledger, row->uuid, NULL);
	for (size_t i = 0; i < t.count; i++) {
		const struct transcript_record *r = &t.list[i];
		char spent[24], bytes[16];
		size_t number = 1, same = 0;
		autobuf host = BUF_INIT(1000);

		for (size_t k = 0; k < t.count; k++) {
			same += str_eq(t.list[k].host, r->host);
			number += k < i && str_eq(t.list[k].host, r->host);
		}
		clock_spent(r->ms, spent, sizeof(spent));
		str_bytes((uint64_t)r->bytes, bytes, sizeof(bytes));
		utf8_clean_line(&host, r->host, strlen(r->host));
		autofree char *which = same > 1 ? xasprintf(" %zu", number) : xstrdup("");
		out_line(s->call->out, "%s%s: a terminal, %s, %s: drover history play %s %s%s",
		    i ? "" : "\n", buf_text(&host), spent, bytes, row->alias, buf_text(&host),
		    which);
	}
	transcripts_fini(&t);
}

static bool
add_note(void *user, const struct event *e)
{
	struct show *s = user;
	const char *text = event_text(e, FIELD_TEXT);

	if (text && (e->kind == EVENT_WARN || e->kind == EVENT_MACHINE ||
			e->kind == EVENT_ROLLOUT || e->kind == EVENT_TRUST)) {
		autofree char *prefix = xasprintf("%s: ", event_kind_name(e->kind));

		out_remote(s->call->out, prefix, text, strlen(text));
	}
	return true;
}

static void
head_line(struct show *s, const char *name, const char *text)
{
	autofree char *prefix = xasprintf("%-9s ", name);

	if (text[0])
		out_remote(s->call->out, prefix, text, strlen(text));
}

/* A JSON list or map as words. */
static void
add_member(void *user, const char *key, const struct json *value)
{
	struct buf *b = user;
	const char *text = json_text(value, NULL);

	buf_addf(b, "%s%s: ", b->len ? "; " : "", key);
	if (text)
		buf_adds(b, text);
	else
		buf_addf(b, "%lld", (long long)json_int(value, 0));
}

static void
head_json(struct show *s, const char *name, const char *json)
{
	autobuf b = BUF_INIT(64U << 10);
	struct err err;

	if (!json[0])
		return;
	autojson *j = json_parse(json, strlen(json), 64U << 20, &err);
	json_each(j, add_member, &b);
	for (size_t i = 0; json_kind(j) == JSON_KIND_ARRAY && i < json_count(j); i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (i)
			buf_addc(&b, ' ');
		str_shell_quote(&b, word ? word : "");
	}
	head_line(s, name, buf_text(&b));
}

static void
print_head(struct show *s, const struct ledger_row *row)
{
	char start[32], end[32];
	autofree char *summary = history_summary(s->ledger, row);
	autofree char *run = xasprintf("%s  %s", row->alias, row->uuid);
	autofree char *state = xasprintf("%s (%s)", row->state, summary);

	history_time(row->start_ms, start, sizeof(start));
	history_time(row->end_ms, end, sizeof(end));
	head_line(s, "run", run);
	head_json(s, "command", row->argv);
	head_line(s, "verb", row->verb);
	head_line(s, "playbook", row->playbook);
	head_line(s, "fleet", row->fleet);
	head_line(s, "seat", row->seat);
	head_json(s, "git", row->git);
	head_line(s, "begun", start);
	if (row->end_ms)
		head_line(s, "ended", end);
	head_line(s, "state", summary[0] ? state : row->state);
	if (row->end_ms)
		out_line(s->call->out, "%-9s %d", "exit", row->exit);
}

/* The stored output as the events it came in, as far as it was kept. */
static void
json_kept(struct show *s, const struct event *e, enum event_field which)
{
	const char *digest = event_text(e, which);
	size_t n = 0;

	if (!digest)
		return;
	autofree char *text = get_content(s, digest, &n);
	if (!text)
		return;
	autoevent out = { .count = 0 };
	event_init(&out, EVENT_HOST_OUT);
	out.time_ms = e->time_ms;
	memcpy(out.run, e->run, sizeof(out.run));
	event_set_text(&out, FIELD_HOST, event_text(e, FIELD_HOST));
	event_set_text(&out, FIELD_STREAM, event_text(e, FIELD_STREAM));
	event_set_data(&out, FIELD_DATA, text, n);
	(void)json_event(s, &out);
}

static bool
json_event(void *user, const struct event *e)
{
	struct show *s = user;
	autobuf b = BUF_INIT(SIZE_MAX);

	event_to_json(e, &b);
	buf_addc(&b, '\n');
	out_text(s->call->out, buf_text(&b), b.len);
	if (e->kind == EVENT_HOST_OUTPUT) {
		json_kept(s, e, FIELD_HEAD);
		json_kept(s, e, FIELD_TAIL);
	}
	return true;
}

static void
say_gone(const struct show *s)
{
	char when[32];

	if (!s->pruned_ms)
		return;
	history_time(s->pruned_ms, when, sizeof(when));
	out_note(s->call->out, "what it said and showed was pruned, %s%s", when,
	    s->gone ? "" : "; what is here other runs have too");
}

int
history_show(struct call *c, struct ledger *l, const char *name)
{
	struct show s = { .call = c, .ledger = l };
	struct ledger_row row;
	struct err err;

	if (!ledger_find_run(l, name, &row, &err))
		return call_fail(c, &err);
	autofree char *uuid = xstrdup(row.uuid);
	s.pruned_ms = ledger_pruned_ms(l, row.number);
	if (out_json(c->out)) {
		history_json(c, &row);
		ledger_events(l, uuid, json_event, &s);
		say_gone(&s);
		return s.failed;
	}
	print_head(&s, &row);
	ledger_events(l, uuid, add_note, &s);
	out_line(c->out, "%s", "");
	ledger_results(l, uuid, add_host, &s);
	if (s.hosts)
		out_table_end(c->out);
	ledger_events(l, uuid, add_step, &s);
	if (s.steps)
		out_table_end(c->out);
	ledger_events(l, uuid, add_output, &s);
	print_transcripts(&s, &row);
	say_gone(&s);
	return s.failed;
}
