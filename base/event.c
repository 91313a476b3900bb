#include "base/event.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

#define EVENT_MAX (64U << 20) /* no event is longer than this; in memory and as JSON */

static const char *const kinds[EVENT_COUNT] = {
	[EVENT_RUN_START] = "run.start",
	[EVENT_HOST_START] = "host.start",
	[EVENT_HOST_OUT] = "host.out",
	[EVENT_HOST_PROGRESS] = "host.progress",
	[EVENT_HOST_OUTPUT] = "host.output",
	[EVENT_FACT] = "fact",
	[EVENT_PLAN_STEP] = "plan.step",
	[EVENT_PLAN_NOTE] = "plan.note",
	[EVENT_ACT_SENT] = "act.sent",
	[EVENT_STEP_START] = "step.start",
	[EVENT_STEP_END] = "step.end",
	[EVENT_HOST_END] = "host.end",
	[EVENT_ROLLOUT] = "rollout",
	[EVENT_TRUST] = "trust",
	[EVENT_MACHINE] = "machine",
	[EVENT_RELEASE] = "release",
	[EVENT_TRANSCRIPT] = "transcript",
	[EVENT_WARN] = "warn",
	[EVENT_RUN_END] = "run.end",
};

static const struct {
	const char *name;
	enum field_type type;
} fields[FIELD_COUNT] = {
	[FIELD_RUN] = { "run", FIELD_TYPE_TEXT },
	[FIELD_SEQ] = { "seq", FIELD_TYPE_INT },
	[FIELD_TIME] = { "time", FIELD_TYPE_TEXT },
	[FIELD_SEAT] = { "seat", FIELD_TYPE_TEXT },
	[FIELD_VERB] = { "verb", FIELD_TYPE_TEXT },
	[FIELD_ARGV] = { "argv", FIELD_TYPE_LIST },
	[FIELD_FLEET] = { "fleet", FIELD_TYPE_TEXT },
	[FIELD_HOSTS] = { "hosts", FIELD_TYPE_LIST },
	[FIELD_INVENTORY] = { "inventory", FIELD_TYPE_LIST },
	[FIELD_PLAYBOOK] = { "playbook", FIELD_TYPE_TEXT },
	[FIELD_GIT] = { "git", FIELD_TYPE_MAP },
	[FIELD_DRY_RUN] = { "dry_run", FIELD_TYPE_BOOL },
	[FIELD_SOURCE] = { "source", FIELD_TYPE_TEXT },
	[FIELD_HOST] = { "host", FIELD_TYPE_TEXT },
	[FIELD_KIND] = { "kind", FIELD_TYPE_TEXT },
	[FIELD_ADDRESS] = { "address", FIELD_TYPE_TEXT },
	[FIELD_ATTEMPT] = { "attempt", FIELD_TYPE_INT },
	[FIELD_STREAM] = { "stream", FIELD_TYPE_TEXT },
	[FIELD_DATA] = { "data", FIELD_TYPE_DATA },
	[FIELD_DIGEST] = { "digest", FIELD_TYPE_TEXT },
	[FIELD_BYTES] = { "bytes", FIELD_TYPE_INT },
	[FIELD_TOTAL] = { "total", FIELD_TYPE_INT },
	[FIELD_HEAD] = { "head", FIELD_TYPE_TEXT },
	[FIELD_TAIL] = { "tail", FIELD_TYPE_TEXT },
	[FIELD_NAME] = { "name", FIELD_TYPE_TEXT },
	[FIELD_VALUE] = { "value", FIELD_TYPE_TEXT },
	[FIELD_STEP] = { "step", FIELD_TYPE_TEXT },
	[FIELD_CLASS] = { "class", FIELD_TYPE_TEXT },
	[FIELD_DIFF] = { "diff", FIELD_TYPE_DATA },
	[FIELD_PATH] = { "path", FIELD_TYPE_DATA },
	[FIELD_WAS] = { "was", FIELD_TYPE_TEXT },
	[FIELD_STATE] = { "state", FIELD_TYPE_TEXT },
	[FIELD_RC] = { "rc", FIELD_TYPE_INT },
	[FIELD_SIGNAL] = { "signal", FIELD_TYPE_TEXT },
	[FIELD_PHASE] = { "phase", FIELD_TYPE_TEXT },
	[FIELD_TEXT] = { "text", FIELD_TYPE_TEXT },
	[FIELD_MS] = { "ms", FIELD_TYPE_INT },
	[FIELD_CHANGED] = { "changed", FIELD_TYPE_INT },
	[FIELD_GENERATION] = { "generation", FIELD_TYPE_INT },
	[FIELD_EXIT] = { "exit", FIELD_TYPE_INT },
	[FIELD_OK] = { "ok", FIELD_TYPE_INT },
	[FIELD_FAILED] = { "failed", FIELD_TYPE_INT },
	[FIELD_UNREACHABLE] = { "unreachable", FIELD_TYPE_INT },
	[FIELD_UNTRIED] = { "untried", FIELD_TYPE_INT },
	[FIELD_UNKNOWN] = { "unknown", FIELD_TYPE_INT },
	[FIELD_COUNTERS] = { "counters", FIELD_TYPE_MAP },
};

const char *
event_kind_name(enum event_kind k)
{
	return kinds[k];
}

bool
event_kind_parse(const char *name, enum event_kind *ret)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		if (strcmp(kinds[i], name) == 0) {
			*ret = (enum event_kind)i;
			return true;
		}
	}
	return false;
}

bool
event_is_passing(enum event_kind k)
{
	return k == EVENT_HOST_OUT || k == EVENT_HOST_PROGRESS;
}

const char *
event_field_name(enum event_field f)
{
	return fields[f].name;
}

enum field_type
event_field_type(enum event_field f)
{
	return fields[f].type;
}

void
event_init(struct event *e, enum event_kind kind)
{
	e->kind = kind;
	e->time_ms = clock_wall_ms();
	e->seq = 0;
	e->run[0] = '\0';
	e->count = 0;
}

void
event_fini(struct event *e)
{
	for (int i = 0; i < e->count; i++)
		free(e->value[i].text);
	e->count = 0;
}

static const struct event_value *
find(const struct event *e, enum event_field f)
{
	for (int i = 0; i < e->count; i++)
		if (e->value[i].field == f)
			return &e->value[i];
	return NULL;
}

/* Values stand in the order of the table, so that the same event gives the same bytes. */
static struct event_value *
place(struct event *e, enum event_field f)
{
	int i = 0;

	while (i < e->count && e->value[i].field < f)
		i++;
	if (i < e->count && e->value[i].field == f) {
		free(e->value[i].text);
	} else {
		if (e->count == EVENT_VALUES)
			mem_abort("an event with too many fields");
		memmove(
		    &e->value[i + 1], &e->value[i], (size_t)(e->count - i) * sizeof(e->value[0]));
		e->count++;
	}
	e->value[i] = (struct event_value){ .field = f };
	return &e->value[i];
}

static void
must_be(enum event_field f, bool fits)
{
	if (fits && f > FIELD_TIME)
		return;
	autofree char *what = xasprintf("an event's field %s has another type", fields[f].name);
	mem_abort(what);
}

void
event_set_bytes(struct event *e, enum event_field f, const void *p, size_t n)
{
	char *copy = xmemdup0(p, n);
	struct event_value *v = place(e, f);

	v->text = copy;
	v->len = n;
}

static void
place_text(struct event *e, enum event_field f, const char *s, size_t n)
{
	if (utf8_valid(s, n)) {
		event_set_bytes(e, f, s, n);
		return;
	}
	autobuf clean = BUF_INIT(EVENT_MAX);
	for (size_t i = 0; i < n;) {
		size_t step = 1;

		while (step < 4 && i + step < n && !utf8_valid(s + i, step))
			step++;
		if (utf8_valid(s + i, step)) {
			buf_add(&clean, s + i, step);
			i += step;
		} else {
			buf_adds(&clean, "\xef\xbf\xbd");
			i++;
		}
	}
	event_set_bytes(e, f, buf_text(&clean), clean.len);
}

void
event_set_text(struct event *e, enum event_field f, const char *s)
{
	if (!s)
		return;
	if (fields[f].type == FIELD_TYPE_LIST) {
		event_set_list(e, f, &s, 1);
		return;
	}
	must_be(f, fields[f].type == FIELD_TYPE_TEXT || fields[f].type == FIELD_TYPE_DATA);
	if (fields[f].type == FIELD_TYPE_DATA)
		event_set_bytes(e, f, s, strlen(s));
	else
		place_text(e, f, s, strlen(s));
}

void
event_set_int(struct event *e, enum event_field f, int64_t n)
{
	must_be(f, fields[f].type == FIELD_TYPE_INT || fields[f].type == FIELD_TYPE_BOOL);
	place(e, f)->number = fields[f].type == FIELD_TYPE_BOOL ? n != 0 : n;
}

void
event_set_data(struct event *e, enum event_field f, const void *p, size_t n)
{
	must_be(f, fields[f].type == FIELD_TYPE_DATA);
	event_set_bytes(e, f, p, n);
}

void
event_set_list(struct event *e, enum event_field f, const char *const *list, size_t n)
{
	autobuf b = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	must_be(f, fields[f].type == FIELD_TYPE_LIST);
	json_writer_init(&w, &b);
	json_open_array(&w, NULL);
	for (size_t i = 0; i < n; i++)
		json_put_text(&w, NULL, list[i]);
	json_close(&w);
	event_set_bytes(e, f, buf_text(&b), b.len);
}

/* Write the map as it stands without key, open for one more member. */
static void
map_open(const struct event *e, enum event_field f, const char *key, struct json_writer *w)
{
	const struct event_value *old = find(e, f);
	struct err err;

	must_be(f, fields[f].type == FIELD_TYPE_MAP);
	json_open_object(w, NULL);
	if (!old)
		return;
	autojson *map = json_parse(old->text, old->len, EVENT_MAX, &err);
	json_put_members(w, map, key);
}

void
event_map_int(struct event *e, enum event_field f, const char *key, int64_t n)
{
	autobuf b = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	map_open(e, f, key, &w);
	json_put_int(&w, key, n);
	json_close(&w);
	event_set_bytes(e, f, buf_text(&b), b.len);
}

void
event_map_text(struct event *e, enum event_field f, const char *key, const char *s)
{
	autobuf b = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	if (!s)
		return;
	json_writer_init(&w, &b);
	map_open(e, f, key, &w);
	json_put_text(&w, key, s);
	json_close(&w);
	event_set_bytes(e, f, buf_text(&b), b.len);
}

const char *
event_text(const struct event *e, enum event_field f)
{
	return event_data(e, f, NULL);
}

const char *
event_data(const struct event *e, enum event_field f, size_t *ret_len)
{
	const struct event_value *v = find(e, f);

	if (v && v->text && ret_len)
		*ret_len = v->len;
	return v ? v->text : NULL;
}

int64_t
event_int(const struct event *e, enum event_field f, int64_t otherwise)
{
	const struct event_value *v = find(e, f);

	return v && !v->text ? v->number : otherwise;
}

bool
event_has(const struct event *e, enum event_field f)
{
	return find(e, f) != NULL;
}

size_t
event_list(const struct event *e, enum event_field f, void (*each)(void *user, const char *entry),
    void *user)
{
	const struct event_value *v = find(e, f);
	struct err err;

	if (!v || fields[f].type != FIELD_TYPE_LIST)
		return 0;
	autojson *list = json_parse(v->text, v->len, EVENT_MAX, &err);
	size_t n = json_count(list);
	for (size_t i = 0; each && i < n; i++)
		each(user, json_text(json_at(list, i), NULL));
	return n;
}

void
event_copy(struct event *to, const struct event *from)
{
	to->kind = from->kind;
	to->time_ms = from->time_ms;
	to->seq = from->seq;
	memcpy(to->run, from->run, sizeof(to->run));
	to->count = from->count;
	for (int i = 0; i < from->count; i++) {
		to->value[i] = from->value[i];
		if (from->value[i].text)
			to->value[i].text = xmemdup0(from->value[i].text, from->value[i].len);
	}
}
