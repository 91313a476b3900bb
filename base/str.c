#include "base/str.h"

#include "base/buf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

const char *
str_skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

bool
str_copy(char *to, size_t size, const char *s)
{
	size_t n = strlen(s);
	size_t fits = n < size ? n : size - 1;

	memcpy(to, s, fits);
	to[fits] = '\0';
	return fits == n;
}

bool
str_int(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)s[*s == '-']))
		return false;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*ret = n;
	return true;
}

/* A number and the suffix behind it. */
static bool
number_suffix(const char *s, int64_t *ret, const char **ret_suffix)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (errno || n > INT64_MAX / ((int64_t)1 << 42))
		return false;
	*ret = n;
	*ret_suffix = end;
	return true;
}

bool
str_duration(const char *s, int64_t *ret_ms)
{
	static const struct {
		const char *suffix;
		int64_t ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 },
		{ "h", 3600000 }, { "d", 86400000 } };
	const char *suffix;
	int64_t n;

	if (!number_suffix(s, &n, &suffix))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].suffix, suffix) == 0 && n <= INT64_MAX / units[i].ms) {
			*ret_ms = n * units[i].ms;
			return true;
		}
	}
	return false;
}

bool
str_size(const char *s, int64_t *ret)
{
	const char *suffix, *units = "KMGT", *u;
	int64_t n;

	if (!number_suffix(s, &n, &suffix))
		return false;
	if (!*suffix) {
		*ret = n;
		return true;
	}
	u = strchr(units, toupper((unsigned char)*suffix));
	if (!u || (suffix[1] && strcmp(suffix + 1, "iB") != 0 && strcmp(suffix + 1, "B") != 0))
		return false;
	*ret = n << (10 * (u - units + 1));
	return true;
}

/* One bracket expression; *pp is moved behind it. A bracket that never closes is a plain '['. */
static bool
glob_class(const char **pp, unsigned char c)
{
	const char *p = *pp + 1;
	bool negate = *p == '!' || *p == '^', hit = false;

	if (negate)
		p++;
	const char *first = p;
	for (; *p && (*p != ']' || p == first); p++) {
		unsigned char lo = (unsigned char)*p, hi = lo;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			hi = (unsigned char)p[2];
			p += 2;
		}
		if (c >= lo && c <= hi)
			hit = true;
	}
	if (!*p) {
		*pp += 1;
		return c == '[';
	}
	*pp = p + 1;
	return hit != negate;
}

bool
str_glob(const char *pattern, const char *s)
{
	const char *p = pattern, *star = NULL, *back = NULL;

	while (*s) {
		const char *before = p;
		bool hit = false;

		if (*p == '*') {
			star = ++p;
			back = s;
			continue;
		}
		if (*p == '?') {
			p++;
			hit = true;
		} else if (*p == '[') {
			hit = glob_class(&p, (unsigned char)*s);
		} else if (*p && *p == *s) {
			p++;
			hit = true;
		}
		if (hit) {
			s++;
			continue;
		}
		p = before;
		if (!star)
			return false;
		p = star;
		s = ++back;
	}
	while (*p == '*')
		p++;
	return !*p;
}

void
str_shell_quote(struct buf *b, const char *s)
{
	static const char bare[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-";

	if (*s && strspn(s, bare) == strlen(s)) {
		buf_adds(b, s);
		return;
	}
	buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

int
str_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	int rows[3][65];

	if (n > 64 || m > 64)
		return 99;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int *now = rows[i % 3], *up = rows[(i + 2) % 3], *upup = rows[(i + 1) % 3];

		now[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			int best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    upup[j - 2] + 1 < best)
				best = upup[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *
str_nearest(const char *s, const char *const *list)
{
	const char *best = NULL;
	int limit = strlen(s) < 4 ? 1 : 2, least = limit + 1;

	for (; *list; list++) {
		int d = str_distance(s, *list);

		if (d < least) {
			least = d;
			best = *list;
		}
	}
	return best;
}

int
str_natural(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			const char *za = a, *zb = b;

			while (*za == '0')
				za++;
			while (*zb == '0')
				zb++;
			size_t na = strspn(za, "0123456789"), nb = strspn(zb, "0123456789");
			if (na != nb)
				return na < nb ? -1 : 1;
			int d = strncmp(za, zb, na);
			if (d)
				return d;
			if (za - a != zb - b)
				return za - a < zb - b ? -1 : 1;
			a = za + na;
			b = zb + nb;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return (*a != 0) - (*b != 0);
}

void
str_bytes(uint64_t n, char *to, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)n / 1024;
	size_t unit = 0;

	if (n < 1024) {
		snprintf(to, size, "%u B", (unsigned)n);
		return;
	}
	/* What would be printed as 1024.0 is one of the next. */
	while (v >= 1023.95) {
		v /= 1024;
		unit++;
	}
	snprintf(to, size, "%.1f %s", v, units[unit]);
}
