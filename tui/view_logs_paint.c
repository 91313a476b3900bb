/* The screen of logs as it is painted: a head, lines, what is wrong with a host, the sources. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "inventory/fold.h"
#include "tui/canvas.h"
#include "tui/sgr.h"
#include "tui/view_logs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_WIDTH 12
#define SPANS      64 /* of one text; what is behind has its level's style */
#define NAMED      5  /* sources in the line of sources */

static const char *const levels[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info",
	"debug" };

static enum style
level_style(int level)
{
	return level <= 3   ? STYLE_BAD
	       : level == 4 ? STYLE_WARN
	       : level == 7 ? STYLE_DIM
			    : STYLE_TEXT;
}

/* 1204331 as "1,204,331"; short: "1.2M". */
static const char *
count_text(uint64_t n, bool brief, char *to, size_t size)
{
	char digits[24];
	size_t len, at = 0;

	if (brief && n >= 10000) {
		snprintf(to, size, n >= 1000000 ? "%.1fM" : "%.0fk",
		    (double)n / (n >= 1000000 ? 1e6 : 1e3));
		return to;
	}
	len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	for (size_t i = 0; i < len && at + 2 < size; i++) {
		if (i && (len - i) % 3 == 0 && !brief)
			to[at++] = ',';
		to[at++] = digits[i];
	}
	to[at] = '\0';
	return to;
}

static const char *
what_text(const struct logs_view *l, char *to, size_t size)
{
	snprintf(to, size, "%s%s%s%s on %s", l->what == LOGS_CONTAINER ? "container " : "",
	    l->what == LOGS_ALL ? "everything" : l->name, l->user ? " of " : "",
	    l->user ? l->user : "", l->set ? l->set : "@*");
	return to;
}

static void
follow_text(const struct logs_view *l, char *to, size_t size)
{
	uint64_t now = logbook_count(l->book);
	char n[32];

	if (l->follow)
		snprintf(to, size, "FOLLOW");
	else if (now > l->known)
		snprintf(to, size, "+%s new", count_text(now - l->known, true, n, sizeof(n)));
	else
		snprintf(to, size, "held");
}

static void
paint_head(const struct logs_view *l, struct canvas *c, int row)
{
	char what[256], follow[32], lines[32], rate[32], bytes[16], right[160];
	bool brief = c->cols < 100;
	struct logs_totals t;

	l->source->totals(l->feed, &t);
	follow_text(l, follow, sizeof(follow));
	str_bytes(logbook_bytes(l->book), bytes, sizeof(bytes));
	count_text(logbook_count(l->book), brief, lines, sizeof(lines));
	count_text(t.rate, brief, rate, sizeof(rate));
	if (brief)
		snprintf(right, sizeof(right), "%s  %s/s %s", follow, rate, lines);
	else
		snprintf(
		    right, sizeof(right), "%s   %s l/s   %s lines  %s", follow, rate, lines, bytes);
	int width = canvas_width(right);
	canvas_print(c, row, 1, c->cols - width - 4, STYLE_HEAD, what_text(l, what, sizeof(what)));
	canvas_print_right(
	    c, row, c->cols - width - 2, width + 1, l->follow ? STYLE_GOOD : STYLE_WARN, right);
}

void
logs_status(const struct view *v, char *to, size_t size)
{
	const struct logs_view *l = v->state;
	struct logbook_counts n;
	size_t used = 0;

	to[0] = '\0';
	if (!l->book)
		return;
	logbook_counts(l->book, l->at_line ? l->cursor : logbook_end, &n);
	used += (size_t)snprintf(to, size, "%s", l->range[0] ? l->range : "range");
	if (l->filter[0] && used < size)
		used += (size_t)snprintf(to + used, size - used, "  &%.40s", l->filter);
	if (l->search[0] && used < size)
		snprintf(to + used, size - used, "  /%.40s %" PRIu64 "/%" PRIu64 "%s", l->search,
		    n.hits_before, n.hits, logbook_is_done(l->book) ? "" : "+");
}

static void
time_text(int64_t us, char *to, size_t size)
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	snprintf(to, size, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(us / 1000 % 1000));
}

/* A name in so many columns; a long one loses its middle. */
static void
paint_name(struct canvas *c, int row, int col, int width, const char *name)
{
	size_t len = strlen(name), keep = (size_t)width - 1;
	char cut[128];

	if (canvas_width(name) <= width || len >= sizeof(cut) || len <= keep) {
		canvas_print(c, row, col, width, STYLE_HEAD, name);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] >= 0x80) {
			canvas_print(c, row, col, width, STYLE_HEAD, name);
			return;
		}
	}
	snprintf(
	    cut, sizeof(cut), "%.*s~%s", (int)(keep / 2), name, name + len - (keep - keep / 2));
	canvas_print(c, row, col, width, STYLE_HEAD, cut);
}

static int
host_width(const struct logs_view *l, const struct canvas *c)
{
	int widest = 4;

	if (!l->hosts)
		return 0;
	if (c->cols < 100)
		return 8;
	for (size_t i = 0; i < l->row_count; i++) {
		struct logs_host h;
		int width;

		l->source->host(l->feed, l->rows[i].source, &h);
		width = canvas_width(l->rows[i].hosts ? l->rows[i].hosts : h.name);
		widest = width > widest ? width : widest;
	}
	return widest < 20 ? widest : 20;
}

/* A text without the colours of its host, and where it has which style. */
struct dressed {
	struct buf plain;
	struct sgr_span spans[SPANS];
	size_t count;
};

static void
dress(const struct logs_view *l, const struct logs_row *r, struct dressed *d)
{
	const struct finder *f = logbook_finder(l->book);
	size_t at = 0, len;

	buf_init(&d->plain, r->len + 1);
	d->count = sgr_parse(r->text, r->len, level_style(r->level), &d->plain, d->spans, SPANS);
	if (!r->hit || f->match.inverse)
		return;
	while (d->count < SPANS &&
	       finder_find(f, buf_text(&d->plain), d->plain.len, at, &at, &len) && len) {
		d->spans[d->count++] = (struct sgr_span){ at, len, STYLE_FOUND };
		at += len;
	}
}

static int
columns(const char *p, size_t n)
{
	autobuf clean = BUF_INIT(SIZE_MAX);

	utf8_clean_line(&clean, p, n);
	return utf8_columns(buf_text(&clean), clean.len);
}

/* One row shows the columns from `skip` on, `used` of them: the styles of what is in it. */
static void
restyle(const struct dressed *d, struct canvas *c, int row, int left, int skip, int used)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct sgr_span *s = &d->spans[i];
		int from = columns(buf_text(&d->plain), s->from) - skip;
		int to = from + columns(buf_text(&d->plain) + s->from, s->len);

		from = from < 0 ? 0 : from;
		to = to > used ? used : to;
		if (from < to)
			canvas_restyle(c, row, left + from, to - from, s->style);
	}
}

/* The text itself, what the search found in it standing out. Rows it takes: one, or more when wrapped. */
static int
paint_text(const struct logs_view *l, const struct logs_row *r, struct canvas *c, int row, int left,
    int most)
{
	int width = c->cols - left, used = 0, lines = 0;
	bool wrap = l->wrap || logbook_compare(l->opened, r->first) == 0;
	int skip = wrap ? 0 : l->left;
	struct dressed d;

	dress(l, r, &d);
	do {
		used = width > 0 ? canvas_print_part(c, row + lines, left, width,
				       level_style(r->level), buf_text(&d.plain), d.plain.len, skip)
				 : 0;
		restyle(&d, c, row + lines, left, skip, used);
		skip += used;
		lines++;
	} while (wrap && used > 0 && lines < most && used >= width - 1);
	buf_fini(&d.plain);
	return lines;
}

static int
paint_row(const struct logs_view *l, size_t i, struct canvas *c, int row, int most)
{
	const struct logs_row *r = &l->rows[i];
	int col = 0, hosts = host_width(l, c), lines;
	bool bare = c->cols < 60;
	struct logs_host h;
	char when[16];

	l->source->host(l->feed, r->source, &h);
	if (r->marked)
		canvas_print(c, row, 0, 1, STYLE_BOLD, "*");
	if (r->level <= 4)
		canvas_print(c, row, 1, 1, level_style(r->level), r->level <= 3 ? "x" : "!");
	col = 2;
	if (l->times && !bare) {
		time_text(r->first.time_us, when, sizeof(when));
		col += canvas_print(c, row, col, TIME_WIDTH, STYLE_DIM, when) + 1;
	}
	if (hosts && !bare) {
		paint_name(c, row, col, hosts, r->hosts ? r->hosts : h.name);
		col += hosts + 1;
	}
	if (r->count > 1)
		col += canvas_printf(c, row, col, 12, STYLE_KEY, "(x%" PRIu32 ") ", r->count);
	lines = paint_text(l, r, c, row, col, most);
	if (i == l->cursor_row) {
		canvas_select(c, row, 0, c->cols);
		c->cursor_row = row;
		c->cursor_col = col;
	}
	return lines;
}

/* The host that is worst off, in one line; nothing when all is well. */
static bool
paint_trouble(const struct logs_view *l, struct canvas *c, int row)
{
	struct logs_totals t;
	size_t more = 0;
	struct logs_host worst = { .link = LOGS_LIVE };
	char age[16], rest[48] = "";

	l->source->totals(l->feed, &t);
	for (size_t i = 0; i < t.hosts; i++) {
		struct logs_host h;

		l->source->host(l->feed, i, &h);
		if (h.link == LOGS_LIVE || h.link == LOGS_ENDED ||
		    (h.link == LOGS_WAITING && !h.why[0]))
			continue;
		more++;
		if (more == 1 || (h.link == LOGS_FAILED && worst.link != LOGS_FAILED))
			worst = h;
	}
	if (!more && !t.held && !t.trouble[0])
		return false;
	canvas_fill(c, row, 0, c->cols, STYLE_WARN, '-');
	if (!more) {
		canvas_printf(c, row, 3, c->cols - 4, STYLE_WARN, " %s%s%s ", t.trouble,
		    t.trouble[0] && t.held ? "; " : "",
		    t.held ? "the hosts wait, nothing is dropped" : "");
		return true;
	}
	clock_short(worst.for_ms, age, sizeof(age));
	if (more > 1)
		snprintf(rest, sizeof(rest), "; %zu more host%s", more - 1, more == 2 ? "" : "s");
	if (worst.link == LOGS_LOST)
		canvas_printf(c, row, 3, c->cols - 4, STYLE_WARN,
		    " %s: reconnecting (%s), resumes at its cursor%s - %s ", worst.name, age, rest,
		    worst.why);
	else
		canvas_printf(
		    c, row, 3, c->cols - 4, STYLE_BAD, " %s: %s%s ", worst.name, worst.why, rest);
	return true;
}

static void
paint_sources(const struct logs_view *l, struct canvas *c, int row)
{
	struct logs_totals t;
	char right[128];
	uint64_t cut = 0;
	int col = 1;

	l->source->totals(l->feed, &t);
	for (size_t i = 0; i < t.hosts; i++) {
		struct logs_host h;

		l->source->host(l->feed, i, &h);
		cut += h.cut;
		if (i >= NAMED)
			continue;
		bool out = i < l->sources && l->hidden[i];
		bool on = h.link == LOGS_LIVE || h.link == LOGS_ENDED;
		const char *box = out ? "-" : on ? "x" : h.link == LOGS_FAILED ? "!" : " ";

		col += canvas_printf(c, row, col, 28, on && !out ? STYLE_TEXT : STYLE_UNKNOWN,
		    "[%s]%s ", box, h.name);
	}
	if (t.hosts > NAMED)
		col += canvas_print(c, row, col, 3, STYLE_DIM, ".. ");
	snprintf(right, sizeof(right), "%zu of %zu live  %" PRIu64 " dropped%s  level>=%s  col %d",
	    t.live, t.hosts, t.dropped, cut ? ", some cut" : "",
	    l->level >= 0 ? levels[l->level] : "debug", l->left);
	canvas_print_right(c, row, col + 1, c->cols - col - 2, STYLE_DIM, right);
}

/* Lines of [top, bottom); the first few go where that brings the cursor's in sight. */
static void
paint_lines(const struct logs_view *l, struct canvas *c, int top, int bottom)
{
	int room = bottom - top, taken = l->times ? TIME_WIDTH + 1 : 0;
	int width = c->cols - 2 - taken - (l->hosts ? host_width(l, c) + 1 : 0);
	size_t first = 0;

	for (size_t i = l->cursor_row + 1; i-- > 0 && l->row_count;) {
		int need = l->wrap && width > 0 ? (int)(l->rows[i].len / (size_t)width) + 1 : 1;

		if (need > room) {
			first = i < l->cursor_row ? i + 1 : i;
			break;
		}
		room -= need;
	}
	for (int row = top; row < bottom && first < l->row_count; first++)
		row += paint_row(l, first, c, row, bottom - row);
}

void
logs_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct logs_view *l = v->state;

	if (!l->feed) {
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_BAD, l->err.text);
		canvas_print(c, top + 2, 2, c->cols - 3, STYLE_DIM, "@ asks for hosts and a unit");
		return;
	}
	if (c->cols >= 60 && bottom - top > 6) {
		paint_head(l, c, top++);
		if (c->cols >= 100)
			paint_sources(l, c, --bottom);
		if (paint_trouble(l, c, bottom - 1))
			bottom--;
	}
	if (!l->row_count)
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_DIM,
		    l->later ? "looking through the lines" : "no lines so far");
	if (l->not_found)
		canvas_printf(c, bottom - 1, 2, c->cols - 3, STYLE_WARN, "nowhere: %s", l->search);
	paint_lines(l, c, top, bottom - (l->not_found ? 1 : 0));
}
