#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/set_words.h"
#include "engine/herd.h"
#include "engine/merge.h"
#include "engine/run.h"
#include "engine/tail.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <string.h>
#include <time.h>

#define HOLD_MS   250 /* how long a line waits for earlier ones of other hosts, when following */
#define TICK_MS   50
#define QUEUE_MAX (1U << 20) /* bytes of a host that wait for others; then it waits */

struct options {
	int64_t lines;
	bool follow;
	const char *since, *until, *grep, *container, *user;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_INT, 'n', "lines", AT(lines), "N", .summary = "the last N lines of each host (50)",
	    .max = 10000000 },
	{ OPTION_FLAG, 'f', "follow", AT(follow), .summary = "go on until Ctrl-C" },
	{ OPTION_TEXT, 0, "since", AT(since), "TIME",
	    .summary = "as journalctl reads it: -1h, yesterday, 2026-01-02 03:04" },
	{ OPTION_TEXT, 0, "until", AT(until), "TIME", .summary = "the same, for the end" },
	{ OPTION_TEXT, 'g', "grep", AT(grep), "REGEX",
	    .summary = "only lines that have it, as journalctl reads it" },
	{ OPTION_TEXT, 'c', "container", AT(container), "NAME",
	    .summary = "of a container that logs to the journal" },
	{ OPTION_TEXT, 0, "user", AT(user), "NAME",
	    .summary = "UNIT is of this user's own manager, named in full" },
	{ .type = OPTION_END },
};

struct host_state {
	bool over, told, lost;
	int64_t lost_ms;
};

struct work {
	struct call *call;
	struct drive *drive;
	struct tail *tail;
	struct merge *merge;
	struct loop_timer *tick;
	const struct set *set;
	struct herd_host **hosts;
	struct host_state *state;
	size_t ended;
	bool counts; /* the last lines of each host are counted here */
	bool done;
	struct buf line;
};

static int64_t
now(const struct work *w)
{
	return loop_now_ms(herd_loop(w->call->herd));
}

static void
emit_end(struct work *w, size_t i, enum outcome outcome, const struct tail_status *s)
{
	autoevent e = { .count = 0 };

	w->state[i].told = true;
	w->ended++;
	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, w->set->hosts[i]->name);
	event_set_text(&e, FIELD_STATE, outcome_name(outcome));
	if (s->status > 0)
		event_set_int(&e, FIELD_RC, s->status);
	if (s->state == TAIL_FAILED) {
		event_set_text(&e, FIELD_PHASE, s->err->phase[0] ? s->err->phase : NULL);
		event_set_text(&e, FIELD_TEXT, herd_reason(w->hosts[i], s->err));
	}
	run_emit(drive_run(w->drive), &e);
}

/* Hosts of which all lines are out have ended. */
static void
end_hosts(struct work *w)
{
	for (size_t i = 0; i < w->set->count; i++) {
		struct tail_status s;

		if (!w->state[i].over || w->state[i].told || merge_bytes(w->merge, i))
			continue;
		tail_get(w->tail, i, &s);
		emit_end(w, i, s.state == TAIL_FAILED ? s.err->kind : OUTCOME_OK, &s);
	}
	if (w->ended == w->set->count && !w->done) {
		w->done = true;
		drive_end(w->drive, OUTCOME_OK);
	}
}

static void
print_lines(struct work *w, int64_t at_ms)
{
	struct merge_line line;

	while (merge_next(w->merge, at_ms, &line)) {
		autoevent e = { .count = 0 };

		event_init(&e, EVENT_HOST_OUT);
		event_set_text(&e, FIELD_HOST, w->set->hosts[line.source]->name);
		event_set_text(&e, FIELD_STREAM, "out");
		event_set_data(&e, FIELD_DATA, line.text, line.len);
		run_emit(drive_run(w->drive), &e);
		if (merge_bytes(w->merge, line.source) < QUEUE_MAX / 4)
			tail_pause_source(w->tail, line.source, false);
	}
	end_hosts(w);
}

static void
on_tick(void *user)
{
	struct work *w = user;

	if (w->done)
		return;
	print_lines(w, now(w));
	if (!merge_is_empty(w->merge))
		loop_timer_start(w->tick, TICK_MS);
}

/* "2026-01-02T03:04:05+00:00 HOST WHO[PID]: ", as journalctl's short-iso has it, in one zone for all hosts. */
static void
add_head(struct buf *b, const struct journal_entry *e)
{
	time_t s = (time_t)(e->time_us / 1000000);
	struct tm tm;
	char when[32];

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	buf_addf(b, "%s ", when);
	buf_add(b, e->hostname.p, e->hostname.n);
	buf_addc(b, ' ');
	buf_add(b, e->identifier.p, e->identifier.n);
	if (e->pid.n) {
		buf_addc(b, '[');
		buf_add(b, e->pid.p, e->pid.n);
		buf_addc(b, ']');
	}
	buf_adds(b, ": ");
}

/* A message of several lines stands under its first one. */
static void
on_entry(void *user, size_t source, const struct journal_entry *e)
{
	struct work *w = user;
	const char *at = e->message.p ? e->message.p : "", *end = at + e->message.n;
	size_t head;

	while (end > at && end[-1] == '\n')
		end--;
	buf_clear(&w->line);
	add_head(&w->line, e);
	head = w->line.len;
	for (const char *nl = at; nl; at = nl + 1) {
		nl = memchr(at, '\n', (size_t)(end - at));
		buf_add(&w->line, at, (size_t)((nl ? nl : end) - at));
		buf_addc(&w->line, '\n');
		for (size_t i = 0; nl && i < head; i++)
			buf_addc(&w->line, ' ');
	}
	merge_add(w->merge, source, e->time_us, now(w), w->line.data, w->line.len);
	if (merge_bytes(w->merge, source) > QUEUE_MAX && !w->counts)
		tail_pause_source(w->tail, source, true);
	loop_timer_start(w->tick, 0);
}

static void
say(struct work *w, size_t i, const char *text)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_HOST, w->set->hosts[i]->name);
	event_set_text(&e, FIELD_TEXT, text);
	run_emit(drive_run(w->drive), &e);
}

/* Its link went, or came again. */
static void
tell_link(struct work *w, size_t i, const struct tail_status *s)
{
	struct host_state *h = &w->state[i];

	if (s->state == TAIL_LOST && !h->lost) {
		autofree char *text = xasprintf("link lost: %s; goes on behind its last line",
		    herd_reason(w->hosts[i], s->err));

		say(w, i, text);
		h->lost = true;
		h->lost_ms = now(w);
	} else if (s->state == TAIL_LIVE && h->lost) {
		char spent[16];

		clock_short(now(w) - h->lost_ms, spent, sizeof(spent));
		autofree char *text = xasprintf("back after %s", spent);
		say(w, i, text);
		h->lost = false;
	}
}

static void
on_changed(void *user, size_t source)
{
	struct work *w = user;
	struct tail_status s;

	tail_get(w->tail, source, &s);
	tell_link(w, source, &s);
	if (s.state != TAIL_ENDED && s.state != TAIL_FAILED)
		return;
	w->state[source].over = true;
	merge_quiet(w->merge, source, true);
	loop_timer_start(w->tick, 0);
}

/* Nothing is left half done on a host: what came so far is printed. */
static void
on_stop(void *user, int signum)
{
	struct work *w = user;

	(void)signum;
	if (w->done)
		return;
	for (size_t i = 0; i < w->set->count; i++)
		merge_quiet(w->merge, i, true);
	print_lines(w, INT64_MAX);
	for (size_t i = 0; i < w->set->count && !w->done; i++) {
		struct tail_status s;

		tail_get(w->tail, i, &s);
		if (!w->state[i].told)
			emit_end(w, i, s.state == TAIL_WAITING ? OUTCOME_UNTRIED : OUTCOME_OK, &s);
	}
	end_hosts(w);
}

static void
start(struct work *w)
{
	const struct options *o = w->call->options;
	/* With an expression journalctl reads backwards for the last lines: they are counted here. */
	bool count = o->grep && o->lines && !o->follow;

	w->hosts = xcalloc(w->set->count + 1, sizeof(struct herd_host *));
	w->state = xcalloc(w->set->count + 1, sizeof(*w->state));
	w->counts = count;
	w->merge = merge_new(w->set->count, o->follow ? HOLD_MS : -1, count ? (size_t)o->lines : 0);
	w->tick = loop_timer_new(herd_loop(w->call->herd), on_tick, w);
	for (size_t i = 0; i < w->set->count; i++) {
		autoevent e = { .count = 0 };
		const struct host *h = w->set->hosts[i];

		w->hosts[i] = herd_of(w->call->herd, h);
		event_init(&e, EVENT_HOST_START);
		event_set_text(&e, FIELD_HOST, h->name);
		event_set_text(&e, FIELD_KIND, host_kind_name(h->kind));
		event_set_text(&e, FIELD_ADDRESS, h->address ? h->address : h->name);
		event_set_int(&e, FIELD_ATTEMPT, 1);
		run_emit(drive_run(w->drive), &e);
	}
	w->tail = tail_start(&(struct tail_spec){ .herd = w->call->herd,
	    .hosts = w->hosts,
	    .count = w->set->count,
	    .query = { .what = o->container        ? TAIL_CONTAINER
			       : w->call->argc > 1 ? TAIL_UNIT
						   : TAIL_ALL,
		.name = o->container        ? o->container
			: w->call->argc > 1 ? w->call->argv[1]
					    : NULL,
		.user = o->user,
		.lines = o->lines && !o->grep ? o->lines : -1,
		.since = o->since               ? o->since
			 : o->grep && o->follow ? "-0s"
						: NULL,
		.until = o->until,
		.follow = o->follow,
		.level = -1,
		.grep = o->grep },
	    .entry = on_entry,
	    .changed = on_changed,
	    .user = w });
}

static int
logs_of(struct call *call, const struct set *set)
{
	const struct options *o = call->options;
	struct work w = { .call = call, .set = set };
	struct drive_spec drive = { .call = call,
		.set = set,
		.verb = "logs",
		.unrecorded = true,
		.endless = o->follow,
		.stop = on_stop,
		.user = &w };
	int code;

	if (!call_herd(call))
		return call->exit;
	w.drive = drive_new(&drive);
	if (!w.drive)
		return call->exit;
	buf_init(&w.line, SIZE_MAX);
	start(&w);
	code = drive_wait(w.drive, NULL);
	tail_free(w.tail);
	merge_free(w.merge);
	loop_timer_free(w.tick);
	buf_fini(&w.line);
	free(w.hosts);
	free(w.state);
	return code;
}

static int
run(struct call *call)
{
	struct options *o = call->options;
	autofree char *words = set_words(call, call->argv[0], false);
	struct set set;
	int code;

	if (o->grep && o->follow && o->lines)
		return call_usage(
		    call, "-f with --grep begins now: --since says from where, not -n");
	if (o->container && call->argc > 1)
		return call_usage(call, "a unit or a container, not both");
	if (o->user && call->argc < 2)
		return call_usage(call, "--user wants a unit of theirs: logs --user NAME SET UNIT");
	if (o->user && strpbrk(call->argv[1], "*?["))
		return call_usage(call, "a user's unit is named in full, not by a pattern");
	if (!o->lines && !o->since && !o->grep)
		o->lines = 50;
	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = logs_of(call, &set);
	set_fini(&set);
	return code;
}

const struct command command_logs = {
	.name = "logs",
	.synopsis = "SET [UNIT]",
	.summary = "read the journals of hosts, merged by time",
	.text =
	    "Lines come as \"host: line\", those of all hosts in the order of their time, in UTC. "
	    "A\n"
	    "container that runs as a unit logs under the unit's name. UNIT may be a pattern, as\n"
	    "journalctl takes it; a name without suffix or pattern that is an app on a host "
	    "(shop)\n"
	    "stands there for all its instances; without it all is read. With -f a host whose link "
	    "is\n"
	    "lost is said;\n"
	    "it goes on behind its last line when it is back. --grep with -n counts the lines "
	    "that\n"
	    "have it. --container reads what podman sent to the journal; a container with another\n"
	    "log driver is refused. An app that logs to a file is read there and in the journal.\n",
	.examples = "drover logs @web nginx.service\tthe last 50 lines of each\n"
		    "drover logs -f @web 'shop-*'\tfollow until Ctrl-C\n"
		    "drover logs @web shop\tall instances of an app\n"
		    "drover logs --since -1h db1 postgresql\tthe last hour\n"
		    "drover logs --user app web1 shop.service\tof a rootless user\n"
		    "drover logs -f -g 'timeout|refused' @all\twhatever times out from now on\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
