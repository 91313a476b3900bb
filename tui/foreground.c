#include "tui/foreground.h"

#include "tui/console.h"
#include "tui/term.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "inventory/inventory.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct console_foreground {
	struct console *console;
	struct loop_io *gone;
	pid_t pid;
	int fd; /* of the process; readable once it has ended */
};

/* Signals as a shell's child has them: what the console catches or ignores is its own. */
static int
spawn(const char *const *argv, pid_t *ret)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(ret, argv[0], NULL, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	return rc;
}

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
	rc = spawn(argv, &f->pid);
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

struct words {
	const char *word[40];
	char *made[16]; /* of them, what is ours to free */
	size_t count, made_count;
};

static void
add(struct words *w, const char *word)
{
	w->word[w->count++] = word;
}

static void
add_option(struct words *w, const char *option, const char *value)
{
	if (!value)
		return;
	add(w, option);
	add(w, value);
}

/* The text is taken. */
static void
add_made(struct words *w, const char *option, char *value)
{
	w->made[w->made_count++] = value;
	add_option(w, option, value);
}

/* Keys that drover knows and ssh(1) would not look for, behind those it does. */
static char *
known_files(const struct call *call)
{
	struct buf b = BUF_INIT(SIZE_MAX);
	autofree char *dir = file_state_dir();

	buf_adds(&b, "GlobalKnownHostsFile=/etc/ssh/ssh_known_hosts");
	for (const char *const *k = inventory_known_hosts(call->inventory); *k; k++)
		buf_addf(&b, " \"%s\"", *k);
	if (call->globals.trust_file)
		buf_addf(&b, " \"%s\"", call->globals.trust_file);
	else
		buf_addf(&b, " \"%s/known_hosts\"", dir);
	return buf_detach(&b, &(size_t){ 0 });
}

/* [USER@]ADDRESS[:PORT] of a hop the inventory knows; else its name. */
static char *
hop(const struct inventory *inv, const char *name)
{
	const struct host *h = inventory_find(inv, name);
	struct buf b = BUF_INIT(SIZE_MAX);
	const char *address = h && h->address ? h->address : name;

	if (h && h->user)
		buf_addf(&b, "%s@", h->user);
	buf_addf(&b, strchr(address, ':') ? "[%s]" : "%s", address);
	if (h && h->port)
		buf_addf(&b, ":%d", h->port);
	return buf_detach(&b, &(size_t){ 0 });
}

static void
ssh_words(struct words *w, const struct call *call, const struct host *h)
{
	add(w, "ssh");
	add_option(w, "-F", call->globals.ssh_config);
	add_made(w, "-o", known_files(call));
	add_option(w, "-l", h->user);
	add_option(w, "-i", h->identity);
	if (h->port)
		add_made(w, "-p", xasprintf("%d", h->port));
	if (h->address)
		add_made(w, "-o", xasprintf("HostName=%s", h->address));
	if (h->jump)
		add_made(w, "-J", hop(call->inventory, h->jump));
	if (h->proxy_command)
		add_made(w, "-o", xasprintf("ProxyCommand=%s", h->proxy_command));
	add(w, "--");
	add(w, h->name);
}

void
foreground_shell(struct console *c, size_t host)
{
	const struct host *h = inventory_host(c->call->inventory, host);
	const char *here = getenv("SHELL");
	struct words w = { .count = 0 };
	struct err err;

	if (h->refused) {
		console_flash(c, true, "%s: %s", h->name, h->refused);
		return;
	}
	if (h->transport && str_eq(h->transport, "local"))
		add(&w, here && *here ? here : "/bin/sh");
	else
		ssh_words(&w, c->call, h);
	if (foreground_run(c, w.word, &err) < 0)
		console_flash(c, true, "%s", err.text);
	for (size_t i = 0; i < w.made_count; i++)
		free(w.made[i]);
}
