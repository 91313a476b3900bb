#include "cli/history_known.h"

#include "base/err.h"
#include "base/mem.h"
#include "ledger/ledger.h"
#include "tests/lib/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
emit(struct ledger_run *r, struct event *e)
{
	ledger_append(r, e);
	event_fini(e);
}

/* What a plan says of a path on a host; digest NULL: nothing of its contents. */
static void
planned(
    struct ledger_run *r, const char *host, const char *path, const char *was, const char *digest)
{
	struct event e;

	event_init(&e, EVENT_PLAN_STEP);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_STEP, "file x");
	event_set_data(&e, FIELD_PATH, path, strlen(path));
	event_set_text(&e, FIELD_WAS, was);
	event_set_text(&e, FIELD_DIGEST, digest);
	emit(r, &e);
}

static void
did(struct ledger_run *r, const char *host, const char *state)
{
	struct event e;

	event_init(&e, EVENT_STEP_END);
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_STEP, "file x");
	event_set_text(&e, FIELD_STATE, state);
	emit(r, &e);
}

/* A run of this verb that made this of /etc/motd on web1. */
static void
act(struct ledger *l, const char *verb, const char *digest, const char *step, const char *end)
{
	struct ledger_run *r = room_begin(l, verb, "/srv/shop.yaml");

	planned(r, "web1", "/etc/motd", "-", digest);
	planned(r, "web2", "/etc/motd", "-", "other");
	if (step)
		did(r, "web1", step);
	room_host_end(r, "web1", end);
	room_run_end(r, end);
}

static void
only_what_ended_in_a_change_is_a_version(void **state)
{
	struct room *room = *state;
	struct ledger *l = room_open(room);
	struct known_version *v;
	size_t n;

	act(l, "apply", "one", "changed", "changed");
	act(l, "apply", "planned", NULL, "ok");
	act(l, "apply", "failed", "failed", "failed");
	act(l, "apply", "back", "changed", "rolled-back");
	act(l, "run", "no-act", "changed", "changed");
	act(l, "apply", NULL, "changed", "changed");
	act(l, "undo", "-", "changed", "changed");
	ledger_close(l);
	l = room_open(room);
	v = history_known(l, "shop", "web1", "/etc/motd", &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].digest, "one");
	assert_string_equal(v[0].was, "-");
	assert_string_equal(v[0].playbook, "shop.yaml");
	assert_null(strchr(v[0].who, '@'));
	assert_true(v[0].time_ms > 0);
	assert_string_equal(v[1].digest, "-");
	assert_true(strcmp(v[0].run, v[1].run) < 0);
	history_known_free(v, n);
	v = history_known(l, "shop", "web1", "/etc/motd2", &n);
	assert_int_equal(n, 0);
	history_known_free(v, n);
	v = history_known(l, "shop", "web2", "/etc/motd", &n);
	assert_int_equal(n, 0);
	history_known_free(v, n);
	ledger_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    only_what_ended_in_a_change_is_a_version, room_set_up, room_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
