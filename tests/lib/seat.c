#include "tests/lib/seat.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void
seat_up(struct seat *p, const char *term)
{
	char dir[] = "/tmp/drover-console.XXXXXX";
	static const char *const names[] = { "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
		"HOME" };
	int n = 0;

	*p = (struct seat){ 0 };
	assert_non_null(mkdtemp(dir));
	memcpy(p->dir, dir, sizeof(dir));
	for (; n < 4; n++)
		snprintf(p->env[n], sizeof(p->env[n]), "%s=%s", names[n], dir);
	snprintf(p->env[n++], sizeof(p->env[0]), "TERM=%s", term);
	for (int i = 0; i < n; i++)
		p->envp[i] = p->env[i];
	p->envp[n++] = "LC_ALL=C.UTF-8";
	p->envp[n] = NULL;
}

void
seat_down(const struct seat *p)
{
	autofree char *command = xasprintf("rm -rf '%s'", p->dir);
	const char *argv[] = { "sh", "-c", command, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/sh", (char **)(uintptr_t)argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}
