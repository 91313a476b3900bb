/* The real program on a terminal of our own sees what another drover does on the same ledger. */
#include "base/clock.h"
#include "base/mem.h"
#include "tests/lib/screen.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#define DEADLINE 30000 /* ms; a condition, not a timing */

struct place {
	char dir[64], env[6][128], host[40];
	const char *envp[8];
	int listener; /* takes connections and says nothing: a run on it stays at work */
};

static int
listen_silently(char host[40])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		fail_msg("no port to listen on");
	snprintf(host, 40, "127.0.0.1:%d", ntohs(at.sin_port));
	return fd;
}

static void
set_up(struct place *p)
{
	char dir[] = "/tmp/drover-history.XXXXXX";
	static const char *const names[] = { "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
		"HOME" };
	int n = 0;

	assert_non_null(mkdtemp(dir));
	memcpy(p->dir, dir, sizeof(dir));
	for (; n < 4; n++)
		snprintf(p->env[n], sizeof(p->env[n]), "%s=%s", names[n], dir);
	snprintf(p->env[n++], sizeof(p->env[0]), "TERM=xterm-256color");
	for (int i = 0; i < n; i++)
		p->envp[i] = p->env[i];
	p->envp[n++] = "LC_ALL=C.UTF-8";
	p->envp[n] = NULL;
	p->listener = listen_silently(p->host);
}

static void
shell(const char *command)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execv("/bin/sh", (char **)(uintptr_t)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void
tear_down(const struct place *p)
{
	autofree char *command = xasprintf("rm -rf '%s'", p->dir);

	shell(command);
	close(p->listener);
}

/* A key to log in with, or nothing would be connected. */
static void
make_key(const struct place *p, char config[96])
{
	autofree char *command = xasprintf(
	    "ssh-keygen -q -t ed25519 -N '' -f %s/id && echo IdentityFile %s/id >%s/config", p->dir,
	    p->dir, p->dir);

	shell(command);
	snprintf(config, 96, "%s/config", p->dir);
}

static const char *
program(void)
{
	const char *said = getenv("DROVER");

	return said ? said : "build/release/drover";
}

/* drover run on the host that says nothing, in a process of its own. */
static pid_t
run_elsewhere(const struct place *p, const char *config)
{
	const char *argv[] = { program(), "-i", p->host, "-F", config, "--connect-timeout", "60s",
		"run", "@all", "--", "true", NULL };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (const char *const *e = p->envp; *e; e++)
		putenv((char *)(uintptr_t)*e);
	if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
		_exit(126);
	execv(argv[0], (char **)(uintptr_t)argv);
	_exit(127);
}

static void
a_run_of_another_process_appears_and_its_end_is_seen(void **state)
{
	struct place p;
	char config[96];

	(void)state;
	set_up(&p);
	make_key(&p, config);
	const char *argv[] = { program(), "-i", "127.0.0.2:1", NULL };
	struct screen *s = screen_start(argv, p.envp, 30, 100);
	assert_true(screen_wait(s, "127.0.0.2", DEADLINE));
	screen_type(s, "8");
	assert_true(screen_wait(s, "No run is recorded yet", DEADLINE));
	int64_t began = clock_mono_ms();
	pid_t pid = run_elsewhere(&p, config);
	assert_true(screen_wait(s, "> running", DEADLINE));
	printf("# bench: a run of another process is on the screen after %lld ms\n",
	    (long long)(clock_mono_ms() - began));
	assert_true(screen_wait(s, "jobs 1", DEADLINE));
	screen_type(s, "J");
	assert_true(screen_wait(s, "1 run at work", DEADLINE));
	assert_true(screen_wait(s, "0/1", DEADLINE));
	screen_type(s, "\r");
	assert_true(screen_wait(s, "< r-1 >", DEADLINE));
	screen_type(s, "\033\033");
	assert_true(screen_wait(s, "[8 History]", DEADLINE));
	/* Its drover goes without a word: nothing is written, it is seen all the same. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(screen_wait(s, "! unfinished", DEADLINE));
	assert_true(screen_wait(s, "(u: resume)", DEADLINE));
	assert_true(screen_wait_gone(s, "jobs 1", DEADLINE));
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	screen_free(s);
	tear_down(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_of_another_process_appears_and_its_end_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
