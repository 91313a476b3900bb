#include "engine/progress.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
progress_init(struct progress *p)
{
	*p = (struct progress){ .count = 0 };
}

static void
free_row(struct progress_row *r)
{
	for (size_t i = 0; i < r->step_count; i++) {
		free(r->step_list[i].id);
		free(r->step_list[i].name);
		free(r->step_list[i].output);
	}
	free(r->step_list);
	free(r->host);
	free(r->step);
	free(r->last);
	free(r->why);
	free(r->output);
}

void
progress_fini(struct progress *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_row(&p->rows[i]);
	for (size_t i = 0; i < p->note_count; i++)
		free(p->notes[i].text);
	strmap_fini(&p->by_host);
	free(p->rows);
	free(p->verb);
	free(p->note);
	free(p->argv);
	progress_init(p);
}

static struct progress_row *
row_of(struct progress *p, const char *host)
{
	size_t at;

	if (strmap_find(&p->by_host, host, &at))
		return &p->rows[at];
	mem_grow(p->rows, p->count, p->cap);
	p->rows[p->count] = (struct progress_row){ .host = xstrdup(host) };
	strmap_add(&p->by_host, p->rows[p->count].host, p->count, NULL);
	return &p->rows[p->count++];
}

const struct progress_row *
progress_find(const struct progress *p, const char *host)
{
	size_t at;

	return strmap_find(&p->by_host, host, &at) ? &p->rows[at] : NULL;
}

static void
set(char **to, const char *s)
{
	free(*to);
	*to = xstrdup(s ? s : "");
}

static void
set_last(struct progress_row *r, const char *text, size_t len)
{
	size_t end = len, start;

	while (end && text[end - 1] == '\n')
		end--;
	for (start = end; start && text[start - 1] != '\n';)
		start--;
	free(r->last);
	r->last = xmemdup0(text + start, end - start);
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
	set_last(r, r->output, r->output_len);
}

static void
go_to(struct progress *p, struct progress_row *r, enum progress_state to)
{
	p->running -= r->state == PROGRESS_RUNNING;
	p->running += to == PROGRESS_RUNNING;
	r->state = to;
}

static void
end_host(struct progress *p, struct progress_row *r, const struct event *e)
{
	enum outcome o = OUTCOME_UNKNOWN;
	const char *state = event_text(e, FIELD_STATE), *text = event_text(e, FIELD_TEXT);

	if (state)
		outcome_parse(state, &o);
	if (r->state == PROGRESS_ENDED)
		p->by_outcome[r->outcome]--;
	else
		p->done++;
	p->by_outcome[o]++;
	go_to(p, r, PROGRESS_ENDED);
	r->outcome = o;
	r->end_ms = e->time_ms;
	r->rc = event_int(e, FIELD_RC, 0);
	r->changed = event_int(e, FIELD_CHANGED, 0);
	if (!text || !*text)
		return;
	set(&r->why, text);
	set_last(r, text, strcspn(text, "\n"));
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

/* The step an event is about: the last one that began, or a new one. */
static struct progress_step *
step_of(struct progress_row *r, const struct event *e)
{
	const char *id = event_text(e, FIELD_STEP), *name = event_text(e, FIELD_NAME);
	struct progress_step *s = r->step_count ? &r->step_list[r->step_count - 1] : NULL;

	if (s && !s->ended && str_eq(s->id, id ? id : ""))
		return s;
	mem_grow(r->step_list, r->step_count, r->step_cap);
	s = &r->step_list[r->step_count++];
	*s = (struct progress_step){ .id = xstrdup(id ? id : ""),
		.name = xstrdup(name ? name : ""),
		.start_ms = e->time_ms };
	return s;
}

static void
keep_output(struct progress *p, struct progress_step *s, const char *text)
{
	size_t len = strlen(text);

	if (p->kept > PROGRESS_ALL && outcome_is_good(s->state))
		return;
	if (len > PROGRESS_STEP_TAIL) {
		text += len - PROGRESS_STEP_TAIL;
		len = PROGRESS_STEP_TAIL;
	}
	s->output = xmemdup0(text, len);
	p->kept += len;
}

static void
end_step(struct progress *p, struct progress_row *r, const struct event *e)
{
	struct progress_step *s = step_of(r, e);
	const char *state = event_text(e, FIELD_STATE), *text = event_text(e, FIELD_TEXT);

	s->ended = true;
	s->state = OUTCOME_UNKNOWN;
	if (state)
		outcome_parse(state, &s->state);
	s->ms = event_int(e, FIELD_MS, 0);
	if (!s->ms && e->time_ms > s->start_ms)
		s->ms = e->time_ms - s->start_ms;
	s->rc = event_int(e, FIELD_RC, 0);
	r->steps_done++;
	p->steps_done++;
	set(&r->step, s->name);
	if (!text || !*text)
		return;
	keep_output(p, s, text);
	add_output(r, text, strlen(text));
	if (text[strlen(text) - 1] != '\n')
		add_output(r, "\n", 1);
}

/* It acts: whatever it waited for is over. */
static void
act(struct progress *p, struct progress_row *r, int64_t time_ms)
{
	if (r->state == PROGRESS_ENDED)
		return;
	go_to(p, r, PROGRESS_RUNNING);
	if (!r->act_ms)
		r->act_ms = time_ms;
	if (!p->act_ms)
		p->act_ms = time_ms;
}

static void
plan_step(struct progress *p, struct progress_row *r, const char *class)
{
	bool changes = class && !str_eq(class, "same");

	r->steps += changes;
	p->steps += changes;
	if (r->state == PROGRESS_RUNNING && !r->act_ms)
		go_to(p, r, PROGRESS_PLANNED);
}

static void
host_event(struct progress *p, struct progress_row *r, const struct event *e)
{
	size_t len;
	const char *data = event_data(e, FIELD_DATA, &len);

	if (e->kind == EVENT_HOST_START && r->state == PROGRESS_WAITING) {
		go_to(p, r, PROGRESS_RUNNING);
		r->start_ms = e->time_ms;
	} else if (e->kind == EVENT_HOST_OUT && data) {
		add_output(r, data, len);
	} else if (e->kind == EVENT_HOST_PROGRESS) {
		act(p, r, e->time_ms);
		move(r, e);
	} else if (e->kind == EVENT_PLAN_STEP) {
		plan_step(p, r, event_text(e, FIELD_CLASS));
	} else if (e->kind == EVENT_ACT_SENT) {
		act(p, r, e->time_ms);
	} else if (e->kind == EVENT_STEP_START) {
		act(p, r, e->time_ms);
		set(&r->step, step_of(r, e)->name);
	} else if (e->kind == EVENT_STEP_END) {
		end_step(p, r, e);
	} else if (e->kind == EVENT_HOST_END) {
		end_host(p, r, e);
	}
}

static void
add_note(struct progress *p, const struct event *e)
{
	const char *text = event_text(e, FIELD_TEXT);

	set(&p->note, text);
	if (p->note_count == PROGRESS_NOTES) {
		free(p->notes[0].text);
		memmove(p->notes, p->notes + 1, (PROGRESS_NOTES - 1) * sizeof(*p->notes));
		p->note_count--;
	}
	p->notes[p->note_count++] =
	    (struct progress_note){ .time_ms = e->time_ms, .text = xstrdup(text ? text : "") };
}

static void
add_host(void *user, const char *host)
{
	row_of(user, host);
}

static void
add_word(void *user, const char *word)
{
	struct buf *b = user;

	if (b->len)
		buf_addc(b, ' ');
	buf_adds(b, word);
}

static void
start_run(struct progress *p, const struct event *e)
{
	autobuf argv = BUF_INIT(65536);

	memcpy(p->run, e->run, sizeof(p->run));
	set(&p->verb, event_text(e, FIELD_VERB));
	p->start_ms = e->time_ms;
	event_list(e, FIELD_HOSTS, add_host, p);
	p->hosts = p->count;
	if (event_list(e, FIELD_ARGV, add_word, &argv))
		set(&p->argv, buf_text(&argv));
}

void
progress_event(struct progress *p, const struct event *e)
{
	const char *host = event_text(e, FIELD_HOST);

	if (e->kind == EVENT_RUN_START) {
		start_run(p, e);
	} else if (e->kind == EVENT_RUN_END) {
		p->ended = true;
		p->end_ms = e->time_ms;
		p->exit = (int)event_int(e, FIELD_EXIT, OUTCOME_OK);
	} else if (e->kind == EVENT_ROLLOUT || (e->kind == EVENT_WARN && !host)) {
		add_note(p, e);
	} else if (host) {
		host_event(p, row_of(p, host), e);
		if (p->count > p->hosts)
			p->hosts = p->count;
	}
}

int64_t
progress_left_ms(const struct progress *p, int64_t now_ms)
{
	int64_t from = p->act_ms ? p->act_ms : p->start_ms;

	if (p->ended || !p->done || p->done >= p->hosts || p->done * 5 < p->hosts || now_ms < from)
		return -1;
	return (now_ms - from) * (int64_t)(p->hosts - p->done) / (int64_t)p->done;
}

char *
progress_summary(const struct progress *p, const char *alias)
{
	struct buf b = BUF_INIT(4096);

	if (alias && *alias && !str_eq(alias, "-"))
		buf_addf(&b, "%s: ", alias);
	outcome_tally(p->by_outcome, &b);
	return buf_detach(&b, NULL);
}
