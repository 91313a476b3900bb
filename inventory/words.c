#include "inventory/words.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* From behind the opening quote to behind the closing one; NULL when there is none. */
static const char *
take_quoted(const char *p, char quote, struct buf *to)
{
	for (; *p != quote; p++) {
		if (!*p)
			return NULL;
		if (*p == '\\' && quote == '"' && (p[1] == '"' || p[1] == '\\'))
			p++;
		buf_addc(to, *p);
	}
	return p + 1;
}

/* One word; *p ends behind it. NULL, or what is wrong. */
static const char *
take_word(const char **p, bool comments, struct buf *to)
{
	while (**p && !is_space(**p) && !(comments && **p == '#')) {
		char c = *(*p)++;

		if (c == '\'' || c == '"') {
			*p = take_quoted(*p, c, to);
			if (!*p)
				return "a quote is not closed";
		} else if (c == '\\') {
			if (!**p)
				return "a backslash at the end of the line";
			buf_addc(to, *(*p)++);
		} else {
			buf_addc(to, c);
		}
	}
	return NULL;
}

const char *
words_split(const char *line, bool comments, struct words *ret)
{
	const char *p = line;

	*ret = (struct words){ 0 };
	for (;;) {
		while (is_space(*p))
			p++;
		if (!*p || (comments && *p == '#'))
			return NULL;
		autobuf text = BUF_INIT(SIZE_MAX);
		size_t at = (size_t)(p - line);
		const char *wrong = take_word(&p, comments, &text);

		if (wrong) {
			words_fini(ret);
			return wrong;
		}
		mem_grow(ret->word, ret->count, ret->cap);
		ret->word[ret->count++] = (struct word){ xstrdup(buf_text(&text)), at };
	}
}

void
words_fini(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i].text);
	free(w->word);
	*w = (struct words){ 0 };
}
