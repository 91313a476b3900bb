#include "ledger/schema.h"

#include "base/err.h"
#include "base/mem.h"
#include "ledger/db.h"

/* An event's id is its run's number * 2^32 + its place in the run: one tree, in the order of
 * reading, without a second index. */
static const char *const migrations[] = {
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, json TEXT NOT NULL, hash BLOB NOT NULL);"
	"CREATE TABLE chain(run INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,"
	" seq INTEGER NOT NULL, hash BLOB NOT NULL);"
	"CREATE TABLE content(id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
	" size INTEGER NOT NULL, data BLOB NOT NULL);"
	"CREATE TABLE run(number INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, verb TEXT, fleet "
	"TEXT,"
	" playbook TEXT, argv TEXT, seat TEXT, git TEXT, dry_run INTEGER, start_ms INTEGER,"
	" end_ms INTEGER NOT NULL DEFAULT 0, state TEXT, exit INTEGER, hosts INTEGER,"
	" ok INTEGER, changed INTEGER, failed INTEGER, unreachable INTEGER, untried INTEGER,"
	" unknown INTEGER);"
	"CREATE INDEX run_fleet ON run(fleet, number);"
	"CREATE TABLE host(id INTEGER PRIMARY KEY, fleet TEXT NOT NULL, name TEXT NOT NULL,"
	" kind TEXT, machine_id TEXT, boot_id TEXT, generation INTEGER NOT NULL DEFAULT 0,"
	" seen_ms INTEGER NOT NULL DEFAULT 0, strayed INTEGER NOT NULL DEFAULT 0, stranger TEXT,"
	" UNIQUE(fleet, name));"
	"CREATE INDEX host_machine ON host(machine_id);"
	"CREATE TABLE machine(machine_id TEXT PRIMARY KEY, host_key TEXT, first_ms INTEGER,"
	" seen_ms INTEGER) WITHOUT ROWID;"
	"CREATE TABLE binding(host INTEGER, generation INTEGER, machine_id TEXT NOT NULL,"
	" from_ms INTEGER, to_ms INTEGER, PRIMARY KEY(host, generation)) WITHOUT ROWID;"
	"CREATE TABLE result(run INTEGER, host INTEGER, state TEXT, rc INTEGER, signal TEXT,"
	" phase TEXT, text TEXT, ms INTEGER, changed INTEGER, PRIMARY KEY(run, host)) WITHOUT "
	"ROWID;"
	"CREATE INDEX result_host ON result(host, run);"
	"CREATE TABLE fact(host INTEGER, name TEXT, value TEXT, time_ms INTEGER,"
	" PRIMARY KEY(host, name)) WITHOUT ROWID;"
	"CREATE TABLE owed(host INTEGER, playbook TEXT, run INTEGER, time_ms INTEGER,"
	" PRIMARY KEY(host, playbook)) WITHOUT ROWID;",
	/* Why a host has strayed: the playbook that found drift, or '': changed by hand. */
	"CREATE TABLE IF NOT EXISTS stray(host INTEGER, playbook TEXT,"
	" PRIMARY KEY(host, playbook)) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO stray SELECT id, '' FROM host WHERE strayed;",
	/* Who follows other drovers asks every second who is at work. */
	"CREATE INDEX IF NOT EXISTS run_open ON run(uuid) WHERE end_ms=0;",
	/* Which hosts have, or had, an app. */
	("CREATE TABLE IF NOT EXISTS release(host INTEGER, app TEXT, id TEXT, run INTEGER,"
	 " PRIMARY KEY(host, app)) WITHOUT ROWID;"),
	/* Whose contents were taken away, all or those of their terminals. Truth, as contents are. */
	("CREATE TABLE IF NOT EXISTS pruned(run INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
	 " whole INTEGER NOT NULL);"),
};

int
schema_check(struct db *db, bool *ret_empty, struct err *err)
{
	int64_t version = db_number(db, 0, "PRAGMA user_version", "");
	int64_t foreign = db_number(
	    db, 0, "SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')", "");

	if (db_take_error(db, err))
		return -1;
	if (version > (int64_t)countof(migrations))
		return err_set(err, OUTCOME_STORAGE,
		    "ledger: its schema %d is newer than this drover's %d: use a newer drover",
		    (int)version, (int)countof(migrations));
	if (foreign) {
		err_set(err, OUTCOME_STORAGE,
		    "ledger: it holds triggers or views, which drover never makes");
		err->code = SQLITE_CORRUPT;
		return -1;
	}
	*ret_empty = version == 0;
	return 0;
}

int
schema_migrate(struct db *db, struct err *err)
{
	bool empty;

	if (schema_check(db, &empty, err) < 0)
		return -1;
	int64_t version = db_number(db, 0, "PRAGMA user_version", "");
	if (version == (int64_t)countof(migrations))
		return 0;
	if (db_exec(db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	for (size_t i = (size_t)version; i < countof(migrations); i++) {
		autofree char *done = xasprintf("PRAGMA user_version=%d", (int)i + 1);

		if (db_exec(db, migrations[i], err) < 0 || db_exec(db, done, err) < 0) {
			sqlite3_exec(db_handle(db), "ROLLBACK", NULL, NULL, NULL);
			return -1;
		}
	}
	return db_exec(db, "COMMIT", err);
}

void
schema_clear_projections(struct db *db)
{
	db_run(db, "DELETE FROM run", "");
	db_run(db, "DELETE FROM host", "");
	db_run(db, "DELETE FROM machine", "");
	db_run(db, "DELETE FROM binding", "");
	db_run(db, "DELETE FROM result", "");
	db_run(db, "DELETE FROM fact", "");
	db_run(db, "DELETE FROM owed", "");
	db_run(db, "DELETE FROM stray", "");
	db_run(db, "DELETE FROM release", "");
}
