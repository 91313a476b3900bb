#include "base/buf.h"
#include "base/mem.h"
#include "cli/out.h"
#include "cli/out_fold.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard output into a file while the program under test prints; then what is in it. */
struct catch
{
	int saved, fd;
	char text[8192];
};

static void
catch_begin(struct catch *c)
{
	char path[] = "/tmp/drover-out.XXXXXX";

	fflush(stdout);
	c->saved = dup(STDOUT_FILENO);
	c->fd = mkstemp(path);
	assert_true(c->fd >= 0);
	unlink(path);
	dup2(c->fd, STDOUT_FILENO);
}

static void
catch_end(struct catch *c)
{
	ssize_t n = pread(c->fd, c->text, sizeof(c->text) - 1, 0);

	dup2(c->saved, STDOUT_FILENO);
	close(c->saved);
	close(c->fd);
	assert_true(n >= 0);
	c->text[n] = '\0';
}

static struct out *
make(bool json)
{
	return out_new(&(struct out_config){ .json = json, .color = "never", .progress = "none" });
}

static void
a_table_is_aligned_by_columns_not_bytes(void **state)
{
	static const char *const columns[] = { "host", "what it is" };
	struct catch c;
	struct out *o = make(false);

	(void)state;
	catch_begin(&c);
	out_table(o, columns, 2);
	out_row(o, (const char *const[]){ "\xe6\x97\xa5\xe6\x9c\xac", "a\033[2J" });
	out_row(o, (const char *const[]){ "w", NULL });
	out_table_end(o);
	assert_true(out_free(o));
	catch_end(&c);
	assert_string_equal(c.text, "HOST  WHAT IT IS\n"
				    "\xe6\x97\xa5\xe6\x9c\xac  a^[[2J\n"
				    "w     -\n");
}

static void
a_row_in_json_is_an_object_without_what_is_not_known(void **state)
{
	static const char *const columns[] = { "host", "what it is" };
	struct catch c;
	struct out *o = make(true);

	(void)state;
	catch_begin(&c);
	out_table(o, columns, 2);
	out_row(o, (const char *const[]){ "a\"b", "\xff" });
	out_row(o, (const char *const[]){ "w", NULL });
	out_table_end(o);
	assert_true(out_free(o));
	catch_end(&c);
	assert_string_equal(c.text, "{\"v\":1,\"host\":\"a\\\"b\",\"what_it_is_b64\":\"/w==\"}\n"
				    "{\"v\":1,\"host\":\"w\"}\n");
}

static void
equal_outputs_are_shown_once_and_the_odd_one_first(void **state)
{
	struct catch c;
	struct out *o = make(false);
	struct fold *f = fold_new();

	(void)state;
	fold_add(f, "w1", 0, "sa", 2);
	fold_add(f, "w2", 0, "same\n", 5);
	fold_add(f, "w1", 0, "me\n", 3);
	fold_add(f, "w3", 0, "same\n", 5);
	fold_add(f, "w3", 1, "but\n", 4);
	fold_end(f, "w1", true, "ok");
	fold_end(f, "w2", true, "ok");
	fold_end(f, "w3", true, "ok");
	fold_end(f, "w4", false, "failed: exit status 2");
	catch_begin(&c);
	fold_print(f, o);
	assert_true(out_free(o));
	catch_end(&c);
	fold_free(f);
	assert_string_equal(c.text, "--- w4: failed: exit status 2\n"
				    "--- w3\nsame\n-- errors\nbut\n"
				    "--- w[1-2] (2)\nsame\n");
}

static void
outputs_that_differ_past_what_is_kept_are_not_equal(void **state)
{
	struct catch c;
	struct out *o = make(false);
	struct fold *f = fold_new();
	autofree char *long_text = xcalloc(300000, 1);

	(void)state;
	memset(long_text, 'x', 299999);
	for (int i = 0; i < 2; i++) {
		const char *host = i ? "w1" : "w2";

		fold_add(f, host, 0, long_text, 299999);
		fold_add(f, host, 0, i ? "a" : "b", 1);
		fold_end(f, host, true, "ok");
	}
	catch_begin(&c);
	fold_print(f, o);
	out_flush(o);
	assert_true(out_free(o));
	catch_end(&c);
	fold_free(f);
	assert_non_null(strstr(c.text, "--- w1\n"));
	assert_null(strstr(c.text, "w[1-2]"));
}

static void
a_full_disk_is_remembered(void **state)
{
	struct out *o = make(false);
	int saved = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY);

	(void)state;
	fflush(stdout);
	dup2(full, STDOUT_FILENO);
	out_line(o, "a line");
	bool written = out_free(o);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(full);
	assert_false(written);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_aligned_by_columns_not_bytes),
		cmocka_unit_test(a_row_in_json_is_an_object_without_what_is_not_known),
		cmocka_unit_test(equal_outputs_are_shown_once_and_the_odd_one_first),
		cmocka_unit_test(outputs_that_differ_past_what_is_kept_are_not_equal),
		cmocka_unit_test(a_full_disk_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
