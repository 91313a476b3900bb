#include "tui/term.h"

#include "base/err.h"
#include "base/mem.h"
#include "tui/canvas.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <wchar.h>

struct term {
	SCREEN *screen;
	bool colour, utf8, pasting, redraw;
};

/* What a fatal signal needs; set once the terminal is ours. */
static struct {
	volatile sig_atomic_t taken;
	struct termios modes;
	char alt_stack[16384];
} saved;

/* Leave the alternate screen, show the cursor, plain attributes, no bracketed paste. */
static const char leave[] = "\033[?2004l\033[0m\033[?25h\033[?1049l\r\n";

static void
restore_now(void)
{
	if (!saved.taken)
		return;
	saved.taken = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &saved.modes);
	if (write(STDOUT_FILENO, leave, sizeof(leave) - 1) < 0)
		return; /* the terminal is gone: nothing is left to restore */
}

static void
on_fatal(int signum)
{
	static const char text[] = "drover: a fatal signal ended the console\n";

	restore_now();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		signal(signum, SIG_DFL);
	signal(signum, SIG_DFL);
	raise(signum);
}

static void
catch_fatal(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	stack_t stack = { .ss_sp = saved.alt_stack, .ss_size = sizeof(saved.alt_stack) };
	struct sigaction sa = { .sa_handler = on_fatal,
		.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };

	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < countof(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	mem_on_abort(restore_now);
}

static const struct {
	short fg;       /* -1: the terminal's own */
	attr_t with;    /* with colours */
	attr_t without; /* without */
} looks[STYLE_COUNT] = {
	[STYLE_TEXT] = { -1, A_NORMAL, A_NORMAL },
	[STYLE_DIM] = { -1, A_DIM, A_NORMAL },
	[STYLE_BOLD] = { -1, A_BOLD, A_BOLD },
	[STYLE_BAR] = { -1, A_REVERSE, A_REVERSE },
	[STYLE_ENV] = { COLOR_RED, A_REVERSE | A_BOLD, A_REVERSE | A_BOLD },
	[STYLE_TAB] = { -1, A_DIM, A_NORMAL },
	[STYLE_TAB_ON] = { -1, A_BOLD, A_BOLD },
	[STYLE_HEAD] = { COLOR_CYAN, A_NORMAL, A_UNDERLINE },
	[STYLE_KEY] = { COLOR_CYAN, A_BOLD, A_BOLD },
	[STYLE_HINT] = { -1, A_NORMAL, A_NORMAL },
	[STYLE_HINT_OFF] = { -1, A_DIM, A_DIM },
	[STYLE_GOOD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[STYLE_WARN] = { COLOR_YELLOW, A_NORMAL, A_NORMAL },
	[STYLE_BAD] = { COLOR_RED, A_BOLD, A_BOLD },
	[STYLE_UNKNOWN] = { -1, A_DIM, A_DIM },
	[STYLE_ADD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[STYLE_REMOVE] = { COLOR_RED, A_NORMAL, A_NORMAL },
};

static void
set_modes(struct term *t)
{
	raw(); /* Ctrl-c, Ctrl-z and Ctrl-\\ are keys, not signals */
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	if (t->colour) {
		start_color();
		use_default_colors();
		for (short i = 0; i < STYLE_COUNT; i++)
			init_pair((short)(i + 1), looks[i].fg, -1);
	}
	define_key("\033[200~", KEY_MAX - 1);
	define_key("\033[201~", KEY_MAX - 2);
	fputs("\033[?2004h", stdout);
	fflush(stdout);
}

struct term *
term_open(bool colour, struct err *err)
{
	struct term *t;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(
		    err, OUTCOME_USAGE, "the console needs a terminal; see drover help for verbs");
		return NULL;
	}
	setlocale(LC_CTYPE, "");
	t = xcalloc(1, sizeof(*t));
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	tcgetattr(STDIN_FILENO, &saved.modes);
	t->screen = newterm(NULL, stdout, stdin);
	if (!t->screen)
		t->screen = newterm("xterm-256color", stdout, stdin);
	if (!t->screen) {
		err_set(err, OUTCOME_USAGE, "the terminal type %.40s cannot be driven",
		    getenv("TERM") ? getenv("TERM") : "(unset)");
		free(t);
		return NULL;
	}
	saved.taken = 1;
	catch_fatal();
	t->colour = colour && has_colors();
	set_modes(t);
	return t;
}

void
term_close(struct term *t)
{
	if (!t)
		return;
	fputs("\033[?2004l", stdout);
	endwin();
	fflush(stdout);
	delscreen(t->screen);
	saved.taken = 0;
	free(t);
}

void
term_size(const struct term *t, int *ret_rows, int *ret_cols)
{
	(void)t;
	*ret_rows = getmaxy(stdscr);
	*ret_cols = getmaxx(stdscr);
}

bool
term_has_colour(const struct term *t)
{
	return t->colour;
}

bool
term_is_utf8(const struct term *t)
{
	return t->utf8;
}

void
term_resized(struct term *t)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col)
		resizeterm(w.ws_row, w.ws_col);
	t->redraw = true;
}

bool
term_key(struct term *t, struct key *ret)
{
	for (;;) {
		wint_t code;
		int how = wget_wch(stdscr, &code);

		if (how == ERR)
			return false;
		if (how == KEY_CODE_YES && code == KEY_MAX - 1) {
			t->pasting = true;
			continue;
		}
		if (how == KEY_CODE_YES && code == KEY_MAX - 2) {
			t->pasting = false;
			*ret = (struct key){ .name = KEY_PASTE_NAME };
			return true;
		}
		if (!t->pasting && key_decode(how, code, ret))
			return true;
	}
}

void
term_flush(struct term *t)
{
	t->pasting = false;
	flushinp();
}

bool
term_alive(const struct term *t)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	(void)t;
	return poll(&p, 1, 0) >= 0 && !(p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void
paint_cell(const struct term *t, const struct cell *cell, int row, int col)
{
	cchar_t out;
	wchar_t text[CCHARW_MAX + 1];
	attr_t attr = t->colour ? looks[cell->style].with : looks[cell->style].without;
	size_t n = mbstowcs(text, cell->text, CCHARW_MAX);

	if (n == (size_t)-1 || n == 0) {
		text[0] = '?'; /* not to be shown in this locale */
		n = 1;
	}
	text[n] = L'\0';
	if (cell->selected)
		attr |= A_REVERSE;
	setcchar(&out, text, attr, t->colour ? (short)(cell->style + 1) : 0, NULL);
	mvwadd_wch(stdscr, row, col, &out);
}

void
term_paint(struct term *t, const struct canvas *c)
{
	int rows = getmaxy(stdscr), cols = getmaxx(stdscr);

	if (t->redraw)
		wclear(stdscr);
	t->redraw = false;
	for (int row = 0; row < c->rows && row < rows; row++) {
		for (int col = 0; col < c->cols && col < cols; col++) {
			const struct cell *cell = &c->cells[row * c->cols + col];

			if (cell->width)
				paint_cell(t, cell, row, col);
		}
	}
	wmove(stdscr, c->cursor_row, c->cursor_col);
	wnoutrefresh(stdscr);
	doupdate();
}

void
term_redraw(struct term *t)
{
	t->redraw = true;
}

void
term_suspend(struct term *t)
{
	(void)t;
	fputs("\033[?2004l", stdout);
	endwin();
	fflush(stdout);
}

void
term_resume(struct term *t)
{
	t->redraw = true;
	refresh();
	fputs("\033[?2004h", stdout);
	fflush(stdout);
}

void
term_mark_idle(struct term *t, unsigned long n)
{
	(void)t;
	printf("\033]7777;drover;idle;%lu\007", n);
	fflush(stdout);
}
