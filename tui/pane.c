#include "tui/pane.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/answer.h"
#include "tui/canvas.h"
#include "tui/rinse.h"
#include "tui/scrollback.h"

#include <string.h>
#include <vterm.h>

#define ANSWERS_MAX 4096 /* to what came at once: a flood of questions is not answered in full */
#define CHUNK       ((size_t)4096)
#define SIZE_MOST   1000 /* of rows, of columns */
#define LEAST_ROWS  2
#define LEAST_COLS  8
#define WIDE_KNOWN  0x16fe0 /* up to here libvterm has two columns for whatever has two */
#define CELL_BYTES  40      /* of libvterm's, of which it has two screens */

struct pane {
	VTerm *vt;
	VTermScreen *screen;
	struct pane_config config;
	struct scrollback *lines;
	struct rinse rinse;
	int rows, cols;
	int cursor_row, cursor_col;
	bool cursor, alternate, mouse;
	bool feeding;       /* what comes out now is an answer */
	struct buf answers; /* as libvterm gave them */
	uint64_t changes, bells;
};

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

/* A row of libvterm's. What stands right of a wide character is no cell. */
static void
take_row(const VTermScreenCell *from, int count, struct cell *to, int cols)
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

static int
on_pushed(int cols, const VTermScreenCell *cells, void *user)
{
	struct pane *p = user;
	autofree struct cell *row = xcalloc((size_t)cols + 1, sizeof(*row));

	take_row(cells, cols, row, cols);
	scrollback_push(p->lines, row, cols);
	return 1;
}

static void
give_colour(VTermColor *to, uint16_t colour, VTermColorType own)
{
	*to = (VTermColor){ 0 };
	vterm_color_indexed(to, colour ? (uint8_t)(colour - 1) : 0);
	if (!colour)
		to->type |= (uint8_t)own;
}

static void
give_cell(const struct cell *from, VTermScreenCell *to)
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

static int
on_popped(int cols, VTermScreenCell *cells, void *user)
{
	struct pane *p = user;
	autofree struct cell *row = xcalloc((size_t)cols + 1, sizeof(*row));

	if (!scrollback_pop(p->lines, row, cols))
		return 0;
	for (int i = 0; i < cols; i++)
		give_cell(&row[i], &cells[i]);
	return 1;
}

static int
on_cursor(VTermPos pos, VTermPos old, int visible, void *user)
{
	struct pane *p = user;

	(void)old, (void)visible;
	p->cursor_row = pos.row;
	p->cursor_col = pos.col;
	return 1;
}

/* Titles and icon names are not looked at: nobody could say whose words they are. */
static int
on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct pane *p = user;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		p->cursor = value->boolean;
	else if (prop == VTERM_PROP_ALTSCREEN)
		p->alternate = value->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		p->mouse = value->number != VTERM_PROP_MOUSE_NONE;
	return 1;
}

static int
on_bell(void *user)
{
	((struct pane *)user)->bells++;
	return 1;
}

#if VTERM_VERSION_MINOR >= 3
static int
on_cleared(void *user)
{
	scrollback_clear(((struct pane *)user)->lines);
	return 1;
}
#endif

static const VTermScreenCallbacks callbacks = {
	.movecursor = on_cursor,
	.settermprop = on_property,
	.bell = on_bell,
	.sb_pushline = on_pushed,
	.sb_popline = on_popped,
#if VTERM_VERSION_MINOR >= 3
	.sb_clear = on_cleared,
#endif
};

static void
on_output(const char *bytes, size_t len, void *user)
{
	struct pane *p = user;

	if (p->feeding)
		buf_add(&p->answers, bytes, len);
	else if (len)
		p->config.send(p->config.user, bytes, len, false);
}

/* libvterm has nowhere to put a wide character in a single column, or in two that count as one. */
static int
within(int n, int least)
{
	return n < least ? least : n > SIZE_MOST ? SIZE_MOST : n;
}

struct pane *
pane_new(const struct pane_config *config)
{
	struct pane *p = xcalloc(1, sizeof(*p));

	p->config = *config;
	p->rows = within(config->rows, LEAST_ROWS);
	p->cols = within(config->cols, LEAST_COLS);
	p->cursor = true;
	p->lines = scrollback_new(PANE_LINES, PANE_BYTES);
	buf_init(&p->answers, ANSWERS_MAX);
	p->vt = vterm_new(p->rows, p->cols);
	vterm_set_utf8(p->vt, 1);
	vterm_output_set_callback(p->vt, on_output, p);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_set_callbacks(p->screen, &callbacks, p);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_set_damage_merge(p->screen, VTERM_DAMAGE_SCROLL);
	vterm_screen_reset(p->screen, 1);
	return p;
}

void
pane_free(struct pane *p)
{
	if (!p)
		return;
	vterm_free(p->vt);
	scrollback_free(p->lines);
	buf_fini(&p->answers);
	free(p);
}

static void
drain(struct pane *p, struct buf *to)
{
	vterm_input_write(p->vt, to->data, to->len);
	buf_clear(to);
}

static void
on_where(void *user, struct buf *to, int *ret_row, int *ret_col)
{
	struct pane *p = user;
	VTermPos at;

	drain(p, to);
	vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &at);
	*ret_row = at.row;
	*ret_col = at.col;
}

static void
add_colour(const VTermState *s, VTermAttr which, int number, struct buf *to)
{
	VTermValue v;

	vterm_state_get_penattr(s, which, &v);
	if (VTERM_COLOR_IS_DEFAULT_FG(&v.color) || VTERM_COLOR_IS_DEFAULT_BG(&v.color))
		return;
	if (VTERM_COLOR_IS_INDEXED(&v.color))
		buf_addf(to, ";%d;5;%d", number, v.color.indexed.idx);
	else
		buf_addf(to, ";%d;2;%d;%d;%d", number, v.color.rgb.red, v.color.rgb.green,
		    v.color.rgb.blue);
}

static void
on_pen(void *user, struct buf *to)
{
	static const struct {
		VTermAttr attr;
		const char *word;
	} looks[] = { { VTERM_ATTR_BOLD, ";1" }, { VTERM_ATTR_ITALIC, ";3" },
		{ VTERM_ATTR_BLINK, ";5" }, { VTERM_ATTR_REVERSE, ";7" },
		{ VTERM_ATTR_STRIKE, ";9" } };
	const VTermState *s = vterm_obtain_state(((struct pane *)user)->vt);
	VTermValue v;

	buf_adds(to, "\033[0");
	for (size_t i = 0; i < countof(looks); i++) {
		vterm_state_get_penattr(s, looks[i].attr, &v);
		if (v.boolean)
			buf_adds(to, looks[i].word);
	}
	vterm_state_get_penattr(s, VTERM_ATTR_UNDERLINE, &v);
	if (v.number)
		buf_adds(to, ";4");
	add_colour(s, VTERM_ATTR_FOREGROUND, 38, to);
	add_colour(s, VTERM_ATTR_BACKGROUND, 48, to);
	buf_addc(to, 'm');
}

void
pane_feed(struct pane *p, const void *bytes, size_t len)
{
	autobuf safe = BUF_INIT(ANSWERS_MAX), clean = BUF_INIT(SIZE_MAX);
	const struct mend_terminal behind = {
		.user = p, .rows = p->rows, .cols = p->cols, .cursor = on_where, .pen = on_pen
	};

	p->feeding = true;
	for (size_t at = 0; at < len; at += CHUNK) {
		rinse_add(&p->rinse, &behind, (const char *)bytes + at,
		    len - at < CHUNK ? len - at : CHUNK, &clean);
		drain(p, &clean);
	}
	vterm_screen_flush_damage(p->screen);
	p->feeding = false;
	p->changes++;
	answer_filter(&safe, buf_text(&p->answers), p->answers.len);
	buf_clear(&p->answers);
	p->answers.dropped = 0;
	if (safe.len)
		p->config.send(p->config.user, safe.data, safe.len, true);
}

void
pane_resize(struct pane *p, int rows, int cols)
{
	static const char home[] = "\030\033[?6l\033[H";
	static const char whole[] =
	    "\0337\033[r\0338"; /* keeps the cursor: what is kept is tui/mend's */

	if (within(rows, LEAST_ROWS) == p->rows && within(cols, LEAST_COLS) == p->cols)
		return;
	p->rows = within(rows, LEAST_ROWS);
	p->cols = within(cols, LEAST_COLS);
	p->feeding = true; /* nobody typed anything */
	/* A region is of the old size: libvterm scrolls beyond its rows when they are fewer. */
	if (p->rinse.mend.top || p->rinse.mend.bottom)
		vterm_input_write(p->vt, whole, sizeof(whole) - 1);
	p->rinse.mend.top = p->rinse.mend.bottom = 0;
	vterm_set_size(p->vt, p->rows, p->cols);
	VTermPos at;
	vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &at);
	if (at.row < 0 || at.row >= p->rows ||
	    at.col < 0) { /* a shrinking screen can leave it behind */
		vterm_input_write(p->vt, home, sizeof(home) - 1);
		p->rinse.mend.origin = false;
	}
	vterm_screen_flush_damage(p->screen);
	p->feeding = false;
	buf_clear(&p->answers);
	p->changes++;
}

void
pane_renew(struct pane *p, const char *text)
{
	static const char modes[] = "\030\033[!p\033[?1000l\033[?1002l\033[?1003l"
				    "\033[?1006l\033[?2004l\033[?1004l\033[?5l\033[?25h\033[0m"
				    "\033(B\017";
	autobuf b = BUF_INIT(2048);

	if (p->alternate) /* of the other screen it would move the cursor to where none was left */
		buf_adds(&b, "\030\033[?1049l");
	buf_adds(&b, modes);
	buf_adds(&b, "\r\n\033[2m");
	utf8_clean_line(&b, text, strlen(text));
	buf_adds(&b, "\033[0m\r\n");
	pane_feed(p, b.data, b.len);
}

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
	p->config.send(p->config.user, &c, 1, false);
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

		p->config.send(p->config.user, text, strlen(text), false);
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
		p->config.send(p->config.user, b.data, b.len, false);
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

void
pane_get(const struct pane *p, struct pane_state *ret)
{
	int64_t first = (int64_t)scrollback_forgotten(p->lines);
	int row = p->cursor_row < 0 ? 0 : p->cursor_row,
	    col = p->cursor_col < 0 ? 0 : p->cursor_col;

	*ret = (struct pane_state){ .rows = p->rows,
		.cols = p->cols,
		.cursor_row = row < p->rows ? row : p->rows - 1,
		.cursor_col = col < p->cols ? col : p->cols - 1,
		.cursor = p->cursor,
		.alternate = p->alternate,
		.mouse = p->mouse,
		.changes = p->changes,
		.bells = p->bells,
		.first = first,
		.top = first + (int64_t)scrollback_count(p->lines) };
}

void
pane_line(const struct pane *p, int64_t line, struct cell *cells, int cols)
{
	struct pane_state s;

	pane_get(p, &s);
	if (line < s.top || line >= s.top + s.rows) {
		/* A line there is not has no place either, and is blank. */
		scrollback_get(
		    p->lines, line < s.first ? SIZE_MAX : (size_t)(line - s.first), cells, cols);
		return;
	}
	int count = cols < p->cols ? cols : p->cols;
	autofree VTermScreenCell *from = xcalloc((size_t)count + 1, sizeof(*from));
	for (int i = 0; i < count; i++)
		vterm_screen_get_cell(
		    p->screen, (VTermPos){ .row = (int)(line - s.top), .col = i }, &from[i]);
	take_row(from, count, cells, cols);
}

size_t
pane_memory(const struct pane *p)
{
	return scrollback_memory(p->lines) +
	       (size_t)2 * (size_t)p->rows * (size_t)p->cols * CELL_BYTES;
}
