/* Where what an app prints goes. */
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/resource.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool
says(struct desk *d, const char *id, const char *text)
{
	return strstr(desk_wanted(d, id)->content, text) != NULL;
}

#define TOLD "file /etc/drover/apps/shop/resources-0.json"

static void
the_journal_is_what_nobody_has_to_name(void **state)
{
	static const char *const same[] = { "", ", log: journald" };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(same); i++) {
		autofree char *text =
		    xasprintf("apps: {shop: {image: localhost/shop:1%s}}\n", same[i]);

		assert_true(desk_desire(d, text));
		assert_false(says(d, "unit shop-0.service", "LogNamespace"));
		assert_false(says(d, "unit shop-0.service", "DROVER_LOG_NAMESPACE"));
		assert_true(says(d, TOLD, "\"log\":{\"write\":\"stdout\",\"sink\":\"journal\"}"));
	}
}

static void
a_namespace_stands_in_the_unit_and_the_app_is_told(void **state)
{
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "apps: {shop: {image: localhost/shop:1, log: {namespace: front}}}\n"));
	assert_true(says(d, "unit shop-0.service", "\nLogNamespace=front\n"));
	assert_true(says(d, "unit shop-0.service", " --env=DROVER_LOG_NAMESPACE=front "));
	assert_true(says(d, "unit shop-0.service",
	    " sh \\\n  /usr/bin/nsenter --mount=/proc/1/ns/mnt -- /usr/bin/podman run "));
	assert_true(says(d, "unit shop-0.service",
	    "\n  /usr/bin/nsenter --mount=/proc/1/ns/mnt -- /usr/bin/podman rm "));
	assert_true(says(d, "unit shop-0.service", " --log-driver=passthrough "));
	assert_true(says(d, "unit shop-0.service",
	    "\nExecStop=/usr/bin/nsenter --mount=/proc/1/ns/mnt -- /usr/bin/podman rm "));
	assert_true(says(d, "unit shop-0.service",
	    "\nExecStopPost=-/usr/bin/nsenter --mount=/proc/1/ns/mnt -- /usr/bin/podman rm "));
	assert_true(says(d, TOLD,
	    "\"log\":{\"write\":\"stdout\",\"sink\":\"namespace\",\"namespace\":\"front\"}"));
}

static void
the_root_of_a_binary_has_the_sockets_of_its_journal_alone(void **state)
{
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	assert_true(desk_desire(d, "apps: {shop: {binary: ./serve}}\n"));
	assert_true(says(d, "unit shop-0.service", " -/run/systemd/journal/socket"));
	assert_true(desk_desire(d, "apps: {shop: {binary: ./serve, log: {namespace: front}}}\n"));
	assert_true(says(d, "unit shop-0.service", "\nLogNamespace=front\n"));
	assert_false(says(d, "unit shop-0.service", "/run/systemd/journal/"));
}

#define FILED "log: {file: /var/log/shop/out.log, max: 1M, keep: 3}"

static void
a_file_has_a_reader_that_is_fed_by_the_unit(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "apps: {shop: {image: localhost/shop:1, " FILED "}}\n"));
	assert_true(says(d, "unit shop-0.service",
	    "\nRequires=shop-0-log.socket\nWants=shop-0-log.service\n"
	    "After=shop-0-log.socket shop-0-log.service\n"));
	assert_true(says(d, "unit shop-0.service",
	    "\nStandardInput=file:/run/drover-log/shop-0.marks/ready\n"
	    "StandardOutput=append:/run/drover-log/shop-0\nStandardError=inherit\n"
	    "ExecStartPre=+/usr/bin/sh -c '["));
	assert_true(says(d, "unit shop-0.service",
	    " shop-0 ${INVOCATION_ID} '\\\\0drover start %%s\\n' "
	    "/run/drover-log/shop-0.marks/starts\n"));
	assert_true(says(d, "unit shop-0.service", " --log-driver=passthrough "));
	assert_true(says(
	    d, "unit shop-0.service", "\nExecStop=/usr/bin/systemd-cat -t %N /usr/bin/podman rm "));
	assert_true(
	    says(d, "unit shop-0.service", " --env=DROVER_LOG_FILE=/var/log/shop/out.log "));
	assert_true(says(d, TOLD,
	    "\"log\":{\"write\":\"stdout\",\"sink\":\"file\",\"file\":\"/var/log/shop/"
	    "out.log\"}"));
	assert_true(says(d, "file /etc/systemd/system/shop-0-log.socket",
	    "\nListenFIFO=/run/drover-log/shop-0\n"));
	assert_true(says(d, "file /etc/systemd/system/shop-0-log.service",
	    "\nExecStart=/usr/bin/perl /etc/drover/apps/shop/logfile.pl keep "
	    "/etc/drover/apps/shop/log-0\n"));
	assert_string_equal(desk_wanted(d, "file /etc/drover/apps/shop/log-0")->content,
	    "file /var/log/shop/out.log\nmax 1048576\nkeep 3\ncid /run/shop-0.cid\n");
	assert_true(desk_wanted(d, "dir /var/log/shop")->implied);
}

static void
a_program_logs_to_a_file_of_each_replica(void **state)
{
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	assert_true(desk_desire(d,
	    "apps: {shop: {binary: ./serve, replicas: 2, log: {file: /var/log/shop-%n.log}}}\n"));
	assert_string_equal(desk_wanted(d, "file /etc/drover/apps/shop/log-1")->content,
	    "file /var/log/shop-1.log\nmax 10485760\nkeep 5\n");
	assert_true(says(d, "unit shop-1.service", "\nRequires=shop-1-log.socket\n"));
	assert_true(says(d, "unit shop-1.service", "\nExecStartPre=!/usr/bin/sh -c "));
	assert_true(says(d, "unit shop-1.service", "' /proc/self/fd/0\n"));
	assert_true(
	    says(d, "unit shop-1.service", "\nEnvironment=DROVER_LOG_FILE=/var/log/shop-1.log\n"));
}

/* What the reader runs by changes, and the replica does not know. */
static void
the_size_of_a_file_restarts_no_replica(void **state)
{
	static const char *const other[] = { "max: 2M, keep: 3", "max: 1M, keep: 4" };
	struct desk *d = *state;
	char before[65];

	assert_true(desk_desire(d, "apps: {shop: {image: localhost/shop:1, " FILED "}}\n"));
	snprintf(
	    before, sizeof(before), "%s", desk_wanted(d, "unit shop-0.service")->config_digest);
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		autofree char *text = xasprintf("apps: {shop: {image: localhost/shop:1, log: "
						"{file: /var/log/shop/out.log, %s}}}\n",
		    other[i]);

		assert_true(desk_desire(d, text));
		assert_string_equal(desk_wanted(d, "unit shop-0.service")->config_digest, before);
	}
	assert_true(desk_desire(
	    d, "apps: {shop: {image: localhost/shop:1, log: {file: /var/log/shop/other}}}\n"));
	assert_string_not_equal(desk_wanted(d, "unit shop-0.service")->config_digest, before);
}

static void
two_apps_have_no_file_in_common(void **state)
{
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	assert_false(
	    desk_desire(d, "apps:\n"
			   "  one: {binary: ./serve, replicas: 3, log: {file: /var/log/x.%n}}\n"
			   "  two: {binary: ./serve, log: {file: /var/log/x.2}}\n"));
	assert_non_null(
	    strstr(buf_text(&d->said), "file: /var/log/x.2 is the log of one, too (host web1)"));
}

static void
an_older_file_of_one_app_is_no_log_of_another(void **state)
{
	static const char *const pairs[][2] = { { "/var/log/x", "/var/log/x.1" },
		{ "/var/log/x.101", "/var/log/x" } };
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		autofree char *text = xasprintf("apps:\n"
						"  one: {binary: ./serve, log: {file: %s}}\n"
						"  two: {binary: ./serve, log: {file: %s}}\n",
		    pairs[i][0], pairs[i][1]);

		assert_false(desk_desire(d, text));
		assert_non_null(strstr(
		    buf_text(&d->said), " is the log of one, too, or an older one (host web1)"));
	}
	assert_true(desk_desire(d, "apps:\n"
				   "  one: {binary: ./serve, log: {file: /var/log/x}}\n"
				   "  two: {binary: ./serve, log: {file: /var/log/x.102a}}\n"
				   "  three: {binary: ./serve, log: {file: /var/log/x.log}}\n"));
}

/* Perl has what it is given as a word, in which %s stands for the file. */
static void
the_check_of_its_place_names_the_file_once(void **state)
{
	const char *const *words;
	struct desk *d = *state;

	assert_true(desk_desire(d, "apps: {shop: {image: localhost/shop:1, " FILED "}}\n"));
	words = desk_wanted(d, "file /etc/drover/apps/shop/log-0")->validate;
	assert_string_equal(words[0], "perl");
	assert_null(strstr(words[2], "%s"));
	assert_string_equal(words[3], "%s");
	assert_string_equal(words[4], "/etc/drover/apps/shop/log-0");
	assert_null(words[5]);
}

static void
what_cannot_be_is_refused_by_name(void **state)
{
	static const struct {
		const char *log, *said;
	} each[] = {
		{ "log: jurnald",
		    "log: journald, {namespace: NAME} or {file: PATH} is wanted here, not "
		    "\"jurnald\"" },
		{ "log: {}", "log: a namespace or a file is wanted here" },
		{ "log: {namespace: ../x}", "a name of letters, digits, _ and -" },
		{ "log: {namespace: +x}", "a name of letters, digits, _ and -" },
		{ "log: {namespace: x, file: /var/log/x}",
		    "a namespace or a file is wanted here, not "
		    "both" },
		{ "log: {namespace: x, max: 1M}", "log: max and keep are of a file" },
		{ "log: {max: 1M}", "log: a namespace or a file is wanted here" },
		{ "log: {file: var/log/x}", ":1:52: file: an absolute path" },
		{ "log: {file: /var/../x}", "file: an absolute path" },
		{ "log: {file: /x}", "file: a file in a directory without % in its name" },
		{ "log: {file: /run/x}", ":1:52: file: below /run/ is no place for a log: /run/x" },
		{ "log: {file: /etc/drover/x}", "file: below /etc/drover/ is no place for a log" },
		{ "log: {file: /var/%n/x}", "file: a file in a directory without % in its name" },
		{ "log: {file: /var/log/x, max: 63K}", "max: a size from 65536 to" },
		{ "log: {file: /var/log/x, keep: 101}", "keep: a whole number from 0 to 100" },
		{ "log: {file: /var/log/x}, replicas: 2",
		    "file: with 2 replicas its name must hold %n, the number of the replica: "
		    "/var/log/x (host web1)" },
		{ "log: {file: /var/log/x}, as: ops",
		    "log: a file is kept for apps of root alone, and shop is ops's" },
		{ "log: {namespace: x}, as: ops", "log: only root's service manager has units log "
						  "to a namespace, and shop is ops's" },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < countof(each); i++) {
		autofree char *text =
		    xasprintf("apps: {shop: {image: localhost/shop:1, %s}}\n", each[i].log);

		assert_false(desk_desire(d, text));
		if (!strstr(buf_text(&d->said), each[i].said))
			fail_msg("%s: %s", each[i].log, buf_text(&d->said));
	}
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(the_journal_is_what_nobody_has_to_name),
		with_desk(a_namespace_stands_in_the_unit_and_the_app_is_told),
		with_desk(the_root_of_a_binary_has_the_sockets_of_its_journal_alone),
		with_desk(a_file_has_a_reader_that_is_fed_by_the_unit),
		with_desk(a_program_logs_to_a_file_of_each_replica),
		with_desk(the_size_of_a_file_restarts_no_replica),
		with_desk(two_apps_have_no_file_in_common),
		with_desk(an_older_file_of_one_app_is_no_log_of_another),
		with_desk(the_check_of_its_place_names_the_file_once),
		with_desk(what_cannot_be_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
