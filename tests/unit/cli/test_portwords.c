#include "cli/portwords.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
forwardings_are_read_as_ssh_spells_them(void **state)
{
	static const struct {
		const char *word;
		enum portwords_kind kind;
		struct portwords wanted;
	} cases[] = {
		{ "8080:db:5432", PORTWORDS_THERE, { "", 8080, "db", 5432 } },
		{ "localhost:8080:db:5432", PORTWORDS_THERE, { "", 8080, "db", 5432 } },
		{ "127.0.0.2:8080:db:5432", PORTWORDS_THERE, { "127.0.0.2", 8080, "db", 5432 } },
		{ "*:80:[::1]:81", PORTWORDS_THERE, { "*", 80, "::1", 81 } },
		{ ":80:10.0.0.1:65535", PORTWORDS_THERE, { "*", 80, "10.0.0.1", 65535 } },
		{ "[::1]:80:[fe80::1]:81", PORTWORDS_THERE, { "::1", 80, "fe80::1", 81 } },
		{ "1080", PORTWORDS_PROXY, { "", 1080, "", 0 } },
		{ "[::1]:1080", PORTWORDS_PROXY, { "::1", 1080, "", 0 } },
		{ "*:1080", PORTWORDS_PROXY, { "*", 1080, "", 0 } },
		{ "0:db:81", PORTWORDS_BACK, { "", 0, "db", 81 } },
		{ "[::1]:0:db:81", PORTWORDS_BACK, { "::1", 0, "db", 81 } },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct portwords got;
		struct err err;

		assert_int_equal(portwords_parse(cases[i].word, cases[i].kind, &got, &err), 0);
		assert_string_equal(got.address, cases[i].wanted.address);
		assert_string_equal(got.host, cases[i].wanted.host);
		assert_int_equal(got.port, cases[i].wanted.port);
		assert_int_equal(got.to, cases[i].wanted.to);
	}
}

static void
what_is_none_is_refused_by_name(void **state)
{
	static const struct {
		const char *word;
		enum portwords_kind kind;
		const char *says;
	} cases[] = {
		{ "", PORTWORDS_THERE, "is not [ADDRESS:]PORT:HOST:PORT" },
		{ "8080", PORTWORDS_THERE, "is not" },
		{ "8080:db", PORTWORDS_THERE, "is not" },
		{ "a:1:b:2:c", PORTWORDS_THERE, "is not" },
		{ "[::1:80:db:81", PORTWORDS_THERE, "is not" },
		{ "[::1]x:80:db:81", PORTWORDS_THERE, "is not" },
		{ "80:db:81", PORTWORDS_PROXY, "is not [ADDRESS:]PORT" },
		{ "0:db:81", PORTWORDS_THERE, "a port is a number" },
		{ "80:db:65536", PORTWORDS_THERE, "a port is a number" },
		{ "80:db:", PORTWORDS_THERE, "a port is a number" },
		{ "80:db:8a", PORTWORDS_THERE, "a port is a number" },
		{ "80:db:000081", PORTWORDS_THERE, "a port is a number" },
		{ ":db:81", PORTWORDS_BACK, "a port is a number" },
		{ "::db:81", PORTWORDS_BACK, "a port is a number" },
		{ "0:db:0", PORTWORDS_BACK, "of the host also 0" },
		{ "0", PORTWORDS_PROXY, "a port is a number" },
		{ "80::81", PORTWORDS_THERE, "names no host" },
		{ "8080:/run/db.sock", PORTWORDS_THERE,
		    "sockets of the file system are not forwarded" },
		{ "/tmp/s:db:80", PORTWORDS_THERE, "sockets of the file system are not forwarded" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct portwords got;
		struct err err;

		assert_int_equal(portwords_parse(cases[i].word, cases[i].kind, &got, &err), -1);
		assert_int_equal(err.kind, OUTCOME_USAGE);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].word, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwardings_are_read_as_ssh_spells_them),
		cmocka_unit_test(what_is_none_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
