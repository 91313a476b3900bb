#include "tui/foreground.h"

#include "tui/console.h"
#include "tui/self.h"
#include "tui/term.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct console_foreground {
	struct console *console;
	struct loop_io *gone;
	pid_t pid;
	int fd; /* of the process; readable once it has ended */
};

static void
take_back(struct console *c)
{
	foreground_free(c);
	term_flush(c->term);
	term_resume(c->term);
	term_resized(c->term);
	loop_io_want(c->input, LOOP_READ);
	console_dirty(c);
}

static void
on_gone(void *user, unsigned events)
{
	struct console_foreground *f = user;
	struct console *c = f->console;
	int status = 0;

	(void)events;
	if (waitpid(f->pid, &status, WNOHANG) == 0)
		return;
	take_back(c);
	if (WIFSIGNALED(status))
		console_flash(c, true, "it was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		console_flash(c, false, "it ended with status %d", WEXITSTATUS(status));
}

int
foreground_run(struct console *c, const char *const *argv, struct err *err)
{
	struct console_foreground *f = xcalloc(1, sizeof(*f));
	int rc;

	loop_io_want(c->input, 0);
	term_suspend(c->term);
	f->console = c;
	c->foreground = f;
	rc = spawn_start(&(struct spawn_spec){ .argv = argv }, &f->pid);
	f->fd = rc ? -1 : (int)syscall(SYS_pidfd_open, f->pid, 0);
	if (rc || f->fd < 0) {
		errno = rc ? rc : errno;
		err_errno(err, "%s", argv[0]);
		if (!rc)
			waitpid(f->pid, NULL, 0);
		take_back(c);
		return -1;
	}
	f->gone = loop_io_new(c->loop, f->fd, on_gone, f);
	loop_io_want(f->gone, LOOP_READ);
	return 0;
}

void
foreground_free(struct console *c)
{
	struct console_foreground *f = take(c->foreground);

	if (!f)
		return;
	if (f->gone)
		loop_io_free(f->gone);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

void
foreground_login(struct console *c, const char *host)
{
	struct self w;
	struct err err;

	self_begin(&w, &c->call->globals, command_find("ssh"));
	self_add(&w, "ssh");
	self_add(&w, host);
	if (foreground_run(c, w.word, &err) < 0)
		console_flash(c, true, "%s", err.text);
	self_fini(&w);
}
