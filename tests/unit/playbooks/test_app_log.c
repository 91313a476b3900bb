/* Where what an app prints goes. */
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/resource.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
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

static void
what_cannot_be_is_refused_by_name(void **state)
{
	static const struct {
		const char *log, *said;
	} each[] = {
		{ "log: jurnald", "log: journald or {namespace: NAME} is wanted here" },
		{ "log: {}", "log: a namespace is wanted here" },
		{ "log: {namespace: ../x}", "a name of letters, digits, _ and -" },
		{ "log: {namespace: +x}", "a name of letters, digits, _ and -" },
		{ "log: {file: /var/log/x}", "log files are not supported yet" },
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
		with_desk(what_cannot_be_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
