#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/event.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "tests/lib/sshd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS 120000

/* A real sshd whose connections are cut while a program runs there. */
static struct {
	struct sshd *sshd;
	struct loop *loop;
	struct remote *remote;
	struct inventory *inventory;
	struct herd *herd;
	char *mark; /* has a line for each time that the program was begun */
	bool done;
	struct err err;
	struct buf out;
} w;

static size_t
times_begun(void)
{
	struct err err;
	size_t lines = 0;
	autofree char *text = file_read(w.mark, 4096, NULL, &err);

	for (const char *p = text; p && *p; p++)
		lines += *p == '\n';
	return lines;
}

static void
on_collected(void *user, struct herd_host *hh, const struct collect *c)
{
	(void)user, (void)hh;
	w.done = true;
	w.err = c->err;
	buf_clear(&w.out);
	buf_add(&w.out, c->out, c->out_len);
}

/* Turn the loop until it is done; the connection is cut each time the program has begun, so often. */
static void
turn(size_t cuts)
{
	int64_t until = clock_mono_ms() + LIMIT_MS;
	size_t cut = 0;

	while (!w.done) {
		loop_pass(w.loop, 20);
		if (clock_mono_ms() > until)
			fail_msg("it does not end");
		if (cut < cuts && times_begun() > cut) {
			sshd_cut(w.sshd);
			cut++;
		}
	}
}

static uint64_t
retries(void)
{
	struct herd_counters n;

	herd_counters(w.herd, &n);
	return n.retries;
}

/* It ends by itself when it is begun for the so-many-th time. */
static char *
program_that_ends_at(int time)
{
	return xasprintf(
	    "echo x >>%s; [ $(wc -l <%s) -ge %d ] || { echo half; sleep 30; }; echo whole", w.mark,
	    w.mark, time);
}

static void
collect(bool read_only, int ends_at, size_t cuts)
{
	autofree char *program = program_that_ends_at(ends_at);

	w.done = false;
	herd_collect(herd_at(w.herd, 0), &(struct collect_spec){ .program = program,
					     .timeout_ms = LIMIT_MS,
					     .read_only = read_only,
					     .done = on_collected });
	turn(cuts);
}

static void
what_only_reads_is_begun_once_more(void **state)
{
	(void)state;
	collect(true, 2, 1);
	assert_int_equal(w.err.kind, OUTCOME_OK);
	assert_string_equal(buf_text(&w.out), "whole\n");
	assert_int_equal(times_begun(), 2);
	assert_int_equal(retries(), 1);
}

static void
it_is_not_begun_a_third_time(void **state)
{
	(void)state;
	collect(true, 3, 2);
	assert_int_equal(w.err.kind, OUTCOME_UNKNOWN);
	assert_int_equal(times_begun(), 2);
	assert_int_equal(retries(), 1);
}

static void
what_may_change_something_is_never_begun_again(void **state)
{
	(void)state;
	collect(false, 2, 1);
	assert_int_equal(w.err.kind, OUTCOME_UNKNOWN);
	assert_int_equal(times_begun(), 1);
	assert_int_equal(retries(), 0);
}

static void
note(void *user, const struct event *e)
{
	size_t n;

	(void)user;
	if (e->kind == EVENT_HOST_OUT)
		buf_adds(&w.out, event_data(e, FIELD_DATA, &n));
	if (e->kind == EVENT_HOST_END)
		buf_adds(&w.out, event_text(e, FIELD_STATE));
}

static void
on_done(void *user)
{
	(void)user;
	w.done = true;
}

/* The same as a run of many hosts. */
static void
fan_out(bool read_only, const char *command)
{
	struct herd_host *hosts[] = { herd_at(w.herd, 0) };
	autoevent start = { .count = 0 };
	struct run_spec spec = { .loop = w.loop, .start = &start, .host_count = 1 };

	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "logs");
	struct run *run = run_new(&spec, &w.err);
	assert_non_null(run);
	run_add_sink(run, &(struct event_sink){ note, NULL });
	struct fanout *f = fanout_start(&(struct fanout_spec){ .herd = w.herd,
	    .run = run,
	    .hosts = hosts,
	    .count = 1,
	    .who = ERRAND_OWN,
	    .command = command,
	    .read_only = read_only,
	    .done = on_done });
	turn(1);
	fanout_free(f);
	run_finish(run, OUTCOME_OK);
	run_free(run);
}

static void
a_journal_that_has_said_nothing_is_read_again(void **state)
{
	autofree char *silent = xasprintf(
	    "echo x >>%s; [ $(wc -l <%s) -ge 2 ] || sleep 30; echo whole", w.mark, w.mark);

	(void)state;
	fan_out(true, silent);
	assert_string_equal(buf_text(&w.out), "whole\nok");
	assert_int_equal(times_begun(), 2);
}

static void
what_people_run_is_never_begun_again(void **state)
{
	autofree char *program = program_that_ends_at(2);

	(void)state;
	fan_out(false, program);
	assert_true(str_ends(buf_text(&w.out), "unknown"));
	assert_int_equal(times_begun(), 1);
}

static int
set_up(void **state)
{
	struct herd_config herd = { 0 };
	struct diag diag;
	struct err err;

	(void)state;
	memset(&w, 0, sizeof(w));
	buf_init(&w.out, 1 << 20);
	w.sshd = sshd_start(NULL);
	w.mark = xstrdup(sshd_file(w.sshd, "mark"));
	w.loop = loop_new(&err);
	autofree char *trust = xstrdup(sshd_file(w.sshd, "known_hosts"));
	autofree char *file = xstrdup(sshd_file(w.sshd, "inventory.yaml"));
	autofree char *text = xasprintf("hosts:\n  web: {address: 127.0.0.1, port: %d, user: %s, "
					"identity: %s/id, host_key: \"%s\"}\n",
	    sshd_port(w.sshd), sshd_user(w.sshd), sshd_dir(w.sshd), sshd_host_key(w.sshd));
	assert_int_equal(file_replace(file, text, strlen(text), 0600, &err), 0);
	const char *sources[] = { file };
	diag_init(&diag);
	w.inventory = inventory_load(sources, 1, &diag, &err);
	diag_fini(&diag);
	assert_non_null(w.inventory);
	w.remote = remote_new(
	    &(struct remote_config){ .loop = w.loop, .no_ssh_config = true, .trust_file = trust },
	    &err);
	assert_non_null(w.remote);
	herd = (struct herd_config){ .loop = w.loop, .inventory = w.inventory, .remote = w.remote };
	w.herd = herd_new(&herd);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	herd_free(w.herd);
	remote_free(w.remote);
	loop_free(w.loop);
	inventory_free(w.inventory);
	sshd_stop(w.sshd);
	free(w.mark);
	buf_fini(&w.out);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(what_only_reads_is_begun_once_more),
		CASE(it_is_not_begun_a_third_time),
		CASE(what_may_change_something_is_never_begun_again),
		CASE(a_journal_that_has_said_nothing_is_read_again),
		CASE(what_people_run_is_never_begun_again),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
