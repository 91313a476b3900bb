#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "remote/inquiry.h"
#include "remote/link.h"
#include "remote/message.h"
#include "remote/session.h"
#include "remote/session_inner.h"
#include "remote/sshconf.h"

#include <ctype.h>
#include <string.h>

/* The questions of one round, asked one by one. */
struct prompts {
	size_t count, at;
	char *text; /* what the host says first; NULL: nothing */
	char *prompt[MESSAGE_PROMPTS];
	bool echo[MESSAGE_PROMPTS];
	char *answer[MESSAGE_PROMPTS];
};

static const char usual_order[] = "publickey,keyboard-interactive,password";

static bool
can_ask(const struct session *s, enum remote_ask kind)
{
	return !s->conf->batch_mode && inquiry_can(s->place->inquiry, kind, s->name);
}

static bool
is_wanted(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (; *list; list += *list == ',') {
		size_t len = strcspn(list, ",");

		if (len == n && strncmp(list, name, n) == 0)
			return true;
		list += len;
	}
	return false;
}

static bool
may_give(const struct session *s, const char *proof, bool keys)
{
	const struct sshconf_host *conf = s->conf;

	if (str_eq(proof, "publickey"))
		return conf->pubkey && keys;
	if (str_eq(proof, "password"))
		return conf->password && (s->place->password || can_ask(s, REMOTE_PASSWORD));
	return str_eq(proof, "keyboard-interactive") && conf->keyboard_interactive &&
	       (s->place->password || can_ask(s, REMOTE_PROMPT));
}

bool
proof_choose(struct session *s, bool keys)
{
	const char *order = s->conf->preferred_proofs ? s->conf->preferred_proofs : usual_order;

	s->proofs[0] = '\0';
	while (*order) {
		size_t n = strcspn(order, ","), at = strlen(s->proofs);
		autofree char *proof = xmemdup0(order, n);

		if (may_give(s, proof, keys) && !is_wanted(s->proofs, proof))
			snprintf(
			    s->proofs + at, sizeof(s->proofs) - at, "%s%s", at ? "," : "", proof);
		order += n + (order[n] == ',');
	}
	return s->proofs[0] != '\0';
}

const char *
proof_lack(const struct session *s)
{
	const struct sshconf_host *conf = s->conf;
	bool typed = conf->password || conf->keyboard_interactive;

	if (conf->preferred_proofs && !is_wanted(conf->preferred_proofs, "publickey"))
		return typed ? "ssh_config wants no keys (PreferredAuthentications), and there is "
			       "nobody to ask for a password; see --ask-password"
			     : "ssh_config allows no way to log in that there is";
	if (!conf->pubkey)
		return typed ? "ssh_config sets PubkeyAuthentication no, and there is nobody to "
			       "ask for a password; see --ask-password"
			     : "ssh_config allows no way to log in that there is";
	return "there is no way to log in";
}

static void
send_answers(struct session *s, char *const *list, size_t n)
{
	autobuf packed = BUF_INIT(MESSAGE_PROMPTS * (2 + MESSAGE_SECRET));
	struct message m;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		buf_addc(&packed, (char)(len >> 8));
		buf_addc(&packed, (char)len);
		buf_add(&packed, list[i], len);
	}
	message_init(&m, MESSAGE_ANSWER, s->id, 0);
	if (n)
		message_bytes(&m, FIELD_ANSWERS, packed.data, packed.len);
	link_send(s->link, &m, -1);
	if (packed.data)
		explicit_bzero(packed.data, packed.len);
}

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
free_prompts(struct prompts *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < MESSAGE_PROMPTS; i++) {
		free(p->prompt[i]);
		wipe(p->answer[i]);
	}
	free(p->text);
	free(p);
}

void
proof_stop(struct session *s)
{
	uint32_t id = s->question;
	bool shared = false;

	free_prompts(take(s->prompts));
	s->question = 0;
	/* The question about a host's key may be that of another session too. */
	for (const struct session *o = s->place->first; id && o; o = o->next)
		shared = shared || o->question == id;
	if (id && !shared)
		inquiry_drop(s->place->inquiry, id);
}

static bool
fits(const char *line)
{
	return line && strlen(line) <= MESSAGE_SECRET;
}

static void
on_password(void *user, uint32_t id, const char *subject, const char *line)
{
	struct session *s = user;
	char *answer = (char *)(uintptr_t)line;

	(void)id;
	(void)subject;
	s->question = 0;
	send_answers(s, &answer, fits(line) ? 1 : 0);
}

static void
ask_password(struct session *s)
{
	autofree char *subject = xasprintf("%s@%s", s->conf->user, s->name);
	autofree char *prompt = xasprintf("password of %s", subject);
	bool refused = s->asked++ > 0 || s->password_sent;

	inquiry_put(s->place->inquiry,
	    &(struct remote_question){ .kind = REMOTE_PASSWORD,
		.host = s->name,
		.subject = subject,
		.prompt = prompt,
		.text = refused ? "That password was refused." : NULL },
	    on_password, s, &s->question);
}

/* "Password: " and nothing that may mean another secret. */
static bool
is_password_prompt(const char *prompt)
{
	static const char *const others[] = { "new", "old", "current", "retype", "again", "repeat",
		"once", "one-time", "otp", "verif", "confirm", "code", "token", "change" };
	autofree char *low = xstrdup(prompt);
	size_t n = strlen(low);

	for (size_t i = 0; i < n; i++)
		low[i] = (char)tolower((unsigned char)low[i]);
	for (size_t i = 0; i < countof(others); i++) {
		if (strstr(low, others[i]))
			return false;
	}
	return n >= 8 && str_eq(low + n - 8, "password");
}

/* One line of a host's, fit to be shown, without the colon at its end. Caller frees. */
static char *
clean_line(const char *p, size_t n)
{
	autobuf to = BUF_INIT(2048);

	utf8_clean_line(&to, p, n);
	char *line = buf_detach(&to, NULL);
	n = strlen(line);
	while (n && (line[n - 1] == ' ' || line[n - 1] == ':'))
		line[--n] = '\0';
	return line;
}

/* What the host says, each line led by the host's name: it is not drover that speaks. */
static char *
clean_text(const struct session *s, const char *text)
{
	autobuf to = BUF_INIT(8192);

	while (*text) {
		size_t n = strcspn(text, "\n");
		autofree char *line = clean_line(text, n);

		if (*line)
			buf_addf(&to, "%s%s: %s", to.len ? "\n" : "", s->name, line);
		text += n + (text[n] == '\n');
	}
	return to.len ? buf_detach(&to, NULL) : NULL;
}

/* NULL: not as the table of messages says. */
static struct prompts *
read_prompts(const struct session *s, const struct message *m)
{
	struct prompts *p = xcalloc(1, sizeof(*p));
	const struct message_value *v = &m->value[FIELD_PROMPTS];
	const uint8_t *at = (const uint8_t *)v->bytes;
	size_t left = message_has(m, FIELD_PROMPTS) ? v->len : 0;

	while (left >= 3 && p->count < MESSAGE_PROMPTS) {
		size_t n = (size_t)at[1] << 8 | at[2];

		if (n > left - 3)
			break;
		p->echo[p->count] = at[0] == 1;
		p->prompt[p->count++] = clean_line((const char *)at + 3, n);
		at += 3 + n;
		left -= 3 + n;
	}
	if (left == 0 && p->count) {
		p->text = clean_text(s, message_string(m, FIELD_TEXT));
		return p;
	}
	free_prompts(p);
	return NULL;
}

static void ask_prompt(struct session *s);

static void
on_prompt(void *user, uint32_t id, const char *subject, const char *line)
{
	struct session *s = user;
	struct prompts *p = s->prompts;

	(void)id;
	(void)subject;
	s->question = 0;
	if (fits(line)) {
		p->answer[p->at++] = xstrdup(line);
		if (p->at < p->count) {
			ask_prompt(s);
			return;
		}
		send_answers(s, p->answer, p->count);
	} else {
		send_answers(s, NULL, 0);
	}
	free_prompts(take(s->prompts));
}

static void
ask_prompt(struct session *s)
{
	const struct prompts *p = s->prompts;
	autofree char *subject = xasprintf("%s@%s", s->conf->user, s->name);
	const char *asked = p->prompt[p->at];
	autofree char *prompt = xasprintf("%s asks: %s", s->name, *asked ? asked : "(nothing)");

	inquiry_put(s->place->inquiry,
	    &(struct remote_question){ .kind = REMOTE_PROMPT,
		.host = s->name,
		.subject = subject,
		.prompt = prompt,
		.text = p->text,
		.echo = p->echo[p->at],
		.empty = true },
	    on_prompt, s, &s->question);
}

static bool
has_tries(const struct session *s)
{
	return s->asked < s->conf->password_prompts;
}

/* The one password for all hosts, where it was not tried here. */
static bool
send_common(struct session *s)
{
	if (!s->place->password || s->password_sent)
		return false;
	s->password_sent = true;
	send_answers(s, &s->place->password, 1);
	return true;
}

static void
asked_prompts(struct session *s, const struct message *m)
{
	struct prompts *p = read_prompts(s, m);

	if (p && p->count == 1 && !p->echo[0] && is_password_prompt(p->prompt[0]) &&
	    send_common(s)) {
		free_prompts(p);
	} else if (p && can_ask(s, REMOTE_PROMPT) && s->asked < 10) {
		s->asked++;
		s->prompts = p;
		ask_prompt(s);
	} else {
		free_prompts(p);
		send_answers(s, NULL, 0);
	}
}

void
proof_asked(struct session *s, const struct message *m)
{
	proof_stop(s);
	if (!str_eq(message_string(m, FIELD_PROOFS), "password"))
		asked_prompts(s, m);
	else if (send_common(s))
		return;
	else if (can_ask(s, REMOTE_PASSWORD) && has_tries(s))
		ask_password(s);
	else
		send_answers(s, NULL, 0);
}

void
proof_explain(const struct session *s, const char *wanted, char *to, size_t size)
{
	bool password = is_wanted(wanted, "password"),
	     prompts = is_wanted(wanted, "keyboard-interactive");
	bool missed = (password && !is_wanted(s->proofs, "password")) ||
		      (prompts && !is_wanted(s->proofs, "keyboard-interactive"));
	const struct inquiry *i = s->place->inquiry;
	const char *why = "";

	if (missed && !(password && s->conf->password) &&
	    !(prompts && s->conf->keyboard_interactive))
		why = "; ssh_config allows no password";
	else if (missed && s->conf->batch_mode)
		why = "; ssh_config sets BatchMode yes";
	else if (missed && inquiry_can(i, REMOTE_PASSPHRASE, NULL))
		why = "; the password was not given";
	else if (missed)
		why = "; there is nobody to ask for a password (see --ask-password)";
	bool keyless = s->keyless.kind != OUTCOME_OK;
	snprintf(to, size, "%s%s%s", keyless ? "; " : "", keyless ? s->keyless.text : "", why);
}
