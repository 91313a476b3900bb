#include "engine/put.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/payload.h"
#include "engine/talk.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

extern const char host_merge_sh[], host_put_sh[];

#define TICK_MS     1000
#define STALL_MS    30000 /* for a host that takes no more */
#define ANSWER_MS   60000 /* besides what the length allows */
#define RATE        2000  /* bytes a millisecond that a host is trusted to digest or sync */
#define PROGRESS_MS 200
#define PIECE       (256U << 10)
#define MARK        123

enum state { CONNECTING, ASKING, COMPARING, STARTING, SENDING, HASHING, MARKING, SETTLING, OVER };

struct put {
	struct herd_job job;
	struct herd_host *hh;
	struct put_spec spec;
	enum state state;
	struct errand *errand;
	struct talk talk;
	struct buf errors;
	struct payload_reader *reader;
	struct loop_timer *timer;
	char text[MARK + 2]; /* in front of the content, then behind it */
	size_t text_len, text_sent;
	uint64_t part; /* that the host has */
	char old_digest[DIGEST_HEX], part_digest[DIGEST_HEX];
	int64_t due_ms, stuck_ms, sent_ms, told_ms; /* of the loop's clock; 0: not set */
	struct put_end end;
	bool answered;
};

static void pump(struct put *p);

static int64_t
now_ms(const struct put *p)
{
	return loop_now_ms(herd_loop(herd_host_herd(p->hh)));
}

static void
drop(struct herd_job *job)
{
	struct put *p = container_of(job, struct put, job);

	payload_forget(p->spec.payload, p);
	payload_leave(p->reader);
	loop_timer_free(p->timer);
	talk_fini(&p->talk);
	buf_fini(&p->errors);
	free(p);
}

static void
finish(struct put *p)
{
	struct herd_host *hh = p->hh;
	bool held = p->errand != NULL;
	struct put_end end = p->end;
	struct put_spec spec = p->spec;

	if (!p->reader)
		payload_absent(spec.payload);
	herd_remove_job(&p->job);
	drop(&p->job);
	spec.done(spec.user, hh, &end);
	if (held)
		herd_release(hh);
}

/* How long the host may take for something that grows with the length. */
static int64_t
patience(const struct put *p)
{
	uint64_t length = 0;

	if (!payload_length(p->spec.payload, &length))
		length = p->end.bytes;
	return ANSWER_MS + (int64_t)(length / RATE);
}

static void
enter(struct put *p, enum state state)
{
	p->state = state;
	p->stuck_ms = 0;
	p->due_ms = state == ASKING || state == SETTLING ? now_ms(p) + patience(p) : 0;
}

/* What the host said last stands; of several reasons the first. */
__attribute__((format(printf, 2, 3))) static void
give_up(struct put *p, const char *fmt, ...)
{
	char text[480];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->end.err.kind == OUTCOME_OK)
		err_set(&p->end.err, OUTCOME_FAILED, "%s", text);
	errand_cancel(p->errand);
}

/* Text waits while the link is full, as content does. */
static void
say(struct put *p, enum state state, const char *text)
{
	p->text_len = strlen(text);
	p->text_sent = 0;
	memcpy(p->text, text, p->text_len + 1);
	enter(p, state);
	pump(p);
}

static bool
text_is_sent(struct put *p)
{
	size_t left = p->text_len - p->text_sent;

	p->text_sent += left ? errand_write(p->errand, p->text + p->text_sent, left) : 0;
	if (p->text_sent < p->text_len)
		p->stuck_ms = p->stuck_ms ? p->stuck_ms : now_ms(p);
	return p->text_sent == p->text_len;
}

static void
begin_sending(struct put *p, uint64_t from)
{
	autobuf line = BUF_INIT(64);
	uint64_t length;

	p->part = from;
	if (from > 0)
		payload_seek(p->reader, from);
	p->sent_ms = now_ms(p);
	buf_addf(&line, "put %llu", (unsigned long long)from);
	/* And how much is to come, where that is known: a terminal has no end of input. */
	if (payload_length(p->spec.payload, &length))
		buf_addf(&line, " %llu", (unsigned long long)(length - from + MARK));
	buf_addc(&line, '\n');
	say(p, STARTING, buf_text(&line));
}

static void
on_part_digest(void *user, const char *hex, const struct err *err)
{
	struct put *p = user;

	if (p->state != COMPARING)
		return;
	if (!hex)
		give_up(p, "%s", err->text);
	else
		begin_sending(p, str_eq(hex, p->part_digest) ? p->part : 0);
}

/* The file there is not the same: go on with a part, or send all. */
static void
consider_part(struct put *p)
{
	uint64_t length;

	if (p->part > 0 && payload_length(p->spec.payload, &length) && p->part <= length)
		payload_digest(p->spec.payload, p->part, on_part_digest, p);
	else
		begin_sending(p, 0);
}

static void
on_whole_digest(void *user, const char *hex, const struct err *err)
{
	struct put *p = user;

	if (p->state != COMPARING)
		return;
	if (!hex) {
		give_up(p, "%s", err->text);
	} else if (str_eq(hex, p->old_digest)) {
		p->sent_ms = now_ms(p);
		say(p, MARKING, "same\n");
	} else {
		consider_part(p);
	}
}

/* "OLD DIGEST PART DIGEST" */
static void
on_have(struct put *p, const char *text)
{
	char old[24], digest[DIGEST_HEX], part_digest[DIGEST_HEX];
	unsigned long long part, length_there;
	uint64_t length;

	if (sscanf(text, "%23s %64s %llu %64s", old, digest, &part, part_digest) != 4) {
		give_up(p, "the host's answer cannot be read");
		return;
	}
	enter(p, COMPARING);
	p->part = part_digest[0] == '-' ? 0 : part;
	str_copy(p->part_digest, sizeof(p->part_digest), part_digest);
	str_copy(p->old_digest, sizeof(p->old_digest), digest);
	if (digest[0] != '-' && payload_length(p->spec.payload, &length) &&
	    sscanf(old, "%llu", &length_there) == 1 && length_there == length)
		payload_digest(p->spec.payload, length, on_whole_digest, p);
	else
		consider_part(p);
}

static void
on_line(struct put *p, const char *line)
{
	if (str_starts(line, "have ") && p->state == ASKING) {
		on_have(p, line + 5);
	} else if (str_starts(line, "failed ")) {
		if (p->end.err.kind == OUTCOME_OK)
			err_set(&p->end.err, OUTCOME_FAILED, "%s", line + 7);
		p->answered = true;
	} else if (str_starts(line, "done ") && p->state == SETTLING) {
		p->answered = true;
		p->end.err.kind = str_eq(line, "done same") ? OUTCOME_OK : OUTCOME_CHANGED;
	}
}

static void
on_data(void *user, enum stream s, const void *bytes, size_t n)
{
	struct put *p = user;
	const char *at = bytes, *line;

	if (s == STREAM_ERR) {
		buf_add(&p->errors, bytes, n);
		return;
	}
	while (n > 0) {
		size_t used = talk_feed(&p->talk, at, n, &line);

		if (line)
			on_line(p, line);
		at += used;
		n -= used;
	}
}

/* "NONCE end LENGTH DIGEST" in MARK bytes: content that was cut off never ends like this. */
static void
say_mark(struct put *p, const char *digest)
{
	char mark[MARK + 2];
	uint64_t length;

	if (!payload_length(p->spec.payload, &length))
		digest = payload_stream_digest(p->spec.payload, &length);
	snprintf(mark, sizeof(mark), "%s end %20llu %64s\n", p->talk.nonce,
	    (unsigned long long)length, digest && *digest ? digest : "-");
	say(p, MARKING, mark);
}

static void
on_digest(void *user, const char *hex, const struct err *err)
{
	struct put *p = user;

	if (p->state != HASHING)
		return;
	if (hex)
		say_mark(p, hex);
	else
		give_up(p, "%s", err->text);
}

/* The last byte of the content has been taken. */
static void
end_content(struct put *p)
{
	uint64_t length;

	if (p->spec.verify && payload_length(p->spec.payload, &length)) {
		enter(p, HASHING);
		payload_digest(p->spec.payload, length, on_digest, p);
	} else {
		say_mark(p, NULL);
	}
}

static void
tell_progress(struct put *p)
{
	if (!p->spec.progress || now_ms(p) - p->told_ms < PROGRESS_MS)
		return;
	p->told_ms = now_ms(p);
	p->spec.progress(p->spec.user, p->hh, p->part + p->end.bytes);
}

/* As much of the content as the channel takes. */
static void
send_content(struct put *p)
{
	while (p->state == SENDING) {
		const char *bytes;
		size_t room = errand_room(p->errand), took;
		struct err err;
		ssize_t n;

		if (room == 0) {
			p->stuck_ms = p->stuck_ms ? p->stuck_ms : now_ms(p);
			return;
		}
		n = payload_peek(p->reader, room < PIECE ? room : PIECE, &bytes, &err);
		if (n == PAYLOAD_WAIT)
			return;
		if (n <= 0) {
			n < 0 ? give_up(p, "%s", err.text) : end_content(p);
			return;
		}
		took = errand_write(p->errand, bytes, (size_t)n);
		payload_took(p->reader, took);
		p->end.bytes += took;
		tell_progress(p);
	}
}

static void
pump(struct put *p)
{
	if (p->state == STARTING && text_is_sent(p))
		enter(p, SENDING);
	if (p->state == SENDING)
		send_content(p);
	if (p->state == MARKING && text_is_sent(p)) {
		errand_write_end(p->errand);
		p->end.send_ms = now_ms(p) - p->sent_ms;
		p->sent_ms = now_ms(p);
		enter(p, SETTLING);
	}
}

static void
on_wake(void *user)
{
	pump(user);
}

static void
on_writable(void *user)
{
	struct put *p = user;

	p->stuck_ms = 0;
	pump(p);
}

/* What the host did, where it did not say so itself. */
static void
judge(struct put *p, const struct channel_end *e)
{
	struct err *err = &p->end.err;
	bool whole = p->state == SETTLING;

	if (p->answered || (err->kind != OUTCOME_OK && err->kind != OUTCOME_CHANGED))
		return;
	bool proved =
	    e->err && e->err->kind != OUTCOME_UNKNOWN && e->err->kind != OUTCOME_CANCELLED;
	if (!proved && (e->cancelled || e->signal[0])) {
		err_set(err, whole ? OUTCOME_UNKNOWN : OUTCOME_FAILED, "%s%s",
		    e->cancelled ? "cut" : "ended by a signal",
		    whole ? " before the host had answered" : "; the file there is as it was");
	} else if (e->err) {
		*err = *e->err;
		if (err->kind == OUTCOME_UNKNOWN && !whole) {
			err->kind = OUTCOME_FAILED;
			str_copy(err->text, sizeof(err->text), herd_reason(p->hh, e->err));
			err_wrap(err, "cut off after %llu bytes, the file there is as it was",
			    (unsigned long long)p->end.bytes);
		}
	} else {
		talk_silent(&p->talk, &p->errors, err);
		if (p->talk.heard && whole)
			err->kind = OUTCOME_UNKNOWN;
	}
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct put *p = user;

	judge(p, e);
	if (p->state == SETTLING)
		p->end.settle_ms = now_ms(p) - p->sent_ms;
	p->state = OVER;
	finish(p);
}

static void
on_tick(void *user)
{
	struct put *p = user;
	int64_t now = now_ms(p);

	loop_timer_start(p->timer, TICK_MS);
	if (p->stuck_ms && now - p->stuck_ms >= STALL_MS) {
		give_up(p, "the host took nothing for %d s; the file there is as it was",
		    STALL_MS / 1000);
	} else if (p->due_ms && now >= p->due_ms) {
		give_up(p, "no answer for %lld s", (long long)patience(p) / 1000);
		if (p->state == SETTLING)
			p->end.err.kind = OUTCOME_UNKNOWN;
	}
}

/* Ask the host what it has; what the program is told is told once. */
static void
ask(struct put *p, struct session *session)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};
	const struct put_spec *spec = &p->spec;
	char length[24] = "-", mode[12] = "", source[12], stamp[20] = "", flags[8], beside[64];
	char hex[DIGEST_HEX];
	uint64_t n;

	if (!spec->token && payload_length(spec->payload, &n))
		snprintf(length, sizeof(length), "%llu", (unsigned long long)n);
	if (spec->mode >= 0)
		snprintf(mode, sizeof(mode), "%o", (unsigned)spec->mode);
	snprintf(source, sizeof(source), "%o", spec->source_mode & 0777);
	if (spec->exact) {
		time_t at = (time_t)spec->mtime;
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(stamp, sizeof(stamp), "%Y%m%d%H%M.%S", &tm);
	}
	snprintf(flags, sizeof(flags), "-%s%s%s%s%s%s", length[0] == '-' ? "" : "c",
	    spec->into ? "i" : "", spec->make_dirs ? "k" : "", spec->resume ? "p" : "",
	    spec->verify ? "v" : "", spec->exact ? "x" : "");
	/* A part is found again by the name of the file; others never meet. */
	digest_hex(spec->path, strlen(spec->path), hex);
	snprintf(beside, sizeof(beside), ".drover-%.16s", spec->resume ? hex : p->talk.nonce);
	enter(p, ASKING);
	p->errand = talk_start(&p->talk,
	    &(struct talk_spec){ .hh = p->hh,
		.session = session,
		.become = spec->become,
		.program = spec->token ? host_merge_sh : host_put_sh,
		.args = (const char *const[]){ spec->path, length, mode, source,
		    spec->owner ? spec->owner : "", stamp, flags, beside, spec->token, NULL },
		.listener = &listener,
		.user = p });
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	struct put *p = user;

	if (!s) {
		p->end.err = *err;
		finish(p);
		return;
	}
	herd_hold(p->hh);
	p->reader = payload_join(p->spec.payload, on_wake, p);
	p->timer = loop_timer_new(herd_loop(herd_host_herd(p->hh)), on_tick, p);
	loop_timer_start(p->timer, TICK_MS);
	ask(p, s);
}

struct put *
put_start(struct herd_host *hh, const struct put_spec *spec)
{
	struct put *p = xcalloc(1, sizeof(*p));

	p->hh = hh;
	p->spec = *spec;
	talk_init(&p->talk);
	buf_init(&p->errors, TALK_NOISE);
	p->job.drop = drop;
	herd_add_job(herd_host_herd(hh), &p->job);
	herd_session(hh, on_ready, p);
	return p;
}

void
put_cut(struct put *p)
{
	if (p->state == CONNECTING) {
		herd_forget(p->hh, p);
		err_set(&p->end.err, OUTCOME_UNTRIED, "cut before it was reached");
		finish(p);
		return;
	}
	errand_cancel(p->errand);
}

char *
put_path(const char *typed, struct err *err)
{
	if (typed[0] == '/')
		return xstrdup(typed);
	if (typed[0] == '~' && (typed[1] == '/' || !typed[1]))
		typed += typed[1] ? 2 : 1;
	else if (typed[0] == '~') {
		err_set(err, OUTCOME_USAGE, "%s: only ~/ is known, not the home of another", typed);
		return NULL;
	}
	return xasprintf("./%s", typed);
}
