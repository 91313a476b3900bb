/* The real program on a terminal of our own sees what another drover does on the same ledger. */
#include "base/clock.h"
#include "base/mem.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

struct place {
	struct seat seat;
	char host[40];
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

/* A key to log in with, or nothing would be connected. */
static void
make_key(const struct place *p, char config[96])
{
	autofree char *command = xasprintf(
	    "ssh-keygen -q -t ed25519 -N '' -f %s/id && echo IdentityFile %s/id >%s/config",
	    p->seat.dir, p->seat.dir, p->seat.dir);

	shell(command);
	snprintf(config, 96, "%s/config", p->seat.dir);
}

/* drover run on the host that says nothing, in a process of its own. */
static pid_t
run_elsewhere(const struct place *p, const char *config)
{
	const char *argv[] = { seat_program(), "-i", p->host, "-F", config, "--connect-timeout",
		"60s", "run", "@all", "--", "true", NULL };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (const char *const *e = p->seat.envp; *e; e++)
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
	seat_up(&p.seat, "xterm-256color");
	p.listener = listen_silently(p.host);
	make_key(&p, config);
	struct screen *s = seat_console(&p.seat, "127.0.0.2:1", NULL, 30, 100);
	seat_shows(s, "127.0.0.2");
	screen_type(s, "8");
	seat_shows(s, "No run is recorded yet");
	int64_t began = clock_mono_ms();
	pid_t pid = run_elsewhere(&p, config);
	seat_shows(s, "> running");
	printf("# bench: a run of another process is on the screen after %lld ms\n",
	    (long long)(clock_mono_ms() - began));
	seat_shows(s, "jobs 1");
	screen_type(s, "J");
	seat_shows(s, "1 run at work");
	seat_shows(s, "0/1");
	screen_type(s, "\r");
	seat_shows(s, "< r-1 >");
	screen_type(s, "\033\033");
	seat_shows(s, "[8 History]");
	/* Its drover goes without a word: nothing is written, it is seen all the same. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	seat_shows(s, "! unfinished");
	seat_shows(s, "(u: resume)");
	seat_gone(s, "jobs 1");
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	screen_free(s);
	close(p.listener);
	seat_down(&p.seat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_of_another_process_appears_and_its_end_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
