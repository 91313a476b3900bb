#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/read.h"
#include "tests/lib/stock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3FXgRVmZvZ0m8t8oQwzFJ3qkqNn5iVbOHJ7n8xT0pA"

static void
the_example_of_the_manual_reads_whole(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "fleet: shop\n"
			"environment: {name: PROD, readonly: true, colour: red}\n"
			"known_hosts: known_hosts\n"
			"defaults: {user: deploy, become: sudo, connect_timeout: 10s}\n"
			"groups:\n"
			"  web:\n"
			"    kind: cattle\n"
			"    hosts: web[01-20].example.org\n"
			"    vars: {tier: front}\n"
			"  db:\n"
			"    kind: pet\n"
			"    hosts:\n"
			"      db1: {address: 10.0.0.5, jump: bastion, host_key: \"" KEY
			"\", vars: {role: p}}\n"
			"  all-eu: {children: [web, db]}\n"
			"hosts:\n"
			"  bastion: {address: 203.0.113.7, port: 2222}\n");
	assert_non_null(f.inv);
	assert_int_equal(inventory_count(f.inv), 22);
	assert_string_equal(inventory_fleet(f.inv), "shop");
	assert_true(inventory_environment(f.inv)->readonly);
	assert_string_equal(inventory_environment(f.inv)->name, "PROD");
	assert_true(str_ends(inventory_known_hosts(f.inv)[0], "/known_hosts"));
	const struct host *db1 = inventory_find(f.inv, "db1");
	assert_string_equal(db1->address, "10.0.0.5");
	assert_string_equal(db1->jump, "bastion");
	assert_string_equal(db1->user, "deploy");
	assert_string_equal(db1->become, "sudo");
	assert_int_equal(db1->connect_timeout_ms, 10000);
	assert_int_equal(db1->kind, HOST_PET);
	assert_string_equal(db1->host_keys[0], KEY);
	assert_null(db1->host_keys[1]);
	assert_string_equal(db1->groups[0], "db");
	assert_string_equal(db1->groups[1], "all-eu");
	assert_string_equal(stock_value(f.inv, "db1", "role"), "p");
	const struct host *web = inventory_find(f.inv, "web07.example.org");
	assert_int_equal(web->kind, HOST_CATTLE);
	assert_non_null(web->host_keys);
	assert_null(web->host_keys[0]);
	assert_string_equal(stock_value(f.inv, "web07.example.org", "tier"), "front");
	assert_int_equal(inventory_find(f.inv, "bastion")->port, 2222);
	assert_false(inventory_find(f.inv, "bastion")->kind_said);
	assert_int_equal(inventory_find_group(f.inv, "all-eu")->host_count, 21);
	assert_string_equal(inventory_find_group(f.inv, "all-eu")->hosts[0]->name, "db1");
	stock_drop(&f);
}

static void
nearer_words_win_over_farther(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "defaults: {user: def, port: 1, vars: {a: def, b: def, c: def, d: def}}\n"
			"groups:\n"
			"  far: {children: [near], port: 2, vars: {a: far, b: far, c: far}}\n"
			"  near: {hosts: h1, port: 3, vars: {a: near, b: near}}\n"
			"hosts: {h1: {port: 4, vars: {a: host}}, h2: {}}\n");
	assert_non_null(f.inv);
	assert_string_equal(stock_value(f.inv, "h1", "a"), "host");
	assert_string_equal(stock_value(f.inv, "h1", "b"), "near");
	assert_string_equal(stock_value(f.inv, "h1", "c"), "far");
	assert_string_equal(stock_value(f.inv, "h1", "d"), "def");
	assert_string_equal(stock_value(f.inv, "h2", "a"), "def");
	assert_null(stock_value(f.inv, "h2", "nobody"));
	assert_int_equal(inventory_find(f.inv, "h1")->port, 4);
	assert_int_equal(inventory_find(f.inv, "h2")->port, 1);
	stock_drop(&f);
}

static void
equal_distance_may_not_disagree(void **state)
{
	static const char disagree[] = "groups:\n"
				       "  a: {hosts: h1, vars: {x: 1}}\n"
				       "  b:\n"
				       "    hosts: h1\n"
				       "    vars: {x: 2}\n";
	struct stock f;

	(void)state;
	stock_refuses(disagree,
	    "t:5:12: the variable \"x\" disagrees with line 2, and neither is nearer to host h1: "
	    "say it once, or at the host\n");
	autofree char *settled = xasprintf("%shosts: {h1: {vars: {x: 3}}}\n", disagree);
	stock_parse(&f, settled);
	assert_non_null(f.inv);
	assert_string_equal(stock_value(f.inv, "h1", "x"), "3");
	stock_drop(&f);
	stock_parse(&f, "groups: {a: {hosts: h1, vars: {x: 1}}, b: {hosts: h1, vars: {x: 1}}}\n");
	assert_non_null(f.inv);
	stock_drop(&f);
	stock_refuses("groups:\n  a: {hosts: h1, port: 1}\n  b: {hosts: h1, port: 2}\n",
	    "t:3:24: the setting \"port\" disagrees with line 2, and neither is nearer to host h1: "
	    "say it once, or at the host\n");
	stock_refuses("groups:\n  a: {hosts: {h1: {port: 1}}}\nhosts: {h1: {port: 2}}\n",
	    "t:3:20: the setting \"port\" disagrees with line 2, and neither is nearer to host h1: "
	    "say it once, or at the host\n");
}

static void
a_pet_in_one_group_is_a_pet_and_said_so(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(
	    &f, "groups:\n  c: {kind: cattle, hosts: \"h[1-3]\"}\n  p: {kind: pet, hosts: h1}\n");
	assert_non_null(f.inv);
	assert_int_equal(inventory_find(f.inv, "h1")->kind, HOST_PET);
	assert_int_equal(inventory_find(f.inv, "h2")->kind, HOST_CATTLE);
	assert_string_equal(f.text,
	    "t:2:3: warning: host h1 is in group c (cattle) and group p (pet): it counts as a "
	    "pet\n");
	stock_drop(&f);
	stock_parse(&f, "groups: {c: {kind: cattle, hosts: h1}, p: {kind: pet, hosts: h1}}\n"
			"hosts: {h1: {kind: cattle}}\n");
	assert_int_equal(inventory_find(f.inv, "h1")->kind, HOST_CATTLE);
	assert_int_equal(f.diag.warnings, 0);
	stock_drop(&f);
}

static void
groups_do_not_run_in_circles(void **state)
{
	(void)state;
	stock_refuses("groups:\n  a: {children: [b]}\n  b: {children: [c]}\n  c: {children: [a]}\n",
	    "t:2:3: groups run in a circle: b -> c -> a -> b\n");
	stock_refuses("groups: {a: {children: [a]}}\n", "t:1:10: groups run in a circle: a -> a\n");
	stock_refuses("groups: {web: {hosts: h1}, b: {children: [wbe]}}\n",
	    "t:1:43: no group \"wbe\"; did you mean \"web\"?\n");
}

static void
all_mistakes_come_at_once(void **state)
{
	(void)state;
	stock_refuses("fleet: \"a b\"\n"
		      "defualts: {}\n"
		      "groups:\n"
		      "  web: {hosts: \"web[1-\", knd: pet}\n"
		      "hosts:\n"
		      "  h1: {port: 70000, kind: herd}\n"
		      "  \"-oProxyCommand=x\": {}\n"
		      "  h2: {user: \"a;id\", address: \"$(x)\"}\n",
	    "t:1:8: fleet: a name of letters, digits and . _ - (at most 64) is wanted here, not "
	    "\"a b\"\n"
	    "t:2:1: unknown key \"defualts\" in an inventory; did you mean \"defaults\"?\n"
	    "t:4:16: \"web[1-\": a bracket is not closed\n"
	    "t:4:26: unknown key \"knd\" in group web; did you mean \"kind\"?\n"
	    "t:6:14: port: a port (1 to 65535) is wanted here, not \"70000\"\n"
	    "t:6:27: kind: pet or cattle is wanted here, not \"herd\"\n"
	    "t:7:3: \"-oProxyCommand=x\": these are names of hosts, joined by commas\n"
	    "t:8:14: user: a user name of letters, digits and . _ - + @ \\ (at most 64) is "
	    "wanted here, not \"a;id\"\n"
	    "t:8:31: address: a host name or an IP address is wanted here, not \"$(x)\"\n");
}

static void
odd_names_are_refused_before_anything_is_looked_up(void **state)
{
	autofree char *name = xcalloc(301, 1);
	struct stock f;

	(void)state;
	memset(name, 'a', 300);
	autofree char *text = xasprintf("hosts: {%s: {}}\n", name);
	stock_parse(&f, text);
	assert_null(f.inv);
	stock_drop(&f);
	static const char *const bad[] = { "a b", "a;id", "$(x)", "`x`", "a/b", "..|x", "-x" };
	for (size_t i = 0; i < countof(bad); i++) {
		autofree char *one = xasprintf("hosts: {\"%s\": {}}\n", bad[i]);

		stock_parse(&f, one);
		assert_null(f.inv);
		assert_int_equal(f.diag.errors, 1);
		stock_drop(&f);
	}
	stock_refuses("hosts: {Web1: {}, web1: {}}\n",
	    "t:1:19: the hosts \"web1\" and \"Web1\" (line 1) differ only in case\n");
	stock_refuses("groups: {all: {hosts: h1}}\n",
	    "t:1:10: \"all\" is no group: @all is every host already\n");
	stock_refuses("groups: {a: {hosts: \"@b\"}}\n",
	    "t:1:21: \"@b\": these are names of hosts: for the hosts of another group write "
	    "`children:`\n");
}

static void
a_playbook_of_ansible_is_no_inventory(void **state)
{
	(void)state;
	stock_refuses("- hosts: web\n  tasks: []\n",
	    "t:1:1: this is a playbook of Ansible's, not an inventory\n");
}

static void
how_to_get_there_and_whom_to_become_may_be_said_at_every_level(void **state)
{
	struct stock f;
	const struct host *h;

	(void)state;
	stock_parse(&f,
	    "defaults: {become: sudo, become_user: app, transport: auto}\n"
	    "groups:\n"
	    "  g: {hosts: [a, b], become: run0, transport: ssh}\n"
	    "hosts:\n"
	    "  a: {transport: local, become_user: www-data, proxy_command: \"nc %h %p\"}\n"
	    "  c: {become: none}\n");
	assert_string_equal(f.text, "");
	h = inventory_find(f.inv, "a");
	assert_string_equal(h->transport, "local");
	assert_string_equal(h->become, "run0");
	assert_string_equal(h->become_user, "www-data");
	assert_string_equal(h->proxy_command, "nc %h %p");
	h = inventory_find(f.inv, "b");
	assert_string_equal(h->transport, "ssh");
	assert_string_equal(h->become_user, "app");
	assert_null(h->proxy_command);
	h = inventory_find(f.inv, "c");
	assert_string_equal(h->transport, "auto");
	assert_null(h->become);
	stock_drop(&f);
	stock_refuses("hosts: {h1: {transport: lobssh, become: sodu, become_user: \"a b\"}}\n",
	    "t:1:25: transport: no such word \"lobssh\"; did you mean \"libssh\"?\n"
	    "t:1:41: become: no such word \"sodu\"; did you mean \"sudo\"?\n"
	    "t:1:60: become_user: a user name of letters, digits and . _ - + @ \\ (at most 64) "
	    "is wanted here, not \"a b\"\n");
}

static void
one_address_under_two_names_is_a_warning(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "hosts:\n"
			"  a: {address: 10.0.0.1}\n"
			"  b: {address: 10.0.0.1, port: 22}\n"
			"  c: {address: 10.0.0.1, port: 23}\n");
	assert_non_null(f.inv);
	assert_string_equal(
	    f.text, "t:3:3: warning: hosts a and b have the same address 10.0.0.1\n");
	stock_drop(&f);
}

static void
first_use_is_for_cattle(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "defaults: {trust: first-use}\n"
			"groups: {c: {kind: cattle, hosts: c1}}\n"
			"hosts: {p1: {}}\n");
	assert_string_equal(inventory_find(f.inv, "c1")->trust, "first-use");
	assert_null(inventory_find(f.inv, "p1")->trust);
	stock_drop(&f);
	stock_refuses("hosts: {p1: {trust: first-use}}\n",
	    "t:1:21: trust: first-use is for cattle, and host p1 is a pet: give its host_key\n");
	stock_refuses("hosts: {p1: {host_key: \"ssh-ed25519 AAAA\"}}\n",
	    "t:1:24: host_key: a host key (\"ssh-ed25519 AAAA...\", a line of a .pub file) is "
	    "wanted here, not \"ssh-ed25519 AAAA\"\n");
}

static void
transcripts_are_kept_as_the_nearest_says(void **state)
{
	struct stock f;
	struct mark at;

	(void)state;
	stock_parse(&f, "defaults: {transcripts: always}\n"
			"groups: {c: {transcripts: never, hosts: [c1, c2]}}\n"
			"hosts: {c2: {transcripts: asked}, p1: {}}\n");
	assert_string_equal(inventory_find(f.inv, "p1")->transcripts, "always");
	assert_string_equal(inventory_find(f.inv, "c1")->transcripts, "never");
	assert_null(inventory_find(f.inv, "c2")->transcripts);
	assert_true(inventory_said(f.inv, inventory_find(f.inv, "c1"), "transcripts", &at));
	assert_int_equal(at.line, 2);
	stock_drop(&f);
	stock_refuses("hosts: {p1: {transcripts: sometimes}}\n",
	    "t:1:27: transcripts: asked, always or never is wanted here, not \"sometimes\"\n");
}

static void
transcripts_have_bounds_where_they_are_said(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "hosts: {p1: {}}\n");
	assert_int_equal(inventory_retention(f.inv)->keep_ms, 0);
	assert_int_equal(inventory_retention(f.inv)->most, 0);
	stock_drop(&f);
	stock_parse(&f, "transcripts_keep: 90d\ntranscripts_most: 2G\nhosts: {p1: {}}\n");
	assert_int_equal(inventory_retention(f.inv)->keep_ms, INT64_C(90) * 86400000);
	assert_int_equal(inventory_retention(f.inv)->most, INT64_C(2) << 30);
	stock_drop(&f);
	stock_refuses("transcripts_keep: long\n",
	    "t:1:19: transcripts_keep: a duration (10s, 5m) is wanted here, not \"long\"\n");
}

static void
a_key_of_a_host_may_be_a_range(void **state)
{
	struct stock f;

	(void)state;
	stock_parse(&f, "hosts:\n  n[1-3]: {port: 2222}\n  'a1, a2': {user: bob}\n");
	assert_non_null(f.inv);
	assert_int_equal(inventory_count(f.inv), 5);
	assert_int_equal(inventory_find(f.inv, "n3")->port, 2222);
	assert_string_equal(inventory_find(f.inv, "a2")->user, "bob");
	stock_drop(&f);
}

static void
shapes_that_do_not_fit_are_told(void **state)
{
	(void)state;
	stock_refuses("groups: [a]\n", "t:1:9: groups: a mapping is wanted here, not a list\n");
	stock_refuses("groups: {a: b}\n", "t:1:13: group a: a mapping is wanted here, not \"b\"\n");
	stock_refuses("hosts: web1\n", "t:1:8: hosts: a mapping is wanted here, not a text\n");
	stock_refuses("hosts: {a: 22}\n", "t:1:12: host a: a mapping is wanted here, not \"22\"\n");
	stock_refuses(
	    "groups: {a: {hosts: [[b]]}}\n", "t:1:22: hosts: a text is wanted here, not a list\n");
	stock_refuses("- a\n", "t:1:1: an inventory: a mapping is wanted here, not a list\n");
	stock_refuses(
	    "environment: {readonly: true}\n", "t:1:14: environment: \"name\" is missing\n");
	stock_refuses("groups: {a: {hosts: \"web*\"}}\n",
	    "t:1:21: \"web*\": these are names of hosts: a glob has nothing to look in\n");
	stock_refuses(
	    "groups: {a: {kind: pet, hosts: {h: {kind: cattle}}}}\nhosts: {h: {kind: pet}}\n",
	    "t:2:9: host h is pet here and cattle in line 1\n");
}

static void
ten_thousand_hosts_load_quickly(void **state)
{
	autobuf text = BUF_INIT(8 << 20);
	struct stock f;

	(void)state;
	buf_adds(&text, "defaults: {user: deploy, vars: {a: 1, b: 2}}\ngroups:\n");
	for (int g = 0; g < 10; g++) {
		buf_addf(
		    &text, "  g%d:\n    kind: cattle\n    vars: {rack: %d}\n    hosts:\n", g, g);
		for (int i = 0; i < 1000; i++)
			buf_addf(&text,
			    "      h%d-%d: {address: 10.0.%d.%d, port: 22, vars: {n: %d}}\n", g, i,
			    i / 250, i % 250, i);
	}
	int64_t start = clock_mono_us();
	stock_parse(&f, buf_text(&text));
	print_message("# 10000 hosts, %zu bytes of YAML: %.1f ms\n", text.len,
	    (double)(clock_mono_us() - start) / 1000);
	assert_non_null(f.inv);
	assert_int_equal(inventory_count(f.inv), 10000);
	assert_string_equal(inventory_host(f.inv, 0)->name, "h0-0");
	assert_string_equal(inventory_host(f.inv, 10)->name, "h0-10");
	assert_string_equal(stock_value(f.inv, "h3-5", "rack"), "3");
	stock_drop(&f);
}

/* To write it anew: the text between "Sh KEYS" and "Sh YAML" is read_manual()'s. */
static void
the_manual_lists_every_key_and_its_example_reads(void **state)
{
	autobuf keys = BUF_INIT(100000);
	struct stock f;
	struct err err;

	(void)state;
	autofree char *page = file_read("doc/drover-inventory.5", 1 << 20, NULL, &err);
	assert_non_null(page);
	read_manual(&keys);
	assert_non_null(strstr(page, buf_text(&keys)));
	char *example = strstr(page, ".Bd -literal\n"), *end = strstr(page, ".Ed\n");
	assert_non_null(example);
	assert_non_null(end);
	*end = '\0';
	stock_parse(&f, example + strlen(".Bd -literal\n"));
	assert_string_equal(f.text, "");
	assert_int_equal(inventory_count(f.inv), 23);
	stock_drop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_manual_reads_whole),
		cmocka_unit_test(nearer_words_win_over_farther),
		cmocka_unit_test(equal_distance_may_not_disagree),
		cmocka_unit_test(a_pet_in_one_group_is_a_pet_and_said_so),
		cmocka_unit_test(groups_do_not_run_in_circles),
		cmocka_unit_test(all_mistakes_come_at_once),
		cmocka_unit_test(odd_names_are_refused_before_anything_is_looked_up),
		cmocka_unit_test(a_playbook_of_ansible_is_no_inventory),
		cmocka_unit_test(how_to_get_there_and_whom_to_become_may_be_said_at_every_level),
		cmocka_unit_test(one_address_under_two_names_is_a_warning),
		cmocka_unit_test(first_use_is_for_cattle),
		cmocka_unit_test(transcripts_are_kept_as_the_nearest_says),
		cmocka_unit_test(transcripts_have_bounds_where_they_are_said),
		cmocka_unit_test(the_manual_lists_every_key_and_its_example_reads),
		cmocka_unit_test(a_key_of_a_host_may_be_a_range),
		cmocka_unit_test(shapes_that_do_not_fit_are_told),
		cmocka_unit_test(ten_thousand_hosts_load_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
