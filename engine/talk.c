#include "engine/talk.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/bootstrap.h"
#include "engine/errand.h"

#include <string.h>

#define LINE 8192 /* longer ones are no answers of ours */

void
talk_init(struct talk *t)
{
	*t = (struct talk){ .heard = false };
	probe_nonce(t->nonce);
	buf_init(&t->held, LINE);
	buf_init(&t->noise, TALK_NOISE);
}

void
talk_fini(struct talk *t)
{
	buf_fini(&t->held);
	buf_fini(&t->noise);
}

struct errand *
talk_start(struct talk *t, const struct talk_spec *spec)
{
	size_t n = 0;

	while (spec->args[n])
		n++;
	autofree const char **words = xcalloc(n + 2, sizeof(*words));
	words[0] = t->nonce;
	memcpy(words + 1, spec->args, n * sizeof(*words));
	autofree char *program = probe_program(spec->program, t->nonce, words);
	autofree char *line = bootstrap_line(program, NULL);
	return errand_start(spec->hh, spec->session,
	    &(struct errand_spec){ .who = spec->own      ? ERRAND_OWN
					  : spec->become ? ERRAND_BECOME
							 : ERRAND_LOGIN,
		.program = spec->own || spec->become ? program : line,
		.input_len = -1,
		.verbatim = true,
		.listener = spec->listener,
		.user = spec->user });
}

/* The text behind the nonce and a blank, or NULL: then it is noise. */
static const char *
behind_nonce(struct talk *t)
{
	const size_t n = PROBE_NONCE - 1;
	const char *line = buf_text(&t->held);

	if (t->held.dropped == 0 && t->held.len > n && memcmp(line, t->nonce, n) == 0 &&
	    line[n] == ' ') {
		t->heard = true;
		return line + n + 1;
	}
	if (!t->heard && t->held.len > 0) {
		buf_add(&t->noise, line, t->held.len);
		buf_addc(&t->noise, '\n');
	}
	return NULL;
}

size_t
talk_feed(struct talk *t, const void *p, size_t n, const char **ret_line)
{
	const char *at = p, *end = at + n;

	*ret_line = NULL;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t part = (size_t)((newline ? newline : end) - at);

		buf_add(&t->held, at, part);
		at += part;
		if (!newline)
			break;
		at++;
		*ret_line = behind_nonce(t);
		if (*ret_line) {
			/* Its bytes stand until something is added. */
			t->held.len = 0;
			return (size_t)(at - (const char *)p);
		}
		buf_clear(&t->held);
		t->held.dropped = 0;
	}
	return n;
}

int
talk_silent(const struct talk *t, const struct buf *errors, struct err *err)
{
	const struct buf *said = t->noise.len > 0 ? &t->noise : errors;
	const char *text = buf_text(said);
	autobuf clean = BUF_INIT(160);
	size_t line;

	if (t->heard)
		return err_set(err, OUTCOME_FAILED, "the host's answer has no end");
	if (said->len == 0 && t->held.len > 0) {
		said = &t->held;
		text = buf_text(said);
	}
	text += strspn(text, "\r\n ");
	line = strcspn(text, "\n");
	utf8_clean_line(&clean, text, line);
	return err_set(err, OUTCOME_FAILED, "host ran no helper (got: %s)",
	    clean.len ? buf_text(&clean) : "nothing");
}
