#include "ledger/project.h"

#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/machine.h"

#include <string.h>

void
project_init(struct project *p, struct db *db)
{
	*p = (struct project){ .db = db };
}

void
project_forget(struct project *p)
{
	p->run = 0;
}

static void
know_run(struct project *p, int64_t run)
{
	if (p->run == run)
		return;
	*p = (struct project){ .db = p->db, .run = run };
	struct db_query *q = db_query(
	    p->db, "SELECT fleet, verb, playbook, dry_run FROM run WHERE number=?", "i", run);
	if (!db_step(q))
		return;
	str_copy(p->fleet, sizeof(p->fleet), db_text(q, 0) ? db_text(q, 0) : "");
	str_copy(p->verb, sizeof(p->verb), db_text(q, 1) ? db_text(q, 1) : "");
	str_copy(p->playbook, sizeof(p->playbook), db_text(q, 2) ? db_text(q, 2) : "");
	p->dry_run = db_int(q, 3) != 0;
	db_done(q);
	p->partial =
	    db_number(p->db, 0,
		"SELECT instr(json, '\"class\":\"partial\"') FROM event WHERE id=(?<<32)+1", "i",
		run) != 0;
}

int64_t
project_host(struct db *db, const char *fleet, const char *name)
{
	static const char find[] = "SELECT id FROM host WHERE fleet=? AND name=?";
	int64_t id = db_number(db, 0, find, "ss", fleet, name);

	if (id)
		return id;
	db_run(db, "INSERT INTO host(fleet, name) VALUES(?,?)", "ss", fleet, name);
	return db_number(db, 0, find, "ss", fleet, name);
}

static void
run_start(struct project *p, int64_t run, const struct event *e)
{
	const char *fleet = event_text(e, FIELD_FLEET);

	db_run(p->db,
	    "INSERT INTO run(number, uuid, verb, fleet, playbook, argv, seat, git, dry_run,"
	    " start_ms, hosts) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
	    "isssssssiii", run, e->run, event_text(e, FIELD_VERB), fleet ? fleet : "main",
	    event_text(e, FIELD_PLAYBOOK), event_text(e, FIELD_ARGV), event_text(e, FIELD_SEAT),
	    event_text(e, FIELD_GIT), event_int(e, FIELD_DRY_RUN, 0), e->time_ms,
	    (int64_t)event_list(e, FIELD_HOSTS, NULL, NULL));
	project_forget(p);
}

static void
run_end(struct project *p, int64_t run, const struct event *e)
{
	db_run(p->db,
	    "UPDATE run SET end_ms=?, state=?, exit=?, ok=?, changed=?, failed=?, unreachable=?,"
	    " untried=?, unknown=? WHERE number=?",
	    "isiiiiiiii", e->time_ms, event_text(e, FIELD_STATE), event_int(e, FIELD_EXIT, 0),
	    event_int(e, FIELD_OK, 0), event_int(e, FIELD_CHANGED, 0),
	    event_int(e, FIELD_FAILED, 0), event_int(e, FIELD_UNREACHABLE, 0),
	    event_int(e, FIELD_UNTRIED, 0), event_int(e, FIELD_UNKNOWN, 0), run);
}

static void
host_start(struct project *p, int64_t host, const struct event *e)
{
	const char *kind = event_text(e, FIELD_KIND);

	if (kind)
		db_run(p->db, "UPDATE host SET kind=?1 WHERE id=?2 AND kind IS NOT ?1", "si", kind,
		    host);
}

/* Only cattle strays. The mark is a fact too, while it is there. What drifted from a playbook is put
 * right by that playbook alone; a change by hand by any. */
static void
stray(struct project *p, int64_t host, bool strayed, int64_t time_ms)
{
	struct db *db = p->db;

	if (!strayed) {
		db_run(db, "DELETE FROM stray WHERE host=? AND playbook IN ('', ?)", "is", host,
		    p->playbook);
		if (db_number(db, 0, "SELECT count(*) FROM stray WHERE host=?", "i", host))
			return;
		db_run(db, "UPDATE host SET strayed=0 WHERE id=? AND strayed", "i", host);
		db_run(db, "DELETE FROM fact WHERE host=? AND name='strayed'", "i", host);
		return;
	}
	db_run(db, "UPDATE host SET strayed=1 WHERE id=? AND kind='cattle'", "i", host);
	db_run(db,
	    "INSERT OR IGNORE INTO stray(host, playbook) SELECT id, ?2 FROM host"
	    " WHERE id=?1 AND strayed",
	    "is", host, p->playbook);
	db_run(db,
	    "INSERT OR REPLACE INTO fact(host, name, value, time_ms)"
	    " SELECT id, 'strayed', 'true', ?2 FROM host WHERE id=?1 AND strayed",
	    "ii", host, time_ms);
}

/* What an apply of a whole playbook leaves behind: hosts it did not reach are owed it, who converged is
 * not. A copy to cattle lets it stray. */
static void
settle(struct project *p, int64_t run, int64_t host, const char *state, int64_t time_ms)
{
	bool good = str_eq(state, "ok") || str_eq(state, "changed");

	if (str_eq(p->verb, "cp") && str_eq(state, "changed"))
		stray(p, host, true, time_ms);
	if (!str_eq(p->verb, "apply") || p->dry_run || p->partial || !p->playbook[0])
		return;
	if (str_eq(state, "unreachable"))
		db_run(p->db,
		    "INSERT OR REPLACE INTO owed(host, playbook, run, time_ms) VALUES(?,?,?,?)",
		    "isii", host, p->playbook, run, time_ms);
	if (!good)
		return;
	db_run(p->db, "DELETE FROM owed WHERE host=? AND playbook=?", "is", host, p->playbook);
}

/* How it ended tells that the host itself was spoken to. */
static bool
was_met(const char *verb, const char *state)
{
	return !str_eq(verb, "cordon") && !str_eq(verb, "uncordon") &&
	       !str_eq(state, "unreachable") && !str_eq(state, "untried") && !str_eq(state, "held");
}

static void
host_end(struct project *p, int64_t run, int64_t host, const struct event *e)
{
	const char *state = event_text(e, FIELD_STATE);

	if (!state)
		return;
	db_run(p->db,
	    "INSERT OR REPLACE INTO result(run, host, state, rc, signal, phase, text, ms, changed)"
	    " VALUES(?,?,?,?,?,?,?,?,?)",
	    "iisisssii", run, host, state, event_int(e, FIELD_RC, -1), event_text(e, FIELD_SIGNAL),
	    event_text(e, FIELD_PHASE), event_text(e, FIELD_TEXT), event_int(e, FIELD_MS, 0),
	    event_int(e, FIELD_CHANGED, 0));
	if (was_met(p->verb, state))
		db_run(p->db, "UPDATE host SET seen_ms=max(seen_ms, ?) WHERE id=?", "ii",
		    e->time_ms, host);
	settle(p, run, host, state, e->time_ms);
}

/* What this seat gives a host is a fact while it holds: cordoned, and how far its replacement is. */
static void
give(struct project *p, int64_t host, const char *name, const char *value, int64_t time_ms)
{
	if (*value && !str_eq(value, "false"))
		db_run(p->db,
		    "INSERT OR REPLACE INTO fact(host, name, value, time_ms) VALUES(?,?,?,?)",
		    "issi", host, name, value, time_ms);
	else
		db_run(p->db, "DELETE FROM fact WHERE host=? AND name=?", "is", host, name);
}

static void
fact(struct project *p, int64_t host, const struct event *e)
{
	const char *name = event_text(e, FIELD_NAME), *value = event_text(e, FIELD_VALUE);

	if (!name || !value)
		return;
	if (str_eq(name, "strayed")) {
		stray(p, host, str_eq(value, "true"), e->time_ms);
		return;
	}
	if (str_eq(name, "cordoned") || str_eq(name, "replacing")) {
		give(p, host, name, value, e->time_ms);
		return;
	}
	db_run(p->db,
	    "INSERT INTO fact(host, name, value, time_ms) VALUES(?,?,?,?) ON CONFLICT DO UPDATE"
	    " SET value=excluded.value, time_ms=excluded.time_ms",
	    "issi", host, name, value, e->time_ms);
	db_run(
	    p->db, "UPDATE host SET seen_ms=?1 WHERE id=?2 AND seen_ms<?1", "ii", e->time_ms, host);
	if (str_eq(name, "machine-id"))
		machine_bind(p->db, host, value, e->time_ms);
	else if (str_eq(name, "boot-id"))
		db_run(p->db, "UPDATE host SET boot_id=? WHERE id=?", "si", value, host);
}

static void
trust(struct project *p, int64_t host, const struct event *e)
{
	const char *text = event_text(e, FIELD_TEXT), *digest = event_text(e, FIELD_DIGEST);

	if (text && str_starts(text, "replaced"))
		machine_unbind(p->db, host, e->time_ms);
	if (digest)
		db_run(p->db,
		    "UPDATE machine SET host_key=? WHERE machine_id=(SELECT machine_id FROM host"
		    " WHERE id=?)",
		    "si", digest, host);
}

/* Which release of an app a host has. */
static void
release(struct project *p, int64_t run, int64_t host, const struct event *e)
{
	const char *app = event_text(e, FIELD_NAME), *class = event_text(e, FIELD_CLASS);

	if (!app || !class)
		return;
	if (str_eq(class, "gone"))
		db_run(p->db, "DELETE FROM release WHERE host=? AND app=?", "is", host, app);
	else
		db_run(p->db, "INSERT OR REPLACE INTO release(host, app, id, run) VALUES(?,?,?,?)",
		    "issi", host, app, event_text(e, FIELD_VALUE), run);
}

void
project_event(struct project *p, int64_t run, const struct event *e)
{
	if (e->kind == EVENT_RUN_START) {
		run_start(p, run, e);
		return;
	}
	if (e->kind == EVENT_RUN_END) {
		run_end(p, run, e);
		return;
	}
	bool of_host = e->kind == EVENT_HOST_START || e->kind == EVENT_HOST_END ||
		       e->kind == EVENT_FACT || e->kind == EVENT_TRUST || e->kind == EVENT_RELEASE;
	const char *name = event_text(e, FIELD_HOST);
	if (!of_host || !name)
		return;
	know_run(p, run);
	int64_t host = project_host(p->db, p->fleet, name);
	if (e->kind == EVENT_HOST_START)
		host_start(p, host, e);
	else if (e->kind == EVENT_HOST_END)
		host_end(p, run, host, e);
	else if (e->kind == EVENT_FACT)
		fact(p, host, e);
	else if (e->kind == EVENT_RELEASE)
		release(p, run, host, e);
	else
		trust(p, host, e);
}
