#include "base/vtplain.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

#define TAB 8

struct writing {
	struct vtplain *v;
	struct buf *to;
};

void
vtplain_init(struct vtplain *v)
{
	*v = (struct vtplain){ .len = 0 };
	vt_init(&v->vt);
}

void
vtplain_fini(struct vtplain *v)
{
	free(v->cells);
	v->cells = NULL;
}

static void
end_line(struct vtplain *v, struct buf *to)
{
	autobuf line = BUF_INIT(SIZE_MAX);

	while (v->len > 0 && v->cells[v->len - 1] == ' ')
		v->len--;
	for (size_t i = 0; i < v->len; i++)
		utf8_encode(&line, v->cells[i]);
	utf8_clean(to, buf_text(&line), line.len);
	buf_addc(to, '\n');
	v->len = v->at = 0;
}

/* Blanks up to the cursor, which may have been moved beyond the end. */
static void
reach(struct vtplain *v, size_t n)
{
	while (v->len < n) {
		mem_grow(v->cells, v->len, v->cap);
		v->cells[v->len++] = ' ';
	}
}

static void
put(const struct writing *w, uint32_t c)
{
	struct vtplain *v = w->v;

	if (v->at >= VTPLAIN_COLUMNS)
		end_line(v, w->to);
	reach(v, v->at + 1);
	v->cells[v->at++] = c;
}

static void
put_text(const struct writing *w, const char *p, size_t n)
{
	while (n > 0) {
		uint32_t c = 0xfffd;
		size_t step = utf8_decode(p, n, &c);

		step = step ? step : 1;
		put(w, c);
		p += step;
		n -= step;
	}
}

static size_t
within(size_t n)
{
	return n < VTPLAIN_COLUMNS ? n : VTPLAIN_COLUMNS - 1;
}

static void
control(const struct writing *w, char c)
{
	struct vtplain *v = w->v;

	if (c == '\n' || c == '\v' || c == '\f')
		end_line(v, w->to);
	else if (c == '\r')
		v->at = 0;
	else if (c == '\b')
		v->at -= v->at > 0;
	else if (c == '\t')
		v->at = within((v->at / TAB + 1) * TAB);
}

/* CSI K: from the cursor, up to it, or all. */
static void
erase(struct vtplain *v, int how)
{
	if (how == 0) {
		v->len = v->at < v->len ? v->at : v->len;
		return;
	}
	for (size_t i = 0; i < v->len && (how == 2 || i <= v->at); i++)
		v->cells[i] = ' ';
}

static void
cut_out(struct vtplain *v, size_t n)
{
	if (v->at >= v->len)
		return;
	n = n < v->len - v->at ? n : v->len - v->at;
	memmove(v->cells + v->at, v->cells + v->at + n, (v->len - v->at - n) * sizeof(v->cells[0]));
	v->len -= n;
}

static void
make_room(struct vtplain *v, size_t n)
{
	size_t behind = v->at < v->len ? v->len - v->at : 0;

	if (behind == 0 || v->len + n > VTPLAIN_COLUMNS)
		return;
	reach(v, v->len + n);
	memmove(v->cells + v->at + n, v->cells + v->at, behind * sizeof(v->cells[0]));
	for (size_t i = 0; i < n; i++)
		v->cells[v->at + i] = ' ';
}

static void
csi(const struct writing *w, const struct vt_token *t)
{
	struct vtplain *v = w->v;
	size_t n = (size_t)vt_argument(t, 0, 1);

	n = n > 0 ? n : 1;
	if (t->private || t->middle)
		return;
	switch (t->final) {
	case 'K':
		erase(v, vt_argument(t, 0, 0));
		break;
	case 'P':
		cut_out(v, n);
		break;
	case '@':
		make_room(v, n);
		break;
	case 'X':
		for (size_t i = v->at; i < v->len && i < v->at + n; i++)
			v->cells[i] = ' ';
		break;
	case 'C':
		v->at = within(v->at + n);
		break;
	case 'D':
		v->at = v->at > n ? v->at - n : 0;
		break;
	case 'G':
	case '`':
		v->at = within(n - 1);
		break;
	case 'J':
		if (vt_argument(t, 0, 0) == 0) {
			erase(v, 0);
			break;
		}
		__attribute__((fallthrough));
	case 'H':
	case 'f':
		/* It goes on elsewhere on the screen: what stood here is told. */
		if (v->len > 0)
			end_line(v, w->to);
		break;
	default:
		break;
	}
}

static bool
switches_screen(const struct vt_token *t)
{
	int mode = vt_argument(t, 0, 0);

	return t->kind == VT_CSI && t->private == '?' && (t->final == 'h' || t->final == 'l') &&
	       (mode == 47 || mode == 1047 || mode == 1049);
}

static void
take_token(void *user, const struct vt_token *t)
{
	const struct writing *w = user;
	struct vtplain *v = w->v;

	if (switches_screen(t)) {
		if (t->final == 'h' && !v->alternate) {
			if (v->len > 0)
				end_line(v, w->to);
			buf_adds(w->to, "[a program took the whole screen]\n");
		}
		v->alternate = t->final == 'h';
		return;
	}
	if (v->alternate)
		return;
	if (t->kind == VT_TEXT)
		put_text(w, t->text, t->len);
	else if (t->kind == VT_CONTROL)
		control(w, t->final);
	else if (t->kind == VT_CSI)
		csi(w, t);
}

void
vtplain_feed(struct vtplain *v, const void *p, size_t n, struct buf *to)
{
	struct writing w = { v, to };

	vt_feed(&v->vt, p, n, take_token, &w);
}

void
vtplain_end(struct vtplain *v, struct buf *to)
{
	struct writing w = { v, to };

	vt_end(&v->vt, take_token, &w);
	if (v->len > 0)
		end_line(v, to);
}
