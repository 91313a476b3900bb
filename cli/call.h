/*
 * One command line being carried out: its options, and what verbs need, made on
 * first use.
 *
 * Owns the loop, the inventory, the ledger, the remote and the herd of the call;
 * frees them in order. The call_*() openers print what is wrong and return NULL
 * (or false) with call->exit set: the verb then returns call->exit.
 */
#ifndef DROVER_CLI_CALL_H
#define DROVER_CLI_CALL_H

#include "cli/globals.h"
#include "playbooks/playbook.h"

#include <stdint.h>
#include <stdio.h>

struct command;
struct diag;
struct ask;
struct err;
struct herd;
struct history_sides;
struct inventory;
struct ledger;
struct login_ask;
struct loop;
struct out;
struct passwords_config;
struct question;
struct remote;
struct set;

struct call {
	const struct command *command;
	struct globals globals;
	void *options; /* the command's own struct */
	int argc;      /* operands */
	char **argv;
	bool dashes;       /* a "--" ended the options */
	char *const *line; /* the whole command line as it was given, ended by NULL */
	int (*console)(struct call *call); /* opens the screen; NULL: there is none */
	int (*keys)(struct call *call);    /* prints the keys of the screen; the same */
	int (*terms)(struct call *call, const struct set *set); /* terminals of many; the same */
	int (*play)(
	    struct call *call, const struct history_sides *sides); /* recorded ones; the same */
	int exit;
	struct out *out; /* always there */
	/* Set by the console before the first opener. NULL: the command line asks. */
	uint32_t (*console_ask)(struct call *call, const struct question *q);
	void (*console_unask)(struct call *call, uint32_t id);
	void *console_state;
	/* made on first use: */
	struct ask *ask;
	struct login_ask *login;
	struct loop *loop;
	struct inventory *inventory;
	struct ledger *ledger;
	struct remote *remote;
	struct herd *herd;
	struct diag *diag;                /* of the inventory; its marks live as long as the call */
	void (*close)(struct call *call); /* set by the first opener */
};

/* What was given beside a playbook. */
struct playbook_given call_given(const struct call *c);
/* Mistakes in a playbook were printed: sets the exit code, that of a wrong command line where all are in options. */
void call_mistaken(struct call *c, const struct diag *d);

struct loop *call_loop(struct call *c);
const struct inventory *call_inventory(struct call *c);
struct ledger *call_ledger(struct call *c);
struct herd *call_herd(struct call *c); /* with inventory, ledger and remote */

/* Is there anybody to ask? A console, a terminal, or the askpass program; never with --no-input. */
bool call_can_ask(struct call *c);

/* Ask, wherever people are asked in this call; cli/ask.h has what a question is. answer() comes from
 * the loop, never from inside the call. Returns the question's number; 0: there is nobody to ask,
 * and answer() is not called. */
uint32_t call_ask(struct call *c, const struct question *q);
void call_unask(struct call *c, uint32_t id); /* moot: no answer() comes; 0 is nothing */
void call_interrupt(struct call *c);          /* a signal: no to what the command line asks */

/* The usual question: a line that is not shown. prompt is without its colon. */
uint32_t call_ask_secret(struct call *c, const char *prompt,
    void (*answer)(void *user, const char *subject, const char *line), void *user,
    const char *subject);

/* How this call comes by the passwords of sudo, doas and su; *ret_secret (NULL: none yet) is the one
 * it has, for the caller to wipe and free. False: printed why there is none. */
bool call_passwords(struct call *c, struct passwords_config *ret, char **ret_secret);

/* Mistakes in a user's file, cleaned, to standard error. */
void call_print_diag(struct call *c, const struct diag *d);

/* Evaluate a set with facts from the herd's ledger; exit 2 when it is wrong or empty. */
bool call_set(struct call *c, const char *expr, struct set *ret);

/* Print "drover: TEXT" (cleaned of control bytes) and set exit from the kind; returns that code. */
int call_fail(struct call *c, const struct err *err);
__attribute__((format(printf, 2, 3))) int call_usage(struct call *c, const char *fmt, ...);

/* "no verb 'x'; did you mean 'y'?", or that it is not built yet; exit 2. */
int call_no_verb(struct call *c, const char *name);

/* Free what was opened, in order; dispatch_main() calls it. */
void call_close(struct call *c);

/* Pet guard: false (exit 12, nothing contacted, message printed) unless every pet in the set was
 * named by --pet. */
bool call_pets_named(struct call *c, const struct set *s, const char *verb);

#endif
