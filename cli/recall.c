#include "cli/recall.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64U << 20)
#define GROWN    (2U << 20) /* bytes; then the file is cut */

/* Where the newest lines begin. */
static size_t
newest(const char *text, size_t n)
{
	size_t lines = 0, at = n;

	for (; at > 0; at--) {
		if (text[at - 1] == '\n' && at < n && ++lines == RECALL_LINES)
			return at;
	}
	return 0;
}

int
recall_read(
    const char *path, void (*each)(void *user, const char *line), void *user, struct err *err)
{
	size_t n = 0;

	if (!file_exists(path))
		return 0;
	autofree char *text = file_read(path, FILE_MAX, &n, err);
	if (!text)
		return -1;
	char *at = text + newest(text, n);
	if (n > GROWN && file_replace(path, at, n - (size_t)(at - text), 0600, err) < 0)
		return -1;
	while (*at) {
		char *end = at + strcspn(at, "\n");
		char *next = *end ? end + 1 : end;

		*end = '\0';
		if (end > at && utf8_valid(at, (size_t)(end - at)))
			each(user, at);
		at = next;
	}
	return 0;
}

int
recall_add(const char *path, const char *line, struct err *err)
{
	size_t n = strlen(line);

	if (n == 0 || n > RECALL_LONG || *line == ' ' || *line == '\t')
		return 0;
	autofree char *dir = file_dir(path);
	if (file_mkdirs(dir, err) < 0)
		return -1;
	autoclose int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, "%s", path);
	autofree char *whole = xasprintf("%s\n", line);
	ssize_t did = write(fd, whole, n + 1);
	if (did < 0)
		return err_errno(err, "%s", path);
	if ((size_t)did != n + 1)
		return err_set(err, OUTCOME_STORAGE, "%s: written in part", path);
	return 0;
}
