#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	(void)user;
	if (str_eq(name, "host"))
		ret->text = "web1";
	else if (str_eq(name, "braces"))
		ret->text = "{{ host }}{% if %}";
	else if (str_eq(name, "empty"))
		ret->text = "";
	else if (str_eq(name, "db"))
		*ret = (struct scope_value){ "{\"host\":\"db1\",\"ports\":[5432,5433],\"ssl\":"
					     "true,\"none\":null,\"x\":0.5}",
			.is_json = true };
	else if (str_eq(name, "users"))
		*ret = (struct scope_value){
			"[{\"name\":\"eve\",\"admin\":true},{\"name\":\"bob\",\"admin\":false}]",
			.is_json = true
		};
	else if (str_eq(name, "nothing"))
		*ret = (struct scope_value){ "", .plain = true };
	else if (str_eq(name, "yes"))
		*ret = (struct scope_value){ "true", .plain = true };
	else if (str_eq(name, "later"))
		return SCOPE_LATER;
	else if (str_eq(name, "vault"))
		return SCOPE_OPAQUE;
	else
		return SCOPE_ABSENT;
	return SCOPE_FOUND;
}

static const char *const names[] = { "host", "braces", "empty", "db", NULL };
static const struct scope scope = { .find = find, .names = names };

static void
gives(const char *text, const char *expected)
{
	struct arena *a = arena_new();
	struct diag d;
	struct source s = {
		.text = text, .len = strlen(text), .mark = { "t", 1, 1 }, .exact = true
	};
	size_t len = 0;

	diag_init(&d);
	const char *got = render_text(&s, &scope, a, &d, &len);
	if (!got) {
		autofree char *line = diag_line(&d, 0);
		fail_msg("%s: %s", text, line);
	}
	assert_string_equal(got, expected);
	assert_int_equal(len, strlen(expected));
	diag_fini(&d);
	arena_free(a);
}

static void
refuses(const char *text, const char *expected)
{
	struct arena *a = arena_new();
	struct diag d;
	struct source s = {
		.text = text, .len = strlen(text), .mark = { "t", 1, 1 }, .exact = true
	};
	autobuf all = BUF_INIT(10000);

	diag_init(&d);
	assert_null(render_text(&s, &scope, a, &d, NULL));
	for (int i = 0; i < d.count; i++) {
		autofree char *line = diag_line(&d, i);
		buf_addf(&all, "%s%s", i ? "\n" : "", line);
	}
	assert_string_equal(buf_text(&all), expected);
	diag_fini(&d);
	arena_free(a);
}

static void
names_are_filled_in(void **state)
{
	(void)state;
	gives("", "");
	gives("plain { text } {a} $x %y", "plain { text } {a} $x %y");
	gives("{{ host }}", "web1");
	gives("a{{host}}b{{  host  }}c", "aweb1bweb1c");
	gives("{", "{");
	gives("}}", "}}");
}

static void
values_are_never_read_as_templates_again(void **state)
{
	(void)state;
	gives("{{ braces }}", "{{ host }}{% if %}");
	gives("{{ braces | upper }}", "{{ HOST }}{% IF %}");
}

static void
filters_are_applied_from_left_to_right(void **state)
{
	(void)state;
	gives("{{ host | upper }}", "WEB1");
	gives("{{ host|upper|lower }}", "web1");
	gives("{{ \" a b \" | trim }}", "a b");
	gives("{{ nobody | default(\"x\") | upper }}", "X");
	gives("{{ nobody | upper | default('x y') }}", "x y");
	gives("{{ empty | default(\"x\") }}", "");
	gives("{{ host | json }}", "\"web1\"");
	gives("{{ nobody | default(\"\") }}", "");
}

static void
mappings_and_lists_are_reached_into(void **state)
{
	(void)state;
	gives("{{ db.host }}:{{ db.ports[1] }}", "db1:5433");
	gives("{{ db.ssl }} {{ db.x }}", "true 0.5");
	gives("{{ db.ports | join(\", \") }}", "5432, 5433");
	gives("{{ db.ports | json }}", "[5432,5433]");
	gives("{{ db.user | default(\"me\") }}", "me");
	gives("{{ db.none | default(\"me\") }}", "me");
	gives("{{ later.x.y }}", "later");
}

static void
braces_can_be_written_as_text(void **state)
{
	(void)state;
	gives("{{ \"{{\" }} x }}", "{{ x }}");
	gives("{{ '{%' }}", "{%");
	gives("{{ \"a\\\"b\\\\c\\n\" }}", "a\"b\\c\n");
}

static void
unknown_names_are_told_at_their_place(void **state)
{
	(void)state;
	refuses("a\nb {{ hots }} c {{ db.hots }}\n{{ zzzzzz }}",
	    "t:2:6: unknown variable \"hots\"; did you mean \"host\"?\n"
	    "t:2:19: unknown variable \"db.hots\"; did you mean \"db.host\"?\n"
	    "t:3:4: unknown variable \"zzzzzz\"");
	refuses("\xc3\xa9\xc3\xa9{{ nix }}", "t:1:6: unknown variable \"nix\"");
	refuses("{{ host.x }}", "t:1:4: unknown variable \"host.x\"");
}

static void
what_is_no_expression_is_refused(void **state)
{
	(void)state;
	refuses("{{ host", "t:1:1: {{ without its }}");
	refuses(
	    "{{ }}", "t:1:4: a value is missing here: a name, a text in quotes, a number, a list");
	refuses("{{ host host }}",
	    "t:1:9: \"host\" is not understood here: an operator, a filter or }} is wanted");
	refuses("{{ 3x }}", "t:1:4: numbers are whole: write a text in quotes");
	refuses("{{ host = 1 }}", "t:1:9: = is no operator: to compare write ==");
	refuses("{{ host | uper }}", "t:1:11: unknown filter \"uper\"; did you mean \"upper\"?");
	refuses("{{ host | default }}", "t:1:11: default wants value: default(value)");
	refuses(
	    "{{ db }}", "t:1:4: \"db\" is a list or a mapping: name a part of it, or add | json");
	refuses("{{ db. }}", "t:1:6: after '.' comes a name");
	refuses("{{ db[x] }}", "t:1:7: unknown variable \"x\"");
	refuses("{{ nothing }}",
	    "t:1:4: \"nothing\" is null: add | default(\"...\") for a text in its place");
	refuses("{{ vault }}",
	    "t:1:4: variable \"vault\" holds a template or a vault text, which drover does not "
	    "read");
}

static void
conditions_choose_what_stands_there(void **state)
{
	(void)state;
	gives("{% if yes %}a{% endif %}", "a");
	gives("{% if not yes %}a{% endif %}", "");
	gives("{% if not yes %}a{% else %}b{% endif %}", "b");
	gives("{% if host == \"x\" %}a{% elif host == \"web1\" %}b{% elif yes %}c{% else %}d{% "
	      "endif %}",
	    "b");
	gives("{% if host == \"x\" %}a{% elif host == \"y\" %}b{% else %}d{% endif %}", "d");
	gives("{% if yes %}{% if not yes %}a{% else %}b{% endif %}{% else %}c{% endif %}", "b");
	gives("{% if nobody is defined %}{{ nobody }}{% endif %}x", "x");
	gives("{%if yes%}a{%endif%}", "a");
	refuses("{% if host %}a{% endif %}",
	    "t:1:7: a condition is true or false, \"host\" is a text: compare it (== \"...\"), or "
	    "add | bool");
	refuses("{% if %}a{% endif %}",
	    "t:1:7: a value is missing here: a name, a text in quotes, a number, a list");
}

static void
loops_go_over_lists_and_mappings(void **state)
{
	(void)state;
	gives("{% for p in db.ports %}[{{ p }}]{% endfor %}", "[5432][5433]");
	gives("{% for u in users %}{{ u.name }}{% if not loop.last %},{% endif %}{% endfor %}",
	    "eve,bob");
	gives("{% for u in users if u.admin %}{{ u.name }}{{ loop.length }}{% endfor %}", "eve1");
	gives("{% for u in users if u.name == \"nix\" %}x{% else %}none{% endfor %}", "none");
	gives("{% for x in [] %}x{% else %}empty{% endfor %}", "empty");
	gives("{% for key, value in users[0] %}{{ key }}={{ value }};{% endfor %}",
	    "name=eve;admin=true;");
	gives("{% for key in users[0] %}{{ key }};{% endfor %}", "name;admin;");
	gives("{% for k, v in users[0] | items %}{{ k }};{% endfor %}", "name;admin;");
	gives("{% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}", "3 7 ");
	gives("{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ "
	      "loop.last }} {% endfor %}",
	    "10truefalse 21falsefalse 32falsetrue ");
	gives("{% for a in [1, 2] %}{% for b in [3, 4] %}{{ a }}{{ b }}{{ loop.index }} {% endfor "
	      "%}{{ loop.index }};{% endfor %}",
	    "131 142 1;231 242 2;");
	gives("{% for host in [\"in\"] %}{{ host }}{% endfor %}{{ host }}", "inweb1");
	gives("{% for x in [host] %}{{ x }}{% endfor %}", "web1");
	refuses("{% for x in host %}{% endfor %}",
	    "t:1:13: for goes over a list or a mapping, not a text (| split, | lines)");
	refuses("{% for loop in [1] %}{% endfor %}",
	    "t:1:8: \"loop\" cannot be the name of a loop's item");
	refuses("{% for x of [1] %}{% endfor %}", "t:1:10: for NAME in LIST is wanted here");
	refuses("{% for a, b in [1] %}{% endfor %}",
	    "t:1:16: two names take the items of a mapping, "
	    "or of a list of pairs; item 0 is a whole number");
	refuses("{% for x in [1, 2] %}{{ nix }}{% endfor %}{{ x }}",
	    "t:1:25: unknown variable \"nix\"\nt:1:46: unknown variable \"x\"");
}

/* As Ansible has Jinja do it: the newline behind a statement goes, blanks before it stay. */
static void
blanks_go_as_people_know_it(void **state)
{
	(void)state;
	gives("a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\nb\nc\n");
	gives("a\r\n{% if yes %}\r\nb\r\n{% endif %}\r\nc", "a\r\nb\r\nc");
	gives("  {% if yes %}\n  b\n  {% endif %}\nc", "    b\n  c");
	gives("a\n{% if yes +%}\nb{% endif %}", "a\n\nb");
	gives("a\n  {%- if yes %} b {% endif -%}\n  c", "a b c");
	gives("a {{- host -}} b", "aweb1b");
	gives("a\n\n{{- host -}}\n\nb", "aweb1b");
	gives("{{ host }}\n", "web1\n");
	gives("x{# a remark #}y", "xy");
	gives("x\n{# a remark {{ hots }} {% #}\ny", "x\ny");
	gives("x  {#- a -#}  y", "xy");
	gives("{% if yes %}\n\nx{% endif %}", "\nx");
	gives("{%+ if yes %}x{% endif %}", "x");
}

static void
raw_text_stays_as_it_is(void **state)
{
	(void)state;
	gives("{% raw %}{{ x }} {% if %} {# #}{% endraw %}", "{{ x }} {% if %} {# #}");
	gives("{% raw %}\na\n{% endraw %}\nb", "\na\nb");
	gives("a {%- raw -%} b {%- endraw -%} c", "abc");
	refuses("{% raw %}x", "t:1:1: {% raw %} without its {% endraw %}");
}

static void
blocks_without_their_ends_are_told(void **state)
{
	(void)state;
	refuses("a {% if yes %}b", "t:1:3: {% if %} without its {% endif %}");
	refuses("{% for x in [] %}", "t:1:1: {% for %} without its {% endfor %}");
	refuses("a{% endif %}", "t:1:2: {% endif %} without its {% if %}");
	refuses("{% else %}", "t:1:1: {% else %} without its {% if %}");
	refuses("{% if yes %}{% endfor %}", "t:1:13: {% endfor %} where {% endif %} is wanted");
	refuses("{% if yes %}a{% else %}b{% else %}c{% endif %}",
	    "t:1:25: {% else %} where {% endif %} is wanted\nt:1:36: {% endif %} without its {% if "
	    "%}");
	refuses("{# a", "t:1:1: {# without its #}");
	refuses("{% if yes", "t:1:1: {% without its %}\nt:1:1: {% if %} without its {% endif %}");
	refuses("{{ hots }}\n{% if yes %}{{ hits }}", "t:2:1: {% if %} without its {% endif %}");
}

static void
statements_that_are_not_ours_are_refused_by_name(void **state)
{
	(void)state;
	refuses("x {% set a = 1 %}{% include \"y\" %}",
	    "t:1:6: {% set %} is not part of drover's templates: they have if, for and raw\n"
	    "t:1:21: {% include %} is not part of drover's templates: they have if, for and raw");
	refuses("{% iff x %}", "t:1:4: unknown statement \"iff\"; did you mean \"if\"?");
	refuses("{% 3 %}", "t:1:4: after {% comes if, for or raw");
}

static void
filling_in_always_ends(void **state)
{
	autobuf b = BUF_INIT(1 << 20);

	(void)state;
	refuses("{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
	    "t:1:1: it takes more than 1000000 steps to fill in");
	refuses("{% for a in range(1000) %}{% for b in range(100) %}"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"234567890123456789{% "
		"endfor %}{% endfor %}",
	    "t:1:1: the text grows past 8 MiB");
	for (int i = 0; i < 33; i++)
		buf_adds(&b, "{% if yes %}");
	for (int i = 0; i < 33; i++)
		buf_adds(&b, "{% endif %}");
	refuses(buf_text(&b), "t:1:385: blocks are nested deeper than 32\n"
			      "t:1:749: {% endif %} without its {% if %}");
	buf_clear(&b);
	buf_adds(&b, "{% if not yes %}");
	for (int i = 0; i < 20000; i++)
		buf_adds(&b, "{% elif not yes %}");
	buf_adds(&b, "{% else %}x{% endif %}");
	gives(buf_text(&b), "x");
}

static void
a_value_that_will_be_known_later_is_stood_for_by_its_name(void **state)
{
	(void)state;
	gives("[{{ later }}] [{{ later | upper }}]", "[later] [later]");
	gives("{{ \"x\" ~ later }}", "later");
	gives("a{% if later == \"x\" %}b{% else %}c{% endif %}d", "ad");
	gives("a{% for x in later | split %}{{ x }}{{ x.y | upper }}{% endfor %}d", "ad");
	gives("{% for a, b in later %}{{ a }}{{ b }}{% else %}x{% endfor %}", "");
	gives("{% if later == \"x\" %}{{ nobody }}{% endif %}", "");
	gives("{% if later == \"x\" %}a{% elif yes %}{{ nobody }}{% else %}{{ nobody }}{% endif %}",
	    "");
	gives("{% if later == \"x\" and not yes %}a{% elif yes %}b{% endif %}", "b");
	refuses("{% if later == \"x\" %}{% endif %}{{ nobody }}",
	    "t:1:36: unknown variable \"nobody\"");
}

static void
syntax_is_checked_without_a_host(void **state)
{
	struct diag d;
	struct source good = { .text = "{{ any.thing | upper }}", .len = 23 };
	struct source bad = { .text = "{{ any | nothing }}", .len = 19 };

	(void)state;
	diag_init(&d);
	assert_true(render_check(&good, &d));
	assert_false(render_check(&bad, &d));
	assert_true(render_is_template(&good));
	diag_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_filled_in),
		cmocka_unit_test(values_are_never_read_as_templates_again),
		cmocka_unit_test(filters_are_applied_from_left_to_right),
		cmocka_unit_test(mappings_and_lists_are_reached_into),
		cmocka_unit_test(braces_can_be_written_as_text),
		cmocka_unit_test(unknown_names_are_told_at_their_place),
		cmocka_unit_test(what_is_no_expression_is_refused),
		cmocka_unit_test(conditions_choose_what_stands_there),
		cmocka_unit_test(loops_go_over_lists_and_mappings),
		cmocka_unit_test(blanks_go_as_people_know_it),
		cmocka_unit_test(raw_text_stays_as_it_is),
		cmocka_unit_test(blocks_without_their_ends_are_told),
		cmocka_unit_test(statements_that_are_not_ours_are_refused_by_name),
		cmocka_unit_test(filling_in_always_ends),
		cmocka_unit_test(a_value_that_will_be_known_later_is_stood_for_by_its_name),
		cmocka_unit_test(syntax_is_checked_without_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
