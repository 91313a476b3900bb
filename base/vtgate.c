#include "base/vtgate.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <string.h>

#define NUMBERS 32 /* of one sequence */
#define DIGITS  4

/* A full reset is more than a recording may do: the screen is cleared and writing is plain. */
#define CLEARED "\033[0m\033[r\033[H\033[2J"

/* Inserting off, origin and wrapping as they are by default, the cursor seen, no margins, plain text in
 * ASCII. DECRC behind DECSC: setting the margins sends the cursor home. */
#define RESTORED "\033[4l\033[?6l\033[?7h\033[?25h\0337\033[r\0338\033[0m\033(B\033)B\017"

struct passage {
	struct vtgate *gate;
	struct buf *to;
};

void
vtgate_init(struct vtgate *g)
{
	*g = (struct vtgate){ .touched = false };
	vt_init(&g->vt);
}

static void
pass_control(struct buf *to, char c)
{
	if (c == '\v' || c == '\f')
		c = '\n';
	if (c != '\0' && strchr("\t\n\r\b\016\017", c))
		buf_addc(to, c);
}

static void
pass_escape(struct buf *to, const struct vt_token *t)
{
	bool set = (t->middle == '(' || t->middle == ')') && (t->final == '0' || t->final == 'B');

	if (set)
		buf_addf(to, "\033%c%c", t->middle, t->final);
	else if (t->middle == '\0' && t->final != '\0' && strchr("78DEM", t->final))
		buf_addf(to, "\033%c", t->final);
	else if (t->middle == '\0' && t->final == 'c')
		buf_adds(to, CLEARED);
}

/* Numbers of a few digits, at most so many; with parts (4:3) only where colours are. */
static bool
fits(const char *arguments, int most, bool parts)
{
	int digits = 0, count = 1;

	for (const char *s = arguments; *s; s++) {
		if (*s >= '0' && *s <= '9') {
			if (++digits > DIGITS)
				return false;
			continue;
		}
		if ((*s == ':' && !parts) || ++count > most)
			return false;
		digits = 0;
	}
	return true;
}

static bool
may_pass(const struct vt_token *t)
{
	switch (t->final) {
	case 'm':
		return fits(t->arguments, NUMBERS, true);
	case 'H':
	case 'f':
	case 'r':
		return fits(t->arguments, 2, false);
	case 'J':
		/* 3 is what has scrolled away: it is the user's. */
		return fits(t->arguments, 1, false) && vt_argument(t, 0, 0) <= 2;
	case 's':
	case 'u':
		return t->arguments[0] == '\0';
	case 'h':
	case 'l':
		return strcmp(t->arguments, "4") == 0;
	default:
		return strchr("@ABCDEFGKLMPSTXZ`abde", t->final) && fits(t->arguments, 1, false);
	}
}

static void
pass_mode(const struct passage *p, int mode, char final)
{
	static const int modes[] = { 6, 7, 25, 47, 1047, 1048, 1049 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (mode != modes[i])
			continue;
		buf_addf(p->to, "\033[?%d%c", mode, final);
		if (mode == 47 || mode == 1047 || mode == 1049)
			p->gate->alternate = final == 'h';
	}
}

static void
pass_csi(const struct passage *p, const struct vt_token *t)
{
	if (t->middle)
		return;
	if (t->private == '?' && (t->final == 'h' || t->final == 'l')) {
		int most = 1;

		for (const char *s = t->arguments; *s; s++)
			most += *s == ';';
		for (int i = 0; i < most; i++)
			pass_mode(p, vt_argument(t, i, 0), t->final);
	} else if (t->private == '\0' && may_pass(t)) {
		buf_addf(p->to, "\033[%s%c", t->arguments, t->final);
	}
}

static void
pass(void *user, const struct vt_token *t)
{
	const struct passage *p = user;

	p->gate->touched = p->gate->touched || t->kind != VT_TEXT;
	switch (t->kind) {
	case VT_TEXT:
		utf8_clean(p->to, t->text, t->len);
		break;
	case VT_CONTROL:
		pass_control(p->to, t->final);
		break;
	case VT_ESCAPE:
		pass_escape(p->to, t);
		break;
	case VT_CSI:
		pass_csi(p, t);
		break;
	case VT_STRING:
		break;
	}
}

void
vtgate_feed(struct vtgate *g, const void *p, size_t n, struct buf *to)
{
	struct passage passage = { g, to };

	vt_feed(&g->vt, p, n, pass, &passage);
}

void
vtgate_end(struct vtgate *g, struct buf *to)
{
	struct passage passage = { g, to };

	vt_end(&g->vt, pass, &passage);
	if (g->alternate)
		buf_adds(to, "\033[?1049l");
	if (g->touched)
		buf_adds(to, RESTORED);
	g->alternate = g->touched = false;
}
