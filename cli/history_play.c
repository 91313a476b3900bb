#include "base/asciicast.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vtplain.h"
#include "cli/call.h"
#include "cli/history.h"
#include "cli/out.h"
#include "cli/player.h"
#include "cli/transcripts.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CAST_MAX  (80U << 20)
#define FASTEST   1000.0
#define SLOWEST   0.01
#define LINES_OUT 65536

struct play {
	struct call *call;
	struct ledger *ledger;
	const struct transcript_record *record;
};

static char *
get_piece(void *user, size_t i, size_t *ret_len, struct err *err)
{
	const struct play *p = user;
	char *text = ledger_get(p->ledger, p->record->digest[i], ret_len, err);

	if (!text)
		err_wrap(err, "piece %zu of %zu", i + 1, p->record->count);
	return text;
}

struct plain {
	struct out *out;
	struct vtplain lines;
	struct buf text;
};

static void
print_plain(struct plain *p)
{
	out_text(p->out, buf_text(&p->text), p->text.len);
	buf_clear(&p->text);
}

static bool
add_plain(void *user, const struct asciicast_event *e)
{
	struct plain *p = user;

	if (e->kind == ASCIICAST_OUTPUT)
		vtplain_feed(&p->lines, e->data, e->len, &p->text);
	if (p->text.len >= LINES_OUT)
		print_plain(p);
	return true;
}

static int
play_text(struct play *p)
{
	struct plain plain = { .out = p->call->out, .text = BUF_INIT(SIZE_MAX) };
	struct err err;
	int code = 0;

	vtplain_init(&plain.lines);
	for (size_t i = 0; i < p->record->count && code == 0; i++) {
		size_t n = 0;
		autofree char *text = get_piece(p, i, &n, &err);

		if (!text || asciicast_read(text, n, NULL, add_plain, &plain, &err) < 0)
			code = call_fail(p->call, &err);
	}
	vtplain_end(&plain.lines, &plain.text);
	print_plain(&plain);
	vtplain_fini(&plain.lines);
	buf_fini(&plain.text);
	return code;
}

/* The pieces as they are: they are one asciicast that was cut at ends of lines. */
static int
write_cast(struct play *p, const char *path)
{
	autobuf all = BUF_INIT(CAST_MAX);
	struct err err;

	for (size_t i = 0; i < p->record->count; i++) {
		size_t n = 0;
		autofree char *text = get_piece(p, i, &n, &err);

		if (!text)
			return call_fail(p->call, &err);
		if (!buf_add(&all, text, n)) {
			err_set(&err, OUTCOME_INPUT, "the transcript is larger than %u MiB",
			    CAST_MAX >> 20);
			return call_fail(p->call, &err);
		}
	}
	if (str_eq(path, "-")) {
		out_text(p->call->out, buf_text(&all), all.len);
		return 0;
	}
	if (file_replace(path, all.data, all.len, 0600, &err) < 0)
		return call_fail(p->call, &err);
	out_note(p->call->out, "%s: written", path);
	return 0;
}

static int
play_here(struct play *p, const struct history_play *what)
{
	const struct player_spec spec = { .loop = call_loop(p->call),
		.out = p->call->out,
		.speed = what->speed,
		.idle_ms = what->idle_ms,
		.piece = get_piece,
		.pieces = p->record->count,
		.user = p };
	struct err err;
	int rc;

	if (!spec.loop)
		return p->call->exit;
	rc = player_run(&spec, &err);
	return rc < 0 ? call_fail(p->call, &err) : rc > 0 ? 128 + rc : 0;
}

/* Which hosts have one, for whoever named another. */
static int
no_transcript(struct call *c, struct ledger *l, const struct ledger_row *row, const char *host)
{
	struct transcripts all;
	struct err err;
	autofree const char **names = NULL;

	transcripts_read(&all, l, row->uuid, NULL);
	names = xcalloc(all.count + 1, sizeof(*names));
	for (size_t i = 0; i < all.count; i++)
		names[i] = all.list[i].host;
	autofree char *folded = names_fold(names, all.count);
	if (all.count)
		err_set(&err, OUTCOME_USAGE, "%s has no transcript of %s; it has of %.300s",
		    row->alias, host, folded);
	else
		err_set(
		    &err, OUTCOME_USAGE, "%s has no transcript: nothing was recorded", row->alias);
	transcripts_fini(&all);
	return call_fail(c, &err);
}

static int
play_record(struct play *p, const struct transcripts *t, const struct history_play *what)
{
	size_t number = what->number ? (size_t)what->number : 1;

	if (number > t->count)
		return call_usage(p->call, "%s has %zu terminal%s there", what->host, t->count,
		    t->count == 1 ? "" : "s");
	if (t->count > 1 && !what->number)
		out_note(p->call->out,
		    "the first of %zu terminals: drover history play %s %s 2 is the next", t->count,
		    what->run, what->host);
	p->record = &t->list[number - 1];
	if (what->cast)
		return write_cast(p, what->cast);
	if (what->text || !isatty(STDOUT_FILENO))
		return play_text(p);
	return play_here(p, what);
}

int
history_play(struct call *c, struct ledger *l, const struct history_play *what)
{
	struct play p = { .call = c, .ledger = l };
	struct transcripts t;
	struct ledger_row row;
	struct err err;
	int code;

	if (!ledger_find_run(l, what->run, &row, &err))
		return call_fail(c, &err);
	transcripts_read(&t, l, row.uuid, what->host);
	code = t.count ? play_record(&p, &t, what) : no_transcript(c, l, &row, what->host);
	transcripts_fini(&t);
	return code;
}

/* "2", "0.5" */
static bool
read_speed(const char *s, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(s, &end);
	return s[0] >= '0' && s[0] <= '9' && s[strspn(s, "0123456789.")] == '\0' && *end == '\0' &&
	       errno == 0 && *ret >= SLOWEST && *ret <= FASTEST;
}

int
history_play_words(struct call *c, struct ledger *l, struct history_play *what, const char *speed)
{
	if (out_json(c->out))
		return call_usage(
		    c, "history play has nothing to say in JSON; --cast - writes the asciicast");
	if (c->argc < 3)
		return call_usage(
		    c, "history play needs a run and a host: r-N, last or a UUID, then HOST");
	if (what->text && what->cast)
		return call_usage(c, "--text and --cast are two ways: say one");
	what->run = c->argv[1];
	what->host = c->argv[2];
	what->speed = 1;
	if (speed && !read_speed(speed, &what->speed))
		return call_usage(
		    c, "--speed %s: a number from %g to %g, as 2 or 0.5", speed, SLOWEST, FASTEST);
	if (c->argc == 4 && str_int(c->argv[3], 1, 4096, &what->number))
		return history_play(c, l, what);
	if (c->argc > 3 || strpbrk(what->host, "[,"))
		return history_play_sides(c, l, what, c->argv + 2, (size_t)c->argc - 2);
	return history_play(c, l, what);
}
