#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/machine.h"
#include "ledger/roll.h"
#include "ledger/seat.h"
#include "ledger/writer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define WARNING_MAX 4000

struct ledger_run {
	struct ledger *ledger;
	char uuid[UUID_TEXT], alias[24], fleet[256];
	int64_t seq;
	struct store_tail *tail; /* of the writer's thread, once anything is queued */
	int lock_fd;
	char *lock_path;
	struct roll *roll;
	void (*added)(void *user, const struct event *e);
	void *added_user;
};

/* An event on its way: also the run's first, and the taking up of an old run. */
struct append_job {
	struct writer_job job;
	struct store_tail *tail;
	char *begin, *resume; /* UUIDs; NULL: neither */
	bool has_event, lost; /* lost: the run to resume is not there */
	struct event event;
};

static void
append_apply(struct writer_job *job, struct store *store)
{
	struct append_job *a = container_of(job, struct append_job, job);

	if (a->begin)
		store_begin(store, a->tail, a->begin);
	if (a->resume && !store_resume(store, a->tail, a->resume))
		a->lost = true;
	if (a->has_event)
		store_event(store, a->tail, &a->event);
}

static void
append_ended(struct writer_job *job, bool durable)
{
	struct append_job *a = container_of(job, struct append_job, job);

	(void)durable; /* the writer keeps the error */
	if (a->has_event)
		event_fini(&a->event);
	free(a->begin);
	free(a->resume);
	free(a);
}

static struct append_job *
append_new(struct store_tail *tail, const struct event *e)
{
	struct append_job *a = xcalloc(1, sizeof(*a));

	a->job.apply = append_apply;
	a->job.ended = append_ended;
	a->job.bytes = sizeof(*a);
	a->tail = tail;
	if (!e)
		return a;
	a->has_event = true;
	event_copy(&a->event, e);
	for (int i = 0; i < e->count; i++)
		a->job.bytes += e->value[i].len;
	return a;
}

/* The lock is on a file that is still there under its name, or it is worth nothing. */
static int
take_owner_lock(struct ledger_run *r, struct err *err)
{
	struct stat here, there;

	r->lock_path = place_run_lock(&r->ledger->place, r->uuid);
	for (int i = 0; i < 10; i++) {
		r->lock_fd = lock_open(r->lock_path, err);
		if (r->lock_fd < 0)
			return -1;
		if (!lock_try(r->lock_fd, 0, false))
			return err_set(err, OUTCOME_LOCKED, "run %s still runs", r->alias);
		if (fstat(r->lock_fd, &here) == 0 && stat(r->lock_path, &there) == 0 &&
		    here.st_ino == there.st_ino)
			return 0;
		close(r->lock_fd);
		r->lock_fd = -1;
	}
	return err_set(err, OUTCOME_STORAGE, "ledger: %s cannot be locked", r->lock_path);
}

static void
run_free(struct ledger_run *r)
{
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free(r->lock_path);
	free(r->tail);
	roll_free(r->roll);
	free(r);
}

static struct ledger_run *
run_new(struct ledger *l, const char *uuid)
{
	struct ledger_run *r = xcalloc(1, sizeof(*r));

	r->ledger = l;
	r->lock_fd = -1;
	r->tail = xcalloc(1, sizeof(*r->tail));
	r->roll = roll_new();
	str_copy(r->uuid, sizeof(r->uuid), uuid);
	str_copy(r->alias, sizeof(r->alias), "-");
	return r;
}

static void
set_fleet(struct ledger_run *r, const char *fleet)
{
	str_copy(r->fleet, sizeof(r->fleet), fleet ? fleet : "main");
}

static bool
can_begin(struct ledger *l, struct err *err)
{
	if (!l->writer) {
		err_set(err, OUTCOME_STORAGE, "ledger: it was opened to read only");
		return false;
	}
	return !writer_failed(l->writer, err) && place_reserve(&l->place, err) == 0;
}

struct ledger_run *
ledger_run_begin(struct ledger *l, struct event *start, struct err *err)
{
	char uuid[UUID_TEXT];

	if (!can_begin(l, err))
		return NULL;
	uuid_v7(start->time_ms, uuid);
	struct ledger_run *r = run_new(l, uuid);
	set_fleet(r, event_text(start, FIELD_FLEET));
	if (take_owner_lock(r, err) < 0) {
		run_free(r);
		return NULL;
	}
	memcpy(start->run, uuid, sizeof(uuid));
	start->seq = r->seq = 1;
	event_set_text(start, FIELD_SEAT, l->seat);
	struct append_job *a = append_new(r->tail, start);
	a->begin = xstrdup(uuid);
	writer_add(l->writer, &a->job);
	if (writer_flush(l->writer, err) < 0) {
		unlink(r->lock_path);
		run_free(r);
		return NULL;
	}
	snprintf(r->alias, sizeof(r->alias), "r-%lld", (long long)r->tail->number);
	return r;
}

/* What the reader knows of a run that is to be adopted. */
static int
find_unfinished(struct ledger_run *r, struct err *err)
{
	struct ledger_row row;
	struct ledger *l = r->ledger;

	if (!ledger_find_run(l, r->uuid, &row, err))
		return -1;
	str_copy(r->alias, sizeof(r->alias), row.alias);
	set_fleet(r, row.fleet);
	if (!str_eq(row.seat, l->seat))
		return err_set(
		    err, OUTCOME_INPUT, "run %s was made by another seat: %s", r->alias, row.seat);
	if (row.end_ms)
		return err_set(err, OUTCOME_INPUT, "run %s has ended: %s", r->alias, row.state);
	return 0;
}

struct ledger_run *
ledger_run_adopt(struct ledger *l, const char *uuid, struct err *err)
{
	if (!can_begin(l, err))
		return NULL;
	struct ledger_run *r = run_new(l, uuid);
	/* Once more under the lock: its owner may just have ended it. */
	if (find_unfinished(r, err) < 0 || take_owner_lock(r, err) < 0 ||
	    find_unfinished(r, err) < 0) {
		run_free(r);
		return NULL;
	}
	struct append_job *a = append_new(r->tail, NULL);
	a->resume = xstrdup(r->uuid);
	writer_add(l->writer, &a->job);
	if (writer_flush(l->writer, err) < 0 || r->tail->number == 0) {
		if (r->tail->number == 0)
			err_set(err, OUTCOME_STORAGE, "ledger: run %s has no chain", r->alias);
		run_free(r);
		return NULL;
	}
	r->seq = r->tail->seq;
	return r;
}

const char *
ledger_run_uuid(const struct ledger_run *r)
{
	return r->uuid;
}

const char *
ledger_run_alias(const struct ledger_run *r)
{
	return r->alias;
}

void
ledger_run_listen(
    struct ledger_run *r, void (*added)(void *user, const struct event *e), void *user)
{
	r->added = added;
	r->added_user = user;
}

static void
append(struct ledger_run *r, struct event *e)
{
	memcpy(e->run, r->uuid, sizeof(r->uuid));
	e->seq = ++r->seq;
	writer_add(r->ledger->writer, &append_new(r->tail, e)->job);
}

static void
add_own(struct ledger_run *r, struct event *e)
{
	append(r, e);
	if (r->added)
		r->added(r->added_user, e);
}

static void
new_machine(struct ledger_run *r, const char *host, const char *machine_id, int64_t generation)
{
	autofree char *text =
	    xasprintf("%s: a new machine, generation %lld", host, (long long)generation);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_MACHINE);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_NAME, machine_id);
	event_set_int(&e, FIELD_GENERATION, generation);
	event_set_text(&e, FIELD_TEXT, text);
	add_own(r, &e);
}

static void
alarm_pet(struct ledger_run *r, const char *host)
{
	autofree char *text = xasprintf("pet %s: a new machine answers", host);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_TEXT, text);
	add_own(r, &e);
}

/* Told now, while the host is being talked to; the projection comes to the same by itself. */
static void
watch_machine(struct ledger_run *r, const char *host, const char *machine_id)
{
	struct db *db = r->ledger->reader;
	int64_t generation = 0;

	if (!roll_machine(r->roll, host, machine_id))
		return;
	int64_t id =
	    db_number(db, 0, "SELECT id FROM host WHERE fleet=? AND name=?", "ss", r->fleet, host);
	if (!id || !seat_read_ok(r->ledger))
		return;
	bool cattle = roll_is_cattle(r->roll, host);
	switch (machine_judge(db, id, cattle, machine_id, &generation)) {
	case MACHINE_FIRST:
	case MACHINE_SAME:
		break;
	case MACHINE_REPLACED:
		new_machine(r, host, machine_id, generation);
		break;
	case MACHINE_STRANGER:
		alarm_pet(r, host);
		break;
	}
	(void)seat_read_ok(r->ledger); /* kept there for ledger_failed() */
}

static void
warn_of_doubles(struct ledger_run *r)
{
	autobuf text = BUF_INIT(WARNING_MAX);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_WARN);
	if (!roll_doubles(r->roll, &text))
		return;
	event_set_text(&e, FIELD_TEXT, buf_text(&text));
	add_own(r, &e);
}

void
ledger_append(struct ledger_run *r, struct event *e)
{
	const char *host = event_text(e, FIELD_HOST), *name = event_text(e, FIELD_NAME);
	const char *value = event_text(e, FIELD_VALUE), *kind = event_text(e, FIELD_KIND);

	if (event_is_passing(e->kind)) {
		memcpy(e->run, r->uuid, sizeof(r->uuid));
		return;
	}
	if (e->kind == EVENT_RUN_END)
		warn_of_doubles(r);
	append(r, e);
	if (e->kind == EVENT_HOST_START && host && kind)
		roll_kind(r->roll, host, str_eq(kind, "cattle"));
	else if (e->kind == EVENT_FACT && host && value && str_eq(name, "machine-id"))
		watch_machine(r, host, value);
}

void
ledger_sync(struct ledger_run *r, void (*done)(void *user, const struct err *err), void *user)
{
	writer_sync(r->ledger->writer, r, done, user);
}

struct end_job {
	struct writer_job job;
	struct ledger_run *run;
};

static void
end_apply(struct writer_job *job, struct store *store)
{
	(void)job;
	(void)store;
}

/* The run lets go of its lock after its last event is durable, not before. */
static void
end_ended(struct writer_job *job, bool durable)
{
	struct end_job *j = container_of(job, struct end_job, job);

	if (durable)
		unlink(j->run->lock_path);
	run_free(j->run);
	free(j);
}

void
ledger_run_end(struct ledger_run *r)
{
	if (!r)
		return;
	struct end_job *j = xcalloc(1, sizeof(*j));
	j->job = (struct writer_job){ .apply = end_apply, .ended = end_ended };
	j->run = r;
	writer_forget(r->ledger->writer, r);
	writer_add(r->ledger->writer, &j->job);
}

struct foreign_job {
	struct writer_job job;
	struct ledger *ledger;
	char *fleet, *host, *uuid, *seat, *verb, *playbook, *outcome, *who, *subject;
	int64_t time_ms;
	struct store_tail tail;
};

static void
store_foreign_start(struct foreign_job *f, struct store *store)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_START);
	e.time_ms = f->time_ms;
	str_copy(e.run, sizeof(e.run), f->uuid);
	event_set_text(&e, FIELD_SEAT, f->seat);
	event_set_text(&e, FIELD_VERB, f->verb);
	event_set_text(&e, FIELD_FLEET, f->fleet);
	event_set_text(&e, FIELD_PLAYBOOK, f->playbook);
	event_set_text(&e, FIELD_NAME, f->subject);
	event_set_text(&e, FIELD_TEXT, f->who);
	store_begin(store, &f->tail, f->uuid);
	store_event(store, &f->tail, &e);
}

static void
foreign_apply(struct writer_job *job, struct store *store)
{
	struct foreign_job *f = container_of(job, struct foreign_job, job);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	if (!store_resume(store, &f->tail, f->uuid))
		store_foreign_start(f, store);
	else if (db_number(store->db, 1,
		     "SELECT seat=?1 OR EXISTS(SELECT 1 FROM result WHERE run=number AND "
		     "state=?5 AND host=(SELECT id FROM host WHERE fleet=?2 AND name=?3)) "
		     "FROM run WHERE uuid=?4",
		     "sssss", f->ledger->seat, f->fleet, f->host, f->uuid, f->outcome))
		return;
	e.time_ms = f->time_ms;
	str_copy(e.run, sizeof(e.run), f->uuid);
	event_set_text(&e, FIELD_HOST, f->host);
	event_set_text(&e, FIELD_STATE, f->outcome);
	store_event(store, &f->tail, &e);
}

static void
foreign_ended(struct writer_job *job, bool durable)
{
	struct foreign_job *f = container_of(job, struct foreign_job, job);

	(void)durable; /* the writer keeps the error */
	free(f->fleet);
	free(f->host);
	free(f->uuid);
	free(f->seat);
	free(f->verb);
	free(f->playbook);
	free(f->outcome);
	free(f->who);
	free(f->subject);
	free(f);
}

void
ledger_foreign(struct ledger *l, const struct ledger_foreign *from)
{
	if (!uuid_is(from->uuid) || !l->writer)
		return;
	struct foreign_job *f = xcalloc(1, sizeof(*f));
	f->job =
	    (struct writer_job){ .apply = foreign_apply, .ended = foreign_ended, .bytes = 1000 };
	f->ledger = l;
	f->fleet = xstrdup(from->fleet);
	f->host = xstrdup(from->host);
	f->uuid = xstrdup(from->uuid);
	f->seat = xstrdup(from->seat);
	f->verb = xstrdup(from->verb);
	f->playbook = from->playbook ? xstrdup(from->playbook) : NULL;
	f->outcome = xstrdup(from->outcome);
	f->who = from->who ? xstrdup(from->who) : NULL;
	f->subject = from->subject ? xstrdup(from->subject) : NULL;
	f->time_ms = from->time_ms;
	writer_add(l->writer, &f->job);
}
