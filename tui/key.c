#include "tui/key.h"

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

#include <ctype.h>
#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const struct {
	unsigned code;
	const char *name;
} special[] = {
	{ KEY_UP, "up" },
	{ KEY_DOWN, "down" },
	{ KEY_LEFT, "left" },
	{ KEY_RIGHT, "right" },
	{ KEY_PPAGE, "page-up" },
	{ KEY_NPAGE, "page-down" },
	{ KEY_HOME, "home" },
	{ KEY_END, "end" },
	{ KEY_ENTER, "enter" },
	{ KEY_BACKSPACE, "backspace" },
	{ KEY_DC, "delete" },
	{ KEY_BTAB, "shift-tab" },
	{ KEY_F(1), "f1" },
	{ KEY_RESIZE, KEY_RESIZE_NAME },
};

static bool
named(struct key *ret, const char *name)
{
	*ret = (struct key){ 0 };
	str_copy(ret->name, sizeof(ret->name), name);
	return true;
}

static bool
control(unsigned code, struct key *ret)
{
	char name[KEY_NAME];

	switch (code) {
	case 27:
		return named(ret, "esc");
	case 9:
		return named(ret, "tab");
	case 10:
	case 13:
		return named(ret, "enter");
	case 8:
	case 127:
		return named(ret, "backspace");
	case 0:
		return named(ret, "ctrl-space");
	}
	snprintf(
	    name, sizeof(name), "ctrl-%c", code + 'a' - 1 <= 'z' ? (int)(code + 'a' - 1) : '?');
	return named(ret, name);
}

bool
key_decode(int how, unsigned code, struct key *ret)
{
	if (how == KEY_CODE_YES) {
		for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
			if (special[i].code == code)
				return named(ret, special[i].name);
		}
		return false;
	}
	if (code < 32 || code == 127)
		return control(code, ret);
	if (code == ' ') {
		named(ret, "space");
		ret->printable = true;
		return true;
	}
	if (code > 0x10ffff || (code >= 0x80 && code < 0xa0))
		return false;
	autobuf text = BUF_INIT(KEY_NAME);
	utf8_encode(&text, code);
	named(ret, buf_text(&text));
	ret->printable = true;
	return true;
}

bool
key_matches(const char *binding, const char *name)
{
	size_t n = strlen(name);

	while (*binding) {
		size_t len = strcspn(binding, "|");

		if (len == 0)
			len = 1; /* the key "|" itself */
		if (len == n && strncmp(binding, name, n) == 0)
			return true;
		binding += len;
		if (*binding == '|')
			binding++;
	}
	return false;
}

const char *
key_label(const char *binding, char *to, size_t size)
{
	size_t len = strcspn(binding, "|");

	if (len == 0)
		len = 1;
	if (len >= size)
		len = size - 1;
	memcpy(to, binding, len);
	to[len] = '\0';
	if (len > 1 && islower((unsigned char)to[0]))
		to[0] = (char)toupper((unsigned char)to[0]);
	return to;
}
