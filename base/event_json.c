#include "base/event_json.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

#define EVENT_MAX (64U << 20) /* no line is longer than this */
static void
put_value(struct json_writer *w, const struct event_value *v)
{
	const char *name = event_field_name(v->field);

	switch (event_field_type(v->field)) {
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_DATA:
		json_put_data(w, name, v->text, v->len);
		break;
	case FIELD_TYPE_INT:
		json_put_int(w, name, v->number);
		break;
	case FIELD_TYPE_BOOL:
		json_put_bool(w, name, v->number != 0);
		break;
	case FIELD_TYPE_LIST:
	case FIELD_TYPE_MAP:
		json_put_raw(w, name, v->text);
		break;
	}
}

void
event_to_json(const struct event *e, struct buf *to)
{
	struct json_writer w;
	char time[32];

	json_writer_init(&w, to);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "event", event_kind_name(e->kind));
	if (e->run[0])
		json_put_text(&w, "run", e->run);
	if (e->seq)
		json_put_int(&w, "seq", e->seq);
	clock_rfc3339(e->time_ms, time, sizeof(time));
	json_put_text(&w, "time", time);
	for (int i = 0; i < e->count; i++)
		put_value(&w, &e->value[i]);
	json_close(&w);
}

/* LIST and MAP are kept as canonical JSON; members of other types are passed over. */
static void
place_nested(struct event *e, enum event_field f, const struct json *value)
{
	autobuf b = BUF_INIT(EVENT_MAX);
	struct json_writer w;
	bool list = event_field_type(f) == FIELD_TYPE_LIST;
	size_t len;

	json_writer_init(&w, &b);
	if (list)
		json_open_array(&w, NULL);
	else
		json_open_object(&w, NULL);
	for (size_t i = 0; list && i < json_count(value); i++)
		if (json_text(json_at(value, i), &len))
			json_put_data(&w, NULL, json_text(json_at(value, i), NULL), len);
	if (!list)
		json_put_members(&w, value, NULL);
	json_close(&w);
	event_set_bytes(e, f, buf_text(&b), b.len);
}

static bool
place_b64(struct event *e, enum event_field f, const struct json *object)
{
	autofree char *name = xasprintf("%s_b64", event_field_name(f));
	size_t len = 0, n = 0;
	const char *s = json_text(json_get(object, name), &len);

	if (!s)
		return true;
	autofree uint8_t *raw = digest_unbase64(s, len, &n);
	if (!raw)
		return false;
	event_set_data(e, f, raw, n);
	return true;
}

static bool
read_field(struct event *e, enum event_field f, const struct json *object)
{
	const struct json *v = json_get(object, event_field_name(f));
	enum json_kind kind = json_kind(v);
	size_t n = 0;

	if (!v)
		return event_field_type(f) != FIELD_TYPE_DATA || place_b64(e, f, object);
	switch (event_field_type(f)) {
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_DATA:
		if (json_text(v, &n))
			event_set_bytes(e, f, json_text(v, NULL), n);
		return kind == JSON_KIND_TEXT;
	case FIELD_TYPE_INT:
		event_set_int(e, f, json_int(v, 0));
		return kind == JSON_KIND_INT;
	case FIELD_TYPE_BOOL:
		event_set_int(e, f, json_bool(v, false));
		return kind == JSON_KIND_BOOL;
	case FIELD_TYPE_LIST:
		place_nested(e, f, v);
		return kind == JSON_KIND_ARRAY;
	case FIELD_TYPE_MAP:
		place_nested(e, f, v);
		return kind == JSON_KIND_OBJECT;
	}
	return false;
}

static int
read_envelope(struct event *e, const struct json *o, struct err *err)
{
	const char *name = json_get_text(o, "event"), *time = json_get_text(o, "time");
	const char *run = json_get_text(o, "run");
	enum event_kind kind;

	if (json_get_int(o, "v", 0) != 1 || !name || !event_kind_parse(name, &kind))
		return err_set(err, OUTCOME_INPUT, "not an event of version 1");
	event_init(e, kind);
	e->time_ms = time ? clock_parse_rfc3339(time) : -1;
	e->seq = json_get_int(o, "seq", 0);
	if (e->time_ms < 0 || e->seq < 0 || (run && !uuid_is(run)))
		return err_set(err, OUTCOME_INPUT, "an event's time, seq or run is wrong");
	if (run)
		memcpy(e->run, run, UUID_TEXT);
	return 0;
}

int
event_from_json(struct event *e, const char *json, size_t len, struct err *err)
{
	autojson *o = json_parse(json, len, EVENT_MAX, err);
	int fields_seen = 0;

	e->count = 0;
	if (!o || read_envelope(e, o, err) < 0)
		return -1;
	for (int f = FIELD_SEAT; f < FIELD_COUNT; f++) {
		if (fields_seen == EVENT_VALUES) {
			event_fini(e);
			return err_set(err, OUTCOME_INPUT, "an event with too many fields");
		}
		if (!read_field(e, (enum event_field)f, o)) {
			event_fini(e);
			return err_set(err, OUTCOME_INPUT,
			    "an event's field %s is not what it should be",
			    event_field_name((enum event_field)f));
		}
		fields_seen = e->count;
	}
	return 0;
}
