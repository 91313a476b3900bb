#include "playbooks/pubkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BLOB "AAAAC3NzaC1lZDI1NTE5AAAAIBI3qFPGm9p4FG6rW2EZmRvaEZnFT9U1wThIHSJ/Efrk"
#define KEY  "ssh-ed25519 " BLOB

static void
keys_as_sshd_takes_them_are_good(void **state)
{
	static const char *const good[] = { KEY, KEY " ada@laptop", "  " KEY "\tada",
		"no-pty,from=\"10.0.0.0/8,*.example.org\" " KEY " ada",
		"command=\"echo \\\"a b\\\" ssh-rsa\" " KEY };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (pubkey_wrong(good[i]))
			fail_msg("%s: %s", good[i], pubkey_wrong(good[i]));
	}
}

static void
what_is_wrong_is_told(void **state)
{
	static const char *const cases[][2] = { { "", "is wanted here" },
		{ "ssh-ed25519", "the key behind its type is missing" },
		{ "ssh-ed25519 AAAA*", "not base64" }, { "ssh-ed25519 AAAAnonsense", "key" },
		{ "ssh-rsa " BLOB, "not of the type" }, { "a b " KEY, "is wanted here" },
		{ "from=\"x " KEY, "is wanted here" }, { "ssh-dss AAAAB3NzaC1kc3M=", "no longer" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", "private" },
		{ KEY "\r", "control characters" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *said = pubkey_wrong(cases[i][0]);

		if (!said || !strstr(said, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], said ? said : "good");
	}
}

static void
two_lines_are_the_same_key_by_its_bytes(void **state)
{
	struct pubkey a, b;

	(void)state;
	assert_true(pubkey_cut(KEY " ada@laptop", &a));
	assert_string_equal(a.comment, "ada@laptop");
	assert_true(pubkey_cut("no-pty " KEY, &b));
	assert_string_equal(b.comment, "");
	assert_true(pubkey_same(&a, &b));
	assert_true(pubkey_cut("ssh-ed25519 AAAA", &b));
	assert_false(pubkey_same(&a, &b));
	assert_false(pubkey_cut("# a comment", &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_as_sshd_takes_them_are_good),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(two_lines_are_the_same_key_by_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
