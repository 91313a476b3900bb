#include "playbooks/apply_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

extern const char host_image_sh[];

#define PIECE    65536
#define LIMIT_MS 3600000

/* Images on their way to one host: the list first, then the archives one behind another. */
struct apply_images {
	struct apply_host *h;
	struct reply reply;
	const struct plan_step **step;
	size_t count, archive; /* all; the one whose bytes are being sent */
	size_t loaded;
	int fd;
	uint64_t left; /* of that archive */
	char piece[PIECE];
	size_t piece_len, piece_sent;
	struct err err;
};

static bool
is_sent(const struct plan_step *s)
{
	return s->resource->kind == RESOURCE_IMAGE && s->class != PLAN_SAME && !s->resource->absent;
}

bool
apply_fetches(const struct apply_host *h)
{
	for (size_t i = 0; h->plan && i < h->plan->count; i++) {
		if (is_sent(&h->plan->steps[i]))
			return true;
	}
	return false;
}

void
apply_images_free(struct apply_images *i)
{
	if (!i)
		return;
	if (i->fd >= 0)
		close(i->fd);
	reply_fini(&i->reply);
	free(i->step);
	free(i);
}

static void
tell_step(struct apply_host *h, const struct resource *r, const char *failure)
{
	autoevent e = { .count = 0 };

	apply_event(h, &e, EVENT_STEP_END);
	event_set_text(&e, FIELD_STEP, r->id);
	event_set_text(&e, FIELD_NAME, r->title);
	event_set_text(&e, FIELD_STATE, outcome_name(failure ? OUTCOME_FAILED : OUTCOME_CHANGED));
	event_set_text(&e, FIELD_TEXT, failure);
	apply_emit(h, &e);
}

/* "NAME ok" or "NAME failed TEXT". */
static void
take_answer(struct apply_images *i, const char *text)
{
	for (size_t k = 0; k < i->count; k++) {
		const struct resource *r = i->step[k]->resource;
		size_t n = strlen(r->image);

		if (strncmp(text, r->image, n) != 0 || text[n] != ' ')
			continue;
		text += n + 1;
		if (strcmp(text, "ok") == 0) {
			i->loaded++;
			tell_step(i->h, r, NULL);
		} else {
			const char *why = str_starts(text, "failed ") ? text + 7 : text;

			err_set(&i->err, OUTCOME_FAILED, "image %s: %s", r->image, why);
			tell_step(i->h, r, why);
		}
		return;
	}
}

static void
on_frame(void *user, const char *kind, const char *payload, size_t len)
{
	struct apply_images *i = user;

	(void)len;
	if (strcmp(kind, "image") == 0)
		take_answer(i, payload);
	else if (strcmp(kind, "refused") == 0 || strcmp(kind, "short") == 0)
		err_set(&i->err, OUTCOME_FAILED, "%s", payload);
}

static void
fetch_data(struct apply_host *h, const void *p, size_t n)
{
	reply_feed(&h->images->reply, p, n);
}

/* Open the next archive to send; 0 at the end of the list, -1 with i->err. */
static int
next_archive(struct apply_images *i)
{
	struct stat st;

	while (i->archive < i->count && !i->step[i->archive]->resource->archive)
		i->archive++;
	if (i->archive == i->count)
		return 0;
	const struct resource *r = i->step[i->archive++]->resource;
	i->fd = open(r->archive, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (i->fd < 0 || fstat(i->fd, &st) < 0)
		return err_errno(&i->err, "%s", r->archive);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != r->archive_size)
		return err_set(&i->err, OUTCOME_FAILED, "%s changed since it was read", r->archive);
	i->left = r->archive_size;
	return 1;
}

/* 1: a piece is there; 0: everything was read; -1: i->err. */
static int
next_piece(struct apply_images *i)
{
	ssize_t got;

	while (i->fd < 0 || i->left == 0) {
		int rc;

		if (i->fd >= 0)
			close(i->fd);
		i->fd = -1;
		rc = next_archive(i);
		if (rc <= 0)
			return rc;
	}
	do
		got = read(i->fd, i->piece, i->left < PIECE ? i->left : PIECE);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(&i->err, OUTCOME_FAILED, "an archive ended early");
	i->left -= (uint64_t)got;
	i->piece_len = (size_t)got;
	i->piece_sent = 0;
	return 1;
}

static void
fetch_send(struct apply_host *h)
{
	struct apply_images *i = h->images;

	for (;;) {
		const char *from = i->piece + i->piece_sent;
		size_t n = i->piece_len - i->piece_sent, took;
		int rc;

		if (h->sent < h->input.len) {
			from = h->input.data + h->sent;
			n = h->input.len - h->sent;
		}
		took = n > 0 ? errand_write(h->errand, from, n) : 0;
		if (h->sent < h->input.len)
			h->sent += took;
		else
			i->piece_sent += took;
		if (took < n)
			return;
		rc = next_piece(i);
		if (rc < 0) {
			errand_cancel(h->errand);
			return;
		}
		if (rc == 0)
			break;
	}
	h->whole = true;
	errand_write_end(h->errand);
}

static void
fetch_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct apply_images *i = h->images;
	struct err why = i->err;

	if (why.kind == OUTCOME_OK && err) {
		why = *err;
		/* An image that came half way is not there: nothing has changed. */
		if (why.kind == OUTCOME_UNKNOWN)
			why.kind = OUTCOME_UNREACHABLE;
	} else if (why.kind == OUTCOME_OK && e->cancelled) {
		err_set(&why, OUTCOME_UNTRIED, "cut while its images were sent");
	} else if (why.kind == OUTCOME_OK && i->loaded < i->count) {
		err_set(&why, OUTCOME_FAILED, "the host did not say that its images arrived%s%s",
		    *i->reply.broken ? ": " : "", i->reply.broken);
	}
	h->images = NULL;
	apply_images_free(i);
	buf_fini(&h->input);
	if (why.kind != OUTCOME_OK)
		apply_host_end(h, why.kind, &why, 0);
	apply_rest(h);
}

static bool
is_image_name(const char *s)
{
	static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ./:@_-";

	return s && *s && *s != '-' && strspn(s, alphabet) == strlen(s);
}

/* The list of what comes, and how long it is in all. */
static int
list_images(struct apply_images *i, struct buf *to, struct err *err)
{
	uint64_t total = 0;

	for (size_t k = 0; k < i->count; k++)
		total += i->step[k]->resource->archive ? i->step[k]->resource->archive_size : 0;
	buf_addf(to, "drover-image 1 %zu %llu\n", i->count, (unsigned long long)total);
	for (size_t k = 0; k < i->count; k++) {
		const struct resource *r = i->step[k]->resource;

		if (!is_image_name(r->image))
			return err_set(err, OUTCOME_INPUT, "%s: not an image name", r->image);
		if (r->retag)
			buf_addf(to, "tag %s %s\n", r->image, r->image_id);
		else if (r->archive)
			buf_addf(to, "load %s %s %llu\n", r->image, r->image_id,
			    (unsigned long long)r->archive_size);
		else
			buf_addf(to, "pull %s\n", r->image);
	}
	return 0;
}

void
apply_fetch(struct apply_host *h)
{
	static const struct apply_exec fetching = { fetch_data, fetch_send, fetch_end, LIMIT_MS,
		NULL };
	const char *run = run_uuid(h->ground->run);
	struct apply_images *i = xcalloc(1, sizeof(*i));
	struct err err = { .kind = OUTCOME_OK };

	i->h = h;
	i->fd = -1;
	i->step = xcalloc(h->plan->count, sizeof(*i->step));
	for (size_t k = 0; k < h->plan->count; k++) {
		autoevent e = { .count = 0 };

		if (!is_sent(&h->plan->steps[k]))
			continue;
		i->step[i->count++] = &h->plan->steps[k];
		apply_event(h, &e, EVENT_STEP_START);
		event_set_text(&e, FIELD_STEP, h->plan->steps[k].resource->id);
		event_set_text(&e, FIELD_NAME, h->plan->steps[k].resource->title);
		apply_emit(h, &e);
	}
	h->images = i;
	reply_nonce(h->nonce);
	reply_init(&i->reply, h->nonce, on_frame, i);
	buf_fini(&h->input);
	buf_init(&h->input, OBSERVE_REQUEST_MAX);
	if (list_images(i, &h->input, &err) < 0) {
		h->images = NULL;
		apply_images_free(i);
		apply_host_end(h, err.kind, &err, 0);
		apply_rest(h);
		return;
	}
	apply_exec_start(h, &fetching,
	    reply_command(host_image_sh, NULL, (const char *const[]){ h->nonce, run, NULL }));
}
