#include "tui/mend.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define PARAMS_MOST 32
#define PARAM_MOST  9999
#define DIGITS_MOST 5
#define ARGS_MOST   15 /* that libvterm is given of one sequence: it has room for 16 */

struct params {
	char leader;            /* of < = > ?; 0: none */
	bool odd;               /* it has other bytes than digits and ; */
	size_t count;           /* 0: there is none at all */
	int value[PARAMS_MOST]; /* -1: left out */
};

static void
read_params(const char *p, size_t n, struct params *ret)
{
	*ret = (struct params){ .count = n ? 1 : 0, .value = { -1 } };
	for (size_t i = 0; i < n; i++) {
		int *v = &ret->value[ret->count ? ret->count - 1 : 0];

		if (i == 0 && strchr("<=>?", p[0])) {
			ret->leader = p[0];
			ret->count = n > 1;
		} else if (p[i] == ';' && ret->count < PARAMS_MOST) {
			ret->value[ret->count++] = -1;
		} else if (p[i] >= '0' && p[i] <= '9') {
			*v = (*v < 0 ? 0 : *v) * 10 + (p[i] - '0');
			*v = *v > PARAM_MOST ? PARAM_MOST : *v;
		} else {
			ret->odd = true;
		}
	}
}

/* libvterm writes beyond its room for more parameters than it has, and numbers come round to small ones. */
static void
pass(const char *p, size_t n, char final, struct buf *to)
{
	size_t count = 1, digits = 0;

	buf_adds(to, "\033[");
	for (size_t i = 0; i < n; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		digits = digit ? digits + 1 : 0;
		count += p[i] == ';' || p[i] == ':';
		if (digits <= DIGITS_MOST && (count <= ARGS_MOST || p[i] < '0'))
			buf_addc(to, p[i]);
	}
	buf_addc(to, final);
}

static void
forget_modes(struct mend *m)
{
	bool other = m->other;

	*m = (struct mend){ .other = other };
}

static void
keep(struct mend *m, const struct mend_terminal *t, struct buf *to)
{
	struct mend_kept *k = &m->kept[m->other];
	autobuf pen = BUF_INIT(MEND_PEN - 1);

	*k = (struct mend_kept){ .there = true, .origin = m->origin, .shifted = m->shifted };
	t->cursor(t->user, to, &k->row, &k->col);
	t->pen(t->user, &pen);
	str_copy(k->pen, sizeof(k->pen), buf_text(&pen));
	memcpy(k->sets, m->sets, sizeof(k->sets));
}

/* What was never kept is the place and the look that there were at the beginning. */
static void
restore(struct mend *m, struct buf *to)
{
	const struct mend_kept *k = &m->kept[m->other];
	bool origin = k->there && k->origin;
	int row = k->row - (origin ? m->top : 0);

	m->origin = origin;
	m->shifted = k->shifted;
	memcpy(m->sets, k->sets, sizeof(m->sets));
	buf_adds(to, origin ? "\033[?6h" : "\033[?6l");
	buf_addf(to, "\033[%d;%dH\033[m%s", row < 0 ? 1 : row + 1, k->col + 1, k->pen);
	buf_addf(to, "\033(%c\033)%c%c", m->sets[0] ? m->sets[0] : 'B',
	    m->sets[1] ? m->sets[1] : 'B', m->shifted ? '\016' : '\017');
}

void
mend_escape(struct mend *m, const struct mend_terminal *t, const char *p, size_t n, struct buf *to)
{
	autobuf pen = BUF_INIT(MEND_PEN - 1);
	int row, col;

	if (n == 1 && p[0] == '7') {
		keep(m, t, to);
		return;
	}
	if (n == 1 && p[0] == '8') {
		restore(m, to);
		return;
	}
	if (n == 1 && p[0] == 'c')
		*m = (struct mend){ 0 };
	if (n == 2 && (p[0] == '(' || p[0] == ')') && p[1] > ' ' && p[1] < 0x7f)
		m->sets[p[0] == ')'] = p[1];
	if (n == 2 && p[0] == '#' && p[1] == '8') { /* in no colour, whatever the pen's is */
		t->cursor(t->user, to, &row, &col);
		t->pen(t->user, &pen);
		buf_adds(to, "\033[m");
	}
	buf_addc(to, '\033');
	buf_add(to, p, n);
	buf_add(to, pen.data, pen.len);
}

/* One of DEC's modes. */
static void
set_mode(struct mend *m, const struct mend_terminal *t, int mode, bool on, struct buf *to)
{
	if (mode == 1049 && on) {
		keep(m, t, to);
	} else if (mode == 1049) {
		buf_adds(to, "\033[?1047l");
		m->other = false;
		restore(m, to);
		return;
	} else if (mode == 1048) {
		if (on)
			keep(m, t, to);
		else
			restore(m, to);
		return;
	}
	if (mode == 47) /* libvterm knows it by its later name alone */
		mode = 1047;
	if (mode == 1047 || mode == 1049)
		m->other = on;
	if (mode == 6)
		m->origin = on;
	if (mode == 7)
		m->unwrapped = !on;
	buf_addf(to, "\033[?%d%c", mode, on ? 'h' : 'l');
}

/* A region has two lines at least. */
static void
set_region(struct mend *m, const struct mend_terminal *t, const struct params *v, struct buf *to)
{
	int top = v->value[0] > 0 ? v->value[0] : 1, bottom = t->rows;

	if (v->count > 1 && v->value[1] > 0 && v->value[1] < t->rows)
		bottom = v->value[1];
	if (bottom <= top)
		return;
	m->top = top - 1;
	m->bottom = bottom == t->rows ? 0 : bottom;
	buf_addf(to, "\033[%d;%dr", top, bottom);
}

/* Up and down end at the edge of the region, for whoever is not beyond it. */
static void
move(const struct mend *m, const struct mend_terminal *t, const struct params *v, char final,
    struct buf *to)
{
	int n = v->value[0] > 0 ? v->value[0] : 1, row, col, room;
	int bottom = m->bottom && m->bottom <= t->rows ? m->bottom : t->rows;
	bool up = final == 'A' || final == 'F';

	t->cursor(t->user, to, &row, &col);
	room =
	    up ? (row >= m->top ? row - m->top : row) : (row < bottom ? bottom : t->rows) - 1 - row;
	n = n < room ? n : room;
	if (n > 0)
		buf_addf(to, "\033[%d%c", n, final);
	else if (final == 'E' || final == 'F')
		buf_addc(to, '\r');
	else
		buf_addf(to, "\033[%dG", col + 1); /* a line end that waited is over */
}

/* How many parameters those bytes are. */
static size_t
count_params(const char *p, size_t n)
{
	size_t count = 1;

	for (size_t i = 0; i < n; i++)
		count += p[i] == ';' || p[i] == ':';
	return count;
}

/* The bytes of one look: a number with what belongs to it, 38;5;N and 38;2;R;G;B too. */
static size_t
look_length(const char *p, size_t n)
{
	size_t len = 0, fields = 1;

	if (n > 4 && (p[0] == '3' || p[0] == '4') && memcmp(p + 1, "8;", 2) == 0 && p[4] == ';')
		fields = p[3] == '5' ? 3 : p[3] == '2' ? 5 : 1;
	for (;; len++) {
		const char *end = memchr(p + len, ';', n - len);

		len = end ? (size_t)(end - p) : n;
		if (len == n || --fields == 0)
			return len;
	}
}

/* One look. Of 38:2:SPACE:R:G:B the space of colours is left out: it would be read as the red. */
static void
add_look(const char *p, size_t n, struct buf *to)
{
	const char *space = NULL, *red = NULL;

	if (n > 5 && memcmp(p + 1, "8:2:", 4) == 0 && count_params(p, n) >= 6) {
		space = p + 5;
		red = memchr(space, ':', n - 5);
	}
	buf_add(to, p, red ? (size_t)(space - p) : n);
	if (red)
		buf_add(to, red + 1, (size_t)(p + n - red) - 1);
}

/* Looks, in as many sequences as it takes. */
static void
add_looks(const char *p, size_t n, struct buf *to)
{
	size_t here = 0;

	buf_adds(to, "\033[");
	for (size_t at = 0; at <= n;) {
		size_t len = look_length(p + at, n - at), count = count_params(p + at, len);

		if (count < ARGS_MOST) {
			if (here + count > ARGS_MOST)
				buf_adds(to, "m\033[");
			else if (here)
				buf_addc(to, ';');
			here = here + count > ARGS_MOST ? count : here + count;
			add_look(p + at, len, to);
		}
		at += len + 1;
	}
	buf_addc(to, 'm');
}

static void
set_modes(struct mend *m, const struct mend_terminal *t, const struct params *v, char final,
    struct buf *to)
{
	for (size_t i = 0; i < v->count; i++) {
		if (v->value[i] > 0)
			set_mode(m, t, v->value[i], final == 'h', to);
	}
}

void
mend_control(struct mend *m, const struct mend_terminal *t, const char *p, size_t n, char final,
    struct buf *to)
{
	struct params v;

	read_params(p, n, &v);
	if (v.leader == '?' && !v.odd && (final == 'h' || final == 'l')) {
		set_modes(m, t, &v, final, to);
		return;
	}
	if (final == 'p' && n == 1 && p[0] == '!') {
		forget_modes(m);
		buf_adds(to, "\033[m\033[?25h");
	}
	if (final == 'm' && !v.leader) {
		add_looks(p, n, to);
		return;
	}
	if (!v.leader && !v.odd) {
		for (size_t i = 0; i < v.count && (final == 'h' || final == 'l'); i++)
			m->inserts = v.value[i] == 4 ? final == 'h' : m->inserts;
		if (final == 'r') {
			set_region(m, t, &v, to);
			return;
		}
		if ((final == 's' || final == 'u') && v.count == 0) {
			mend_escape(m, t, final == 's' ? "7" : "8", 1, to);
			return;
		}
		if (memchr("ABEF", final, 4) && (m->top || m->bottom)) {
			move(m, t, &v, final, to);
			return;
		}
	}
	pass(p, n, final, to);
}

void
mend_shift(struct mend *m, bool on)
{
	m->shifted = on;
}

bool
mend_wide(const struct mend *m, const struct mend_terminal *t, struct buf *to)
{
	int row, col;

	if (m->unwrapped) {
		t->cursor(t->user, to, &row, &col);
		if (col + 2 > t->cols)
			return false;
	}
	if (m->inserts) /* the second column, for libvterm makes room for one */
		buf_adds(to, "\033[@");
	return true;
}
