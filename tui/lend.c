#include "tui/lend.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX (64U << 20)

static int
write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* A file of our own with the text's lines; NULL, errno: there is none. Caller frees. */
static char *
put_away(const char *text)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/drover-text.XXXXXX", dir && *dir ? dir : "/tmp");
	autobuf clean = BUF_INIT(TEXT_MAX);
	int fd = mkstemp(path);

	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "\n");

		utf8_clean_line(&clean, s, n);
		buf_addc(&clean, '\n');
		s += n + (s[n] == '\n');
	}
	if (fd >= 0 && write_all(fd, clean.data, clean.len) == 0 && close(fd) == 0)
		return path;
	if (fd >= 0)
		unlink(path);
	free(path);
	return NULL;
}

void
lend_text(struct console *c, const char *text)
{
	autofree char *path = put_away(text);
	const char *argv[] = { "sh", "-c",
		"${DROVER_PAGER:-${PAGER:-less}} \"$1\"; s=$?; rm -f \"$1\"; exit $s", "sh", path,
		NULL };
	struct err err;

	if (!path) {
		console_flash(c, true, "no file for the pager: %s", strerror(errno));
		return;
	}
	if (foreground_run(c, argv, &err) < 0) {
		unlink(path);
		console_flash(c, true, "%s", err.text);
	}
}

void
lend_input(struct console *c, const char *command, int fd, bool hold)
{
	/* The file has no name: it is opened anew, from its beginning, through the descriptor. */
	autofree char *script = xasprintf("eval \"$1\" </proc/self/fd/%d; s=$?; %s; exit $s", fd,
	    hold ? "printf '\\n-- Enter goes back --'; read -r _ </dev/tty" : ":");
	const char *argv[] = { "sh", "-c", script, "sh", command, NULL };
	struct err err;

	fcntl(fd, F_SETFD, 0);
	if (foreground_run(c, argv, &err) < 0)
		console_flash(c, true, "%s", err.text);
	close(fd);
}

void
lend_file(struct console *c, const char *path, int line)
{
	char at[24];
	const char *argv[] = { "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\" \"$2\"", "sh", at,
		path, NULL };
	struct err err;

	snprintf(at, sizeof(at), "+%d", line > 0 ? line : 1);
	if (foreground_run(c, argv, &err) < 0)
		console_flash(c, true, "%s", err.text);
}
