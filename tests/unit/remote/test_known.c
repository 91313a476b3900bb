#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"
#include "remote/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Thirty-two zero bytes, called ssh-ed25519. */
#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
bad_lines_are_named_and_the_good_ones_hold(void **state)
{
	struct known *k = known_new("file");
	struct diag d;
	autobuf text = BUF_INIT(200000);
	size_t n;

	(void)state;
	diag_init(&d);
	buf_adds(&text, "# a comment\n\n   \t\nweb0 ssh-ed25519\n"); /* 4 */
	buf_adds(&text, "web0 ssh-ed25519 !!!!\n");                  /* 5 */
	buf_adds(&text, "@unheard web0 ssh-ed25519 AAAA\n");         /* 6 */
	buf_adds(&text, "|1|short|hash ssh-ed25519 AAAA\n");         /* 7 */
	buf_add(&text, "\0\x01\x02 web0\n", 9);                      /* 8 */
	for (int i = 0; i < 40000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\n");                                 /* 9 */
	buf_adds(&text, "web2 ssh-ed25518 " KEY "\n");         /* 10 */
	buf_adds(&text, "web1 ssh-ed25519 " KEY " a comment"); /* 11, without a newline */
	known_parse(k, text.data, text.len, &d);
	assert_int_equal(d.warnings, 7);
	for (int i = 0; i < d.count; i++) {
		assert_string_equal(d.item[i].mark.file, "file");
		assert_int_equal(d.item[i].mark.line, 4 + i);
	}
	assert_int_equal(known_count(k), 1);
	assert_int_equal(known_at(k, 0)->line, 11);
	assert_string_equal(known_at(k, 0)->comment, "a comment");
	assert_non_null(known_find(k, "web1", &n));
	assert_int_equal(n, 1);
	known_find(k, "web2", &n);
	assert_int_equal(n, 0);
	diag_fini(&d);
	known_free(k);
}

static void
names_match_as_openssh_matches_them(void **state)
{
	static const struct {
		const char *names, *name;
		bool match;
	} cases[] = {
		{ "web1", "web1", true },
		{ "WEB1", "web1", true },
		{ "web1", "web11", false },
		{ "web?", "web1", true },
		{ "web?", "web", false },
		{ "*", "anything", true },
		{ "a*b*c", "axxbyyc", true },
		{ "a*b*c", "axxbyy", false },
		{ "*,!web1", "web1", false },
		{ "!web1,*", "web1", false },
		{ "!web1", "web2", false },
		{ "[web1]:22*", "[web1]:2222", true },
		{ "[web1]", "w", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		if (known_names_match(cases[i].names, cases[i].name) != cases[i].match)
			fail_msg("%s against %s", cases[i].names, cases[i].name);
	}
}

static void
fingerprints_are_those_of_ssh_keygen(void **state)
{
	char dir[] = "/tmp/drover-test-XXXXXX";
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	autofree char *path = xasprintf("%s/key", dir);
	autofree char *public = xasprintf("%s.pub", path);
	char line[300], ours[64];

	autofree char *command =
	    xasprintf("ssh-keygen -q -t ed25519 -N '' -f %s && ssh-keygen -l -f %s", path, path);
	FILE *p = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	autofree char *text = file_read(public, 9999, NULL, &err);
	autofree char *with_name = xasprintf("x %s", text);
	autofree char *memory = NULL;
	struct known_line key;
	const char *why;
	assert_true(known_read_line(with_name, strlen(with_name), &key, &memory, &why));
	trust_fingerprint(key.blob, key.len, ours);
	assert_non_null(strstr(line, ours));
	assert_int_equal(unlink(path) + unlink(public) + rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_named_and_the_good_ones_hold),
		cmocka_unit_test(names_match_as_openssh_matches_them),
		cmocka_unit_test(fingerprints_are_those_of_ssh_keygen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
