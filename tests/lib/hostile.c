#include "tests/lib/hostile.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GOOD 4 /* hosts beside, of which nothing may be noticed */

/* What is to be said of a probe in the end. */
static enum outcome
told(const struct probe *p, char *to, size_t size)
{
	const char *text = NULL;

	if (p->ended && p->end.err)
		text = p->end.err->text;
	else if (p->down)
		text = p->err.text;
	if (text) {
		snprintf(to, size, "%s", str_starts(text, "rogue: ") ? text + 7 : text);
		return p->ended ? p->end.err->kind : p->err.kind;
	}
	if (p->end.have_status)
		snprintf(to, size, "exit %d", p->end.status);
	else
		snprintf(to, size, "signal %s", p->end.signal);
	return OUTCOME_FAILED;
}

static void
judge(const struct hostile *h, const struct probe *p)
{
	char text[700];
	enum outcome kind = told(p, text, sizeof(text));

	for (const char *c = text; *c; c++)
		assert_in_range(*c, ' ', '~');
	if (kind != h->kind || !str_starts(text, h->words))
		fail_msg("%s: '%s: %s', not '%s: %s...'", h->name, outcome_name(kind), text,
		    outcome_name(h->kind), h->words);
}

static void
wait_for_end(struct fixture *f, struct probe *p)
{
	while (p->up && !p->channel && !p->ended && !p->down)
		loop_pass(f->loop, 10);
	probe_wait(f, &p->ended, &p->down);
}

/* A command has its time once it is asked for. */
static void
limit_commands(struct probe **p, bool *limited, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!limited[i] && p[i]->channel) {
			limited[i] = true;
			channel_limits(p[i]->channel, 0, 0, 18000);
		}
	}
}

/* All at once, on one worker, with good hosts beside. */
void
hostile_meet(struct fixture *f, const struct hostile *list, size_t n)
{
	struct probe *p[32], *good[GOOD];
	bool limited[32] = { false }, over = false;
	struct rogue *r[32];
	const char *keys[] = { rogue_host_key(), NULL };
	struct target t = f->target;

	struct probe *warm = probe_run(f, "head -c 3000000 /dev/zero", NULL, 0);
	long before = probe_memory(session_worker(warm->session), "VmHWM");
	t.name = "rogue";
	t.host_keys = keys;
	for (size_t i = 0; i < n; i++) {
		r[i] = rogue_start(list[i].serve);
		t.port = rogue_port(r[i]);
		p[i] = probe_open(f, &t, "true");
	}
	for (size_t i = 0; i < GOOD; i++)
		good[i] = probe_open(f, NULL, "sleep 1; echo here; exit 6");
	while (!over) {
		loop_pass(f->loop, 20);
		limit_commands(p, limited, n);
		over = true;
		for (size_t i = 0; i < n; i++)
			over &= p[i]->down || p[i]->ended;
	}
	for (size_t i = 0; i < GOOD; i++) {
		wait_for_end(f, good[i]);
		assert_true(good[i]->ended);
		assert_int_equal(good[i]->end.status, 6);
		assert_string_equal(buf_text(&good[i]->out), "here\n");
		probe_close(good[i]);
	}
	assert_false(warm->down);
	long after = probe_memory(session_worker(warm->session), "VmHWM");
#ifndef DROVER_LOOSE
	assert_in_range(after - before, 0, 16384);
#else
	(void)before;
	(void)after;
#endif
	for (size_t i = 0; i < n; i++) {
		judge(&list[i], p[i]);
		probe_close(p[i]);
		rogue_stop(r[i]);
	}
	probe_close(warm);
}

struct fixture *
hostile_set_up(void)
{
	struct remote_config c = { .kex_timeout_ms = 6000, .auth_timeout_ms = 6000 };

	return probe_set_up(sshd_start(NULL), &c);
}

void
hostile_tear_down(struct fixture *f)
{
	struct sshd *sshd = f->sshd;

	probe_tear_down(f);
	sshd_stop(sshd);
}
