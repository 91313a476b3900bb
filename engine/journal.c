#include "engine/journal.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

#define NAME_MAX_BYTES 128
#define COUNT_BYTES    8

static const char *const names[JOURNAL_FIELDS] = {
	[JOURNAL_CURSOR] = "__CURSOR",
	[JOURNAL_TIME] = "__REALTIME_TIMESTAMP",
	[JOURNAL_PRIORITY] = "PRIORITY",
	[JOURNAL_MESSAGE] = "MESSAGE",
	[JOURNAL_IDENTIFIER] = "SYSLOG_IDENTIFIER",
	[JOURNAL_SYSLOG_PID] = "SYSLOG_PID",
	[JOURNAL_PID] = "_PID",
	[JOURNAL_COMM] = "_COMM",
	[JOURNAL_HOSTNAME] = "_HOSTNAME",
	[JOURNAL_UNIT] = "_SYSTEMD_UNIT",
	[JOURNAL_CONTAINER] = "CONTAINER_NAME",
};

void
journal_init(struct journal *j)
{
	*j = (struct journal){ .at = 0 };
	buf_init(&j->held, SIZE_MAX);
}

void
journal_fini(struct journal *j)
{
	buf_fini(&j->held);
}

static void
keep(struct journal *j, const char *name, size_t name_len, size_t from, size_t len, size_t cut)
{
	for (int i = 0; i < JOURNAL_FIELDS; i++) {
		if (strlen(names[i]) != name_len || memcmp(names[i], name, name_len) != 0)
			continue;
		j->field[i].from = from;
		j->field[i].len = len;
		j->field[i].cut = cut;
		j->field[i].set = true;
	}
}

static struct journal_text
text_of(const struct journal *j, enum journal_field f)
{
	if (!j->field[f].set)
		return (struct journal_text){ 0 };
	return (struct journal_text){ j->held.data + j->field[f].from, j->field[f].len };
}

/* Digits alone; otherwise what there is. */
static int64_t
number_of(const struct journal *j, enum journal_field f, int64_t otherwise)
{
	struct journal_text t = text_of(j, f);
	int64_t n = 0;

	if (!t.p || t.n == 0 || t.n > 18)
		return otherwise;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return otherwise;
		n = n * 10 + (t.p[i] - '0');
	}
	return n;
}

static struct journal_text
either(struct journal_text a, struct journal_text b)
{
	return a.p ? a : b;
}

static void
tell(struct journal *j, void (*entry)(void *user, const struct journal_entry *e), void *user)
{
	struct journal_entry e = {
		.time_us = number_of(j, JOURNAL_TIME, -1),
		.priority = (int)number_of(j, JOURNAL_PRIORITY, 6),
		.cursor = text_of(j, JOURNAL_CURSOR),
		.message = text_of(j, JOURNAL_MESSAGE),
		.identifier = either(text_of(j, JOURNAL_IDENTIFIER), text_of(j, JOURNAL_COMM)),
		.pid = either(text_of(j, JOURNAL_SYSLOG_PID), text_of(j, JOURNAL_PID)),
		.hostname = text_of(j, JOURNAL_HOSTNAME),
		.unit = text_of(j, JOURNAL_UNIT),
		.container = text_of(j, JOURNAL_CONTAINER),
		.cut = j->field[JOURNAL_MESSAGE].set ? j->field[JOURNAL_MESSAGE].cut : 0,
	};

	if (e.priority < 0 || e.priority > 7)
		e.priority = 6;
	j->entries++;
	j->cut += e.cut > 0;
	entry(user, &e);
}

static bool
any_field(const struct journal *j)
{
	for (int i = 0; i < JOURNAL_FIELDS; i++) {
		if (j->field[i].set)
			return true;
	}
	return false;
}

static void
end_entry(struct journal *j, void (*entry)(void *user, const struct journal_entry *e), void *user)
{
	if (any_field(j))
		tell(j, entry, user);
	for (int i = 0; i < JOURNAL_FIELDS; i++)
		j->field[i].set = false;
}

static uint64_t
little_endian(const char *p)
{
	uint64_t n = 0;

	for (int i = COUNT_BYTES - 1; i >= 0; i--)
		n = n << 8 | (unsigned char)p[i];
	return n;
}

/* A name alone in its line: its value is counted. 1: taken; 0: more has to come; -1: no journal. */
static int
take_counted(struct journal *j, size_t name_len, struct err *err)
{
	const char *name = j->held.data + j->at;
	size_t head = name_len + 1 + COUNT_BYTES, have = j->held.len - j->at;
	uint64_t n;

	if (have < head)
		return 0;
	n = little_endian(name + name_len + 1);
	if (n > UINT32_MAX)
		return err_set(err, OUTCOME_FAILED, "what came is not the journal's export form");
	size_t kept = n < JOURNAL_VALUE_MAX ? (size_t)n : JOURNAL_VALUE_MAX;
	if (kept < n) {
		if (have < head + kept)
			return 0;
		keep(j, name, name_len, j->at + head, kept, (size_t)n - kept);
		j->at += head + kept;
		j->pass_over = (size_t)n - kept + 1;
		return 1;
	}
	if (have < head + kept + 1)
		return 0;
	if (name[head + kept] != '\n')
		return err_set(err, OUTCOME_FAILED, "what came is not the journal's export form");
	keep(j, name, name_len, j->at + head, kept, 0);
	j->at += head + kept + 1;
	return 1;
}

/* What is beyond a ceiling goes without being kept. True: it all has gone. */
static bool
passed_over(struct journal *j)
{
	size_t have = j->held.len - j->at;

	if (j->to_newline) {
		const char *nl = memchr(j->held.data + j->at, '\n', have);
		size_t n = nl ? (size_t)(nl - (j->held.data + j->at)) : have;

		for (int i = 0; i < JOURNAL_FIELDS; i++) {
			if (j->field[i].set && j->field[i].from + j->field[i].len == j->at)
				j->field[i].cut += n;
		}
		j->to_newline = !nl;
		j->pass_over = nl ? n + 1 : n;
	}
	size_t n = j->pass_over < have ? j->pass_over : have;
	memmove(j->held.data + j->at, j->held.data + j->at + n, have - n);
	j->held.len -= n;
	j->pass_over -= n;
	return j->pass_over == 0 && !j->to_newline;
}

/* A line of NAME=VALUE that has no end yet and is too long to wait for it. */
static int
take_endless(struct journal *j, size_t have, struct err *err)
{
	const char *line = j->held.data + j->at;
	const char *eq = memchr(line, '=', have < NAME_MAX_BYTES ? have : NAME_MAX_BYTES);

	if (!eq)
		return have > NAME_MAX_BYTES ? err_set(err, OUTCOME_FAILED,
						   "what came is not the journal's export form")
					     : 0;
	size_t name_len = (size_t)(eq - line);
	if (have < name_len + 1 + JOURNAL_VALUE_MAX)
		return 0;
	keep(j, line, name_len, j->at + name_len + 1, JOURNAL_VALUE_MAX, 0);
	j->at += name_len + 1 + JOURNAL_VALUE_MAX;
	j->to_newline = true;
	return 1;
}

static int
step(struct journal *j, void (*entry)(void *user, const struct journal_entry *e), void *user,
    struct err *err)
{
	size_t have = j->held.len - j->at;
	const char *line = j->held.data + j->at;
	const char *nl = have ? memchr(line, '\n', have) : NULL;

	if (!nl)
		return take_endless(j, have, err);
	size_t len = (size_t)(nl - line);
	if (len == 0) {
		j->at++;
		end_entry(j, entry, user);
		j->done = j->at;
		return 1;
	}
	const char *eq = memchr(line, '=', len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES);
	if (!eq) {
		if (len > NAME_MAX_BYTES)
			return err_set(
			    err, OUTCOME_FAILED, "what came is not the journal's export form");
		return take_counted(j, len, err);
	}
	size_t name_len = (size_t)(eq - line), n = len - name_len - 1;
	size_t kept = n < JOURNAL_VALUE_MAX ? n : JOURNAL_VALUE_MAX;
	keep(j, line, name_len, j->at + name_len + 1, kept, n - kept);
	j->at += len + 1;
	return 1;
}

/* Once for all entries of a piece: what is left moves to the front. */
static void
drop_told(struct journal *j)
{
	size_t n = j->done;

	buf_drop(&j->held, n);
	j->at -= n;
	j->done = 0;
	for (int i = 0; i < JOURNAL_FIELDS; i++) {
		if (j->field[i].set)
			j->field[i].from -= n;
	}
}

int
journal_feed(struct journal *j, const void *p, size_t n,
    void (*entry)(void *user, const struct journal_entry *e), void *user, struct err *err)
{
	int did;

	buf_add(&j->held, p, n);
	do {
		did = (j->pass_over || j->to_newline) && !passed_over(j)
			  ? 0
			  : step(j, entry, user, err);
	} while (did > 0);
	drop_told(j);
	return did;
}
