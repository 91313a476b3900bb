#include "cli/lineedit.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define RECALLED     1000
#define TYPED_MAX    (256U << 10)
#define SEQUENCE_MAX 32
#define ESC          0x1b
#define CTRL_D       0x04
#define CTRL_Q       0x11
#define CTRL_V       0x16

static const int signals[] = { SIGINT, SIGWINCH, SIGTSTP };

struct lineedit {
	struct lineedit_spec spec;
	EditLine *el;
	char *recalled[RECALLED]; /* the oldest first */
	size_t count, recall_at;
	struct loop_io *input;
	struct loop_timer *at_once;
	struct loop_signal *caught[countof(signals)];
	struct buf typed; /* bytes that are not used up */
	size_t unit;      /* of them: what may be read now */
	char first;       /* byte of the unit */
	char *prompt;
	bool asking, ended;
};

/* What an abort needs; set while the terminal is ours. */
static struct {
	volatile sig_atomic_t taken;
	struct termios modes;
} saved;

static void
restore_now(void)
{
	if (saved.taken)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved.modes);
	saved.taken = 0;
}

static struct lineedit *
self(EditLine *el)
{
	void *l = NULL;

	el_get(el, EL_CLIENTDATA, &l);
	return l;
}

static char *
give_prompt(EditLine *el)
{
	return self(el)->prompt;
}

/* One character of the unit; 0 where it has no more, and the library gives up for now. */
static int
give_character(EditLine *el, wchar_t *ret)
{
	struct lineedit *l = self(el);
	uint32_t c = 0;
	size_t n;

	if (l->unit == 0)
		return 0;
	n = MB_CUR_MAX > 1 ? utf8_decode(l->typed.data, l->unit, &c) : 0;
	*ret = n ? (wchar_t)c : (wchar_t)(unsigned char)l->typed.data[0];
	n = n ? n : 1;
	buf_drop(&l->typed, n);
	l->unit -= n;
	return 1;
}

/* A whole character at p; 0: its rest has not come. */
static size_t
character_at(const char *p, size_t n)
{
	uint32_t c;
	size_t len = utf8_decode(p, n, &c);

	if (n == 0 || (len == 0 && n < 4 && utf8_whole(p, n) == 0))
		return 0;
	return len ? len : 1;
}

/* The library reads on inside a sequence and would wait there: it gets whole ones. */
static size_t
unit_at(const char *p, size_t n)
{
	size_t len;

	if (n == 0)
		return 0;
	if (*p == CTRL_V || *p == CTRL_Q) {
		len = character_at(p + 1, n - 1);
		return len ? 1 + len : 0;
	}
	if (*p != ESC)
		return character_at(p, n);
	if (n < 2)
		return 0;
	if (p[1] == 'O')
		return n >= 3 ? 3 : 0;
	if (p[1] != '[') {
		len = character_at(p + 1, n - 1);
		return len ? 1 + len : 0;
	}
	for (len = 2; len < n && len < SEQUENCE_MAX; len++)
		if (p[len] >= 0x40 && p[len] <= 0x7e)
			return len + 1;
	return len == SEQUENCE_MAX ? len : 0;
}

/* The terminal is given back. */
static void
let_go(struct lineedit *l)
{
	if (!l->asking)
		return;
	l->asking = false;
	el_set(l->el, EL_UNBUFFERED, 0);
	saved.taken = 0;
	loop_io_free(l->input);
	loop_timer_free(l->at_once);
	l->input = NULL;
	l->at_once = NULL;
	for (size_t i = 0; i < countof(signals); i++) {
		loop_signal_free(l->caught[i]);
		l->caught[i] = NULL;
	}
}

static void
tell(struct lineedit *l, const char *line)
{
	let_go(l);
	l->spec.line(l->spec.user, line);
}

/* Let the library take the unit that is at hand. */
static void
take_unit(struct lineedit *l)
{
	size_t before = l->unit;
	int count = 0;
	const char *line = el_gets(l->el, &count);

	if (l->unit == before) {
		buf_drop(&l->typed, l->unit);
		l->unit = 0;
	}
	if (!line || count <= 0)
		return;
	if (line[count - 1] == '\n' || line[count - 1] == '\r') {
		autofree char *copy = xmemdup0(line, (size_t)count - 1);

		tell(l, copy);
	} else if (line[count - 1] == CTRL_D && l->first == CTRL_D && count == 1) {
		fputc('\n', stderr);
		tell(l, NULL);
	} else if (line[count - 1] == CTRL_D && l->first != CTRL_D) {
		/* So it says that it would have read on. */
		el_deletestr(l->el, 1);
	}
}

static void
take_typed(struct lineedit *l)
{
	while (l->asking) {
		l->unit = unit_at(buf_text(&l->typed), l->typed.len);
		if (l->unit == 0)
			break;
		l->first = l->typed.data[0];
		while (l->asking && l->unit > 0)
			take_unit(l);
	}
	if (l->asking && l->ended)
		tell(l, NULL);
}

static void
on_typed_before(void *user)
{
	take_typed(user);
}

static void
on_input(void *user, unsigned events)
{
	struct lineedit *l = user;
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	(void)events;
	if (n > 0)
		buf_add(&l->typed, bytes, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		l->ended = true;
	take_typed(l);
}

static void
stop_here(struct lineedit *l)
{
	el_set(l->el, EL_PREP_TERM, 0);
	raise(SIGSTOP);
	el_set(l->el, EL_PREP_TERM, 1);
	el_resize(l->el);
	el_set(l->el, EL_REFRESH);
}

static void
begin_anew(struct lineedit *l)
{
	buf_clear(&l->typed);
	el_set(l->el, EL_UNBUFFERED, 0);
	fputs("^C\n", stderr);
	el_set(l->el, EL_UNBUFFERED, 1);
}

static void
on_signal(void *user, int signum)
{
	struct lineedit *l = user;

	if (signum == SIGINT) {
		begin_anew(l);
	} else if (signum == SIGTSTP) {
		stop_here(l);
	} else {
		el_resize(l->el);
		el_set(l->el, EL_REFRESH);
	}
}

static unsigned char
on_tab(EditLine *el, int c)
{
	struct lineedit *l = self(el);
	const LineInfo *line = el_line(el);
	autobuf choices = BUF_INIT(64U << 10);

	(void)c;
	if (!l->spec.complete)
		return CC_ERROR;
	autofree char *before = xmemdup0(line->buffer, (size_t)(line->cursor - line->buffer));
	autofree char *more = l->spec.complete(l->spec.user, before, &choices);
	if (more && *more)
		return el_insertstr(el, more) < 0 ? CC_ERROR : CC_REFRESH;
	if (choices.len == 0)
		return CC_ERROR;
	fprintf(stderr, "\n%s", buf_text(&choices));
	return CC_REDISPLAY;
}

/* What the library asks of a history; its own is not used. */
static int
on_recall(void *user, HistEvent *event, int what, ...)
{
	struct lineedit *l = user;

	if (l->count == 0)
		return -1;
	if (what == H_FIRST)
		l->recall_at = l->count - 1;
	else if (what == H_LAST)
		l->recall_at = 0;
	else if (what == H_NEXT && l->recall_at > 0)
		l->recall_at--;
	else if (what == H_PREV && l->recall_at + 1 < l->count)
		l->recall_at++;
	else if (what != H_CURR)
		return -1;
	event->num = (int)l->recall_at;
	event->str = l->recalled[l->recall_at];
	return 0;
}

struct lineedit *
lineedit_new(const struct lineedit_spec *spec)
{
	struct lineedit *l = xcalloc(1, sizeof(*l));

	setlocale(LC_CTYPE, "");
	l->spec = *spec;
	l->prompt = xstrdup("");
	buf_init(&l->typed, TYPED_MAX);
	l->el = el_init("drover", stdin, stderr, stderr);
	if (!l->el) {
		lineedit_free(l);
		return NULL;
	}
	el_set(l->el, EL_CLIENTDATA, l);
	el_set(l->el, EL_SIGNAL, 0);
	el_set(l->el, EL_PROMPT, give_prompt);
	el_set(l->el, EL_EDITOR, "emacs");
	el_set(l->el, EL_GETCFN, give_character);
	/* Given narrow, they are copied and never freed. */
	el_wset(l->el, EL_ADDFN, L"drover-complete", L"complete a set", on_tab);
	el_set(l->el, EL_BIND, "^I", "drover-complete", NULL);
	/* They read on by themselves. */
	el_set(l->el, EL_BIND, "^[x", "ed-unassigned", NULL);
	el_set(l->el, EL_BIND, "^[X", "ed-unassigned", NULL);
	el_set(l->el, EL_HIST, on_recall, l);
	return l;
}

void
lineedit_free(struct lineedit *l)
{
	if (!l)
		return;
	let_go(l);
	if (l->el)
		el_end(l->el);
	for (size_t i = 0; i < l->count; i++)
		free(l->recalled[i]);
	buf_fini(&l->typed);
	free(l->prompt);
	free(l);
}

void
lineedit_ask(struct lineedit *l, const char *prompt)
{
	free(l->prompt);
	l->prompt = xstrdup(prompt);
	if (tcgetattr(STDIN_FILENO, &saved.modes) == 0) {
		saved.taken = 1;
		mem_on_abort(restore_now);
	}
	l->asking = true;
	for (size_t i = 0; i < countof(signals); i++)
		l->caught[i] = loop_signal_new(l->spec.loop, signals[i], on_signal, l);
	l->input = loop_io_new(l->spec.loop, STDIN_FILENO, on_input, l);
	loop_io_want(l->input, LOOP_READ);
	el_set(l->el, EL_UNBUFFERED, 1);
	/* From the loop, also what was typed before. */
	l->at_once = loop_timer_new(l->spec.loop, on_typed_before, l);
	if (l->typed.len > 0)
		loop_timer_start(l->at_once, 0);
}

void
lineedit_stop(struct lineedit *l)
{
	if (l->asking)
		fputc('\n', stderr);
	let_go(l);
}

void
lineedit_type(struct lineedit *l, const char *bytes, size_t len)
{
	buf_add(&l->typed, bytes, len);
}

void
lineedit_remember(struct lineedit *l, const char *line)
{
	if (!line[0] || (l->count && str_eq(l->recalled[l->count - 1], line)))
		return;
	if (l->count == RECALLED) {
		free(l->recalled[0]);
		memmove(l->recalled, l->recalled + 1, (RECALLED - 1) * sizeof(l->recalled[0]));
		l->count--;
	}
	l->recalled[l->count++] = xstrdup(line);
}
