/* How a task of a porter begins: its descriptors, and what is asked of the porter's kind. */
#include "base/loop.h"
#include "base/str.h"
#include "remote/message.h"
#include "remote/porter.h"
#include "remote/porter_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int
make_pipes(struct porter_task *t, int theirs[3])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, errors[2] = { -1, -1 };

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0) {
		int saved = errno;

		for (int i = 0; i < 2; i++) {
			close(in[i]);
			close(out[i]);
		}
		errno = saved;
		return -1;
	}
	t->in_fd = in[1];
	t->side[0].fd = out[0];
	t->side[1].fd = errors[0];
	theirs[0] = in[0];
	theirs[1] = out[1];
	theirs[2] = errors[1];
	return 0;
}

void
porter_set_size(const struct porter_task *t, const struct message *m)
{
	struct winsize size = { .ws_col = (unsigned short)message_get(m, FIELD_COLUMNS),
		.ws_row = (unsigned short)message_get(m, FIELD_ROWS) };

	ioctl(t->in_fd, TIOCSWINSZ, &size);
}

/* Our end twice, so that input and output can be watched apart; there are no errors apart. */
static int
make_terminal(struct porter_task *t, int theirs[3])
{
	int out[2] = { -1, -1 };

	t->side[1].eof = true;
	t->in_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->in_fd < 0 || unlockpt(t->in_fd) < 0)
		return -1;
	theirs[0] = ioctl(t->in_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (theirs[0] < 0)
		return -1;
	if (t->porter->config->kind->splits_terminal) {
		if (pipe2(out, O_CLOEXEC) < 0)
			return -1;
	} else {
		out[0] = fcntl(t->in_fd, F_DUPFD_CLOEXEC, 0);
		out[1] = fcntl(theirs[0], F_DUPFD_CLOEXEC, 0);
	}
	t->side[0].fd = out[0];
	theirs[1] = out[1];
	theirs[2] = fcntl(out[1], F_DUPFD_CLOEXEC, 0);
	return out[0] >= 0 && theirs[2] >= 0 ? 0 : -1;
}

static int
start(struct porter_task *t, const struct message *m)
{
	const struct porter_config *c = t->porter->config;
	struct porter_order order = { .command = message_string(m, FIELD_COMMAND) };
	int fd[3] = { -1, -1, -1 };
	int rc;

	if (message_has(m, FIELD_ENVIRONMENT)) {
		order.env = m->value[FIELD_ENVIRONMENT].bytes;
		order.env_len = m->value[FIELD_ENVIRONMENT].len;
	}
	if (t->terminal)
		order.terminal = message_string(m, FIELD_TERMINAL);
	rc = t->terminal ? make_terminal(t, fd) : make_pipes(t, fd);
	if (rc < 0) {
		err_errno(&t->why, "no descriptors for a command");
	} else {
		porter_task_watch(t);
		if (t->terminal)
			porter_set_size(t, m);
		t->work = c->kind->start(c->kind_user, t, &order, fd, &t->why);
	}
	for (int i = 0; i < 3; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return t->work ? 0 : -1;
}

static int
forward(struct porter_task *t, const struct message *m, int fd)
{
	const struct porter_config *c = t->porter->config;
	struct porter_forward f = { .host = message_string(m, FIELD_HOST),
		.port = (int)message_get(m, FIELD_PORT),
		.fd = fd };

	t->side[0].eof = t->side[1].eof = true;
	if (c->kind->forward)
		t->work = c->kind->forward(c->kind_user, t, &f, &t->why);
	else
		err_set(&t->why, OUTCOME_UNREACHABLE, "this machine is not reached through SSH");
	return t->work ? 0 : -1;
}

void
porter_begin(struct porter *p, const struct message *m, int fd)
{
	struct porter_task *t = porter_task_new(p, m);
	bool exec = m->type == MESSAGE_EXEC;

	if ((exec ? start(t, m) : forward(t, m, fd)) == 0)
		return;
	str_copy(t->why.phase, sizeof(t->why.phase), exec ? "command" : "channel");
	t->ended = true;
	loop_timer_start(t->soon, 0);
}
