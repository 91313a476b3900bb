#include "cli/record_export.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event_json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/history_source.h"

#include <limits.h>
#include <string.h>

struct writing {
	const struct history_source *source;
	const struct record_sink *to;
	struct err *err;
	int64_t n;
	bool failed;
};

static void
put_event(struct writing *w, const struct event *e)
{
	autobuf line = BUF_INIT(SIZE_MAX);

	event_to_json(e, &line);
	buf_addc(&line, '\n');
	w->to->put(w->to->user, buf_text(&line), line.len);
}

/* The kept output as the event it came in. */
static void
put_kept(struct writing *w, const struct event *e, enum event_field which)
{
	const char *digest = event_text(e, which);
	size_t len = 0;

	if (!digest || w->failed)
		return;
	autofree char *text = w->source->content(w->source->user, digest, &len, w->err);
	autoevent out = { .count = 0 };
	event_init(&out, EVENT_HOST_OUT);
	if (!text) {
		const struct history_source *s = w->source;

		/* What was pruned is left out of what goes out; its event still tells of it. */
		w->failed =
		    w->err->kind != OUTCOME_INPUT || !s->pruned || !s->pruned(s->user, e->run);
		return;
	}
	out.time_ms = e->time_ms;
	memcpy(out.run, e->run, sizeof(out.run));
	event_set_text(&out, FIELD_HOST, event_text(e, FIELD_HOST));
	event_set_text(&out, FIELD_STREAM, event_text(e, FIELD_STREAM));
	event_set_data(&out, FIELD_DATA, text, len);
	put_event(w, &out);
}

static bool
on_event(void *user, const struct event *e)
{
	struct writing *w = user;

	w->n++;
	put_event(w, e);
	if (e->kind == EVENT_HOST_OUTPUT) {
		put_kept(w, e, FIELD_HEAD);
		put_kept(w, e, FIELD_TAIL);
	}
	return !w->failed;
}

bool
record_export_is_junit(const char *path)
{
	return str_ends(path, ".xml");
}

int
record_export_beyond(int events, struct err *err)
{
	return err_set(err, OUTCOME_USAGE,
	    "more than %d events: drover history export RUN FILE writes them", events);
}

int
record_export_json(const struct history_source *source, const char *uuid, int limit,
    const struct record_sink *to, struct err *err)
{
	struct writing w = { .source = source, .to = to, .err = err };

	source->events(source->user, uuid, 0, limit ? limit : INT_MAX, on_event, &w);
	if (w.failed)
		return -1;
	return limit && w.n >= limit ? record_export_beyond(limit, err) : 0;
}

/* As the text of an attribute or an element. */
static void
put_xml(struct buf *to, const char *text)
{
	autobuf clean = BUF_INIT(128U << 10);

	utf8_clean_line(&clean, text, strlen(text));
	for (const char *p = buf_text(&clean); *p; p++) {
		if (*p == '&')
			buf_adds(to, "&amp;");
		else if (*p == '<')
			buf_adds(to, "&lt;");
		else if (*p == '>')
			buf_adds(to, "&gt;");
		else if (*p == '"')
			buf_adds(to, "&quot;");
		else
			buf_addc(to, *p);
	}
}

static void
put_attribute(struct buf *to, const char *name, const char *text)
{
	buf_addf(to, " %s=\"", name);
	put_xml(to, text);
	buf_addc(to, '"');
}

static void
open_case(struct buf *to, const char *verb, const char *name, int64_t ms)
{
	buf_adds(to, "    <testcase");
	put_attribute(to, "classname", verb);
	put_attribute(to, "name", name);
	buf_addf(to, " time=\"%lld.%03lld\">", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void
put_bad(struct buf *to, const char *element, const char *type, const char *text)
{
	buf_addf(to, "<%s", element);
	put_attribute(to, "type", type);
	put_attribute(to, "message", text);
	buf_adds(to, "/>");
}

/* The host itself as a case: there is nothing else to fail where it had no steps. */
static void
put_host_case(const struct record_host *h, const char *verb, struct buf *to)
{
	const char *word = h->ended ? outcome_name(h->outcome) : "unknown";

	open_case(to, verb, verb, h->ended ? h->end_ms - h->start_ms : 0);
	if (h->ended && h->outcome == OUTCOME_FAILED)
		put_bad(to, "failure", "rc", h->text ? h->text : word);
	else if (h->ended && h->outcome == OUTCOME_UNTRIED)
		buf_adds(to, "<skipped/>");
	else if (!h->ended || !outcome_is_good(h->outcome))
		put_bad(to, "error", word, h->text ? h->text : word);
	buf_adds(to, "</testcase>\n");
}

static void
put_step_case(const struct record *r, const struct record_step *s, const char *verb, struct buf *to)
{
	open_case(to, verb, r->changes[s->change].name, s->ms);
	if (s->state == RECORD_BAD)
		put_bad(to, "failure", "rc", s->text ? s->text : s->word ? s->word : "failed");
	else if (s->state == RECORD_PLANNED)
		buf_adds(to, "<skipped/>");
	buf_adds(to, "</testcase>\n");
}

static void
put_suite(const struct record *r, size_t host, const char *verb, struct buf *to)
{
	const struct record_host *h = &r->hosts[host];
	size_t steps = 0, failed = 0, skipped = 0;
	char at[32] = "";

	for (size_t i = 0; i < r->step_count; i++) {
		steps += r->steps[i].host == host;
		failed += r->steps[i].host == host && r->steps[i].state == RECORD_BAD;
		skipped += r->steps[i].host == host && r->steps[i].state == RECORD_PLANNED;
	}
	if (h->start_ms)
		clock_rfc3339(h->start_ms, at, sizeof(at));
	bool own = !h->ended || (!outcome_is_good(h->outcome) && !failed) || !steps;
	bool broke = h->ended && h->outcome == OUTCOME_FAILED;
	bool left = h->ended && h->outcome == OUTCOME_UNTRIED;
	buf_adds(to, "  <testsuite");
	put_attribute(to, "name", h->name);
	put_attribute(to, "hostname", h->name);
	put_attribute(to, "timestamp", at);
	buf_addf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\">\n",
	    steps + own, failed + (own && broke),
	    own && !broke && !left && (!h->ended || !outcome_is_good(h->outcome)),
	    skipped + (own && left));
	if (own)
		put_host_case(h, verb, to);
	for (size_t i = 0; i < r->step_count; i++) {
		if (r->steps[i].host == host)
			put_step_case(r, &r->steps[i], verb, to);
	}
	buf_adds(to, "  </testsuite>\n");
}

int
record_export_junit(
    const struct record *r, const char *alias, const char *verb, struct buf *to, struct err *err)
{
	if (r->lost)
		return err_set(
		    err, OUTCOME_USAGE, "more than %d steps: JSON has them all", RECORD_STEPS);
	buf_adds(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	put_attribute(to, "name", alias);
	buf_adds(to, ">\n");
	for (size_t i = 0; i < r->host_count; i++)
		put_suite(r, i, verb, to);
	buf_adds(to, "</testsuites>\n");
	return 0;
}
