#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/plan.h"
#include "playbooks/request.h"
#include "tests/lib/desk.h"
#include "tests/lib/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct host host = { .name = "web1" };

/* The one thing that this task wants. */
static const struct resource *
one(struct desk *d, const char *task)
{
	autofree char *text = xasprintf("tasks:\n  - %s\n", task);

	if (!desk_desire(d, text))
		fail_msg("%s: %s", task, buf_text(&d->said));
	assert_int_equal(d->count, 1);
	return d->want[0];
}

static void
refuses(struct desk *d, const char *task, const char *expected)
{
	autofree char *text = xasprintf("tasks:\n  - %s\n", task);

	assert_false(desk_desire(d, text));
	if (!strstr(buf_text(&d->said), expected))
		fail_msg("%s: said %s", task, buf_text(&d->said));
}

static void
step_is(struct desk *d, const char *task, const struct found *f, const char *expected)
{
	const struct resource *r = one(d, task);
	const struct plan *p = plan_make(d->arena, &host, &r, f, 1);
	const struct plan_step *s = &p->steps[0];
	autofree char *got = xasprintf("%c %s%s%s", plan_class_sign(s->class), s->why ? s->why : "",
	    p->refused ? "! " : "", p->refused ? p->refused : "");

	assert_string_equal(got, expected);
}

static void
a_directory_keeps_what_is_not_said_of_it(void **state)
{
	struct found f = {
		.present = true, .kind = 'd', .mode = 0700, .owner = "eve", .group = "adm"
	};
	struct found none = { .kind = '-' };

	step_is(*state, "dir: {path: /srv/x}", &none, "+ ");
	step_is(*state, "dir: {path: /srv/x}", &f, "  ");
	step_is(*state, "dir: {path: /srv/x, mode: 2755, group: bin}", &f,
	    "~ mode 0700 -> 2755, group adm -> bin");
}

static void
what_stands_in_the_way_of_a_directory_is_not_followed_nor_removed(void **state)
{
	struct found f = { .present = true, .kind = 'l', .target = "/data" };

	step_is(*state, "dir: {path: /srv/x}", &f,
	    "~ a link stands there, to /data: name the directory it leads to! dir /srv/x: a link "
	    "stands there, to /data: name the directory it leads to");
	f.kind = 'f';
	step_is(*state, "dir: {path: /srv/x}", &f,
	    "~ a file stands there! dir /srv/x: a file stands there");
	step_is(*state, "dir: {path: /srv/x, state: absent}", &f,
	    "~ a file stands there, not a directory! dir /srv/x: a file stands there, not a "
	    "directory");
}

static void
a_directory_that_goes_says_what_is_in_it(void **state)
{
	struct found f = { .present = true, .kind = 'd', .said = "a\nb" };
	struct found none = { .kind = '-' };

	step_is(*state, "dir: {path: /srv/x, state: absent}", &none, "  ");
	step_is(*state, "dir: {path: /srv/x, state: absent}", &f, "- it holds a, ...");
	step_is(*state, "dir: {path: /srv/x, state: absent, recursive: true}", &f,
	    "- with all in it: a, ...");
	f.said = "";
	step_is(*state, "dir: {path: /srv/x, state: absent}", &f, "- ");
}

static void
a_link_is_its_target(void **state)
{
	struct found f = {
		.present = true, .kind = 'l', .target = "a", .owner = "eve", .group = "adm"
	};
	struct found none = { .kind = '-' };

	step_is(*state, "link: {path: /srv/x, target: a}", &none, "+ to a");
	step_is(*state, "link: {path: /srv/x, target: a}", &f, "  ");
	step_is(*state, "link: {path: /srv/x, target: -b, owner: root}", &f,
	    "~ to a -> -b, owner eve -> root");
	step_is(*state, "link: {path: /srv/x, state: absent}", &f, "- to a");
	f.kind = 'f';
	step_is(*state, "link: {path: /srv/x, target: a}", &f, "~ a file stands there; to a");
	step_is(*state, "link: {path: /srv/x, state: absent}", &f,
	    "~ a file stands there, not a link! link /srv/x: a file stands there, not a link");
	f.kind = 'd';
	step_is(*state, "link: {path: /srv/x, target: a}", &f,
	    "~ a directory stands there! link /srv/x: a directory stands there");
}

static void
a_file_that_goes_is_shown(void **state)
{
	struct found f = {
		.present = true, .kind = 'f', .content = "x\n", .content_len = 2, .is_text = true
	};
	struct desk *d = *state;
	const struct resource *r = one(d, "file: {path: /srv/x, state: absent}");
	const struct plan *p = plan_make(d->arena, &host, &r, &f, 1);

	assert_int_equal(p->steps[0].class, PLAN_REMOVE);
	assert_string_equal(p->steps[0].diff, "--- a/srv/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
	f.kind = 'd';
	step_is(d, "file: {path: /srv/x, state: absent}", &f,
	    "~ a directory stands there, not a file! file /srv/x: a directory stands there, not a "
	    "file");
}

static void
mistakes_are_told_where_they_stand(void **state)
{
	refuses(*state, "dir: {path: /srv/x, mode: 10000}", ":2:31: mode: ");
	refuses(*state, "file: {path: /srv/x, content: a, mode: 01000000}", ":2:44: mode: ");
	refuses(*state, "dir: {path: srv}", ":2:17: path: an absolute path");
	refuses(*state, "dir: {path: /srv/x, recursive: true}", ":2:36: recursive: it goes with");
	refuses(*state, "dir: {path: /srv/x, state: absent, mode: 0755}",
	    ":2:46: mode: what is to be absent has none");
	refuses(*state, "dir: {path: /etc, state: absent}", "the system stands on it");
	refuses(
	    *state, "dir: {path: /var/lib/drover/runs, state: absent}", "the system stands on it");
	refuses(*state, "link: {path: /srv/x}", "target: is missing");
	refuses(*state, "link: {path: /srv/x, target: ''}", "a path of at most 4095 bytes");
	refuses(*state, "file: {path: /srv/x}", "one of content, source and template");
	refuses(*state, "file: {path: /srv/x, content: a, state: absent}",
	    "content: what is to be absent has none");
	refuses(*state, "file: {path: /srv/x, content: a, validate: visudo -c}",
	    "does not name the file");
	refuses(*state, "file: {path: /srv/x, content: a, validate: 'visudo -cf \"%s\"'}",
	    "stands without quotes");
	refuses(*state, "file: {path: /srv/x, content: a, validate: 'x {{ host }} %s'}",
	    "takes no {{ }}");
	refuses(*state, "unit: {state: absent}", "unit name");
	refuses(*state, "unit: {name: a.service, content: '', state: absent}",
	    "content: what is to be absent has none");
}

static void
what_is_no_tasks_is_refused(void **state)
{
	desk_put(*state, "one", "1\n");
	refuses(*state, "file: {path: /var/lib/drover/manifest, content: x}",
	    "shop.yaml:2:5: /var/lib/drover/manifest: what drover itself keeps");
	refuses(*state, "file: {path: /var/lib/drover/lock, state: absent}", "drover itself keeps");
	refuses(*state, "file: {path: '/{{ \"proc\" }}/sys/vm/x', content: x}", "the kernel makes");
	refuses(
	    *state, "template: {path: /dev/sda, src: one}", "shop.yaml:2:5: /dev/sda: the kernel");
	refuses(*state, "dir: {path: /sys/fs/x}", "the kernel makes");
	refuses(*state, "dir: {path: /var/lib/drover}", "drover itself keeps");
	refuses(*state, "link: {path: /dev/log, target: /run/x}", "the kernel makes");
	refuses(*state, "link: {path: /etc/shadow, target: /run/x}", "would lock everybody out");
	refuses(*state, "copy: {src: one, dest: /proc/one}", "the kernel makes");
	one(*state, "file: {path: /var/lib/drovers, content: x}");
	one(*state, "file: {path: /etc/passwd, content: x}");
	one(*state, "link: {path: /srv/x, target: /dev/null}");
}

static void
a_test_of_a_file_names_it(void **state)
{
	const struct resource *r = one(*state,
	    "file: {path: /srv/x, content: a, validate: visudo -cf %s && test -s \"$FILE\"}");

	assert_string_equal(r->validate[2], "visudo -cf \"$FILE\" && test -s \"$FILE\"");
	r = one(*state,
	    "file: {path: /srv/x, content: a, validate: [visudo, -cf, '%s', '{{ host }}']}");
	assert_string_equal(r->validate[2], "%s");
	assert_string_equal(r->validate[3], "web1");
}

#define B "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"

static void
what_goes_comes_last_and_the_deepest_first(void **state)
{
	static const struct found dir = { .present = true, .kind = 'd' };
	const struct found found[] = { dir, dir, { .present = true, .kind = 'f', .digest = B },
		{ .present = true, .kind = 'l', .target = "b" }, { .kind = '-' }, { .kind = '-' },
		{ .kind = '-' } };
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct desk *d = *state;
	struct err err;

	assert_true(desk_desire(d,
	    "tasks:\n"
	    "  - dir: {path: /srv/o, state: absent}\n"
	    "  - dir: {path: /srv/t, state: absent, recursive: true}\n"
	    "  - file: {path: /srv/o/f, state: absent}\n"
	    "  - link: {path: /srv/l, target: c}\n"
	    "  - dir: {path: /srv/d, mode: 1777, group: bin}\n"
	    "  - link: {path: /srv/n, target: b, owner: eve}\n"
	    "  - file: {path: /srv/f, content: b, mode: 4755, validate: 'test -s %s'}\n"));
	const struct plan *p = plan_make(d->arena, &host, d->want, found, d->count);
	struct request r = { .run = "run",
		.seat = "s",
		.who = "w",
		.host = "h",
		.playbook = "p",
		.release = "r",
		.plan = p };
	assert_int_equal(request_build(&r, &b, &err), 0);
	parcel_holds(&b, "files.1",
	    "4 - - - 2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6 l /srv/l\n"
	    "5 1777 - bin - d /srv/d\n"
	    "6 - eve - " B " l /srv/n\n"
	    "7 4755 root root " B " - /srv/f\n"
	    "2 - - - - t /srv/t\n"
	    "3 - - - - r /srv/o/f\n"
	    "1 - - - - e /srv/o\n");
	parcel_holds(&b, "needs", B "  /srv/o/f\n");
	parcel_holds(&b, "absent", "/srv/d\n/srv/n\n/srv/f\n");
	parcel_holds(&b, "places", "d - /srv/o\nd - /srv/t\nl " B " /srv/l\n");
	parcel_holds(&b, "steps", "files 1\n");
	parcel_holds(&b, "valid/7", "1\nsh\n1\n-c\n1\ntest -s \"$FILE\"\n");
}

static void
a_unit_that_goes_is_stopped_while_its_file_is_there(void **state)
{
	struct found found = {
		.present = true, .kind = 'f', .digest = B, .active = "active", .enabled = "enabled"
	};
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct desk *d = *state;
	const struct resource *want = one(d, "unit: {name: a.service, state: absent}");
	struct err err;

	struct plan *p = plan_make(d->arena, &host, &want, &found, 1);
	struct request r = { .run = "run",
		.seat = "s",
		.who = "w",
		.host = "h",
		.playbook = "p",
		.release = "r",
		.plan = p };
	assert_int_equal(p->steps[0].class, PLAN_REMOVE);
	assert_string_equal(p->steps[0].why, "stop, disable");
	assert_int_equal(request_build(&r, &b, &err), 0);
	parcel_holds(&b, "files.1", "1 - - - - r /etc/systemd/system/a.service\n");
	parcel_holds(&b, "steps",
	    "stage 1\nstart 1\nunit stop a.service\ndisable a.service\nfiles 1\nat "
	    "0\ndaemon-reload\n");
	found = (struct found){ .kind = '-', .active = "failed" };
	p = plan_make(d->arena, &host, &want, &found, 1);
	assert_int_equal(p->steps[0].class, PLAN_SAME);
}

int
main(void)
{
#define at_desk(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		at_desk(a_directory_keeps_what_is_not_said_of_it),
		at_desk(what_stands_in_the_way_of_a_directory_is_not_followed_nor_removed),
		at_desk(a_directory_that_goes_says_what_is_in_it),
		at_desk(a_link_is_its_target),
		at_desk(a_file_that_goes_is_shown),
		at_desk(mistakes_are_told_where_they_stand),
		at_desk(what_is_no_tasks_is_refused),
		at_desk(a_test_of_a_file_names_it),
		at_desk(what_goes_comes_last_and_the_deepest_first),
		at_desk(a_unit_that_goes_is_stopped_while_its_file_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
