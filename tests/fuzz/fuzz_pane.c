/* Any bytes of a host, in parts, between changes of size and keys: cells may always be printed, rows are always
 * whole, what is answered is numbers, and memory has its ceiling. */
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/canvas.h"
#include "tui/pane.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COLS 60

static bool
hides(uint32_t c)
{
	return (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static void
on_send(void *user, const void *bytes, size_t len, bool answer)
{
	const char *p = bytes;

	(void)user;
	for (size_t i = 0; answer && i < len; i++) {
		if (!memchr("\033[?>;:0123456789cnRyPrmqs$\"\\ ", p[i], 29))
			mem_abort("an answer holds what is no part of one");
	}
}

static void
check_row(const struct cell *cells)
{
	int col = 0;

	while (col < COLS) {
		const char *text = cells[col].text;
		uint32_t c;

		if (cells[col].width < 1 || cells[col].width > 2)
			mem_abort("a row of broken cells");
		for (size_t n; *text; text += n) {
			n = utf8_decode(text, strlen(text), &c);
			if (!n || c < 0x20 || hides(c))
				mem_abort("a cell that may not be printed");
			if (text == cells[col].text && utf8_width(c) != cells[col].width)
				mem_abort("a cell of another width");
		}
		if (text == cells[col].text)
			mem_abort("an empty cell");
		col += cells[col].width;
	}
	if (col != COLS)
		mem_abort("a character over the edge");
}

static void
check(struct pane *p)
{
	struct pane_state s;
	struct cell cells[COLS];

	pane_get(p, &s);
	if (s.cursor_row < 0 || s.cursor_row >= s.rows || s.cursor_col < 0 ||
	    s.cursor_col >= s.cols || s.top - s.first > PANE_LINES)
		mem_abort("a pane beside itself");
	for (int64_t line = s.top - 3; line < s.top + s.rows + 1; line++) {
		pane_line(p, line, cells, COLS);
		check_row(cells);
	}
	if (pane_memory(p) > (size_t)4 << 20)
		mem_abort("a pane without a ceiling");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "up", "enter", "ctrl-c", "f5", "alt-left", "a" };
	struct pane *p = pane_new(&(struct pane_config){ .rows = 10, .cols = 30, .send = on_send });

	size = size > 20000 ? 20000 : size;
	for (size_t i = 0; i + 1 < size;) {
		uint8_t what = data[i++];
		size_t n = data[i++];

		if (what == 0xf8) {
			pane_resize(p, (int)(n >> 4) + 1, (int)(n & 15) * 5 + 1);
			check(p);
		} else if (what == 0xf9) {
			pane_key(p, keys[n % 6], n % 6 == 5);
		} else if (what == 0xfa) {
			pane_mouse(p, (int)(n >> 4), (int)(n & 15), (enum pane_button)(n % 3));
		} else if (what == 0xfb) {
			pane_renew(p, "again");
		} else {
			i -= 2;
			n = size - i < 256 ? size - i : 256;
			for (size_t k = 1; k < n; k++) {
				if (data[i + k] >= 0xf8 && data[i + k] <= 0xfb)
					n = k;
			}
			pane_feed(p, data + i, n);
			i += n;
		}
	}
	check(p);
	autofree char *text = pane_text(p, 0, INT64_MAX, 10000);
	if (strlen(text) > 10000)
		mem_abort("a text beyond its ceiling");
	pane_free(p);
	return 0;
}
