#include "engine/watch.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/herd.h"

#include <string.h>

#define ANSWER_MAX (1U << 20)
#define LIFE_S     900
#define TIMED_OUT  124 /* the status of timeout(1) */

struct watch {
	struct herd_job job; /* the herd frees it when it ends first */
	struct herd_guest guest;
	struct watch_spec spec;
	struct errand *errand;
	struct buf heard, noise;
	char nonce[PROBE_NONCE];
	char question[PROBE_NONCE + 16];
	size_t left; /* of the question, still to be written */
	bool starting, ended, freed, answered;
	struct err why;
};

static void
drop(struct herd_job *job)
{
	struct watch *w = container_of(job, struct watch, job);

	buf_fini(&w->heard);
	buf_fini(&w->noise);
	free(w);
}

static void
finish(struct watch *w)
{
	herd_remove_job(&w->job);
	drop(&w->job);
}

/* Tell its owner, unless it gave it up, or is still inside watch_start(). */
static void
over(struct watch *w, const struct err *err)
{
	w->errand = NULL;
	w->ended = true;
	w->why = *err;
	if (!w->freed)
		w->spec.end(w->spec.user, &w->why);
	if (!w->starting)
		finish(w);
}

static void
send_question(struct watch *w)
{
	size_t len = strlen(w->question);

	if (w->errand && w->left)
		w->left -= errand_write(w->errand, w->question + (len - w->left), w->left);
}

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct watch *w = user;
	struct probe_answer answer;
	char mark[PROBE_NONCE + 8];
	struct err err;

	if (s == STREAM_ERR || w->freed) {
		buf_add(&w->noise, p, n);
		return;
	}
	size_t from = w->heard.len > sizeof(mark) ? w->heard.len - sizeof(mark) : 0;
	buf_add(&w->heard, p, n);
	snprintf(mark, sizeof(mark), "%s end ", w->nonce);
	const char *at = memmem(w->heard.data + from, w->heard.len - from, mark, strlen(mark));
	if (!at || !memchr(at, '\n', (size_t)(w->heard.data + w->heard.len - at)))
		return;
	if (probe_parse(w->heard.data, w->heard.len, w->nonce, &answer, &err) < 0)
		answer = (struct probe_answer){ .body = "", .status = -1 };
	w->answered = true;
	/* Its owner may give the watch up in there. */
	struct buf heard = w->heard;
	buf_init(&w->heard, ANSWER_MAX);
	w->spec.answer(w->spec.user, &answer);
	buf_fini(&heard);
}

static void
on_writable(void *user)
{
	send_question(user);
}

/* It ends by itself only when it could not be run, or was killed. */
static void
on_end(void *user, const struct channel_end *e)
{
	struct watch *w = user;
	struct probe_answer none;
	struct err err = { .kind = OUTCOME_OK };

	if (w->answered && e->have_status && e->status == TIMED_OUT) {
		herd_guest_go(w->spec.host, &w->guest);
		over(w, &err);
		return;
	}
	if (e->err)
		err = *e->err;
	else if (w->heard.len || !w->noise.len)
		probe_parse(buf_text(&w->heard), w->heard.len, w->nonce, &none, &err);
	else
		probe_parse(buf_text(&w->noise), w->noise.len, w->nonce, &none, &err);
	/* It was only looked at: nothing there is in doubt. */
	if (err.kind == OUTCOME_UNKNOWN)
		err.kind = OUTCOME_UNREACHABLE;
	if (err.kind == OUTCOME_OK)
		err_set(&err, OUTCOME_FAILED, "what looks at the host ended there");
	herd_guest_go(w->spec.host, &w->guest);
	over(w, &err);
}

/* The session closes behind this: no end comes for the errand. */
static void
on_leave(void *user)
{
	struct watch *w = user;
	static const struct err none = { .kind = OUTCOME_OK };

	errand_drop(w->errand);
	over(w, &none);
}

/* Where its link is lost and the host does not notice, it goes by itself; else it is begun anew then. */
static char *
watch_program(void)
{
	struct buf b = BUF_INIT(SIZE_MAX);
	autofree char *loop =
	    xasprintf("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C\n"
		      "export PATH LC_ALL\nstatus() (\n%s\n)\n%s",
		host_status_sh, host_watch_sh);
	buf_adds(&b, "watch=");
	str_shell_quote(&b, loop);
	buf_addf(&b,
	    "\ncommand -v timeout >/dev/null && exec timeout %d sh -c \"$watch\" drover\n"
	    "eval \"$watch\"\n",
	    LIFE_S);
	return buf_detach(&b, &(size_t){ 0 });
}

static void
on_session(void *user, struct session *s, const struct err *err)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};
	struct watch *w = user;

	if (!s) {
		over(w, err);
		return;
	}
	autofree char *program = watch_program();
	w->guest = (struct herd_guest){ .leave = on_leave, .user = w };
	herd_guest_come(w->spec.host, &w->guest);
	w->errand = errand_start(w->spec.host, s,
	    &(struct errand_spec){ .who = ERRAND_OWN,
		.program = program,
		.input_len = -1,
		.stall_ms = -1,
		.quiet = true,
		.listener = &listener,
		.user = w });
	send_question(w);
}

struct watch *
watch_start(const struct watch_spec *spec)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->spec = *spec;
	buf_init(&w->heard, ANSWER_MAX);
	buf_init(&w->noise, 256);
	w->job.drop = drop;
	w->starting = true;
	herd_add_job(herd_host_herd(spec->host), &w->job);
	herd_session(spec->host, on_session, w);
	w->starting = false;
	if (w->ended) {
		finish(w);
		return NULL;
	}
	return w;
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	w->freed = true;
	if (w->errand) {
		errand_cancel(w->errand);
		return;
	}
	herd_forget(w->spec.host, w);
	finish(w);
}

void
watch_ask(struct watch *w, bool full)
{
	probe_nonce(w->nonce);
	snprintf(w->question, sizeof(w->question), "%s %s\n", full ? "full" : "short", w->nonce);
	w->left = strlen(w->question);
	buf_clear(&w->heard);
	send_question(w);
}
