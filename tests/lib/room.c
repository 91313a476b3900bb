#include "tests/lib/room.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

int
room_set_up(void **state)
{
	struct room *r = xcalloc(1, sizeof(*r));
	struct err err;

	str_copy(r->dir, sizeof(r->dir), "/tmp/drover-ledger-XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	snprintf(r->db, sizeof(r->db), "%s/ledger.db", r->dir);
	r->loop = loop_new(&err);
	*state = r;
	return r->loop ? 0 : -1;
}

int
room_tear_down(void **state)
{
	struct room *r = *state;
	int status = 0;
	pid_t pid = fork();

	loop_free(r->loop);
	if (pid == 0) {
		execlp("rm", "rm", "-rf", r->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	free(r);
	return status;
}

struct ledger *
room_open(const struct room *r)
{
	struct err err = { 0 };
	struct ledger *l = ledger_open(r->loop, r->db, false, &err);

	if (!l)
		print_error("%s\n", err.text);
	assert_non_null(l);
	return l;
}

struct ledger_run *
room_begin(struct ledger *l, const char *verb, const char *playbook)
{
	static const char *const hosts[] = { "web1", "db1" };
	struct err err = { 0 };
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_START);
	event_set_text(&e, FIELD_VERB, verb);
	event_set_text(&e, FIELD_FLEET, "shop");
	event_set_text(&e, FIELD_PLAYBOOK, playbook);
	event_set_list(&e, FIELD_HOSTS, hosts, 2);
	struct ledger_run *r = ledger_run_begin(l, &e, &err);
	if (!r)
		print_error("%s\n", err.text);
	assert_non_null(r);
	assert_int_equal(e.seq, 1);
	return r;
}

void
room_host_end(struct ledger_run *r, const char *host, const char *state)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_STATE, state);
	event_set_int(&e, FIELD_RC, 0);
	ledger_append(r, &e);
}

void
room_host_start(struct ledger_run *r, const char *host, const char *kind)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_KIND, kind);
	ledger_append(r, &e);
}

void
room_fact(struct ledger_run *r, const char *host, const char *name, const char *value)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_FACT);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_NAME, name);
	event_set_text(&e, FIELD_VALUE, value);
	ledger_append(r, &e);
}

void
room_run_end(struct ledger_run *r, const char *state)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_END);
	event_set_text(&e, FIELD_STATE, state);
	event_set_int(&e, FIELD_OK, 2);
	ledger_append(r, &e);
	ledger_run_end(r);
}

struct synced {
	struct loop *loop;
	int calls;
	bool failed;
};

static void
on_sync(void *user, const struct err *err)
{
	struct synced *s = user;

	s->calls++;
	s->failed = err != NULL;
	loop_stop(s->loop);
}

void
room_settle(const struct room *room, struct ledger_run *r)
{
	struct synced s = { .loop = room->loop };

	ledger_sync(r, on_sync, &s);
	assert_int_equal(s.calls, 0);
	loop_run(room->loop);
	assert_int_equal(s.calls, 1);
	assert_false(s.failed);
}

bool
room_count_event(void *user, const struct event *e)
{
	int *n = user;

	assert_int_equal(e->seq, *n + 1);
	(*n)++;
	return true;
}
