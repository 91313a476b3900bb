#include "base/yaml_slip.h"

#include "base/diag.h"

#include <string.h>

/* The bytes at a mark: libyaml counts characters, not bytes. */
static const char *
source_at(const struct yaml_slip *s)
{
	const char *p = s->text, *end = s->text + s->len;

	for (int line = 1; line < s->at.line && p < end; p++)
		line += *p == '\n';
	for (int col = 1; col < s->at.col && p < end && *p != '\n'; col++) {
		p++;
		while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
			p++;
	}
	return p;
}

/* The word the author meant, from its first byte; empty when it is not plain ASCII. */
static void
word_at(const struct yaml_slip *s, char *to, size_t size)
{
	const char *p = source_at(s), *end = s->text + s->len;
	size_t n = 0;

	while (p < end && *p != '\n' && *p != '\r' && n + 1 < size) {
		if ((s->flow && strchr(",]}", *p)) || (*p == '#' && n && to[n - 1] == ' '))
			break;
		to[n++] = *p++;
	}
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)to[i] < 0x20 || (unsigned char)to[i] >= 0x7f || to[i] == '"')
			to[0] = '\0';
	}
}

static bool
says(const struct yaml_slip *s, const char *part)
{
	return strstr(s->problem, part) != NULL;
}

bool
yaml_slip_tell(const struct yaml_slip *s, struct diag *diag)
{
	char word[48];
	const char *p = source_at(s);
	char c = p < s->text + s->len ? *p : '\0';

	word_at(s, word, sizeof(word));
	if (c == '@' && says(s, "cannot start any token"))
		diag_error(diag, s->at, "quote the set: \"%s\"", *word ? word : "@...");
	else if (c == '\t')
		diag_error(diag, s->at, "a tab cannot indent YAML: use spaces");
	else if (strchr("`%@", c) && c && says(s, "cannot start any token"))
		diag_error(diag, s->at, "a text that begins with %c must be quoted", c);
	else if (c && says(s, "expected alphabetic or numeric character"))
		diag_error(diag, s->at, "quote a text that begins with * or &: it means an alias");
	else if (c == '[' && says(s, "did not find expected ','"))
		diag_error(
		    diag, s->at, "quote a text with [ in it when it stands between {} or []");
	else if (says(s, "mapping values are not allowed"))
		diag_error(diag, s->at,
		    "a second ':' in one line: quote a text with ': ' in it, or begin a new line");
	else if (says(s, "could not find expected ':'"))
		diag_error(diag, s->at,
		    "a key without a value above here: write `key: value`, with the space");
	else
		return false;
	return true;
}
