/*
 * Questions that logins have put to a person and that wait for an answer.
 *
 * One per remote. Knows nothing of what they are about; remembers what a person
 * would not answer, so that a host that comes back does not ask again.
 */
#ifndef DROVER_REMOTE_INQUIRY_H
#define DROVER_REMOTE_INQUIRY_H

#include "remote/remote.h"

struct inquiry;

struct inquiry *inquiry_new(const struct remote_config *config); /* its ask, unask and user */
void inquiry_free(struct inquiry *i);                            /* withdraws what is open */

/* Is there anybody to ask such a thing about this host (NULL: none)? */
bool inquiry_can(const struct inquiry *i, enum remote_ask kind, const char *host);

/* Ask; q's id is set here, and *ret_id before anybody is asked. answer() comes once, unless dropped:
 * line NULL when there is none. It may come from inside the call. */
void inquiry_put(struct inquiry *i, const struct remote_question *q,
    void (*answer)(void *user, uint32_t id, const char *subject, const char *line), void *user,
    uint32_t *ret_id);

void inquiry_drop(struct inquiry *i, uint32_t id); /* moot; 0 and what is answered are nothing */
void inquiry_answer(struct inquiry *i, uint32_t id, const char *line);
void inquiry_anew(struct inquiry *i); /* forget what was not answered */

#endif
