#include "tui/diverge.h"

#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/diff.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX         (4U << 20)
#define DIFF_LINES_SHOWN 400

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec", NULL };
static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A word goes on here: what stands before or behind it makes it another word. */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

/* Digits at p, at least `least` and at most `most`; 0: they are not, or more follow. */
static size_t
digits(const char *p, const char *end, size_t least, size_t most)
{
	size_t n = 0;

	while (p + n < end && is_digit(p[n]))
		n++;
	return n >= least && n <= most ? n : 0;
}

/* ":42" */
static size_t
part(const char *p, const char *end, char sign)
{
	return p + 2 < end && *p == sign && digits(p + 1, end, 2, 2) ? 3 : 0;
}

/* "+0200", "+02:00", "Z", " UTC" right behind a time. */
static size_t
zone(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	if (n && *p == 'Z' && (n == 1 || !is_word(p[1])))
		return 1;
	if (n >= 6 && (*p == '+' || *p == '-') && digits(p + 1, end, 2, 2) && part(p + 3, end, ':'))
		return 6;
	if (n >= 5 && (*p == '+' || *p == '-') && digits(p + 1, end, 4, 4))
		return 5;
	return 0;
}

/* "10:42", "10:42:07", "10:42:07.123+02:00". */
static size_t
time_at(const char *p, const char *end)
{
	size_t n = digits(p, end, 1, 2), seconds;

	if (!n || !part(p + n, end, ':'))
		return 0;
	n += 3;
	seconds = part(p + n, end, ':');
	n += seconds;
	if (seconds && p + n + 1 < end && (p[n] == '.' || p[n] == ',') && is_digit(p[n + 1])) {
		for (n++; p + n < end && is_digit(p[n]); n++)
			continue;
	}
	return n + zone(p + n, end);
}

static size_t
one_of(const char *const *names, const char *p, const char *end)
{
	for (size_t i = 0; names[i]; i++) {
		if (end - p >= 3 && memcmp(p, names[i], 3) == 0 && (end - p == 3 || !is_word(p[3])))
			return 3;
	}
	return 0;
}

static size_t
blanks(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] == ' ')
		n++;
	return n;
}

/* The number of a day behind a month, or before it. */
static size_t
day_number(const char *p, const char *end)
{
	size_t n = digits(p, end, 1, 2);

	return n && (p + n == end || (!is_word(p[n]) && p[n] != ':')) ? n : 0;
}

/* "2026-11-22", "2026-11-22T", "Nov 22", "22 Nov 2026", "Sun Nov 22". */
static size_t
date_at(const char *p, const char *end)
{
	size_t n = digits(p, end, 4, 4), space, more;

	if (n && part(p + n, end, '-') && part(p + n + 3, end, '-')) {
		n += 6;
		return p + n + 1 < end && p[n] == 'T' && is_digit(p[n + 1]) ? n + 1 : n;
	}
	n = one_of(days, p, end);
	if (n) {
		space = blanks(p + n, end);
		more = space ? date_at(p + n + space, end) : 0;
		return more ? n + space + more : 0;
	}
	n = one_of(months, p, end);
	if (n) {
		space = blanks(p + n, end);
		more = space ? day_number(p + n + space, end) : 0;
		return more ? n + space + more : 0;
	}
	n = day_number(p, end);
	space = n ? blanks(p + n, end) : 0;
	more = space ? one_of(months, p + n + space, end) : 0;
	n += space + more;
	space = more ? blanks(p + n, end) : 0;
	/* "5 Nov 22" is a size and a date. */
	return more && !(space && day_number(p + n + space, end)) ? n : 0;
}

/* One of its own names, whole; the longest is tried first. */
static size_t
name_at(const char *const *names, const char *p, const char *end)
{
	size_t best = 0;

	for (size_t i = 0; names && names[i]; i++) {
		size_t n = strlen(names[i]);

		if (n > best && (size_t)(end - p) >= n && strncasecmp(p, names[i], n) == 0 &&
		    (p + n == end || !is_word(p[n])))
			best = n;
	}
	return best;
}

/* What is to be masked at p, where a word begins. */
static size_t
mask_at(const struct diverge_screen *s, const char *p, const char *end, const char **ret_as)
{
	size_t n = name_at(s->names, p, end);

	*ret_as = "<host>";
	if (n)
		return n;
	*ret_as = "<time>";
	n = time_at(p, end);
	if (n)
		return n;
	*ret_as = "<date>";
	return date_at(p, end);
}

static void
mask_line(const struct diverge_screen *s, const char *p, const char *end, struct buf *to)
{
	const char *begin = p, *as;

	while (p < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	while (p < end) {
		bool starts = p == begin || !is_word(p[-1]) || p[-1] == 'T';
		size_t n = starts && is_word(*p) ? mask_at(s, p, end, &as) : 0;

		if (n) {
			buf_adds(to, as);
			p += n;
		} else if (*p == ' ' || *p == '\t') {
			while (p < end && (*p == ' ' || *p == '\t'))
				p++;
			buf_addc(to, ' ');
		} else {
			buf_addc(to, *p++);
		}
	}
	buf_addc(to, '\n');
}

void
diverge_mask(const struct diverge_screen *s, struct buf *to)
{
	const char *p = s->text, *end = s->text + s->len;
	size_t start = to->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl ? nl : end;

		mask_line(s, p, stop, to);
		p = nl ? nl + 1 : end;
	}
	while (
	    to->len > start + 1 && to->data[to->len - 1] == '\n' && to->data[to->len - 2] == '\n')
		to->data[--to->len] = '\0';
	if (to->len == start + 1 && to->data[start] == '\n')
		to->data[--to->len] = '\0';
}

/* Groups in the order of their first screens; then the largest becomes number 0. */
static size_t
number_groups(size_t *group, size_t count, size_t groups)
{
	autofree size_t *size = xcalloc(groups + 1, sizeof(*size));
	size_t best = 0;

	for (size_t i = 0; i < count; i++)
		size[group[i]]++;
	for (size_t g = 1; g < groups; g++) {
		if (size[g] > size[best])
			best = g;
	}
	for (size_t i = 0; i < count; i++)
		group[i] = group[i] == best ? 0 : group[i] < best ? group[i] + 1 : group[i];
	return groups;
}

size_t
diverge_groups(const struct diverge_screen *screens, size_t count, size_t *group)
{
	autofree struct buf *masked = xcalloc(count + 1, sizeof(*masked));
	size_t groups = 0;

	for (size_t i = 0; i < count; i++) {
		size_t same = 0;

		buf_init(&masked[i], TEXT_MAX);
		diverge_mask(&screens[i], &masked[i]);
		while (same < i && (masked[same].len != masked[i].len ||
				       memcmp(buf_text(&masked[same]), buf_text(&masked[i]),
					   masked[i].len) != 0))
			same++;
		group[i] = same < i ? group[same] : groups++;
	}
	for (size_t i = 0; i < count; i++)
		buf_fini(&masked[i]);
	return number_groups(group, count, groups);
}

char *
diverge_diff(const struct diverge_screen *a, const struct diverge_screen *b)
{
	autobuf one = BUF_INIT(TEXT_MAX), two = BUF_INIT(TEXT_MAX);

	diverge_mask(a, &one);
	diverge_mask(b, &two);
	if (one.len == two.len && memcmp(buf_text(&one), buf_text(&two), one.len) == 0)
		return NULL;
	return diff_file("screen", (struct diff_text){ buf_text(&one), one.len },
	    (struct diff_text){ buf_text(&two), two.len }, DIFF_LINES_SHOWN);
}
