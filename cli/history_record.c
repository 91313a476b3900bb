/* One run as a file, and two beside one another: what the console's screen of history shows and writes. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/history.h"
#include "cli/history_source.h"
#include "cli/out.h"
#include "cli/record_export.h"
#include "cli/record_text.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"

#include <string.h>

/* Read once, while nobody looks on. */
static uint64_t
generation(void *user)
{
	(void)user;
	return 1;
}

static void
again(void *user)
{
	(void)user;
}

static int64_t
events(void *user, const char *uuid, int64_t seq, int limit,
    bool (*each)(void *to, const struct event *e), void *to)
{
	return ledger_events_after(user, uuid, seq, limit, each, to);
}

static char *
content(void *user, const char *digest, size_t *ret_len, struct err *err)
{
	return ledger_get(user, digest, ret_len, err);
}

static bool
pruned(void *user, const char *uuid)
{
	return ledger_is_pruned(user, uuid);
}

static struct history_source
source_of(struct ledger *l)
{
	return (struct history_source){ .user = l,
		.generation = generation,
		.events = events,
		.content = content,
		.pruned = pruned,
		.again = again };
}

/* A run by its name, with copies of what is told of it. */
struct named {
	char uuid[UUID_TEXT], alias[24], verb[24];
};

static bool
find(struct call *c, struct ledger *l, const char *name, struct named *ret)
{
	struct ledger_row row;
	struct err err;

	if (!ledger_find_run(l, name, &row, &err)) {
		call_fail(c, &err);
		return false;
	}
	str_copy(ret->uuid, sizeof(ret->uuid), row.uuid);
	str_copy(ret->alias, sizeof(ret->alias), row.alias);
	str_copy(ret->verb, sizeof(ret->verb), row.verb);
	return true;
}

static void
put_out(void *user, const char *line, size_t len)
{
	out_text(user, line, len);
}

static void
put_buf(void *user, const char *line, size_t len)
{
	buf_add(user, line, len);
}

static int
write_junit(
    const struct history_source *source, const struct named *run, struct buf *to, struct err *err)
{
	struct record r;

	record_init(&r, source, run->uuid);
	record_read_all(&r, 0);
	int failed = record_export_junit(&r, run->alias, run->verb, to, err);
	record_fini(&r);
	return failed;
}

/* JSON goes out line by line, as long as it is; a file is whole or is not there. */
static int
write_run(struct call *c, const struct history_source *source, const struct named *run,
    const struct history_export *what, struct err *err)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct record_sink sink = { .put = what->path ? put_buf : put_out,
		.user = what->path ? (void *)&b : (void *)c->out };
	int failed = what->junit ? write_junit(source, run, &b, err)
				 : record_export_json(source, run->uuid, 0, &sink, err);

	if (failed < 0)
		return -1;
	if (!what->path) {
		out_text(c->out, buf_text(&b), b.len);
		return 0;
	}
	if (file_replace(what->path, buf_text(&b), b.len, 0600, err) < 0) {
		err->kind = OUTCOME_STORAGE;
		return -1;
	}
	out_note(c->out, "%zu bytes of %s saved to %.300s", b.len, run->alias, what->path);
	return 0;
}

int
history_export(struct call *c, struct ledger *l, const struct history_export *what)
{
	struct history_source source = source_of(l);
	struct named run;
	struct err err;

	if (!find(c, l, what->run, &run))
		return c->exit;
	if (write_run(c, &source, &run, what, &err) < 0)
		return call_fail(c, &err);
	return 0;
}

static void
print_lines(struct call *c, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_remote(c->out, "", text, n + (text[n] == '\n'));
		text += n + (text[n] == '\n');
	}
}

int
history_diff(struct call *c, struct ledger *l, const char *a, const char *b)
{
	struct history_source source = source_of(l);
	struct record one, other;
	struct named first, second;
	autobuf text = BUF_INIT(SIZE_MAX);

	if (!find(c, l, a, &first) || !find(c, l, b, &second))
		return c->exit;
	record_init(&one, &source, first.uuid);
	record_init(&other, &source, second.uuid);
	record_read_all(&one, 0);
	record_read_all(&other, 0);
	record_compare(&one, first.alias, &other, second.alias, &text);
	if (one.lost || other.lost)
		out_note(c->out, "of steps beyond %d nothing is compared", RECORD_STEPS);
	record_fini(&one);
	record_fini(&other);
	print_lines(c, buf_text(&text));
	return 0;
}
