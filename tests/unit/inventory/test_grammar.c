#include "base/mem.h"
#include "inventory/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
good_and_bad(const char *(*grammar)(const char *), const char *const *good, const char *const *bad)
{
	for (; *good; good++)
		assert_null(grammar(*good));
	for (; *bad; bad++)
		assert_non_null(grammar(*bad));
}

static void
names_are_what_a_resolver_and_a_shell_can_bear(void **state)
{
	static const char *const hosts[] = { "a", "db_1", "web1.example.org", "::1", "10.0.0.1",
		NULL };
	static const char *const no_hosts[] = { "", "-a", "a b", "a/b", "a%b", "a\n", "\xc3\xa9",
		"a@b", "[::1]", NULL };
	static const char *const addresses[] = { "fe80::1%eth0", "fe80::1", "10.0.0.1", "x.org",
		NULL };
	static const char *const no_addresses[] = { "%eth0", "10.0.0.1%eth0", "fe80::1%",
		"fe80::1%e h", "fe80::g%e", "-x", NULL };
	static const char *const users[] = { "root", "_apt", "a-b_9", "Ann.Lee", "CORP\\ann",
		"ann@corp", "9a", NULL };
	static const char *const no_users[] = { "", "-a", "a;b", "a b", "$x", ".a", "@a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL };

	(void)state;
	good_and_bad(grammar_host, hosts, no_hosts);
	good_and_bad(grammar_address, addresses, no_addresses);
	good_and_bad(grammar_user, users, no_users);
}

static void
groups_jumps_paths_and_keys_are_checked(void **state)
{
	static const char *const groups[] = { "web", "all-eu", "1.2_3", "_own", NULL };
	static const char *const no_groups[] = { "", "-a", ".a", "a b", "@a", "a/b", NULL };
	static const char *const jumps[] = { "bastion", "ann@b:2222", "a,b@[::1]:22", NULL };
	static const char *const no_jumps[] = { "", "-J", "a b", "a;b", NULL };
	static const char *const paths[] = { "a", "/a b", NULL };
	static const char *const no_paths[] = { "", "a\nb", NULL };
	static const char *const keys[] = {
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3FXgRVmZvZ0m8t8oQwzFJ3qkqNn5iVbOHJ7n8xT0pA",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3FXgRVmZvZ0m8t8oQwzFJ3qkqNn5iVbOHJ7n8xT0pA "
		"me@laptop",
		NULL
	};
	static const char *const no_keys[] = { "", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 x*y",
		"ssh-ed25519 AAAA",
		"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJ3FXgRVmZvZ0m8t8oQwzFJ3qkqNn5iVbOHJ7n8xT0pA",
		NULL };

	(void)state;
	good_and_bad(grammar_group, groups, no_groups);
	good_and_bad(grammar_jump, jumps, no_jumps);
	good_and_bad(grammar_path, paths, no_paths);
	good_and_bad(grammar_host_key, keys, no_keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_what_a_resolver_and_a_shell_can_bear),
		cmocka_unit_test(groups_jumps_paths_and_keys_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
