#include "engine/passwords.h"

#include "base/mem.h"
#include "base/redact.h"
#include "base/str.h"

#include <string.h>

#define REFUSALS 3 /* of one password by different hosts, before it is tried on no other */

/* One password: of one method on all hosts, or on one. */
struct secret {
	struct secret *next;
	char *method, *host; /* host NULL: all */
	char *text;
	bool asked, given_up, proved;
	const char *trial; /* the host that is trying it */
	int refusals;
};

/* How one host took it. */
struct taker {
	struct taker *next;
	char *method, *host;
	bool took, refused, trying;
};

struct waiter {
	struct waiter *next;
	const char *method, *host;
	void (*got)(void *user, const char *secret, const char *why);
	void *user;
};

struct passwords {
	struct passwords_config config;
	char *given;
	struct secret *secrets;
	struct taker *takers;
	struct waiter *waiting;
	struct redact *redact;
	bool serving;
};

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

struct passwords *
passwords_new(const struct passwords_config *config)
{
	struct passwords *p = xcalloc(1, sizeof(*p));

	p->config = *config;
	p->redact = redact_new();
	if (config->given) {
		p->given = xstrdup(config->given);
		redact_add(p->redact, p->given);
	}
	p->config.given = NULL;
	return p;
}

void
passwords_free(struct passwords *p)
{
	if (!p)
		return;
	while (p->secrets) {
		struct secret *s = p->secrets;

		p->secrets = s->next;
		free(s->method);
		free(s->host);
		wipe(s->text);
		free(s);
	}
	while (p->takers) {
		struct taker *t = p->takers;

		p->takers = t->next;
		free(t->method);
		free(t->host);
		free(t);
	}
	while (p->waiting) {
		struct waiter *w = p->waiting;

		p->waiting = w->next;
		free(w);
	}
	wipe(p->given);
	redact_free(p->redact);
	free(p);
}

const struct redact *
passwords_redact(const struct passwords *p)
{
	return p->redact;
}

static bool
is_for(const struct secret *s, const char *host)
{
	return s->host && host ? str_eq(s->host, host) : s->host == host;
}

static struct secret *
secret_of(struct passwords *p, const char *method, const char *host)
{
	const char *whose = p->config.each && !p->given ? host : NULL;
	struct secret *s = p->secrets;

	while (s && !(str_eq(s->method, method) && is_for(s, whose)))
		s = s->next;
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->method = xstrdup(method);
	s->host = whose ? xstrdup(whose) : NULL;
	s->text = p->given ? xstrdup(p->given) : NULL;
	s->next = p->secrets;
	p->secrets = s;
	return s;
}

static struct taker *
taker_of(struct passwords *p, const char *method, const char *host)
{
	struct taker *t = p->takers;

	while (t && !(str_eq(t->host, host) && str_eq(t->method, method)))
		t = t->next;
	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->method = xstrdup(method);
	t->host = xstrdup(host);
	t->next = p->takers;
	p->takers = t;
	return t;
}

const char *
passwords_why(struct passwords *p, const char *method, const char *host)
{
	const struct secret *s = secret_of(p, method, host);

	if (taker_of(p, method, host)->refused)
		return "says that the password is wrong; it was tried once";
	if (!s->proved && s->refusals >= REFUSALS)
		return "was not tried: other hosts say that the password is wrong";
	if (!s->text && (s->given_up || !p->config.ask))
		return "asks for a password and none was given: use -K, or "
		       "--become-password-file";
	return NULL;
}

/* Can it be told now what w gets? */
static bool
is_ripe(struct passwords *p, const struct waiter *w, const char **ret_secret, const char **ret_why)
{
	struct secret *s = secret_of(p, w->method, w->host);
	const struct taker *t = taker_of(p, w->method, w->host);

	*ret_secret = NULL;
	*ret_why = passwords_why(p, w->method, w->host);
	if (!*ret_why && s->text && (t->took || (!t->trying && (s->proved || !s->trial))))
		*ret_secret = s->text;
	return *ret_secret || *ret_why;
}

static void
serve(struct passwords *p)
{
	struct waiter **at = &p->waiting;
	const char *secret, *why;

	if (p->serving)
		return;
	p->serving = true;
	while (*at) {
		struct waiter *w = *at;
		struct secret *s = secret_of(p, w->method, w->host);

		if (!s->text && !s->asked && p->config.ask) {
			s->asked = true;
			p->config.ask(p->config.user, s->method, s->host);
		}
		if (!is_ripe(p, w, &secret, &why)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		if (secret && !s->proved)
			s->trial = w->host;
		if (secret)
			taker_of(p, w->method, w->host)->trying = true;
		w->got(w->user, secret, why);
		free(w);
		at = &p->waiting;
	}
	p->serving = false;
}

void
passwords_want(struct passwords *p, const char *method, const char *host,
    void (*got)(void *user, const char *secret, const char *why), void *user)
{
	struct waiter *w = xcalloc(1, sizeof(*w)), **at = &p->waiting;

	*w = (struct waiter){ NULL, method, host, got, user };
	while (*at)
		at = &(*at)->next;
	*at = w;
	serve(p);
}

void
passwords_forget(struct passwords *p, const void *user)
{
	for (struct waiter **at = &p->waiting; *at;) {
		struct waiter *w = *at;

		if (w->user != user) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}

void
passwords_verdict(
    struct passwords *p, const char *method, const char *host, enum password_verdict v)
{
	struct secret *s = secret_of(p, method, host);
	struct taker *t = taker_of(p, method, host);

	if (s->trial && str_eq(s->trial, host))
		s->trial = NULL;
	t->trying = false;
	t->took = t->took || v == PASSWORD_GOOD;
	s->proved = s->proved || v == PASSWORD_GOOD;
	if (v == PASSWORD_BAD && !t->took) {
		t->refused = true;
		s->refusals++;
	}
	serve(p);
}

void
passwords_answer(struct passwords *p, const char *method, const char *host, const char *secret)
{
	struct secret *s = p->secrets;

	while (s && !(str_eq(s->method, method) && is_for(s, host)))
		s = s->next;
	if (!s || s->text)
		return;
	s->given_up = !secret;
	if (secret) {
		s->text = xstrdup(secret);
		redact_add(p->redact, secret);
	}
	serve(p);
}
