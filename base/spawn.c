#include "base/spawn.h"

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

extern char **environ;

static short
flags(enum spawn_group group)
{
	const int signals = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

	return (short)(signals | (group == SPAWN_GROUP        ? POSIX_SPAWN_SETPGROUP
				     : group == SPAWN_SESSION ? POSIX_SPAWN_SETSID
							      : 0));
}

int
spawn_start(const struct spawn_spec *spec, pid_t *ret)
{
	char *const *argv = (char *const *)(uintptr_t)spec->argv;
	char *const *env = spec->env ? (char *const *)(uintptr_t)spec->env : environ;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, flags(spec->group));
	rc = spec->file ? posix_spawn(ret, spec->file, spec->files, &attr, argv, env)
			: posix_spawnp(ret, spec->argv[0], spec->files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	return rc;
}
