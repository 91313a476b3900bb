/* Cells of libvterm's as ours, which hold only what may be printed, and back. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/canvas.h"
#include "tui/pane_inner.h"

#include <string.h>

#define WIDE_KNOWN 0x16fe0 /* up to here libvterm has two columns for whatever has two */

static uint16_t
colour_of(const VTermColor *c, bool own)
{
	if (own)
		return 0;
	if (VTERM_COLOR_IS_INDEXED(c))
		return (uint16_t)(c->indexed.idx + 1);
	return tone_of_rgb(c->rgb.red, c->rgb.green, c->rgb.blue);
}

static struct tone
tone_of(const VTermScreenCell *from)
{
	struct tone t = { .fg = colour_of(&from->fg, VTERM_COLOR_IS_DEFAULT_FG(&from->fg)),
		.bg = colour_of(&from->bg, VTERM_COLOR_IS_DEFAULT_BG(&from->bg)) };

	t.attr = (uint8_t)((from->attrs.bold ? TONE_BOLD : 0) |
			   (from->attrs.underline ? TONE_UNDERLINE : 0) |
			   (from->attrs.reverse ? TONE_REVERSE : 0) |
			   (from->attrs.italic ? TONE_ITALIC : 0));
	return t;
}

/* Append a character if it may be printed as it is. */
static bool
add_safe(struct buf *to, uint32_t c)
{
	autobuf raw = BUF_INIT(8), clean = BUF_INIT(64);

	if (c >= 0x20 && c < 0x7f)
		return buf_addc(to, (char)c);
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	utf8_encode(&raw, c);
	utf8_clean_line(&clean, buf_text(&raw), raw.len);
	if (clean.len != raw.len || memcmp(clean.data, raw.data, raw.len) != 0)
		return false;
	return to->len + raw.len <= to->max && buf_add(to, raw.data, raw.len);
}

static bool
is_hidden(const VTermScreenCell *from)
{
#if VTERM_VERSION_MINOR >= 2
	return from->attrs.conceal;
#else
	(void)from;
	return false;
#endif
}

/* The cell as it may be shown: of the width that our table says, else a question mark. */
static void
take_cell(const VTermScreenCell *from, struct cell *to)
{
	autobuf text = BUF_INIT(sizeof(to->text) - 1);
	uint32_t base = from->chars[0];

	*to = (struct cell){ .text = " ", .style = STYLE_PANE, .width = 1, .tone = tone_of(from) };
	if (base == 0) /* erased: in the colour behind, and with no look of the pen's */
		to->tone = (struct tone){ .bg = to->tone.bg };
	if (base == 0 || base == (uint32_t)-1 || is_hidden(from))
		return;
	if (base < 0x7f && !from->chars[1]) { /* most of them */
		to->text[0] = base < 0x20 ? '?' : (char)base;
		return;
	}
	int width = utf8_width(base);
	if (width > from->width && base < WIDE_KNOWN)
		return; /* half of it was written over */
	to->text[0] = '?';
	if (width < 1 || width > from->width || !add_safe(&text, base))
		return;
	for (int i = 1; i < VTERM_MAX_CHARS_PER_CELL && from->chars[i]; i++) {
		if (utf8_width(from->chars[i]) == 0)
			add_safe(&text, from->chars[i]);
	}
	to->width = (uint8_t)width;
	memcpy(to->text, text.data, text.len);
	to->text[text.len] = '\0';
}

void
pane_take_row(const VTermScreenCell *from, int count, struct cell *to, int cols)
{
	for (int i = 0; i < cols; i++) {
		if (i < count)
			take_cell(&from[i], &to[i]);
		else
			to[i] = (struct cell){ .text = " ", .style = STYLE_PANE, .width = 1 };
		if (to[i].width < 2)
			continue;
		if (i + 1 == cols) {
			to[i] = (struct cell){
				.text = " ", .style = STYLE_PANE, .width = 1, .tone = to[i].tone
			};
		} else {
			to[i + 1] = (struct cell){ .style = STYLE_PANE, .tone = to[i].tone };
			i++;
		}
	}
}

static void
give_colour(VTermColor *to, uint16_t colour, VTermColorType own)
{
	*to = (VTermColor){ 0 };
	vterm_color_indexed(to, colour ? (uint8_t)(colour - 1) : 0);
	if (!colour)
		to->type |= (uint8_t)own;
}

void
pane_give_cell(const struct cell *from, VTermScreenCell *to)
{
	size_t len = strlen(from->text), at = 0;

	*to = (VTermScreenCell){ .width = from->width == 2 ? 2 : 1 };
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && at < len; i++) {
		size_t n = utf8_decode(from->text + at, len - at, &to->chars[i]);

		at += n ? n : len;
	}
	if (from->width == 0)
		to->chars[0] = (uint32_t)-1;
	to->attrs.bold = (from->tone.attr & TONE_BOLD) != 0;
	to->attrs.underline = (from->tone.attr & TONE_UNDERLINE) != 0;
	to->attrs.reverse = (from->tone.attr & TONE_REVERSE) != 0;
	to->attrs.italic = (from->tone.attr & TONE_ITALIC) != 0;
	give_colour(&to->fg, from->tone.fg, VTERM_COLOR_DEFAULT_FG);
	give_colour(&to->bg, from->tone.bg, VTERM_COLOR_DEFAULT_BG);
}
