#include "tests/lib/sshd.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define UP_MS 120000

extern char **environ;

struct sshd {
	char dir[64], path[128], host_key[256], user[64];
	int port;
	pid_t pid;
};

int
sshd_launch(const char *const *argv)
{
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
		mem_abort("a program that the test needs is not there");
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static bool
succeeds(const char *const *argv)
{
	pid_t pid = sshd_launch(argv);
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
sshd_run(const char *const *argv)
{
	if (!succeeds(argv))
		mem_abort("a program that the test needs failed");
}

const char *
sshd_file(const struct sshd *s, const char *name)
{
	char *path = (char *)(uintptr_t)s->path;

	snprintf(path, sizeof(s->path), "%s/%s", s->dir, name);
	return path;
}

static void
write_file(const char *path, const char *text)
{
	struct err err;

	if (file_replace(path, text, strlen(text), 0600, &err) < 0)
		mem_abort(err.text);
}

static void
make_keys(struct sshd *s)
{
	static const char *const names[] = { "host", "id" };
	struct err err;

	for (size_t i = 0; i < countof(names); i++) {
		const char *argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
			sshd_file(s, names[i]), NULL };

		sshd_run(argv);
	}
	autofree char *key = file_read(sshd_file(s, "host.pub"), 4096, NULL, &err);
	if (!key || !strchr(key, ' '))
		mem_abort("the host key cannot be read");
	size_t type = strcspn(key, " ");
	snprintf(s->host_key, sizeof(s->host_key), "%.*s",
	    (int)(type + 1 + strcspn(key + type + 1, " \n")), key);
	autofree char *mine = file_read(sshd_file(s, "id.pub"), 4096, NULL, &err);
	write_file(sshd_file(s, "authorized"), mine ? mine : "");
}

static int
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		mem_abort("no port is free");
	return ntohs(at.sin_port);
}

static bool
answers(const struct sshd *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

/* Newer servers hold off an address that comes often and rudely, as tests do; older ones do not know
 * the word. */
static void
write_config(const char *path, const char *text)
{
	const char *argv[] = { "/usr/sbin/sshd", "-t", "-E", "/dev/null", "-f", path, NULL };
	autofree char *lenient = xasprintf("PerSourcePenalties no\n%s", text);

	write_file(path, lenient);
	if (!succeeds(argv))
		write_file(path, text);
}

/* False when it ended instead: somebody took the port. */
static bool
launch_sshd(struct sshd *s, const char *extra)
{
	autofree char *text = NULL;
	/* A test that aborts takes its sshd along. */
	const char *argv[] = { "setpriv", "--pdeathsig", "TERM", "/usr/sbin/sshd", "-D", "-f", NULL,
		"-E", NULL, NULL };
	char conf[96], log[96];
	struct timespec pause = { .tv_nsec = 5000000 };
	int64_t until = clock_mono_ms() + UP_MS;

	s->port = free_port();
	text = xasprintf("%s\nPort %d\nListenAddress 127.0.0.1\nHostKey %s/host\nPidFile none\n"
			 "AuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\n"
			 "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\n"
			 "PrintMotd no\nPrintLastLog no\nMaxStartups 4000\nMaxSessions 100\n"
			 "LogLevel VERBOSE\n"
			 /* bash reads no rc file in a shell of the second level */
			 "SetEnv SHLVL=2\n",
	    extra ? extra : "", s->port, s->dir, s->dir);
	snprintf(conf, sizeof(conf), "%s/config", s->dir);
	snprintf(log, sizeof(log), "%s/log", s->dir);
	write_config(conf, text);
	argv[6] = conf;
	argv[8] = log;
	s->pid = sshd_launch(argv);
	while (clock_mono_ms() < until) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			return false;
		if (answers(s))
			return true;
		nanosleep(&pause, NULL);
	}
	mem_abort("sshd does not answer");
}

struct sshd *
sshd_start(const char *extra)
{
	struct sshd *s = xcalloc(1, sizeof(*s));
	const struct passwd *me = getpwuid(getuid());
	int tries = 0;

	mkdir("/run/sshd", 0755);
	snprintf(s->dir, sizeof(s->dir), "/tmp/drover-sshd-XXXXXX");
	if (!mkdtemp(s->dir) || !me)
		mem_abort("no place for an sshd");
	snprintf(s->user, sizeof(s->user), "%s", me->pw_name);
	make_keys(s);
	while (!launch_sshd(s, extra)) {
		if (++tries == 5)
			mem_abort("sshd does not start");
	}
	return s;
}

void
sshd_stop(struct sshd *s)
{
	const char *argv[] = { "rm", "-rf", s->dir, NULL };

	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	/* A session that is not over yet may lay a file there meanwhile. */
	for (int tries = 0; !succeeds(argv); tries++) {
		if (tries == 100)
			mem_abort("the place of an sshd stays");
	}
	free(s);
}

/* sshd, or since OpenSSH 9.8 sshd-session and sshd-auth; not what runs in a session. */
static bool
is_sshd(int pid)
{
	char path[64], name[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	autofclose FILE *f = fopen(path, "re");
	return f && fgets(name, sizeof(name), f) && strncmp(name, "sshd", 4) == 0;
}

/* A session may be served by a process and its child: the one outlives the other. */
static void
cut_below(int pid)
{
	char path[64];
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	autofclose FILE *list = fopen(path, "re");
	while (list && fscanf(list, "%d", &child) == 1) {
		if (!is_sshd(child))
			continue;
		cut_below(child);
		kill(child, SIGKILL);
	}
}

void
sshd_cut(const struct sshd *s)
{
	cut_below(s->pid);
}

int
sshd_port(const struct sshd *s)
{
	return s->port;
}

const char *
sshd_dir(const struct sshd *s)
{
	return s->dir;
}

const char *
sshd_user(const struct sshd *s)
{
	return s->user;
}

const char *
sshd_host_key(const struct sshd *s)
{
	return s->host_key;
}

static bool
listens(const char *socket_path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_copy(at.sun_path, sizeof(at.sun_path), socket_path);
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

int
sshd_agent(const char *socket_path)
{
	/* It is set-gid, and would outlive a test that aborts. */
	const char *argv[] = { "timeout", "250", "ssh-agent", "-D", "-a", socket_path, NULL };
	struct timespec pause = { .tv_nsec = 5000000 };
	int64_t until = clock_mono_ms() + UP_MS;
	int pid = sshd_launch(argv);

	/* Bound is not yet listening. */
	while (!listens(socket_path)) {
		if (clock_mono_ms() > until)
			mem_abort("the agent does not answer");
		nanosleep(&pause, NULL);
	}
	setenv("SSH_AUTH_SOCK", socket_path, 1);
	return pid;
}

void
sshd_agent_stop(int pid, const char *socket_path)
{
	unsetenv("SSH_AUTH_SOCK");
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(socket_path);
}
