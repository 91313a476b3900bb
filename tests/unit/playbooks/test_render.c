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

static enum render_found
find(void *user, const char *name, struct render_value *ret)
{
	(void)user;
	if (str_eq(name, "host"))
		ret->text = "web1";
	else if (str_eq(name, "braces"))
		ret->text = "{{ host }}{% if %}";
	else if (str_eq(name, "empty"))
		ret->text = "";
	else if (str_eq(name, "db"))
		*ret = (struct render_value){ "{\"host\":\"db1\",\"ports\":[5432,5433],\"ssl\":"
					      "true,\"none\":null,\"x\":0.5}",
			true };
	else if (str_eq(name, "later"))
		return RENDER_LATER;
	else if (str_eq(name, "vault"))
		return RENDER_OPAQUE;
	else
		return RENDER_ABSENT;
	return RENDER_FOUND;
}

static const char *const names[] = { "host", "braces", "empty", "db", NULL };
static const struct render_scope scope = { .find = find, .names = names };

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
	    "t:2:19: unknown variable \"db.hots\"\n"
	    "t:3:4: unknown variable \"zzzzzz\"");
	refuses("\xc3\xa9\xc3\xa9{{ nix }}", "t:1:6: unknown variable \"nix\"");
	refuses("{{ host.x }}", "t:1:4: unknown variable \"host.x\"");
}

static void
what_is_no_expression_is_refused(void **state)
{
	(void)state;
	refuses("{{ host", "t:1:1: {{ without its }}");
	refuses("{{ }}", "t:1:4: in {{ }} stands a name or a quoted text");
	refuses("{{ host host }}", "t:1:1: {{ without its }}");
	refuses("{{ 3x }}", "t:1:4: in {{ }} stands a name or a quoted text");
	refuses("{{ host | uper }}", "t:1:10: unknown filter \"uper\"; did you mean \"upper\"?");
	refuses("{{ host | default }}", "t:1:10: default takes a quoted text: default(\"...\")");
	refuses(
	    "{{ db }}", "t:1:4: \"db\" is a list or a mapping: name a part of it, or add | json");
	refuses("{{ db. }}", "t:1:6: after '.' comes a name");
	refuses("{{ db[x] }}", "t:1:6: after '[' comes a number and ']'");
	refuses("{{ vault }}",
	    "t:1:4: variable \"vault\" holds a template or a vault text, which drover does not "
	    "read");
}

static void
statements_are_refused_by_name(void **state)
{
	(void)state;
	refuses("x {% if a %}", "t:1:3: {% is not supported yet (as plain text: {{ \"{%\" }})");
}

static void
a_value_that_will_be_known_later_is_stood_for_by_its_name(void **state)
{
	(void)state;
	gives("[{{ later }}] [{{ later | upper }}]", "[later] [LATER]");
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
		cmocka_unit_test(statements_are_refused_by_name),
		cmocka_unit_test(a_value_that_will_be_known_later_is_stood_for_by_its_name),
		cmocka_unit_test(syntax_is_checked_without_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
