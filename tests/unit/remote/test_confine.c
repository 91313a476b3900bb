#include "remote/confine.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a deed came to, as the exit status of the process that did it: 0 done, else the errno. */
static int
came_to(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
deed_socket(void)
{
	return came_to(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int inherited = -1; /* a socket made before */

static int
deed_connect(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) };

	return came_to(connect(inherited, (struct sockaddr *)&at, sizeof(at)));
}

static int
deed_listen(void)
{
	return came_to(listen(inherited, 1));
}

static int
deed_abort(void)
{
	abort();
}

static int
deed_ring(void)
{
	return came_to(syscall(SYS_io_uring_setup, 1, NULL));
}

static int
deed_work(void)
{
	int pair[2];
	char byte = 'x';
	bool good = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
		    write(pair[0], &byte, 1) == 1 && read(pair[1], &byte, 1) == 1;
	void *p = xcalloc(1, 8 << 20);

	memset(p, 1, 8 << 20);
	free(p);
	return good ? 0 : 255;
}

/* The build for sanitizers forbids no more than sockets: they read /proc and start programs. */
#ifndef DROVER_LOOSE
static int
deed_open(void)
{
	return came_to(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
deed_create(void)
{
	return came_to(open("/tmp/drover-confined", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int
deed_list(void)
{
	return came_to(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int
deed_unlink(void)
{
	return came_to(unlink("/tmp/drover-confined"));
}

static int
deed_chmod(void)
{
	return came_to(chmod("/tmp", 0777));
}

static int
deed_exec(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	return came_to(execv("/bin/true", argv));
}

static int
deed_fork(void)
{
	return came_to(fork());
}

static int
deed_clone3(void)
{
	return came_to(syscall(SYS_clone3, NULL, 0));
}

static int
deed_ptrace(void)
{
	return came_to(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
deed_kill(void)
{
	return came_to(kill(getppid(), 0));
}

static int
deed_map_code(void)
{
	void *p = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
deed_limits(void)
{
	struct rlimit more = { 100, 100 };

	return came_to(setrlimit(RLIMIT_NOFILE, &more));
}

static int
deed_dumpable(void)
{
	return came_to(prctl(PR_SET_DUMPABLE, 1));
}

static void *
opens(void *user)
{
	*(int *)user = deed_open();
	return NULL;
}

/* Threads can still be made, and are held as well. */
static int
deed_open_on_thread(void)
{
	pthread_t id;
	int got = -1;

	if (pthread_create(&id, NULL, opens, &got) != 0)
		return 255;
	pthread_join(id, NULL);
	return got;
}
#endif

static bool
guard_calls(void)
{
	return confine_calls();
}

/* What waitpid() says of a process that gives that up and then does the deed; -1: it is not to be
 * had here. */
static int
status_of(bool (*guard)(void), int (*deed)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		signal(SIGABRT, SIG_DFL);
		if (!guard())
			_exit(254);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 254 ? -1 : status;
}

static void
must_die(const char *name, int (*deed)(void), int by)
{
	int status = status_of(guard_calls, deed);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != by)
		fail_msg("%s: status %x", name, (unsigned)status);
}

static void
must_give(const char *name, bool (*guard)(void), int (*deed)(void), int wanted)
{
	int status = status_of(guard, deed);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
		fail_msg("%s: status %x, wanted exit %d", name, (unsigned)status, wanted);
}

static void
no_socket_is_made(void **state)
{
	(void)state;
	must_die("socket", deed_socket, SIGSYS);
	must_die("connect", deed_connect, SIGSYS);
	must_die("listen", deed_listen, SIGSYS);
}

static void
what_a_worker_does_is_let(void **state)
{
	(void)state;
	must_give("work", guard_calls, deed_work, 0);
	must_die("abort", deed_abort, SIGABRT);
}

static void
a_kernel_has_no_rings(void **state)
{
	(void)state;
	must_give("a ring", confine_rings, deed_ring, ENOSYS);
	must_give("work", confine_rings, deed_work, 0);
}

#ifndef DROVER_LOOSE
static void
no_program_or_process_is_started(void **state)
{
	(void)state;
	must_die("execve", deed_exec, SIGSYS);
	must_die("fork", deed_fork, SIGSYS);
	must_die("ptrace", deed_ptrace, SIGSYS);
	must_give("clone3", guard_calls, deed_clone3, ENOSYS);
	must_give("kill", guard_calls, deed_kill, EPERM);
}

static void
no_file_is_opened(void **state)
{
	(void)state;
	must_give("open", guard_calls, deed_open, EPERM);
	must_give("open on a thread", guard_calls, deed_open_on_thread, EPERM);
	must_give("create", guard_calls, deed_create, EPERM);
	must_give("unlink", guard_calls, deed_unlink, EPERM);
	must_give("chmod", guard_calls, deed_chmod, EPERM);
}

static void
rights_are_not_taken_back(void **state)
{
	(void)state;
	must_give("mmap", guard_calls, deed_map_code, EPERM);
	must_give("setrlimit", guard_calls, deed_limits, EPERM);
	must_give("prctl", guard_calls, deed_dumpable, EPERM);
}

/* The second lock holds without the first. */
static void
landlock_takes_the_file_system_away(void **state)
{
	(void)state;
	if (status_of(confine_files, deed_work) == -1) {
		print_message("ok - # SKIP the kernel has no Landlock\n");
		skip();
	}
	must_give("open", confine_files, deed_open, EACCES);
	must_give("list", confine_files, deed_list, EACCES);
	must_give("create", confine_files, deed_create, EACCES);
	must_give("execve", confine_files, deed_exec, EACCES);
}
#endif

static int
set_up(void **state)
{
	(void)state;
	inherited = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return inherited < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return close(inherited);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_socket_is_made),
		cmocka_unit_test(what_a_worker_does_is_let),
		cmocka_unit_test(a_kernel_has_no_rings),
#ifndef DROVER_LOOSE
		cmocka_unit_test(no_program_or_process_is_started),
		cmocka_unit_test(no_file_is_opened),
		cmocka_unit_test(rights_are_not_taken_back),
		cmocka_unit_test(landlock_takes_the_file_system_away),
#endif
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
