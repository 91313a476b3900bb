/*
 * Runs a command and says what it cost, from outside: wall time, CPU of it and of
 * every process it started, memory of the largest.
 *
 * As a subreaper it also counts what was left behind by a parent that ended, such
 * as a worker; a process that its parent never waits for is counted when it ends.
 * usage: measure [-n TIMES] COMMAND...   prints medians: WALL_MS CPU_MS MAX_KB STATUS
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMES_MAX 1000

struct cost {
	double wall_ms, cpu_ms;
	long max_kb;
	int status;
};

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
start(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	execvp(argv[0], argv);
	_exit(127);
}

static struct cost
once(char **argv)
{
	struct cost c = { 0 };
	double begun = now_ms();
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		start(argv);
	for (;;) {
		pid_t ended = wait4(-1, &status, 0, &used);

		if (ended < 0 && errno == EINTR)
			continue;
		if (ended < 0)
			return c;
		c.cpu_ms += ms(used.ru_utime) + ms(used.ru_stime);
		if (used.ru_maxrss > c.max_kb)
			c.max_kb = used.ru_maxrss;
		if (ended == pid) {
			c.wall_ms = now_ms() - begun;
			c.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *value, int n)
{
	qsort(value, (size_t)n, sizeof(*value), by_value);
	return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

int
main(int argc, char **argv)
{
	double wall[TIMES_MAX], cpu[TIMES_MAX];
	long max_kb = 0;
	int times = 1, status = 0;

	argv++;
	if (argc > 3 && !strcmp(argv[0], "-n")) {
		times = (int)strtol(argv[1], NULL, 10);
		argv += 2;
	}
	if (!argv[0] || times < 1 || times > TIMES_MAX) {
		fprintf(stderr, "usage: measure [-n TIMES] COMMAND...\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < times; i++) {
		struct cost c = once(argv);

		wall[i] = c.wall_ms;
		cpu[i] = c.cpu_ms;
		if (c.max_kb > max_kb)
			max_kb = c.max_kb;
		if (c.status > status)
			status = c.status;
	}
	printf("%.2f %.2f %ld %d\n", median(wall, times), median(cpu, times), max_kb, status);
	return 0;
}
