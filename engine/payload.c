#include "engine/payload.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define SCRATCH (256U << 10)
#define RING    (4U << 20)
#define HASH    (1U << 20)

struct payload_reader {
	struct payload *payload;
	struct payload_reader *next, **link;
	void (*wake)(void *user);
	void *user;
	uint64_t at;
	bool waits;
};

/* Who waits for the digest of so many bytes. */
struct asker {
	struct asker *next;
	uint64_t length;
	void (*done)(void *user, const char *hex, const struct err *err);
	void *user;
};

struct known {
	uint64_t length;
	char hex[DIGEST_HEX];
};

struct payload {
	struct loop *loop;
	struct payload_maker maker;
	int fd;
	uint64_t from, length; /* of a file: where it begins */
	struct payload_reader *readers;
	char *scratch;
	/* Digests of files. */
	struct work *work;
	struct asker *askers;
	struct known known[2]; /* the whole, and the part that was asked for last */
	/* A stream. */
	struct loop_io *io;
	size_t awaited;
	struct digest *digest;
	char hex[DIGEST_HEX];
	bool stream, polled, ended, soon, freed;
	struct err broken;
};

static void read_more(struct payload *p);

static struct payload *
make(struct loop *loop, int fd, uint64_t length)
{
	struct payload *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->fd = fd;
	p->length = length;
	return p;
}

static ssize_t
read_file(void *user, uint64_t at, void *to, size_t n, struct err *err)
{
	struct payload *p = user;
	ssize_t got;

	do
		got = pread(p->fd, to, n, (off_t)(p->from + at));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, "the source cannot be read");
	if (got == 0)
		return err_set(err, OUTCOME_FAILED, "the source became shorter meanwhile");
	return got;
}

struct payload *
payload_file(struct loop *loop, int fd, uint64_t length)
{
	struct payload *p = make(loop, fd, length);
	off_t from = lseek(fd, 0, SEEK_CUR);

	p->from = from > 0 ? (uint64_t)from : 0;
	p->maker = (struct payload_maker){ read_file, p };
	p->scratch = xcalloc(1, SCRATCH);
	return p;
}

struct payload *
payload_made(struct loop *loop, const struct payload_maker *maker, uint64_t length)
{
	struct payload *p = make(loop, -1, length);

	p->maker = *maker;
	p->scratch = xcalloc(1, SCRATCH);
	return p;
}

static void
on_readable(void *user, unsigned events)
{
	(void)events;
	read_more(user);
}

struct payload *
payload_stream(struct loop *loop, int fd, size_t readers, bool digest)
{
	struct payload *p = make(loop, fd, 0);
	struct stat st;

	p->stream = true;
	p->awaited = readers;
	p->scratch = xcalloc(1, RING);
	p->digest = digest ? digest_new() : NULL;
	/* /dev/null and its like are always ready, and no loop takes them. */
	p->polled = fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || isatty(fd);
	if (p->polled)
		p->io = loop_io_new(loop, fd, on_readable, p);
	return p;
}

void
payload_free(struct payload *p)
{
	if (!p)
		return;
	if (p->soon) {
		p->freed = true;
		return; /* comes back */
	}
	if (p->io)
		loop_io_free(p->io);
	if (p->work)
		work_free(p->work);
	while (p->askers)
		payload_forget(p, p->askers->user);
	if (p->digest)
		digest_end(p->digest, p->hex);
	free(p->scratch);
	free(p);
}

bool
payload_length(const struct payload *p, uint64_t *ret)
{
	if (p->stream)
		return false;
	*ret = p->length;
	return true;
}

struct payload_reader *
payload_join(struct payload *p, void (*wake)(void *user), void *user)
{
	struct payload_reader *r = xcalloc(1, sizeof(*r));

	r->payload = p;
	r->wake = wake;
	r->user = user;
	r->next = p->readers;
	r->link = &p->readers;
	if (r->next)
		r->next->link = &r->next;
	p->readers = r;
	payload_absent(p);
	return r;
}

void
payload_leave(struct payload_reader *r)
{
	struct payload *p;

	if (!r)
		return;
	p = r->payload;
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	free(r);
	if (p->stream)
		read_more(p);
}

void
payload_absent(struct payload *p)
{
	if (!p->stream || p->awaited == 0)
		return;
	if (--p->awaited == 0)
		read_more(p);
}

void
payload_seek(struct payload_reader *r, uint64_t at)
{
	r->at = at;
}

/* Room in the ring behind what the slowest reader has taken. */
static size_t
ring_room(const struct payload *p)
{
	uint64_t slowest = p->length;

	for (const struct payload_reader *r = p->readers; r; r = r->next)
		slowest = r->at < slowest ? r->at : slowest;
	return RING - (size_t)(p->length - slowest);
}

static void
wake_all(struct payload *p)
{
	struct payload_reader *r = p->readers;

	/* A reader that is woken may leave. */
	while (r) {
		struct payload_reader *next = r->next;
		bool waits = r->waits;

		r->waits = false;
		if (waits)
			r->wake(r->user);
		r = next;
	}
}

/* One read; false when there is nothing now. */
static bool
read_once(struct payload *p, size_t room)
{
	size_t at = (size_t)(p->length % RING), n = RING - at;
	ssize_t got;

	n = n < room ? n : room;
	got = read(p->fd, p->scratch + at, n);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got < 0)
		err_errno(&p->broken, "standard input");
	if (got <= 0) {
		p->ended = true;
		if (p->digest)
			digest_end(take(p->digest), p->hex);
		return true;
	}
	if (p->digest)
		digest_add(p->digest, p->scratch + at, (size_t)got);
	p->length += (size_t)got;
	return true;
}

static void
on_soon(void *user)
{
	struct payload *p = user;

	p->soon = false;
	if (p->freed)
		payload_free(p);
	else
		read_more(p);
}

static void
read_more(struct payload *p)
{
	size_t room = p->ended || p->awaited > 0 || !p->readers ? 0 : ring_room(p);
	bool more = room > 0 && read_once(p, room);

	room = p->ended || p->awaited > 0 || !p->readers ? 0 : ring_room(p);
	if (p->polled)
		loop_io_want(p->io, room > 0 ? LOOP_READ : 0);
	else if (more && room > 0 && !p->soon) {
		p->soon = true;
		loop_soon(p->loop, on_soon, p);
	}
	if (more)
		wake_all(p);
}

static ssize_t
peek_stream(struct payload_reader *r, size_t n, const char **ret, struct err *err)
{
	struct payload *p = r->payload;
	size_t at = (size_t)(r->at % RING), have = (size_t)(p->length - r->at);

	if (have == 0 && p->broken.kind != OUTCOME_OK) {
		*err = p->broken;
		return -1;
	}
	if (have == 0 && p->ended)
		return 0;
	if (have == 0) {
		r->waits = true;
		return PAYLOAD_WAIT;
	}
	*ret = p->scratch + at;
	have = have < RING - at ? have : RING - at;
	return (ssize_t)(have < n ? have : n);
}

ssize_t
payload_peek(struct payload_reader *r, size_t n, const char **ret, struct err *err)
{
	struct payload *p = r->payload;

	if (p->stream)
		return peek_stream(r, n, ret, err);
	if (r->at >= p->length)
		return 0;
	if (n > p->length - r->at)
		n = (size_t)(p->length - r->at);
	*ret = p->scratch;
	return p->maker.read_at(p->maker.user, r->at, p->scratch, n < SCRATCH ? n : SCRATCH, err);
}

void
payload_took(struct payload_reader *r, size_t n)
{
	struct payload *p = r->payload;
	bool full = p->stream && !p->ended && ring_room(p) < RING / 4;

	r->at += n;
	if (full && ring_room(p) >= RING / 4) {
		if (p->polled)
			loop_io_want(p->io, LOOP_READ);
		else if (!p->soon) {
			p->soon = true;
			loop_soon(p->loop, on_soon, p);
		}
	}
}

const char *
payload_stream_digest(const struct payload *p, uint64_t *ret_length)
{
	*ret_length = p->length;
	return p->hex;
}

/* A digest being worked out on the thread. */
struct hashing {
	int fd;
	uint64_t from, length;
	char hex[DIGEST_HEX];
	struct err err;
};

static void
hash(void *data)
{
	struct hashing *h = data;
	struct digest *d = digest_new();
	autofree char *piece = xcalloc(1, HASH);
	uint64_t at = 0;

	while (at < h->length && h->err.kind == OUTCOME_OK) {
		size_t n = h->length - at < HASH ? (size_t)(h->length - at) : HASH;
		ssize_t got = pread(h->fd, piece, n, (off_t)(h->from + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err_errno(&h->err, "the source cannot be read");
		else if (got == 0)
			err_set(&h->err, OUTCOME_FAILED, "the source became shorter meanwhile");
		else
			digest_add(d, piece, (size_t)got);
		at += got > 0 ? (uint64_t)got : 0;
	}
	digest_end(d, h->hex);
}

static void
drop_hashing(void *data)
{
	struct hashing *h = data;

	close(h->fd);
	free(h);
}

static void
on_hashed(void *data, void *user)
{
	struct hashing *h = data;
	struct payload *p = user;
	struct asker **at = &p->askers, *told = NULL, **tail = &told;
	bool good = h->err.kind == OUTCOME_OK;

	if (good) {
		struct known *k = &p->known[h->length == p->length ? 0 : 1];

		k->length = h->length;
		str_copy(k->hex, sizeof(k->hex), h->hex);
	}
	while (*at) {
		struct asker *a = *at;

		if (a->length != h->length) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		a->next = NULL;
		*tail = a;
		tail = &a->next;
	}
	while (told) {
		struct asker *a = told;

		told = a->next;
		a->done(a->user, good ? h->hex : NULL, &h->err);
		free(a);
	}
	drop_hashing(h);
}

static void
begin_hashing(struct payload *p, uint64_t length)
{
	struct hashing *h = xcalloc(1, sizeof(*h));
	struct work_job job = {
		.run = hash, .done = on_hashed, .drop = drop_hashing, .data = h, .user = p
	};
	struct err err;

	if (!p->work)
		p->work = work_new(p->loop, 1, &err);
	if (!p->work)
		mem_abort(err.text);
	h->fd = dup(p->fd);
	h->from = p->from;
	h->length = length;
	work_add(p->work, &job);
}

void
payload_digest(struct payload *p, uint64_t length,
    void (*done)(void *user, const char *hex, const struct err *err), void *user)
{
	struct asker *a;
	bool asked = false;

	for (size_t i = 0; i < countof(p->known); i++) {
		if (p->known[i].hex[0] && p->known[i].length == length) {
			done(user, p->known[i].hex, NULL);
			return;
		}
	}
	for (a = p->askers; a; a = a->next)
		asked |= a->length == length;
	a = xcalloc(1, sizeof(*a));
	*a = (struct asker){ p->askers, length, done, user };
	p->askers = a;
	if (!asked)
		begin_hashing(p, length);
}

void
payload_forget(struct payload *p, const void *user)
{
	struct asker **at = &p->askers;

	while (*at) {
		struct asker *a = *at;

		if (a->user != user) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		free(a);
	}
}
