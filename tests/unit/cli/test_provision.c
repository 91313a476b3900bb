#include "base/mem.h"
#include "cli/provision.h"
#include "remote/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAz8tMBPp6HEE3OnlUR0IFkZrJe/L9KWFe90J+jAFpjQ"
#define KEY2 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0C5YmguGn8FzaXBFMlmEe8NPW6aCX1q2iAtBlqeB8q"

/* How many keys of the text there are; the fingerprint of the last one. */
static size_t
keys(const char *text, char fingerprint[64])
{
	struct provision_key key[PROVISION_KEYS];
	size_t n = provision_keys(text, strlen(text), key);

	fingerprint[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		trust_fingerprint(key[i].blob, key[i].len, fingerprint);
		free(key[i].blob);
	}
	return n;
}

static void
lines_that_are_keys_are_found_among_others(void **state)
{
	char a[64], b[64];

	(void)state;
	assert_int_equal(keys(KEY1 "\n", a), 1);
	assert_int_equal(keys("making a machine\n" KEY1 " root@new\nit is up\n", b), 1);
	assert_string_equal(a, b);
	assert_int_equal(keys("10.0.0.7 " KEY1 "\n[10.0.0.7]:2222 " KEY2 "\r\n", b), 2);
	assert_string_not_equal(a, b);
	assert_int_equal(keys(KEY2, a), 1);
	assert_string_equal(a, b);
}

static void
what_is_no_key_is_none(void **state)
{
	char f[64];

	(void)state;
	assert_int_equal(keys("", f), 0);
	assert_int_equal(keys("ssh-ed25519\n", f), 0);
	assert_int_equal(keys("ssh-ed25519 AAAA\n", f), 0);
	assert_int_equal(
	    keys("ssh-rsa "
		 "AAAAC3NzaC1lZDI1NTE5AAAAIAz8tMBPp6HEE3OnlUR0IFkZrJe/L9KWFe90J+jAFpjQ\n",
		f),
	    0);
	assert_int_equal(keys("# " KEY1 "\n", f), 0);
	/* What is taken back or signs others is no host's key. */
	assert_int_equal(keys("@revoked * " KEY1 "\n@cert-authority * " KEY2 "\n", f), 0);
	assert_int_equal(keys("the key is " KEY1 "\n", f), 0);
}

static void
more_keys_than_a_host_has_are_not_taken(void **state)
{
	char text[2000] = "", f[64];

	(void)state;
	for (int i = 0; i < PROVISION_KEYS + 3; i++)
		strcat(text, KEY1 "\n");
	assert_int_equal(keys(text, f), PROVISION_KEYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_are_keys_are_found_among_others),
		cmocka_unit_test(what_is_no_key_is_none),
		cmocka_unit_test(more_keys_than_a_host_has_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
