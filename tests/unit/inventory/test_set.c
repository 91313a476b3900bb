#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char fleet[] = "groups:\n"
			    "  web: {kind: cattle, hosts: \"web[01-20]\", vars: {tier: front}}\n"
			    "  db: {kind: pet, hosts: [db1, db2], vars: {tier: back}}\n"
			    "  rack1: {hosts: \"rack1n[1-4]\"}\n"
			    "  rack2: {hosts: \"rack2n[1-4]\"}\n"
			    "  eu: {children: [web, db]}\n"
			    "hosts: {lone: {vars: {owner: bob}}}\n";

static struct inventory *
load(const char *text)
{
	struct diag d;
	struct err err = { 0 };

	diag_init(&d);
	struct inventory *inv = inventory_parse("t.yaml", text, strlen(text), &d, &err);
	if (!inv)
		diag_print(&d, stderr);
	assert_non_null(inv);
	diag_fini(&d);
	return inv;
}

/* Only web01 and the databases have told their system. */
static const char *
fact(void *user, const struct host *h, const char *key)
{
	(void)user;
	if (!str_eq(key, "os"))
		return NULL;
	if (str_starts(h->name, "db"))
		return "debian-12";
	return str_eq(h->name, "web01") ? "fedora" : NULL;
}

/* The set folded, or the error. */
static char *
answer(const struct inventory *inv, const char *expr, bool known_only)
{
	const struct set_lookup lookup = { .fact = fact, .known_only = known_only };
	struct set set = { 0 };
	struct err err = { 0 };

	if (set_eval(inv, expr, &lookup, &set, &err) < 0) {
		assert_int_equal(err.kind, OUTCOME_USAGE);
		return xstrdup(err.text);
	}
	autofree const char **names = xcalloc(set.count, sizeof(*names));
	for (size_t i = 0; i < set.count; i++)
		names[i] = set.hosts[i]->name;
	char *fold = names_fold(names, set.count);
	set_fini(&set);
	return fold;
}

static void
gives(const struct inventory *inv, const char *expr, const char *expected)
{
	autofree char *got = answer(inv, expr, false);

	assert_string_equal(got, expected);
}

static void
operators_go_from_left_to_right(void **state)
{
	struct inventory *inv = load(fleet);

	(void)state;
	gives(inv, "web[01-03]", "web[01-03]");
	gives(inv, "@web!web[02-20]", "web01");
	gives(inv, "@web & web[19-20] , db1", "db1,web[19-20]");
	gives(inv, "@db^db1,lone", "db2,lone");
	gives(inv, "@eu!@web", "db[1-2]");
	gives(inv, "@all!@eu", "lone,rack[1-2]n[1-4]");
	gives(inv, "@*&lone", "lone");
	gives(inv, "web0*", "web[01-09]");
	gives(inv, "web?[1,3]", "web[01,03,11,13]");
	gives(inv, "rack[1-2]n[1-2]", "rack[1-2]n[1-2]");
	gives(inv, "@rack[1-2]!rack2n[1-4]", "rack1n[1-4]");
	gives(inv, "db1,@web!@web", "db1");
	inventory_free(inv);
}

static void
properties_variables_and_facts_can_be_asked_for(void **state)
{
	struct inventory *inv = load(fleet);

	(void)state;
	gives(inv, "kind=cattle", "web[01-20]");
	gives(inv, "@all!kind=c*", "db[1-2],lone,rack[1-2]n[1-4]");
	gives(inv, "group=rack?", "rack[1-2]n[1-4]");
	gives(inv, "name=db*", "db[1-2]");
	gives(inv, "@eu&tier=back", "db[1-2]");
	gives(inv, "@db&os=debian*", "db[1-2]");
	gives(inv, "@db,web01&os=fed*", "web01");
	inventory_free(inv);
}

static void
a_fact_that_is_lacking_makes_the_set_an_error_unless_known(void **state)
{
	struct inventory *inv = load(fleet);

	(void)state;
	autofree char *got = answer(inv, "@web&os=fedora", false);
	assert_non_null(strstr(got, "no variable or known fact \"os\" of web[02-20]"));
	autofree char *known = answer(inv, "@web&os=fedora", true);
	assert_string_equal(known, "web01");
	autofree char *nobody = answer(inv, "os=plan9", true);
	assert_string_equal(nobody, "the set \"os=plan9\" matches nothing");
	inventory_free(inv);
}

static void
mistakes_say_where_and_what_was_meant(void **state)
{
	struct inventory *inv = load(fleet);

	(void)state;
	gives(inv, "web21",
	    "set \"web21\", column 1: no host \"web21\" in the inventory; did you mean "
	    "\"web01\"?");
	gives(inv, "db1,web[18-30]",
	    "set \"db1,web[18-30]\", column 5: 10 names are not in the inventory: web[21-30]");
	gives(inv, "web", "set \"web\", column 1: \"web\" is a group, not a host: write @web");
	gives(inv, "wbe",
	    "set \"wbe\", column 1: no host \"wbe\" in the inventory; did you mean the group "
	    "\"@web\"?");
	gives(inv, "@wbe", "set \"@wbe\", column 1: no group \"wbe\"; did you mean \"@web\"?");
	gives(inv, "@lone", "set \"@lone\", column 1: \"lone\" is a host: write it without @");
	gives(inv, "!db1",
	    "set \"!db1\", column 1: a set does not begin with !: for all but some write "
	    "@all!...");
	gives(inv, "db1,,db2", "set \"db1,,db2\", column 5: a name is missing");
	gives(inv, "", "set \"\", column 1: a name is missing");
	gives(inv, "web[01-", "set \"web[01-\", column 1: a bracket is not closed or not opened");
	gives(inv, "web[05-01]", "set \"web[05-01]\", column 1: the range 05-01 runs backwards");
	gives(inv, "web[a-f]",
	    "set \"web[a-f]\", column 1: \"a-f\" is no range: brackets hold numbers, as in "
	    "[01-20] or [1,3-5]");
	gives(inv, "(@web)",
	    "set \"(@web)\", column 1: parentheses are not read: a set goes from left to right");
	gives(inv, "db1 db2", "set \"db1 db2\", column 1: \"db1 db2\": names are joined by commas");
	gives(inv, "kind!=pet", "set \"kind!=pet\", column 1: no host \"kind\" in the inventory");
	gives(inv, "@all!kind=catle",
	    "set \"@all!kind=catle\", column 6: kind is pet or cattle, not \"catle\"; did you mean "
	    "cattle?");
	gives(inv, "zz*", "set \"zz*\", column 1: the glob \"zz*\" matches no host");
	gives(inv, "@db!@db", "the set \"@db!@db\" matches nothing");
	inventory_free(inv);
}

static void
expands(const char *expr, const char *expected)
{
	struct names n;
	struct err err = { 0 };
	autobuf all = BUF_INIT(4000);

	if (names_eval(NULL, expr, &n, &err) < 0) {
		assert_string_equal(err.text, expected);
		return;
	}
	for (size_t i = 0; i < n.count; i++)
		buf_addf(&all, "%s%s", i ? " " : "", n.name[i]);
	assert_string_equal(buf_text(&all), expected);
	names_fini(&n);
}

static void
ranges_expand_as_in_clustershell(void **state)
{
	(void)state;
	expands("n[1-3]", "n1 n2 n3");
	expands("n[01-03,7]", "n01 n02 n03 n7");
	expands("n[9-11]", "n9 n10 n11");
	expands("n[098-101]", "n098 n099 n100 n101");
	expands("n[1-9/4]", "n1 n5 n9");
	expands("r[1-2]n[1-2].x", "r1n1.x r1n2.x r2n1.x r2n2.x");
	expands("b2,b10,a1", "a1 b2 b10");
	expands("n[1-4]!n[2-3]", "n1 n4");
	expands("n[1-4]&n[3-6]", "n3 n4");
	expands("n[1-4]^n[3-6]", "n1 n2 n5 n6");
	expands("n1!n1", "");
	expands("127.0.0.[1-3]", "127.0.0.1 127.0.0.2 127.0.0.3");
	expands("::1", "::1");
	expands("n[1,1,01]", "n1 n01");
	expands("n[1-1000001]", "set \"n[1-1000001]\", column 1: more than 1000000 names");
	expands("[0-999][0-999][0-999]",
	    "set \"[0-999][0-999][0-999]\", column 1: more than 1000000 names");
	expands("n[99999999999999999999]",
	    "set \"n[99999999999999999999]\", column 1: \"99999999999999999999\" is no range");
	expands("n[01-100]",
	    "set \"n[01-100]\", column 1: the numbers of the range 01-100 differ in their padding");
	expands("-oProxyCommand=x",
	    "set \"-oProxyCommand=x\", column 1: the test \"-oProxyCommand=x\" needs an inventory: "
	    "give -i");
	expands("a;id",
	    "set \"a;id\", column 1: \"a;id\" is no host: a host name of letters, digits and . _ : "
	    "- (at most 253, not - first)");
	expands("@web", "set \"@web\", column 1: the group \"@web\" needs an inventory: give -i");
	expands("web*", "set \"web*\", column 1: the glob \"web*\" needs an inventory: give -i");
}

static void
folds(const char *expr, const char *expected)
{
	struct names n;
	struct err err = { 0 };

	assert_int_equal(names_eval(NULL, expr, &n, &err), 0);
	autofree char *fold = names_fold((const char *const *)n.name, n.count);
	assert_string_equal(fold, expected);
	names_fini(&n);
}

static void
names_fold_to_the_shortest_set(void **state)
{
	(void)state;
	folds("n1,n2,n3", "n[1-3]");
	folds("n1,n3,n5", "n[1,3,5]");
	folds("n01,n02,n10,n1", "n[1,01-02,10]");
	folds("n9,n10,n11", "n[9-11]");
	folds("n09,n10,n11", "n[09-11]");
	folds("n99,n100", "n[99-100]");
	folds("n099,n100", "n[099-100]");
	folds("r1n1,r1n2,r2n1,r2n2", "r[1-2]n[1-2]");
	folds("r1n1,r1n2,r2n1", "r1n[1-2],r2n1");
	folds("db1,web2,web1,lone", "db1,lone,web[1-2]");
	folds("web1.x.org,web2.x.org", "web[1-2].x.org");
	folds("a123456789012345678901,a123456789012345678902",
	    "a123456789012345678901,a123456789012345678902");
}

static void
names_with_control_bytes_fold_as_they_are(void **state)
{
	static const char *const names[] = { "n1", "n2", "n\001", "n\001\001" };
	autofree char *fold = names_fold(names, countof(names));

	(void)state;
	assert_string_equal(fold, "n\001,n[1-2],n\001\001");
}

static void
what_is_folded_expands_to_the_same(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		autobuf text = BUF_INIT(10000);
		struct names a, b;
		struct err err = { 0 };

		for (int i = 0; i < 30; i++) {
			seed = seed * 1103515245 + 12345;
			unsigned r = seed >> 8;

			buf_addf(&text, "%s%c%0*un%0*u", i ? "," : "", 'a' + (int)(r & 1),
			    (int)(r >> 1 & 1) + 1, r >> 2 & 15, (int)(r >> 6 & 1) + 1, r >> 7 & 3);
		}
		assert_int_equal(names_eval(NULL, buf_text(&text), &a, &err), 0);
		autofree char *fold = names_fold((const char *const *)a.name, a.count);
		assert_int_equal(names_eval(NULL, fold, &b, &err), 0);
		assert_int_equal(a.count, b.count);
		for (size_t i = 0; i < a.count; i++)
			assert_string_equal(a.name[i], b.name[i]);
		names_fini(&a);
		names_fini(&b);
	}
}

static void
a_hundred_thousand_names_are_quick(void **state)
{
	struct names n;
	struct err err = { 0 };
	int64_t start = clock_mono_us(), middle;

	(void)state;
	assert_int_equal(
	    names_eval(NULL, "n[1-100000]!n[1-50000],m[1-50000]&n[60001-160000]", &n, &err), 0);
	middle = clock_mono_us();
	assert_int_equal(n.count, 40000);
	names_fini(&n);
	assert_int_equal(names_eval(NULL, "n[1-100000]", &n, &err), 0);
	int64_t before_fold = clock_mono_us();
	autofree char *fold = names_fold((const char *const *)n.name, n.count);
	assert_string_equal(fold, "n[1-100000]");
	print_message("# algebra on 250k names %.1f ms, expanding 100k %.1f ms, folding 100k %.1f "
		      "ms\n",
	    (double)(middle - start) / 1000, (double)(before_fold - middle) / 1000,
	    (double)(clock_mono_us() - before_fold) / 1000);
	names_fini(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_go_from_left_to_right),
		cmocka_unit_test(properties_variables_and_facts_can_be_asked_for),
		cmocka_unit_test(a_fact_that_is_lacking_makes_the_set_an_error_unless_known),
		cmocka_unit_test(mistakes_say_where_and_what_was_meant),
		cmocka_unit_test(ranges_expand_as_in_clustershell),
		cmocka_unit_test(names_fold_to_the_shortest_set),
		cmocka_unit_test(names_with_control_bytes_fold_as_they_are),
		cmocka_unit_test(what_is_folded_expands_to_the_same),
		cmocka_unit_test(a_hundred_thousand_names_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
