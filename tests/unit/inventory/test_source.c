/* Where an inventory comes from: lists of names, files, and the usual places. */
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "tests/lib/stock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
a_list_of_hosts_needs_no_file(void **state)
{
	struct stock f;

	(void)state;
	stock_load(&f, "host1,ann@host2:2222,[::1]:22,fe80::1,n[1-3]", NULL);
	assert_string_equal(f.err.text, "");
	assert_non_null(f.inv);
	assert_int_equal(inventory_count(f.inv), 7);
	assert_string_equal(inventory_fleet(f.inv), "adhoc");
	assert_null(inventory_path(f.inv));
	assert_string_equal(inventory_find(f.inv, "host2")->user, "ann");
	assert_int_equal(inventory_find(f.inv, "host2")->port, 2222);
	assert_int_equal(inventory_find(f.inv, "::1")->port, 22);
	assert_int_equal(inventory_find(f.inv, "fe80::1")->port, 0);
	assert_int_equal(inventory_find(f.inv, "n2")->kind, HOST_PET);
	stock_drop(&f);
}

static void
a_wrong_list_is_a_usage_error(void **state)
{
	static const char *const rows[][2] = {
		{ "a,,b", "-i a,,b: an empty name" },
		{ ",", "-i ,: an empty name" },
		{ "h:99999", "-i h:99999: \"99999\" is no port (1 to 65535)" },
		{ "-oProxyCommand=x",
		    "-i -oProxyCommand=x: \"-oProxyCommand=x\" is no host: a host name of letters, "
		    "digits and . _ : - (at most 253, not - first)" },
		{ ";@h", "-i ;@h: \";\" is not a user name of letters, digits and . _ - + @ \\ (at "
			 "most 64)" },
		{ "n[1-", "-i n[1-: a [ without its ]" },
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct stock f;

		stock_load(&f, rows[i][0], NULL);
		assert_null(f.inv);
		assert_int_equal(f.err.kind, OUTCOME_USAGE);
		assert_string_equal(f.err.text, rows[i][1]);
		stock_drop(&f);
	}
}

static char *
scratch_file(const char *dir, const char *name, const char *text, unsigned mode)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct err err;

	assert_int_equal(file_replace(path, text, strlen(text), mode, &err), 0);
	return path;
}

static void
sources_are_told_apart_and_kept_safe(void **state)
{
	char dir[] = "/tmp/drover-test-XXXXXX";
	struct stock f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	autofree char *good = scratch_file(dir, "a.yaml", "groups: {g: {hosts: h1}}\n", 0644);
	autofree char *more = scratch_file(
	    dir, "b.yml", "fleet: x\nknown_hosts: [k]\nhosts: {h1: {port: 5}}\n", 0600);
	autofree char *open = scratch_file(dir, "open.yaml", "hosts: {h1: {}}\n", 0646);
	autofree char *ini = scratch_file(dir, "x.ini", "[web]\n", 0644);
	autofree char *run = scratch_file(dir, "run", "#!/bin/sh\n", 0755);

	stock_load(&f, good, more);
	assert_non_null(f.inv);
	assert_int_equal(inventory_find(f.inv, "h1")->port, 5);
	assert_string_equal(inventory_find(f.inv, "h1")->groups[0], "g");
	assert_string_equal(inventory_fleet(f.inv), "x");
	assert_string_equal(inventory_path(f.inv), good);
	autofree char *k = xasprintf("%s/k", dir);
	assert_string_equal(inventory_known_hosts(f.inv)[0], k);
	assert_non_null(strstr(f.text, "warning: known_hosts: there is no file"));
	stock_drop(&f);
	stock_load(&f, good, "h1,h2:23");
	assert_non_null(f.inv);
	assert_int_equal(inventory_find(f.inv, "h2")->port, 23);
	assert_string_equal(inventory_fleet(f.inv), "main");
	stock_drop(&f);
	stock_load(&f, open, NULL);
	assert_null(f.inv);
	assert_int_equal(f.err.kind, OUTCOME_REFUSED);
	stock_drop(&f);
	stock_load(&f, dir, NULL);
	assert_null(f.inv);
	assert_int_equal(f.err.kind, OUTCOME_REFUSED);
	stock_drop(&f);
	const char *refused[] = { run, "/nonexistent.yaml", "/dev/null" };
	for (size_t i = 0; i < countof(refused); i++) {
		stock_load(&f, refused[i], NULL);
		assert_null(f.inv);
		assert_int_equal(f.err.kind, OUTCOME_INPUT);
		stock_drop(&f);
	}
	const char *made[] = { good, more, open, ini, run };
	for (size_t i = 0; i < countof(made); i++)
		unlink(made[i]);
	rmdir(dir);
}

static void
the_usual_places_are_looked_at_in_order(void **state)
{
	char dir[] = "/tmp/drover-test-XXXXXX", here[4096];
	struct stock f;
	struct err err = { 0 };
	struct diag d;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	setenv("XDG_CONFIG_HOME", dir, 1);
	unsetenv("DROVER_INVENTORY");
	diag_init(&d);
	assert_null(inventory_load(NULL, 0, &d, &err));
	assert_int_equal(err.kind, OUTCOME_USAGE);
	assert_non_null(strstr(err.text, "no inventory: write ./inventory.yaml"));
	autofree char *config = xasprintf("%s/drover", dir);
	assert_int_equal(mkdir(config, 0700), 0);
	autofree char *last = scratch_file(config, "inventory.yaml", "hosts: {last: }\n", 0600);
	static const char *const order[] = { "last", "here", "env" };
	for (size_t i = 0; i < countof(order); i++) {
		if (i == 1)
			free(scratch_file(dir, "inventory.yaml", "hosts: {here: }\n", 0600));
		if (i == 2)
			setenv("DROVER_INVENTORY", "env,other", 1);
		f.inv = inventory_load(NULL, 0, &d, &err);
		assert_non_null(f.inv);
		assert_non_null(inventory_find(f.inv, order[i]));
		inventory_free(f.inv);
	}
	unsetenv("DROVER_INVENTORY");
	unlink(last);
	rmdir(config);
	unlink("inventory.yaml");
	assert_int_equal(chdir(here), 0);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_hosts_needs_no_file),
		cmocka_unit_test(a_wrong_list_is_a_usage_error),
		cmocka_unit_test(sources_are_told_apart_and_kept_safe),
		cmocka_unit_test(the_usual_places_are_looked_at_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
