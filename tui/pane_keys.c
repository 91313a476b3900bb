/* Keys, text and the mouse as the bytes that a program on a terminal expects. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/pane.h"
#include "tui/pane_inner.h"

#include <string.h>

static VTermKey
key_code(const char *name)
{
	static const struct {
		const char *name;
		VTermKey key;
	} keys[] = { { "enter", VTERM_KEY_ENTER }, { "tab", VTERM_KEY_TAB },
		{ "backspace", VTERM_KEY_BACKSPACE }, { "esc", VTERM_KEY_ESCAPE },
		{ "up", VTERM_KEY_UP }, { "down", VTERM_KEY_DOWN }, { "left", VTERM_KEY_LEFT },
		{ "right", VTERM_KEY_RIGHT }, { "insert", VTERM_KEY_INS },
		{ "delete", VTERM_KEY_DEL }, { "home", VTERM_KEY_HOME }, { "end", VTERM_KEY_END },
		{ "page-up", VTERM_KEY_PAGEUP }, { "page-down", VTERM_KEY_PAGEDOWN } };
	int64_t number;

	for (size_t i = 0; i < countof(keys); i++) {
		if (str_eq(keys[i].name, name))
			return keys[i].key;
	}
	if (name[0] == 'f' && str_int(name + 1, 1, 12, &number))
		return (VTermKey)VTERM_KEY_FUNCTION((int)number);
	return VTERM_KEY_NONE;
}

/* "ctrl-a" and the like have a byte of their own. */
static bool
control_key(struct pane *p, const char *name)
{
	char c;

	if (!str_starts(name, "ctrl-"))
		return false;
	c = name[5];
	if (str_eq(name, "ctrl-space"))
		c = '@';
	else if (strlen(name) != 6)
		return false;
	c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 1) : (char)(c & 0x1f);
	pane_send(p, &c, 1);
	return true;
}

bool
pane_key(struct pane *p, const char *name, bool printable)
{
	static const struct {
		const char *prefix;
		VTermModifier mod;
	} prefixes[] = { { "ctrl-", VTERM_MOD_CTRL }, { "alt-", VTERM_MOD_ALT },
		{ "shift-", VTERM_MOD_SHIFT } };
	unsigned mod = VTERM_MOD_NONE;

	if (printable) {
		const char *text = str_eq(name, "space") ? " " : name;

		pane_send(p, text, strlen(text));
		return true;
	}
	if (control_key(p, name))
		return true;
	for (size_t i = 0; i < countof(prefixes); i++) {
		if (!str_starts(name, prefixes[i].prefix))
			continue;
		mod |= (unsigned)prefixes[i].mod;
		name += strlen(prefixes[i].prefix);
	}
	VTermKey key = key_code(name);
	if (key == VTERM_KEY_NONE)
		return false;
	vterm_keyboard_key(p->vt, key, (VTermModifier)mod);
	return true;
}

void
pane_type(struct pane *p, const char *text, size_t len)
{
	autobuf b = BUF_INIT(SIZE_MAX);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		uint32_t wide;

		if (c == '\n' && i && text[i - 1] == '\r')
			continue;
		if (c == '\n' || c == '\r')
			buf_addc(&b, '\r');
		else if (c == '\t' || (c >= 0x20 && c < 0x7f))
			buf_addc(&b, (char)c);
		else if (c >= 0x80) {
			size_t n = utf8_decode(text + i, len - i, &wide);

			if (n && wide >= 0xa0)
				buf_add(&b, text + i, n);
			i += n ? n - 1 : 0;
		}
	}
	if (b.len)
		pane_send(p, b.data, b.len);
}

void
pane_paste(struct pane *p, const char *text, size_t len)
{
	vterm_keyboard_start_paste(p->vt);
	pane_type(p, text, len);
	vterm_keyboard_end_paste(p->vt);
}

void
pane_mouse(struct pane *p, int row, int col, enum pane_button button)
{
	static const int numbers[] = {
		[PANE_CLICK] = 1, [PANE_WHEEL_UP] = 4, [PANE_WHEEL_DOWN] = 5
	};

	if (!p->mouse || row < 0 || col < 0 || row >= p->rows || col >= p->cols)
		return;
	vterm_mouse_move(p->vt, row, col, VTERM_MOD_NONE);
	vterm_mouse_button(p->vt, numbers[button], true, VTERM_MOD_NONE);
	if (button == PANE_CLICK)
		vterm_mouse_button(p->vt, numbers[button], false, VTERM_MOD_NONE);
}
