#include "remote/nest.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX  "drover."
#define TOP_MAX 48 /* of the 107 bytes that a socket's path may have */

struct nest {
	char *path; /* NULL: not made yet */
};

struct nest *
nest_new(void)
{
	return xcalloc(1, sizeof(struct nest));
}

static void
empty_and_remove(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
		unlinkat(fd, e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* Its maker, by the number in its name, is gone, and it is ours. */
static bool
is_left_behind(const char *top, const char *name)
{
	autofree char *path = xasprintf("%s/%s", top, name);
	autofree char *number = NULL;
	struct stat st;
	int64_t pid;

	if (!str_starts(name, PREFIX))
		return false;
	name += strlen(PREFIX);
	number = xmemdup0(name, strcspn(name, "."));
	return name[strlen(number)] == '.' && str_int(number, 1, INT32_MAX, &pid) &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH && lstat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 07777) == 0700;
}

static void
sweep(const char *top)
{
	DIR *dir = opendir(top);

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		if (is_left_behind(top, e->d_name)) {
			autofree char *path = xasprintf("%s/%s", top, e->d_name);

			empty_and_remove(path);
		}
	}
	if (dir)
		closedir(dir);
}

static const char *
top_directory(void)
{
	const char *top = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (top && top[0] == '/' && strlen(top) <= TOP_MAX && stat(top, &st) == 0 &&
	    st.st_uid == geteuid() && S_ISDIR(st.st_mode) && access(top, W_OK) == 0)
		return top;
	return "/tmp";
}

char *
nest_path(struct nest *n, const char *name, struct err *err)
{
	const char *top = top_directory();

	if (!n->path) {
		autofree char *path = xasprintf("%s/" PREFIX "%d.XXXXXX", top, (int)getpid());

		sweep(top);
		if (!mkdtemp(path)) {
			err_errno(err, "no private directory in %s", top);
			return NULL;
		}
		n->path = take(path);
	}
	return xasprintf("%s/%s", n->path, name);
}

void
nest_free(struct nest *n)
{
	if (!n)
		return;
	if (n->path)
		empty_and_remove(n->path);
	free(n->path);
	free(n);
}
