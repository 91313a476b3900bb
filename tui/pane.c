#include "tui/pane.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/answer.h"
#include "tui/canvas.h"
#include "tui/pane_inner.h"
#include "tui/scrollback.h"

#include <string.h>

#define ANSWERS_MAX 4096 /* to what came at once: a flood of questions is not answered in full */
#define CHUNK       ((size_t)4096)
#define SIZE_MOST   1000 /* of rows, of columns */
#define LEAST_ROWS  2
#define LEAST_COLS  8
#define CELL_BYTES  40 /* of libvterm's, of which it has two screens */

static int
on_pushed(int cols, const VTermScreenCell *cells, void *user)
{
	struct pane *p = user;
	autofree struct cell *row = xcalloc((size_t)cols + 1, sizeof(*row));

	pane_take_row(cells, cols, row, cols);
	scrollback_push(p->lines, row, cols);
	return 1;
}

static int
on_popped(int cols, VTermScreenCell *cells, void *user)
{
	struct pane *p = user;
	autofree struct cell *row = xcalloc((size_t)cols + 1, sizeof(*row));

	if (!scrollback_pop(p->lines, row, cols))
		return 0;
	for (int i = 0; i < cols; i++)
		pane_give_cell(&row[i], &cells[i]);
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

void
pane_send(const struct pane *p, const void *bytes, size_t len)
{
	p->send(p->user, bytes, len, false);
}

static void
on_output(const char *bytes, size_t len, void *user)
{
	struct pane *p = user;

	if (p->feeding)
		buf_add(&p->answers, bytes, len);
	else if (len)
		pane_send(p, bytes, len);
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

	p->send = config->send;
	p->user = config->user;
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
		p->send(p->user, safe.data, safe.len, true);
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
	pane_take_row(from, count, cells, cols);
}

size_t
pane_memory(const struct pane *p)
{
	return scrollback_memory(p->lines) +
	       (size_t)2 * (size_t)p->rows * (size_t)p->cols * CELL_BYTES;
}
