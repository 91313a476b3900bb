#include "engine/become.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/bootstrap.h"

#include <string.h>

extern const char host_become_sh[];

#define SAID 8192

void
become_init(struct become *b, const struct become_way *way)
{
	*b = (struct become){ .way = *way };
	probe_nonce(b->nonce);
	buf_init(&b->said[0], SIZE_MAX);
	buf_init(&b->said[1], SIZE_MAX);
}

void
become_fini(struct become *b)
{
	buf_fini(&b->said[0]);
	buf_fini(&b->said[1]);
}

char *
become_line(const struct become *b)
{
	const char *const args[] = { b->nonce, b->way.method, b->way.user,
		b->way.ask ? "ask" : "quiet", b->way.terminal ? "terminal" : "-",
		b->way.own ? "own" : "any", NULL };

	return bootstrap_line(host_become_sh, args);
}

/* Behind the line "NONCE WORD", or NULL. */
static const char *
behind_mark(const struct become *b, const struct buf *text, const char *word)
{
	char mark[PROBE_NONCE + 16];
	int n = snprintf(mark, sizeof(mark), "\n%s %s\n", b->nonce, word);
	const char *at = text->len ? memmem(text->data, text->len, mark, (size_t)n) : NULL;

	return at ? at + n : NULL;
}

static bool
ends_with(const struct buf *text, const char *end)
{
	size_t n = strlen(end);

	return text->len >= n && memcmp(text->data + text->len - n, end, n) == 0;
}

/* "doas (user@host) password: " at the end of the text. */
static bool
ends_with_doas(const struct buf *text)
{
	const char *end = text->data + text->len, *at = NULL;

	if (!ends_with(text, ") password: "))
		return false;
	for (const char *p = text->data; p < end; p++) {
		if ((p == text->data || p[-1] == '\n' || p[-1] == '\r') && str_starts(p, "doas ("))
			at = p;
	}
	return at && end - at < 96 && !memchr(at, '\n', (size_t)(end - at));
}

/* Does the method itself ask for the password here? sudo's prompt may stand anywhere behind the
 * mark, since nothing else can write it; the others' must be the last that was said. */
static bool
is_asked(const struct become *b, const struct buf *text)
{
	char prompt[PROBE_NONCE + 16];

	if (text->len == 0)
		return false;
	if (str_eq(b->way.method, "sudo")) {
		snprintf(prompt, sizeof(prompt), "%s asks:", b->nonce);
		return memmem(text->data, text->len, prompt, strlen(prompt)) != NULL;
	}
	if (str_eq(b->way.method, "doas"))
		return ends_with_doas(text);
	return str_eq(b->way.method, "su") && ends_with(text, "Password: ");
}

/* What came before `here` is the login's, and is forgotten. */
static void
take_here(struct become *b, int which)
{
	const char *from = behind_mark(b, &b->said[which], "here");

	if (!from)
		return;
	b->here[which] = true;
	buf_drop(&b->said[which], (size_t)(from - b->said[which].data) - 1);
}

/* What methods say, in the C locale, and what it means. %s: the method, then the user. */
enum meaning { NO_PASSWORD, WRONG, NO_TERMINAL, NOT_ALLOWED, EXPIRED, LOCKED, NO_USER, BROKEN };

static const struct {
	const char *text;
	enum meaning meaning;
} sayings[] = {
	{ "you must have a tty", NO_TERMINAL },
	{ "must be run from a terminal", NO_TERMINAL },
	{ "a tty is required", NO_TERMINAL },
	{ "not in the sudoers file", NOT_ALLOWED },
	{ "may not run sudo", NOT_ALLOWED },
	{ "is not allowed to", NOT_ALLOWED },
	{ "Operation not permitted", NOT_ALLOWED },
	{ "doas is not enabled", NOT_ALLOWED },
	{ "Permission denied", NOT_ALLOWED },
	{ "Access denied", NOT_ALLOWED },
	{ "Account expired", LOCKED },
	{ "account has expired", LOCKED },
	{ "account validation failure", LOCKED },
	{ "account is locked", LOCKED },
	{ "expired", EXPIRED },
	{ "Changing password", EXPIRED },
	{ "change your password", EXPIRED },
	{ "Sorry, try again", WRONG },
	{ "incorrect password", WRONG },
	{ "Authentication fail", WRONG },
	{ "uthentication token manipulation", EXPIRED },
	{ "unknown user", NO_USER },
	{ "does not exist", NO_USER },
	{ "a password is required", NO_PASSWORD },
	{ "a terminal is required", NO_PASSWORD },
	{ "Authorization required", NO_PASSWORD },
	{ "Authentication required", NO_PASSWORD },
	{ "Interactive authentication required", NO_PASSWORD },
	{ "effective uid is not 0", BROKEN },
	{ "no new privileges", BROKEN },
};

static bool
said(const struct become *b, const char *text)
{
	for (int i = 0; i < 2; i++) {
		const struct buf *t = &b->said[i];

		if (t->len && b->here[i] && memmem(t->data, t->len, text, strlen(text)))
			return true;
	}
	return false;
}

/* The first of the sayings that was said; -1: none. */
static int
saying(const struct become *b)
{
	for (size_t i = 0; !b->absent && i < countof(sayings); i++) {
		if (said(b, sayings[i].text))
			return (int)i;
	}
	return -1;
}

/* sudo goes on to ask for a new password then, which nobody gives it. */
static bool
is_expired(const struct become *b)
{
	int i = saying(b);

	return i >= 0 && sayings[i].meaning == EXPIRED;
}

/* Nothing was said since the password but the next prompt. */
static bool
is_silent(const struct buf *text)
{
	size_t i = 0;

	while (i < text->len && strchr("\r\n\t ", text->data[i]))
		i++;
	return i == text->len || text->len - i < PROBE_NONCE + 8;
}

enum become_next
become_feed(struct become *b, int which, const char *p, size_t n, size_t *ret_rest)
{
	struct buf *text = &b->said[which];
	const char *go;

	*ret_rest = b->open[which] ? n : 0;
	if (b->open[which])
		return BECOME_WAIT;
	if (text->len > SAID)
		buf_drop(text, text->len - SAID);
	buf_add(text, p, n);
	if (!b->here[which])
		take_here(b, which);
	if (!b->here[which])
		return BECOME_WAIT;
	go = behind_mark(b, text, "go");
	if (go) {
		b->open[which] = true;
		*ret_rest = (size_t)(text->data + text->len - go);
		return which == 0 ? BECOME_OPEN : BECOME_WAIT;
	}
	b->absent = b->absent || (which == 0 && behind_mark(b, text, "absent"));
	if (b->sent && is_expired(b))
		return BECOME_OVER;
	if (!is_asked(b, text))
		return BECOME_WAIT;
	b->again = b->asked;
	b->asked = true;
	if (b->again) {
		b->more = is_silent(text);
		return BECOME_OVER;
	}
	buf_clear(text);
	return BECOME_PASSWORD;
}

void
become_sent(struct become *b)
{
	b->sent = true;
}

static int
refuse(const struct become *b, enum meaning m, struct err *err)
{
	const char *method = b->way.method, *user = b->way.user;

	switch (m) {
	case NO_PASSWORD:
		if (str_eq(method, "run0"))
			return err_set(err, OUTCOME_REFUSED,
			    "run0 wants to ask a person: only what polkit allows "
			    "without one can be used");
		return err_set(err, OUTCOME_REFUSED,
		    "%s asks for a password and none was given: use -K, or "
		    "--become-password-file",
		    method);
	case WRONG:
		return err_set(err, OUTCOME_REFUSED,
		    "%s says that the password is wrong; it was tried once", method);
	case NO_TERMINAL:
		return err_set(err, OUTCOME_REFUSED, "%s wants a terminal", method);
	case NOT_ALLOWED:
		return err_set(err, OUTCOME_REFUSED, "%s does not let this login run a shell as %s",
		    method, user);
	case EXPIRED:
		return err_set(err, OUTCOME_REFUSED,
		    "%s: the password has expired: change it by hand first", method);
	case LOCKED:
		return err_set(
		    err, OUTCOME_REFUSED, "%s: the account is locked or has expired", method);
	case NO_USER:
		return err_set(err, OUTCOME_REFUSED, "there is no user %s on the host", user);
	case BROKEN:
		break;
	}
	return err_set(err, OUTCOME_REFUSED, "%s cannot work on this host", method);
}

/* The last line that says something, cleaned; ret_open: it has no end, as a prompt has none. */
static void
last_line(const struct become *b, struct buf *to, bool *ret_open)
{
	for (int i = 1; i >= 0 && to->len == 0; i--) {
		const char *text = buf_text(&b->said[i]);
		size_t len = b->said[i].len, from;

		*ret_open = len > 0 && text[len - 1] != '\n' && text[len - 1] != '\r';
		while (len > 0 && strchr("\r\n ", text[len - 1]))
			len--;
		for (from = len; from > 0 && text[from - 1] != '\n' && text[from - 1] != '\r';)
			from--;
		utf8_clean_line(to, text + from, len - from);
	}
}

static int
explain(const struct become *b, int64_t late_ms, struct err *err)
{
	autobuf line = BUF_INIT(200);
	const char *method = b->way.method;
	bool open = false;

	last_line(b, &line, &open);
	if (!b->here[0] && late_ms)
		return err_set(err, OUTCOME_FAILED, "host ran no helper in %.0f s (got: %s)",
		    (double)late_ms / 1000, line.len ? buf_text(&line) : "nothing");
	if (!b->here[0])
		return err_set(err, OUTCOME_FAILED, "host ran no helper (got: %s)",
		    line.len ? buf_text(&line) : "nothing");
	if (b->absent)
		return err_set(err, OUTCOME_REFUSED, "there is no %s on the host", method);
	if (late_ms && open && line.len)
		return err_set(err, OUTCOME_REFUSED,
		    "%s asks for something that drover has no answer to: %s", method,
		    buf_text(&line));
	if (late_ms)
		return err_set(err, OUTCOME_REFUSED, "%s did not answer for %.0f s%s%s", method,
		    (double)late_ms / 1000, line.len ? ": " : "", buf_text(&line));
	return err_set(err, OUTCOME_REFUSED, "%s ran nothing: %s", method,
	    line.len ? buf_text(&line) : "it said nothing");
}

/* Could it go on from there on a terminal? doas reads a password from nothing else. */
static bool
needs_terminal(const struct become *b, enum meaning m)
{
	if (b->way.terminal || b->sent)
		return false;
	return m == NO_TERMINAL ||
	       (m == NO_PASSWORD && b->way.ask && str_eq(b->way.method, "doas"));
}

bool
become_is_wrong(const struct become *b)
{
	int i = saying(b);

	return b->sent && (b->again || (i >= 0 && sayings[i].meaning == WRONG));
}

bool
become_lacks_password(const struct become *b)
{
	int i = saying(b);

	return !b->way.ask && i >= 0 && sayings[i].meaning == NO_PASSWORD;
}

bool
become_judge(const struct become *b, int64_t late_ms, struct err *err)
{
	int i = saying(b);

	if (b->again && b->sent) {
		if (b->more)
			err_set(err, OUTCOME_REFUSED,
			    "%s asks again: the password is wrong, or it is not all that is wanted",
			    b->way.method);
		else
			refuse(b, WRONG, err);
		return false;
	}
	if (i < 0) {
		explain(b, late_ms, err);
		return false;
	}
	refuse(b, sayings[i].meaning, err);
	return needs_terminal(b, sayings[i].meaning);
}
