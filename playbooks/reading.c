#include "playbooks/expression_inner.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct mark
source_mark(const struct source *s, const char *p)
{
	struct mark m = s->mark;

	if (!s->exact)
		return m;
	for (const char *c = s->text; c < p; c++) {
		if (*c == '\n') {
			m.line++;
			m.col = 1 + s->indent;
		} else if ((*c & 0xc0) != 0x80) {
			m.col++;
		}
	}
	return m;
}

void
reading_wrong(struct reading *r, const char *at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (r->bad)
		return;
	r->bad = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(r->diag, source_mark(r->source, at), "%s", text);
}

void
reading_skip_space(struct reading *r)
{
	while (r->at < r->end && isspace((unsigned char)*r->at))
		r->at++;
}

bool
reading_is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A - belongs to the name when a letter follows: os-name, but cpus-1. */
size_t
reading_name_length(const struct reading *r)
{
	const char *p = r->at;

	if (p == r->end || !(isalpha((unsigned char)*p) || *p == '_'))
		return 0;
	while (p < r->end && (reading_is_name_char(*p) ||
				 (*p == '-' && r->end - p > 1 && isalpha((unsigned char)p[1]))))
		p++;
	return (size_t)(p - r->at);
}

bool
reading_take_name(struct reading *r, char *name)
{
	reading_skip_space(r);
	size_t n = reading_name_length(r);

	if (n == 0)
		return false;
	if (n >= NAME_LONG) {
		reading_wrong(r, r->at, "a name is longer than %d bytes", NAME_LONG - 1);
		n = NAME_LONG - 1;
	}
	memcpy(name, r->at, n);
	name[n] = '\0';
	r->at += n;
	return true;
}

bool
reading_take_word(struct reading *r, const char *word)
{
	size_t n = strlen(word);

	reading_skip_space(r);
	if (reading_name_length(r) != n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

bool
reading_sees(struct reading *r, const char *sign)
{
	size_t n = strlen(sign);

	reading_skip_space(r);
	return (size_t)(r->end - r->at) >= n && memcmp(r->at, sign, n) == 0;
}

bool
reading_take_sign(struct reading *r, const char *sign)
{
	if (!reading_sees(r, sign))
		return false;
	r->at += strlen(sign);
	return true;
}

/* -}} and %} end a template's tag and are no operators. */
bool
reading_at_close(struct reading *r)
{
	return reading_sees(r, "}}") || reading_sees(r, "%}") || reading_sees(r, "-}}") ||
	       reading_sees(r, "-%}") || reading_sees(r, "+%}");
}

/* How much of the rest to show in a message. */
int
reading_shown(const struct reading *r)
{
	size_t n = reading_name_length(r), left = (size_t)(r->end - r->at);

	if (n == 0 && left)
		for (n = 1; n < left && ((unsigned char)r->at[n] & 0xc0) == 0x80 && n < 4; n++)
			;
	return n > 40 ? 40 : (int)n;
}

bool
reading_take_escape(struct reading *r, struct buf *to)
{
	static const char from[] = "nrt\\'\"", meant[] = "\n\r\t\\'\"";
	const char *found = r->at + 1 < r->end && r->at[1] ? strchr(from, r->at[1]) : NULL;

	if (!found) {
		reading_wrong(r, r->at,
		    "in quotes \\ stands before n, r, t, \\, ' or \" only: write \\\\ for it");
		return false;
	}
	buf_addc(to, meant[found - from]);
	r->at += 2;
	return true;
}
