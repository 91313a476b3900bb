#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/work.h"
#include "remote/confine.h"
#include "remote/conn.h"
#include "remote/keyring.h"
#include "remote/remote.h"
#include "remote/tune.h"
#include "remote/wire.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Process-wide: what a worker holds, and how it leaves with its parent. */
struct worker {
	struct loop *loop;
	struct wire *wire;
	struct conn_place place;
	struct conn **conns; /* open addressing is not worth it: ids only grow, slots are few */
	size_t count, cap;
	bool greeted;
};

static void
leave(struct worker *w)
{
	loop_stop(w->loop);
}

static size_t
find(const struct worker *w, uint32_t id)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (conn_id(w->conns[middle]) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
has(const struct worker *w, size_t at, uint32_t id)
{
	return at < w->count && conn_id(w->conns[at]) == id;
}

static void
on_gone(void *user, struct conn *c)
{
	struct worker *w = user;
	size_t at = find(w, conn_id(c));

	if (has(w, at, conn_id(c))) {
		for (size_t i = at + 1; i < w->count; i++)
			w->conns[i - 1] = w->conns[i];
		w->count--;
	}
	conn_free(c);
}

static bool
open_conn(struct worker *w, const struct message *m, int fd)
{
	if (w->count && conn_id(w->conns[w->count - 1]) >= m->session)
		return false;
	mem_grow(w->conns, w->count, w->cap);
	w->conns[w->count++] = conn_new(&w->place, m, fd);
	return true;
}

static bool
peer_message(struct worker *w, const struct message *m)
{
	struct message answer;

	if (m->type == MESSAGE_HELLO) {
		w->greeted = true;
		return message_get(m, FIELD_VERSION) == MESSAGE_VERSION;
	}
	if (m->type == MESSAGE_KEY) {
		keyring_add(w->place.keys, m);
		return true;
	}
	message_init(&answer, MESSAGE_PONG, 0, 0);
	wire_send(w->wire, &answer, -1);
	return true;
}

static bool
session_message(struct worker *w, const struct message *m, int fd)
{
	size_t at = find(w, m->session);

	if (m->type == MESSAGE_OPEN)
		return open_conn(w, m, fd);
	if (!has(w, at, m->session)) {
		if (fd >= 0)
			close(fd);
		return true; /* it ended meanwhile */
	}
	if (m->type != MESSAGE_CLOSE)
		return conn_message(w->conns[at], m, fd);
	on_gone(w, w->conns[at]);
	return true;
}

static void
on_message(void *user, const struct message *m, int fd)
{
	struct worker *w = user;

	if (!w->greeted && m->type != MESSAGE_HELLO) {
		leave(w);
		return;
	}
	if (!(m->session ? session_message(w, m, fd) : peer_message(w, m)))
		leave(w);
}

static void
on_drained(void *user)
{
	struct worker *w = user;

	for (size_t i = 0; i < w->count; i++)
		conn_resume(w->conns[i]);
}

static void
on_closed(void *user, const struct err *err)
{
	(void)err;
	leave(user);
}

/* Fewer rights, no core file with keys in it, descriptors enough, gone when the parent is. */
static void
prepare(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_NAME, "drover-worker");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	file_raise_limit();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static void
serve(struct worker *w, int fd)
{
	static const struct wire_listener listener = {
		.message = on_message, .drained = on_drained, .closed = on_closed
	};
	struct message hello;
	struct err err;

	w->wire = wire_new(w->loop, fd, MESSAGE_DOWN_WAY, &listener, w);
	w->place = (struct conn_place){ .loop = w->loop,
		.wire = w->wire,
		.lane = work_new(w->loop, 1, &err),
		.gone = on_gone,
		.user = w };
	w->place.keys = keyring_new(w->place.lane, on_drained, w);
	unsigned guards = confine_files() ? CONFINE_FILES : 0;
	guards |= confine_calls() ? CONFINE_CALLS : 0;
	message_init(&hello, MESSAGE_HELLO, 0, 0);
	message_number(&hello, FIELD_VERSION, MESSAGE_VERSION);
	message_number(&hello, FIELD_GUARDS, guards);
	wire_send(w->wire, &hello, -1);
	loop_run(w->loop);
}

int
remote_worker_main(int fd)
{
	struct worker w = { 0 };
	struct stat st;
	struct err err;

	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return outcome_exit(OUTCOME_USAGE);
	prepare();
	confine_rings();
	w.loop = loop_new(&err);
	if (!w.loop || tune_init() < 0)
		return outcome_exit(OUTCOME_BUG);
	serve(&w, fd);
	while (w.count)
		on_gone(&w, w.conns[0]);
	free(w.conns);
	work_free(w.place.lane);
	keyring_free(w.place.keys);
	wire_free(w.wire);
	loop_free(w.loop);
	tune_fini();
	return 0;
}
