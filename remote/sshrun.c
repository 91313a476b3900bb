#include "remote/sshrun.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "remote/sshhost.h"

#include <ctype.h>
#include <string.h>

static bool
is_word(const char *s)
{
	if (!s)
		return true;
	if (*s == '-' || strlen(s) > 253)
		return false;
	for (; *s; s++) {
		if (!isgraph((unsigned char)*s))
			return false;
	}
	return true;
}

static bool
is_plain(const char *s)
{
	return is_word(s) &&
	       (!s || strspn(s,
			  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:%-") ==
			  strlen(s));
}

bool
sshrun_may_ask(const struct sshconf_query *q)
{
	return *q->host && is_plain(q->host) && is_plain(q->address) && is_word(q->user);
}

struct child *
sshrun_start(const struct sshrun *run, const struct sshconf_query *q, struct err *err)
{
	const char *argv[16] = { run->ssh, "-G" };
	size_t n = 2;
	autofree char *port = q->port ? xasprintf("%d", q->port) : NULL;
	autobuf hostname = BUF_INIT(1024);

	if (run->bare || run->file) {
		argv[n++] = "-F";
		argv[n++] = run->bare ? "none" : run->file;
	}
	if (q->user) {
		argv[n++] = "-l";
		argv[n++] = q->user;
	}
	if (port) {
		argv[n++] = "-p";
		argv[n++] = port;
	}
	if (q->address) {
		buf_adds(&hostname, "HostName=");
		for (const char *p = q->address; *p; p++)
			buf_adds(&hostname, *p == '%' ? "%%" : (const char[]){ *p, '\0' });
		argv[n++] = "-o";
		argv[n++] = buf_text(&hostname);
	}
	if (!run->shown) {
		argv[n++] = "-o";
		argv[n++] = "ControlPath=/%C"; /* what ssh makes of %C: sshanswer.c asks for it */
	}
	argv[n++] = "--";
	argv[n++] = q->host;
	argv[n] = NULL;
	return child_start(run->loop,
	    &(struct child_spec){ .argv = argv,
		.max = SSHRUN_MAX,
		.timeout_ms = run->timeout_ms,
		.done = run->done,
		.user = run->user },
	    err);
}

/* The last line ssh wrote, cleaned: "FILE: line 3: Bad configuration option: x". */
void
sshrun_failure(const struct child_result *r, struct err *err)
{
	autofree char *text = xstrdup(buf_text(r->errors));
	size_t n = strlen(text);

	while (n && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	char *line = strrchr(text, '\n');
	/* The one before tells more: "terminating, 1 bad configuration options" is the last. */
	if (line && strstr(line, "terminating")) {
		*line = '\0';
		line = strrchr(text, '\n');
	}
	if (r->timed_out)
		err_set(err, OUTCOME_INPUT, "ssh -G did not end within its time limit");
	else if (*text)
		err_set(err, OUTCOME_INPUT, "ssh -G: %s", line ? line + 1 : text);
	else
		err_set(err, OUTCOME_INPUT, "ssh -G ended with status %d", r->status);
}
