#include "remote/hand.h"

#include "base/outcome.h"
#include "base/str.h"
#include "remote/remote.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

union room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int
hand_give(int socket, int fd)
{
	char byte = '\0';
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	union room room = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &m, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int
take_one(int socket)
{
	char byte;
	int fd = -1;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	union room room = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes) };

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(fd)))
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	return fd;
}

static int
pass_socket(void)
{
	int fd = take_one(STDERR_FILENO);

	return fd >= 0 && hand_give(STDOUT_FILENO, fd) == 0 ? 0 : 1;
}

static int
run(char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != (pid_t)strtol(argv[0], NULL, 10))
		return 1;
	execvp(argv[1], argv + 1);
	return 127;
}

int
remote_hand_main(int argc, char **argv)
{
	if (argc == 3 && str_eq(argv[2], "socket"))
		return pass_socket();
	if (argc >= 5 && str_eq(argv[2], "run"))
		return run(argv + 3);
	return outcome_exit(OUTCOME_USAGE);
}
