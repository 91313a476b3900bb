#include "cli/prompt_line.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define BLANKS " \t"

void
prompt_line_fini(struct prompt_line *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->prefix[i].set);
	free(l->command);
	*l = (struct prompt_line){ .kind = PROMPT_NOTHING };
}

/* The text without blanks around it. Caller frees. */
static char *
trimmed(const char *s)
{
	size_t n;

	s += strspn(s, BLANKS "\r\n");
	n = strlen(s);
	while (n > 0 && strchr(BLANKS "\r\n", s[n - 1]))
		n--;
	return xmemdup0(s, n);
}

/* One word, or none, and nothing that the shell would make more of than a name. */
static bool
is_place(const char *s)
{
	char quote = '\0';

	for (; *s; s++) {
		if (*s == '\\' && s[1] && quote != '\'')
			s++;
		else if (quote)
			quote = *s == quote ? '\0' : quote;
		else if (*s == '"' || *s == '\'')
			quote = *s;
		else if (strchr(BLANKS ";&|<>()`#", *s))
			return false;
	}
	return quote == '\0';
}

static const char *
read_prefixes(const char *s, struct prompt_line *l)
{
	while (*s == '@' || *s == '+' || *s == '-') {
		size_t n = strcspn(s, BLANKS);

		if (n < 2 || l->count == PROMPT_CHANGES)
			return NULL;
		l->prefix[l->count++] = (struct prompt_prefix){ .change = (enum prompt_change) * s,
			.set = xmemdup0(s + 1, n - 1) };
		s += n;
		s += strspn(s, BLANKS);
	}
	return s;
}

static void
read_command(const char *s, struct prompt_line *l)
{
	if (str_starts(s, "cd") && strchr(BLANKS, s[2])) {
		const char *place = s + 2 + strspn(s + 2, BLANKS);

		if (is_place(place)) {
			l->kind = PROMPT_PLACE;
			l->command = xstrdup(place);
			return;
		}
	}
	l->kind = PROMPT_COMMAND;
	l->command = xstrdup(s);
}

const char *
prompt_line_read(const char *line, struct prompt_line *ret)
{
	autofree char *text = trimmed(line);
	const char *rest;

	*ret = (struct prompt_line){ .kind = PROMPT_NOTHING };
	if (text[0] == '\0')
		return NULL;
	if (text[0] == '!') {
		ret->kind = PROMPT_LOCAL;
		ret->command = trimmed(text + 1);
		return NULL;
	}
	if (str_eq(text, "?") || str_eq(text, "=")) {
		ret->kind = text[0] == '?' ? PROMPT_WHO : PROMPT_FOLD;
		return NULL;
	}
	if (str_eq(text, "quit") || str_eq(text, "exit")) {
		ret->kind = PROMPT_LEAVE;
		return NULL;
	}
	rest = read_prefixes(text, ret);
	if (!rest) {
		prompt_line_fini(ret);
		return "@, + and - stand before a set, at most eight of them: @web[1-3] uptime";
	}
	if (*rest == '\0')
		ret->kind = PROMPT_HOSTS;
	else
		read_command(rest, ret);
	return NULL;
}
