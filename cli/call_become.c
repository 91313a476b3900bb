/* Where the passwords of sudo, doas and su come from: a file, or a person. */
#include "cli/call.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "cli/password.h"
#include "engine/herd.h"
#include "engine/passwords.h"

#include <string.h>

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
		*ret_secret = password_read(g->become_file, &err);
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
