/* A directory of its own with a ledger in it, for one test; and short words to fill it. */
#ifndef DROVER_TESTS_ROOM_H
#define DROVER_TESTS_ROOM_H

#include "base/event.h"

struct ledger;
struct ledger_run;
struct loop;

struct room {
	char dir[64], db[96];
	struct loop *loop;
};

/* For cmocka_unit_test_setup_teardown(): *state is the room. */
int room_set_up(void **state);
int room_tear_down(void **state);

struct ledger *room_open(const struct room *r);

/* A run in fleet "shop" on web1 and db1; playbook may be NULL. */
struct ledger_run *room_begin(struct ledger *l, const char *verb, const char *playbook);
void room_host_start(struct ledger_run *r, const char *host, const char *kind);
void room_host_end(struct ledger_run *r, const char *host, const char *state);
void room_fact(struct ledger_run *r, const char *host, const char *name, const char *value);
void room_run_end(struct ledger_run *r, const char *state);

/* Run the loop until all of the run is durable; fails the test when it is not. */
void room_settle(const struct room *room, struct ledger_run *r);

/* For ledger_events(): counts in an int, checks that nothing is missing. */
bool room_count_event(void *user, const struct event *e);

#endif
