/*
 * What drover reports: one table of event kinds, one of their fields.
 *
 * The engine makes events; the ledger stores them, --json prints them, the
 * command line and the screens draw them. An event owns copies of its values
 * until event_fini(). Nothing reports by another way.
 */
#ifndef DROVER_BASE_EVENT_H
#define DROVER_BASE_EVENT_H

#include "base/outcome.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
	/* run verb argv fleet hosts inventory playbook git seat dry_run source name (the run that is resumed
	 * or undone) class ("partial": only some tags) digest (of the playbook) text (who, of a
	 * foreign run) */
	EVENT_RUN_START,
	EVENT_HOST_START,    /* host kind address attempt */
	EVENT_HOST_OUT,      /* host stream data: a piece of remote output */
	EVENT_HOST_PROGRESS, /* host bytes total: how far a copy is; total -1: not known */
	EVENT_HOST_OUTPUT,   /* host stream digest bytes head tail: the whole of it, at its end */
	EVENT_FACT,          /* host name value */
	EVENT_PLAN_STEP,     /* host step name class text diff path digest was value */
	EVENT_PLAN_NOTE,     /* host text: what the plan says beside its steps */
	EVENT_ACT_SENT,      /* host digest bytes: durable before the request leaves */
	EVENT_STEP_START,    /* host step name */
	EVENT_STEP_END,      /* host step name state rc ms text */
	EVENT_HOST_END,      /* host state rc signal phase text ms changed */
	EVENT_ROLLOUT,       /* text: a batch begins, a gate passed, a limit was met */
	EVENT_TRUST,         /* host name digest text: a host key was added, replaced, removed */
	EVENT_MACHINE,       /* host name generation text: which machine stands behind a name */
	EVENT_RELEASE, /* host name (the app) value (its release) class (apply, rollback, gone) text (its playbook) */
	EVENT_TRANSCRIPT, /* host name (which terminal) digest (a piece of its asciicast) bytes ms: at its end */
	EVENT_WARN,    /* host? text */
	EVENT_RUN_END, /* state exit ok changed failed unreachable untried unknown ms counters */
	EVENT_COUNT
};

/* It is told while it happens and kept by nobody. */
bool event_is_passing(enum event_kind k);

enum event_field {
	FIELD_RUN, /* the envelope: struct event's own members, set by the ledger */
	FIELD_SEQ,
	FIELD_TIME,
	FIELD_SEAT,
	FIELD_VERB,
	FIELD_ARGV,
	FIELD_FLEET,
	FIELD_HOSTS,
	FIELD_INVENTORY,
	FIELD_PLAYBOOK,
	FIELD_GIT,
	FIELD_DRY_RUN,
	FIELD_SOURCE, /* who asked for the run: console; nothing: the command line */
	FIELD_HOST,
	FIELD_KIND, /* of the host: pet or cattle */
	FIELD_ADDRESS,
	FIELD_ATTEMPT,
	FIELD_STREAM,
	FIELD_DATA,
	FIELD_DIGEST,
	FIELD_BYTES,
	FIELD_TOTAL,
	FIELD_HEAD,
	FIELD_TAIL,
	FIELD_NAME,
	FIELD_VALUE,
	FIELD_STEP,
	FIELD_CLASS,
	FIELD_DIFF,
	FIELD_PATH,
	FIELD_WAS, /* the digest of what stood there; - when nothing did */
	FIELD_STATE,
	FIELD_RC,
	FIELD_SIGNAL,
	FIELD_PHASE,
	FIELD_TEXT,
	FIELD_MS,
	FIELD_CHANGED,
	FIELD_GENERATION,
	FIELD_EXIT,
	FIELD_OK,
	FIELD_FAILED,
	FIELD_UNREACHABLE,
	FIELD_UNTRIED,
	FIELD_UNKNOWN,
	FIELD_COUNTERS,
	FIELD_COUNT
};

/* LIST: argv hosts inventory. MAP: git counters. DATA: data diff. BOOL: dry_run. INT: seq attempt
 * bytes total rc ms changed generation exit ok failed unreachable untried unknown. All else TEXT. */
enum field_type {
	FIELD_TYPE_TEXT, /* UTF-8 */
	FIELD_TYPE_INT,
	FIELD_TYPE_BOOL,
	FIELD_TYPE_DATA, /* bytes: a JSON string when they are UTF-8, else name_b64 */
	FIELD_TYPE_LIST, /* of texts */
	FIELD_TYPE_MAP   /* text to integer or text, in the order added */
};

const char *event_kind_name(enum event_kind k); /* "run.start"; static */
bool event_kind_parse(const char *name, enum event_kind *ret);
const char *event_field_name(enum event_field f); /* "dry_run"; static */
enum field_type event_field_type(enum event_field f);

struct event_value {
	enum event_field field;
	char *text; /* TEXT, DATA (len bytes), or canonical JSON of LIST and MAP */
	size_t len;
	int64_t number; /* INT, BOOL */
};

#define EVENT_VALUES 20

struct event {
	enum event_kind kind;
	int64_t time_ms; /* wall clock */
	int64_t seq;     /* within its run, from 1; set by the ledger */
	char run[UUID_TEXT];
	int count;
	struct event_value value[EVENT_VALUES];
};

/* Freed at the end of its scope: declare it as `autoevent e = { .count = 0 };`, so that a return before
 * event_init() is sound. */
#define autoevent __attribute__((cleanup(event_fini))) struct event

/* An event of this kind, now. */
void event_init(struct event *e, enum event_kind kind);
void event_fini(struct event *e);

/* Setting a field again replaces it. A field given what its type cannot hold is a bug and ends the
 * program; a text given to a LIST is a list of one. TEXT is made UTF-8 (U+FFFD for what is not). */
void event_set_text(struct event *e, enum event_field f, const char *s); /* NULL: leave it out */
void event_set_int(struct event *e, enum event_field f, int64_t n);      /* INT and BOOL */
void event_set_data(struct event *e, enum event_field f, const void *p, size_t n);
/* The bytes of a TEXT, DATA, LIST or MAP as an event held them: from what reads one back alone. */
void event_set_bytes(struct event *e, enum event_field f, const void *p, size_t n);
void event_set_list(struct event *e, enum event_field f, const char *const *list, size_t n);
void event_map_int(struct event *e, enum event_field f, const char *key, int64_t n);
void event_map_text(struct event *e, enum event_field f, const char *key, const char *s);

/* NULL when the field is not there. DATA gives its bytes, NUL-ended, and their number; a LIST or
 * MAP its JSON. */
const char *event_text(const struct event *e, enum event_field f);
const char *event_data(const struct event *e, enum event_field f, size_t *ret_len);
int64_t event_int(const struct event *e, enum event_field f, int64_t otherwise);
bool event_has(const struct event *e, enum event_field f);

/* The entries of a LIST; how many there are. each may be NULL. */
size_t event_list(const struct event *e, enum event_field f,
    void (*each)(void *user, const char *entry), void *user);

/* A copy that owns its values; to is not initialised before. */
void event_copy(struct event *to, const struct event *from);

/* Somebody who wants to know. Called in the order of emission, never re-entered. */
struct event_sink {
	void (*event)(void *user, const struct event *e);
	void *user;
};

#endif
