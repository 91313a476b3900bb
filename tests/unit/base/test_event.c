#include "base/buf.h"
#include "base/event.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
setting_a_field_again_replaces_it(void **state)
{
	autoevent e = { .count = 0 };

	(void)state;
	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_TEXT, "one");
	event_set_text(&e, FIELD_TEXT, "two");
	assert_int_equal(e.count, 1);
	assert_string_equal(event_text(&e, FIELD_TEXT), "two");
	assert_null(event_text(&e, FIELD_HOST));
	assert_int_equal(event_int(&e, FIELD_RC, -9), -9);
	event_map_int(&e, FIELD_COUNTERS, "logins", 1);
	event_map_int(&e, FIELD_COUNTERS, "execs", 2);
	event_map_text(&e, FIELD_COUNTERS, "logins", "three");
	assert_string_equal(event_text(&e, FIELD_COUNTERS), "{\"execs\":2,\"logins\":\"three\"}");
}

static void
count_entry(void *user, const char *entry)
{
	buf_adds(user, entry);
	buf_addc(user, ';');
}

static void
lists_keep_their_entries(void **state)
{
	static const char *const hosts[] = { "a", "b\n", "\xff" };
	autobuf b = BUF_INIT(100);
	autoevent e = { .count = 0 };

	(void)state;
	event_init(&e, EVENT_RUN_START);
	event_set_list(&e, FIELD_HOSTS, hosts, 3);
	event_set_text(&e, FIELD_INVENTORY, "inventory.yaml");
	assert_int_equal(event_list(&e, FIELD_HOSTS, count_entry, &b), 3);
	assert_string_equal(buf_text(&b), "a;b\n;\xef\xbf\xbd;");
	assert_int_equal(event_list(&e, FIELD_INVENTORY, NULL, NULL), 1);
	assert_int_equal(event_list(&e, FIELD_ARGV, NULL, NULL), 0);
}

static void
text_that_is_not_utf8_is_made_so_and_data_is_kept(void **state)
{
	autoevent e = { .count = 0 };
	size_t n = 0;

	(void)state;
	event_init(&e, EVENT_HOST_OUT);
	event_set_text(&e, FIELD_HOST, "a\xc3\xa9\xffz");
	event_set_data(&e, FIELD_DATA, "\0\xfe", 2);
	assert_string_equal(event_text(&e, FIELD_HOST), "a\xc3\xa9\xef\xbf\xbdz");
	assert_memory_equal(event_data(&e, FIELD_DATA, &n), "\0\xfe", 2);
	assert_int_equal(n, 2);
}

static void
kinds_and_fields_have_one_name_each(void **state)
{
	enum event_kind back;

	(void)state;
	for (int i = 0; i < EVENT_COUNT; i++) {
		assert_true(event_kind_parse(event_kind_name((enum event_kind)i), &back));
		assert_int_equal(back, i);
	}
	for (int i = 0; i < FIELD_COUNT; i++) {
		assert_non_null(event_field_name((enum event_field)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(event_field_name((enum event_field)i),
			    event_field_name((enum event_field)j));
	}
	assert_false(event_kind_parse("run", &back));
}

static void
a_copy_is_its_own(void **state)
{
	autoevent copy = { .count = 0 };
	struct event e;

	(void)state;
	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_TEXT, "kept");
	event_set_int(&e, FIELD_RC, 3);
	event_copy(&copy, &e);
	event_fini(&e);
	assert_string_equal(event_text(&copy, FIELD_TEXT), "kept");
	assert_int_equal(event_int(&copy, FIELD_RC, 0), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_a_field_again_replaces_it),
		cmocka_unit_test(lists_keep_their_entries),
		cmocka_unit_test(text_that_is_not_utf8_is_made_so_and_data_is_kept),
		cmocka_unit_test(kinds_and_fields_have_one_name_each),
		cmocka_unit_test(a_copy_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
