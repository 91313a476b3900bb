#include "base/asciicast.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES (4U << 20)
#define LONGEST_MS     (366LL * 24 * 3600 * 1000)

void
asciicast_init(struct asciicast *c, struct buf *to)
{
	*c = (struct asciicast){ .to = to };
}

void
asciicast_begin(struct asciicast *c, const struct asciicast_head *head)
{
	struct json_writer w;

	json_writer_init(&w, c->to);
	json_open_object(&w, NULL);
	json_put_int(&w, "version", 2);
	json_put_int(&w, "width", head->columns);
	json_put_int(&w, "height", head->rows);
	if (head->time_ms)
		json_put_int(&w, "timestamp", head->time_ms / 1000);
	if (head->title)
		json_put_text(&w, "title", head->title);
	if (head->term) {
		json_open_object(&w, "env");
		json_put_text(&w, "TERM", head->term);
		json_close(&w);
	}
	json_close(&w);
	buf_addc(c->to, '\n');
}

static void
put_line(struct asciicast *c, int64_t ms, char code, const char *p, size_t n)
{
	if (ms < c->last_ms)
		ms = c->last_ms;
	c->last_ms = ms;
	buf_addf(c->to, "[%lld.%03d, \"%c\", ", (long long)(ms / 1000), (int)(ms % 1000), code);
	json_quote(c->to, p, n);
	buf_adds(c->to, "]\n");
}

static void
put_stream(struct asciicast *c, int64_t ms, int stream, const char *p, size_t n)
{
	char *part = c->part[stream].bytes;
	size_t *part_len = &c->part[stream].len;
	autofree char *joined = NULL;

	if (n == 0)
		return;
	if (*part_len > 0) {
		joined = xcalloc(*part_len + n, 1);
		memcpy(joined, part, *part_len);
		memcpy(joined + *part_len, p, n);
		p = joined;
		n += *part_len;
	}
	size_t whole = utf8_whole(p, n);
	if (whole > 0)
		put_line(c, ms, stream ? 'i' : 'o', p, whole);
	*part_len = n - whole;
	memcpy(part, p + whole, *part_len);
}

void
asciicast_output(struct asciicast *c, int64_t ms, const void *p, size_t n)
{
	put_stream(c, ms, 0, p, n);
}

void
asciicast_input(struct asciicast *c, int64_t ms, const void *p, size_t n)
{
	put_stream(c, ms, 1, p, n);
}

void
asciicast_resize(struct asciicast *c, int64_t ms, int columns, int rows)
{
	char size[32];

	snprintf(size, sizeof(size), "%dx%d", columns, rows);
	put_line(c, ms, 'r', size, strlen(size));
}

void
asciicast_marker(struct asciicast *c, int64_t ms, const char *text)
{
	put_line(c, ms, 'm', text, strlen(text));
}

void
asciicast_end(struct asciicast *c, int64_t ms)
{
	for (int i = 0; i < 2; i++) {
		if (c->part[i].len > 0)
			put_line(c, ms, i ? 'i' : 'o', c->part[i].bytes, c->part[i].len);
		c->part[i].len = 0;
	}
}

static bool
is_side(int64_t n)
{
	return n >= 1 && n <= ASCIICAST_SIDE_MAX;
}

static int
read_head(const struct json *j, struct asciicast_head *head, struct err *err)
{
	int64_t columns = json_get_int(j, "width", 0), rows = json_get_int(j, "height", 0);

	if (json_get_int(j, "version", 0) != 2 || !is_side(columns) || !is_side(rows))
		return err_set(err, OUTCOME_INPUT, "not the first line of an asciicast v2");
	if (!head)
		return 0;
	head->columns = (int)columns;
	head->rows = (int)rows;
	head->time_ms = json_get_int(j, "timestamp", 0) * 1000;
	return 0;
}

/* "100x30" */
static bool
read_size(const char *s, struct asciicast_event *e)
{
	int64_t columns, rows;
	const char *x = strchr(s, 'x');
	char first[8];

	if (!x || (size_t)(x - s) >= sizeof(first))
		return false;
	memcpy(first, s, (size_t)(x - s));
	first[x - s] = '\0';
	if (!str_int(first, 1, ASCIICAST_SIDE_MAX, &columns) ||
	    !str_int(x + 1, 1, ASCIICAST_SIDE_MAX, &rows))
		return false;
	e->columns = (int)columns;
	e->rows = (int)rows;
	return true;
}

/* 1: an event; 0: of no kind that is known; -1: none. */
static int
read_event(const struct json *j, struct asciicast_event *e)
{
	static const char codes[] = { [ASCIICAST_OUTPUT] = 'o',
		[ASCIICAST_INPUT] = 'i',
		[ASCIICAST_RESIZE] = 'r',
		[ASCIICAST_MARKER] = 'm' };
	double seconds = json_double(json_at(j, 0), -1);
	const char *code = json_text(json_at(j, 1), NULL);

	*e = (struct asciicast_event){ .len = 0 };
	e->data = json_text(json_at(j, 2), &e->len);
	if (json_count(j) != 3 || !(seconds >= 0 && seconds * 1000 < (double)LONGEST_MS) || !code ||
	    !e->data)
		return -1;
	e->ms = (int64_t)(seconds * 1000 + 0.5);
	const char *at = code[0] && !code[1] ? memchr(codes, code[0], sizeof(codes)) : NULL;
	if (!at)
		return 0;
	e->kind = (enum asciicast_kind)(at - codes);
	return e->kind != ASCIICAST_RESIZE || read_size(e->data, e) ? 1 : -1;
}

int
asciicast_read(const char *text, size_t len, struct asciicast_head *head,
    bool (*each)(void *user, const struct asciicast_event *e), void *user, struct err *err)
{
	struct asciicast_event e;

	if (head)
		*head = (struct asciicast_head){ .columns = 0 };
	for (size_t at = 0, line = 1; at < len; line++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		autojson *j = json_parse(text + at, n, LINE_MAX_BYTES, err);

		if (!j)
			return err_wrap(err, "line %zu", line);
		if (json_kind(j) == JSON_KIND_OBJECT) {
			if (line > 1)
				return err_set(err, OUTCOME_INPUT, "line %zu: a second head", line);
			if (read_head(j, head, err) < 0)
				return -1;
		} else {
			int got = read_event(j, &e);

			if (got < 0)
				return err_set(
				    err, OUTCOME_INPUT, "line %zu: not an asciicast event", line);
			if (got > 0 && !each(user, &e))
				return 0;
		}
		at += n + (end != NULL);
	}
	return 0;
}
