#include "engine/probe.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/herd.h"

#include <stdlib.h>
#include <string.h>

void
probe_nonce(char nonce[PROBE_NONCE])
{
	unsigned char raw[(PROBE_NONCE - 1) / 2];

	digest_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(nonce + 2 * i, 3, "%02x", raw[i]);
}

char *
probe_program(const char *program, const char *nonce, const char *const *args)
{
	struct buf whole = BUF_INIT(SIZE_MAX);

	buf_adds(&whole, args && *args ? "set --" : "set -- ''; shift");
	for (; args && *args; args++) {
		buf_addc(&whole, ' ');
		str_shell_quote(&whole, *args);
	}
	buf_addf(&whole,
	    "\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C\n"
	    "export PATH LC_ALL\n"
	    "printf '\\n%%s begin %%s\\n' %s \"$(id -u)\"\n"
	    "(\n%s\n)\n"
	    "printf '\\n%%s end %%s\\n' %s $?\n",
	    nonce, program, nonce);
	return buf_detach(&whole, &(size_t){ 0 });
}

/* The number behind "\nNONCE WORD " in text, and where its line begins and ends. */
static const char *
find_mark(const char *text, size_t len, const char *mark, long *ret_number, const char **ret_end)
{
	size_t n = strlen(mark);
	const char *at = memmem(text, len, mark, n);
	char *end;

	if (!at)
		return NULL;
	*ret_number = strtol(at + n, &end, 10);
	if (end == at + n || end >= text + len || *end != '\n')
		return NULL;
	*ret_end = end + 1;
	return at;
}

static int
no_helper(const char *text, size_t len, struct err *err)
{
	autobuf got = BUF_INIT(160);
	size_t line;

	while (len > 0 && (*text == '\n' || *text == '\r' || *text == ' ')) {
		text++;
		len--;
	}
	line = len ? strcspn(text, "\n") : 0;
	utf8_clean_line(&got, text, line < len ? line : len);
	return err_set(err, OUTCOME_FAILED, "host ran no helper (got: %s)",
	    got.len ? buf_text(&got) : "nothing");
}

int
probe_parse(
    const char *text, size_t len, const char *nonce, struct probe_answer *ret, struct err *err)
{
	char mark[PROBE_NONCE + 16];
	const char *body, *end, *after;
	long uid, status;

	snprintf(mark, sizeof(mark), "\n%s begin ", nonce);
	if (len == 0 || !find_mark(text, len, mark, &uid, &body))
		return no_helper(text, len, err);
	snprintf(mark, sizeof(mark), "\n%s end ", nonce);
	/* The body's last line may be empty: its newline is the one before the mark. */
	end = find_mark(body - 1, (size_t)(text + len - body) + 1, mark, &status, &after);
	if (!end)
		return err_set(err, OUTCOME_FAILED, "the host's answer has no end");
	*ret = (struct probe_answer){ .body = body,
		.len = end < body ? 0 : (size_t)(end - body),
		.uid = uid,
		.status = (int)status };
	return 0;
}

struct probing {
	struct probe_spec spec;
	char nonce[PROBE_NONCE];
};

static int
judge(
    const struct probing *p, const struct collect *c, struct probe_answer *answer, struct err *err)
{
	if (c->err.kind == OUTCOME_UNKNOWN && c->ms >= p->spec.timeout_ms) {
		if (probe_parse(c->out, c->out_len, p->nonce, answer, err) == 0)
			return 0;
		return err_wrap(err, "no answer in %.0f s", (double)p->spec.timeout_ms / 1000);
	}
	if (c->err.kind != OUTCOME_OK) {
		*err = c->err;
		/* It was only looked at: nothing there is in doubt. */
		if (err->kind == OUTCOME_UNKNOWN)
			err->kind = OUTCOME_UNREACHABLE;
		return -1;
	}
	if (c->dropped > 0)
		return err_set(err, OUTCOME_FAILED, "the host's answer is longer than it may be");
	if (probe_parse(c->out, c->out_len, p->nonce, answer, err) < 0) {
		/* A shell that cannot read the program says so on its other stream. */
		if (c->out_len == 0 && c->errors_len > 0)
			no_helper(c->errors, c->errors_len, err);
		return -1;
	}
	return 0;
}

static void
on_collected(void *user, struct herd_host *hh, const struct collect *c)
{
	autofree struct probing *p = user;
	struct probe_answer answer = { .body = "" };
	struct err err = { .kind = OUTCOME_OK };

	judge(p, c, &answer, &err);
	p->spec.done(p->spec.user, hh, &answer, &err);
}

void
probe_start(struct herd_host *hh, const struct probe_spec *spec)
{
	struct probing *p = xcalloc(1, sizeof(*p));
	struct collect_spec collect = {
		.input = spec->input,
		.input_len = spec->input_len,
		.max = spec->max,
		.timeout_ms = spec->timeout_ms ? spec->timeout_ms : 30000,
		.read_only = true,
		.done = on_collected,
		.dropped = free,
		.user = p,
	};

	p->spec = *spec;
	p->spec.timeout_ms = collect.timeout_ms;
	probe_nonce(p->nonce);
	autofree char *program = probe_program(spec->program, p->nonce, spec->args);
	collect.program = program;
	herd_collect(hh, &collect);
}
