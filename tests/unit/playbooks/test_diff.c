#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/diff.h"
#include "playbooks/plan.h"
#include "tests/lib/chance.h"
#include "tests/lib/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
same(const char *from, const char *to, const char *expected)
{
	autobuf b = BUF_INIT(1 << 20);
	size_t lines = 0, shown = diff_unified((struct diff_text){ from, strlen(from) },
			      (struct diff_text){ to, strlen(to) }, &b);

	assert_string_equal(buf_text(&b), expected);
	for (size_t i = 0; i < b.len; i++)
		lines += b.data[i] == '\n';
	assert_int_equal(shown, lines);
}

static void
equal_texts_have_no_diff(void **state)
{
	(void)state;
	same("", "", "");
	same("a\nb\n", "a\nb\n", "");
	assert_null(
	    diff_file("/x", (struct diff_text){ "a\n", 2 }, (struct diff_text){ "a\n", 2 }, 0));
}

static void
a_changed_line_stands_in_its_context(void **state)
{
	(void)state;
	same("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	    "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void
changes_far_apart_are_two_hunks_and_near_ones_are_one(void **state)
{
	(void)state;
	same("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "one\n2\n3\n4\n5\n6\n7\n8\nnine\n",
	    "@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+nine\n");
	same("1\n2\n3\n4\n5\n6\n7\n8\n", "one\n2\n3\n4\n5\n6\n7\neight\n",
	    "@@ -1,8 +1,8 @@\n-1\n+one\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+eight\n");
}

static void
a_last_line_without_a_newline_is_marked(void **state)
{
	(void)state;
	same("a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
	same("a", "b",
	    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of "
	    "file\n");
	same("x\nb", "y\nb", "@@ -1,2 +1,2 @@\n-x\n+y\n b\n\\ No newline at end of file\n");
}

static void
a_new_and_a_removed_file_are_whole(void **state)
{
	(void)state;
	autofree char *new = diff_file(
	    "/etc/motd", (struct diff_text){ NULL, 0 }, (struct diff_text){ "a\nb\n", 4 }, 0);
	autofree char *old = diff_file(
	    "/etc/motd", (struct diff_text){ "a\n", 2 }, (struct diff_text){ NULL, 0 }, 0);

	assert_string_equal(new, "--- /dev/null\n+++ b/etc/motd\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	assert_string_equal(old, "--- a/etc/motd\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
}

static void
a_long_diff_is_cut_and_says_so(void **state)
{
	(void)state;
	autofree char *diff = diff_file(
	    "x", (struct diff_text){ NULL, 0 }, (struct diff_text){ "1\n2\n3\n4\n", 8 }, 5);
	autofree char *one = diff_file(
	    "x", (struct diff_text){ NULL, 0 }, (struct diff_text){ "1\n2\n3\n4\n", 8 }, 6);
	autofree char *fits = diff_file(
	    "x", (struct diff_text){ NULL, 0 }, (struct diff_text){ "1\n2\n3\n4\n", 8 }, 7);

	assert_string_equal(
	    diff, "--- /dev/null\n+++ b/x\n@@ -0,0 +1,4 @@\n+1\n+2\n... 2 more lines\n");
	assert_non_null(strstr(one, "+3\n... 1 more line\n"));
	assert_null(strstr(fits, "..."));
}

static void
binary_contents_are_not_shown(void **state)
{
	(void)state;
	autofree char *diff =
	    diff_file("x", (struct diff_text){ "a\0b", 3 }, (struct diff_text){ "c", 1 }, 0);

	assert_string_equal(diff, "--- a/x\n+++ b/x\nbinary contents, 3 -> 1 bytes\n");
}

static void
a_diff_applied_to_the_old_text_gives_the_new_one(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= 2000; round++) {
		uint64_t seed = round * 0x9e3779b97f4a7c15;
		autobuf from = BUF_INIT(10000);
		autobuf to = BUF_INIT(10000);
		autobuf diff = BUF_INIT(100000);
		autobuf got = BUF_INIT(100000);
		size_t lines = chance(&seed) % 60;

		for (size_t i = 0; i < lines; i++) {
			char line[8];

			snprintf(line, sizeof(line), "%d\n", (int)(chance(&seed) % 5));
			if (chance(&seed) % 8)
				buf_adds(&from, line);
			if (chance(&seed) % 8)
				buf_adds(&to, line);
		}
		if (chance(&seed) % 3 == 0)
			buf_adds(&from, "end");
		if (chance(&seed) % 3 == 0)
			buf_adds(&to, "end");
		diff_unified((struct diff_text){ buf_text(&from), from.len },
		    (struct diff_text){ buf_text(&to), to.len }, &diff);
		patch_apply(buf_text(&from), buf_text(&diff), &got);
		assert_string_equal(buf_text(&got), buf_text(&to));
	}
}

static void
texts_with_nothing_in_common_cost_no_more_than_they_may(void **state)
{
	autobuf from = BUF_INIT(1 << 20);
	autobuf to = BUF_INIT(1 << 20);
	autobuf diff = BUF_INIT(4 << 20);
	autobuf got = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		buf_addf(&from, "old %d\n", i);
		buf_addf(&to, "new %d\n", i);
	}
	diff_unified((struct diff_text){ buf_text(&from), from.len },
	    (struct diff_text){ buf_text(&to), to.len }, &diff);
	patch_apply(buf_text(&from), buf_text(&diff), &got);
	assert_string_equal(buf_text(&got), buf_text(&to));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_no_diff),
		cmocka_unit_test(a_changed_line_stands_in_its_context),
		cmocka_unit_test(changes_far_apart_are_two_hunks_and_near_ones_are_one),
		cmocka_unit_test(a_last_line_without_a_newline_is_marked),
		cmocka_unit_test(a_new_and_a_removed_file_are_whole),
		cmocka_unit_test(a_long_diff_is_cut_and_says_so),
		cmocka_unit_test(binary_contents_are_not_shown),
		cmocka_unit_test(a_diff_applied_to_the_old_text_gives_the_new_one),
		cmocka_unit_test(texts_with_nothing_in_common_cost_no_more_than_they_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
