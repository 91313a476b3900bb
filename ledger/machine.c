#include "ledger/machine.h"

#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"

enum machine_verdict
machine_judge(
    struct db *db, int64_t host, bool cattle, const char *machine_id, int64_t *ret_generation)
{
	struct db_query *q =
	    db_query(db, "SELECT generation, machine_id FROM host WHERE id=?", "i", host);
	autofree char *bound = NULL;
	int64_t generation = 0;

	if (db_step(q)) {
		generation = db_int(q, 0);
		bound = db_text(q, 1) ? xstrdup(db_text(q, 1)) : NULL;
		db_done(q);
	}
	bool same = bound && str_eq(bound, machine_id);
	*ret_generation = same ? generation : generation + 1;
	if (same)
		return MACHINE_SAME;
	if (!bound)
		return MACHINE_FIRST;
	return cattle ? MACHINE_REPLACED : MACHINE_STRANGER;
}

void
machine_bind(struct db *db, int64_t host, const char *machine_id, int64_t time_ms)
{
	int64_t generation = 0;
	int64_t cattle = db_number(db, 0, "SELECT kind='cattle' FROM host WHERE id=?", "i", host);
	enum machine_verdict v = machine_judge(db, host, cattle != 0, machine_id, &generation);

	if (v == MACHINE_STRANGER) {
		db_run(db, "UPDATE host SET stranger=? WHERE id=?", "si", machine_id, host);
		return;
	}
	if (v == MACHINE_REPLACED) {
		db_run(db, "DELETE FROM stray WHERE host=?", "i", host);
		db_run(db, "UPDATE host SET strayed=0 WHERE id=?", "i", host);
		db_run(db, "DELETE FROM fact WHERE host=? AND name='strayed'", "i", host);
	}
	if (v != MACHINE_SAME) {
		machine_unbind(db, host, time_ms);
		db_run(db,
		    "INSERT OR REPLACE INTO binding(host, generation, machine_id, from_ms)"
		    " VALUES(?,?,?,?)",
		    "iisi", host, generation, machine_id, time_ms);
	}
	db_run(db,
	    "INSERT INTO machine(machine_id, first_ms, seen_ms) VALUES(?1,?2,?2)"
	    " ON CONFLICT(machine_id) DO UPDATE SET seen_ms=max(seen_ms, ?2)",
	    "si", machine_id, time_ms);
	db_run(db, "UPDATE host SET machine_id=?, generation=?, stranger=NULL WHERE id=?", "sii",
	    machine_id, generation, host);
}

void
machine_unbind(struct db *db, int64_t host, int64_t time_ms)
{
	db_run(
	    db, "UPDATE binding SET to_ms=? WHERE host=? AND to_ms IS NULL", "ii", time_ms, host);
	db_run(db, "UPDATE host SET machine_id=NULL, stranger=NULL WHERE id=?", "i", host);
}
