#include "remote/session_inner.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/inquiry.h"
#include "remote/message.h"
#include "remote/session.h"
#include "remote/sshhost.h"
#include "remote/trust.h"

#include <string.h>

static void
accept_key(struct session *s)
{
	struct trust_subject subject = approach_subject(s);
	struct err err;

	if (trust_add(s->place->trust, &subject, s->blob, s->blob_len, &err) < 0)
		session_down(s, &err);
	else
		approach_log_in(s);
}

/* Somebody who waits for the answer to this question, and does so no longer. */
static struct session *
next_waiting(struct session_place *place, uint32_t id)
{
	for (struct session *s = place->first; s; s = s->next) {
		if (s->question == id && s->state == SESSION_HOSTKEY) {
			s->question = 0;
			s->began_ms += loop_now_ms(place->loop) - s->asked_ms;
			return s;
		}
	}
	return NULL;
}

/* Those who hear of it may open and close sessions: look anew each time. */
static void
on_trust(void *user, uint32_t id, const char *subject, const char *line)
{
	struct session_place *place = user;

	(void)subject;
	for (struct session *s = next_waiting(place, id); s; s = next_waiting(place, id)) {
		if (line)
			accept_key(s);
		else
			session_fail(s, OUTCOME_REFUSED, "its host key was not accepted");
	}
}

/* One question a host, however many of its sessions wait for the answer. */
static bool
joins(struct session *s)
{
	for (const struct session *o = s->place->first; o; o = o->next) {
		if (o != s && o->question && o->state == SESSION_HOSTKEY &&
		    str_eq(o->name, s->name) && o->blob_len == s->blob_len &&
		    memcmp(o->blob, s->blob, s->blob_len) == 0) {
			s->question = o->question;
			return true;
		}
	}
	return false;
}

static void
ask_trust(struct session *s, const struct trust_answer *answer)
{
	autofree char *prompt = xasprintf("trust the key of %s", s->name);
	autofree char *text =
	    xasprintf("%s (%s, port %d) shows a host key that is not known here:\n \n"
		      "  %s %s\n \n"
		      "Is it the one that the host itself tells? There:\n"
		      "  ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub",
		s->name, s->at, s->conf->port, answer->type, answer->fingerprint,
		strstr(answer->type, "ed25519") ? "ed25519"
		: strstr(answer->type, "ecdsa") ? "ecdsa"
						: "rsa");

	s->waited = true;
	if (joins(s))
		return;
	inquiry_put(s->place->inquiry,
	    &(struct remote_question){ .kind = REMOTE_TRUST,
		.host = s->name,
		.subject = answer->fingerprint,
		.prompt = prompt,
		.text = text,
		.word = "yes",
		.echo = true },
	    on_trust, s->place, &s->question);
}

void
verdict_judge(struct session *s, const struct message *m)
{
	struct trust_subject subject = approach_subject(s);
	struct trust_answer answer;

	s->state = SESSION_HOSTKEY;
	free(s->blob);
	s->blob_len = m->value[FIELD_BLOB].len;
	s->blob = (uint8_t *)xmemdup0(m->value[FIELD_BLOB].bytes, s->blob_len);
	if (s->listener.key) {
		s->listener.key(s->user, s, &subject, s->blob, s->blob_len);
		return;
	}
	trust_check(s->place->trust, &subject, s->blob, s->blob_len, &answer);
	switch (answer.verdict) {
	case TRUST_KNOWN:
		approach_log_in(s);
		return;
	case TRUST_UNKNOWN:
		if (s->first_use && !s->conf->strict) {
			accept_key(s);
			return;
		}
		if (s->conf->strict || !inquiry_can(s->place->inquiry, REMOTE_TRUST, s->name))
			break;
		queue_leave(s);
		s->asked_ms = loop_now_ms(s->place->loop);
		ask_trust(s, &answer);
		return;
	case TRUST_CHANGED:
	case TRUST_REVOKED:
		break;
	}
	session_fail(s, OUTCOME_REFUSED, "%s%s", answer.text,
	    answer.verdict == TRUST_UNKNOWN && s->conf->lax
		? " (drover does not obey ssh_config's StrictHostKeyChecking here)"
		: "");
}
