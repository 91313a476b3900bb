#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define KILL_POINTS 50
#define PER_SYNC    7
#define WRITERS     2
#define WRITTEN     400

static void
on_disk(void *user, const struct err *err)
{
	*(bool *)user = err == NULL;
}

/* Is killed in the middle: says which events it was told are durable. */
static void
write_until_killed(const struct room *room, int to, long long limit)
{
	struct err err;
	struct ledger *l = ledger_open(NULL, room->db, false, &err);
	bool good = l != NULL;
	autoevent start = { .count = 0 };

	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "run");
	struct ledger_run *r = l ? ledger_run_begin(l, &start, &err) : NULL;
	if (!r || write(to, ledger_run_uuid(r), UUID_TEXT) != UUID_TEXT)
		_exit(1);
	for (long long n = 1; good && n < limit;) {
		for (int i = 0; i < PER_SYNC; i++, n++)
			room_host_end(r, "web1", n % 2 ? "ok" : "failed");
		ledger_sync(r, on_disk, &good);
		if (good && write(to, &n, sizeof(n)) != sizeof(n))
			_exit(2);
	}
	if (!good)
		_exit(3);
	ledger_run_end(r);
	ledger_close(l);
	_exit(0);
}

static pid_t
start_writer(const struct room *room, int *ret_from, long long limit)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(room, ends[1], limit);
	close(ends[1]);
	*ret_from = ends[0];
	return pid;
}

static bool
read_whole(int fd, void *to, size_t size)
{
	char *p = to;

	while (size) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

/* Kill it as soon as it has said `point` times that something is durable; *ret_acked is the last it
 * said. False when it ended by itself. */
static bool
kill_at(const struct room *room, int point, char uuid[UUID_TEXT], long long *ret_acked)
{
	int from, status;
	pid_t pid = start_writer(room, &from, INT64_MAX);
	bool alive = read_whole(from, uuid, UUID_TEXT);
	long long n;

	*ret_acked = 1;
	for (int i = 0; alive && i < point; i++)
		alive = read_whole(from, ret_acked, sizeof(*ret_acked));
	kill(pid, SIGKILL);
	while (read_whole(from, &n, sizeof(n)))
		*ret_acked = n;
	close(from);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && alive;
}

static void
no_event_told_durable_is_lost_when_drover_is_killed(void **state)
{
	const struct room *room = *state;
	const char *wanted = getenv("DROVER_KILL_POINTS");
	int64_t points = KILL_POINTS;

	(void)(wanted && str_int(wanted, 1, 1000000, &points));
	for (int i = 0; i < points; i++) {
		char uuid[UUID_TEXT];
		long long acked;
		int n = 0;
		struct err err = { 0 };
		struct ledger_row row;

		assert_true(kill_at(room, i % 17, uuid, &acked));
		/* An unclean end: opening it reads every page. */
		struct ledger *l = ledger_open(NULL, room->db, false, &err);
		assert_string_equal(err.text, "");
		assert_non_null(l);
		assert_true(ledger_find_run(l, uuid, &row, &err));
		assert_string_equal(row.state, "unfinished");
		ledger_events(l, uuid, room_count_event, &n);
		assert_true(n >= acked);
		assert_int_equal(ledger_verify(l, NULL, &err), 0);
		assert_false(ledger_failed(l, &err));
		ledger_close(l);
	}
}

static bool
count_row(void *user, const struct ledger_row *row)
{
	(void)row;
	(*(int *)user)++;
	return true;
}

static void
two_drovers_write_to_one_ledger(void **state)
{
	const struct room *room = *state;
	int from[WRITERS], status, n = 0, runs = 0;
	char uuid[WRITERS][UUID_TEXT];
	pid_t pid[WRITERS];
	struct err err;

	for (int i = 0; i < WRITERS; i++)
		pid[i] = start_writer(room, &from[i], WRITTEN);
	for (int i = 0; i < WRITERS; i++) {
		long long acked;

		assert_true(read_whole(from[i], uuid[i], UUID_TEXT));
		while (read_whole(from[i], &acked, sizeof(acked)))
			assert_true(acked > 0);
		close(from[i]);
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	struct ledger *l = ledger_open(NULL, room->db, true, &err);
	assert_non_null(l);
	ledger_runs(l, NULL, 100, count_row, &runs);
	assert_int_equal(runs, WRITERS);
	for (int i = 0; i < WRITERS; i++) {
		n = 0;
		ledger_events(l, uuid[i], room_count_event, &n);
		assert_true(n >= WRITTEN);
	}
	assert_int_equal(ledger_verify(l, NULL, &err), 0);
	ledger_close(l);
}

/* A small disk of our own, full but for what the ledger kept back. */
static bool
mount_small(const char *dir)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", dir, "tmpfs", 0, "size=70m,mode=0700") == 0;
}

static void
fill(const char *dir)
{
	autofree char *path = file_join(dir, "filler");
	static const char bytes[4096];
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
}

static void
fill_the_disk_under_a_run(const char *db)
{
	struct err err = { 0 };
	struct ledger *l = ledger_open(NULL, db, false, &err);
	bool good = true;

	if (!l)
		_exit(10);
	struct ledger_run *r = room_begin(l, "apply", "shop.yaml");
	autofree char *dir = file_dir(db);
	fill(dir);
	for (int i = 0; i < 20 && good; i++) {
		room_host_end(r, "web1", "changed");
		ledger_sync(r, on_disk, &good);
	}
	if (good || !ledger_failed(l, &err) || err.kind != OUTCOME_STORAGE)
		_exit(11);
	/* Nothing new is begun, but what was under way is still written down. */
	autoevent start = { .count = 0 };
	event_init(&start, EVENT_RUN_START);
	if (ledger_run_begin(l, &start, &err) || err.kind != OUTCOME_STORAGE)
		_exit(12);
	room_run_end(r, "failed");
	ledger_close(l);
	l = ledger_open(NULL, db, true, &err);
	struct ledger_row row;
	if (!l || !ledger_find_run(l, "last", &row, &err) || !str_eq(row.state, "failed"))
		_exit(13);
	_exit(ledger_verify(l, NULL, &err) < 0 ? 14 : 0);
}

static void
a_full_disk_stops_new_runs_and_keeps_the_end_of_this_one(void **state)
{
	const struct room *room = *state;
	autofree char *dir = file_join(room->dir, "small");
	autofree char *db = file_join(dir, "ledger.db");
	int status;

	assert_int_equal(mkdir(dir, 0700), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (!mount_small(dir))
			_exit(77);
		fill_the_disk_under_a_run(db);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		print_message("ok - # SKIP a small disk cannot be mounted here\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

static void
nothing_is_begun_where_less_than_64_MiB_are_free(void **state)
{
	const struct room *room = *state;
	autofree char *dir = file_join(room->dir, "small");
	autofree char *db = file_join(dir, "ledger.db");
	int status;

	assert_int_equal(mkdir(dir, 0700), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct err err;
		autoevent start = { .count = 0 };

		if (!mount_small(dir))
			_exit(77);
		struct ledger *l = ledger_open(NULL, db, false, &err);
		if (!l)
			_exit(10);
		fill(dir);
		event_init(&start, EVENT_RUN_START);
		if (ledger_run_begin(l, &start, &err) || err.kind != OUTCOME_STORAGE)
			_exit(11);
		_exit(strstr(err.text, "nothing was begun") ? 0 : 12);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		print_message("ok - # SKIP a small disk cannot be mounted here\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

static void
put_bytes(const char *path, long at, const char *bytes, size_t n)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
}

static size_t
count_set_aside(const struct room *room)
{
	autofree char *pattern = xasprintf("%s.damaged-*Z", room->db);
	glob_t found;
	int rc = glob(pattern, 0, NULL, &found);
	size_t n = rc == 0 ? found.gl_pathc : 0;

	globfree(&found);
	return n;
}

static void
fill_ledger(const struct room *room)
{
	struct ledger *l = room_open(room);
	struct ledger_run *r = room_begin(l, "run", NULL);
	sqlite3 *db;

	for (int i = 0; i < 300; i++)
		room_host_end(r, "web1", "ok");
	room_run_end(r, "ok");
	ledger_close(l);
	/* All of it into the file itself, where damage tells. */
	assert_int_equal(sqlite3_open(room->db, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "SELECT count(*) FROM event; PRAGMA wal_checkpoint(TRUNCATE)", NULL,
		NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
}

static void
expect_set_aside(const struct room *room, size_t before)
{
	struct err err = { 0 };

	assert_null(ledger_open(NULL, room->db, false, &err));
	assert_int_equal(err.kind, OUTCOME_STORAGE);
	assert_non_null(strstr(err.text, ".damaged-"));
	assert_int_equal(count_set_aside(room), before + 1);
	assert_false(file_exists(room->db));
	ledger_close(room_open(room));
}

static void
a_damaged_ledger_is_set_aside_by_name_and_a_new_one_starts(void **state)
{
	const struct room *room = *state;

	fill_ledger(room);
	put_bytes(room->db, 0, "not a database!!", 16);
	expect_set_aside(room, 0);

	fill_ledger(room);
	assert_int_equal(truncate(room->db, 0), 0);
	expect_set_aside(room, 1);
}

static void
damage_left_by_an_unclean_end_is_found_at_the_next_open(void **state)
{
	const struct room *room = *state;
	char uuid[UUID_TEXT], junk[4096];
	long long acked;

	memset(junk, 0x5a, sizeof(junk));
	assert_true(kill_at(room, 200, uuid, &acked));
	struct stat st;
	assert_int_equal(stat(room->db, &st), 0);
	autofree char *wal = xasprintf("%s-wal", room->db);
	/* Where checkpoints have not come to yet, the WAL is all there is. */
	if (st.st_size <= 4096)
		put_bytes(room->db, 0, junk, sizeof(junk));
	else
		put_bytes(room->db, 4096, junk, sizeof(junk));
	unlink(wal);
	expect_set_aside(room, 0);
}

static void
a_damaged_ledger_that_somebody_has_open_is_left_where_it_is(void **state)
{
	const struct room *room = *state;
	struct err err;

	fill_ledger(room);
	struct ledger *l = room_open(room);
	assert_int_equal(truncate(room->db, 100), 0);
	assert_null(ledger_open(NULL, room->db, false, &err));
	assert_int_equal(err.kind, OUTCOME_STORAGE);
	assert_int_equal(count_set_aside(room), 0);
	assert_true(file_exists(room->db));
	ledger_close(l);
}

#define ledger_test(f) cmocka_unit_test_setup_teardown(f, room_set_up, room_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(no_event_told_durable_is_lost_when_drover_is_killed),
		ledger_test(two_drovers_write_to_one_ledger),
		ledger_test(a_full_disk_stops_new_runs_and_keeps_the_end_of_this_one),
		ledger_test(nothing_is_begun_where_less_than_64_MiB_are_free),
		ledger_test(a_damaged_ledger_is_set_aside_by_name_and_a_new_one_starts),
		ledger_test(damage_left_by_an_unclean_end_is_found_at_the_next_open),
		ledger_test(a_damaged_ledger_that_somebody_has_open_is_left_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
