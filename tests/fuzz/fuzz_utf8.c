#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing a terminal obeys may leave the sanitiser: the output is UTF-8, and holds neither C0
 * (but TAB and LF), DEL, C1, nor a character that turns text round. */
static void
check_clean(const struct buf *b, bool line)
{
	const char *p = buf_text(b);
	size_t n = b->len;
	uint32_t c;

	while (n > 0) {
		size_t len = utf8_decode(p, n, &c);

		if (len == 0)
			mem_abort("the sanitiser let a broken byte through");
		if (c < 0x20 && (line || (c != '\t' && c != '\n')))
			mem_abort("the sanitiser let a control byte through");
		if ((c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069) || c == 0x200b)
			mem_abort("the sanitiser let a trick through");
		p += len;
		n -= len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	autobuf whole = BUF_INIT(SIZE_MAX), line = BUF_INIT(SIZE_MAX), pieces = BUF_INIT(SIZE_MAX);
	size_t at = 0;

	utf8_clean(&whole, p, size);
	check_clean(&whole, false);
	utf8_clean_line(&line, p, size);
	check_clean(&line, true);
	if ((size_t)utf8_columns(p, size) > 2 * size)
		mem_abort("more columns than bytes can fill");

	/* Cut into pieces at whole characters, the result is the same. */
	for (size_t end = 0; end < size;) {
		end = end + 7 < size ? end + 7 : size;
		size_t n = end == size ? size - at : utf8_whole(p + at, end - at);
		utf8_clean(&pieces, p + at, n);
		at += n;
	}
	if (strcmp(buf_text(&whole), buf_text(&pieces)) != 0)
		mem_abort("cutting changed the text");
	return 0;
}
