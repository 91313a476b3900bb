#include "cli/local_command.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGQUIT };

static int
spawn(const char *line, bool input, pid_t *ret)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	posix_spawn_file_actions_t files;

	posix_spawn_file_actions_init(&files);
	if (!input)
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	int rc = spawn_start(
	    &(struct spawn_spec){ .file = "/bin/sh", .argv = argv, .files = &files }, ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void
on_gone(void *user, unsigned events)
{
	(void)events;
	loop_stop(user);
}

/* It is meant for the command, which gets it from the terminal too. */
static void
on_signal(void *user, int signum)
{
	(void)user;
	(void)signum;
}

int
local_command_run(struct loop *loop, const char *line, bool input, struct err *err)
{
	struct loop_signal *caught[countof(signals)];
	int status = -1, rc;
	pid_t pid;

	rc = spawn(line, input, &pid);
	autoclose int fd = rc ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) {
		errno = rc ? rc : errno;
		err_errno(err, "/bin/sh");
		if (!rc)
			waitpid(pid, NULL, 0);
		return -1;
	}
	for (size_t i = 0; i < countof(signals); i++)
		caught[i] = loop_signal_new(loop, signals[i], on_signal, NULL);
	struct loop_io *gone = loop_io_new(loop, fd, on_gone, loop);
	loop_io_want(gone, LOOP_READ);
	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_run(loop);
	loop_io_free(gone);
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(caught[i]);
	return status;
}
