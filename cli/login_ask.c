#include "cli/login_ask.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/password.h"
#include "remote/remote.h"

#include <string.h>

/* One question, under both its numbers. */
struct asked {
	struct asked *next;
	struct login_ask *of;
	uint32_t theirs, ours; /* remote's and the call's; ours 0: answered before it had one */
};

struct login_ask {
	struct call *call;
	struct asked *first;
	char *password; /* of the command line's; NULL: none */
	bool typed;     /* somebody answered --ask-password */
};

static struct login_ask *
of_call(struct call *c)
{
	if (!c->login) {
		c->login = xcalloc(1, sizeof(*c->login));
		c->login->call = c;
	}
	return c->login;
}

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
login_ask_free(struct login_ask *a)
{
	if (!a)
		return;
	while (a->first) {
		struct asked *q = a->first;

		a->first = q->next;
		free(q);
	}
	wipe(a->password);
	free(a);
}

static struct asked *
cut(struct login_ask *a, uint32_t theirs)
{
	struct asked **at = &a->first;

	while (*at && (*at)->theirs != theirs)
		at = &(*at)->next;
	struct asked *q = *at;
	if (q)
		*at = q->next;
	return q;
}

static void
on_answer(void *user, const char *subject, const char *line)
{
	struct asked *q = user;
	struct call *c = q->of->call;
	uint32_t theirs = q->theirs;

	(void)subject;
	free(cut(q->of, theirs));
	remote_answer(c->remote, theirs, line);
}

static void
on_ask(void *user, const struct remote_question *asked)
{
	struct call *c = user;
	struct login_ask *a = of_call(c);
	struct asked *q = xcalloc(1, sizeof(*q));

	q->of = a;
	q->theirs = asked->id;
	q->next = a->first;
	a->first = q;
	q->ours = call_ask(c, &(struct question){ .prompt = asked->prompt,
				  .text = asked->text,
				  .word = asked->word,
				  .echo = asked->echo,
				  .empty = asked->empty,
				  .subject = asked->subject,
				  .answer = on_answer,
				  .user = q });
}

static void
on_unask(void *user, uint32_t id)
{
	struct call *c = user;
	struct asked *q = cut(of_call(c), id);

	if (q)
		call_unask(c, q->ours);
	free(q);
}

void
login_ask_configure(struct call *c, struct remote_config *config)
{
	config->user = c;
	config->password = c->login ? c->login->password : NULL;
	if (!call_can_ask(c))
		return;
	config->ask = on_ask;
	config->unask = on_unask;
	config->ask_trust = c->console_ask != NULL;
}

static void
on_password(void *user, const char *subject, const char *line)
{
	struct login_ask *a = user;

	(void)subject;
	a->password = line ? xstrdup(line) : NULL;
	a->typed = true;
}

/* Before the screen is opened, and before any host hears of us. */
static bool
ask_now(struct call *c)
{
	struct login_ask *a = of_call(c);
	struct ask_config config = { .loop = call_loop(c) };
	struct ask *asker = c->globals.no_input || !config.loop ? NULL : ask_new(&config);
	struct err err;

	if (!asker) {
		call_usage(
		    c, "--ask-password: there is no terminal to ask on; see --password-file");
		return false;
	}
	ask_put(asker, &(struct question){
			   .prompt = "password for the logins", .answer = on_password, .user = a });
	while (!a->typed)
		loop_pass(c->loop, 1000);
	ask_free(asker);
	if (a->password)
		return true;
	err_set(&err, OUTCOME_USAGE, "--ask-password: no password was given");
	call_fail(c, &err);
	return false;
}

static bool
read_file(struct call *c)
{
	struct err err;

	of_call(c)->password = password_read(c->globals.password_file, &err);
	if (!c->login->password)
		call_fail(c, &err);
	return c->login->password != NULL;
}

bool
login_ask_password(struct call *c)
{
	if (c->globals.password_file && c->globals.ask_password) {
		call_usage(c, "--ask-password or --password-file, not both");
		return false;
	}
	if (c->globals.password_file)
		return read_file(c);
	return !c->globals.ask_password || ask_now(c);
}
