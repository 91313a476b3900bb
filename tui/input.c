#include "tui/input.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESC_MS      25   /* an escape that stays alone is the key */
#define SEQUENCE_MS 500  /* one that has begun may come in parts */
#define PASTE_MS    5000 /* its end was lost */
#define DOUBLE_MS   400
#define SEQUENCE    64 /* the longest there are; more is no sequence */

struct input {
	struct buf bytes, paste;
	int64_t since_ms; /* when the last bytes came */
	bool pasting;
	int down_row, down_col; /* where the button went down; -1: it is up */
	int click_row, click_col;
	int64_t click_ms;
};

struct input *
input_new(void)
{
	struct input *in = xcalloc(1, sizeof(*in));

	buf_init(&in->bytes, SIZE_MAX);
	buf_init(&in->paste, INPUT_PASTE_MAX);
	in->down_row = in->click_row = -1;
	return in;
}

void
input_free(struct input *in)
{
	if (!in)
		return;
	buf_fini(&in->bytes);
	buf_fini(&in->paste);
	free(in);
}

void
input_add(struct input *in, const char *bytes, size_t len, int64_t now_ms)
{
	buf_add(&in->bytes, bytes, len);
	in->since_ms = now_ms;
}

void
input_flush(struct input *in)
{
	buf_clear(&in->bytes);
	buf_clear(&in->paste);
	in->pasting = false;
	in->down_row = -1;
}

static bool
named(struct key *ret, const char *name)
{
	*ret = (struct key){ 0 };
	str_copy(ret->name, sizeof(ret->name), name);
	return true;
}

static bool
control(unsigned char code, struct key *ret)
{
	char name[KEY_NAME] = "ctrl-?";

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
	name[5] = (char)(code <= 26 ? code + 'a' - 1 : code + '@');
	return named(ret, name);
}

/* "\033[A" and "\033OA"; with modifiers "\033[1;5A". */
static const char *
letter_name(char final)
{
	static const struct {
		char final;
		const char *name;
	} names[] = {
		{ 'A', "up" },
		{ 'B', "down" },
		{ 'C', "right" },
		{ 'D', "left" },
		{ 'H', "home" },
		{ 'F', "end" },
		{ 'P', "f1" },
		{ 'Q', "f2" },
		{ 'R', "f3" },
		{ 'S', "f4" },
		{ 'Z', "shift-tab" },
	};

	for (size_t i = 0; i < countof(names); i++) {
		if (names[i].final == final)
			return names[i].name;
	}
	return NULL;
}

/* "\033[5~". */
static const char *
number_name(int n)
{
	static const char *const names[] = { [1] = "home",
		[2] = "insert",
		[3] = "delete",
		[4] = "end",
		[5] = "page-up",
		[6] = "page-down",
		[7] = "home",
		[8] = "end",
		[11] = "f1",
		[12] = "f2",
		[13] = "f3",
		[14] = "f4",
		[15] = "f5",
		[17] = "f6",
		[18] = "f7",
		[19] = "f8",
		[20] = "f9",
		[21] = "f10",
		[23] = "f11",
		[24] = "f12" };

	return n > 0 && (size_t)n < countof(names) ? names[n] : NULL;
}

static bool
modified(const char *name, int modifier, struct key *ret)
{
	int bits = modifier > 1 ? modifier - 1 : 0;

	if (!name)
		return false;
	named(ret, "");
	snprintf(ret->name, sizeof(ret->name), "%s%s%s%.10s", bits & 4 ? "ctrl-" : "",
	    bits & 2 ? "alt-" : "", bits & 1 && !(bits & 6) ? "shift-" : "", name);
	return true;
}

/* The button went up: was it a click, the second of two, or was something dragged? */
static bool
released(struct input *in, int row, int col, int64_t now_ms, struct key *ret)
{
	bool still = in->down_row == row && in->down_col == col;
	bool twice = still && in->click_row == row && in->click_col == col &&
		     now_ms - in->click_ms <= DOUBLE_MS;

	if (in->down_row < 0)
		return false;
	named(ret, twice ? KEY_CLICK_2_NAME : still ? KEY_CLICK_NAME : KEY_DRAG_NAME);
	in->down_row = -1;
	in->click_row = still && !twice ? row : -1;
	in->click_col = col;
	in->click_ms = now_ms;
	return true;
}

/* A button went down or up at a cell, from 1, or the wheel turned. */
static bool
mouse(struct input *in, const int *arg, bool down, int64_t now_ms, struct key *ret)
{
	int button = arg[0] & ~28, row = arg[2] - 1, col = arg[1] - 1; /* without modifiers */

	if (row < 0 || col < 0)
		return false;
	if (button == 0 && down) {
		in->down_row = row;
		in->down_col = col;
		return false;
	}
	if (button == 64 || button == 65)
		named(ret, button == 64 ? KEY_WHEEL_UP_NAME : KEY_WHEEL_DOWN_NAME);
	else if (button != 0 || !released(in, row, col, now_ms, ret))
		return false;
	ret->row = row;
	ret->col = col;
	return true;
}

/* "\033[M" and three bytes, of terminals that know no other way. */
static bool
old_mouse(struct input *in, const char *p, int64_t now_ms, struct key *ret)
{
	int b = (unsigned char)p[3] - 32;
	const int arg[] = { (b & 3) == 3 && !(b & 64) ? 0 : b, (unsigned char)p[4] - 32,
		(unsigned char)p[5] - 32 };

	return mouse(in, arg, (b & 3) != 3 || (b & 64), now_ms, ret);
}

/* The parameters of a sequence; what is left out is 0. */
static void
arguments(const char *p, const char *end, int arg[4])
{
	int n = 0;

	memset(arg, 0, 4 * sizeof(*arg));
	for (; p < end && n < 4; p++) {
		if (*p >= '0' && *p <= '9')
			arg[n] = arg[n] < 100000 ? arg[n] * 10 + (*p - '0') : arg[n];
		else if (*p == ';')
			n++;
	}
}

/* "\033[" parameters final, all there, of len bytes. */
static bool
sequence(struct input *in, const char *p, size_t len, int64_t now_ms, struct key *ret)
{
	char final = p[len - 1];
	int arg[4];

	arguments(p + 2, p + len - 1, arg);
	if (p[2] == '<' && (final == 'M' || final == 'm'))
		return mouse(in, arg, final == 'M', now_ms, ret);
	if (p[2] == 'M')
		return old_mouse(in, p, now_ms, ret);
	if (p[2] == '?' && final == 'y' && p[len - 2] == '$') {
		named(ret, KEY_REPORT_NAME);
		ret->row = arg[0];
		ret->col = arg[1];
		return true;
	}
	if (p[2] < '0' && len > 3)
		return false;
	if (p[2] > ';' && len > 3 && p[2] != '[')
		return false; /* an answer of the terminal's */
	if (p[2] == '[')      /* F1 to F5 of the Linux console: "\033[[A" */
		return final >= 'A' && final <= 'E' &&
		       modified(number_name(11 + final - 'A'), 0, ret);
	if (final != '~')
		return modified(letter_name(final), arg[1], ret);
	if (arg[0] == 200) {
		in->pasting = true;
		buf_clear(&in->paste);
		in->paste.dropped = 0;
	}
	return modified(number_name(arg[0]), arg[1], ret);
}

/* The length of the sequence at p: 0 while it is not all there, SIZE_MAX when it is none. */
static size_t
sequence_length(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return 0;
	if (p[1] == 'O') {
		while (i < n && i < 4 && p[i] >= '0' && p[i] <= '9')
			i++;
		return i < n ? i + 1 : 0;
	}
	if (p[1] != '[')
		return SIZE_MAX;
	if (n > 2 && p[2] == '[')
		return n < 4 ? 0 : 4;
	if (n > 2 && p[2] == 'M')
		return n < 6 ? 0 : 6;
	while (i < n && p[i] >= 0x20 && p[i] <= 0x3f)
		i++;
	if (i >= SEQUENCE)
		return SIZE_MAX;
	return i < n ? i + 1 : 0;
}

/* One character that begins no sequence. */
static bool
character(struct input *in, struct key *ret)
{
	const char *p = in->bytes.data;
	unsigned char first = (unsigned char)*p;
	uint32_t c = first;
	size_t len = utf8_decode(p, in->bytes.len, &c);
	bool good = len && !(c >= 0x80 && c < 0xa0);

	if (first < 32 || first == 127) {
		control(first, ret);
	} else if (good) {
		named(ret, "");
		memcpy(ret->name, p, len);
		ret->printable = true;
		if (c == ' ')
			str_copy(ret->name, sizeof(ret->name), "space");
	}
	buf_drop(&in->bytes, len ? len : 1);
	return good;
}

/* Up to the end of the paste; true when it is there. */
static bool
paste(struct input *in, bool late, struct key *ret)
{
	static const char mark[] = "\033[201~";
	size_t n = in->bytes.len, keep = 0;
	const char *end = n ? memmem(in->bytes.data, n, mark, sizeof(mark) - 1) : NULL;

	if (end) {
		n = (size_t)(end - in->bytes.data);
	} else { /* what may be the beginning of the mark stays */
		for (keep = n < sizeof(mark) - 2 ? n : sizeof(mark) - 2; keep; keep--) {
			if (memcmp(in->bytes.data + n - keep, mark, keep) == 0)
				break;
		}
		n -= keep;
	}
	if (n)
		buf_add(&in->paste, in->bytes.data, n);
	buf_drop(&in->bytes, end ? n + sizeof(mark) - 1 : n);
	if (!end && !late)
		return false;
	in->pasting = false;
	named(ret, KEY_PASTE_NAME);
	ret->text = end && !in->paste.dropped ? buf_text(&in->paste) : NULL;
	ret->len = ret->text ? in->paste.len : 0;
	return true;
}

static int
patience(const struct input *in)
{
	if (in->pasting)
		return PASTE_MS;
	return in->bytes.len > 1 ? SEQUENCE_MS : ESC_MS;
}

/* A character whose bytes are not all there. */
static bool
half_character(const struct input *in)
{
	return (in->bytes.data[0] & 0x80) && utf8_whole(in->bytes.data, in->bytes.len) == 0;
}

/* What stands first in the bytes is decided: a key or nothing. False: it waits for more. */
static bool
step(struct input *in, bool late, int64_t now_ms, struct key *ret, bool *ret_key)
{
	const char *p = in->bytes.data;

	*ret_key = false;
	if (*p != '\033') {
		if (half_character(in) && !late)
			return false;
		*ret_key = character(in, ret);
		return true;
	}
	size_t len = sequence_length(p, in->bytes.len);

	if (len == 0 && !late)
		return false;
	if (len == SIZE_MAX || in->bytes.len == 1) {
		*ret_key = character(in, ret); /* escape itself */
		return true;
	}
	if (len == 0) /* the rest never came: none of it is a key */
		len = in->bytes.len;
	else if (p[1] == 'O')
		*ret_key = modified(p[len - 1] == 'M' ? "enter" : letter_name(p[len - 1]), 0, ret);
	else if (p[1] == '[')
		*ret_key = sequence(in, p, len, now_ms, ret);
	buf_drop(&in->bytes, len);
	return true;
}

bool
input_next(struct input *in, int64_t now_ms, struct key *ret)
{
	bool key;

	while (in->bytes.len || in->pasting) {
		bool late = now_ms - in->since_ms >= patience(in);

		if (in->pasting) {
			if (paste(in, late, ret))
				return true;
			break;
		}
		if (!step(in, late, now_ms, ret, &key))
			break;
		if (key)
			return true;
	}
	return false;
}

int
input_wait(const struct input *in, int64_t now_ms)
{
	if (!in->bytes.len && !in->pasting)
		return -1;
	int64_t left = in->since_ms + patience(in) - now_ms;
	return left > 0 ? (int)left : 0;
}
