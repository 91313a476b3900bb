#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/include_tree.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
make(struct desk *d, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", d->dir, name);
	size_t n = strlen(name);

	if (name[n - 1] == '/')
		assert_int_equal(mkdir(path, 0755), 0);
	else
		desk_put(d, name, text);
}

static void
lead(struct desk *d, const char *name, const char *target)
{
	autofree char *path = xasprintf("%s/%s", d->dir, name);

	assert_int_equal(symlink(target, path), 0);
}

/* Kinds and paths, in order. */
static char *
tree(struct desk *d, const char *path, const char *const *exclude, size_t n, size_t max)
{
	const struct include_tree_spec spec = {
		.dir = d->dir, .path = path, .exclude = exclude, .exclude_count = n, .max = max
	};
	struct include_tree t;
	struct err err;
	autobuf b = BUF_INIT(100000);

	if (include_tree(d->arena, &spec, &t, &err) < 0) {
		buf_adds(&b, err.text);
		return buf_detach(&b, NULL);
	}
	for (size_t i = 0; i < t.count; i++)
		buf_addf(
		    &b, "%c%s %s\n", t.entry[i].kind, t.entry[i].runs ? "x" : "", t.entry[i].path);
	return buf_detach(&b, NULL);
}

static void
holds(struct desk *d, const char *path, const char *exclude, const char *expected)
{
	autofree char *got = tree(d, path, &exclude, exclude ? 1 : 0, 1000);

	assert_string_equal(got, expected);
}

static void
a_tree_is_read_in_order_with_its_links(void **state)
{
	struct desk *d = *state;

	make(d, "t/", NULL);
	make(d, "t/b/", NULL);
	make(d, "t/b/c", "c");
	make(d, "t/-a", "");
	make(d, "t/empty/", NULL);
	lead(d, "t/l", "/nowhere");
	lead(d, "t/out", "../..");
	autofree char *run = xasprintf("%s/t/b/run", d->dir);
	make(d, "t/b/run", "#!");
	assert_int_equal(chmod(run, 0755), 0);
	holds(d, "t", NULL, "d \nf -a\nd b\nf b/c\nfx b/run\nd empty\nl l\nl out\n");
	holds(d, "t/b/c", NULL, "f \n");
	holds(d, "t", "b", "d \nf -a\nd empty\nl l\nl out\n");
	holds(d, "t", "b/r*", "d \nf -a\nd b\nf b/c\nd empty\nl l\nl out\n");
	holds(d, "t", "*/", "d \nf -a\nl l\nl out\n");
	holds(d, "t", "[!-]*", "d \nf -a\n");
}

static void
what_cannot_be_sent_is_told(void **state)
{
	struct desk *d = *state;

	make(d, "t/", NULL);
	holds(d, "nothing", NULL, "nothing: No such file or directory");
	make(d, "t/a", "0123456789");
	autofree char *large = tree(d, "t", NULL, 0, 9);
	assert_string_equal(large, "t holds more than 0 MiB");
	make(d, "t/b\\c", "");
	holds(
	    d, "t", NULL, "t/b\\c: a name with a control character or a backslash cannot be sent");
	holds(d, "t", "*\\*", "d \nf a\n");
	make(d, "t/b ", "");
	holds(d, "t", "b\\*", "t/b : a name that ends in a blank cannot be sent");
	autofree char *fifo = xasprintf("%s/t/aa", d->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	holds(d, "t", NULL, "t/aa: is no file, directory or link");
	lead(d, "out", "/etc");
	holds(d, "out", NULL,
	    "out leads out of the playbook's directory: keep the file beside the playbook or "
	    "below");
	holds(d, "../t", NULL,
	    "../t leads out of the playbook's directory: keep the file beside the playbook or "
	    "below");
}

static void
a_copy_is_as_many_tasks_as_it_has_entries(void **state)
{
	struct desk *d = *state;

	make(d, "t/", NULL);
	make(d, "t/b/", NULL);
	make(d, "t/b/c", "c");
	lead(d, "t/l", "b");
	assert_true(
	    desk_desire(d, "tasks:\n"
			   "  - copy: {src: t, dest: \"/srv/{{ host }}\", owner: eve, mode: 0600}\n"
			   "    then: reload a.service\n"));
	assert_int_equal(d->count, 4);
	const struct resource *r = desk_wanted(d, "file /srv/web1/b/c");
	assert_int_equal(r->mode, 0600);
	assert_string_equal(r->owner, "eve");
	assert_string_equal(r->content, "c");
	assert_string_equal(r->then.unit, "a.service");
	assert_string_equal(desk_wanted(d, "link /srv/web1/l")->content, "b");
	assert_int_equal(desk_wanted(d, "dir /srv/web1")->mode, RESOURCE_KEEP);
	assert_string_equal(desk_wanted(d, "dir /srv/web1/b")->owner, "eve");
}

static void
what_a_copy_and_a_task_both_name_is_told(void **state)
{
	struct desk *d = *state;

	make(d, "t/", NULL);
	make(d, "t/c", "c");
	assert_false(desk_desire(d, "tasks:\n"
				    "  - copy: {src: t, dest: /srv/x}\n"
				    "  - file: {path: /srv/x/c, content: c}\n"));
	assert_non_null(strstr(
	    buf_text(&d->said), "shop.yaml:3:5: /srv/x/c is declared twice: also at line 2"));
}

int
main(void)
{
#define at_desk(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		at_desk(a_tree_is_read_in_order_with_its_links),
		at_desk(what_cannot_be_sent_is_told),
		at_desk(a_copy_is_as_many_tasks_as_it_has_entries),
		at_desk(what_a_copy_and_a_task_both_name_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
