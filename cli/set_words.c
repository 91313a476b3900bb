#include "cli/set_words.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"

#include <string.h>

#define WORDS_MAX (16U << 20)

char *
set_words(struct call *c, const char *word, bool taken)
{
	struct buf b = BUF_INIT(WORDS_MAX);
	autofree char *line = NULL;
	size_t cap = 0;

	if (!str_eq(word, "-"))
		return xstrdup(word);
	if (taken) {
		call_usage(c, "standard input cannot be both the set and the input");
		return NULL;
	}
	out_uses_stdin(c->out);
	while (getline(&line, &cap, stdin) >= 0) {
		char *start = line + strspn(line, " \t");

		start[strcspn(start, "\r\n")] = '\0';
		if (*start)
			buf_addf(&b, "%s%s", b.len ? "," : "", start);
	}
	if (b.len == 0 || b.dropped > 0) {
		call_usage(c, b.len ? "the set on standard input is too long"
				    : "the set on standard input is empty");
		buf_fini(&b);
		return NULL;
	}
	return buf_detach(&b, &(size_t){ 0 });
}
