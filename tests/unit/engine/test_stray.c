#include "engine/stray.h"

#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/outcome.h"
#include "engine/run.h"
#include "inventory/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
note(void *user, const struct event *e)
{
	int *marks = user;

	if (e->kind != EVENT_FACT)
		return;
	assert_string_equal(event_text(e, FIELD_HOST), "web1");
	assert_string_equal(event_text(e, FIELD_NAME), "strayed");
	assert_string_equal(event_text(e, FIELD_VALUE), "true");
	assert_string_equal(event_text(e, FIELD_TEXT), "run -B");
	(*marks)++;
}

static void
cattle_strays_and_a_pet_does_not(void **state)
{
	const struct host cattle = { .name = "web1", .kind = HOST_CATTLE };
	const struct host pet = { .name = "db1", .kind = HOST_PET };
	struct err err;
	autoevent start = { .count = 0 };
	struct loop *loop = loop_new(&err);
	struct run_spec spec = { .loop = loop, .start = &start, .host_count = 2 };
	int marks = 0;

	(void)state;
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "run");
	struct run *r = run_new(&spec, &err);
	assert_non_null(r);
	run_add_sink(r, &(struct event_sink){ note, &marks });
	stray_mark(r, &pet, "run -B");
	assert_int_equal(marks, 0);
	stray_mark(r, &cattle, "run -B");
	assert_int_equal(marks, 1);
	run_finish(r, OUTCOME_OK);
	run_free(r);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cattle_strays_and_a_pet_does_not) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
