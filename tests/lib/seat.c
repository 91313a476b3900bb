#include "tests/lib/seat.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tests/lib/screen.h"

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

void
seat_setenv(struct seat *p, const char *word)
{
	size_t n = 0;

	while (p->envp[n])
		n++;
	assert_true(n + 1 < countof(p->envp));
	p->envp[n] = word;
	p->envp[n + 1] = NULL;
}

void
seat_put(const struct seat *p, const char *name, const char *text, unsigned mode)
{
	autofree char *path = file_join(p->dir, name);
	struct err err;

	if (file_replace(path, text, strlen(text), mode, &err) < 0)
		fail_msg("%s", err.text);
}

const char *
seat_program(void)
{
	const char *said = getenv("DROVER");

	return said ? said : "build/release/drover";
}

struct screen *
seat_console(const struct seat *p, const char *hosts, const char *const *more, int rows, int cols)
{
	const char *argv[16] = { seat_program(), "-i", hosts, NULL };

	for (size_t i = 3; more && *more; i++) {
		assert_true(i + 1 < countof(argv));
		argv[i] = *more++;
	}
	return screen_start(argv, p->envp, rows, cols);
}

void
seat_shows(struct screen *s, const char *text)
{
	if (screen_wait(s, text, SEAT_DEADLINE))
		return;
	autofree char *all = screen_text(s);
	fail_msg("'%s' does not come:\n%s", text, all);
}

void
seat_gone(struct screen *s, const char *text)
{
	if (screen_wait_gone(s, text, SEAT_DEADLINE))
		return;
	autofree char *all = screen_text(s);
	fail_msg("'%s' does not go:\n%s", text, all);
}
