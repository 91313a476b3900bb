#include "engine/bootstrap.h"

#include "base/buf.h"
#include "base/str.h"

#include <string.h>

#define WORD 4000 /* csh refuses longer ones */

/* One character of the text; how many bytes it became. */
static size_t
encode_one(struct buf *to, unsigned char c)
{
	size_t before = to->len;

	if (c == '\n')
		buf_adds(to, "\\n");
	else if (c == '\t' || (c >= ' ' && c <= '~' && !strchr("'!\\", c)))
		buf_addc(to, (char)c);
	else
		buf_addf(to, "\\0%03o", c);
	return to->len - before;
}

void
bootstrap_encode(struct buf *to, const char *text)
{
	for (; *text; text++)
		encode_one(to, (unsigned char)*text);
}

char *
bootstrap_line(const char *program, const char *const *args)
{
	struct buf line = BUF_INIT(SIZE_MAX);
	autobuf text = BUF_INIT(SIZE_MAX);
	size_t word = 0;

	if (args && *args)
		buf_adds(&text, "set --");
	for (const char *const *a = args; a && *a; a++) {
		buf_addc(&text, ' ');
		str_shell_quote(&text, *a);
	}
	buf_addf(&text, "%s%s", text.len ? "\n" : "shift $#\n", program);
	buf_adds(&line, "exec sh -c 'eval \"$(printf %b \"$@\")\"' drover '");
	for (const char *c = buf_text(&text); *c; c++) {
		if (word >= WORD - 5) {
			buf_adds(&line, "' '");
			word = 0;
		}
		word += encode_one(&line, (unsigned char)*c);
	}
	buf_addc(&line, '\'');
	return buf_detach(&line, &(size_t){ 0 });
}
