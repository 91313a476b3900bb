#include "remote/local.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "remote/porter.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define KILL_MS 2000
#define ENV_MAX 256

extern char **environ;

struct child {
	struct local *local;
	struct child *next, **link;
	struct porter_task *task; /* NULL: nobody waits for it */
	pid_t pid;                /* stays ours until we reaped it, and so does its group */
	int pidfd;
	struct loop_io *exit_io;
	struct loop_timer *timer;
	bool exited, killed;
};

struct local {
	struct loop *loop;
	struct child *children;
};

static void
forget(struct child *c)
{
	siginfo_t info;

	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	loop_io_free(c->exit_io);
	loop_timer_free(c->timer);
	waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOHANG);
	close(c->pidfd);
	free(c);
}

static void
on_kill(void *user)
{
	struct child *c = user;

	kill(-c->pid, SIGKILL);
	c->killed = true;
	if (c->exited)
		forget(c);
}

static void
on_exit_ready(void *user, unsigned events)
{
	struct child *c = user;
	struct porter_end e = { .have_status = false };
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid == 0)
		return;
	c->exited = true;
	loop_io_want(c->exit_io, 0);
	if (!c->task) {
		if (c->killed)
			forget(c);
		return; /* the rest of its group has its time, too */
	}
	e.have_status = info.si_code == CLD_EXITED;
	e.status = info.si_status;
	if (!e.have_status) {
		e.signal = sigabbrev_np(info.si_status);
		e.signal = e.signal ? e.signal : "?";
	}
	porter_ended(c->task, &e);
}

/* NAME=VALUE, or what NAME is here. */
static void
add_env(char **env, size_t *n, const char *name, const char *value)
{
	size_t len = strlen(name), at = 0;

	while (at < *n && !(str_starts(env[at], name) && env[at][len] == '='))
		at++;
	if (!value || at >= ENV_MAX)
		return;
	if (at == *n)
		(*n)++;
	free(env[at]);
	env[at] = xasprintf("%s=%s", name, value);
}

/* What a login gives, and nothing of what drover was started with but the language and the way to
 * the user's own systemd. */
static void
make_env(char **env, size_t *n, const struct passwd *pw, const struct porter_order *o)
{
	static const char *const kept[] = { "LANG", "LANGUAGE", "TZ", "XDG_RUNTIME_DIR",
		"DBUS_SESSION_BUS_ADDRESS" };
	const char *path = getenv("PATH");

	add_env(env, n, "USER", pw->pw_name);
	add_env(env, n, "LOGNAME", pw->pw_name);
	add_env(env, n, "HOME", pw->pw_dir);
	add_env(env, n, "SHELL", *pw->pw_shell ? pw->pw_shell : _PATH_BSHELL);
	add_env(env, n, "PATH", path ? path : _PATH_STDPATH);
	add_env(env, n, "TERM", o->terminal);
	for (size_t i = 0; i < countof(kept); i++)
		add_env(env, n, kept[i], getenv(kept[i]));
	for (char **e = environ; *e; e++) {
		autofree char *name = xmemdup0(*e, strcspn(*e, "="));

		if (str_starts(name, "LC_"))
			add_env(env, n, name, getenv(name));
	}
	for (size_t i = 0; i < o->env_len; i += strlen(o->env + i) + 1) {
		const char *value = strchr(o->env + i, '=');
		autofree char *name = xmemdup0(o->env + i, strcspn(o->env + i, "="));

		add_env(env, n, name, value ? value + 1 : NULL);
	}
}

static void
set_files(posix_spawn_file_actions_t *files, const struct porter_order *o, const int fd[3],
    const char *home)
{
	char tty[64];

	posix_spawn_file_actions_init(files);
	/* The leader of a session gets the first terminal it opens as its own. */
	if (o->terminal && ttyname_r(fd[0], tty, sizeof(tty)) == 0) {
		posix_spawn_file_actions_addopen(files, 0, tty, O_RDWR, 0);
		posix_spawn_file_actions_adddup2(files, 0, 1);
		posix_spawn_file_actions_adddup2(files, 0, 2);
	} else {
		for (int i = 0; i < 3; i++)
			posix_spawn_file_actions_adddup2(files, fd[i], i);
	}
	posix_spawn_file_actions_addclosefrom_np(files, 3);
	posix_spawn_file_actions_addchdir_np(files, access(home, X_OK) == 0 ? home : "/");
}

static int
spawn(pid_t *ret, const struct passwd *pw, const struct porter_order *o, const int fd[3])
{
	const char *shell = *pw->pw_shell ? pw->pw_shell : _PATH_BSHELL;
	const char *name = strrchr(shell, '/');
	/* A dash in front of its name is what makes a shell that of a login. */
	autofree char *login = xasprintf("-%s", name ? name + 1 : shell);
	const char *argv[] = { login, NULL, NULL, NULL };
	char *env[ENV_MAX + 1] = { NULL };
	posix_spawn_file_actions_t files;
	size_t n = 0;

	if (*o->command) {
		argv[0] = login + 1;
		argv[1] = "-c";
		argv[2] = o->command;
	}
	make_env(env, &n, pw, o);
	set_files(&files, o, fd, pw->pw_dir);
	int rc = spawn_start(&(struct spawn_spec){ .file = shell,
				 .argv = argv,
				 .env = (const char *const *)env,
				 .files = &files,
				 .group = SPAWN_SESSION },
	    ret);
	posix_spawn_file_actions_destroy(&files);
	while (n)
		free(env[--n]);
	return rc;
}

static struct child *
watch(struct local *l, struct porter_task *t, pid_t pid, int pidfd)
{
	struct child *c = xcalloc(1, sizeof(*c));

	*c = (struct child){ .local = l, .task = t, .pid = pid, .pidfd = pidfd };
	c->next = l->children;
	c->link = &l->children;
	if (c->next)
		c->next->link = &c->next;
	l->children = c;
	c->exit_io = loop_io_new(l->loop, pidfd, on_exit_ready, c);
	loop_io_want(c->exit_io, LOOP_READ);
	return c;
}

static void *
start(void *user, struct porter_task *t, const struct porter_order *o, const int fd[3],
    struct err *err)
{
	struct local *l = user;
	const struct passwd *pw = getpwuid(getuid());
	pid_t pid = 0;

	if (!pw) {
		err_set(err, OUTCOME_FAILED, "this machine knows no user %u", (unsigned)getuid());
		return NULL;
	}
	int rc = spawn(&pid, pw, o, fd);
	int pidfd = rc == 0 ? pidfd_open(pid, 0) : -1;
	if (pidfd < 0) {
		errno = rc ? rc : errno;
		err_errno(err, "%s cannot be started", pw->pw_shell);
		return NULL;
	}
	porter_started(t);
	return watch(l, t, pid, pidfd);
}

static void
end(struct child *c)
{
	c->task = NULL;
	kill(-c->pid, SIGTERM);
	c->timer = loop_timer_new(c->local->loop, on_kill, c);
	loop_timer_start(c->timer, KILL_MS);
}

static void
drop(void *work, bool cancelled)
{
	struct child *c = work;

	if (cancelled)
		end(c);
	else
		forget(c);
}

static void
send_signal(void *work, const char *name)
{
	const struct child *c = work;

	for (int i = 1; i < NSIG && !c->exited; i++) {
		const char *known = sigabbrev_np(i);

		if (known && str_eq(known, name))
			kill(-c->pid, i);
	}
}

void
local_bury(struct local *l, int pid, int pidfd)
{
	end(watch(l, NULL, pid, pidfd));
}

const struct porter_kind local_kind = { .start = start, .signal = send_signal, .drop = drop };

struct local *
local_new(struct loop *loop)
{
	struct local *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	return l;
}

void
local_free(struct local *l)
{
	if (!l)
		return;
	while (l->children)
		forget(l->children);
	free(l);
}
