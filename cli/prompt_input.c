#include "cli/prompt_input.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/lineedit.h"
#include "cli/out.h"
#include "cli/prompt_complete.h"
#include "cli/recall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_LIMIT (1U << 20)
#define KEPT_IN    "run-lines"

static const int signals[] = { SIGTERM, SIGHUP, SIGQUIT, SIGINT };

struct prompt_input {
	struct call *call;
	struct lineedit *edit; /* NULL: lines are read as they are */
	char *path;            /* of the lines of earlier sessions; NULL: none */
	struct buf held;       /* read, not yet a line */
	bool pollable, ended, ready, failed, waiting;
	char *line;
	struct loop_signal *caught[countof(signals)];
	int signum;
};

/* Also while a command runs, and between: of the edited line Ctrl-C is the editor's, of a run the run's. */
static void
on_signal(void *user, int signum)
{
	struct prompt_input *in = user;

	if (signum == SIGINT && in->edit)
		return;
	in->signum = signum;
	if (in->waiting)
		loop_stop(in->call->loop);
}

static void
on_line(void *user, const char *line)
{
	struct prompt_input *in = user;

	in->line = line ? xstrdup(line) : NULL;
	in->ready = true;
	in->ended = !line;
	loop_stop(in->call->loop);
}

static char *
on_complete(void *user, const char *before, struct buf *choices)
{
	const struct prompt_input *in = user;

	return prompt_complete(in->call->inventory, before, choices);
}

/* While a command runs: it is for the next prompt. */
static void
on_typed(void *user, const char *bytes, size_t len)
{
	struct prompt_input *in = user;

	lineedit_type(in->edit, bytes, len);
}

static void
recall_line(void *user, const char *line)
{
	lineedit_remember(user, line);
}

static bool
is_smart(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && term && *term &&
	       !str_eq(term, "dumb");
}

static void
complain(const struct prompt_input *in, const struct err *err)
{
	autobuf clean = BUF_INIT(2048);

	utf8_clean_line(&clean, err->text, strlen(err->text));
	out_note(in->call->out, "drover: the lines typed before: %s", buf_text(&clean));
}

static void
open_terminal(struct prompt_input *in)
{
	const struct lineedit_spec spec = {
		.loop = in->call->loop, .line = on_line, .complete = on_complete, .user = in
	};
	autofree char *dir = file_state_dir();
	struct err err;

	in->edit = lineedit_new(&spec);
	if (!in->edit)
		return;
	out_pass_typed(in->call->out, on_typed, in);
	in->path = file_join(dir, KEPT_IN);
	if (recall_read(in->path, recall_line, in->edit, &err) < 0)
		complain(in, &err);
}

struct prompt_input *
prompt_input_new(struct call *call)
{
	struct prompt_input *in = xcalloc(1, sizeof(*in));
	struct stat st;

	in->call = call;
	buf_init(&in->held, LINE_LIMIT);
	/* Regular files and /dev/null never keep anybody waiting, and the loop cannot watch them. */
	in->pollable = isatty(STDIN_FILENO) || (fstat(STDIN_FILENO, &st) == 0 &&
						   (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
	if (is_smart())
		open_terminal(in);
	if (!in->edit)
		out_uses_stdin(call->out);
	for (size_t i = 0; i < countof(signals); i++)
		in->caught[i] = loop_signal_new(call->loop, signals[i], on_signal, in);
	return in;
}

void
prompt_input_free(struct prompt_input *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(in->caught[i]);
	out_pass_typed(in->call->out, NULL, NULL);
	lineedit_free(in->edit);
	buf_fini(&in->held);
	free(in->path);
	free(in->line);
	free(in);
}

bool
prompt_input_is_terminal(const struct prompt_input *in)
{
	return in->edit || isatty(STDIN_FILENO);
}

bool
prompt_input_failed(const struct prompt_input *in)
{
	return in->failed;
}

/* A part of a command is another command: nothing of such a line is told. */
static void
refuse(struct prompt_input *in, const char *why)
{
	out_note(in->call->out, "drover: a line of standard input %s", why);
	in->failed = true;
}

/* A line, or at the end what there is. */
static bool
take_line(struct prompt_input *in)
{
	const char *text = buf_text(&in->held);
	const char *end = memchr(text, '\n', in->held.len);
	size_t n = end ? (size_t)(end - text) : in->held.len;

	if (!end && in->held.len == LINE_LIMIT) {
		refuse(in, "is longer than 1 MiB: no more is read");
		buf_clear(&in->held);
		in->ended = true;
		return false;
	}
	if (!end && !(in->ended && n > 0))
		return false;
	if (memchr(text, '\0', n)) {
		refuse(in, "holds a NUL: it is left out");
		in->line = xstrdup("");
	} else {
		in->line = xmemdup0(text, n);
	}
	buf_drop(&in->held, n + (end != NULL));
	in->ready = true;
	return true;
}

static void
read_more(struct prompt_input *in)
{
	char bytes[65536];
	size_t room = LINE_LIMIT - in->held.len;
	ssize_t n = read(STDIN_FILENO, bytes, room < sizeof(bytes) ? room : sizeof(bytes));

	if (n > 0)
		buf_add(&in->held, bytes, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		in->ended = true;
}

static void
on_readable(void *user, unsigned events)
{
	struct prompt_input *in = user;

	(void)events;
	read_more(in);
	if (take_line(in) || in->ended)
		loop_stop(in->call->loop);
}

static void
wait_for_line(struct prompt_input *in)
{
	struct loop_io *io;

	if (take_line(in) || in->ended)
		return;
	if (!in->pollable) {
		while (!in->ended && !in->ready) {
			read_more(in);
			take_line(in);
		}
		return;
	}
	io = loop_io_new(in->call->loop, STDIN_FILENO, on_readable, in);
	loop_io_want(io, LOOP_READ);
	while (!in->ready && !in->ended && !in->signum)
		loop_run(in->call->loop);
	loop_io_free(io);
}

static void
edit_line(struct prompt_input *in, const char *prompt)
{
	struct err err;

	lineedit_ask(in->edit, prompt);
	while (!in->ready && !in->signum)
		loop_run(in->call->loop);
	lineedit_stop(in->edit);
	if (!in->line)
		return;
	if (in->line[0] != ' ' && in->line[0] != '\t')
		lineedit_remember(in->edit, in->line);
	if (in->path && recall_add(in->path, in->line, &err) < 0) {
		complain(in, &err);
		free(in->path);
		in->path = NULL;
	}
}

char *
prompt_input_next(struct prompt_input *in, const char *prompt, int *ret_signal)
{
	in->ready = false;
	out_flush(in->call->out);
	in->waiting = true;
	if (in->signum) {
		/* It came while nobody waited. */
	} else if (in->edit) {
		edit_line(in, prompt);
	} else {
		if (isatty(STDIN_FILENO))
			out_note(in->call->out, "%s", prompt);
		wait_for_line(in);
	}
	in->waiting = false;
	*ret_signal = in->signum;
	if (in->signum) {
		free(in->line);
		in->line = NULL;
	}
	return take(in->line);
}
