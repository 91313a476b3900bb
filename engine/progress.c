#include "engine/progress.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
progress_init(struct progress *p)
{
	*p = (struct progress){ 0 };
}

void
progress_fini(struct progress *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->rows[i].host);
		free(p->rows[i].step);
		free(p->rows[i].last);
		free(p->rows[i].output);
	}
	free(p->rows);
	free(p->verb);
	free(p->note);
	progress_init(p);
}

static struct progress_row *
row_of(struct progress *p, const char *host)
{
	for (size_t i = 0; i < p->count; i++) {
		if (str_eq(p->rows[i].host, host))
			return &p->rows[i];
	}
	mem_grow(p->rows, p->count, p->cap);
	p->rows[p->count] = (struct progress_row){ .host = xstrdup(host) };
	return &p->rows[p->count++];
}

const struct progress_row *
progress_find(const struct progress *p, const char *host)
{
	for (size_t i = 0; i < p->count; i++) {
		if (str_eq(p->rows[i].host, host))
			return &p->rows[i];
	}
	return NULL;
}

static void
set(char **to, const char *s)
{
	free(*to);
	*to = xstrdup(s ? s : "");
}

static void
add_output(struct progress_row *r, const char *data, size_t len)
{
	if (len > PROGRESS_TAIL) {
		data += len - PROGRESS_TAIL;
		len = PROGRESS_TAIL;
	}
	if (!r->output)
		r->output = xcalloc(PROGRESS_TAIL + 1, 1);
	if (r->output_len + len > PROGRESS_TAIL) {
		size_t drop = r->output_len + len - PROGRESS_TAIL;

		memmove(r->output, r->output + drop, r->output_len - drop);
		r->output_len -= drop;
	}
	memcpy(r->output + r->output_len, data, len);
	r->output_len += len;
	r->output[r->output_len] = '\0';
	size_t end = r->output_len;
	while (end && r->output[end - 1] == '\n')
		end--;
	size_t start = end;
	while (start && r->output[start - 1] != '\n')
		start--;
	free(r->last);
	r->last = xmemdup0(r->output + start, end - start);
}

static void
end_host(struct progress *p, struct progress_row *r, const struct event *e)
{
	enum outcome o = OUTCOME_UNKNOWN;
	const char *state = event_text(e, FIELD_STATE);

	if (state)
		outcome_parse(state, &o);
	if (r->state == PROGRESS_RUNNING)
		p->running--;
	if (r->state != PROGRESS_ENDED) {
		p->by_outcome[o]++;
		p->done++;
	}
	r->state = PROGRESS_ENDED;
	r->outcome = o;
	r->end_ms = e->time_ms;
	const char *text = event_text(e, FIELD_TEXT);
	if (text && *text)
		set(&r->last, text);
}

/* "1.2 GiB of 3.5 GiB" */
static void
move(struct progress_row *r, const struct event *e)
{
	char bytes[16], total[16], text[48];
	int64_t whole = event_int(e, FIELD_TOTAL, -1);

	str_bytes((uint64_t)event_int(e, FIELD_BYTES, 0), bytes, sizeof(bytes));
	str_bytes((uint64_t)whole, total, sizeof(total));
	snprintf(
	    text, sizeof(text), "%s%s%s", bytes, whole < 0 ? "" : " of ", whole < 0 ? "" : total);
	set(&r->last, text);
}

static void
host_event(struct progress *p, struct progress_row *r, const struct event *e)
{
	size_t len;
	const char *data = event_data(e, FIELD_DATA, &len);
	const char *class = event_text(e, FIELD_CLASS);

	if (e->kind == EVENT_HOST_START && r->state == PROGRESS_WAITING) {
		r->state = PROGRESS_RUNNING;
		r->start_ms = e->time_ms;
		p->running++;
	} else if (e->kind == EVENT_HOST_OUT && data) {
		add_output(r, data, len);
	} else if (e->kind == EVENT_HOST_PROGRESS) {
		move(r, e);
	} else if (e->kind == EVENT_PLAN_STEP) {
		r->steps += class && !str_eq(class, "same");
	} else if (e->kind == EVENT_STEP_START) {
		set(&r->step, event_text(e, FIELD_NAME));
	} else if (e->kind == EVENT_STEP_END) {
		r->steps_done++;
		set(&r->step, event_text(e, FIELD_NAME));
		if (event_text(e, FIELD_TEXT))
			add_output(r, event_text(e, FIELD_TEXT), strlen(event_text(e, FIELD_TEXT)));
	} else if (e->kind == EVENT_HOST_END) {
		end_host(p, r, e);
	}
}

void
progress_event(struct progress *p, const struct event *e)
{
	const char *host = event_text(e, FIELD_HOST);

	if (e->kind == EVENT_RUN_START) {
		memcpy(p->run, e->run, sizeof(p->run));
		set(&p->verb, event_text(e, FIELD_VERB));
		p->start_ms = e->time_ms;
	} else if (e->kind == EVENT_RUN_END) {
		p->ended = true;
		p->end_ms = e->time_ms;
		p->exit = (int)event_int(e, FIELD_EXIT, OUTCOME_OK);
	} else if (e->kind == EVENT_ROLLOUT || (e->kind == EVENT_WARN && !host)) {
		set(&p->note, event_text(e, FIELD_TEXT));
	} else if (host) {
		host_event(p, row_of(p, host), e);
	}
}
