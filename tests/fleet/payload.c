/*
 * What runs as an app on a fleet's host and says over HTTP what it may do there: one request at a time,
 * "GET /WORD?ARGUMENT", answered with 200 and a line, on $PORT. Built without a library to need on the host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "1"
#endif

static void
say_error(char *to, size_t size, int failed)
{
	snprintf(to, size, "%s\n", failed ? strerror(errno) : "ok");
}

static void
do_write(const char *path, char *to, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int failed = fd < 0 || write(fd, VERSION, 1) != 1;

	say_error(to, size, failed);
	if (fd >= 0)
		close(fd);
}

static void
do_read(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

	if (n < 0)
		say_error(to, size, 1);
	else
		to[n] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Memory that is really there. */
static void
do_eat(const char *megabytes, char *to, size_t size)
{
	size_t n = strtoul(megabytes, NULL, 10) << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say_error(to, size, p == MAP_FAILED);
	for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096)
		p[i] = 1;
	if (p != MAP_FAILED)
		munmap(p, n);
}

/* As many as may be of so many children, who all end with the answer. */
static void
do_fork(const char *count, char *to, size_t size)
{
	int n = atoi(count), made = 0, failed = 0;
	pid_t *child = calloc((size_t)n + 1, sizeof(*child));

	while (made < n) {
		pid_t pid = fork();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0) {
			failed = errno;
			break;
		}
		child[made++] = pid;
	}
	for (int i = 0; i < made; i++)
		kill(child[i], SIGKILL);
	free(child);
	snprintf(to, size, "%d %s\n", made, failed ? strerror(failed) : "ok");
}

static int
listen_on(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 16) == 0)
		return fd;
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

static void
do_bind(const char *port, char *to, size_t size)
{
	int fd = listen_on(atoi(port));

	say_error(to, size, fd < 0);
	if (fd >= 0)
		close(fd);
}

/* A call that needs no right, but that no service makes. */
static void
do_trace(const char *unused, char *to, size_t size)
{
	(void)unused;
	say_error(to, size, ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
}

static void
do_code(const char *unused, char *to, size_t size)
{
	(void)unused;
	say_error(to, size,
	    mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		MAP_FAILED);
}

static void
do_env(const char *name, char *to, size_t size)
{
	const char *value = getenv(name);

	snprintf(to, size, "%s\n", value ? value : "-");
}

static void
do_user(const char *unused, char *to, size_t size)
{
	(void)unused;
	snprintf(to, size, "%u %u\n", (unsigned)geteuid(), (unsigned)getegid());
}

static void
do_version(const char *unused, char *to, size_t size)
{
	const char *replica = getenv("DROVER_REPLICA");

	(void)unused;
	snprintf(to, size, "version %s of replica %s\n", VERSION, replica ? replica : "-");
}

static const struct {
	const char *word;
	void (*run)(const char *argument, char *to, size_t size);
} words[] = { { "", do_version }, { "write", do_write }, { "read", do_read }, { "eat", do_eat },
	{ "fork", do_fork }, { "bind", do_bind }, { "trace", do_trace }, { "code", do_code },
	{ "env", do_env }, { "user", do_user } };

static void
answer(int fd)
{
	char line[1024], said[8192] = "no such word\n", whole[9000];
	ssize_t n = read(fd, line, sizeof(line) - 1);
	char *word, *argument;

	if (n <= 5 || strncmp(line, "GET /", 5) != 0)
		return;
	line[n] = '\0';
	word = line + 5;
	word[strcspn(word, " \r\n")] = '\0';
	argument = strchr(word, '?');
	if (argument)
		*argument++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i].word, word) == 0)
			words[i].run(argument ? argument : "", said, sizeof(said));
	n = snprintf(whole, sizeof(whole), "HTTP/1.0 200 OK\r\n\r\n%s", said);
	if (write(fd, whole, (size_t)n) != n)
		perror("write");
	shutdown(fd, SHUT_WR);
	while (read(fd, line, sizeof(line)) > 0) {
	}
}

int
main(int argc, char **argv)
{
	const char *port = getenv("PORT");
	int fd = listen_on(port ? atoi(port) : 8080);

	signal(SIGCHLD, SIG_IGN);
	if (fd < 0) {
		perror("listen");
		return 1;
	}
	printf("version %s listens on %s, %d arguments, last %s\n", VERSION, port ? port : "8080",
	    argc - 1, argv[argc - 1]);
	fflush(stdout);
	for (;;) {
		int from = accept(fd, NULL, NULL);

		if (from < 0)
			continue;
		answer(from);
		close(from);
	}
}
