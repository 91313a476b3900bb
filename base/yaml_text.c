#include "base/yaml_text.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

bool
yaml_text_is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f) || c == 0x2028 ||
	       c == 0x2029 || c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

bool
yaml_text_is_bidi(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool
is_utf16(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

bool
yaml_text_check(const char *file, const char *text, size_t len, struct diag *diag)
{
	struct mark at = { .file = file, .line = 1, .col = 1 };
	int before = diag->errors;
	uint32_t c = 0;

	if (is_utf16(text, len)) {
		diag_error(diag, at, "this file is UTF-16: save it as UTF-8");
		return false;
	}
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(text + i, len - i, &c);
		if (!n) {
			diag_error(diag, at, "byte 0x%02X is not UTF-8", (unsigned char)text[i]);
			return false;
		}
		bool crlf = c == '\r' && i + 1 < len && text[i + 1] == '\n';
		if (yaml_text_is_control(c) && !crlf)
			diag_error(diag, at, "the character U+%04X may not stand in a file", c);
		at.col++;
		if (c == '\n') {
			at.line++;
			at.col = 1;
		}
	}
	return diag->errors == before;
}

bool
yaml_text_check_scalar(struct mark at, const char *text, size_t len, bool block, struct diag *diag)
{
	uint32_t c = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_decode(text + i, len - i, &c);
		if (!n) {
			diag_error(diag, at, "an escape gives what is not UTF-8");
			return false;
		}
		if (yaml_text_is_control(c) || (!block && yaml_text_is_bidi(c))) {
			diag_error(diag, at, "the character U+%04X is not allowed in a text%s", c,
			    yaml_text_is_bidi(c) ? " (but in a block: |)" : "");
			return false;
		}
	}
	return true;
}

/* The number of an escape \uXXXX at p, or 0. */
static uint32_t
escape_at(const char *p, const char *end)
{
	char digits[5] = { 0 };

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	memcpy(digits, p + 2, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return 0;
	return (uint32_t)strtoul(digits, NULL, 16);
}

char *
yaml_text_join_pairs(const char *text, size_t *len)
{
	const char *end = text + *len;
	autobuf b = BUF_INIT(*len + 1);
	bool found = false;

	for (const char *p = text; p < end;) {
		uint32_t high = escape_at(p, end), low = high ? escape_at(p + 6, end) : 0;

		if (high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
			utf8_encode(&b, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
			found = true;
			p += 12;
			continue;
		}
		size_t n = *p == '\\' && end - p > 1 ? 2 : 1;
		buf_add(&b, p, n);
		p += n;
	}
	return found ? buf_detach(&b, len) : NULL;
}

int
yaml_text_indent(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	int indent = 0;

	for (; p < end && *p != '\n'; p++)
		if (*p == '|' && end - p > 2 &&
		    (isdigit((unsigned char)p[1]) || isdigit((unsigned char)p[2])))
			return 0;
	for (; p < end && (*p == ' ' || *p == '\n'); p++)
		indent = *p == '\n' ? 0 : indent + 1;
	return indent;
}
