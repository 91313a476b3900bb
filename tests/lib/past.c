#include "tests/lib/past.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define NOW  1767350527000 /* as on the stage */
#define HOUR 3600000
#define SEAT "ana@laptop-0a1b2c3d"

static uint64_t
past_generation(void *user)
{
	return ((const struct past *)user)->generation;
}

static void
past_runs(void *user, const char *before, int limit,
    bool (*each)(void *to, const struct ledger_row *row), void *to)
{
	struct past *p = user;

	p->reads++;
	for (size_t i = 0; i < p->count && limit > 0; i++) {
		if (before && strcmp(p->run[i].uuid, before) >= 0)
			continue;
		limit--;
		if (!each(to, &p->run[i].row))
			return;
	}
}

static struct past_run *
find(struct past *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (str_eq(p->run[i].uuid, name) || str_eq(p->run[i].alias, name))
			return &p->run[i];
	}
	return NULL;
}

static bool
past_run_of(void *user, const char *name, struct ledger_row *ret, struct err *err)
{
	struct past_run *r = find(user, name);

	if (r)
		*ret = r->row;
	else
		err_set(err, OUTCOME_USAGE, "%s: there is no such run", name);
	return r != NULL;
}

static void
past_results(void *user, const char *uuid,
    bool (*each)(void *to, const struct ledger_result *result), void *to)
{
	const struct past_run *r = find(user, uuid);

	for (int64_t i = 0; r && i < r->count; i++) {
		const struct event *e = &r->events[i];

		if (e->kind == EVENT_HOST_END &&
		    !each(to, &(struct ledger_result){ .host = event_text(e, FIELD_HOST),
				  .state = event_text(e, FIELD_STATE),
				  .rc = event_int(e, FIELD_RC, -1) }))
			return;
	}
}

static int64_t
past_events(void *user, const char *uuid, int64_t seq, int limit,
    bool (*each)(void *to, const struct event *e), void *to)
{
	const struct past_run *r = find(user, uuid);

	for (; r && seq < r->count && limit > 0; limit--) {
		if (!each(to, &r->events[seq++]))
			break;
	}
	return seq;
}

static bool
past_had(void *user, int64_t number, const char *glob)
{
	struct past *p = user;

	for (size_t i = 0; i < p->count; i++) {
		for (int64_t k = 0; p->run[i].row.number == number && k < p->run[i].count; k++) {
			const struct event *e = &p->run[i].events[k];

			if (e->kind == EVENT_HOST_END && str_glob(glob, event_text(e, FIELD_HOST)))
				return true;
		}
	}
	return false;
}

/* Contents name themselves; one is damaged. */
static char *
past_content(void *user, const char *digest, size_t *ret_len, struct err *err)
{
	char *text;

	(void)user;
	if (str_eq(digest, "damaged")) {
		err_set(err, OUTCOME_STORAGE, "the content damaged is not what was written");
		return NULL;
	}
	text = xasprintf("%s said:\n\033]0;owned\007 数据 and a \302\233 byte\n", digest);
	*ret_len = strlen(text);
	return text;
}

static int64_t
past_count(void *user)
{
	return (int64_t)((struct past *)user)->count;
}

static int64_t
past_bytes(void *user)
{
	(void)user;
	return 31 << 20;
}

static void
past_live(void *user, bool (*each)(void *to, const struct history_live *live), void *to)
{
	struct past *p = user;
	const struct past_run *r = find(p, "r-197");

	if (p->live && r)
		each(to, &(struct history_live){ .uuid = r->uuid,
			     .alias = r->alias,
			     .verb = "apply",
			     .who = "ana",
			     .what = "apply site.yaml",
			     .hosts = 5,
			     .start_ms = r->row.start_ms,
			     .progress = &p->progress });
}

static void
past_again(void *user)
{
	((struct past *)user)->again++;
}

static size_t
past_polls(void *user)
{
	return ((const struct past *)user)->polls;
}

static void
past_children(void *user, bool (*each)(void *to, const char *title, int64_t began_ms), void *to)
{
	const struct past *p = user;

	if (p->child)
		each(to, p->child, NOW - 5000);
}

struct past_run *
past_add(struct past *p, int64_t number, const char *state, const char *argv)
{
	struct past_run *r;

	if (p->count == PAST_RUNS)
		return NULL;
	memmove(&p->run[1], &p->run[0], p->count * sizeof(*p->run));
	p->count++;
	r = &p->run[0];
	*r = (struct past_run){ .count = 0 };
	snprintf(r->uuid, sizeof(r->uuid), "%08llx-0000-7000-8000-000000000000",
	    (unsigned long long)number);
	snprintf(r->alias, sizeof(r->alias), "r-%lld", (long long)number);
	r->row = (struct ledger_row){ .verb = strstr(argv, "apply") ? "apply" : "run",
		.fleet = "shop",
		.playbook = strstr(argv, "apply") ? "/home/ana/site.yaml" : "",
		.argv = argv,
		.seat = SEAT,
		.git = "",
		.start_ms = NOW - (200 - number) * HOUR / 4,
		.state = state,
		.number = number };
	/* The rows move when another comes. */
	for (size_t i = 0; i < p->count; i++) {
		p->run[i].row.uuid = p->run[i].uuid;
		p->run[i].row.alias = p->run[i].alias;
	}
	p->generation++;
	return r;
}

struct event *
past_event(struct past_run *r, enum event_kind kind, const char *host)
{
	struct event *e = &r->events[r->count++];

	event_init(e, kind);
	e->seq = r->count;
	e->time_ms = r->row.start_ms + r->count * 1500;
	if (host)
		event_set_text(e, FIELD_HOST, host);
	return e;
}

static void
begin(struct past_run *r, const char *const *hosts, size_t count)
{
	struct event *e = past_event(r, EVENT_RUN_START, NULL);

	event_set_text(e, FIELD_VERB, r->row.verb);
	event_set_list(e, FIELD_HOSTS, hosts, count);
	e->time_ms = r->row.start_ms;
	r->row.hosts = (int64_t)count;
	for (size_t i = 0; i < count; i++)
		past_event(r, EVENT_HOST_START, hosts[i]);
}

static struct event *
end_host(struct past_run *r, const char *host, const char *state)
{
	struct event *e = past_event(r, EVENT_HOST_END, host);

	event_set_text(e, FIELD_STATE, state);
	return e;
}

static void
end(struct past_run *r, int exit)
{
	struct event *e = past_event(r, EVENT_RUN_END, NULL);

	event_set_text(e, FIELD_STATE, r->row.state);
	event_set_int(e, FIELD_EXIT, exit);
	r->row.exit = exit;
	r->row.end_ms = e->time_ms;
}

static void
step(struct past_run *r, const char *host, const char *name, const char *now, const char *state)
{
	struct event *e = past_event(r, EVENT_PLAN_STEP, host);

	event_set_text(e, FIELD_STEP, name);
	event_set_text(e, FIELD_NAME, name);
	event_set_text(e, FIELD_CLASS, "change");
	if (now) {
		autofree char *diff = xasprintf(
		    "--- a%s\n+++ b%s\n@@ -1 +1 @@\n-old\n+%s \033[31m数据\n", name, name, now);

		event_set_text(e, FIELD_WAS, "3f9c0000aaaa");
		event_set_text(e, FIELD_DIGEST, now);
		event_set_data(e, FIELD_DIFF, diff, strlen(diff));
	}
	if (!state)
		return;
	e = past_event(r, EVENT_STEP_END, host);
	event_set_text(e, FIELD_STEP, name);
	event_set_text(e, FIELD_NAME, name);
	event_set_text(e, FIELD_STATE, state);
	event_set_int(e, FIELD_MS, 40);
	if (str_eq(state, "failed"))
		event_set_text(e, FIELD_TEXT, "adapter error: \033[2Junknown directive");
}

static void
add_old(struct past *p)
{
	static const char *const nas[] = { "nas" }, *const lab[] = { "lab-pi", "nas" };
	static const char *const wide[] = { "数据" };
	struct past_run *r = past_add(p, 9, "ok", "[\"drover\",\"run\",\"nas\",\"uptime\"]");

	begin(r, nas, 1);
	r->row.start_ms = 1741000000000;
	r->row.ok = 1;
	end_host(r, "nas", "ok");
	end(r, 0);
	r = past_add(p, 150, "unreachable", "[\"drover\",\"run\",\"@db\",\"uptime\"]");
	begin(r, lab, 2);
	event_set_text(
	    end_host(r, "lab-pi", "unreachable"), FIELD_TEXT, "connect: timed out after 10.0 s");
	end_host(r, "nas", "ok");
	r->row.ok = r->row.unreachable = 1;
	end(r, 4);
	r = past_add(p, 190, "foreign", "");
	r->row.seat = "bob@ci-ffffffff";
	r->row.verb = "apply";
	r->row.playbook = "site.yaml";
	past_event(r, EVENT_RUN_START, NULL);
	end_host(r, "web1", "changed");
	end_host(r, "web2", "failed");
	r = past_add(p, 191, "ok", "[\"drover\",\"run\",\"数据\",\"--\",\"echo\",\"你好\"]");
	begin(r, wide, 1);
	r->row.ok = 1;
	end_host(r, "数据", "ok");
	end(r, 0);
}

static void
add_failed(struct past *p)
{
	static const char *const webs[] = { "web1", "web2", "web3" };
	struct past_run *r = past_add(p, 192, "failed",
	    "[\"drover\",\"run\",\"@web\",\"--\",\"\\u001b]0;owned\\u0007 \\u202etest\"]");
	struct event *e;

	begin(r, webs, 3);
	e = past_event(r, EVENT_HOST_OUTPUT, "web1");
	event_set_text(e, FIELD_STREAM, "out");
	event_set_text(e, FIELD_HEAD, "head-of-web1");
	event_set_text(e, FIELD_TAIL, "damaged");
	event_set_int(e, FIELD_BYTES, 3000000);
	end_host(r, "web1", "ok");
	for (size_t i = 1; i < 3; i++) {
		e = end_host(r, webs[i], "failed");
		event_set_int(e, FIELD_RC, 3);
		event_set_text(e, FIELD_TEXT, "exited \033[31mwith 3\302\233");
	}
	r->row.ok = 1;
	r->row.failed = 2;
	end(r, 1);
}

static void
add_applies(struct past *p)
{
	static const char *const webs[] = { "web1", "web2", "web3", "web4", "web10" };
	struct past_run *r = past_add(
	    p, 193, "changed", "[\"/usr/bin/drover\",\"-i\",\"x\",\"apply\",\"site.yaml\",\"-y\"]");

	r->row.git =
	    "{\"inventory\":\"main 8c1f2d3a0b1c\",\"playbook\":\"main 8c1f2d3a0b1c dirty\"}";
	begin(r, webs, 5);
	for (size_t i = 0; i < 4; i++)
		step(r, webs[i], "/etc/caddy/Caddyfile", i == 3 ? "9d9d0000" : "81aa0000",
		    "changed");
	step(r, "web10", "/etc/caddy/Caddyfile", "81aa0000", "failed");
	step(r, "web10", "caddy.service", NULL, NULL);
	for (size_t i = 0; i < 4; i++)
		event_set_int(end_host(r, webs[i], "changed"), FIELD_CHANGED, 1);
	event_set_text(
	    end_host(r, "web10", "failed"), FIELD_TEXT, "step /etc/caddy/Caddyfile failed");
	event_set_text(past_event(r, EVENT_WARN, NULL), FIELD_TEXT, "one volume is not backed up");
	r->row.changed = 4;
	r->row.failed = 1;
	end(r, 1);
	r = past_add(p, 196, "unfinished", "[\"drover\",\"apply\",\"site.yaml\"]");
	begin(r, webs, 2);
	step(r, "web1", "/etc/motd", "81aa0000", "changed");
	end_host(r, "web1", "changed");
	r = past_add(p, 197, "running", "[\"drover\",\"apply\",\"site.yaml\"]");
	begin(r, webs, 5);
	event_set_text(&r->events[0], FIELD_SOURCE, "console");
	end_host(r, "web1", "changed");
	end_host(r, "web2", "failed");
	for (int64_t i = 0; i < r->count; i++)
		progress_event(&p->progress, &r->events[i]);
}

void
past_up(struct past *p)
{
	*p = (struct past){ .source = { .user = p,
				.generation = past_generation,
				.runs = past_runs,
				.run = past_run_of,
				.results = past_results,
				.events = past_events,
				.had = past_had,
				.content = past_content,
				.count = past_count,
				.bytes = past_bytes,
				.live = past_live,
				.again = past_again,
				.polls = past_polls,
				.children = past_children },
		.run = xcalloc(PAST_RUNS, sizeof(struct past_run)),
		.live = true };
	progress_init(&p->progress);
	add_old(p);
	add_failed(p);
	add_applies(p);
}

void
past_down(struct past *p)
{
	for (size_t i = 0; i < p->count; i++) {
		for (int64_t k = 0; k < p->run[i].count; k++)
			event_fini(&p->run[i].events[k]);
	}
	free(p->run);
	progress_fini(&p->progress);
}
