#include "tests/lib/mux.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS  30000
#define WORDS_MAX 200

struct mux {
	char dir[40], socket[64], in_path[64], title[32];
	pid_t server;
	int in; /* -1: not blank */
	unsigned marks;
	int rows, cols;
	struct mux_cell *cells;
};

static pid_t
launch(const char *const *argv, const char *const *env, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("TMUX");
	for (; env && *env; env++)
		putenv((char *)(uintptr_t)*env);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char **)(uintptr_t)argv);
	_exit(127);
}

/* `tmux WORDS...` on our server. Its output is added to out; NULL: nobody reads it. */
static bool
ask(const struct mux *m, const char *const *words, struct buf *out)
{
	const char *argv[WORDS_MAX + 5] = { "tmux", "-u", "-S", m->socket };
	int pipes[2], status;
	char piece[8192];
	ssize_t n;

	for (size_t i = 0; words[i]; i++)
		argv[i + 4] = words[i];
	if (pipe2(pipes, O_CLOEXEC) < 0)
		mem_abort("no pipe for tmux");
	pid_t pid = launch(argv, NULL, pipes[1]);
	close(pipes[1]);
	while ((n = read(pipes[0], piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && out)
			buf_add(out, piece, (size_t)n);
	}
	close(pipes[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
set_options(const struct mux *m)
{
	const char *words[] = { "set-option", "-g", "status", "off", ";", "set-option", "-g",
		"remain-on-exit", "on", ";", "set-option", "-g", "escape-time", "0", ";",
		"set-option", "-g", "default-shell", "/bin/sh", NULL };

	return ask(m, words, NULL);
}

static bool
serve(struct mux *m, const char *const *env)
{
	const char *argv[] = { "tmux", "-u", "-f", "/dev/null", "-S", m->socket, "-D", NULL };
	int64_t until = clock_mono_ms() + START_MS;
	struct stat st;

	m->server = launch(argv, env, -1);
	while (stat(m->socket, &st) < 0 || !set_options(m)) {
		if (waitpid(m->server, NULL, WNOHANG) == m->server || clock_mono_ms() > until) {
			fprintf(stderr, "# tmux does not come up\n");
			return false;
		}
		poll(NULL, 0, 5);
	}
	return true;
}

struct mux *
mux_start(const char *command, const char *const *env, int rows, int cols)
{
	struct mux *m = xcalloc(1, sizeof(*m));
	char height[12], width[12];

	str_copy(m->dir, sizeof(m->dir), "/tmp/drover-mux.XXXXXX");
	if (!mkdtemp(m->dir))
		mem_abort("no directory for tmux");
	snprintf(m->socket, sizeof(m->socket), "%s/socket", m->dir);
	snprintf(m->in_path, sizeof(m->in_path), "%s/in", m->dir);
	snprintf(height, sizeof(height), "%d", rows);
	snprintf(width, sizeof(width), "%d", cols);
	m->in = -1;
	m->rows = rows;
	m->cols = cols;
	m->cells = xcalloc((size_t)(rows * cols), sizeof(*m->cells));
	const char *words[] = { "new-session", "-d", "-x", width, "-y", height, command, NULL };
	if (serve(m, env) && ask(m, words, NULL))
		return m;
	mux_free(m);
	return NULL;
}

struct mux *
mux_start_blank(int rows, int cols)
{
	/* The pipe is made by the shell of the pane: its directory has no name before. */
	struct mux *m = mux_start("mkfifo \"${TMUX%%/socket*}/in\" && stty raw -echo && "
				  "exec cat \"${TMUX%%/socket*}/in\"",
	    NULL, rows, cols);
	int64_t until = clock_mono_ms() + START_MS;

	while (m && m->in < 0) {
		m->in = open(m->in_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (m->in >= 0)
			break;
		if (clock_mono_ms() > until) {
			fprintf(stderr, "# the pane of tmux does not read\n");
			mux_free(m);
			return NULL;
		}
		poll(NULL, 0, 5);
	}
	return m;
}

void
mux_free(struct mux *m)
{
	const char *words[] = { "kill-server", NULL };

	if (!m)
		return;
	if (m->in >= 0)
		close(m->in);
	if (m->server > 0 && ask(m, words, NULL))
		waitpid(m->server, NULL, 0);
	else if (m->server > 0 && kill(m->server, SIGKILL) == 0)
		waitpid(m->server, NULL, 0);
	unlink(m->in_path);
	unlink(m->socket);
	rmdir(m->dir);
	free(m->cells);
	free(m);
}

void
mux_type(struct mux *m, const char *bytes, size_t len)
{
	const char *words[WORDS_MAX] = { "send-keys", "-H" };
	char hex[WORDS_MAX][3];

	while (len) {
		size_t n = len < WORDS_MAX - 3 ? len : WORDS_MAX - 3;

		for (size_t i = 0; i < n; i++) {
			snprintf(hex[i], sizeof(hex[i]), "%02x", bytes[i] & 0xff);
			words[i + 2] = hex[i];
		}
		words[n + 2] = NULL;
		if (!ask(m, words, NULL))
			mem_abort("tmux takes no keys");
		bytes += n;
		len -= n;
	}
}

static bool
put(const struct mux *m, const char *p, size_t len, int64_t until)
{
	while (len) {
		struct pollfd fd = { .fd = m->in, .events = POLLOUT };
		ssize_t n = write(m->in, p, len);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (poll(&fd, 1, 100) < 0 || clock_mono_ms() > until) {
			return false;
		}
	}
	return true;
}

/* The title of the pane comes in order with what is shown, and is no cell. */
bool
mux_write(struct mux *m, const void *bytes, size_t len, int deadline_ms)
{
	int64_t until = clock_mono_ms() + deadline_ms;
	char mark[48];

	snprintf(m->title, sizeof(m->title), "mark-%u-", ++m->marks);
	size_t n = (size_t)snprintf(mark, sizeof(mark), "\033]2;%s\033\\", m->title);
	if (!put(m, bytes, len, until) || !put(m, mark, n, until))
		return false;
	for (;;) {
		const char *words[] = { "display-message", "-p", "#{pane_title}", NULL };
		autobuf b = BUF_INIT(1 << 16);

		if (!ask(m, words, &b))
			return false;
		if (str_starts(buf_text(&b), m->title))
			return true;
		if (clock_mono_ms() > until)
			return false;
	}
}

/* One SGR parameter, with those it takes behind it; returns how many that are. */
static size_t
take_param(const int *v, size_t n, struct tone *t)
{
	static const uint8_t bits[10] = {
		[1] = TONE_BOLD, [3] = TONE_ITALIC, [4] = TONE_UNDERLINE, [7] = TONE_REVERSE
	};
	bool behind = (v[0] >= 40 && v[0] < 50) || v[0] >= 100;
	uint16_t *colour = behind ? &t->bg : &t->fg;

	if (v[0] == 0)
		*t = (struct tone){ 0 };
	else if (v[0] < 10)
		t->attr |= bits[v[0]];
	else if ((v[0] == 38 || v[0] == 48) && n >= 3 && v[1] == 5)
		*colour = (uint16_t)(v[2] + 1);
	else if ((v[0] == 38 || v[0] == 48) && n >= 5 && v[1] == 2)
		*colour = tone_of_rgb((uint8_t)v[2], (uint8_t)v[3], (uint8_t)v[4]);
	else if (v[0] == 39 || v[0] == 49)
		*colour = 0;
	else if (v[0] >= 90)
		*colour = (uint16_t)(v[0] % 10 + 9);
	else if (v[0] >= 30)
		*colour = (uint16_t)(v[0] % 10 + 1);
	return v[0] != 38 && v[0] != 48 ? 1 : n >= 3 && v[1] == 5 ? 3 : n >= 5 ? 5 : n;
}

/* The parameters of ESC [ ... m; returns what stands behind it. */
static const char *
take_sgr(const char *p, struct tone *t)
{
	int values[32] = { 0 };
	size_t n = 1;

	for (; *p && *p != 'm'; p++) {
		if (*p == ';' && n < countof(values))
			n++;
		else if (*p == ':') /* of an underline: which kind is no matter */
			while (p[1] >= '0' && p[1] <= '9')
				p++;
		else if (*p >= '0' && *p <= '9')
			values[n - 1] = values[n - 1] * 10 + (*p - '0');
	}
	for (size_t i = 0; i < n;)
		i += take_param(values + i, n - i, t);
	return *p ? p + 1 : p;
}

/* A character of the line drawing set as what it is drawn as. */
static const char *
drawn(char c)
{
	static const char *const set[] = { "◆", "▒", "␉", "␌", "␍", "␊", "°", "±", "␤", "␋", "┘",
		"┐", "┌", "└", "┼", "⎺", "⎻", "─", "⎼", "⎽", "├", "┤", "┴", "┬", "│", "≤", "≥", "π",
		"≠", "£", "·" };

	return c >= '`' && c <= '~' ? set[c - '`'] : NULL;
}

struct reading {
	struct mux_cell *cells;
	int rows, cols, row, col;
	struct tone tone;
	bool drawing;
};

static void
place(struct reading *r, const char *text, size_t len, int width)
{
	struct mux_cell *cell = &r->cells[r->row * r->cols + r->col - (width ? 0 : 1)];

	if (r->row >= r->rows || r->col + width > r->cols || (!width && !r->col))
		return;
	while (!width && r->col > 1 && !cell->text[0] && cell > r->cells)
		cell--; /* it is behind a wide one */
	size_t used = width ? 0 : strlen(cell->text);
	if (used + len >= sizeof(cell->text))
		return;
	memcpy(cell->text + used, text, len);
	cell->text[used + len] = '\0';
	if (!width)
		return;
	cell->tone = r->tone;
	cell->told = true;
	if (width == 2) {
		cell[1].text[0] = '\0';
		cell[1].tone = r->tone;
	}
	r->col += width;
}

void
mux_captured(struct mux_cell *cells, int rows, int cols, const char *captured)
{
	struct reading r = { .cells = cells, .rows = rows, .cols = cols };

	for (int i = 0; i < rows * cols; i++)
		cells[i] = (struct mux_cell){ .text = " " };
	for (const char *p = captured; *p && r.row < rows;) {
		uint32_t c = 0;
		size_t n = utf8_decode(p, strlen(p), &c);

		if (p[0] == '\033' && p[1] == '[') {
			p = take_sgr(p + 2, &r.tone);
			continue;
		}
		/* Where a link begins and ends, told since tmux 3.4. */
		if (p[0] == '\033' && p[1] == ']') {
			const char *end = strstr(p, "\033\\");

			p = end ? end + 2 : p + strlen(p);
			continue;
		}
		if (*p == '\n') {
			r.row++;
			r.col = 0;
		} else if (*p == '\016' || *p == '\017') {
			r.drawing = *p == '\016';
		} else if (r.drawing && drawn(*p)) {
			place(&r, drawn(*p), strlen(drawn(*p)), 1);
		} else if (n) {
			place(&r, p, n, utf8_width(c));
		}
		p += n ? n : 1;
	}
}

bool
mux_look(struct mux *m, struct mux_state *ret)
{
	const char *words[] = { "display-message", "-p", "#{cursor_y} #{cursor_x} #{cursor_flag}",
		";", "capture-pane", "-e", "-p", "-N", NULL };
	autobuf b = BUF_INIT(8 << 20);
	int row, col, shown;

	if (!ask(m, words, &b) || sscanf(buf_text(&b), "%d %d %d", &row, &col, &shown) != 3)
		return false;
	*ret = (struct mux_state){ .cursor_row = row, .cursor_col = col, .cursor = shown != 0 };
	mux_captured(m->cells, m->rows, m->cols, buf_text(&b) + strcspn(buf_text(&b), "\n") + 1);
	return true;
}

const struct mux_cell *
mux_cell(const struct mux *m, int row, int col)
{
	return &m->cells[row * m->cols + col];
}

char *
mux_text(const struct mux *m)
{
	struct buf b = BUF_INIT(1 << 20);

	for (int row = 0; row < m->rows; row++) {
		for (int col = 0; col < m->cols; col++)
			buf_adds(&b, mux_cell(m, row, col)->text);
		while (b.len && b.data[b.len - 1] == ' ')
			b.data[--b.len] = '\0';
		buf_addc(&b, '\n');
	}
	return buf_detach(&b, NULL);
}
