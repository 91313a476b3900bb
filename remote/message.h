/*
 * The words between drover and its workers: one table of messages.
 *
 * The table says each message's name, direction, scope and fields; encoding,
 * decoding, the fuzz target and doc/PROTOCOL come from it. A message is a plain
 * value whose texts and bytes are borrowed. Frames hold no pointers and no more
 * than MESSAGE_MAX bytes; what does not fit the table is refused.
 */
#ifndef DROVER_REMOTE_MESSAGE_H
#define DROVER_REMOTE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define MESSAGE_VERSION 1
#define MESSAGE_MAX     65536
#define MESSAGE_HEAD    16
#define MESSAGE_DATA    32768   /* most bytes in one DATA */
#define MESSAGE_COMMAND 60000   /* longest command */
#define MESSAGE_ENV     4096    /* longest environment of a command */
#define MESSAGE_PROMPTS 16      /* most questions of a server at once */
#define MESSAGE_PROMPT  256     /* longest of them */
#define MESSAGE_SECRET  1024    /* longest answer */
#define MESSAGE_OUTPUT  1048576 /* output a channel may send before it is credited */
#define MESSAGE_INPUT   262144  /* input a channel takes before it credits */

enum message_type {
	MESSAGE_HELLO = 1,
	MESSAGE_PING,
	MESSAGE_PONG,
	MESSAGE_KEY,
	MESSAGE_OPEN,
	MESSAGE_HOSTKEY,
	MESSAGE_LOGIN,
	MESSAGE_ASK,
	MESSAGE_ANSWER,
	MESSAGE_UP,
	MESSAGE_CLOSE,
	MESSAGE_DOWN,
	MESSAGE_EXEC,
	MESSAGE_STARTED,
	MESSAGE_DATA_IN,
	MESSAGE_DATA_OUT,
	MESSAGE_EOF,
	MESSAGE_CREDIT,
	MESSAGE_CANCEL,
	MESSAGE_RESIZE,
	MESSAGE_END,
	MESSAGE_HEARD,
	MESSAGE_FORWARD,
	MESSAGE_SIGNAL,
	MESSAGE_LISTEN,
	MESSAGE_VISIT,
	MESSAGE_ADMIT,
	MESSAGE_DISMISS,
	MESSAGE_COUNT
};

enum message_field {
	FIELD_VERSION = 1,
	FIELD_KEY,
	FIELD_NAME,
	FIELD_PRIVATE,
	FIELD_ADDRESS,
	FIELD_ALGORITHMS,
	FIELD_TIMEOUT,
	FIELD_TYPE,
	FIELD_BLOB,
	FIELD_USER,
	FIELD_KEYS,
	FIELD_AGENT,
	FIELD_KIND,
	FIELD_PHASE,
	FIELD_TEXT,
	FIELD_ELAPSED,
	FIELD_EARLY,
	FIELD_COMMAND,
	FIELD_STREAM,
	FIELD_BYTES,
	FIELD_CREDIT,
	FIELD_SIGNAL,
	FIELD_STATUS,
	FIELD_CANCELLED,
	FIELD_RTT,
	FIELD_ENVIRONMENT,
	FIELD_TERMINAL,
	FIELD_COLUMNS,
	FIELD_ROWS,
	FIELD_GUARDS,
	FIELD_KEX,
	FIELD_CIPHERS,
	FIELD_MACS,
	FIELD_SIGNATURES,
	FIELD_BITS,
	FIELD_ALIVE,
	FIELD_ALIVE_COUNT,
	FIELD_STALL,
	FIELD_PROOFS,
	FIELD_CERTIFICATE,
	FIELD_SECRET,
	FIELD_PROMPTS,
	FIELD_ANSWERS,
	FIELD_HOST,
	FIELD_PORT,
	FIELD_QUIET,
	FIELD_VISITOR,
	FIELD_COUNT
};

enum message_way {
	MESSAGE_DOWN_WAY = 1, /* to the worker */
	MESSAGE_UP_WAY = 2    /* from it */
};

struct message_value {
	uint64_t number;
	const char *bytes; /* a text is ended by a NUL that len does not count */
	size_t len;
};

struct message {
	enum message_type type;
	uint32_t session, channel;
	uint64_t present; /* bit f: value[f] is set */
	struct message_value value[FIELD_COUNT];
};

const char *message_name(enum message_type type);

/* True when a descriptor travels beside the message, as far as its fields say. */
bool message_carries(const struct message *m);

void message_init(struct message *m, enum message_type type, uint32_t session, uint32_t channel);
void message_number(struct message *m, enum message_field f, uint64_t v);
void message_text(struct message *m, enum message_field f, const char *s); /* borrowed */
void message_bytes(struct message *m, enum message_field f, const void *p, size_t n);

bool message_has(const struct message *m, enum message_field f);
uint64_t message_get(const struct message *m, enum message_field f);       /* 0 when absent */
const char *message_string(const struct message *m, enum message_field f); /* "" when absent */

/* Copy a text for people: what a terminal might obey becomes '?'. */
void message_clean(const struct message *m, enum message_field f, char *to, size_t size);

/* Append the frame. -1 when the message breaks the table (kind BUG): nothing is appended. */
int message_encode(const struct message *m, struct buf *to, struct err *err);

/* How long the frame at p is: 0 when not even that is known yet; -1 when it cannot be a frame. */
long message_length(const void *p, size_t n);

/* Decode one whole frame that travels that way; m borrows from p. -1 and kind BUG when it is not in
 * the table, misses a field, or says one twice. */
int message_decode(
    struct message *m, const void *p, size_t n, enum message_way way, struct err *err);

/* The protocol as a text for people: doc/PROTOCOL. */
void message_document(struct buf *to);

#endif
