#include "tui/finder.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* How common a byte is in logs; bytes that are not named are rare. */
static int
common(char c)
{
	static const char often[] = " 0123456789etaoinsr.:-/=\"hldcumfpgwybv";
	const char *at = strchr(often, lower(c));

	return c && at ? (int)(sizeof(often) - (size_t)(at - often)) : 0;
}

static void
offer(struct finder *f, const char *run, size_t n)
{
	if (n <= f->literal_len || n >= sizeof(f->literal))
		return;
	for (size_t i = 0; i < n; i++)
		f->literal[i] = lower(run[i]);
	f->literal[n] = '\0';
	f->literal_len = n;
}

/* Behind a bracket or a group that begins at s. */
static const char *
behind(const char *s)
{
	int depth = 0;

	if (*s == '[') {
		s += s[1] == '^' ? 2 : 1;
		s += *s == ']';
		while (*s && *s != ']') {
			/* [:alpha:] and the like end by themselves. */
			bool inner = *s == '[' && s[1] && strchr(".:=", s[1]);
			const char *end = inner ? strchr(s + 2, s[1]) : NULL;

			s = end && end[1] == ']' ? end + 2 : s + 1;
		}
		return *s ? s + 1 : s;
	}
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '[')
			s = behind(s) - 1;
		else if (*s == '(')
			depth++;
		else if (*s == ')' && --depth == 0)
			return s + 1;
	}
	return s;
}

/* What each match of an extended expression must contain. */
static void
find_literal(struct finder *f, const char *s)
{
	char run[sizeof(f->literal)] = "";
	size_t n = 0;
	bool special = false;

	if (strchr(s, '|'))
		return;
	while (*s) {
		bool escaped = *s == '\\' && ispunct((unsigned char)s[1]);
		char c = escaped ? s[1] : *s;
		const char *next = s + (escaped ? 2 : 1);

		if (!escaped && strchr("*?{", c))
			n -= n > 0;
		if (!escaped && c == '{') {
			next = s + strcspn(s, "}");
			next += *next == '}';
		}
		if (escaped || (!strchr("*?{+.[(^$\\)", c) && (unsigned char)c < 0x80)) {
			if (n + 1 < sizeof(run))
				run[n++] = c;
			s = next;
			continue;
		}
		special = true;
		offer(f, run, n);
		n = 0;
		if (c == '[' || c == '(')
			next = behind(s);
		else if (c == '\\' && s[1])
			next = s + 2;
		s = next;
	}
	offer(f, run, n);
	f->whole = !special && f->literal_len > 0;
}

void
finder_init(struct finder *f, const char *typed)
{
	*f = (struct finder){ .rare = 0 };
	match_init(&f->match, typed);
	if (f->match.kind == MATCH_LABEL) {
		/* No labels here: the same without its meaning. */
		autofree char *plain =
		    xasprintf("%s()%s", *typed == '!' ? "!" : "", typed + (*typed == '!'));

		match_fini(&f->match);
		match_init(&f->match, plain);
	}
	if (f->match.kind == MATCH_REGEX)
		find_literal(f, f->match.text);
	if (f->match.kind == MATCH_LITERAL) {
		offer(f, f->match.text, strlen(f->match.text));
		f->whole = true;
	}
	for (size_t i = 1; i < f->literal_len; i++) {
		if (common(f->literal[i]) < common(f->literal[f->rare]))
			f->rare = i;
	}
}

void
finder_fini(struct finder *f)
{
	match_fini(&f->match);
}

bool
finder_on(const struct finder *f)
{
	return match_on(&f->match);
}

static bool
equal_here(const struct finder *f, const char *at)
{
	for (size_t i = 0; i < f->literal_len; i++) {
		if (lower(at[i]) != f->literal[i])
			return false;
	}
	return true;
}

size_t
finder_literal(const struct finder *f, const char *text, size_t len, size_t from)
{
	char small = f->literal[f->rare], large = (char)toupper((unsigned char)small);
	const char *end = text + len, *at = text + from + f->rare;
	const char *a, *b;

	if (len < from + f->literal_len)
		return len;
	end -= f->literal_len - f->rare - 1;
	a = memchr(at, small, (size_t)(end - at));
	b = small == large ? NULL : memchr(at, large, (size_t)((a ? a : end) - at));
	while (a || b) {
		const char *first = b ? b : a;

		if (equal_here(f, first - f->rare))
			return (size_t)(first - f->rare - text);
		at = first + 1;
		if (first == a)
			a = memchr(at, small, (size_t)(end - at));
		b = small == large ? NULL : memchr(at, large, (size_t)((a ? a : end) - at));
	}
	return len;
}

static bool
fuzzy(const struct finder *f, const char *text, size_t len, size_t from, size_t *ret_at,
    size_t *ret_len)
{
	const char *want = f->match.text;
	size_t first = len;

	for (size_t i = from; i < len && *want; i++) {
		if (lower(text[i]) != lower(*want))
			continue;
		first = first == len ? i : first;
		want++;
		*ret_len = i + 1 - first;
	}
	*ret_at = first;
	return !*want;
}

bool
finder_find(const struct finder *f, const char *text, size_t len, size_t from, size_t *ret_at,
    size_t *ret_len)
{
	regmatch_t r = { .rm_so = (regoff_t)from, .rm_eo = (regoff_t)len };
	size_t at = from;

	if (from > len || !finder_on(f))
		return false;
	if (f->match.kind == MATCH_FUZZY)
		return fuzzy(f, text, len, from, ret_at, ret_len);
	if (f->literal_len) {
		at = finder_literal(f, text, len, from);
		if (at == len)
			return false;
	}
	if (f->whole) {
		*ret_at = at;
		*ret_len = f->literal_len;
		return true;
	}
	if (regexec(&f->match.regex, text, 1, &r, REG_STARTEND | (from ? REG_NOTBOL : 0)) != 0)
		return false;
	*ret_at = (size_t)r.rm_so;
	*ret_len = (size_t)(r.rm_eo - r.rm_so);
	return true;
}

bool
finder_passes(const struct finder *f, const char *text, size_t len)
{
	size_t at, n;

	return !finder_on(f) || finder_find(f, text, len, 0, &at, &n) != f->match.inverse;
}
