#include "engine/facts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/clocks.h"
#include "engine/factbook.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "engine/run.h"
#include "inventory/inventory.h"

#include <string.h>

#define KEY_MAX 48

size_t
facts_parse(const char *text, size_t len,
    void (*each)(void *user, const char *key, const char *value), void *user)
{
	size_t count = 0;

	while (len > 0 && count < FACTS_MAX) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len;
		size_t key = 0;

		while (
		    key < line && ((text[key] >= 'a' && text[key] <= 'z') ||
				      (text[key] >= '0' && text[key] <= '9') || text[key] == '-'))
			key++;
		if (key > 0 && key <= KEY_MAX && key < line && text[key] == '=') {
			autofree char *name = xmemdup0(text, key);
			autobuf value = BUF_INIT(FACTS_VALUE_MAX);
			size_t n = line - key - 1;

			n = n > FACTS_VALUE_MAX ? FACTS_VALUE_MAX : n;
			utf8_clean_line(&value, text + key + 1, utf8_whole(text + key + 1, n));
			/* Cleaning may have grown it past the ceiling, inside a character. */
			value.data = xrealloc(value.data, value.len + 1, 1);
			value.data[utf8_whole(value.data, value.len)] = '\0';
			each(user, name, value.data);
			count++;
		}
		line += newline != NULL;
		text += line;
		len -= line;
	}
	return count;
}

struct asking {
	struct herd_host *hh;
	int64_t heard_ms; /* when the answer came, by the wall clock here */
	struct run *run;
	void (*done)(void *user, struct herd_host *hh, const struct err *err);
	void *user;
};

static void
on_fact(void *user, const char *key, const char *value)
{
	const struct asking *a = user;
	autoevent e = { .count = 0 };
	char offset[24];
	int64_t ms;

	/* What its clock said is old at once; how far it is from ours is not. */
	if (str_eq(key, "clock")) {
		if (!clocks_offset(value, a->heard_ms, herd_rtt_ms(a->hh), &ms))
			return;
		snprintf(offset, sizeof(offset), "%lld", (long long)ms);
		key = CLOCKS_FACT;
		value = offset;
	}
	if (factbook_is_given(key))
		return;
	herd_set_fact(a->hh, key, value);
	if (!a->run)
		return;
	event_init(&e, EVENT_FACT);
	event_set_text(&e, FIELD_HOST, herd_host_of(a->hh)->name);
	event_set_text(&e, FIELD_NAME, key);
	event_set_text(&e, FIELD_VALUE, value);
	run_emit(a->run, &e);
}

static void
on_answer(
    void *user, struct herd_host *hh, const struct probe_answer *answer, const struct err *err)
{
	autofree struct asking *a = user;
	struct err verdict = *err;

	if (err->kind == OUTCOME_OK) {
		a->heard_ms = clock_wall_ms();
		herd_begin_facts(hh);
		if (facts_parse(answer->body, answer->len, on_fact, a) == 0)
			err_set(&verdict, OUTCOME_FAILED, "the host told no facts");
	}
	a->done(a->user, hh, &verdict);
}

char *
facts_program(void)
{
	return xasprintf("%s%s", host_tell_sh, host_facts_sh);
}

void
facts_ask(struct herd_host *hh, struct run *run,
    void (*done)(void *user, struct herd_host *hh, const struct err *err), void *user)
{
	autofree char *program = facts_program();
	struct asking *a = xcalloc(1, sizeof(*a));
	struct probe_spec spec = { .program = program, .done = on_answer, .user = a };

	*a = (struct asking){ .hh = hh, .run = run, .done = done, .user = user };
	probe_start(hh, &spec);
}
