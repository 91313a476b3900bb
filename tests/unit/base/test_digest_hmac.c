#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_prepared_key_gives_the_same_mac(void **state)
{
	uint8_t key[64], text[300], want[20], got[20];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	for (size_t nkey = 0; nkey <= sizeof(key); nkey += 4) {
		struct digest_hmac h;

		memset(key, (int)(nkey + 1), sizeof(key));
		digest_hmac_key(&h, key, nkey);
		for (size_t n = 0; n <= sizeof(text); n += 25) {
			digest_hmac_sha1(key, nkey, text, n, want);
			digest_hmac_end(&h, text, n, got);
			assert_memory_equal(got, want, sizeof(want));
		}
	}
}

/* RFC 2202, test case 2. */
static void
the_published_value_comes_out(void **state)
{
	static const uint8_t want[20] = { 0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2,
		0x74, 0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79 };
	struct digest_hmac h;
	uint8_t got[20];

	(void)state;
	digest_hmac_key(&h, (const uint8_t *)"Jefe", 4);
	digest_hmac_end(&h, "what do ya want for nothing?", 28, got);
	assert_memory_equal(got, want, sizeof(want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prepared_key_gives_the_same_mac),
		cmocka_unit_test(the_published_value_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
