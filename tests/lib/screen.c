#include "tests/lib/screen.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <vterm.h>

struct screen {
	pid_t pid;
	int fd, spare; /* spare: the other end, so that modes can be read after the program ended */
	VTerm *vt;
	VTermScreen *vs;
	int rows, cols, status;
	bool ended;
	struct termios before;
	struct buf bytes;
	int64_t start_ms;
	struct frame { /* bytes up to here came at this time */
		int64_t ms;
		size_t end;
	} * frames;
	size_t frame_count;
};

static void
become(const char *const *argv, const char *const *env)
{
	for (; env && *env; env++)
		putenv((char *)(uintptr_t)*env);
	execv(argv[0], (char **)(uintptr_t)argv);
	_exit(127);
}

struct screen *
screen_start(const char *const *argv, const char *const *env, int rows, int cols)
{
	struct screen *s = xcalloc(1, sizeof(*s));
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	if (openpty(&s->fd, &s->spare, NULL, NULL, &w) < 0)
		mem_abort("no pty for the test");
	tcgetattr(s->spare, &s->before);
	s->pid = fork();
	if (s->pid == 0) {
		close(s->fd);
		login_tty(s->spare);
		become(argv, env);
	}
	s->rows = rows;
	s->cols = cols;
	s->vt = vterm_new(rows, cols);
	vterm_set_utf8(s->vt, 1);
	s->vs = vterm_obtain_screen(s->vt);
	vterm_screen_enable_altscreen(s->vs, 1);
	vterm_screen_reset(s->vs, 1);
	buf_init(&s->bytes, 64 << 20);
	s->start_ms = clock_mono_ms();
	return s;
}

void
screen_free(struct screen *s)
{
	if (!s)
		return;
	if (!s->ended) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, &s->status, 0);
	}
	close(s->fd);
	close(s->spare);
	vterm_free(s->vt);
	buf_fini(&s->bytes);
	free(s->frames);
	free(s);
}

void
screen_type(struct screen *s, const char *bytes)
{
	size_t n = strlen(bytes);

	if (write(s->fd, bytes, n) != (ssize_t)n)
		mem_abort("the test's pty takes no keys");
}

void
screen_resize(struct screen *s, int rows, int cols)
{
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	s->rows = rows;
	s->cols = cols;
	vterm_set_size(s->vt, rows, cols);
	ioctl(s->fd, TIOCSWINSZ, &w);
}

void
screen_signal(struct screen *s, int signum)
{
	kill(s->pid, signum);
}

/* Take what there is, waiting at most ms for it. False: nothing came. */
static bool
feed(struct screen *s, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	char chunk[16384];

	if (poll(&p, 1, ms) <= 0)
		return false;
	ssize_t n = read(s->fd, chunk, sizeof(chunk));
	if (n <= 0)
		return false;
	buf_add(&s->bytes, chunk, (size_t)n);
	s->frames = xrealloc(s->frames, s->frame_count + 1, sizeof(*s->frames));
	s->frames[s->frame_count++] =
	    (struct frame){ .ms = clock_mono_ms() - s->start_ms, .end = s->bytes.len };
	vterm_input_write(s->vt, chunk, (size_t)n);
	vterm_screen_flush_damage(s->vs);
	return true;
}

static void
add_cell(struct buf *b, const VTermScreenCell *cell)
{
	if (!cell->chars[0]) {
		buf_addc(b, ' ');
		return;
	}
	if (cell->chars[0] == (uint32_t)-1)
		return;
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++) {
		uint32_t c = cell->chars[i];

		if (c < 0x80) {
			buf_addc(b, (char)c);
		} else if (c < 0x800) {
			buf_addc(b, (char)(0xc0 | c >> 6));
			buf_addc(b, (char)(0x80 | (c & 0x3f)));
		} else {
			if (c >= 0x10000)
				buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(
			    b, (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12));
			buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
			buf_addc(b, (char)(0x80 | (c & 0x3f)));
		}
	}
}

char *
screen_text(const struct screen *s)
{
	struct buf b = BUF_INIT(1 << 20);

	for (int row = 0; row < s->rows; row++) {
		for (int col = 0; col < s->cols; col++) {
			VTermScreenCell cell;

			vterm_screen_get_cell(s->vs, (VTermPos){ .row = row, .col = col }, &cell);
			add_cell(&b, &cell);
		}
		while (b.len && b.data[b.len - 1] == ' ')
			b.data[--b.len] = '\0';
		buf_addc(&b, '\n');
	}
	return buf_detach(&b, NULL);
}

bool
screen_record(const struct screen *s, const char *path)
{
	FILE *f = fopen(path, "w");
	size_t at = 0;

	if (!f)
		return false;
	fprintf(f, "{\"version\": 2, \"width\": %d, \"height\": %d}\n", s->cols, s->rows);
	for (size_t i = 0; i < s->frame_count; i++) {
		fprintf(f, "[%lld.%03lld, \"o\", \"", (long long)(s->frames[i].ms / 1000),
		    (long long)(s->frames[i].ms % 1000));
		for (; at < s->frames[i].end; at++) {
			char c = s->bytes.data[at];

			if ((unsigned char)c < 32 || c == '"' || c == '\\' || c == 127)
				fprintf(f, "\\u%04x", (unsigned)c & 0xff);
			else
				fputc(c, f);
		}
		fputs("\"]\n", f);
	}
	return fclose(f) == 0;
}

/* What went wrong can be looked at as it was. */
static void
record_failure(const struct screen *s)
{
	autofree char *path = xasprintf("build/casts/%d.cast", (int)s->pid);

	mkdir("build/casts", 0755);
	if (screen_record(s, path))
		fprintf(stderr, "# recorded in %s\n", path);
}

static bool
wait_for(struct screen *s, const char *text, bool there, int deadline_ms)
{
	int64_t until = clock_mono_ms() + deadline_ms;

	for (;;) {
		autofree char *now = screen_text(s);

		if ((strstr(now, text) != NULL) == there)
			return true;
		if (clock_mono_ms() >= until) {
			fprintf(stderr, "# waited for %s\"%s\" on:\n%s", there ? "" : "the end of ",
			    text, now);
			record_failure(s);
			return false;
		}
		feed(s, 50);
	}
}

bool
screen_wait(struct screen *s, const char *text, int deadline_ms)
{
	return wait_for(s, text, true, deadline_ms);
}

bool
screen_wait_gone(struct screen *s, const char *text, int deadline_ms)
{
	return wait_for(s, text, false, deadline_ms);
}

void
screen_take(struct screen *s, int ms)
{
	while (feed(s, ms))
		ms = 0;
}

bool
screen_wait_bytes(struct screen *s, const char *bytes, size_t from, int deadline_ms)
{
	int64_t until = clock_mono_ms() + deadline_ms;
	size_t n = strlen(bytes);

	while (
	    s->bytes.len <= from || !memmem(s->bytes.data + from, s->bytes.len - from, bytes, n)) {
		if (clock_mono_ms() >= until) {
			record_failure(s);
			return false;
		}
		feed(s, 50);
	}
	return true;
}

/* The last mark of an idle program; 0: none yet. */
static unsigned long
last_idle(const struct screen *s)
{
	static const char mark[] = "\033]7777;drover;idle;";
	const size_t n = sizeof(mark) - 1;

	for (size_t i = s->bytes.len; i >= n; i--) {
		const char *p = s->bytes.data + i - n;

		if (memcmp(p, mark, n) == 0 && memchr(p, '\007', s->bytes.len - (i - n)))
			return strtoul(p + n, NULL, 10);
	}
	return 0;
}

unsigned long
screen_wait_idle(struct screen *s, unsigned long after, int deadline_ms)
{
	int64_t until = clock_mono_ms() + deadline_ms;

	while (last_idle(s) <= after) {
		if (clock_mono_ms() >= until) {
			record_failure(s);
			return 0;
		}
		feed(s, 50);
	}
	return last_idle(s);
}

static int
colour_index(const VTermColor *c, bool own)
{
	return own || !VTERM_COLOR_IS_INDEXED(c) ? -1 : c->indexed.idx;
}

void
screen_cell(const struct screen *s, int row, int col, struct screen_cell *ret)
{
	struct buf b = BUF_INIT(sizeof(ret->text) - 1);
	VTermScreenCell cell;

	vterm_screen_get_cell(s->vs, (VTermPos){ .row = row, .col = col }, &cell);
	*ret = (struct screen_cell){ .bold = cell.attrs.bold,
		.reverse = cell.attrs.reverse,
		.underline = cell.attrs.underline,
		.fg = colour_index(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
		.bg = colour_index(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)) };
	add_cell(&b, &cell);
	memcpy(ret->text, buf_text(&b), b.len);
	buf_fini(&b);
}

void
screen_cursor(const struct screen *s, int *ret_row, int *ret_col)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(s->vt), &pos);
	*ret_row = pos.row;
	*ret_col = pos.col;
}

int
screen_wait_end(struct screen *s, int deadline_ms)
{
	int64_t until = clock_mono_ms() + deadline_ms;

	while (!s->ended) {
		if (waitpid(s->pid, &s->status, WNOHANG) == s->pid)
			s->ended = true;
		else if (clock_mono_ms() >= until)
			return -1;
		feed(s, 20);
	}
	while (feed(s, 0))
		continue; /* what it wrote last */
	return s->status;
}

const char *
screen_bytes(const struct screen *s, size_t *ret_len)
{
	*ret_len = s->bytes.len;
	return buf_text(&s->bytes);
}

/* An OSC at p: a title, a copy, or the mark of an idle console. */
static size_t
allowed_osc(const char *p, size_t n)
{
	static const char *const starts[] = { "2;drover: ", "52;c;", "7777;drover;idle;" };
	const char *end = memchr(p, '\007', n);

	for (size_t i = 0; end && i < countof(starts); i++) {
		size_t len = strlen(starts[i]);

		if (n < len + 2 || memcmp(p + 2, starts[i], len) != 0)
			continue;
		for (const char *c = p + 2; c < end; c++)
			if (*c < ' ' || *c > '~')
				return 0;
		return (size_t)(end - p) + 1;
	}
	return 0;
}

/* One escape sequence at p: its length when it is of the kinds the console may use, else 0. */
static size_t
allowed(const char *p, size_t n)
{
	if (n > 1 && p[1] == '[') {
		size_t i = 2;

		while (i < n && (isdigit((unsigned char)p[i]) || strchr("?;>=!$", p[i])))
			i++;
		return i < n && strchr("ABCDGHJKLMPXZ@bdfghlmnprStTu", p[i]) ? i + 1 : 0;
	}
	if (n > 1 && p[1] == ']')
		return allowed_osc(p, n);
	if (n > 2 && (p[1] == '(' || p[1] == ')'))
		return 3;
	return n > 1 && strchr("78=>MDEHc", p[1]) ? 2 : 0;
}

bool
screen_hides(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool
screen_only_allowed(const struct screen *s)
{
	const char *p = buf_text(&s->bytes);
	size_t n = s->bytes.len;

	for (size_t i = 0; i < n;) {
		uint32_t ch = 0;
		size_t len = utf8_decode(p + i, n - i, &ch);

		if (p[i] == '\033')
			len = allowed(p + i, n - i);
		else if ((unsigned char)p[i] < 32 && !strchr("\r\n\b\t\017\016\007", p[i]))
			len = 0;
		else if (len > 1 && screen_hides(ch))
			len = 0;
		if (!len) {
			fprintf(stderr, "# byte %zu of %zu is not allowed: %02x %02x %02x\n", i, n,
			    p[i] & 0xff, p[i + 1] & 0xff, i + 2 < n ? p[i + 2] & 0xff : 0);
			return false;
		}
		i += len;
	}
	return true;
}

bool
screen_modes_restored(const struct screen *s)
{
	struct termios now;

	tcgetattr(s->spare, &now);
	return now.c_lflag == s->before.c_lflag && now.c_iflag == s->before.c_iflag &&
	       now.c_oflag == s->before.c_oflag;
}
