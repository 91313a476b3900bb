/* Recorded terminals of several hosts. */
#include "cli/history.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"
#include "cli/transcripts.h"
#include "inventory/nodeset.h"
#include "ledger/ledger.h"

#include <string.h>
#include <unistd.h>

#define SIDES_MOST 64

/* A terminal of one of them. */
struct chosen {
	struct ledger *ledger;
	const struct transcript_record *record;
};

struct choice {
	struct call *call;
	const struct ledger_row *run;
	struct ledger *ledger;
	struct transcripts all;
	struct chosen list[SIDES_MOST];
	size_t count;
};

static char *
get_piece(void *user, size_t i, size_t *ret_len, struct err *err)
{
	const struct chosen *c = user;

	return ledger_get(c->ledger, c->record->digest[i], ret_len, err);
}

/* The first terminal of a host, once. */
static int
choose(void *user, const char *host, struct err *err)
{
	struct choice *c = user;
	const struct transcript_record *record = NULL;

	for (size_t i = 0; i < c->all.count && !record; i++) {
		if (str_eq(c->all.list[i].host, host))
			record = &c->all.list[i];
	}
	if (!record)
		return err_set(
		    err, OUTCOME_USAGE, "%s has no transcript of %.200s", c->run->alias, host);
	for (size_t i = 0; i < c->count; i++) {
		if (c->list[i].record == record)
			return 0;
	}
	if (c->count == SIDES_MOST)
		return err_set(
		    err, OUTCOME_USAGE, "%d terminals side by side are the most", SIDES_MOST);
	c->list[c->count++] = (struct chosen){ c->ledger, record };
	return 0;
}

static int
choose_all(struct choice *c, char *const *words, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *s = words[i];

		while (s) {
			const char *end = nodeset_term_end(s);

			if (!end)
				return err_set(
				    err, OUTCOME_USAGE, "\"%.60s\": a bracket is not closed", s);
			if (*end && *end != ',')
				return err_set(err, OUTCOME_USAGE,
				    "\"%.60s\": names, ranges in brackets and commas are "
				    "wanted here",
				    words[i]);
			if (nodeset_expand(s, (size_t)(end - s), choose, c, err) < 0)
				return -1;
			s = *end ? end + 1 : NULL;
		}
	}
	return 0;
}

static int
play(const struct choice *c, const struct history_play *what)
{
	struct history_side list[SIDES_MOST];
	const struct history_sides sides = {
		.list = list, .count = c->count, .speed = what->speed, .idle_ms = what->idle_ms
	};

	for (size_t i = 0; i < c->count; i++)
		list[i] = (struct history_side){ .host = c->list[i].record->host,
			.piece = get_piece,
			.pieces = c->list[i].record->count,
			.user = (void *)(uintptr_t)&c->list[i] };
	return c->call->play(c->call, &sides);
}

/* One after another, each under its name. */
static int
print(const struct choice *c, const struct history_play *what)
{
	int code = 0;

	for (size_t i = 0; i < c->count && code == 0; i++) {
		struct history_play one = *what;

		one.host = c->list[i].record->host;
		out_line(c->call->out, "%s== %s ==", i ? "\n" : "", one.host);
		code = history_play(c->call, c->ledger, &one);
	}
	return code;
}

int
history_play_sides(struct call *c, struct ledger *l, const struct history_play *what,
    char *const *hosts, size_t count)
{
	struct choice choice = { .call = c, .ledger = l };
	struct ledger_row row;
	struct err err;
	int code;

	if (what->cast)
		return call_usage(c, "--cast writes the terminal of one host");
	if (!ledger_find_run(l, what->run, &row, &err))
		return call_fail(c, &err);
	autofree char *alias = xstrdup(row.alias);
	row.alias = alias;
	choice.run = &row;
	transcripts_read(&choice.all, l, row.uuid, NULL);
	if (choose_all(&choice, hosts, count, &err) < 0)
		code = call_fail(c, &err);
	else if (what->text || !c->play || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		code = print(&choice, what);
	else
		code = play(&choice, what);
	transcripts_fini(&choice.all);
	return code;
}
