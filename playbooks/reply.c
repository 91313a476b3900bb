#include "playbooks/reply.h"

#include "base/digest.h"
#include "base/str.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEADER_MAX 256

extern const char host_say_sh[];

void
reply_nonce(char to[REPLY_NONCE])
{
	uint8_t raw[(REPLY_NONCE - 1) / 2];

	digest_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(to + 2 * i, 3, "%02x", raw[i]);
}

void
reply_init(struct reply *w, const char *nonce,
    void (*frame)(void *user, const char *kind, const char *payload, size_t len), void *user)
{
	*w = (struct reply){ .frame = frame, .user = user };
	str_copy(w->nonce, sizeof(w->nonce), nonce);
	buf_init(&w->line, HEADER_MAX);
	buf_init(&w->payload, REPLY_FRAME + 1);
}

void
reply_fini(struct reply *w)
{
	buf_fini(&w->line);
	buf_fini(&w->payload);
}

static void
broken(struct reply *w, const char *why)
{
	w->state = REPLY_BROKEN;
	str_copy(w->broken, sizeof(w->broken), why);
}

/* "NONCE KIND LENGTH": false when the line is something else. */
static bool
parse_header(struct reply *w, const char *line)
{
	size_t n = strlen(w->nonce), k;
	int64_t length;

	if (strncmp(line, w->nonce, n) != 0 || line[n] != ' ')
		return false;
	line += n + 1;
	k = strcspn(line, " ");
	if (k == 0 || k >= sizeof(w->kind) || line[k] != ' ')
		return false;
	if (!str_int(line + k + 1, 0, REPLY_FRAME, &length))
		return false;
	memcpy(w->kind, line, k);
	w->kind[k] = '\0';
	w->wanted = (size_t)length + 1;
	return true;
}

static void
take_line(struct reply *w)
{
	const char *line = buf_text(&w->line);
	bool whole = w->line.dropped == 0 && strlen(line) == w->line.len;
	bool header = whole && parse_header(w, line);

	if (w->state == REPLY_BEFORE) {
		if (header && strcmp(w->kind, "begin") == 0)
			w->state = REPLY_WITHIN;
		else if (w->line.len)
			str_copy(w->broken, sizeof(w->broken), line);
		if (w->state == REPLY_BEFORE)
			w->wanted = 0;
	} else if (!header) {
		broken(w, "something else wrote into the reply");
	}
	w->line.dropped = 0;
	buf_clear(&w->line);
}

static void
take_frame(struct reply *w)
{
	size_t len = w->wanted - 1;

	w->wanted = 0;
	if (w->payload.data[len] != '\n') {
		broken(w, "a frame of the reply does not end where it should");
		return;
	}
	w->payload.data[len] = '\0';
	if (strcmp(w->kind, "begin") == 0) {
		if (strcmp(w->payload.data, REPLY_VERSION) != 0)
			broken(w, "the reply is of another version");
	} else if (strcmp(w->kind, "end") == 0) {
		w->state = REPLY_AFTER;
	} else {
		w->frame(w->user, w->kind, w->payload.data, len);
	}
	buf_clear(&w->payload);
}

void
reply_feed(struct reply *w, const void *p, size_t n)
{
	const char *at = p;

	w->taken += n;
	if (w->taken > REPLY_MAX) {
		char why[64];

		snprintf(why, sizeof(why), "the reply is larger than %u MiB", REPLY_MAX >> 20);
		broken(w, why);
	}
	while (n > 0 && w->state != REPLY_AFTER && w->state != REPLY_BROKEN) {
		if (w->wanted) {
			size_t room = w->wanted - w->payload.len, m = n < room ? n : room;

			buf_add(&w->payload, at, m);
			at += m;
			n -= m;
			if (w->payload.len == w->wanted)
				take_frame(w);
			continue;
		}
		const char *nl = memchr(at, '\n', n);
		size_t m = nl ? (size_t)(nl - at) : n;

		buf_add(&w->line, at, m);
		if (nl) {
			take_line(w);
			m++;
		}
		at += m;
		n -= m;
	}
}

int
reply_verdict(const struct reply *w, struct err *err)
{
	switch (w->state) {
	case REPLY_BEFORE:
		return err_set(err, OUTCOME_FAILED, "the host ran no helper (it said: %s)",
		    *w->broken ? w->broken : "nothing");
	case REPLY_WITHIN:
		return err_set(err, OUTCOME_FAILED, "the reply ended before its end mark");
	case REPLY_BROKEN:
		return err_set(err, OUTCOME_FAILED, "%s", w->broken);
	case REPLY_AFTER:
		break;
	}
	return 0;
}

char *
reply_command(const char *program, const char *more, const char *const *args)
{
	autobuf text = BUF_INIT(128U << 10), whole = BUF_INIT(128U << 10);
	bool fits = buf_adds(&whole, host_say_sh) && buf_adds(&whole, program) &&
		    buf_adds(&whole, more ? more : "");

	buf_adds(&text,
	    "exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
	    "HOME=/root LC_ALL=C sh -c ");
	str_shell_quote(&text, buf_text(&whole));
	buf_adds(&text, " drover");
	for (; *args; args++) {
		assert(strspn(*args, "0123456789abcdefghijklmnopqrstuvwxyz-") == strlen(*args));
		fits = buf_addc(&text, ' ') && buf_adds(&text, *args) && fits;
	}
	assert(fits && text.dropped == 0);
	return buf_detach(&text, NULL);
}

bool
reply_is_line(const char *text)
{
	return !strpbrk(text, "\n\r");
}

/* sha256sum escapes backslashes; a blank at the end is lost by `read`. */
bool
reply_is_path(const char *path)
{
	size_t n = strlen(path);

	return *path == '/' && reply_is_line(path) && !strpbrk(path, "\\\t") &&
	       path[n - 1] != ' ' && path[n - 1] != '/' && !strstr(path, "/../") &&
	       !strstr(path, "/./") && !strstr(path, "//") && !str_ends(path, "/..") &&
	       !str_ends(path, "/.");
}
