#include "playbooks/follow.h"

#include "base/digest.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "playbooks/reply.h"

#include <stdio.h>
#include <string.h>

#define WORDS 9

struct follow {
	struct reply reply;
	int64_t seen;
	size_t changed;
	int64_t rc; /* of the last step that failed */
	bool started, switched, armed, ended, gone, absent, nothing;
	enum outcome outcome;
	char boot_id[40]; /* of the records */
	char now[40];     /* of the host at the end */
	char text[2000];
	void (*record)(void *user, const struct follow_record *r);
	void *user;
};

static void take_frame(void *user, const char *kind, const char *payload, size_t len);

struct follow *
follow_new(const char *nonce, int64_t seen,
    void (*record)(void *user, const struct follow_record *r), void *user)
{
	struct follow *f = xcalloc(1, sizeof(*f));

	f->seen = seen;
	f->record = record;
	f->user = user;
	reply_init(&f->reply, nonce, take_frame, f);
	return f;
}

void
follow_free(struct follow *f)
{
	if (!f)
		return;
	reply_fini(&f->reply);
	free(f);
}

void
follow_feed(struct follow *f, const void *p, size_t n)
{
	reply_feed(&f->reply, p, n);
}

/* The last word of a record: base64, or - for nothing. Caller frees; "" when it is neither. */
static char *
decode_text(const char *word)
{
	size_t n = 0;
	uint8_t *raw;
	char *text;

	if (strcmp(word, "-") == 0)
		return xstrdup("");
	raw = digest_unbase64(word, strlen(word), &n);
	if (!raw)
		return xstrdup("");
	text = xmemdup0(raw, n);
	free(raw);
	for (n = strlen(text); n && text[n - 1] == '\n'; n--)
		text[n - 1] = '\0';
	return text;
}

static bool
parse_uptime(const char *word, int64_t *ret_ms)
{
	char whole[24];
	int64_t s, cs;
	size_t n = strcspn(word, ".");

	if (n >= sizeof(whole) || word[n] != '.' || strlen(word + n + 1) != 2)
		return false;
	memcpy(whole, word, n);
	whole[n] = '\0';
	if (!str_int(whole, 0, INT64_MAX / 2000, &s) || !str_int(word + n + 1, 0, 99, &cs))
		return false;
	*ret_ms = s * 1000 + cs * 10;
	return true;
}

static bool
parse_step(struct follow_record *r, char *const *w, size_t n)
{
	int64_t step;

	if (n != 8 || !str_int(w[4], 1, 1000000, &step) || !outcome_parse(w[5], &r->state) ||
	    !str_int(w[6], 0, 255, &r->rc))
		return false;
	r->kind = FOLLOW_STEP;
	r->step = (size_t)step;
	r->text = decode_text(w[7]);
	return true;
}

static bool
parse_confirming(struct follow_record *r, char *const *w, size_t n)
{
	if (strcmp(w[3], "armed") == 0 && n == 5 && str_int(w[4], 1, 86400, &r->rc)) {
		r->kind = FOLLOW_ARMED;
		return true;
	}
	if ((strcmp(w[3], "waits") == 0 || strcmp(w[3], "confirmed") == 0) && n == 4) {
		r->kind = *w[3] == 'w' ? FOLLOW_WAITS : FOLLOW_CONFIRMED;
		return true;
	}
	if (strcmp(w[3], "back") != 0 || n != 5)
		return false;
	r->kind = FOLLOW_BACK;
	r->text = decode_text(w[4]);
	return true;
}

/* "NUMBER BOOT UPTIME WORDS..."; false when it is not a record. r->text is the caller's to free. */
static bool
parse_record(char *line, struct follow_record *r)
{
	char *w[WORDS], *save = NULL;
	size_t n = 0;
	int64_t step;

	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (n == WORDS)
			return false;
		w[n++] = word;
	}
	if (n < 4 || !str_int(w[0], 1, INT64_MAX, &r->number) ||
	    !str_copy(r->boot_id, sizeof(r->boot_id), w[1]) || !parse_uptime(w[2], &r->uptime_ms))
		return false;
	if (strcmp(w[3], "begin") == 0) {
		r->kind = FOLLOW_BEGIN;
		return n == 5;
	}
	if (strcmp(w[3], "switch") == 0) {
		r->kind = FOLLOW_SWITCH;
		return n == 4;
	}
	if (strcmp(w[3], "step") == 0)
		return parse_step(r, w, n);
	if (parse_confirming(r, w, n))
		return true;
	if (strcmp(w[3], "start") == 0 && n == 5 && str_int(w[4], 1, 1000000, &step)) {
		r->kind = FOLLOW_START;
		r->step = (size_t)step;
		return true;
	}
	if (strcmp(w[3], "end") != 0 || n != 6 || !outcome_parse(w[4], &r->state))
		return false;
	r->kind = FOLLOW_END;
	r->text = decode_text(w[5]);
	return true;
}

/* The end of what a command said tells more than its middle. */
static void
keep_text(struct follow *f, const char *text)
{
	size_t n = strlen(text), head = sizeof(f->text) / 4, tail = sizeof(f->text) / 2;

	if (n < sizeof(f->text))
		str_copy(f->text, sizeof(f->text), text);
	else
		snprintf(
		    f->text, sizeof(f->text), "%.*s [...] %s", (int)head, text, text + n - tail);
}

static void
take_record(struct follow *f, const char *payload)
{
	autofree char *line = xstrdup(payload);
	struct follow_record r = { 0 };

	/* A line that was cut by a full disk is followed by the same record again. */
	if (!parse_record(line, &r))
		return;
	f->switched = f->switched || r.kind == FOLLOW_SWITCH;
	f->changed += r.kind == FOLLOW_STEP && r.state == OUTCOME_CHANGED;
	if (r.kind == FOLLOW_STEP && r.state == OUTCOME_FAILED)
		f->rc = r.rc;
	str_copy(f->boot_id, sizeof(f->boot_id), r.boot_id);
	if (r.kind == FOLLOW_ARMED)
		f->armed = true;
	if (r.kind == FOLLOW_CONFIRMED || r.kind == FOLLOW_END)
		f->armed = false;
	if (r.kind == FOLLOW_BACK)
		f->ended = false;
	if (r.kind == FOLLOW_END) {
		f->ended = true;
		f->outcome = r.state;
		keep_text(f, r.text);
	}
	if (r.number > f->seen) {
		f->seen = r.number;
		f->record(f->user, &r);
	}
	free((char *)r.text);
}

/* The journal's line of a run whose directory is gone: TIME RUN OUTCOME ... */
static void
take_journal(struct follow *f, const char *payload)
{
	autofree char *line = xstrdup(payload);
	char *save = NULL, *word = strtok_r(line, "\t", &save);

	for (int i = 0; word && i < 2; i++)
		word = strtok_r(NULL, "\t\n", &save);
	if (word && outcome_parse(word, &f->outcome)) {
		f->ended = true;
		str_copy(f->text, sizeof(f->text), "from the host's journal");
	}
}

static void
take_frame(void *user, const char *kind, const char *payload, size_t len)
{
	struct follow *f = user;

	(void)len;
	if (strcmp(kind, "record") == 0) {
		take_record(f, payload);
	} else if (strcmp(kind, "started") == 0) {
		f->started = true;
	} else if (strcmp(kind, "refused") == 0 || strcmp(kind, "short") == 0) {
		f->nothing = true;
		snprintf(f->text, sizeof(f->text), "%s", payload);
	} else if (strcmp(kind, "journal") == 0) {
		take_journal(f, payload);
	} else if (strcmp(kind, "gone") == 0 || strcmp(kind, "absent") == 0 ||
		   strcmp(kind, "complete") == 0) {
		f->gone = *kind == 'g';
		f->absent = *kind == 'a';
		snprintf(f->now, sizeof(f->now), "%.39s", payload);
	}
}

static void
gone(const struct follow *f, struct follow_result *ret)
{
	bool rebooted = *f->boot_id && strcmp(f->boot_id, f->now) != 0;

	ret->end = FOLLOW_GONE;
	ret->outcome = f->switched ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
	snprintf(ret->text, sizeof(ret->text), "the act ended without a result%s%s",
	    rebooted ? ": the host was rebooted" : "",
	    f->switched ? "" : "; nothing had been changed yet");
}

/* The lock's text is RUN, TIME, SEAT, WHO, ... between tabs. */
static void
name_holder(struct follow_result *r)
{
	char *word[4], *save = NULL, copy[sizeof(r->text)];
	size_t n = 0;

	str_copy(copy, sizeof(copy), r->text);
	for (char *w = strtok_r(copy, "\t\n", &save); w && n < 4; w = strtok_r(NULL, "\t\n", &save))
		word[n++] = w;
	if (n == 4 && uuid_is(word[0]))
		snprintf(r->text, sizeof(r->text),
		    "another run holds the host's lock: %.100s at %.100s since %.40s, run %.40s",
		    word[3], word[2], word[1], word[0]);
	else
		snprintf(r->text, sizeof(r->text), "another run holds the host's lock");
}

void
follow_verdict(const struct follow *f, struct follow_result *ret)
{
	*ret = (struct follow_result){
		.started = f->started, .armed = f->armed, .seen = f->seen, .changed = f->changed
	};
	ret->rc = f->outcome == OUTCOME_FAILED && f->ended ? f->rc : 0;
	str_copy(ret->text, sizeof(ret->text), f->text);
	if (f->ended) {
		ret->end = FOLLOW_DONE;
		ret->outcome = f->outcome;
		if (f->outcome == OUTCOME_LOCKED)
			name_holder(ret);
	} else if (f->reply.state == REPLY_AFTER && f->nothing) {
		ret->end = FOLLOW_NOTHING;
		ret->outcome = OUTCOME_FAILED;
	} else if (f->reply.state == REPLY_AFTER && f->gone) {
		gone(f, ret);
	} else if (f->reply.state == REPLY_AFTER && f->absent) {
		ret->end = FOLLOW_ABSENT;
		ret->outcome = OUTCOME_FAILED;
		str_copy(
		    ret->text, sizeof(ret->text), "the host knows no such run: nothing happened");
	} else {
		ret->end = FOLLOW_LOST;
		ret->outcome = OUTCOME_UNKNOWN;
		str_copy(ret->text, sizeof(ret->text),
		    f->reply.state == REPLY_BROKEN ? f->reply.broken : "the link was lost");
	}
}

void
follow_event(const struct follow_record *r, const char *host, const char *id, const char *name,
    int64_t *step_ms, struct event *e)
{
	event_init(e, r->kind == FOLLOW_START ? EVENT_STEP_START : EVENT_STEP_END);
	event_set_text(e, FIELD_HOST, host);
	event_set_text(e, FIELD_STEP, id);
	event_set_text(e, FIELD_NAME, name);
	if (r->kind == FOLLOW_START) {
		*step_ms = r->uptime_ms;
		return;
	}
	event_set_text(e, FIELD_STATE, outcome_name(r->state));
	event_set_int(e, FIELD_RC, r->rc);
	/* Over a reboot the host's clock begins anew. */
	event_set_int(
	    e, FIELD_MS, *step_ms && r->uptime_ms > *step_ms ? r->uptime_ms - *step_ms : 0);
	event_set_text(e, FIELD_TEXT, r->text[0] ? r->text : NULL);
	*step_ms = 0;
}
