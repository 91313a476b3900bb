#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "playbooks/kind_copy.h"
#include "playbooks/kinds.h"
#include "playbooks/load.h"
#include "playbooks/playbook.h"
#include "playbooks/read_app.h"
#include "playbooks/read_rollout.h"
#include "playbooks/read_run.h"
#include "playbooks/read_task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The page between two places; the whole of it from `from` when `to` is NULL. */
static char *
part(const char *page, const char *from, const char *to)
{
	const char *start = strstr(page, from);

	assert_non_null(start);
	const char *end = to ? strstr(start, to) : start + strlen(start);
	assert_non_null(end);
	return xmemdup0(start, (size_t)(end - start));
}

static void
tells_all(const char *text, const char *later, const struct field *table)
{
	for (; table->name; table++) {
		autofree char *item = xasprintf(".It Ic %s", table->name);

		if (table->form == FORM_LATER && !strstr(later, table->name))
			fail_msg("the manual does not refuse %s", table->name);
		if (table->form != FORM_LATER && !strstr(text, item))
			fail_msg("the manual does not tell of %s", table->name);
	}
}

static void
the_manual_tells_every_key(void **state)
{
	struct err err;
	size_t len;
	autofree char *page = file_read("doc/drover-playbook.5", 1 << 20, &len, &err);

	(void)state;
	assert_non_null(page);
	autofree char *later = part(page, ".Sh NOT READ YET", ".Sh FILES");
	autofree char *head = part(page, "The keys are", ".Ss Rollout");
	autofree char *rollout = part(page, ".Ss Rollout", ".Ss Apps");
	autofree char *apps = part(page, ".Ss Apps", ".Ss Tasks");
	autofree char *tasks = part(page, ".Ss Tasks", ".Ss Templates");
	tells_all(head, later, load_fields);
	tells_all(rollout, later, read_rollout_fields);
	tells_all(apps, later, read_app_fields);
	tells_all(apps, later, read_app_port_fields);
	tells_all(apps, later, read_app_file_fields);
	tells_all(apps, later, read_app_limit_fields);
	tells_all(apps, later, read_app_sandbox_fields);
	tells_all(apps, later, read_app_selinux_fields);
	tells_all(apps, later, read_app_health_fields);
	tells_all(apps, later, read_app_drain_fields);
	tells_all(apps, later, read_app_stop_fields);
	tells_all(apps, later, read_app_log_fields);
	tells_all(tasks, later, read_task_fields);
	tells_all(tasks, later, read_task_file_fields);
	tells_all(tasks, later, read_task_template_fields);
	tells_all(tasks, later, read_task_unit_fields);
	tells_all(tasks, later, read_task_service_fields);
	tells_all(tasks, later, read_run_script_fields);
	tells_all(tasks, later, kind_sysctl_fields);
	tells_all(tasks, later, kind_user_fields);
	tells_all(tasks, later, kind_dir_fields);
	tells_all(tasks, later, kind_copy_fields);
	tells_all(tasks, later, kind_link_fields);
	tells_all(tasks, later, kind_package_fields);
	tells_all(tasks, later, kind_container_fields);
	tells_all(tasks, later, kind_volume_fields);
	tells_all(tasks, later, kind_network_fields);
	tells_all(tasks, later, kind_wait_fields);
	tells_all(tasks, later, kind_reboot_fields);
	tells_all(tasks, later, kind_assert_fields);
	tells_all(tasks, later, kind_fetch_fields);
}

/* The example names an archive that is made when it is used: no other mistake may be in it. */
static void
the_example_has_no_mistake_but_the_archive_that_is_yet_to_be_made(void **state)
{
	struct diag d;

	(void)state;
	diag_init(&d);
	struct playbook *p = playbook_load("playbooks/examples/site/site.yaml", NULL, &d);
	if (!p) {
		assert_int_equal(d.errors, 1);
		assert_non_null(strstr(d.item[0].text, "site.tar: No such file or directory"));
	}
	playbook_free(p);
	diag_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_tells_every_key),
		cmocka_unit_test(the_example_has_no_mistake_but_the_archive_that_is_yet_to_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
