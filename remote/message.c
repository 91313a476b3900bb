#include "remote/message.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <string.h>

enum field_kind { NUMBER, TEXT, BYTES };
enum scope { PEER, SESSION, CHANNEL };

#define BIT(f) (UINT64_C(1) << (f))
#define BOTH   (MESSAGE_DOWN_WAY | MESSAGE_UP_WAY)

static const struct field_class {
	const char *name;
	enum field_kind kind;
	size_t max; /* bytes; of a number: 8 */
	const char *about;
} fields[FIELD_COUNT] = {
	[FIELD_VERSION] = { "version", NUMBER, 8, "of this protocol" },
	[FIELD_KEY] = { "key", NUMBER, 8, "the parent's number for a private key" },
	[FIELD_NAME] = { "name", TEXT, 1024, "what people call the key: its file" },
	[FIELD_PRIVATE] = { "private", TEXT, 32768,
	    "the private key, unencrypted unless there is a secret, PEM" },
	[FIELD_ADDRESS] = { "address", TEXT, 128,
	    "numeric, that the descriptor leads to; or what stands for it. Of a port there: as the "
	    "server takes it, empty for all" },
	[FIELD_ALGORITHMS] = { "algorithms", TEXT, 1024, "host key algorithms, by preference" },
	[FIELD_TIMEOUT] = { "timeout", NUMBER, 8, "milliseconds the phase may last" },
	[FIELD_TYPE] = { "type", TEXT, 64, "of a host key" },
	[FIELD_BLOB] = { "blob", BYTES, 16384, "a public key as in RFC 4253 6.6" },
	[FIELD_USER] = { "user", TEXT, 256, "to log in as" },
	[FIELD_KEYS] = { "keys", BYTES, 256,
	    "numbers of keys to offer, in order, four bytes each" },
	[FIELD_AGENT] = { "agent", NUMBER, 8, "1: the descriptor beside is an agent's socket" },
	[FIELD_KIND] = { "kind", TEXT, 32, "an outcome's word" },
	[FIELD_PHASE] = { "phase", TEXT, 16, "what was under way" },
	[FIELD_TEXT] = { "text", TEXT, 512, "a sentence for people" },
	[FIELD_ELAPSED] = { "elapsed", NUMBER, 8, "milliseconds the phase had lasted" },
	[FIELD_EARLY] = { "early", NUMBER, 8, "1: the server closed before a login was tried" },
	[FIELD_COMMAND] = { "command", TEXT, MESSAGE_COMMAND,
	    "for the login shell; empty: that shell itself, to type to" },
	[FIELD_STREAM] = { "stream", NUMBER, 8, "0 standard output, 1 standard error" },
	[FIELD_BYTES] = { "bytes", BYTES, MESSAGE_DATA, "of the stream" },
	[FIELD_CREDIT] = { "credit", NUMBER, 8, "more bytes the receiver of this may send" },
	[FIELD_SIGNAL] = { "signal", TEXT, 16, "a signal's name without SIG" },
	[FIELD_STATUS] = { "status", NUMBER, 8, "the exit status" },
	[FIELD_CANCELLED] = { "cancelled", NUMBER, 8, "1: it ended because CANCEL was sent" },
	[FIELD_RTT] = { "rtt", NUMBER, 8, "microseconds of the last exchange with the host" },
	[FIELD_ENVIRONMENT] = { "environment", BYTES, MESSAGE_ENV,
	    "NAME=VALUE for the command, each ended by a zero byte" },
	[FIELD_TERMINAL] = { "terminal", TEXT, 64, "the kind of a terminal that is wanted" },
	[FIELD_COLUMNS] = { "columns", NUMBER, 8, "of the terminal" },
	[FIELD_ROWS] = { "rows", NUMBER, 8, "of the terminal" },
	[FIELD_GUARDS] = { "guards", NUMBER, 8,
	    "1: seccomp, 2: Landlock, 3: both hold the worker" },
	[FIELD_KEX] = { "kex", TEXT, 1024, "key exchanges to offer, by preference" },
	[FIELD_CIPHERS] = { "ciphers", TEXT, 1024, "to offer, by preference" },
	[FIELD_MACS] = { "macs", TEXT, 1024, "to offer, by preference" },
	[FIELD_SIGNATURES] = { "signatures", TEXT, 1024, "algorithms a key may log in with" },
	[FIELD_BITS] = { "bits", NUMBER, 8, "an RSA key must have" },
	[FIELD_ALIVE] = { "alive", NUMBER, 8,
	    "milliseconds of silence, while a command runs, before the host is asked" },
	[FIELD_ALIVE_COUNT] = { "alive-count", NUMBER, 8, "so many of them, and it is given up" },
	[FIELD_STALL] = { "stall", NUMBER, 8, "milliseconds input may wait for the command" },
	[FIELD_PROOFS] = { "proofs", TEXT, 128,
	    "ways to log in, in order: publickey, keyboard-interactive, password" },
	[FIELD_CERTIFICATE] = { "certificate", TEXT, 16384,
	    "to offer the key with: its type, a blank, base64" },
	[FIELD_SECRET] = { "secret", TEXT, MESSAGE_SECRET, "the passphrase of the private key" },
	[FIELD_PROMPTS] = { "prompts", BYTES, MESSAGE_PROMPTS *(3 + MESSAGE_PROMPT),
	    "each: one byte, 1 when what is typed may be shown; two bytes length; that many" },
	[FIELD_ANSWERS] = { "answers", BYTES, MESSAGE_PROMPTS *(2 + MESSAGE_SECRET),
	    "one for each prompt: two bytes length; that many" },
	[FIELD_HOST] = { "host", TEXT, 256, "a name or address, looked up by the jump host" },
	[FIELD_PORT] = { "port", NUMBER, 8, "of TCP" },
	[FIELD_QUIET] = { "quiet", NUMBER, 8,
	    "1: the command says nothing but in answer to its input; its silence is none of the "
	    "host" },
	[FIELD_VISITOR] = { "visitor", NUMBER, 8,
	    "the worker's number, in its session, for a connection that came to a port there" },
};

static const struct message_class {
	const char *name;
	int way;
	enum scope scope;
	uint64_t required, optional;
	bool descriptor;
	const char *about;
} messages[MESSAGE_COUNT] = {
	[MESSAGE_HELLO] = { "HELLO", BOTH, PEER, BIT(FIELD_VERSION), BIT(FIELD_GUARDS), false,
	    "first of all, from both; versions that differ part" },
	[MESSAGE_PING] = { "PING", MESSAGE_DOWN_WAY, PEER, 0, 0, false, "asks for PONG" },
	[MESSAGE_PONG] = { "PONG", MESSAGE_UP_WAY, PEER, 0, 0, false, "the worker is not stuck" },
	[MESSAGE_KEY] = { "KEY", MESSAGE_DOWN_WAY, PEER,
	    BIT(FIELD_KEY) | BIT(FIELD_NAME) | BIT(FIELD_PRIVATE),
	    BIT(FIELD_CERTIFICATE) | BIT(FIELD_SECRET), false,
	    "a private key, once for all sessions" },
	[MESSAGE_OPEN] = { "OPEN", MESSAGE_DOWN_WAY, SESSION,
	    BIT(FIELD_ADDRESS) | BIT(FIELD_TIMEOUT),
	    BIT(FIELD_ALGORITHMS) | BIT(FIELD_KEX) | BIT(FIELD_CIPHERS) | BIT(FIELD_MACS) |
		BIT(FIELD_SIGNATURES) | BIT(FIELD_BITS) | BIT(FIELD_ALIVE) | BIT(FIELD_ALIVE_COUNT),
	    true, "begin the key exchange on the connected socket beside" },
	[MESSAGE_HOSTKEY] = { "HOSTKEY", MESSAGE_UP_WAY, SESSION, BIT(FIELD_BLOB), BIT(FIELD_TYPE),
	    false, "what the host proved to hold; LOGIN or CLOSE answers it" },
	[MESSAGE_LOGIN] = { "LOGIN", MESSAGE_DOWN_WAY, SESSION,
	    BIT(FIELD_USER) | BIT(FIELD_TIMEOUT),
	    BIT(FIELD_KEYS) | BIT(FIELD_AGENT) | BIT(FIELD_PROOFS), true,
	    "the host key is trusted: log in. The descriptor is there when agent is 1; without "
	    "proofs only keys are offered" },
	[MESSAGE_ASK] = { "ASK", MESSAGE_UP_WAY, SESSION, BIT(FIELD_PROOFS),
	    BIT(FIELD_TEXT) | BIT(FIELD_PROMPTS), false,
	    "the server wants a password, or answers to its prompts: the one proof says which. The "
	    "time of the login stands still until ANSWER" },
	[MESSAGE_ANSWER] = { "ANSWER", MESSAGE_DOWN_WAY, SESSION, 0, BIT(FIELD_ANSWERS), false,
	    "to ASK; without answers there are none to be had" },
	[MESSAGE_UP] = { "UP", MESSAGE_UP_WAY, SESSION, 0, BIT(FIELD_RTT), false, "logged in" },
	[MESSAGE_CLOSE] = { "CLOSE", MESSAGE_DOWN_WAY, SESSION, 0, 0, false,
	    "end the session; nothing answers" },
	[MESSAGE_DOWN] = { "DOWN", MESSAGE_UP_WAY, SESSION, BIT(FIELD_KIND) | BIT(FIELD_TEXT),
	    BIT(FIELD_PHASE) | BIT(FIELD_ELAPSED) | BIT(FIELD_EARLY) | BIT(FIELD_PROOFS), false,
	    "the session ended, or never came up; its channels ended before" },
	[MESSAGE_EXEC] = { "EXEC", MESSAGE_DOWN_WAY, CHANNEL,
	    BIT(FIELD_COMMAND) | BIT(FIELD_TIMEOUT),
	    BIT(FIELD_ENVIRONMENT) | BIT(FIELD_TERMINAL) | BIT(FIELD_COLUMNS) | BIT(FIELD_ROWS) |
		BIT(FIELD_STALL) | BIT(FIELD_QUIET),
	    false,
	    "open a channel and run a command, on a terminal if one is named; the channel's number "
	    "is new" },
	[MESSAGE_STARTED] = { "STARTED", MESSAGE_UP_WAY, CHANNEL, 0,
	    BIT(FIELD_RTT) | BIT(FIELD_PORT), false,
	    "the server accepted the command; of LISTEN with the port that it listens on" },
	[MESSAGE_DATA_IN] = { "DATA_IN", MESSAGE_DOWN_WAY, CHANNEL, BIT(FIELD_BYTES), 0, false,
	    "for standard input, within the credit" },
	[MESSAGE_DATA_OUT] = { "DATA_OUT", MESSAGE_UP_WAY, CHANNEL,
	    BIT(FIELD_STREAM) | BIT(FIELD_BYTES), 0, false,
	    "of an output stream, within the credit" },
	[MESSAGE_EOF] = { "EOF", MESSAGE_DOWN_WAY, CHANNEL, 0, 0, false,
	    "standard input ends after what was sent" },
	[MESSAGE_CREDIT] = { "CREDIT", BOTH, CHANNEL, BIT(FIELD_CREDIT), 0, false,
	    "bytes were consumed" },
	[MESSAGE_CANCEL] = { "CANCEL", MESSAGE_DOWN_WAY, CHANNEL, 0, BIT(FIELD_SIGNAL), false,
	    "signal the command if the server honours it, close the channel; END follows" },
	[MESSAGE_RESIZE] = { "RESIZE", MESSAGE_DOWN_WAY, CHANNEL,
	    BIT(FIELD_COLUMNS) | BIT(FIELD_ROWS), 0, false, "the terminal has another size" },
	[MESSAGE_END] = { "END", MESSAGE_UP_WAY, CHANNEL, 0,
	    BIT(FIELD_STATUS) | BIT(FIELD_SIGNAL) | BIT(FIELD_KIND) | BIT(FIELD_PHASE) |
		BIT(FIELD_TEXT) | BIT(FIELD_ELAPSED) | BIT(FIELD_CANCELLED),
	    false, "the channel's last: status, or signal, or kind with the reason for neither" },
	[MESSAGE_HEARD] = { "HEARD", MESSAGE_UP_WAY, SESSION, BIT(FIELD_ELAPSED), 0, false,
	    "while a command runs: how long ago the host was last heard" },
	[MESSAGE_FORWARD] = { "FORWARD", MESSAGE_DOWN_WAY, CHANNEL,
	    BIT(FIELD_HOST) | BIT(FIELD_PORT), 0, true,
	    "connect from the host and carry the bytes of the socket beside; STARTED or END" },
	[MESSAGE_SIGNAL] = { "SIGNAL", MESSAGE_DOWN_WAY, CHANNEL, BIT(FIELD_SIGNAL), 0, false,
	    "to the command that runs, if the server passes signals on; nothing answers" },
	[MESSAGE_LISTEN] = { "LISTEN", MESSAGE_DOWN_WAY, CHANNEL,
	    BIT(FIELD_ADDRESS) | BIT(FIELD_PORT), 0, false,
	    "listen on a port there, 0 for one of the server's choice; STARTED or END, and CANCEL "
	    "ends it" },
	[MESSAGE_VISIT] = { "VISIT", MESSAGE_UP_WAY, CHANNEL, BIT(FIELD_VISITOR), 0, false,
	    "somebody connected to the port there; ADMIT or DISMISS answers it" },
	[MESSAGE_ADMIT] = { "ADMIT", MESSAGE_DOWN_WAY, CHANNEL, BIT(FIELD_VISITOR), 0, true,
	    "carry the visitor's bytes to the socket beside and back, on a channel that is new; "
	    "END" },
	[MESSAGE_DISMISS] = { "DISMISS", MESSAGE_DOWN_WAY, CHANNEL, BIT(FIELD_VISITOR), 0, false,
	    "on the channel of LISTEN: end the visitor's connection; nothing answers" },
};

static void
put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t
pick(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

const char *
message_name(enum message_type type)
{
	return type > 0 && type < MESSAGE_COUNT ? messages[type].name : "?";
}

bool
message_carries(const struct message *m)
{
	if (m->type == MESSAGE_LOGIN)
		return message_get(m, FIELD_AGENT) == 1;
	return messages[m->type].descriptor;
}

void
message_init(struct message *m, enum message_type type, uint32_t session, uint32_t channel)
{
	m->type = type;
	m->session = session;
	m->channel = channel;
	m->present = 0;
}

void
message_number(struct message *m, enum message_field f, uint64_t v)
{
	m->present |= BIT(f);
	m->value[f] = (struct message_value){ .number = v };
}

void
message_text(struct message *m, enum message_field f, const char *s)
{
	message_bytes(m, f, s, strlen(s));
}

void
message_bytes(struct message *m, enum message_field f, const void *p, size_t n)
{
	m->present |= BIT(f);
	m->value[f] = (struct message_value){ .bytes = p, .len = n };
}

bool
message_has(const struct message *m, enum message_field f)
{
	return m->present & BIT(f);
}

uint64_t
message_get(const struct message *m, enum message_field f)
{
	return message_has(m, f) ? m->value[f].number : 0;
}

const char *
message_string(const struct message *m, enum message_field f)
{
	return message_has(m, f) ? m->value[f].bytes : "";
}

void
message_clean(const struct message *m, enum message_field f, char *to, size_t size)
{
	const char *s = message_string(m, f);
	size_t i;

	for (i = 0; s[i] && i + 1 < size; i++)
		to[i] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
	to[i] = '\0';
}

static const char *
fault_of(const struct message *m)
{
	const struct message_class *c = &messages[m->type];

	if ((m->present & c->required) != c->required)
		return "lacks a field";
	if (m->present & ~(c->required | c->optional))
		return "has a field that is not its own";
	if ((m->session != 0) != (c->scope != PEER) || (m->channel != 0) != (c->scope == CHANNEL))
		return "is addressed wrongly";
	return NULL;
}

static size_t
value_size(const struct message *m, enum message_field f)
{
	switch (fields[f].kind) {
	case NUMBER:
		return 8;
	case TEXT:
		return m->value[f].len + 1;
	case BYTES:
		return m->value[f].len;
	}
	return 0;
}

static void
encode_field(const struct message *m, enum message_field f, struct buf *to)
{
	uint8_t head[4], number[8];
	size_t size = value_size(m, f);

	put(head, f, 2);
	put(head + 2, size, 2);
	buf_add(to, head, sizeof(head));
	put(number, m->value[f].number, 8);
	if (fields[f].kind == NUMBER)
		buf_add(to, number, sizeof(number));
	else
		buf_add(to, m->value[f].bytes, m->value[f].len);
	if (fields[f].kind == TEXT)
		buf_addc(to, '\0');
}

int
message_encode(const struct message *m, struct buf *to, struct err *err)
{
	uint8_t head[MESSAGE_HEAD] = { 0 };
	size_t size = sizeof(head);
	const char *fault = fault_of(m);

	if (fault)
		return err_set(err, OUTCOME_BUG, "message %s %s", messages[m->type].name, fault);
	for (unsigned f = 1; f < FIELD_COUNT; f++) {
		if (!message_has(m, f))
			continue;
		if (fields[f].kind != NUMBER && m->value[f].len > fields[f].max)
			return err_set(err, OUTCOME_BUG, "message %s: %s is longer than %zu bytes",
			    messages[m->type].name, fields[f].name, fields[f].max);
		size += 4 + value_size(m, f);
	}
	if (size > MESSAGE_MAX || to->max - to->len < size)
		return err_set(err, OUTCOME_BUG, "message %s does not fit", messages[m->type].name);
	put(head, size, 4);
	put(head + 4, m->type, 2);
	put(head + 8, m->session, 4);
	put(head + 12, m->channel, 4);
	buf_add(to, head, sizeof(head));
	for (unsigned f = 1; f < FIELD_COUNT; f++) {
		if (message_has(m, f))
			encode_field(m, f, to);
	}
	return 0;
}

long
message_length(const void *p, size_t n)
{
	if (n < 4)
		return 0;
	uint64_t size = pick(p, 4);
	return size >= MESSAGE_HEAD && size <= MESSAGE_MAX ? (long)size : -1;
}

/* One field at p; how many bytes it took, or 0 when it is none. */
static size_t
decode_field(struct message *m, const uint8_t *p, size_t n)
{
	if (n < 4)
		return 0;
	unsigned f = (unsigned)pick(p, 2);
	size_t size = (size_t)pick(p + 2, 2), len = size;
	const char *at = (const char *)p + 4;

	if (f == 0 || f >= FIELD_COUNT || message_has(m, f) || size > n - 4)
		return 0;
	if (fields[f].kind == TEXT) {
		if (size == 0 || memchr(at, '\0', size) != at + size - 1)
			return 0;
		len = size - 1;
	}
	if (len > fields[f].max || (fields[f].kind == NUMBER && size != 8))
		return 0;
	if (fields[f].kind == NUMBER)
		message_number(m, f, pick(p + 4, 8));
	else
		message_bytes(m, f, at, len);
	return 4 + size;
}

int
message_decode(struct message *m, const void *p, size_t n, enum message_way way, struct err *err)
{
	const uint8_t *at = p;
	uint64_t type;

	if (n < MESSAGE_HEAD || message_length(p, n) != (long)n)
		return err_set(err, OUTCOME_BUG, "a frame of the wrong length");
	type = pick(at + 4, 2);
	if (type == 0 || type >= MESSAGE_COUNT || pick(at + 6, 2) != 0)
		return err_set(err, OUTCOME_BUG, "a frame of unknown type %u", (unsigned)type);
	message_init(
	    m, (enum message_type)type, (uint32_t)pick(at + 8, 4), (uint32_t)pick(at + 12, 4));
	if (!(messages[type].way & (int)way))
		return err_set(
		    err, OUTCOME_BUG, "message %s came the wrong way", messages[type].name);
	for (size_t i = MESSAGE_HEAD; i < n;) {
		size_t used = decode_field(m, at + i, n - i);

		if (used == 0)
			return err_set(
			    err, OUTCOME_BUG, "message %s: a bad field", messages[type].name);
		i += used;
	}
	const char *fault = fault_of(m);
	if (fault)
		return err_set(err, OUTCOME_BUG, "message %s %s", messages[type].name, fault);
	return 0;
}

static void
document_fields(struct buf *to, const char *label, uint64_t set)
{
	if (!set)
		return;
	buf_addf(to, "    %s", label);
	for (unsigned f = 1; f < FIELD_COUNT; f++) {
		if (set & BIT(f))
			buf_addf(to, " %s", fields[f].name);
	}
	buf_addc(to, '\n');
}

static const char *
way_name(int way)
{
	return way == BOTH ? "both ways" : way == MESSAGE_DOWN_WAY ? "to the worker" : "to drover";
}

void
message_document(struct buf *to)
{
	static const char *const kinds[] = { "number", "text", "bytes" };
	static const char *const scopes[] = { "peer", "session", "channel" };

	buf_addf(to,
	    "The protocol between drover and its workers, version %d\n\n"
	    "A stream of frames over a Unix socket. Numbers are unsigned, most significant byte\n"
	    "first. A frame is at most %d bytes:\n\n"
	    "  bytes  what\n"
	    "  4      length of the frame, these four included\n"
	    "  2      type\n"
	    "  2      zero\n"
	    "  4      session; 0 in messages about the peer\n"
	    "  4      channel; 0 in messages about a peer or a session\n"
	    "  ...    fields: 2 bytes tag, 2 bytes length, that many bytes\n\n"
	    "A number has 8 bytes. A text ends with a zero byte and holds no other. A field "
	    "stands\n"
	    "at most once. What is not in these tables ends the connection. Sessions and channels\n"
	    "are numbered by drover and a number is never used again; what comes for one that has\n"
	    "ended is ignored. Each channel may send %d bytes of output and take %d of input\n"
	    "before CREDIT.\n\nMessages\n\n",
	    MESSAGE_VERSION, MESSAGE_MAX, MESSAGE_OUTPUT, MESSAGE_INPUT);
	for (unsigned t = 1; t < MESSAGE_COUNT; t++) {
		const struct message_class *c = &messages[t];

		buf_addf(to, "%2u  %s (%s, %s)%s\n    %s\n", t, c->name, scopes[c->scope],
		    way_name(c->way), c->descriptor ? " with a descriptor" : "", c->about);
		document_fields(to, "fields:", c->required);
		document_fields(to, "may have:", c->optional);
	}
	buf_adds(to, "\nFields\n\n");
	for (unsigned f = 1; f < FIELD_COUNT; f++)
		buf_addf(to, "%2u  %-10s %-6s %6zu  %s\n", f, fields[f].name, kinds[fields[f].kind],
		    fields[f].max, fields[f].about);
}
