/* Where the passwords of sudo, doas and su come from: a file, or a person. */
#include "cli/call.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "engine/passwords.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PASSWORD_MAX 1024

/* "sudo", or "sudo web-1": the method, and the host if it has its own. */
static void
on_line(void *user, const char *subject, const char *line)
{
	struct call *c = user;
	size_t n = strcspn(subject, " ");
	autofree char *method = xmemdup0(subject, n);

	passwords_answer(
	    herd_passwords(c->herd), method, subject[n] ? subject + n + 1 : NULL, line);
}

static void
on_ask(void *user, const char *method, const char *host)
{
	autofree char *subject = xasprintf("%s%s%s", method, host ? " " : "", host ? host : "");
	autofree char *prompt = host ? xasprintf("%s password on %s", method, host)
				     : xasprintf("%s password, for all hosts", method);

	call_ask_secret(user, prompt, on_line, user, subject);
}

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

/* The first line of a file, or of standard input for "-". */
static char *
read_password(const char *path, struct err *err)
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

struct waiting {
	char *secret;
	struct loop *loop;
	bool answered;
};

static void
on_first(void *user, const char *subject, const char *line)
{
	struct waiting *w = user;

	(void)subject;
	w->secret = line ? xstrdup(line) : NULL;
	w->answered = true;
	loop_stop(w->loop);
}

static char *
ask_first(struct call *c, struct err *err)
{
	struct waiting w = { .loop = c->loop };

	if (!call_can_ask(c)) {
		err_set(err, OUTCOME_USAGE,
		    "-K needs a terminal to ask on; --become-password-file FILE does not");
		return NULL;
	}
	call_ask_secret(c, "become password, for all hosts", on_first, &w, NULL);
	while (!w.answered)
		loop_run(c->loop);
	if (!w.secret)
		err_set(err, OUTCOME_USAGE, "no password was given");
	return w.secret;
}

bool
call_passwords(struct call *c, struct passwords_config *ret, char **ret_secret)
{
	const struct globals *g = &c->globals;
	struct err err;

	*ret = (struct passwords_config){ .each = g->each_become, .user = c };
	if (call_can_ask(c))
		ret->ask = on_ask;
	*ret_secret = NULL;
	if (g->become_file)
		*ret_secret = read_password(g->become_file, &err);
	else if (g->ask_become && !g->each_become && !c->console_ask)
		*ret_secret = ask_first(c, &err);
	else
		return true;
	ret->given = *ret_secret;
	if (*ret_secret)
		return true;
	call_fail(c, &err);
	return false;
}
