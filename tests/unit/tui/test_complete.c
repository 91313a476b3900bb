/* Paths are carried on as far as there is no choice. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tui/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const endings[] = { ".yaml", NULL };
static const char *const files[] = { "site.yaml", "site-two.yaml", "notes.txt", ".hidden.yaml" };

struct place {
	char dir[64], input[256];
	struct buf choice;
};

static void
set_up(struct place *p)
{
	char dir[] = "/tmp/drover-complete.XXXXXX";
	struct err err;

	assert_non_null(mkdtemp(dir));
	memcpy(p->dir, dir, sizeof(dir));
	buf_init(&p->choice, 1024);
	for (size_t i = 0; i < countof(files); i++) {
		autofree char *path = xasprintf("%s/%s", dir, files[i]);

		assert_int_equal(file_replace(path, "", 0, 0644, &err), 0);
	}
	autofree char *inner = xasprintf("%s/roles", dir);
	assert_int_equal(mkdir(inner, 0755), 0);
}

static void
tear_down(struct place *p)
{
	for (size_t i = 0; i < countof(files); i++) {
		autofree char *path = xasprintf("%s/%s", p->dir, files[i]);

		unlink(path);
	}
	autofree char *inner = xasprintf("%s/roles", p->dir);
	rmdir(inner);
	rmdir(p->dir);
	buf_fini(&p->choice);
}

static size_t
complete(struct place *p, const char *name)
{
	snprintf(p->input, sizeof(p->input), "%s/%s", p->dir, name);
	buf_clear(&p->choice);
	size_t n = complete_path(p->input, sizeof(p->input), endings, &p->choice);
	memmove(p->input, p->input + strlen(p->dir) + 1, strlen(p->input) - strlen(p->dir));
	return n;
}

static void
what_is_typed_goes_on_until_there_is_a_choice(void **state)
{
	struct place p;

	(void)state;
	set_up(&p);
	assert_int_equal(complete(&p, "s"), 2);
	assert_string_equal(p.input, "site");
	assert_string_equal(buf_text(&p.choice), "site-two.yaml  site.yaml");
	assert_int_equal(complete(&p, "site."), 1);
	assert_string_equal(p.input, "site.yaml");
	assert_string_equal(buf_text(&p.choice), "");
	assert_int_equal(complete(&p, "r"), 1);
	assert_string_equal(p.input, "roles/");
	tear_down(&p);
}

static void
other_files_and_hidden_ones_do_not_count(void **state)
{
	struct place p;

	(void)state;
	set_up(&p);
	assert_int_equal(complete(&p, "n"), 0);
	assert_string_equal(p.input, "n");
	assert_int_equal(complete(&p, ""), 3);
	assert_int_equal(complete(&p, ".h"), 1);
	assert_string_equal(p.input, ".hidden.yaml");
	assert_int_equal(complete(&p, "nowhere/x"), 0);
	tear_down(&p);
}

static void
a_line_that_is_full_stays_as_it_is(void **state)
{
	struct place p;
	char small[80];

	(void)state;
	set_up(&p);
	snprintf(small, sizeof(small), "%s/s", p.dir);
	assert_int_equal(complete_path(small, strlen(small) + 2, endings, &p.choice), 2);
	assert_int_equal(strlen(small), strlen(p.dir) + 2);
	tear_down(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_typed_goes_on_until_there_is_a_choice),
		cmocka_unit_test(other_files_and_hidden_ones_do_not_count),
		cmocka_unit_test(a_line_that_is_full_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
