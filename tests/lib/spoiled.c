#include "tests/lib/spoiled.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "tui/planned.h"

#include <stdio.h>
#include <string.h>

static const struct planned *
plan_look(void *user)
{
	return ((struct spoiled *)user)->planned;
}

static void
plan_hold(void *user, bool on)
{
	(void)user;
	(void)on;
}

/* The plan of one host: a change with its diff, a command, a removal, a secret. */
static void
add_plan(struct spoiled *s, const char *host, bool odd)
{
	const char *t = s->text, *const argv[] = { t, t, NULL };
	autofree char *diff = xasprintf("--- a/%s\n+++ b/%s\n@@ -1,2 +1,2 @@ %s\n %s\n-%s\n+%s%s\n",
	    t, t, t, t, t, t, odd ? "+" : "");
	struct resource resource[] = {
		{ .kind = RESOURCE_FILE, .id = "a", .title = t, .mark = { .file = t, .line = 1 } },
		{ .kind = RESOURCE_RUN, .id = "b", .title = t, .argv = argv, .app = t, .user = t },
		{ .kind = RESOURCE_UNIT, .id = t, .title = t, .unit = t },
		{ .kind = RESOURCE_FILE, .id = "d", .title = t, .path = t, .secret = true },
	};
	static const enum plan_class class[] = { PLAN_CHANGE, PLAN_UNPREDICTED, PLAN_REMOVE,
		PLAN_CREATE };
	static const struct found found[countof(class)];
	struct plan_step step[countof(class)];
	struct follow_up then[] = { { .kind = FOLLOW_RELOAD, .unit = t } };
	const char *notes[] = { t };
	struct plan plan = { .steps = step,
		.count = countof(step),
		.then = then,
		.then_count = 1,
		.notes = notes,
		.note_count = 1 };

	for (size_t i = 0; i < countof(step); i++)
		step[i] = (struct plan_step){
			.resource = &resource[i], .found = &found[i], .class = class[i], .why = t
		};
	step[0].diff = diff;
	planned_add(s->planned, host, odd, &plan, NULL);
}

static void
spoil_plan(struct spoiled *s, int64_t now_ms)
{
	s->planned = planned_new(s->text, false);
	add_plan(s, s->text, false);
	add_plan(s, "web1", true);
	planned_add(s->planned, "web2", false, NULL, s->text);
	s->planned->rollout = xstrdup(s->text);
	s->planned->state = PLANNED_WAITS;
	s->planned->made_ms = now_ms - 1000;
	s->plan = (struct plan_source){ .user = s, .look = plan_look, .hold = plan_hold };
	s->places += 14;
}

static const struct roster *
apps_roster(void *user, const struct scene *scene)
{
	(void)scene;
	return &((struct spoiled *)user)->roster;
}

static const char *
apps_text(void *user)
{
	return ((struct spoiled *)user)->text;
}

static size_t
apps_asking(void *user)
{
	(void)user;
	return 1;
}

static int64_t
apps_age(void *user)
{
	(void)user;
	return 4000;
}

static void
apps_look(void *user)
{
	(void)user;
}

static bool
apps_run(void *user, const char *uuid, char *alias, size_t size, int64_t *ret_ms)
{
	(void)uuid;
	*ret_ms = 1;
	str_copy(alias, size, ((struct spoiled *)user)->text);
	return true;
}

static size_t
apps_releases(
    void *user, const char *playbook, const char *app, struct apps_release *to, size_t max)
{
	const char *text = ((struct spoiled *)user)->text;

	(void)playbook;
	(void)app;
	if (!max)
		return 0;
	*to = (struct apps_release){ .when_ms = 1, .hosts = 1, .changed = 1 };
	str_copy(to->alias, sizeof(to->alias), text);
	str_copy(to->verb, sizeof(to->verb), text);
	str_copy(to->who, sizeof(to->who), text);
	str_copy(to->state, sizeof(to->state), text);
	str_copy(to->release, sizeof(to->release), text);
	return 1;
}

static void
spoil_apps(struct spoiled *s)
{
	const char *t = s->text;

	for (size_t i = 0; i < countof(s->app); i++) {
		s->instance[i] = (struct roster_instance){ .host = i ? "web1" : t,
			.unit = t,
			.index = i,
			.replica = (int)i,
			.state = i ? ROSTER_DRIFT : ROSTER_FAILED,
			.differs = DIFFERS_TEXT | DIFFERS_IMAGE,
			.why = t,
			.image = t,
			.image_id = t,
			.container = t,
			.active = t,
			.sub = t,
			.health = t,
			.restarts = 3,
			.since_s = 5,
			.run = t,
			.release = t,
			.wanted = true,
			.have = true };
		s->app[i] = (struct roster_app){ .playbook = t,
			.name = i ? "web" : t,
			.kind = i ? ROSTER_CONTAINER : ROSTER_APP,
			.state = ROSTER_FAILED,
			.item = s->instance,
			.count = countof(s->instance),
			.want = 2,
			.have = 1,
			.drifted = 1,
			.image = t,
			.image_id = t,
			.mixed = i == 1,
			.where = t,
			.run = t,
			.release = t };
	}
	s->foreign =
	    (struct roster_foreign){ .host = t, .name = t, .image = t, .state = t, .status = t };
	s->roster = (struct roster){ .app = s->app,
		.count = countof(s->app),
		.foreign = &s->foreign,
		.foreign_count = 1,
		.apps = 2,
		.units = countof(s->app) * countof(s->instance),
		.hosts = 2,
		.seen = 1,
		.unseen = t };
	s->apps = (struct apps_source){ .user = s,
		.roster = apps_roster,
		.playbook = apps_text,
		.mistake = apps_text,
		.asking = apps_asking,
		.age_ms = apps_age,
		.look = apps_look,
		.run = apps_run,
		.releases = apps_releases };
	s->places += 29;
}

static void
say(struct spoiled *s, struct past_run *r, enum event_kind kind, const char *host)
{
	static const enum event_field fields[] = { FIELD_TEXT, FIELD_NAME, FIELD_STEP };
	static const enum event_field of_start[] = { FIELD_VERB, FIELD_INVENTORY, FIELD_PLAYBOOK },
				      of_step[] = { FIELD_WAS, FIELD_DIGEST, FIELD_PATH },
				      of_rest[] = { FIELD_SIGNAL, FIELD_PHASE, FIELD_HEAD,
					      FIELD_TAIL };
	struct event *e = past_event(r, kind, host);
	bool start = kind == EVENT_RUN_START, step = kind == EVENT_PLAN_STEP;
	const enum event_field *more = start ? of_start : step ? of_step : of_rest;

	for (size_t i = 0; i < countof(fields); i++)
		event_set_text(e, fields[i], s->text);
	for (size_t i = 0; i < (start || step ? countof(of_start) : countof(of_rest)); i++)
		event_set_text(e, more[i], s->text);
	if (start)
		event_set_list(e, FIELD_HOSTS, &s->text, 1);
	if (step) {
		event_set_data(e, FIELD_DIFF, s->text, strlen(s->text));
		event_set_text(e, FIELD_CLASS, "change");
		return;
	}
	event_set_text(e, FIELD_STATE, "failed");
	event_set_text(e, FIELD_STREAM, "out");
	event_set_int(e, FIELD_BYTES, 100);
	event_set_int(e, FIELD_RC, 1);
}

static void
spoil_run(struct spoiled *s, int64_t number, bool running)
{
	static const enum event_kind kinds[] = { EVENT_HOST_START, EVENT_PLAN_STEP,
		EVENT_STEP_START, EVENT_STEP_END, EVENT_HOST_OUTPUT, EVENT_WARN };
	struct past_run *r = past_add(&s->past, number, running ? "running" : "failed", s->text);

	r->row.verb = number % 2 ? "apply" : s->text;
	r->row.playbook = r->row.seat = r->row.git = r->row.fleet = s->text;
	r->row.hosts = r->row.failed = 2;
	say(s, r, EVENT_RUN_START, NULL);
	for (size_t i = 0; i < countof(kinds); i++) {
		say(s, r, kinds[i], s->text);
		say(s, r, kinds[i], "web1");
	}
	if (running)
		return;
	say(s, r, EVENT_HOST_END, s->text);
	say(s, r, EVENT_HOST_END, "web1");
	say(s, r, EVENT_RUN_END, NULL);
	r->row.end_ms = r->row.start_ms + 60000;
}

static char *
past_content(void *user, const char *digest, size_t *ret_len, struct err *err)
{
	(void)user;
	(void)err;
	*ret_len = strlen(digest);
	return xstrdup(digest);
}

static void
spoil_past(struct spoiled *s)
{
	past_up(&s->past);
	s->past.source.content = past_content;
	s->past.child = s->text;
	spoil_run(s, 199, false);
	spoil_run(s, 198, false);
	spoil_run(s, 200, true);
	s->places += 16;
}

/* All that could come next is it. */
static void
each(void *user, enum palette_kind kind, const char *prefix, const char *host,
    void (*put)(void *to, const char *word, const char *note), void *to)
{
	const struct spoiled *s = user;

	(void)kind;
	(void)prefix;
	(void)host;
	put(to, s->text, s->text);
}

void
spoiled_up(struct spoiled *s, const char *text, int64_t now_ms)
{
	*s = (struct spoiled){ .text = text };
	spoil_plan(s, now_ms);
	spoil_apps(s);
	spoil_past(s);
	s->palette = (struct palette_source){ .each = each, .user = s };
	s->places += 3;
}

void
spoiled_down(struct spoiled *s)
{
	planned_free(s->planned);
	past_down(&s->past);
}
