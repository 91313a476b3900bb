/*
 * The passwords with which logins become another user: one for all, or one a host.
 *
 * Owned by the herd; wiped when freed. Whoever needs one asks; people are asked
 * once, when it is first needed. A password that no host has taken yet is tried on
 * one host at a time, and never again on a host that has refused it: a slip of the
 * finger locks nobody out.
 */
#ifndef DROVER_ENGINE_PASSWORDS_H
#define DROVER_ENGINE_PASSWORDS_H

#include <stdbool.h>

struct loop;
struct passwords;
struct redact;

struct passwords_config {
	bool each;         /* every host has its own */
	const char *given; /* known from the start, for all hosts; copied. NULL: none */
	/* Ask a person; host NULL: one for all of this method. Answered by passwords_answer(), now
	 * or later. NULL: nobody can be asked. */
	void (*ask)(void *user, const char *method, const char *host);
	void *user;
};

struct passwords *passwords_new(const struct passwords_config *config);
void passwords_free(struct passwords *p);

/* Why there is none for this host, behind the method's name; NULL: there is one that it has not
 * refused, or somebody to ask. */
const char *passwords_why(struct passwords *p, const char *method, const char *host);

/* got() is called once, now or later: with the password, borrowed for the call, or NULL and why there
 * is none. After a password passwords_verdict() is due. method and host outlive the asking. */
void passwords_want(struct passwords *p, const char *method, const char *host,
    void (*got)(void *user, const char *secret, const char *why), void *user);
void passwords_forget(struct passwords *p, const void *user);

enum password_verdict { PASSWORD_GOOD, PASSWORD_BAD, PASSWORD_UNTOLD };
void passwords_verdict(
    struct passwords *p, const char *method, const char *host, enum password_verdict v);

/* What a person said; NULL: nothing. host as ask() had it. */
void passwords_answer(
    struct passwords *p, const char *method, const char *host, const char *secret);

/* Keeps all of them out of what hosts say. */
const struct redact *passwords_redact(const struct passwords *p);

#endif
