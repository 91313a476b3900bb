/* Screens of several hosts, compared. The captures are of Debian 12 and 13 hosts. */
#include "base/buf.h"
#include "base/mem.h"
#include "tui/diverge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MOST 8

struct case_screens {
	const char *names[MOST][DIVERGE_NAMES];
	struct diverge_screen screen[MOST];
	size_t count;
};

static void
add(struct case_screens *c, const char *host, const char *address, const char *text)
{
	size_t i = c->count++;

	c->names[i][0] = host;
	c->names[i][1] = address;
	c->screen[i] =
	    (struct diverge_screen){ .names = c->names[i], .text = text, .len = strlen(text) };
}

static void
masks_to(const char *host, const char *text, const char *expected)
{
	const char *names[] = { host, NULL };
	struct diverge_screen s = { .names = names, .text = text, .len = strlen(text) };
	autobuf b = BUF_INIT(4096);

	diverge_mask(&s, &b);
	assert_string_equal(buf_text(&b), expected);
}

static void
names_times_and_blanks_are_not_compared(void **state)
{
	(void)state;
	masks_to("web1", "app@web1:~$ ", "app@<host>:~$\n");
	masks_to("web1", "web10 web1 myweb1 WEB1.", "web10 <host> myweb1 <host>.\n");
	masks_to("web1.example.org", "on web1.example.org", "on <host>\n");
	masks_to("a", "10:42 10:42:07 9:05:01.250 10:42:07+02:00 10:42:07Z",
	    "<time> <time> <time> <time> <time>\n");
	masks_to("a", "2026-11-22 2026-11-22T10:42:07Z Nov 22 Nov  2 22 Nov Sun Nov 22",
	    "<date> <date><time> <date> <date> <date> <date>\n");
	masks_to("a", "total    48\t7   \n\n\n", "total 48 7\n");
	masks_to("a", "10:4 123:45 1:234 Novel 22 maybe 7 Sep",
	    "10:4 123:45 1:234 Novel 22 maybe <date>\n");
	masks_to("a", "port 8080 rc=1 42", "port 8080 rc=1 42\n");
	masks_to("a", "", "");
	masks_to("a", "\n\n", "");
}

static void
equal_listings_of_two_hosts_are_equal(void **state)
{
	struct case_screens c = { 0 };
	size_t group[MOST];

	(void)state;
	add(&c, "web1", "10.99.0.11",
	    "root@web1:~# ls -l /etc/hostname; date; uptime\n"
	    "-rw-r--r-- 1 root root 5 Nov  2 03:14 /etc/hostname\n"
	    "Sun Nov 22 14:52:33 UTC 2026\n"
	    "root@web1:~# ");
	add(&c, "web10", "10.99.0.20",
	    "root@web10:~# ls -l /etc/hostname; date; uptime\n"
	    "-rw-r--r-- 1 root root 5 Nov 21 23:59 /etc/hostname\n"
	    "Sun Nov 22 14:52:34 UTC 2026\n"
	    "root@web10:~# ");
	assert_int_equal(diverge_groups(c.screen, c.count, group), 1);
	assert_null(diverge_diff(&c.screen[0], &c.screen[1]));
}

#define DF_HEAD "Filesystem     Type  Size  Used Avail Use% Mounted on\n"

static void
the_host_whose_disk_is_full_is_the_odd_one(void **state)
{
	struct case_screens c = { 0 };
	size_t group[MOST];

	(void)state;
	add(&c, "db1", NULL,
	    "root@db1:~# df -hT /\n" DF_HEAD
	    "/dev/vda3      ext4   40G   38G    2G  95% /\nroot@db1:~# ");
	add(&c, "web1", NULL,
	    "root@web1:~# df -hT /\n" DF_HEAD
	    "/dev/vda3      ext4   40G    9G   31G  22% /\nroot@web1:~# ");
	add(&c, "web2", NULL,
	    "root@web2:~# df -hT /\n" DF_HEAD
	    "/dev/vda3      ext4   40G    9G   31G  22% /\nroot@web2:~# ");
	add(&c, "web3", NULL, "root@web3:~# df -hT /\n-bash: df: command not found\nroot@web3:~# ");
	assert_int_equal(diverge_groups(c.screen, c.count, group), 3);
	assert_int_equal(group[0], 1);
	assert_int_equal(group[1], 0);
	assert_int_equal(group[2], 0);
	assert_int_equal(group[3], 2);
	autofree char *diff = diverge_diff(&c.screen[1], &c.screen[0]);
	assert_non_null(diff);
	assert_non_null(strstr(diff, "-/dev/vda3 ext4 40G 9G 31G 22% /\n"));
	assert_non_null(strstr(diff, "+/dev/vda3 ext4 40G 38G 2G 95% /\n"));
}

static void
of_two_that_differ_the_first_is_the_measure(void **state)
{
	struct case_screens c = { 0 };
	size_t group[MOST];

	(void)state;
	add(&c, "web1", NULL, "12\n");
	add(&c, "web2", NULL, "13\n");
	assert_int_equal(diverge_groups(c.screen, c.count, group), 2);
	assert_int_equal(group[0], 0);
	assert_int_equal(group[1], 1);
	assert_int_equal(diverge_groups(c.screen, 0, group), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_times_and_blanks_are_not_compared),
		cmocka_unit_test(equal_listings_of_two_hosts_are_equal),
		cmocka_unit_test(the_host_whose_disk_is_full_is_the_odd_one),
		cmocka_unit_test(of_two_that_differ_the_first_is_the_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
