#include "tui/term.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/canvas.h"
#include "tui/ink.h"
#include "tui/input.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define SYNC_MODE 2026

struct term {
	SCREEN *screen;
	struct ink *ink;
	struct input *input;
	char *title;
	bool colour, utf8, mouse, redraw;
	bool lines;  /* not drawn on */
	bool modern; /* knows what xterm knows: titles, questions about modes */
	bool sync;   /* said that it knows synchronized updates */
	int cursor_row, cursor_col;
};

/* What a fatal signal needs; set once the terminal is ours. */
static struct {
	volatile sig_atomic_t taken, modern;
	struct termios modes;
	char alt_stack[16384];
} saved;

/* No synchronized update, mouse or bracketed paste; then plain attributes, cursor, main screen. */
#define MODES_OFF "\033[?2026l\033[?1006l\033[?1000l\033[?2004l"
#define LEAVE     "\033[0m\033[?25h\033[?1049l\r\n"
#define TITLE_OFF "\033[23;2t"

/* All of it, blocking or not; what the terminal does not take is lost with it. */
static void
put(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void
restore_now(void)
{
	if (!saved.taken)
		return;
	saved.taken = 0;
	put(MODES_OFF, sizeof(MODES_OFF) - 1);
	if (saved.modern)
		put(TITLE_OFF, sizeof(TITLE_OFF) - 1);
	put(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &saved.modes);
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
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT };
	stack_t stack = { .ss_sp = saved.alt_stack, .ss_size = sizeof(saved.alt_stack) };
	struct sigaction sa = { .sa_handler = on_fatal,
		.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };

	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < countof(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	mem_on_abort(restore_now);
}

/* Modes that ncurses knows nothing of, where the terminal is ours (again). */
static void
modes_on(const struct term *t, struct buf *to)
{
	if (t->modern && t->title)
		buf_addf(to, "\033[22;2t\033]2;%s\007", t->title);
	buf_adds(to, "\033[?2004h");
	if (t->mouse)
		buf_adds(to, "\033[?1000h\033[?1006h");
}

static void
modes_off(const struct term *t)
{
	put(MODES_OFF, sizeof(MODES_OFF) - 1);
	if (t->modern && t->title)
		put(TITLE_OFF, sizeof(TITLE_OFF) - 1);
}

/* Only these are asked and told what not every terminal swallows. */
static bool
is_modern(bool described)
{
	static const char *const known[] = { "xterm", "tmux", "screen", "rxvt", "foot", "alacritty",
		"kitty", "wezterm", "vte", "st-", "konsole", "gnome", "contour", "ghostty" };
	const char *name = getenv("TERM");

	for (size_t i = 0; name && i < countof(known); i++) {
		if (str_starts(name, known[i]))
			return true;
	}
	return described && tigetflag("XT") > 0;
}

/* A terminal type that is not known here is most often much like an xterm. */
static SCREEN *
start_screen(struct err *err)
{
	static const char *const types[] = { NULL, "xterm-256color", "vt100" };

	for (size_t i = 0; i < countof(types); i++) {
		SCREEN *s = newterm(types[i], stdout, stdin);

		if (s && tigetstr("cup"))
			return s;
		if (!s)
			continue;
		endwin();
		delscreen(s);
		break;
	}
	err_set(err, OUTCOME_USAGE,
	    "the terminal type %.40s cannot be drawn on; drover ui --linear speaks in lines",
	    getenv("TERM") ? getenv("TERM") : "(unset)");
	return NULL;
}

static char *
plain_title(const char *text)
{
	autobuf b = BUF_INIT(200);

	utf8_clean_line(&b, text, strlen(text));
	for (size_t i = 0; i < b.len; i++) {
		if ((unsigned char)b.data[i] >= 0x7f)
			b.data[i] = '?';
	}
	return buf_detach(&b, NULL);
}

static void
start_modes(struct term *t, const struct term_config *config)
{
	autobuf modes = BUF_INIT(1024);

	raw(); /* Ctrl-c, Ctrl-z and Ctrl-\\ are keys, not signals */
	noecho();
	nonl();
	typeahead(-1);
	if (t->colour)
		start_color();
	t->ink = ink_new(t->colour, t->utf8, config->tint);
	t->input = input_new();
	t->modern = is_modern(true);
	t->mouse = config->mouse;
	t->title = config->title ? plain_title(config->title) : NULL;
	saved.modern = t->modern && t->title;
	modes_on(t, &modes);
	if (t->modern)
		buf_adds(&modes, "\033[?2026$p");
	refresh(); /* to its screen: what an odd terminal prints of the question is painted over */
	put(buf_text(&modes), modes.len);
}

static bool
is_terminal(struct err *err)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return true;
	err_set(err, OUTCOME_USAGE, "the console needs a terminal; see drover help for verbs");
	return false;
}

struct term *
term_open_lines(struct err *err)
{
	struct term *t;

	if (!is_terminal(err))
		return NULL;
	setlocale(LC_CTYPE, "");
	t = xcalloc(1, sizeof(*t));
	t->lines = true;
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->modern = is_modern(false);
	return t;
}

struct term *
term_open(const struct term_config *config, struct err *err)
{
	struct term *t;
	SCREEN *screen;

	if (!is_terminal(err))
		return NULL;
	setlocale(LC_CTYPE, "");
	tcgetattr(STDIN_FILENO, &saved.modes);
	screen = start_screen(err);
	if (!screen)
		return NULL;
	saved.taken = 1;
	catch_fatal();
	t = xcalloc(1, sizeof(*t));
	t->screen = screen;
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->colour = config->colour && has_colors();
	start_modes(t, config);
	return t;
}

void
term_close(struct term *t)
{
	if (!t || t->lines) {
		free(t);
		return;
	}
	modes_off(t);
	endwin();
	delscreen(t->screen);
	saved.taken = 0;
	ink_free(t->ink);
	input_free(t->input);
	free(t->title);
	free(t);
}

void
term_size(const struct term *t, int *ret_rows, int *ret_cols)
{
	*ret_rows = t->lines ? TERM_LINES_ROWS : getmaxy(stdscr);
	*ret_cols = t->lines ? TERM_LINES_COLS : getmaxx(stdscr);
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

	if (!t->lines && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col)
		ink_resize(t->ink, w.ws_row, w.ws_col);
}

static bool
readable(int ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, ms) > 0 && (p.revents & POLLIN);
}

bool
term_key(struct term *t, struct key *ret)
{
	int64_t now = clock_mono_ms();
	char bytes[4096];

	if (readable(0)) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

		if (n > 0)
			input_add(t->input, bytes, (size_t)n, now);
	}
	while (input_next(t->input, now, ret)) {
		if (!str_eq(ret->name, KEY_REPORT_NAME))
			return true;
		if (ret->row == SYNC_MODE)
			t->sync = ret->col == 1 || ret->col == 2;
	}
	return false;
}

int
term_wait(const struct term *t)
{
	return input_wait(t->input, clock_mono_ms());
}

void
term_flush(struct term *t)
{
	tcflush(STDIN_FILENO, TCIFLUSH);
	if (t->input)
		input_flush(t->input);
}

bool
term_alive(const struct term *t)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	(void)t;
	if (poll(&p, 1, 0) < 0)
		return errno == EINTR; /* a signal came in between: nothing is known */
	return !(p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

void
term_paint(struct term *t, const struct canvas *c)
{
	if (t->redraw) {
		clearok(stdscr, TRUE);
		ink_forget(t->ink);
	}
	bool moved = t->cursor_row != c->cursor_row || t->cursor_col != c->cursor_col;
	size_t changed = ink_put(t->ink, c);
	if (!changed && !moved && !t->redraw)
		return;
	t->redraw = false;
	t->cursor_row = c->cursor_row;
	t->cursor_col = c->cursor_col;
	if (t->sync)
		put("\033[?2026h", 8);
	wmove(stdscr, c->cursor_row, c->cursor_col);
	wnoutrefresh(stdscr);
	doupdate();
	if (t->sync)
		put("\033[?2026l", 8);
}

void
term_redraw(struct term *t)
{
	t->redraw = true;
}

int
term_backlog(const struct term *t)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int queued = 0;

	(void)t;
	if (ioctl(STDOUT_FILENO, TIOCOUTQ, &queued) < 0)
		queued = 0;
	if (poll(&p, 1, 0) == 0 && queued < 4096)
		queued = 4096;
	return queued;
}

void
term_mouse(struct term *t, bool on)
{
	t->mouse = on && !t->lines;
	if (t->mouse)
		put("\033[?1000h\033[?1006h", 16);
	else if (!t->lines)
		put("\033[?1006l\033[?1000l", 16);
}

bool
term_has_mouse(const struct term *t)
{
	return t->mouse;
}

bool
term_copy(struct term *t, const char *text)
{
	autobuf clean = BUF_INIT(TERM_COPY_MAX), out = BUF_INIT(2 * TERM_COPY_MAX);

	utf8_clean(&clean, text, strlen(text));
	if (!t->modern || clean.dropped)
		return false;
	buf_adds(&out, "\033]52;c;");
	autofree char *coded = digest_base64(buf_text(&clean), clean.len);
	buf_adds(&out, coded);
	buf_addc(&out, '\007');
	put(buf_text(&out), out.len);
	return true;
}

void
term_suspend(struct term *t)
{
	if (t->lines)
		return;
	modes_off(t);
	endwin();
}

void
term_resume(struct term *t)
{
	autobuf modes = BUF_INIT(1024);

	if (t->lines)
		return;
	refresh();
	modes_on(t, &modes);
	put(buf_text(&modes), modes.len);
	term_resized(t);
	t->redraw = true;
}

void
term_mark_idle(struct term *t, unsigned long n)
{
	char text[64];

	(void)t;
	snprintf(text, sizeof(text), "\033]7777;drover;idle;%lu\007", n);
	put(text, strlen(text));
}
