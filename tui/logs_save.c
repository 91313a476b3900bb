#include "tui/logs_save.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/logbook.h"

#include <errno.h>
#include <time.h>

#define PIECE (64U << 10)

struct logs_save {
	struct logs_save_spec spec;
	struct logbook_place at, end;
	struct buf piece;
	uint64_t lines;
};

struct logs_save *
logs_save_new(const struct logs_save_spec *spec)
{
	struct logs_save *s = xcalloc(1, sizeof(*s));
	struct logbook_line last;

	s->spec = *spec;
	s->at = s->end = (struct logbook_place){ INT64_MIN, 0 };
	buf_init(&s->piece, SIZE_MAX);
	if (logbook_last(spec->book, &last))
		s->end = last.place;
	return s;
}

void
logs_save_free(struct logs_save *s)
{
	if (!s)
		return;
	if (s->spec.fd >= 0)
		close(s->spec.fd);
	buf_fini(&s->piece);
	free(s);
}

static int
flush(struct logs_save *s, struct err *err)
{
	size_t done = 0;

	while (done < s->piece.len) {
		ssize_t n = write(s->spec.fd, s->piece.data + done, s->piece.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "the lines cannot be written");
		done += (size_t)n;
	}
	buf_clear(&s->piece);
	return 0;
}

static void
add_line(struct logs_save *s, const struct logbook_line *l)
{
	time_t seconds = (time_t)(l->place.time_us / 1000000);
	char when[32];
	struct tm tm;

	if (s->spec.times) {
		gmtime_r(&seconds, &tm);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
		buf_addf(&s->piece, "%s.%06dZ ", when, (int)(l->place.time_us % 1000000));
	}
	if (s->spec.hosts)
		buf_addf(&s->piece, "%s ", s->spec.host(s->spec.user, l->source));
	if (s->spec.clean)
		utf8_clean_line(&s->piece, l->text, l->len);
	else
		buf_add(&s->piece, l->text, l->len);
	buf_addc(&s->piece, '\n');
	s->lines++;
}

int
logs_save_step(struct logs_save *s, int64_t us, struct err *err)
{
	int64_t until = clock_mono_us() + us;
	struct logbook_line line;

	do {
		enum logbook_found found = logbook_next(
		    s->spec.book, &(struct logbook_step){ .from = s->at, .us = us }, &line);

		if (found == LOGBOOK_LATER)
			return 1;
		if (found == LOGBOOK_NONE || logbook_compare(line.place, s->end) > 0)
			return flush(s, err);
		add_line(s, &line);
		s->at = line.place;
		if (s->piece.len >= PIECE && flush(s, err) < 0)
			return -1;
	} while (clock_mono_us() < until);
	return 1;
}

uint64_t
logs_save_lines(const struct logs_save *s)
{
	return s->lines;
}

int
logs_save_take(struct logs_save *s)
{
	int fd = s->spec.fd;

	s->spec.fd = -1;
	return fd;
}
