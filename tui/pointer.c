#include "tui/pointer.h"

#include "tui/canvas.h"
#include "tui/console.h"
#include "tui/frame.h"
#include "tui/key.h"

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

#define WHEEL_ROWS 3

static void
press_move(struct console *c, const char *key)
{
	struct view *v = console_view(c);

	if (c->overlay.kind != OVERLAY_NONE)
		keys_press(c, key, false);
	else if (v->class->key)
		v->class->key(v, key); /* by the view's own name for it, whatever keys.conf says */
	console_dirty(c);
}

/* Whatever the view, its cursor goes where it can go. */
void
pointer_move(struct console *c, int row, int col)
{
	int at = canvas_selected(c->canvas, col);

	for (int left = c->canvas->rows; at >= 0 && at != row && left > 0; left--) {
		bool down = at < row;
		int was = at;

		press_move(c, down ? "down" : "up");
		console_compose(c);
		at = canvas_selected(c->canvas, col);
		if (at == was || (at < row) != down)
			break;
	}
}

static void
click(struct console *c, const struct key *k, bool twice)
{
	const char *key = canvas_target_at(c->canvas, k->row, k->col);
	char name[KEY_NAME];

	if (key) {
		if (twice)
			return; /* the first one was the key */
		str_copy(name, sizeof(name), key);
		keys_press(c, name, !name[1]);
		return;
	}
	if (c->overlay.kind != OVERLAY_NONE || k->row < FRAME_TOP ||
	    k->row >= c->canvas->rows - FRAME_BOTTOM)
		return;
	pointer_move(c, k->row, k->col);
	if (twice && canvas_selected(c->canvas, k->col) == k->row)
		keys_press(c, "enter", false);
}

/* Text for the line that is typed: one line of characters, or it is refused whole. */
static void
paste(struct console *c, const struct key *k)
{
	size_t n = k->len;

	if (!overlay_takes_text(&c->overlay)) {
		console_flash(c, false,
		    c->overlay.kind == OVERLAY_NONE ? "a paste at a list is ignored"
						    : "a paste is no answer: type it");
		return;
	}
	for (size_t i = 0; k->text && i < n; i++) {
		if ((unsigned char)k->text[i] < 32 || k->text[i] == 127)
			n = 0;
	}
	if (!n || n >= sizeof(c->overlay.input) || !utf8_valid(k->text, n)) {
		console_flash(c, true, "the paste is refused: it is not one line of plain text");
		return;
	}
	for (const char *p = k->text; p < k->text + k->len;) {
		char name[KEY_NAME] = "";
		uint32_t ch;
		size_t len = utf8_decode(p, (size_t)(k->text + k->len - p), &ch);

		memcpy(name, p, len);
		keys_press(c, ch == ' ' ? "space" : name, true);
		p += len;
	}
}

bool
pointer_press(struct console *c, const struct key *k)
{
	bool up = str_eq(k->name, KEY_WHEEL_UP_NAME);

	if (str_eq(k->name, KEY_PASTE_NAME)) {
		paste(c, k);
	} else if (up || str_eq(k->name, KEY_WHEEL_DOWN_NAME)) {
		for (int i = 0; i < WHEEL_ROWS; i++)
			press_move(c, up ? "up" : "down");
	} else if (str_eq(k->name, KEY_CLICK_NAME) || str_eq(k->name, KEY_CLICK_2_NAME)) {
		click(c, k, str_eq(k->name, KEY_CLICK_2_NAME));
	} else if (str_eq(k->name, KEY_DRAG_NAME)) {
		if (!c->dragged)
			console_flash(c, false, "Shift-drag selects, M frees the mouse");
		c->dragged = true;
	} else {
		return false;
	}
	return true;
}
