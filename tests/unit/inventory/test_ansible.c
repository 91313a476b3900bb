#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/stock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
names(const struct inventory *inv, const char *wanted)
{
	autobuf b = BUF_INIT(10000);

	assert_non_null(inv);
	for (size_t i = 0; i < inventory_count(inv); i++)
		buf_addf(&b, "%s%s", i ? " " : "", inventory_host(inv, i)->name);
	assert_string_equal(buf_text(&b), wanted);
}

static void
groups(const struct inventory *inv, const char *host, const char *wanted)
{
	autobuf b = BUF_INIT(1000);
	const struct host *h = inventory_find(inv, host);

	assert_non_null(h);
	for (const char *const *g = h->groups; *g; g++)
		buf_addf(&b, "%s%s", b.len ? " " : "", *g);
	assert_string_equal(buf_text(&b), wanted);
}

static void
an_ini_file_reads_as_ansible_reads_it(void **state)
{
	struct stock f;
	const struct host *h;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "; comment\n"
	    "alone ansible_host=10.0.0.9\n"
	    "[web] # the front\n"
	    "web[01:05:2].x tier=front n=5 s='a b' l=\"[1, 'x']\" # why\n"
	    "w-[a:b][1:2]\n"
	    "one:2222\n"
	    "[fd00::1]:2200\n"
	    "[web:vars]\n"
	    "n = 7\n"
	    "t = 'q'\n"
	    "c = v # kept\n"
	    "e =\n"
	    "[all-eu:children]\n"
	    "web # c\n"
	    "[all:vars]\n"
	    "t=no\n"
	    "z={'a': None}\n");
	assert_string_equal(f.text, "");
	names(f.inv, "alone fd00::1 one w-a1 w-a2 w-b1 w-b2 web01.x web03.x web05.x");
	groups(f.inv, "alone", "ungrouped");
	groups(f.inv, "one", "web all-eu");
	h = inventory_find(f.inv, "one");
	assert_int_equal(h->port, 2222);
	assert_int_equal(inventory_find(f.inv, "fd00::1")->port, 2200);
	assert_string_equal(stock_value(f.inv, "one", "n"), "7");
	assert_string_equal(stock_value(f.inv, "web01.x", "n"), "5");
	assert_string_equal(stock_value(f.inv, "web01.x", "s"), "a b");
	assert_string_equal(stock_value(f.inv, "web01.x", "l"), "[1,\"x\"]");
	assert_string_equal(stock_value(f.inv, "one", "t"), "q");
	assert_string_equal(stock_value(f.inv, "one", "c"), "v # kept");
	assert_string_equal(stock_value(f.inv, "one", "e"), "");
	assert_string_equal(stock_value(f.inv, "alone", "z"), "{\"a\":null}");
	assert_string_equal(inventory_find(f.inv, "alone")->address, "10.0.0.9");
	stock_drop(&f);
}

static void
every_mistake_of_an_ini_file_is_told(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "[web\n"
	    "[web] ; c\n"
	    "[web]\n"
	    "h1 oops x=1\n"
	    "h2 a='b\n"
	    "h[3:1]\n"
	    "h[1-3]\n"
	    "h[01:3]\n"
	    "a;id\n"
	    "h3:99999\n"
	    "h4 ansible_port=x drover_kind=cat\n"
	    "[web:var]\n"
	    "[web:vars]\n"
	    "nothing\n"
	    "[nobody:vars]\n"
	    "x=1\n"
	    "[eu:children]\n"
	    "wbe\n"
	    "two words\n");
	assert_null(f.inv);
	assert_string_equal(f.text,
	    "t.ini:1:1: a section is [name], [name:vars] or [name:children], without blanks, and a "
	    "comment behind it begins with #\n"
	    "t.ini:2:1: a section is [name], [name:vars] or [name:children], without blanks, and a "
	    "comment behind it begins with #\n"
	    "t.ini:4:4: name=value is wanted behind a host, not \"oops\"\n"
	    "t.ini:5:1: a quote is not closed\n"
	    "t.ini:6:1: \"h[3:1]\": the range [3:1] runs backwards\n"
	    "t.ini:7:1: \"h[1-3]\": [1-3] is no range of Ansible's, which is [begin:end] or "
	    "[begin:end:step]\n"
	    "t.ini:8:1: \"h[01:3]\": [01:3]: a range that begins with 0 has ends of equal length\n"
	    "t.ini:9:1: \"a;id\" is no host: a host name of letters, digits and . _ : - (at most "
	    "253, not - first)\n"
	    "t.ini:10:1: \"h3:99999\": \"99999\" is no port (1 to 65535)\n"
	    "t.ini:11:4: ansible_port: a port (1 to 65535) is wanted here, not \"x\"\n"
	    "t.ini:11:19: drover_kind: pet or cattle is wanted here, not \"cat\"\n"
	    "t.ini:12:1: there is no kind \"var\" of section (did you mean \"vars\"?); it is vars "
	    "or "
	    "children\n"
	    "t.ini:14:1: name=value is wanted here, not \"nothing\"\n"
	    "t.ini:15:1: [nobody:vars] is of a group that nothing else names: write [nobody] too\n"
	    "t.ini:18:1: no group \"wbe\"; did you mean \"web\"?\n"
	    "t.ini:19:1: the name of a group is wanted here, not \"two words\"\n");
	stock_drop(&f);
}

static void
a_yaml_file_reads_as_ansible_reads_it(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t",
	    "all:\n"
	    "  vars: {yes_: yes, no_: Off, quoted: \"yes\", mode: 0644, v: 1.10, none: ~}\n"
	    "  hosts:\n"
	    "    alone:\n"
	    "  children:\n"
	    "    web:\n"
	    "      hosts:\n"
	    "        web[1:2]: {a: &x {p: 1, q: [on]}, b: *x, c: {<<: *x, p: 2}}\n"
	    "      vars: {s: !vault \"x\", u: !unsafe \"a {b\"}\n"
	    "    db: {hosts: db1, children: {sub: }}\n"
	    "    sub: {hosts: {s1: }}\n");
	assert_string_equal(f.text, "");
	names(f.inv, "alone db1 s1 web1 web2");
	groups(f.inv, "s1", "sub db");
	groups(f.inv, "alone", "ungrouped");
	assert_string_equal(stock_value(f.inv, "s1", "yes_"), "true");
	assert_string_equal(stock_value(f.inv, "s1", "no_"), "false");
	assert_string_equal(stock_value(f.inv, "s1", "quoted"), "yes");
	assert_string_equal(stock_value(f.inv, "s1", "mode"), "0644");
	assert_string_equal(stock_value(f.inv, "s1", "v"), "1.10");
	assert_string_equal(stock_value(f.inv, "s1", "none"), "");
	assert_string_equal(stock_value(f.inv, "web1", "b"), "{\"p\":1,\"q\":[true]}");
	assert_string_equal(stock_value(f.inv, "web2", "c"), "{\"p\":2,\"q\":[true]}");
	assert_string_equal(stock_value(f.inv, "web2", "u"), "a {b");
	assert_non_null(var_opaque(host_var(inventory_find(f.inv, "web1"), "s")));
	stock_drop(&f);
}

static void
every_mistake_of_a_yaml_file_is_told(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t",
	    "all:\n"
	    "  hosts: [a, b]\n"
	    "  vars: x\n"
	    "  host: {c: }\n"
	    "  children:\n"
	    "    \"a b\": {}\n"
	    "    g: 5\n"
	    "    all: {}\n"
	    "    h: {hosts: {x: [1]}, vars: {a: &l [*l], b: *no, t: !x 1}}\n");
	assert_null(f.inv);
	assert_string_equal(f.text,
	    "t:2:10: hosts: a mapping is wanted here, not a list: write `name:` for each, without "
	    "a "
	    "dash\n"
	    "t:3:9: vars: a mapping is wanted here, not a text\n"
	    "t:4:3: warning: the key \"host\" of a group is left out: a group has hosts, vars and "
	    "children; did you mean \"hosts\"?\n"
	    "t:6:5: \"a b\" is no group: a name of letters, digits and . _ - (at most 64)\n"
	    "t:7:8: group g: a mapping is wanted here, with hosts, vars and children\n"
	    "t:8:5: all is in no other group\n"
	    "t:9:20: a mapping of variables is wanted here, not a list\n"
	    "t:9:40: the alias *l stands in itself\n"
	    "t:9:48: no anchor &no stands before this alias\n"
	    "t:9:56: tags (!...) are not read: quote a text that begins with an exclamation "
	    "mark\n");
	stock_drop(&f);
	stock_parse_as(&f, "t", "plugin: aws_ec2\nregions: [eu]\n");
	assert_null(f.inv);
	assert_non_null(strstr(f.text, "this configures a plugin of Ansible's"));
	stock_drop(&f);
}

static void
aliases_have_limits(void **state)
{
	autobuf b = BUF_INIT(100000);
	struct stock f;

	(void)state;
	buf_adds(&b, "all: {vars: {a0: &a0 [1,1,1,1,1,1,1,1,1,1]");
	for (int i = 1; i < 9; i++) {
		buf_addf(&b, ", a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_addf(&b, "%s*a%d", k ? "," : "", i - 1);
		buf_addc(&b, ']');
	}
	buf_adds(&b, "}}\n");
	stock_parse_as(&f, "t", buf_text(&b));
	assert_null(f.inv);
	assert_non_null(strstr(f.text, "aliases stand for too much"));
	stock_drop(&f);
}

static void
a_listing_reads_as_a_program_prints_it(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t.json",
	    "{\"web\": {\"hosts\": [\"w1\", \"w2\"], \"vars\": {\"a\": true}},\n"
	    " \"db\": [\"d1\"], \"eu\": {\"children\": [\"web\", \"db\"]}, \"all\": {\"vars\": "
	    "{\"x\": 1}},\n"
	    " \"_meta\": {\"hostvars\": {\"w1\": {\"ansible_host\": \"10.0.0.1\", \"l\": "
	    "[1]}}}}\n");
	assert_string_equal(f.text, "");
	names(f.inv, "d1 w1 w2");
	groups(f.inv, "w1", "web eu");
	assert_string_equal(stock_value(f.inv, "w2", "a"), "true");
	assert_string_equal(stock_value(f.inv, "w1", "l"), "[1]");
	assert_string_equal(stock_value(f.inv, "d1", "x"), "1");
	assert_string_equal(inventory_find(f.inv, "w1")->address, "10.0.0.1");
	stock_drop(&f);
	stock_parse_as(&f, "t.json",
	    "{\"g\": {\"hosts\": [\"a\"], \"vars\": {\"x\": \"\\ud83d\\ude00 \\\\ud83d "
	    "\\u00e9\"}}}\n");
	assert_string_equal(f.text, "");
	assert_string_equal(stock_value(f.inv, "a", "x"), "\xf0\x9f\x98\x80 \\ud83d \xc3\xa9");
	stock_drop(&f);
	stock_parse_as(&f, "t.json", "{\"web\": {\"hosts\": [[1]], \"children\": {}}, \"x\": 5}\n");
	assert_null(f.inv);
	assert_string_equal(f.text,
	    "t.json:1:20: hosts: a name is wanted here, not a list\n"
	    "t.json:1:38: children: a list of names is wanted here, not a mapping\n"
	    "t.json:1:48: hosts: a list of names is wanted here, not a text\n");
	stock_drop(&f);
}

/* As ansible-inventory 2.14 answers for the same file. */
static void
groups_go_before_each_other_in_the_order_of_ansible(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "[web]\nh a=host\n"
	    "[web:vars]\na=web\nb=web\n"
	    "[aa:children]\nweb\n[zz:children]\nweb\n[top:children]\naa\n"
	    "[aa:vars]\nb=aa\nc=aa\nd=aa\n"
	    "[zz:vars]\nb=zz\nc=zz\nd=zz\nansible_group_priority=1\n"
	    "[top:vars]\ne=top\nc=top\n"
	    "[all:vars]\ne=all\nf=all\n"
	    "[same1]\nh\n[same2]\nh\n"
	    "[same1:vars]\ng=1\nh=1\nansible_group_priority=5\n[same2:vars]\ng=2\n");
	assert_string_equal(f.text, "");
	assert_string_equal(stock_value(f.inv, "h", "a"), "host");
	assert_string_equal(stock_value(f.inv, "h", "b"), "web");
	/* aa lies below top, so it is the deeper of the two */
	assert_string_equal(stock_value(f.inv, "h", "c"), "aa");
	assert_string_equal(stock_value(f.inv, "h", "d"), "aa");
	assert_string_equal(stock_value(f.inv, "h", "e"), "top");
	assert_string_equal(stock_value(f.inv, "h", "f"), "all");
	assert_string_equal(stock_value(f.inv, "h", "g"), "1");
	assert_null(stock_value(f.inv, "h", "ansible_group_priority"));
	stock_drop(&f);
}

static void
connection_variables_are_settings(void **state)
{
	struct stock f;
	const struct host *h;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "[web]\n"
	    "a ansible_host=10.0.0.1 ansible_port=22 ansible_user=u ansible_connection=ssh\n"
	    "b ansible_ssh_host=10.0.0.2 ansible_ssh_port=2 ansible_ssh_user=v "
	    "ansible_private_key_file=/k ansible_timeout=7 drover_kind=cattle\n"
	    "c ansible_connection=local ansible_become=false\n"
	    "d ansible_become_method=doas ansible_become_user=app\n"
	    "e ansible_ssh_common_args='-J me@jump:22 -i /id -p 33 -l w -C'\n"
	    "f ansible_ssh_extra_args='-o ProxyCommand=\"nc %h %p\" -oControlPersist=60s'\n"
	    "[web:vars]\n"
	    "ansible_become=yes\n");
	assert_string_equal(f.text, "");
	h = inventory_find(f.inv, "a");
	assert_string_equal(h->address, "10.0.0.1");
	assert_int_equal(h->port, 22);
	assert_string_equal(h->user, "u");
	assert_string_equal(h->transport, "auto");
	assert_string_equal(h->become, "sudo");
	h = inventory_find(f.inv, "b");
	assert_string_equal(h->address, "10.0.0.2");
	assert_int_equal(h->port, 2);
	assert_string_equal(h->user, "v");
	assert_string_equal(h->identity, "/k");
	assert_int_equal(h->connect_timeout_ms, 7000);
	assert_int_equal(h->kind, HOST_CATTLE);
	h = inventory_find(f.inv, "c");
	assert_string_equal(h->transport, "local");
	assert_null(h->become);
	h = inventory_find(f.inv, "d");
	assert_string_equal(h->become, "doas");
	assert_string_equal(h->become_user, "app");
	h = inventory_find(f.inv, "e");
	assert_string_equal(h->jump, "me@jump:22");
	assert_string_equal(h->identity, "/id");
	assert_int_equal(h->port, 33);
	assert_string_equal(h->user, "w");
	h = inventory_find(f.inv, "f");
	assert_string_equal(h->proxy_command, "nc %h %p");
	for (size_t i = 0; i < inventory_count(f.inv); i++)
		assert_null(inventory_host(f.inv, i)->refused);
	stock_drop(&f);
}

static void
refused(const struct inventory *inv, const char *host, const char *why)
{
	const struct host *h = inventory_find(inv, host);

	assert_non_null(h);
	if (why) {
		assert_non_null(h->refused);
		assert_string_equal(h->refused, why);
	} else {
		assert_null(h->refused);
	}
}

static void
what_drover_cannot_do_refuses_its_host_alone(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "[g]\n"
	    "a ansible_connection=winrm\n"
	    "b ansible_user={{u}}\n"
	    "c ansible_ssh_common_args='-F /x'\n"
	    "d ansible_become_method=pbrun\n"
	    "e ansible_connection=ssh\n"
	    "f ansible_ssh_executable=/opt/tsh\n"
	    "g ansible_shell_type=powershell\n"
	    "h ansible_ssh_extra_args='-o Ciphers=none'\n"
	    "[g:vars]\n"
	    "ansible_connection=docker\n");
	assert_string_equal(f.text, "");
	refused(f.inv, "a",
	    "t.ini:2: ansible_connection: drover goes by SSH or works here (local), not by "
	    "\"winrm\"");
	refused(f.inv, "c",
	    "t.ini:11: ansible_connection: drover goes by SSH or works here (local), not by "
	    "\"docker\"");
	refused(f.inv, "e", NULL);
	stock_drop(&f);
	stock_parse_as(&f, "t.ini",
	    "b ansible_user={{u}}\n"
	    "c ansible_ssh_common_args='-F /x'\n"
	    "d ansible_become_method=pbrun\n"
	    "f ansible_ssh_executable=/opt/tsh\n"
	    "g ansible_shell_type=powershell\n"
	    "h ansible_ssh_extra_args='-o Ciphers=none'\n"
	    "i ansible_user='a;b'\n");
	refused(f.inv, "i",
	    "t.ini:7: ansible_user: a user name of letters, digits and . _ - + @ \\ (at most 64) "
	    "is wanted, not \"a;b\"");
	refused(f.inv, "b",
	    "t.ini:1: ansible_user: the value is a template, which drover does not fill in for "
	    "Ansible");
	assert_null(inventory_find(f.inv, "b")->user);
	refused(f.inv, "c", "t.ini:2: ansible_ssh_common_args: drover cannot do \"-F\" of ssh's");
	refused(f.inv, "d",
	    "t.ini:3: ansible_become_method: drover becomes root by sudo, doas, su or run0, not by "
	    "\"pbrun\"");
	refused(
	    f.inv, "f", "t.ini:4: ansible_ssh_executable: drover runs no other program than ssh");
	refused(f.inv, "g", "t.ini:5: ansible_shell_type: drover needs a POSIX shell on the host");
	refused(f.inv, "h",
	    "t.ini:6: ansible_ssh_extra_args: drover cannot do \"-o Ciphers=none\" of ssh's");
	stock_drop(&f);
}

static void
passwords_are_not_kept_and_unchecked_keys_are_told_once(void **state)
{
	struct stock f;

	(void)state;
	stock_parse_as(&f, "t.ini",
	    "a ansible_password=hunter2 ansible_become_pass=hunter3\n"
	    "b ansible_ssh_pass=hunter4\n"
	    "[all:vars]\n"
	    "ansible_ssh_common_args='-o StrictHostKeyChecking=no -o "
	    "UserKnownHostsFile=/dev/null'\n"
	    "ansible_host_key_checking=false\n");
	assert_string_equal(f.text,
	    "t.ini:1:3: warning: ansible_password: passwords in inventories are not read: "
	    "--ask-password and --ask-become-password ask for them\n"
	    "t.ini:5:1: warning: ansible_host_key_checking: this is not "
	    "obeyed: "
	    "host keys are checked (trust: first-use is for cattle)\n");
	for (size_t i = 0; i < inventory_count(f.inv); i++) {
		const struct host *h = inventory_host(f.inv, i);

		assert_null(h->refused);
		for (size_t k = 0; k < h->var_count; k++)
			assert_null(strstr(h->vars[k]->value, "hunter"));
	}
	stock_drop(&f);
}

static void
ten_thousand_ini_hosts_load_quickly(void **state)
{
	autobuf b = BUF_INIT(4 << 20);
	struct stock f;

	(void)state;
	for (int g = 0; g < 100; g++) {
		buf_addf(&b, "[g%d]\n", g);
		for (int h = 0; h < 100; h++)
			buf_addf(&b, "h%d-%d ansible_host=10.%d.%d.1 rack=%d\n", g, h, g, h, g);
		buf_addf(&b, "[g%d:vars]\ntier=%d\nansible_user=deploy\n", g, g);
	}
	int64_t start = clock_mono_us();
	stock_parse_as(&f, "t.ini", buf_text(&b));
	print_message("# 10000 hosts, %zu bytes of INI: %.1f ms\n", b.len,
	    (double)(clock_mono_us() - start) / 1000);
	assert_int_equal(inventory_count(f.inv), 10000);
	assert_string_equal(inventory_find(f.inv, "h3-5")->address, "10.3.5.1");
	assert_string_equal(stock_value(f.inv, "h3-5", "tier"), "3");
	stock_drop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ini_file_reads_as_ansible_reads_it),
		cmocka_unit_test(every_mistake_of_an_ini_file_is_told),
		cmocka_unit_test(a_yaml_file_reads_as_ansible_reads_it),
		cmocka_unit_test(every_mistake_of_a_yaml_file_is_told),
		cmocka_unit_test(aliases_have_limits),
		cmocka_unit_test(a_listing_reads_as_a_program_prints_it),
		cmocka_unit_test(groups_go_before_each_other_in_the_order_of_ansible),
		cmocka_unit_test(connection_variables_are_settings),
		cmocka_unit_test(what_drover_cannot_do_refuses_its_host_alone),
		cmocka_unit_test(passwords_are_not_kept_and_unchecked_keys_are_told_once),
		cmocka_unit_test(ten_thousand_ini_hosts_load_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
