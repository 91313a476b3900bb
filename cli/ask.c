#include "cli/ask.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <termios.h>

#define LINE_MAX_BYTES 1024
#define TEXT_MAX_BYTES 8192

static const int signals[] = { SIGINT, SIGTSTP, SIGCONT };

struct pending {
	struct pending *next;
	uint32_t id;
	char *prompt, *text, *word, *subject; /* all but prompt may be NULL */
	struct question asked;                /* its texts are the four above */
};

struct ask {
	struct ask_config config;
	char *program; /* askpass; NULL: the terminal */
	struct child *child;
	struct loop_io *io;
	struct loop_timer *failed; /* the program did not start */
	struct loop_timer *refuse; /* after an interrupt, when whoever else it was for had it */
	struct loop_signal *caught[countof(signals)]; /* while the terminal shows a question */
	int fd;
	struct termios before;
	bool known; /* before is what the terminal was */
	struct pending *first, **tail;
	uint32_t last_id;
	char line[LINE_MAX_BYTES];
	size_t len;
	bool open;           /* the first question is asked */
	bool broken;         /* its line on the terminal is ended */
	bool refusing;       /* nothing is asked until the interrupt is dealt with */
	uint32_t refused_id; /* the last question that it refuses */
};

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* As ssh decides between the terminal and the program. */
static char *
askpass_for(bool terminal)
{
	const char *program = getenv("SSH_ASKPASS"), *require = getenv("SSH_ASKPASS_REQUIRE");
	bool display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"), use = !terminal && display;

	if (!program || !*program)
		return NULL;
	if (require && strcasecmp(require, "force") == 0)
		use = true;
	else if (require && strcasecmp(require, "prefer") == 0)
		use = display;
	else if (require && strcasecmp(require, "never") == 0)
		use = false;
	return use ? xstrdup(program) : NULL;
}

static void on_failed(void *user);
static void on_refuse(void *user);

struct ask *
ask_new(const struct ask_config *config)
{
	autoclose int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *program = askpass_for(fd >= 0);

	if (fd < 0 && !program)
		return NULL;
	struct ask *a = xcalloc(1, sizeof(*a));
	a->config = *config;
	a->program = program;
	a->fd = fd;
	fd = -1;
	a->tail = &a->first;
	a->failed = loop_timer_new(config->loop, on_failed, a);
	a->refuse = loop_timer_new(config->loop, on_refuse, a);
	return a;
}

static void
put(const struct ask *a, const char *text)
{
	if (write(a->fd, text, strlen(text)) < 0)
		return; /* a terminal that takes nothing answers nothing either */
}

static void
busy(const struct ask *a, bool is)
{
	if (a->config.busy && !a->program)
		a->config.busy(a->config.user, is);
}

static void on_signal(void *user, int signum);

static void
watch(struct ask *a)
{
	for (size_t i = 0; i < countof(signals); i++)
		a->caught[i] = loop_signal_new(a->config.loop, signals[i], on_signal, a);
}

static void
unwatch(struct ask *a)
{
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(take(a->caught[i]));
}

static void
forget_line(struct ask *a)
{
	explicit_bzero(a->line, sizeof(a->line));
	a->len = 0;
}

static void
close_question(struct ask *a)
{
	if (!a->open)
		return;
	a->open = false;
	loop_io_free(take(a->io));
	loop_timer_stop(a->failed);
	if (a->child)
		child_cancel(take(a->child));
	if (!a->program) {
		unwatch(a);
		if (a->known)
			tcsetattr(a->fd, TCSANOW, &a->before);
		put(a, a->first->asked.echo || a->broken ? "" : "\n");
	}
	a->broken = false;
	forget_line(a);
	busy(a, false);
}

static void
free_pending(struct pending *p)
{
	free(p->prompt);
	free(p->text);
	free(p->word);
	free(p->subject);
	free(p);
}

void
ask_free(struct ask *a)
{
	if (!a)
		return;
	close_question(a);
	while (a->first) {
		struct pending *p = a->first;

		a->first = p->next;
		free_pending(p);
	}
	loop_timer_free(a->failed);
	loop_timer_free(a->refuse);
	if (a->fd >= 0)
		close(a->fd);
	free(a->program);
	free(a);
}

static void open_next(struct ask *a);

static void
drop_first(struct ask *a)
{
	a->first = a->first->next;
	if (!a->first)
		a->tail = &a->first;
}

/* The answer is what stands in the line so far; any: there is one. */
static void
give(struct ask *a, bool any)
{
	struct pending *p = a->first;
	char line[LINE_MAX_BYTES];

	memcpy(line, a->line, sizeof(line));
	line[a->len < sizeof(line) ? a->len : sizeof(line) - 1] = '\0';
	if (p->word)
		any = any && str_eq(line, p->word);
	else
		any = any && (line[0] || p->asked.empty);
	close_question(a);
	drop_first(a);
	p->asked.answer(p->asked.user, p->subject, any ? line : NULL);
	explicit_bzero(line, sizeof(line));
	free_pending(p);
	open_next(a);
}

static void
on_ready(void *user, unsigned events)
{
	struct ask *a = user;
	ssize_t got = read(a->fd, a->line + a->len, sizeof(a->line) - 1 - a->len);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		give(a, false);
		return;
	}
	a->len += (size_t)got;
	char *end = memchr(a->line, '\n', a->len);
	if (!end && a->len < sizeof(a->line) - 1)
		return;
	if (end)
		a->len = (size_t)(end - a->line);
	give(a, end != NULL);
}

static void
on_program(void *user, const struct child_result *r)
{
	struct ask *a = user;
	const char *text = buf_text(r->out);
	size_t n = strcspn(text, "\r\n");
	bool good = r->status == 0 && n < sizeof(a->line);

	a->child = NULL;
	a->len = good ? n : 0;
	memcpy(a->line, text, a->len);
	explicit_bzero(r->out->data, r->out->len);
	give(a, good);
}

static void
open_program(struct ask *a)
{
	autofree char *prompt = xasprintf("%s%s%s: ", a->first->text ? a->first->text : "",
	    a->first->text ? "\n" : "", a->first->prompt);
	const char *argv[] = { a->program, prompt, NULL };
	struct child_spec spec = {
		.argv = argv, .max = LINE_MAX_BYTES, .done = on_program, .user = a
	};
	struct err err;

	a->child = child_start(a->config.loop, &spec, &err);
	if (!a->child)
		loop_timer_start(a->failed, 0);
}

static void
on_failed(void *user)
{
	give(user, false);
}

/* What was typed before the question stood there was not meant for it. In the background this stops
 * the job, until it is in front again. */
static void
set_terminal(struct ask *a)
{
	struct termios quiet = a->before;

	if (!a->first->asked.echo)
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (a->known)
		tcsetattr(a->fd, TCSAFLUSH, &quiet);
}

static void
show_question(struct ask *a)
{
	const struct pending *p = a->first;

	if (p->text) {
		put(a, p->text);
		put(a, "\n");
	}
	put(a, p->prompt);
	put(a, ": ");
}

static void
open_terminal(struct ask *a)
{
	busy(a, true);
	a->known = tcgetattr(a->fd, &a->before) == 0;
	set_terminal(a);
	watch(a);
	show_question(a);
	a->io = loop_io_new(a->config.loop, a->fd, on_ready, a);
	loop_io_want(a->io, LOOP_READ);
}

/* Ctrl-Z, or back from a stop of any kind: the shell had the terminal, and left it as it likes it.
 * Meanwhile the signals do what they always do: a stop stops, or does not where no shell would wake
 * us again. */
static void
suspend(struct ask *a, bool stop)
{
	unwatch(a);
	forget_line(a);
	if (stop) {
		if (a->known)
			tcsetattr(a->fd, TCSAFLUSH, &a->before);
		put(a, "\n");
		raise(SIGTSTP);
	}
	set_terminal(a);
	watch(a);
	show_question(a);
}

static void
on_signal(void *user, int signum)
{
	struct ask *a = user;

	if (signum == SIGINT)
		ask_interrupt(a);
	else if (a->open && !a->broken)
		suspend(a, signum == SIGTSTP);
}

void
ask_interrupt(struct ask *a)
{
	if (!a->open || a->refusing)
		return;
	if (!a->program)
		put(a, "\n");
	a->broken = true;
	a->refusing = true;
	a->refused_id = a->last_id;
	loop_timer_start(a->refuse, 0);
}

static void
on_refuse(void *user)
{
	struct ask *a = user;

	a->len = 0;
	while (a->first && a->first->id <= a->refused_id)
		give(a, false);
	a->refusing = false;
	open_next(a);
}

static void
open_next(struct ask *a)
{
	if (!a->first || a->open || a->refusing)
		return;
	a->open = true;
	if (a->program)
		open_program(a);
	else
		open_terminal(a);
}

/* Line by line, so that the line ends are ours. */
static char *
clean(const char *text)
{
	autobuf to = BUF_INIT(TEXT_MAX_BYTES);

	while (*text) {
		size_t n = strcspn(text, "\n");

		utf8_clean_line(&to, text, n);
		text += n;
		if (*text == '\n' && *++text)
			buf_addc(&to, '\n');
	}
	return buf_detach(&to, NULL);
}

uint32_t
ask_put(struct ask *a, const struct question *q)
{
	struct pending *p = xcalloc(1, sizeof(*p));

	p->id = ++a->last_id;
	p->asked = *q;
	p->prompt = clean(q->prompt);
	p->text = q->text ? clean(q->text) : NULL;
	p->word = q->word ? xstrdup(q->word) : NULL;
	p->subject = q->subject ? xstrdup(q->subject) : NULL;
	*a->tail = p;
	a->tail = &p->next;
	open_next(a);
	return a->last_id;
}

void
ask_withdraw(struct ask *a, uint32_t id)
{
	struct pending **slot = &a->first;

	while (*slot && (*slot)->id != id)
		slot = &(*slot)->next;
	struct pending *p = *slot;
	if (!p)
		return;
	if (p == a->first)
		close_question(a);
	*slot = p->next;
	if (!*slot)
		a->tail = slot;
	free_pending(p);
	open_next(a);
}
