#include "playbooks/include.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int
refuse(struct err *err, const char *path)
{
	return err_set(err, OUTCOME_REFUSED,
	    "%s leads out of the playbook's directory: keep the file beside the playbook or below",
	    path);
}

int
include_open_any(const char *dir, const char *path, struct err *err)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	if (path[0] == '/')
		return refuse(err, path);
	autoclose int top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return err_set(err, OUTCOME_INPUT, "%s: %s", dir, strerror(errno));
	autoclose int fd = (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return refuse(err, path);
	if (fd < 0)
		return err_set(err, OUTCOME_INPUT, "%s: %s", path, strerror(errno));
	int opened = fd;

	fd = -1;
	return opened;
}

int
include_open(const char *dir, const char *path, struct err *err)
{
	struct stat st;
	autoclose int fd = include_open_any(dir, path, err);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, OUTCOME_INPUT, "%s is not a regular file", path);
	int opened = fd;

	fd = -1;
	return opened;
}

char *
include_read(const char *dir, const char *path, size_t *ret_len, struct err *err)
{
	return include_read_most(dir, path, INCLUDE_MAX, ret_len, err);
}

char *
include_read_most(const char *dir, const char *path, size_t most, size_t *ret_len, struct err *err)
{
	struct stat st;
	size_t have = 0;
	autoclose int fd = include_open(dir, path, err);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || (size_t)st.st_size > most) {
		err_set(err, OUTCOME_INPUT, "%s is larger than %zu MiB", path, most >> 20);
		return NULL;
	}
	autofree char *text = xcalloc((size_t)st.st_size + 2, 1);
	for (;;) {
		ssize_t n = read(fd, text + have, (size_t)st.st_size + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(err, "%s", path);
			return NULL;
		}
		have += (size_t)n;
		if (n == 0 || have > (size_t)st.st_size)
			break;
	}
	if (have != (size_t)st.st_size) {
		err_set(err, OUTCOME_INPUT, "%s changed while it was read", path);
		return NULL;
	}
	text[have] = '\0';
	*ret_len = have;
	return take(text);
}

char *
include_path(const char *dir, const char *path)
{
	autofree char *whole =
	    *dir && path[0] != '/' ? xasprintf("%s/%s", dir, path) : xstrdup(path);
	autobuf b = BUF_INIT(SIZE_MAX / 2);

	if (whole[0] == '/')
		return take(whole);
	for (const char *p = whole; *p;) {
		size_t n = strcspn(p, "/"), last = b.len;

		while (last > 0 && b.data[last - 1] != '/')
			last--;
		if (n == 2 && memcmp(p, "..", 2) == 0 && b.len > 0 &&
		    strcmp(b.data + last, "..") != 0) {
			b.len = last ? last - 1 : 0;
			b.data[b.len] = '\0';
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			buf_adds(&b, b.len ? "/" : "");
			buf_add(&b, p, n);
		}
		p += n + (p[n] == '/');
	}
	return b.len ? buf_detach(&b, NULL) : xstrdup(".");
}
