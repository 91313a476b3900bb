#include "cli/escape.h"

#include "base/buf.h"

#define CTRL_Z '\032'

static enum escape_word
word_of(char c)
{
	switch (c) {
	case '.':
		return ESCAPE_END;
	case CTRL_Z:
		return ESCAPE_STOP;
	case '?':
		return ESCAPE_HELP;
	default:
		return ESCAPE_NONE;
	}
}

size_t
escape_feed(struct escape *e, const char *p, size_t n, struct buf *to, enum escape_word *ret)
{
	*ret = ESCAPE_NONE;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (e->tilde) {
			e->tilde = false;
			*ret = word_of(c);
			if (*ret != ESCAPE_NONE)
				return i + 1;
			if (c != '~')
				buf_addc(to, '~');
		} else if (c == '~' && !e->begun && !e->off) {
			e->tilde = true;
			continue;
		}
		buf_addc(to, c);
		e->begun = c != '\r' && c != '\n';
	}
	return n;
}
