#include "cli/password.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PASSWORD_MAX 1024

/* Nobody else may read it; a pipe is not a file. */
static int
check_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, OUTCOME_INPUT, "%s is a directory", path);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (st.st_mode & 077)
		return err_set(err, OUTCOME_REFUSED,
		    "%s: others may read this password: chmod 600 %s", path, path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, OUTCOME_REFUSED, "%s belongs to somebody else", path);
	return 0;
}

char *
password_read(const char *path, struct err *err)
{
	bool input = str_eq(path, "-");
	autoclose int opened = input ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = input ? STDIN_FILENO : opened;
	char line[PASSWORD_MAX], *password;
	size_t n = 0;
	ssize_t got = 1;

	if (fd < 0) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return NULL;
	}
	if (!input && check_file(fd, path, err) < 0)
		return NULL;
	/* A byte at a time: what follows the line on standard input is somebody else's. */
	while (n < sizeof(line) && (n == 0 || line[n - 1] != '\n')) {
		got = read(fd, line + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n++;
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	password = n > 0 && n < sizeof(line) && got >= 0 && !memchr(line, '\0', n)
		       ? xmemdup0(line, n)
		       : NULL;
	explicit_bzero(line, sizeof(line));
	if (!password)
		err_set(err, OUTCOME_INPUT, "%s: its first line is no password",
		    input ? "standard input" : path);
	return password;
}
