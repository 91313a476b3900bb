#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/out.h"
#include "cli/record_export.h"
#include "cli/set_words.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <string.h>
#include <time.h>

struct options {
	int64_t limit, show, diff, idle_ms, older_ms, keep;
	const char *format, *speed, *cast;
	bool text, dry_run;
};

static const struct option options[] = {
	{ OPTION_INT, 0, "limit", offsetof(struct options, limit), "N",
	    "how many runs, the newest first (20)", .min = 1, .max = 1000000 },
	{ OPTION_INT, 0, "show", offsetof(struct options, show), "N",
	    "with file: the contents of version N", .min = 1, .max = 1000000 },
	{ OPTION_INT, 0, "diff", offsetof(struct options, diff), "A",
	    "with file: what differs between version A and B", .min = 1, .max = 1000000 },
	{ OPTION_TEXT, 0, "format", offsetof(struct options, format), "HOW",
	    "with export: its events as JSON lines, or its results as JUnit (as FILE ends: .xml)",
	    .choices = "json|junit" },
	{ OPTION_TEXT, 0, "speed", offsetof(struct options, speed), "N",
	    .summary = "with play: so many times as fast (1); 0.5 is half as fast" },
	{ OPTION_DURATION, 0, "idle", offsetof(struct options, idle_ms), "DUR",
	    .summary = "with play: wait no longer than that where nothing happened" },
	{ OPTION_FLAG, 0, "text", offsetof(struct options, text),
	    .summary = "with play: as lines of text, at once" },
	{ OPTION_TEXT, 0, "cast", offsetof(struct options, cast), "FILE",
	    .summary = "with play: write it as an asciicast v2 instead; - for standard output" },
	{ OPTION_DURATION, 0, "older", offsetof(struct options, older_ms), "DUR",
	    .summary = "with prune: runs that ended so long ago, as 90d" },
	{ OPTION_INT, 0, "keep", offsetof(struct options, keep), "N",
	    "with prune: but not the newest N runs", .min = 1, .max = INT64_MAX },
	{ OPTION_FLAG, 'n', "dry-run", offsetof(struct options, dry_run),
	    .summary = "with prune: only show what would be taken away" },
	{ .type = OPTION_END },
};

#define LIMIT 20

void
history_time(long long wall_ms, char *to, unsigned long size)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	if (!strftime(to, size, "%Y-%m-%d %H:%M:%S", &tm))
		to[0] = '\0';
}

struct tally {
	int64_t n[OUTCOME_COUNT];
};

static bool
count_result(void *user, const struct ledger_result *r)
{
	struct tally *t = user;
	enum outcome o;

	if (outcome_parse(r->state, &o))
		t->n[o]++;
	return true;
}

char *
history_summary(struct ledger *l, const struct ledger_row *row)
{
	struct tally t = { .n = { 0 } };
	autobuf b = BUF_INIT(400);

	ledger_results(l, row->uuid, count_result, &t);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (t.n[i])
			buf_addf(&b, "%s%lld %s", b.len ? ", " : "", (long long)t.n[i],
			    outcome_name((enum outcome)i));
	return buf_detach(&b, NULL);
}

static void
put_time(struct json_writer *w, const char *key, int64_t wall_ms)
{
	char time[32];

	if (!wall_ms)
		return;
	clock_rfc3339(wall_ms, time, sizeof(time));
	json_put_text(w, key, time);
}

static void
put_counts(struct json_writer *w, const struct ledger_row *row)
{
	const struct {
		const char *key;
		int64_t n;
	} counts[] = { { "exit", row->exit }, { "ok", row->ok }, { "changed", row->changed },
		{ "failed", row->failed }, { "unreachable", row->unreachable },
		{ "untried", row->untried }, { "unknown", row->unknown } };

	for (size_t i = 0; row->end_ms && i < countof(counts); i++)
		json_put_int(w, counts[i].key, counts[i].n);
}

void
history_json(struct call *c, const struct ledger_row *row)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "run", row->uuid);
	json_put_text(&w, "alias", row->alias);
	put_time(&w, "start", row->start_ms);
	put_time(&w, "end", row->end_ms);
	json_put_text(&w, "seat", row->seat);
	json_put_text(&w, "verb", row->verb);
	json_put_text(&w, "fleet", row->fleet);
	if (row->playbook[0])
		json_put_text(&w, "playbook", row->playbook);
	if (row->argv[0])
		json_put_raw(&w, "argv", row->argv);
	if (row->git[0])
		json_put_raw(&w, "git", row->git);
	json_put_int(&w, "hosts", row->hosts);
	json_put_text(&w, "state", row->state);
	put_counts(&w, row);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(c->out, buf_text(&b), b.len);
}

struct list {
	struct call *call;
	struct ledger *ledger;
	bool headed;
	/* with a set: the runs of its hosts, to be put in order */
	char **uuid;
	size_t count, cap;
};

static bool
print_row(void *user, const struct ledger_row *row)
{
	struct list *l = user;
	char when[32];

	if (out_json(l->call->out)) {
		history_json(l->call, row);
		return true;
	}
	if (!l->headed)
		out_table(l->call->out,
		    (const char *const[]){
			"run", "when", "verb", "playbook", "hosts", "state", "summary" },
		    7);
	l->headed = true;
	autofree char *hosts = xasprintf("%lld", (long long)row->hosts);
	autofree char *summary = history_summary(l->ledger, row);
	history_time(row->start_ms, when, sizeof(when));
	out_row(l->call->out, (const char *const[]){ row->alias, when, row->verb,
				  row->playbook[0] ? row->playbook : NULL, hosts, row->state,
				  summary[0] ? summary : NULL });
	return true;
}

static bool
keep_uuid(void *user, const struct ledger_row *row)
{
	struct list *l = user;

	mem_grow(l->uuid, l->count, l->cap);
	/* The alias sorts by number once it is padded. */
	l->uuid[l->count++] = xasprintf("%020lld", (long long)row->number);
	return true;
}

static int
newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

static void
print_kept(struct list *l, int64_t limit)
{
	const char *before = "";
	struct ledger_row row;
	struct err err;

	qsort(l->uuid, l->count, sizeof(*l->uuid), newest_first);
	for (size_t i = 0; i < l->count && limit > 0; i++) {
		if (str_eq(before, l->uuid[i]))
			continue;
		before = l->uuid[i];
		autofree char *alias = xasprintf("r-%s", l->uuid[i] + strspn(l->uuid[i], "0"));
		if (ledger_find_run(l->ledger, alias, &row, &err))
			print_row(l, &row);
		limit--;
	}
	for (size_t i = 0; i < l->count; i++)
		free(l->uuid[i]);
	free(l->uuid);
}

static bool
list_set(struct list *l, const char *word, int64_t limit)
{
	autofree char *words = set_words(l->call, word, false);
	struct set set;

	if (!words || !call_set(l->call, words, &set))
		return false;
	for (size_t i = 0; i < set.count; i++)
		ledger_host_runs(l->ledger, inventory_fleet(l->call->inventory), set.hosts[i]->name,
		    (int)limit, keep_uuid, l);
	set_fini(&set);
	print_kept(l, limit);
	return true;
}

static int
list(struct call *c, struct ledger *ledger)
{
	const struct options *o = c->options;
	int64_t limit = o->limit ? o->limit : LIMIT;
	struct list l = { .call = c, .ledger = ledger };
	struct err err;

	if (c->argc > 0 && !list_set(&l, c->argv[0], limit))
		return c->exit;
	if (c->argc == 0)
		ledger_runs(ledger, NULL, (int)limit, print_row, &l);
	if (l.headed)
		out_table_end(c->out);
	else if (!out_json(c->out) && !ledger_failed(ledger, &err))
		out_note(c->out, "no run is recorded in %s", ledger_path(ledger));
	return 0;
}

static int
verify(struct call *c, struct ledger *l)
{
	struct ledger_row row;
	struct err err;
	autofree char *uuid = NULL;

	if (c->argc > 1) {
		if (!ledger_find_run(l, c->argv[1], &row, &err))
			return call_fail(c, &err);
		uuid = xstrdup(row.uuid);
	}
	if (ledger_verify(l, uuid, &err) < 0)
		return call_fail(c, &err);
	if (out_json(c->out))
		out_line(c->out, "{\"v\":1,\"verified\":\"%s\"}", uuid ? uuid : "all");
	else
		out_line(
		    c->out, "%s: every event is as it was written", uuid ? c->argv[1] : "all runs");
	return 0;
}

static int
diff(struct call *c, struct ledger *l)
{
	if (out_json(c->out))
		return call_usage(c, "history diff has nothing to say in JSON");
	if (c->argc != 3)
		return call_usage(c, "history diff needs two runs: r-N, last or a UUID");
	return history_diff(c, l, c->argv[1], c->argv[2]);
}

static int export(struct call *c, struct ledger *l)
{
	const struct options *o = c->options;
	struct history_export what = { .run = c->argv[1], .path = c->argc > 2 ? c->argv[2] : NULL };

	if (c->argc < 2 || c->argc > 3)
		return call_usage(c, "history export needs a run, and may have a file");
	what.junit =
	    o->format ? str_eq(o->format, "junit") : what.path && record_export_is_junit(what.path);
	if (what.junit && out_json(c->out))
		return call_usage(c, "JUnit is not JSON: leave out --json, or say --format json");
	return history_export(c, l, &what);
}

static int
play(struct call *c, struct ledger *l)
{
	const struct options *o = c->options;
	struct history_play what = { .idle_ms = o->idle_ms, .text = o->text, .cast = o->cast };

	return history_play_words(c, l, &what, o->speed);
}

static int
dispatch(struct call *c, struct ledger *l)
{
	const char *word = c->argc > 0 ? c->argv[0] : "";

	if (str_eq(word, "verify"))
		return verify(c, l);
	if (str_eq(word, "show"))
		return c->argc < 2 ? call_usage(c, "history show needs a run: r-N, last or a UUID")
				   : history_show(c, l, c->argv[1]);
	if (str_eq(word, "diff"))
		return diff(c, l);
	if (str_eq(word, "export"))
		return export(c, l);
	if (str_eq(word, "play"))
		return play(c, l);
	if (c->argc > 1)
		return call_usage(
		    c, "history takes one set; did you mean history show %s?", c->argv[1]);
	return list(c, l);
}

/* B of --diff A B stands wherever A did: among the arguments, of which the path begins with '/'. */
static int
place_of_second(const struct call *c)
{
	int64_t n;

	if (*c->argv[3] != '/')
		return 3;
	return str_int(c->argv[2], 1, 1000000, &n) && !str_int(c->argv[1], 1, 1000000, &n) ? 2 : 1;
}

static int
file(struct call *c)
{
	const struct options *o = c->options;
	struct history_file what = { .show = o->show, .from = o->diff };
	int at;

	if (c->argc < 3 || (o->show && o->diff) || (c->argc == 4) != (o->diff != 0))
		return call_usage(c, "history file HOST PATH, with --show N or --diff A B");
	at = o->diff ? place_of_second(c) : 4;
	if (o->diff && !str_int(c->argv[at], 1, 1000000, &what.to))
		return call_usage(c, "%s: the number of a version is wanted here", c->argv[at]);
	what.host = c->argv[at == 1 ? 2 : 1];
	what.path = c->argv[at <= 2 ? 3 : 2];
	return history_file(c, &what);
}

static int
prune(struct call *c)
{
	const struct options *o = c->options;

	if (c->argc > 1)
		return call_usage(
		    c, "history prune takes no %s: --older DUR, --keep N", c->argv[1]);
	return history_prune(c,
	    &(struct history_prune){ .older_ms = o->older_ms, .keep = o->keep, .dry = o->dry_run });
}

/* Reading is all the others do, so a ledger that can only be read will do. */
static int
run(struct call *c)
{
	const struct options *o = c->options;
	const char *word = c->argc > 0 ? c->argv[0] : "";
	struct err err;

	if (!str_eq(word, "play") && (o->speed || o->idle_ms || o->text || o->cast))
		return call_usage(c, "--speed, --idle, --text and --cast are for history play");
	if (!str_eq(word, "play") && c->argc > 4)
		return call_usage(c, "too many words: %s", c->argv[4]);
	if (!str_eq(word, "prune") && (o->older_ms || o->keep || o->dry_run))
		return call_usage(c, "--older, --keep and --dry-run are for history prune");
	if (str_eq(word, "file"))
		return file(c);
	if (str_eq(word, "prune"))
		return prune(c);
	struct ledger *l = ledger_open(NULL, c->globals.ledger, true, &err);
	if (!l)
		return call_fail(c, &err);
	int code = dispatch(c, l);
	if (code == 0 && ledger_failed(l, &err))
		code = call_fail(c, &err);
	ledger_close(l);
	return code;
}

const struct command command_history = {
	.name = "history",
	.synopsis =
	    "[--limit N] [SET] | show RUN | diff RUN RUN | export RUN [FILE] | play RUN HOST "
	    "[N|HOST...] | file HOST PATH | verify [RUN] | prune",
	.summary = "what was done, by whom, and how it ended",
	.text =
	    "Lists the runs in this seat's ledger, the newest first; with a SET those that had "
	    "one\n"
	    "of its hosts. A run is named r-N, last, or by 6 digits or more of its UUID.\n"
	    "\n"
	    "show tells everything about one run: its hosts, steps and warnings, and the last "
	    "lines\n"
	    "of what the hosts said; with --json its events, with all the output that was kept.\n"
	    "diff tells what is different between two runs: how their hosts ended, what they did "
	    "and\n"
	    "said. export writes one run, to FILE or standard output: its events as JSON lines "
	    "with\n"
	    "the output that was kept, or JUnit with a suite for each host (--format, or FILE "
	    "ends\n"
	    "in .xml).\n"
	    "play shows the terminal that a run recorded on a host, in its own time (--speed,\n"
	    "--idle); N is which one, where there were more. Of several hosts, or a set of them,\n"
	    "the terminals are side by side. Ctrl-C ends it. With --text, and "
	    "where\n"
	    "standard output is no terminal, it comes as lines of text. Only text, colours and "
	    "the\n"
	    "cursor of what a host sent get to the terminal. Of what was typed a transcript has "
	    "only\n"
	    "what the host echoed, so no password that was typed where it does not.\n"
	    "file asks a host what a file was: by which act, when, by whom; --show N prints a "
	    "version,\n"
	    "--diff A B what differs between two. Hosts remember their last 20 acts; a secret is "
	    "not\n"
	    "shown.\n"
	    "prune takes away what runs said, showed and wrote that ended --older DUR ago and are\n"
	    "not among the newest --keep N: contents that no other run names. The runs themselves\n"
	    "stay, with their events and results. Runs that have not ended, that undo would take\n"
	    "back, whose release a host has, or that hosts are owed keep all. It asks, unless -y;\n"
	    "-n only shows.\n"
	    "verify checks that no event was changed or removed since it was written (exit 11).\n"
	    "\n"
	    "State: the run's outcome; running; unfinished (its drover is gone, see resume);\n"
	    "foreign (another seat's, as the hosts' journals tell it).\n",
	.examples = "drover history\tthe last runs\n"
		    "drover history @web --limit 5\tthe last runs on the hosts of a group\n"
		    "drover history show last\tthe newest run in full\n"
		    "drover history diff r-12 last\twhat was different this time\n"
		    "drover history export last run.xml\tthe newest run for a CI server\n"
		    "drover history play last web1 --idle 2s\twhat its terminal showed\n"
		    "drover history play last web[1-4]\twhat theirs showed, side by side\n"
		    "drover history play r-12 web1 --cast web1.cast\tthe same for asciinema\n"
		    "drover history file web1 /etc/motd\twhat it was\n"
		    "drover history prune --older 90d --keep 100 -n\twhat would go\n"
		    "drover history verify\tis the record as it was written?\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 0,
	.max_args = -1,
	.run = run,
};
