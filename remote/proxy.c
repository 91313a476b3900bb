#include "remote/proxy.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WORDS    4096 /* of standard error; the last ones count */
#define WORDS_MS 500
#define KILL_MS  2000

struct proxies {
	struct loop *loop;
	struct proxy *first;
};

struct proxy {
	struct proxies *all;
	struct proxy *next, **prev;
	pid_t pid; /* 0: ended */
	int pidfd, errors;
	struct loop_io *exit_io, *errors_io; /* errors_io NULL: read to its end */
	struct loop_timer *timer;
	struct buf words;
	bool over; /* nobody uses it: frees itself when the process ended */
	bool failed;
	char how[64];
	void (*told)(void *user, const char *why, bool failed);
	void *user;
};

static void
close_errors(struct proxy *p)
{
	if (!p->errors_io)
		return;
	loop_io_free(take(p->errors_io));
	close(p->errors);
}

static void
proxy_free(struct proxy *p)
{
	close_errors(p);
	loop_io_free(p->exit_io);
	loop_timer_free(p->timer);
	close(p->pidfd);
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	buf_fini(&p->words);
	free(p);
}

static void
read_errors(struct proxy *p)
{
	char bytes[1024];

	while (p->errors_io) {
		ssize_t n = read(p->errors, bytes, sizeof(bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close_errors(p);
			return;
		}
		if (p->words.len + (size_t)n > WORDS)
			buf_drop(&p->words, p->words.len / 2);
		buf_add(&p->words, bytes, (size_t)n);
	}
}

/* The last line it wrote, without bytes that a terminal might obey. */
static void
last_line(const struct proxy *p, char *to, size_t size)
{
	const char *text = p->words.len ? p->words.data : "";
	size_t end = p->words.len, from;

	while (end && isspace((unsigned char)text[end - 1]))
		end--;
	for (from = end; from && text[from - 1] != '\n';)
		from--;
	size_t n = end - from < size - 1 ? end - from : size - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = text[from + i] >= ' ' && text[from + i] <= '~' ? text[from + i] : '?';
	to[n] = '\0';
}

static void
tell(struct proxy *p)
{
	char line[200], why[320] = "";

	if (!p->told)
		return;
	last_line(p, line, sizeof(line));
	if (line[0] || p->failed)
		snprintf(why, sizeof(why), "the proxy command%s%s%s%s", p->failed ? " " : " said",
		    p->failed ? p->how : "", line[0] ? ": " : "", line);
	loop_timer_stop(p->timer);
	take(p->told)(p->user, why, p->failed);
}

/* The rest of its process group goes with it: its number is ours until it is waited for. */
static void
on_exit_ready(void *user, unsigned events)
{
	struct proxy *p = user;
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid == 0)
		return;
	kill(-p->pid, SIGTERM);
	waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG);
	p->pid = 0;
	loop_io_want(p->exit_io, 0);
	p->failed = info.si_code != CLD_EXITED || info.si_status != 0;
	if (info.si_code == CLD_EXITED)
		snprintf(p->how, sizeof(p->how), "ended with status %d", info.si_status);
	else
		snprintf(p->how, sizeof(p->how), "was ended by signal %d", info.si_status);
	read_errors(p);
	if (p->over)
		proxy_free(p);
	else
		tell(p);
}

static void
on_errors(void *user, unsigned events)
{
	(void)events;
	read_errors(user);
}

static void
on_timer(void *user)
{
	struct proxy *p = user;

	if (p->over)
		kill(-p->pid, SIGKILL);
	else
		tell(p);
}

/* What the shell may be given: nothing that it would take apart, no option. */
static bool
is_harmless(const char *s)
{
	if (*s == '-')
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("._:%@+-", *s))
			return false;
	}
	return true;
}

static int
expand(const struct proxy_spec *spec, struct buf *to, struct err *err)
{
	if (!is_harmless(spec->name) || !is_harmless(spec->host) || !is_harmless(spec->user))
		return err_set(err, OUTCOME_INPUT,
		    "a host or user name that a shell would take apart is not given to a proxy "
		    "command");
	buf_adds(to, "exec ");
	for (const char *c = spec->command; *c; c++) {
		if (*c != '%') {
			buf_addc(to, *c);
			continue;
		}
		switch (*++c) {
		case '%':
			buf_addc(to, '%');
			break;
		case 'h':
			buf_adds(to, spec->host);
			break;
		case 'n':
			buf_adds(to, spec->name);
			break;
		case 'r':
			buf_adds(to, spec->user);
			break;
		case 'p':
			buf_addf(to, "%d", spec->port);
			break;
		default:
			return err_set(err, OUTCOME_INPUT,
			    "the proxy command has %%%.1s, which is none of %%%% %%h %%n %%p %%r",
			    c);
		}
	}
	return to->dropped ? err_set(err, OUTCOME_INPUT, "the proxy command is too long") : 0;
}

/* A session of its own: no terminal to ask on, and its processes can be ended together. */
static int
spawn(const char *command, int io, int errors, pid_t *ret)
{
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	posix_spawn_file_actions_t files;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, io, 0);
	posix_spawn_file_actions_adddup2(&files, io, 1);
	posix_spawn_file_actions_adddup2(&files, errors, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	int rc = spawn_start(
	    &(struct spawn_spec){
		.file = argv[0], .argv = argv, .files = &files, .group = SPAWN_SESSION },
	    ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* The process runs; errors is the reading end of its standard error. */
static struct proxy *
proxy_new(struct proxies *all, pid_t pid, int pidfd, int errors)
{
	struct proxy *p = xcalloc(1, sizeof(*p));

	p->all = all;
	p->pid = pid;
	p->pidfd = pidfd;
	p->errors = errors;
	buf_init(&p->words, WORDS);
	p->exit_io = loop_io_new(all->loop, pidfd, on_exit_ready, p);
	loop_io_want(p->exit_io, LOOP_READ);
	p->errors_io = loop_io_new(all->loop, errors, on_errors, p);
	loop_io_want(p->errors_io, LOOP_READ);
	p->timer = loop_timer_new(all->loop, on_timer, p);
	p->next = all->first;
	p->prev = &all->first;
	if (p->next)
		p->next->prev = &p->next;
	all->first = p;
	return p;
}

struct proxy *
proxy_start(struct proxies *all, const struct proxy_spec *spec, int *ret_fd, struct err *err)
{
	autobuf command = BUF_INIT(8192);
	int io[2] = { -1, -1 }, errors[2] = { -1, -1 }, rc = 0, pidfd = -1;
	pid_t pid = 0;

	if (expand(spec, &command, err) < 0)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, io) < 0 ||
	    pipe2(errors, O_CLOEXEC) < 0)
		rc = errno;
	else
		rc = spawn(buf_text(&command), io[1], errors[1], &pid);
	if (rc == 0)
		pidfd = pidfd_open(pid, 0);
	close(io[1]);
	close(errors[1]);
	if (pidfd < 0) {
		errno = rc ? rc : errno;
		err_errno(err, "the proxy command cannot be started");
		err->kind = OUTCOME_UNREACHABLE;
		close(io[0]);
		close(errors[0]);
		return NULL;
	}
	fcntl(io[0], F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	*ret_fd = io[0];
	return proxy_new(all, pid, pidfd, errors[0]);
}

void
proxy_end(struct proxy *p)
{
	if (!p)
		return;
	p->told = NULL;
	p->over = true;
	if (!p->pid) {
		proxy_free(p);
		return;
	}
	kill(-p->pid, SIGTERM);
	loop_timer_start(p->timer, KILL_MS);
}

void
proxy_last_words(
    struct proxy *p, void (*told)(void *user, const char *why, bool failed), void *user)
{
	p->told = told;
	p->user = user;
	loop_timer_start(p->timer, p->pid ? WORDS_MS : 0);
}

struct proxies *
proxies_new(struct loop *loop)
{
	struct proxies *all = xcalloc(1, sizeof(*all));

	all->loop = loop;
	return all;
}

void
proxies_free(struct proxies *all)
{
	siginfo_t info;

	if (!all)
		return;
	while (all->first) {
		struct proxy *p = all->first;

		if (p->pid) {
			kill(-p->pid, SIGKILL);
			waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG);
		}
		proxy_free(p);
	}
	free(all);
}
