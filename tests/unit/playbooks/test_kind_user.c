#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ADA   "AAAAC3NzaC1lZDI1NTE5AAAAIBI3qFPGm9p4FG6rW2EZmRvaEZnFT9U1wThIHSJ/Efrk"
#define EVE   "AAAAC3NzaC1lZDI1NTE5AAAAIBI3qFPGm9p4FG6rW2EZmRvaEZnFT9U1wThIHSJ/Eeve"
#define KEY   "ssh-ed25519 " ADA " ada@laptop"
#define OTHER "ssh-ed25519 " EVE " eve"
#define HASH  "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/"
#define THERE                                                                                      \
	"uid 1001\ncomment Ada,,,\nhome /home/ada\nshell /bin/sh\ngroup ada\nmember adm\n"         \
	"member sudo\nhomedir\n"

static const struct plan_step *
planned(struct desk *d, const char *fields, const char *said)
{
	autofree char *text = xasprintf("tasks: [{user: {name: ada, %s}}]\n", fields);

	return desk_plan_one(d, text, said)->steps;
}

static void
same(struct desk *d, const char *fields, const char *said)
{
	const struct plan_step *s = planned(d, fields, said);

	if (s->class != PLAN_SAME)
		fail_msg("%s: %s", fields, s->why);
	assert_null(s->doing);
}

static void
what_is_so_already_is_left_alone(void **state)
{
	same(*state, "shell: /bin/sh", THERE);
	same(*state, "uid: 1001, comment: Ada, home: /home/ada, group: ada", THERE);
	same(*state, "groups: [sudo]", THERE);
	same(*state, "groups: [sudo, adm, ada], exclusive_groups: true", THERE);
	same(*state, "groups: \"sudo,adm\"", THERE);
	same(*state, "keys: [\"" KEY "\"]", THERE "key " OTHER "\nkey " KEY);
	same(*state, "keys: [\"" KEY "\"], exclusive_keys: true", THERE "key " KEY);
	same(*state, "password: \"" HASH "\"", THERE "password same");
	same(*state, "password: \"!\"", THERE "password locked");
	same(*state, "create_home: true, system: true", THERE);
	same(*state, "state: absent", "");
}

static void
a_new_account_gets_all_that_is_said(void **state)
{
	const struct plan_step *s = planned(*state,
	    "uid: 7, groups: [a, b], password: \"" HASH "\", keys: [\"" KEY "\"]", "nogroup b");

	assert_int_equal(s->class, PLAN_CREATE);
	assert_string_equal(
	    s->why, "uid 7, joins a, joins b, key ada@laptop comes, the group b is made");
	desk_words_are(s->doing, "present | ada | uid=7 | password=" HASH
				 " | new-home | member=a | member=b | keys | key=" ADA " " KEY);
	desk_words_are(s->back, "absent | ada");
	desk_words_are(
	    planned(*state, "system: true", "")->doing, "present | ada | system | no-home");
}

static void
each_difference_is_named_and_can_be_put_back(void **state)
{
	const struct plan_step *s = planned(*state,
	    "shell: /bin/bash, comment: Ada L, groups: [wheel], exclusive_groups: true, keys: "
	    "[\"no-pty " KEY "\"], exclusive_keys: true",
	    THERE "key " KEY "\nkey " OTHER "\n");

	assert_int_equal(s->class, PLAN_CHANGE);
	assert_string_equal(s->why,
	    "shell /bin/sh -> /bin/bash, comment Ada,,, -> Ada L, joins wheel, leaves adm, leaves "
	    "sudo, key ada@laptop changes, key eve goes");
	desk_words_are(s->doing, "present | ada | shell=/bin/bash | comment=Ada L | member=wheel | "
				 "only-groups | keys | key=" ADA " no-pty " KEY " | only-keys");
	desk_words_are(s->back,
	    "present | ada | shell=/bin/sh | comment=Ada,,, | member=adm | member=sudo | "
	    "only-groups | keys | key=" ADA " " KEY " | key=" EVE " " OTHER " | only-keys");
}

static void
a_password_is_never_shown_and_cannot_be_put_back(void **state)
{
	struct desk *d = *state;
	const struct plan_step *s = planned(d, "password: \"" HASH "\"", THERE "password other");

	assert_string_equal(s->why, "its password changes (not shown: secret)");
	assert_null(s->back);
	assert_true(s->resource->secret);
	s = planned(d, "password: \"!\"", THERE "password other");
	assert_string_equal(s->why, "its password is locked");
	char digest[65];
	memcpy(digest, d->want[0]->digest, sizeof(digest));
	planned(d, "password: \"" HASH "\"", "");
	assert_string_equal(digest, d->want[0]->digest);
	assert_false(
	    desk_desire(d, "tasks: [{user: {name: ada, password: \"hunter2hunter2hunter2\"}}]\n"));
	assert_null(strstr(buf_text(&d->said), "hunter2"));
}

static void
what_cannot_be_is_refused(void **state)
{
	static const char *const cases[][3] = {
		{ "shell: /bin/sh", "lacks useradd", "the host has no useradd" },
		{ "shell: /bin/sh", "elsewhere", "comes from elsewhere" },
		{ "uid: 5", THERE "taken eve", "the number 5 is that of eve" },
		{ "shell: /bin/zsh", THERE "noshell", "the host has no /bin/zsh" },
		{ "keys: [\"" KEY "\"]", "uid 7\nhome /none", "it has no home" },
		{ "state: absent", "uid 0\nhome /root", "does not remove root" },
		{ "state: absent", THERE "self", "drover logs in as it" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct desk *d = *state;
		struct found found = { .said = cases[i][1] };

		planned(d, cases[i][0], "");
		const char *refused = plan_make(d->arena, &d->host, d->want, &found, 1)->refused;
		if (!refused || !strstr(refused, cases[i][2]))
			fail_msg("%s: %s", cases[i][0], refused ? refused : "not refused");
	}
}

static void
a_removal_says_what_stays_and_what_stands_in_its_way(void **state)
{
	const struct plan_step *s = planned(*state, "state: absent", THERE "processes 2");

	assert_int_equal(s->class, PLAN_REMOVE);
	assert_string_equal(
	    s->why, "/home/ada stays, 2 processes run as it: it is not removed while they do");
	desk_words_are(s->doing, "absent | ada");
	assert_null(s->back);
	s = planned(*state, "state: absent, remove: home", THERE);
	assert_string_equal(s->why, "/home/ada and all in it too");
	desk_words_are(s->doing, "absent | ada | home");
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const char *const cases[][2] = {
		{ "{name: Ada}", ":1:23: user: name: a user name" },
		{ "{name: ada, uid: 01}", ":1:33: user: uid: a number" },
		{ "{name: ada, shell: zsh}", ":1:35: user: shell: an absolute path" },
		{ "{name: ada, home: /a:b}", ":1:34: user: home: an absolute path" },
		{ "{name: ada, comment: \"a:b\"}", "user: comment: a line" },
		{ "{name: ada, groups: [A]}", ":1:37: user: groups: a group name" },
		{ "{name: ada, keys: [x]}", ":1:35: user: keys: [OPTIONS] TYPE KEY" },
		{ "{name: ada, keys: [\"" KEY "\", \"" KEY "\"]}", "is there twice" },
		{ "{name: ada, exclusive_keys: true}", "exclusive_keys: keys is missing" },
		{ "{name: ada, remove: home}", "only with state: absent" },
		{ "{name: ada, state: absent, uid: 3}", "what is to be absent has none" },
		{ "{name: root, state: absent}", "drover does not remove root" },
		{ "{name: root, uid: 5}", "root without the number 0" },
		{ "{name: ada, groups: {a: b}}", "a text or a list" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *task = xasprintf("[{user: %s}]", cases[i][0]);

		desk_refuses(*state, task, cases[i][1]);
	}
}

#define WITH_DESK(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(what_is_so_already_is_left_alone),
		WITH_DESK(a_new_account_gets_all_that_is_said),
		WITH_DESK(each_difference_is_named_and_can_be_put_back),
		WITH_DESK(a_password_is_never_shown_and_cannot_be_put_back),
		WITH_DESK(what_cannot_be_is_refused),
		WITH_DESK(a_removal_says_what_stays_and_what_stands_in_its_way),
		WITH_DESK(mistakes_are_told_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
