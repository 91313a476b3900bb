#include "tui/match.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* "KEY=GLOB": a word of letters, digits, - and _ before the first =. */
static bool
take_label(struct match *m, const char *typed)
{
	const char *eq = strchr(typed, '=');
	size_t n = eq ? (size_t)(eq - typed) : 0;

	if (!n || n >= sizeof(m->label))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)typed[i]) && typed[i] != '-' && typed[i] != '_')
			return false;
	}
	memcpy(m->label, typed, n);
	m->label[n] = '\0';
	str_copy(m->text, sizeof(m->text), eq + 1);
	m->kind = MATCH_LABEL;
	return true;
}

void
match_init(struct match *m, const char *typed)
{
	*m = (struct match){ .kind = MATCH_ALL };
	if (*typed == '!') {
		m->inverse = true;
		typed++;
	}
	if (!*typed)
		return;
	if (str_starts(typed, "-f ")) {
		m->kind = MATCH_FUZZY;
		str_copy(m->text, sizeof(m->text), typed + 3);
		return;
	}
	if (take_label(m, typed))
		return;
	str_copy(m->text, sizeof(m->text), typed);
	m->kind = MATCH_REGEX;
	if (regcomp(&m->regex, m->text, REG_EXTENDED | REG_ICASE) == 0)
		return;
	m->kind = MATCH_LITERAL;
	m->bad = true;
}

void
match_fini(struct match *m)
{
	if (m->kind == MATCH_REGEX)
		regfree(&m->regex);
	*m = (struct match){ .kind = MATCH_ALL };
}

bool
match_on(const struct match *m)
{
	return m->kind != MATCH_ALL;
}

static bool
fuzzy(const char *letters, const char *text)
{
	for (; *letters; letters++) {
		int want = tolower((unsigned char)*letters);

		while (*text && tolower((unsigned char)*text) != want)
			text++;
		if (!*text++)
			return false;
	}
	return true;
}

bool
match_find(const struct match *m, const char *text, size_t from, size_t *ret_at, size_t *ret_len)
{
	size_t len = strlen(text);
	const char *at;
	regmatch_t r;

	if (m->inverse || from > len)
		return false;
	if (m->kind == MATCH_REGEX) {
		if (regexec(&m->regex, text + from, 1, &r, from ? REG_NOTBOL : 0) != 0)
			return false;
		*ret_at = from + (size_t)r.rm_so;
		*ret_len = (size_t)(r.rm_eo - r.rm_so);
		return true;
	}
	if (m->kind != MATCH_LITERAL)
		return false;
	at = strcasestr(text + from, m->text);
	if (!at)
		return false;
	*ret_at = (size_t)(at - text);
	*ret_len = strlen(m->text);
	return true;
}

bool
match_row(const struct match *m, const char *text,
    const char *(*label)(void *user, const char *key), void *user)
{
	const char *value;
	bool holds = true;

	switch (m->kind) {
	case MATCH_ALL:
		return true;
	case MATCH_REGEX:
		holds = regexec(&m->regex, text, 0, NULL, 0) == 0;
		break;
	case MATCH_LITERAL:
		holds = strcasestr(text, m->text) != NULL;
		break;
	case MATCH_FUZZY:
		holds = fuzzy(m->text, text);
		break;
	case MATCH_LABEL:
		value = label ? label(user, m->label) : NULL;
		holds = value && str_glob(m->text, value);
		break;
	}
	return holds != m->inverse;
}
