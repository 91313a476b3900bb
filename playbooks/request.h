/*
 * The request of one act: what is changed on one host, as bytes.
 *
 * Pure. A line of lengths, then one tar: the program that carries it out, what
 * the plan relied on, files, steps, and the lines of the manifest. Steps are
 * numbered from 1 as a plan is told: what changes, then what follows the tasks.
 */
#ifndef DROVER_PLAYBOOKS_REQUEST_H
#define DROVER_PLAYBOOKS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct observation;
struct plan;
struct plan_step;
struct resource;

#define REQUEST_MAX (256U << 20)

struct request {
	const char *run, *seat, *who, *host, *playbook, *release;
	const struct plan *plan;
	bool rollback;   /* an act that fails takes itself back */
	int64_t soak_ms; /* how long started units are watched before the act ends */
};

/* Replace the contents of `to`. Kind INPUT: something in the plan that cannot be sent. */
int request_build(const struct request *r, struct buf *to, struct err *err);

/* What the manifest keeps of a resource that is wanted; NULL: drover does not own it. */
const char *request_digest(const struct resource *r);

/* Whether the act would put, change or remove something at the step's place in the file system. */
bool request_sends_file(const struct plan_step *s);

/* The longest time the act may take on the host. */
int64_t request_limit_ms(const struct request *r);

/* The command that takes the request, and the one that follows an act from its begin. Caller frees. */
char *request_command(const char *nonce, const char *run);
char *request_follow_command(const char *nonce, const char *run);
/* From a login that began after the act: confirms it if it waits for that, and follows it. */
char *request_confirm_command(const char *nonce, const char *run);
/* Has an act that ended taken back, and follows that. */
char *request_return_command(const char *nonce, const char *run);

/* How many numbered steps a plan has. Step n is the n-th that changes (NULL behind those), with an
 * id and a title; of what follows the tasks both are "reload caddy.service". */
size_t request_steps(const struct plan *p);
const struct plan_step *request_step(const struct plan *p, size_t n);
void request_step_id(const struct plan *p, size_t n, struct buf *to);
void request_step_name(const struct plan *p, size_t n, struct buf *to);

#endif
