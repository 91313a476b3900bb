/* Recorded terminals side by side: on one time, each in its pane. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history.h"
#include "tui/canvas.h"
#include "tui/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEAD(time) "{\"version\":2,\"width\":40,\"height\":8,\"timestamp\":" time "}\n"

struct tape {
	const char *piece[4];
};

static char *
get(void *user, size_t i, size_t *ret_len, struct err *err)
{
	const struct tape *t = user;

	if (!t->piece[i]) {
		err_set(err, OUTCOME_INPUT, "it is gone");
		return NULL;
	}
	*ret_len = strlen(t->piece[i]);
	return xstrdup(t->piece[i]);
}

static const struct tape early = { { HEAD("1000") "[0.1, \"o\", \"one\\r\\n\"]\n",
    "[2.0, \"o\", \"\\u001b[31mtwo\\u001b[0m\\r\\n\"]\n[2.5, \"r\", \"60x10\"]\n[3.0, \"o\", "
    "\"three\"]\n" } };
static const struct tape late = { { HEAD(
    "1001") "[0.5, \"o\", \"other\\u001b]0;owned\\u0007\"]\n" } };

static const struct history_side sides[] = {
	{ "web1", get, 2, (void *)(uintptr_t)&early },
	{ "web2", get, 1, (void *)(uintptr_t)&late },
};
static const struct history_sides both = {
	.list = (struct history_side *)(uintptr_t)sides, .count = 2, .speed = 1
};

static bool
shows(const struct replay *r, size_t page, int rows, int cols, const char *text)
{
	struct canvas *c = canvas_new(rows, cols);

	replay_paint(r, page, c);
	autofree char *got = canvas_text(c, false);
	canvas_free(c);
	return strstr(got, text) != NULL;
}

static void
each_shows_what_it_did_when_it_did(void **state)
{
	struct err err;
	struct replay *r = replay_new(&both, &err);

	(void)state;
	assert_non_null(r);
	assert_int_equal(replay_next(r), 100);
	assert_int_equal(replay_advance(r, 100, &err), 0);
	assert_true(shows(r, 0, 12, 90, "one") && !shows(r, 0, 12, 90, "other"));
	assert_int_equal(replay_next(r), 1500); /* the other began a second later */
	assert_int_equal(replay_advance(r, 1500, &err), 0);
	assert_true(shows(r, 0, 12, 90, "other") && !shows(r, 0, 12, 90, "owned"));
	assert_true(shows(r, 0, 12, 90, "web2 (ended)") && !shows(r, 0, 12, 90, "web1 (ended)"));
	assert_int_equal(replay_next(r), 2000);
	assert_int_equal(replay_advance(r, 10000, &err), 0);
	assert_true(shows(r, 0, 12, 90, "three"));
	assert_true(shows(r, 0, 12, 90, "(the end)"));
	assert_int_equal(replay_next(r), -1);
	replay_free(r);
}

static void
what_has_no_room_is_on_another_page_and_any_size_can_be_painted(void **state)
{
	struct err err;
	struct replay *r = replay_new(&both, &err);

	(void)state;
	assert_non_null(r);
	assert_int_equal(replay_advance(r, 10000, &err), 0);
	assert_int_equal(replay_pages(r, 12, 90), 1);
	assert_int_equal(replay_pages(r, 12, 60), 2);
	assert_true(shows(r, 0, 12, 60, "web1") && !shows(r, 0, 12, 60, "web2"));
	assert_true(shows(r, 1, 12, 60, "web2") && shows(r, 3, 12, 60, "web2"));
	for (int rows = 1; rows < 30; rows += 3) {
		for (int cols = 1; cols < 130; cols += 9)
			shows(r, 0, rows, cols, "");
	}
	replay_free(r);
}

static void
a_piece_that_is_gone_is_told_with_its_host(void **state)
{
	static const struct tape gone = { { NULL } };
	struct history_side list[] = { sides[0], { "web3", get, 1, (void *)(uintptr_t)&gone } };
	const struct history_sides some = { .list = list, .count = 2, .speed = 1 };
	struct err err;

	(void)state;
	assert_null(replay_new(&some, &err));
	assert_string_equal(err.text, "web3: it is gone");
	list[1] = (struct history_side){ "web1", get, 3, (void *)(uintptr_t)&early };
	struct replay *r = replay_new(&some, &err);
	assert_non_null(r);
	assert_int_equal(replay_advance(r, 10000, &err), -1);
	assert_string_equal(err.text, "web1: it is gone");
	replay_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shows_what_it_did_when_it_did),
		cmocka_unit_test(what_has_no_room_is_on_another_page_and_any_size_can_be_painted),
		cmocka_unit_test(a_piece_that_is_gone_is_told_with_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
