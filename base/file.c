#include "base/file.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int
read_all(int fd, char *to, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, to + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static int
open_regular(const char *path, size_t max, struct stat *st, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, st) < 0) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return -1;
	}
	if (!S_ISREG(st->st_mode))
		return err_set(err, OUTCOME_INPUT, "%s: not a regular file", path);
	if ((uintmax_t)st->st_size > max)
		return err_set(err, OUTCOME_INPUT, "%s: %jd bytes, the limit is %zu", path,
		    (intmax_t)st->st_size, max);
	int kept = fd;
	fd = -1;
	return kept;
}

char *
file_read(const char *path, size_t max, size_t *ret_len, struct err *err)
{
	struct stat before, after;
	size_t len = 0;
	autoclose int fd = open_regular(path, max, &before, err);

	if (fd < 0)
		return NULL;
	size_t size = (size_t)before.st_size;
	autofree char *data = xcalloc(size + 2, 1);
	if (read_all(fd, data, size + 1, &len) < 0 || fstat(fd, &after) < 0) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return NULL;
	}
	if (len != size || before.st_mtim.tv_nsec != after.st_mtim.tv_nsec ||
	    before.st_mtim.tv_sec != after.st_mtim.tv_sec) {
		err_set(err, OUTCOME_INPUT, "%s: changed while it was read", path);
		return NULL;
	}
	data[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return take(data);
}

static int
write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
sync_dir(const char *path)
{
	autofree char *dir = file_dir(path);
	autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int
file_replace(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
	autofree char *temp = xasprintf("%s.XXXXXX", path);
	autoclose int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "%s", temp);
	if (fchmod(fd, mode) < 0 || write_all(fd, data, len) < 0 || fsync(fd) < 0 ||
	    rename(temp, path) < 0) {
		err_errno(err, "%s", path);
		unlink(temp);
		return -1;
	}
	if (sync_dir(path) < 0)
		return err_errno(err, "%s: its directory", path);
	return 0;
}

int
file_mkdirs(const char *path, struct err *err)
{
	autofree char *copy = xstrdup(path);

	for (char *p = copy + 1; *copy; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return err_errno(err, "%s", copy);
		*p = c;
		if (!c)
			break;
	}
	return 0;
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *
file_join(const char *dir, const char *name)
{
	return name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", dir, name);
}

char *
file_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xmemdup0(path, (size_t)(slash - path));
}

char *
file_home(void)
{
	const char *home = getenv("HOME");

	if (home && home[0] == '/')
		return xstrdup(home);
	const struct passwd *pw = getpwuid(getuid());
	return xstrdup(pw && pw->pw_dir ? pw->pw_dir : "/");
}

static char *
xdg_dir(const char *variable, const char *under_home)
{
	const char *base = getenv(variable);

	if (base && base[0] == '/')
		return xasprintf("%s/drover", base);
	autofree char *home = file_home();
	return xasprintf("%s/%s/drover", home, under_home);
}

char *
file_config_dir(void)
{
	return xdg_dir("XDG_CONFIG_HOME", ".config");
}

char *
file_state_dir(void)
{
	return xdg_dir("XDG_STATE_HOME", ".local/state");
}

char *
file_cache_dir(void)
{
	return xdg_dir("XDG_CACHE_HOME", ".cache");
}

int
file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur > 1 << 20)
		return 1 << 20;
	return (int)files.rlim_cur;
}

void
file_raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

unsigned
file_umask(void)
{
	autofclose FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	unsigned mask;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Umask: %o", &mask) == 1)
			return mask & 0777;
	}
	return 077;
}
