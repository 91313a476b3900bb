#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name;
	struct scope_value value;
} vars[] = {
	{ "host", { .text = "web1" } },
	{ "os-name", { .text = "debian" } },
	{ "cpus", { .text = "4" } },
	{ "replicas", { .text = "3", .plain = true } },
	{ "on", { .text = "true", .plain = true } },
	{ "off", { .text = "False", .plain = true } },
	{ "nothing", { .text = "", .plain = true } },
	{ "empty", { .text = "" } },
	{ "zeros", { .text = "007", .plain = true } },
	{ "half", { .text = "0.5", .plain = true } },
	{ "quoted", { .text = "12" } },
	{ "trap", { .text = "{{ host }}{% if x %}" } },
	{ "accents", { .text = "\xc3\xa9t\xc3\xa9" } },
	{ "path", { .text = "/etc/app/site.conf" } },
	{ "motd", { .text = "one\ntwo\n\nfour\n" } },
	{ "list", { .text = "[3,1,2]", .is_json = true } },
	{ "words", { .text = "[\"b\",\"a\",\"b\",\"C\"]", .is_json = true } },
	{ "mixed", { .text = "[1,\"1\",true,null,[1],{\"a\":1}]", .is_json = true } },
	{ "none", { .text = "[]", .is_json = true } },
	{ "db",
	    { .text = "{\"host\":\"db1\",\"ports\":[5432,5433],\"ssl\":true,\"x\":0.5,\"no\":null}",
		.is_json = true } },
	{ "users", { .text = "[{\"name\":\"eve\",\"uid\":1001},{\"name\":\"bob\",\"uid\":1000}]",
		       .is_json = true } },
};

static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	(void)user;
	if (str_eq(name, "later"))
		return SCOPE_LATER;
	if (str_eq(name, "vault"))
		return SCOPE_OPAQUE;
	for (size_t i = 0; i < countof(vars); i++) {
		if (!str_eq(vars[i].name, name))
			continue;
		*ret = vars[i].value;
		return SCOPE_FOUND;
	}
	return SCOPE_ABSENT;
}

static const char *const names[] = { "host", "cpus", "replicas", "db", "list", NULL };
static const struct scope scope = { .find = find, .names = names };

struct case_ {
	const char *text, *json; /* as JSON, or the mistake */
};

/* The value as JSON, "LATER", or the first mistake. */
static char *
outcome(const char *text, const struct scope *in)
{
	struct arena *a = arena_new();
	struct source s = {
		.text = text, .len = strlen(text), .mark = { "t", 1, 1 }, .exact = true
	};
	autobuf b = BUF_INIT(1 << 20);
	struct diag d;

	diag_init(&d);
	struct value v = expression_value(&s, in, a, &d);
	if ((v.kind == VALUE_BAD) != (d.errors > 0))
		fail_msg("%s: neither a value nor a mistake, or both", text);
	if (v.kind == VALUE_BAD) {
		autofree char *line = diag_line(&d, 0);
		buf_adds(&b, line);
	} else if (v.kind == VALUE_LATER) {
		buf_adds(&b, "LATER");
	} else {
		value_json(&v, &b);
	}
	diag_fini(&d);
	arena_free(a);
	return buf_detach(&b, NULL);
}

static void
check(const struct case_ *c, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		autofree char *got = outcome(c[i].text, &scope);

		if (str_eq(got, c[i].json))
			continue;
		print_message("%s\n  gives  %s\n  wanted %s\n", c[i].text, got, c[i].json);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define CASES(name, ...)                                                                           \
	static void name(void **state)                                                             \
	{                                                                                          \
		static const struct case_ cases[] = { __VA_ARGS__ };                               \
                                                                                                   \
		(void)state;                                                                       \
		check(cases, countof(cases));                                                      \
	}

CASES(literals_are_what_they_are_written_as, { "1", "1" }, { "0", "0" },
    { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775807", "-9223372036854775807" }, { "- 3", "-3" }, { "'a'", "\"a\"" },
    { "\"a\"", "\"a\"" }, { "''", "\"\"" },
    { "'it\\'s \\\"q\\\" \\\\ \\n\\t'", "\"it's \\\"q\\\" \\\\ \\n\\t\"" },
    { "\"{{ host }}\"", "\"{{ host }}\"" }, { "true", "true" }, { "True", "true" },
    { "false", "false" }, { "False", "false" }, { "null", "null" }, { "none", "null" },
    { "None", "null" }, { "[]", "[]" }, { "[1]", "[1]" }, { "[1,]", "[1]" },
    { "[1, 'a', [true, null]]", "[1,\"a\",[true,null]]" }, { "(1)", "1" }, { "((('x')))", "\"x\"" })

CASES(names_give_their_values_with_their_kinds, { "host", "\"web1\"" }, { "os-name", "\"debian\"" },
    { "cpus", "\"4\"" }, { "replicas", "3" }, { "on", "true" }, { "off", "false" },
    { "nothing", "null" }, { "empty", "\"\"" }, { "zeros", "\"007\"" }, { "half", "\"0.5\"" },
    { "quoted", "\"12\"" }, { "trap", "\"{{ host }}{% if x %}\"" },
    { "db", "{\"host\":\"db1\",\"ports\":[5432,5433],\"ssl\":true,\"x\":0.5,\"no\":null}" },
    { "replicas-1", "2" }, { "replicas - replicas", "0" })

CASES(lists_and_mappings_are_reached_into, { "db.host", "\"db1\"" }, { "db['host']", "\"db1\"" },
    { "db[\"ho\" ~ 'st']", "\"db1\"" }, { "db.ports[0]", "5432" }, { "db.ports[-1]", "5433" },
    { "db.ports[1 - 1]", "5432" }, { "db.ports.1", "5433" }, { "db.ssl", "true" },
    { "db.no", "null" }, { "users[1].name", "\"bob\"" }, { "[[1, 2], [3]][0][1]", "2" },
    { "(list)[0]", "3" }, { "users.0.uid", "1001" }, { "db.x", "0.5" })

CASES(whole_numbers_are_calculated_with, { "1 + 2", "3" }, { "1+2*3", "7" }, { "(1+2)*3", "9" },
    { "7 // 2", "3" }, { "-7 // 2", "-4" }, { "7 // -2", "-4" }, { "-7 // -2", "3" },
    { "6 // 3", "2" }, { "7 % 3", "1" }, { "-7 % 3", "2" }, { "7 % -3", "-2" }, { "-7 % -3", "-1" },
    { "6 % 3", "0" }, { "10 - 3 - 2", "5" }, { "100 // 10 // 5", "2" }, { "2 * 3 % 4", "2" },
    { "-replicas", "-3" }, { "replicas * 2 + 1", "7" }, { "cpus | int * 2", "8" },
    { "-1 + 1", "0" }, { "[1] + [2] + []", "[1,2]" })

CASES(overflow_is_a_mistake, { "9223372036854775807 + 1", "t:1:1: the number is too large" },
    { "-9223372036854775807 - 2", "t:1:1: the number is too large" },
    { "9223372036854775807 * 2", "t:1:1: the number is too large" },
    { "(-9223372036854775807 - 1) // -1", "t:1:2: the number is too large" },
    { "(-9223372036854775807 - 1) % -1", "t:1:2: the number is too large" },
    { "-(-9223372036854775807 - 1)", "t:1:1: - takes a whole number, not a whole number" },
    { "9223372036854775808", "t:1:1: the number is too large" },
    { "99999999999999999999999999999999999999", "t:1:1: the number is too large" },
    { "1 // 0", "t:1:1: // by 0" }, { "1 % 0", "t:1:1: % by 0" },
    { "[9223372036854775807, 1] | sum", "t:1:28: the number is too large" })

CASES(texts_are_joined, { "'a' ~ 'b'", "\"ab\"" }, { "'a' ~ 1 ~ true", "\"a1true\"" },
    { "host ~ ':' ~ replicas", "\"web1:3\"" }, { "1 ~ (2 + 3)", "\"15\"" },
    { "1 ~ 2 + 3", "t:1:1: + takes whole numbers, not a text; texts are joined by ~" },
    { "'' ~ ''", "\"\"" }, { "half ~ 's'", "\"0.5s\"" },
    { "'a' + 'b'", "t:1:1: + takes whole numbers, not a text; texts are joined by ~" },
    { "'a' ~ null", "t:1:1: ~ joins texts and numbers, not null" },
    { "'a' ~ list", "t:1:1: ~ joins texts and numbers, not a list" })

CASES(things_of_one_kind_are_compared, { "1 == 1", "true" }, { "1 != 1", "false" },
    { "1 < 2", "true" }, { "2 <= 2", "true" }, { "1 > 2", "false" }, { "2 >= 3", "false" },
    { "-1 < 0", "true" }, { "'a' == 'a'", "true" }, { "'a' < 'b'", "true" },
    { "'B' < 'a'", "true" }, { "'' < 'a'", "true" }, { "'a' >= 'ab'", "false" },
    { "true == true", "true" }, { "true != false", "true" }, { "null == null", "true" },
    { "nothing == null", "true" }, { "host == null", "false" }, { "host != null", "true" },
    { "db.no == none", "true" }, { "[1, 2] == [1, 2]", "true" }, { "[1, 2] == [2, 1]", "false" },
    { "[1] == [1, 1]", "false" }, { "db == db", "true" }, { "users[0] == users[1]", "false" },
    { "host == 'web1'", "true" }, { "1 + 1 == 2", "true" }, { "os-name == 'debian'", "true" },
    { "1 == 1 == true", "t:1:8: comparisons are not chained: join two by and" },
    { "cpus == 4",
	"t:1:1: a text is compared with a whole number: make them alike by | int or by quotes" },
    { "4 < cpus",
	"t:1:1: a whole number is compared with a text: make them alike by | int or by quotes" },
    { "on == 'true'", "t:1:1: true or false is compared with a text: they are never alike" },
    { "list == host", "t:1:1: a list is compared with a text: they are never alike" },
    { "true < false", "t:1:1: there is no order in true or false" },
    { "list < list", "t:1:1: there is no order in a list" },
    { "null < null", "t:1:1: there is no order in null" })

CASES(things_are_looked_for, { "'e' in 'web'", "true" }, { "'x' in host", "false" },
    { "'' in ''", "true" }, { "1 in list", "true" }, { "9 in list", "false" },
    { "'1' in list", "false" }, { "'1' in mixed", "true" }, { "null in mixed", "true" },
    { "[1] in mixed", "true" }, { "'host' in db", "true" }, { "'nix' in db", "false" },
    { "'x' not in host", "true" }, { "1 not in list", "false" },
    { "host in ['web1', 'web2']", "true" }, { "not host in ['web1']", "false" },
    { "1 in 'a1'", "t:1:1: in looks for a whole number in a text: that cannot be" },
    { "1 in db", "t:1:1: in looks for a whole number in a mapping: that cannot be" },
    { "1 in 1", "t:1:1: in looks for a whole number in a whole number: that cannot be" })

CASES(conditions_are_true_or_false_and_nothing_else, { "true and true", "true" },
    { "true and false", "false" }, { "false or true", "true" }, { "false or false", "false" },
    { "not true", "false" }, { "not not true", "true" }, { "not not not true", "false" },
    { "true or false and false", "true" }, { "(true or false) and false", "false" },
    { "not false and true", "true" }, { "not 1 == 2", "true" }, { "on and not off", "true" },
    { "false and nobody", "false" }, { "true or nobody", "true" },
    { "nobody is defined and nobody.x == 1", "false" },
    { "1 and true", "t:1:1: a condition is true or false, \"1\" is a whole number: compare it" },
    { "not list", "t:1:5: a condition is true or false, \"list\" is a list: write | length > 0" },
    { "true and host", "t:1:10: a condition is true or false, \"host\" is a text: compare it (== "
		       "\"...\"), or add | bool" },
    { "nothing or true", "t:1:1: a condition is true or false, \"nothing\" is null: compare it" })

CASES(one_of_two_is_chosen, { "1 if true else 2", "1" }, { "1 if false else 2", "2" },
    { "1 if off else 2 if off else 3", "3" }, { "1 if on else nobody", "1" },
    { "nobody if off else 2", "2" }, { "(1 if on else 2) + 1", "2" },
    { "'a' if replicas > 2 else 'b'", "\"a\"" },
    { "1 if 1 else 2", "t:1:6: a condition is true or false, \"1\" is a whole number: compare it" },
    { "1 if on", "t:1:8: else is missing: A if CONDITION else B" },
    { "nobody if on else 2", "t:1:1: unknown variable \"nobody\"" })

CASES(tests_ask_for_kinds, { "host is defined", "true" }, { "nobody is defined", "false" },
    { "nobody is not defined", "true" }, { "nobody is undefined", "true" },
    { "nothing is defined", "true" }, { "db.nix is defined", "false" },
    { "db.nix.deeper is defined", "false" }, { "db.host is defined", "true" },
    { "list[7] is defined", "false" }, { "nothing is null", "true" }, { "nothing is none", "true" },
    { "host is not none", "true" }, { "host is string", "true" }, { "host is text", "true" },
    { "replicas is number", "true" }, { "replicas is int", "true" }, { "cpus is int", "false" },
    { "on is bool", "true" }, { "on is true", "true" }, { "off is true", "false" },
    { "off is false", "true" }, { "list is list", "true" }, { "db is mapping", "true" },
    { "db is list", "false" }, { "empty is empty", "true" }, { "none is null", "true" },
    { "list is empty", "false" }, { "'' is empty", "true" }, { "[] is empty", "true" },
    { "nothing is empty", "true" }, { "0 is empty", "false" }, { "host is glob('web*')", "true" },
    { "host is not glob('db[0-9]')", "true" }, { "host is string and replicas is int", "true" },
    { "1 + 1 is int", "t:1:1: + takes whole numbers, not true or false" },
    { "host is globb('x')", "t:1:9: unknown test \"globb\"; did you mean \"glob\"?" },
    { "host is", "t:1:8: after is comes the name of a test: defined" },
    { "host is glob", "t:1:9: glob wants pattern: glob(pattern)" },
    { "nobody is string", "t:1:1: unknown variable \"nobody\"" })

CASES(filters_of_texts, { "host | upper", "\"WEB1\"" }, { "'ABC' | lower", "\"abc\"" },
    { "'hELLO wORLD' | capitalize", "\"Hello world\"" }, { "'  a b\\n' | trim", "\"a b\"" },
    { "'' | trim", "\"\"" }, { "'a.b.c' | replace('.', '-')", "\"a-b-c\"" },
    { "'aaa' | replace('aa', 'b')", "\"ba\"" }, { "'abc' | replace('b', '')", "\"ac\"" },
    { "'a' | replace('', 'b')", "t:1:7: replace: there is nothing to replace" },
    { "'a,b,,c' | split(',')", "[\"a\",\"b\",\"\",\"c\"]" },
    { "' a  b ' | split", "[\"a\",\"b\"]" }, { "'' | split(',')", "[\"\"]" },
    { "'' | split", "[]" }, { "'a--b' | split('--')", "[\"a\",\"b\"]" },
    { "'a' | split('')", "t:1:7: split: an empty text separates nothing" },
    { "motd | lines", "[\"one\",\"two\",\"\",\"four\"]" }, { "'' | lines", "[]" },
    { "'a' | lines", "[\"a\"]" }, { "'a\\r\\nb' | lines", "[\"a\",\"b\"]" },
    { "'abc' | length", "3" }, { "accents | length", "3" }, { "'' | count", "0" },
    { "'a\\nb' | indent", "\"a\\n    b\"" }, { "'a\\n\\nb' | indent(2)", "\"a\\n\\n  b\"" },
    { "'a\\nb' | indent(2, true)", "\"  a\\n  b\"" },
    { "'a' | indent(width=1, first=true)", "\" a\"" },
    { "'a' | indent('2')", "t:1:7: indent: width is a number from 0 to 200" },
    { "\"it's $HOME\" | quote", "\"'it'\\\\''s $HOME'\"" }, { "'plain' | quote", "\"plain\"" },
    { "'' | quote", "\"''\"" }, { "'hello' | b64encode", "\"aGVsbG8=\"" },
    { "'aGVsbG8=' | b64decode", "\"hello\"" },
    { "'///' | b64decode", "t:1:9: b64decode: it is no text in base64" },
    { "'abc' | sha256", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"" },
    { "path | basename", "\"site.conf\"" }, { "path | dirname", "\"/etc/app\"" },
    { "'/x' | dirname", "\"/\"" }, { "'x' | dirname", "\"\"" }, { "'x' | basename", "\"x\"" },
    { "12 | string", "\"12\"" }, { "true | text", "\"true\"" }, { "12 | upper", "\"12\"" },
    { "'12' | int", "12" }, { "'-3' | int", "-3" }, { "5 | int", "5" }, { "true | int", "1" },
    { "'x' | int(0)", "0" },
    { "'1.5' | int", "t:1:9: int: \"1.5\" is no whole number; int(0) would stand in for it" },
    { "'99999999999999999999' | int(7)", "7" }, { "'yes' | bool", "true" },
    { "'off' | bool", "false" }, { "1 | bool", "true" }, { "'FALSE' | bool", "false" },
    { "on | bool", "true" },
    { "'maybe' | bool", "t:1:11: bool: \"maybe\" is neither true nor false" },
    { "list | upper", "t:1:8: upper takes a text, not a list" })

CASES(filters_of_lists_and_mappings, { "list | length", "3" }, { "db | length", "5" },
    { "none | default([]) | length", "0" }, { "list | first", "3" }, { "list | last", "2" },
    { "[] | first | default('x')", "\"x\"" },
    { "[] | first", "t:1:6: first: the list is empty; default() behind it would stand in" },
    { "[] | max", "t:1:6: max: the list is empty; default() behind it would stand in" },
    { "list | sort", "[1,2,3]" }, { "list | sort(reverse=true)", "[3,2,1]" },
    { "words | sort", "[\"C\",\"a\",\"b\",\"b\"]" },
    { "users | sort(attribute='name') | map(attribute='uid')", "[1000,1001]" },
    { "mixed | sort", "t:1:9: sort takes texts only, or whole numbers only; item 1 is a text" },
    { "words | unique", "[\"b\",\"a\",\"C\"]" }, { "[1, '1', 1] | unique", "[1,\"1\"]" },
    { "list | reverse", "[2,1,3]" }, { "list | min", "1" }, { "list | max", "3" },
    { "words | min", "\"C\"" }, { "list | sum", "6" }, { "[] | sum", "0" },
    { "list | join", "\"312\"" }, { "list | join(', ')", "\"3, 1, 2\"" },
    { "[] | join('x')", "\"\"" }, { "users | join('+', attribute='name')", "\"eve+bob\"" },
    { "['a', 1, true] | join('-')", "\"a-1-true\"" },
    { "mixed | join", "t:1:9: join takes a list of texts and numbers, item 3 is null" },
    { "host | join", "t:1:8: join takes a list, not a text" },
    { "db | keys", "[\"host\",\"ports\",\"ssl\",\"x\",\"no\"]" }, { "db | list | length", "5" },
    { "users[0] | values", "[\"eve\",1001]" },
    { "users[0] | items",
	"[{\"key\":\"name\",\"value\":\"eve\"},{\"key\":\"uid\",\"value\":1001}]" },
    { "users[0] | dict2items | length", "2" },
    { "list | keys", "t:1:8: keys takes a mapping, not a list" },
    { "users | map(attribute='name') | join(' ')", "\"eve bob\"" },
    { "words | map('upper') | list", "[\"B\",\"A\",\"B\",\"C\"]" },
    { "['1', '2'] | map('int') | sum", "3" },
    { "users | map(attribute='nix')", "t:1:9: map: an item has no part \"nix\"" },
    { "users | map",
	"t:1:9: map takes attribute=\"NAME\", or the name of a filter without arguments" },
    { "words | map('nothing')",
	"t:1:9: map takes attribute=\"NAME\", or the name of a filter without arguments" },
    { "db.ports | json", "\"[5432,5433]\"" }, { "host | json", "\"\\\"web1\\\"\"" },
    { "db | to_json", "\"{\\\"host\\\":\\\"db1\\\",\\\"ports\\\":[5432,5433],\\\"ssl\\\":true,"
		      "\\\"x\\\":0.5,\\\"no\\\":null}\"" },
    { "range(3)", "[0,1,2]" }, { "range(2, 5)", "[2,3,4]" }, { "range(0)", "[]" },
    { "range(5, 2)", "[]" }, { "range(-1, 1)", "[-1,0]" },
    { "range(10001)", "t:1:1: a range holds at most 10000 numbers" },
    { "range('3')", "t:1:1: range takes whole numbers, not a text" },
    { "range(-9223372036854775807, 9223372036854775807)",
	"t:1:1: a range holds at most 10000 numbers" })

CASES(defaults_stand_in_for_what_is_not_there, { "nobody | default('x')", "\"x\"" },
    { "host | default('x')", "\"web1\"" }, { "empty | default('x')", "\"\"" },
    { "nothing | default('x')", "\"x\"" }, { "db.no | default(1)", "1" },
    { "db.nix.deep | default([])", "[]" }, { "nobody | d(2)", "2" },
    { "nobody | upper | default('x y')", "\"x y\"" },
    { "nobody | default(other | default('z'))", "\"z\"" }, { "host | default(nobody)", "\"web1\"" },
    { "nobody | default(other)", "t:1:10: unknown variable \"other\"" },
    { "off | default(true)", "false" }, { "list[9] | default('none')", "\"none\"" },
    { "nobody | default", "t:1:10: default wants value: default(value)" },
    { "nobody | default('a', 'b')", "t:1:23: default takes no such argument" })

CASES(unknown_names_are_told_with_what_was_meant,
    { "hots", "t:1:1: unknown variable \"hots\"; did you mean \"host\"?" },
    { "zzzzzz", "t:1:1: unknown variable \"zzzzzz\"" },
    { "1 + hots", "t:1:5: unknown variable \"hots\"; did you mean \"host\"?" },
    { "db.hots", "t:1:1: unknown variable \"db.hots\"; did you mean \"db.host\"?" },
    { "db.ports[7]", "t:1:1: unknown variable \"db.ports[7]\"" },
    { "host.x", "t:1:1: unknown variable \"host.x\"" },
    { "db[1]", "t:1:1: the parts of a mapping are named by a text, not by a whole number" },
    { "list.x", "t:1:1: the parts of a list are named by a whole number, not by a text" },
    { "vault",
	"t:1:1: variable \"vault\" holds a template or a vault text, which drover does not read" })

CASES(what_is_no_expression_is_refused,
    { "", "t:1:1: a value is missing here: a name, a text in quotes, a number, a list" },
    { "  ", "t:1:3: a value is missing here: a name, a text in quotes, a number, a list" },
    { "1 +", "t:1:4: a value is missing here: a name, a text in quotes, a number, a list" },
    { "+ 1",
	"t:1:1: a value is wanted here (a name, a text in quotes, a number, a list), not \"+\"" },
    { "and",
	"t:1:1: a value is wanted here (a name, a text in quotes, a number, a list), not \"and\"" },
    { "host host", "t:1:6: an operator is wanted here, or the end" },
    { "host = 'x'", "t:1:6: an operator is wanted here, or the end (to compare: ==)" },
    { "'abc", "t:1:1: the text has no end: ' is missing" },
    { "'a\\d'", "t:1:3: in quotes \\ stands before n, r, t, \\, ' or \" only: write \\\\ for it" },
    { "3x", "t:1:1: numbers are whole: write a text in quotes" },
    { "1.5", "t:1:1: numbers are whole: write a text in quotes" },
    { "1 / 2", "t:1:3: numbers are whole: write // to divide" },
    { "(1", "t:1:3: \")\" is missing here" }, { "[1 2]", "t:1:4: \",\" or \"]\" is wanted here" },
    { "[1", "t:1:3: \",\" or \"]\" is wanted here" }, { "list[1", "t:1:7: \"]\" is missing here" },
    { "db.", "t:1:3: after '.' comes a name" },
    { "host | uper", "t:1:8: unknown filter \"uper\"; did you mean \"upper\"?" },
    { "host |", "t:1:7: after | comes the name of a filter" },
    { "host.upper()", "t:1:5: values have no functions: write | upper" },
    { "db.items()",
	"t:1:3: values have no functions: write | items, or for key, value in a mapping" },
    { "now()", "t:1:1: there is no function \"now\"; only range(N)" },
    { "lookup('env', 'HOME')", "t:1:1: there is no function \"lookup\"; only range(N)" },
    { "host | upper(1)", "t:1:14: upper takes no such argument" },
    { "list | sort(backwards=true)", "t:1:13: sort takes no such argument" },
    { "list | sort(reverse=true, reverse=true)", "t:1:27: sort takes no such argument" },
    { "host | replace('a'", "t:1:19: \",\" or \")\" is wanted here" },
    { "\xc3\xa9", "t:1:1: a value is wanted here (a name, a text in quotes, a number, a list), not "
		  "\"\xc3\xa9\"" })

CASES(what_is_not_known_yet_stays_so_wherever_it_matters, { "later", "LATER" },
    { "later | upper", "LATER" }, { "later.x[1]", "LATER" }, { "later ~ 'x'", "LATER" },
    { "later == 'debian'", "LATER" }, { "'x' in later", "LATER" },
    { "later in ['a', 'b']", "LATER" }, { "[later, 1]", "LATER" }, { "later | int + 1", "LATER" },
    { "later is defined", "LATER" }, { "later | default('x')", "LATER" },
    { "not (later == 'x')", "LATER" }, { "host | default(later)", "\"web1\"" },
    { "nobody | default(later)", "LATER" }, { "'a' | replace('a', later)", "LATER" },
    { "later == 'x' and false", "false" }, { "false and later == 'x'", "false" },
    { "later == 'x' and true", "LATER" }, { "later == 'x' or true", "true" },
    { "true or later == 'x'", "true" }, { "later == 'x' or false", "LATER" },
    { "later == 'a' and later == 'b'", "LATER" }, { "1 if later == 'x' else 2", "LATER" },
    { "1 if later == 'x' else nobody", "LATER" }, { "later == 'x' and nobody == 1", "LATER" },
    { "db[later]", "LATER" }, { "range(later | int)", "LATER" },
    { "nobody ~ later", "t:1:1: unknown variable \"nobody\"" })

static void
all_of_a_large_expression_is_bounded(void **state)
{
	autobuf b = BUF_INIT(10 << 20);
	char *got;

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_adds(&b, "(");
	got = outcome(buf_text(&b), &scope);
	assert_string_equal(got, "t:1:33: nested deeper than 32");
	free(got);
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "1+");
	got = outcome(buf_text(&b), &scope);
	assert_string_equal(got, "t:1:1: more than 200 operators and filters in a row");
	free(got);
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "not ");
	buf_adds(&b, "true");
	got = outcome(buf_text(&b), &scope);
	assert_string_equal(got, "true");
	free(got);
	buf_clear(&b);
	buf_adds(&b, "'aaaaaaaaaaaaaaaa'");
	for (int i = 0; i < 30; i++)
		buf_adds(&b, " | replace('a', 'aaaaaaaaaaaaaaaa')");
	got = outcome(buf_text(&b), &scope);
	assert_string_equal(got, "t:1:162: replace: the text grows past 8 MiB");
	free(got);
	buf_clear(&b);
	buf_adds(&b, "range(10000) | unique");
	got = outcome(buf_text(&b), &scope);
	assert_string_equal(got, "t:1:1: it takes more than 1000000 steps to fill in");
	free(got);
}

__extension__ typedef __int128 wide;

/* Numbers of all sizes: what the language says is what C says, or that it overflows. */
static void
arithmetic_agrees_with_wide_arithmetic(void **state)
{
	static const int64_t seed[] = { 0, 1, -1, 2, -2, 3, 7, -7, 10, 1000003, -1000003, INT32_MAX,
		INT32_MIN, (int64_t)1 << 40, INT64_MAX, INT64_MAX - 1, -INT64_MAX };
	static const char *const ops[] = { "+", "-", "*", "//", "%" };

	(void)state;
	for (size_t i = 0; i < countof(seed) * countof(seed) * countof(ops); i++) {
		wide a = seed[i % countof(seed)], b = seed[i / countof(seed) % countof(seed)], r;
		size_t op = i / (countof(seed) * countof(seed));
		autofree char *text =
		    xasprintf("(%lld) %s (%lld)", (long long)a, ops[op], (long long)b);
		autofree char *got = outcome(text, &scope), *want = NULL;

		if (op >= 3 && b == 0) {
			assert_non_null(strstr(got, "by 0"));
			continue;
		}
		r = op == 0 ? a + b : op == 1 ? a - b : op == 2 ? a * b : a / b;
		if (op >= 3 && a % b != 0 && (a < 0) != (b < 0))
			r--;
		if (op == 4)
			r = a - r * b;
		want = r > INT64_MAX || r < INT64_MIN ? xstrdup("t:1:2: the number is too large")
						      : xasprintf("%lld", (long long)r);
		assert_string_equal(got, want);
	}
}

/* Conditions of all shapes, made of what is known and what is not. */
static void
make_condition(unsigned *seed, int depth, struct buf *to)
{
	static const char *const atoms[] = { "on", "off", "later == 'x'", "'x' in later",
		"later is defined", "(later | upper) == 'X'", "later in ['x', 'y']", "not on",
		"later | length > 1", "(later ~ 'a') != 'xa'", "(later | default('x')) == 'x'",
		"(['x', later] | first) == 'x'", "[] == []" };
	static const char *const joins[] = { " and ", " or ", " == ", " != " };
	unsigned pick = *seed = *seed * 1103515245U + 12345U;

	pick >>= 16;
	if (depth == 0 || pick % 5 == 0) {
		buf_adds(to, atoms[pick / 5 % countof(atoms)]);
		return;
	}
	buf_adds(to, pick % 7 == 0 ? "(not (" : "((");
	make_condition(seed, depth - 1, to);
	if (pick % 5 == 1) {
		buf_adds(to, ") if (");
		make_condition(seed, depth - 1, to);
		buf_adds(to, ") else (");
	} else {
		buf_addf(to, ")%s(", joins[pick / 8 % countof(joins)]);
	}
	make_condition(seed, depth - 1, to);
	buf_adds(to, "))");
}

static enum scope_found
find_known(void *user, const char *name, struct scope_value *ret)
{
	if (!str_eq(name, "later"))
		return find(NULL, name, ret);
	ret->text = user;
	return SCOPE_FOUND;
}

static void
what_is_decided_without_a_fact_holds_whatever_the_fact_is(void **state)
{
	char facts[][4] = { "x", "y", "", "zzz" };
	size_t decided = 0, open = 0;
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		autobuf text = BUF_INIT(100000);

		make_condition(&seed, 1 + i % 4, &text);
		autofree char *before = outcome(buf_text(&text), &scope);
		open += str_eq(before, "LATER");
		decided += !str_eq(before, "LATER");
		for (size_t k = 0; k < countof(facts) && !str_eq(before, "LATER"); k++) {
			struct scope known = { .find = find_known, .user = facts[k] };
			autofree char *after = outcome(buf_text(&text), &known);

			if (!str_eq(before, after))
				fail_msg("%s is %s, but %s where the fact is \"%s\"",
				    buf_text(&text), before, after, facts[k]);
		}
	}
	assert_true(decided > 300);
	assert_true(open > 300);
}

static void
truth_has_three_values(void **state)
{
	static const struct {
		const char *text;
		enum truth truth;
	} cases[] = { { "true", TRUTH_YES }, { "off", TRUTH_NO }, { "later == 'x'", TRUTH_LATER },
		{ "later == 'x' and off", TRUTH_NO }, { "cpus | int >= 4", TRUTH_YES } };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct source s = { .text = cases[i].text, .len = strlen(cases[i].text) };
		enum truth got;
		struct diag d;

		diag_init(&d);
		assert_true(expression_truth(&s, &scope, &d, &got));
		assert_int_equal(got, cases[i].truth);
		diag_fini(&d);
	}
}

static void
where_it_may_not_come_to_it_mistakes_only_warn(void **state)
{
	struct scope maybe = scope;
	struct source s = {
		.text = "nobody == 1", .len = 11, .mark = { "t", 1, 1 }, .exact = true
	};
	enum truth got;
	bool later = false;
	struct diag d;

	(void)state;
	maybe.maybe = true;
	maybe.later = &later;
	diag_init(&d);
	assert_true(expression_truth(&s, &maybe, &d, &got));
	assert_int_equal(got, TRUTH_LATER);
	assert_int_equal(d.errors, 0);
	assert_int_equal(d.warnings, 1);
	assert_string_equal(d.item[0].text, "unknown variable \"nobody\" (if it comes to this)");
	diag_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_what_they_are_written_as),
		cmocka_unit_test(names_give_their_values_with_their_kinds),
		cmocka_unit_test(lists_and_mappings_are_reached_into),
		cmocka_unit_test(whole_numbers_are_calculated_with),
		cmocka_unit_test(overflow_is_a_mistake),
		cmocka_unit_test(texts_are_joined),
		cmocka_unit_test(things_of_one_kind_are_compared),
		cmocka_unit_test(things_are_looked_for),
		cmocka_unit_test(conditions_are_true_or_false_and_nothing_else),
		cmocka_unit_test(one_of_two_is_chosen),
		cmocka_unit_test(tests_ask_for_kinds),
		cmocka_unit_test(filters_of_texts),
		cmocka_unit_test(filters_of_lists_and_mappings),
		cmocka_unit_test(defaults_stand_in_for_what_is_not_there),
		cmocka_unit_test(unknown_names_are_told_with_what_was_meant),
		cmocka_unit_test(what_is_no_expression_is_refused),
		cmocka_unit_test(what_is_not_known_yet_stays_so_wherever_it_matters),
		cmocka_unit_test(all_of_a_large_expression_is_bounded),
		cmocka_unit_test(arithmetic_agrees_with_wide_arithmetic),
		cmocka_unit_test(what_is_decided_without_a_fact_holds_whatever_the_fact_is),
		cmocka_unit_test(truth_has_three_values),
		cmocka_unit_test(where_it_may_not_come_to_it_mistakes_only_warn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
