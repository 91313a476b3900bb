#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct arena *arena;
	struct diag diag;
	const struct yaml_node *root;
	char *first; /* the first message */
};

static void
parse_bytes(struct fixture *f, const char *text, size_t len)
{
	*f = (struct fixture){ .arena = arena_new() };
	diag_init(&f->diag);
	f->root = yaml_parse(f->arena, "t.yaml", text, len, &f->diag);
	diag_sort(&f->diag);
	f->first = f->diag.count ? diag_line(&f->diag, 0) : xstrdup("");
}

static void
parse(struct fixture *f, const char *text)
{
	parse_bytes(f, text, strlen(text));
}

static void
drop(struct fixture *f)
{
	free(f->first);
	diag_fini(&f->diag);
	arena_free(f->arena);
}

/* text gives exactly this first message. */
static void
gives(const char *text, const char *message)
{
	struct fixture f;

	parse(&f, text);
	assert_string_equal(f.first, message);
	drop(&f);
}

static void
a_tree_knows_where_each_node_stands(void **state)
{
	struct fixture f;

	(void)state;
	parse(&f, "a: 1\nb:\n  - x\n  - \"8080\"\nc: {d: e}\n");
	assert_int_equal(f.diag.errors, 0);
	assert_int_equal(f.root->count, 3);
	const struct yaml_node *b = yaml_find(f.root, "b"),
			       *d = yaml_find(yaml_find(f.root, "c"), "d");
	assert_int_equal(b->kind, YAML_LIST);
	assert_int_equal(b->value[1]->mark.line, 4);
	assert_int_equal(b->value[1]->mark.col, 5);
	assert_false(b->value[1]->plain);
	assert_string_equal(d->text, "e");
	assert_int_equal(d->mark.col, 8);
	assert_null(yaml_find(f.root, "nobody"));
	assert_null(yaml_find(d, "nobody"));
	drop(&f);
}

static void
scalars_mean_what_yaml_1_2_says(void **state)
{
	static const struct {
		const char *text;
		enum yaml_type type;
	} rows[] = { { "~", YAML_NULL }, { "null", YAML_NULL }, { "true", YAML_BOOL },
		{ "no", YAML_TEXT }, { "on", YAML_TEXT }, { "12", YAML_INT }, { "-7", YAML_INT },
		{ "0x1f", YAML_INT }, { "0o17", YAML_INT }, { "1e3", YAML_FLOAT },
		{ "1.5", YAML_FLOAT }, { "1.2.3", YAML_TEXT }, { "22:80", YAML_TEXT },
		{ "\"12\"", YAML_TEXT }, { "'true'", YAML_TEXT }, { "1_000", YAML_TEXT },
		{ "2026-01-01", YAML_TEXT } };

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct fixture f;
		autofree char *text = xasprintf("[%s]", rows[i].text);

		parse(&f, text);
		assert_non_null(f.root);
		assert_int_equal(yaml_type(f.root->value[0]), rows[i].type);
		drop(&f);
	}
}

static void
duplicate_keys_name_both_lines(void **state)
{
	(void)state;
	gives("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key \"a\" is given twice: first in line 1");
	gives("x:\n  y: {k: 1, k: 2}\n",
	    "t.yaml:2:13: the key \"k\" is given twice: first in line 2");
}

static void
what_a_small_file_does_not_need_is_refused_by_name(void **state)
{
	(void)state;
	gives("a: &x 1\n", "t.yaml:1:4: anchors (&x) are not read: write the value out");
	gives("a: *x\n", "t.yaml:1:4: aliases are not read: write the value out, or quote \"*x\"");
	gives("a: {<<: {b: 1}}\n", "t.yaml:1:5: merge keys (<<) are not read: write the keys out");
	gives("a: !!python/object:os.system x\n",
	    "t.yaml:1:4: tags (!...) are not read: quote a text that begins with an exclamation "
	    "mark");
	gives("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document: one file holds one");
	gives("%TAG ! tag:x,2000:\n---\na: 1\n", "t.yaml:1:1: %TAG is not read");
	gives("? [a]\n: b\n",
	    "t.yaml:1:3: a list cannot be a key: quote a value that begins with {{ or [");
	gives("a: {{ x }}\n",
	    "t.yaml:1:5: a mapping cannot be a key: quote a value that begins with {{ or [");
	gives("", "t.yaml: the file is empty");
	gives("# only this\n", "t.yaml: the file is empty");
}

static void
common_mistakes_are_told_what_was_meant(void **state)
{
	(void)state;
	gives("hosts: @web\n", "t.yaml:1:8: quote the set: \"@web\"");
	gives("a: {hosts: @web, b: 1}\n", "t.yaml:1:12: quote the set: \"@web\"");
	gives("a:\n\tb: 1\n", "t.yaml:2:1: a tab cannot indent YAML: use spaces");
	gives("env: {A:1}\n", "t.yaml:1:7: a space is missing: write `A: 1`");
	gives("a: b: c\n",
	    "t.yaml:1:5: a second ':' in one line: quote a text with ': ' in it, or begin a new "
	    "line");
	gives("a: {hosts: web[01-20]}\n",
	    "t.yaml:1:15: quote a text with [ in it when it stands between {} or []");
	gives("a: *\n", "t.yaml:1:5: quote a text that begins with * or &: it means an alias");
}

static void
an_unclosed_bracket_names_where_it_opened(void **state)
{
	(void)state;
	gives("a: [1, 2\nb: 3\n",
	    "t.yaml:2:2: did not find expected ',' or ']' (while parsing a flow sequence that "
	    "begins at line 1, column 4)");
}

static void
bytes_that_act_are_named_and_never_shown(void **state)
{
	(void)state;
	gives("a: \"x\\e[2J\"\n", "t.yaml:1:4: the character U+001B is not allowed in a text");
	gives("a: \"\\0\"\n", "t.yaml:1:4: the character U+0000 is not allowed in a text");
	gives("a: \"\\r\"\n", "t.yaml:1:4: the character U+000D is not allowed in a text");
	gives("a: \"\\L\"\n", "t.yaml:1:4: the character U+2028 is not allowed in a text");
	gives("a: 1\nb: x\x1b[2J\n", "t.yaml:2:5: the character U+001B may not stand in a file");
	gives("a: x\xc2\x85y\n", "t.yaml:1:5: the character U+0085 may not stand in a file");
	gives("a: x\xe2\x80\xaey\n",
	    "t.yaml:1:4: the character U+202E is not allowed in a text (but in a block: |)");
	gives("a: |\n  x\xe2\x80\xaey\n", "");
	gives("a: \"tab\\t and\\n line\"\n", "");
}

static void
bad_encodings_are_placed_by_line(void **state)
{
	struct fixture f;

	(void)state;
	gives("a: 1\nb: \xc3\xa9 \xff\n", "t.yaml:2:6: byte 0xFF is not UTF-8");
	gives("a: \xc0\xaf\n", "t.yaml:1:4: byte 0xC0 is not UTF-8");
	parse_bytes(&f,
	    "\xff\xfe"
	    "a\0:\0",
	    6);
	assert_string_equal(f.first, "t.yaml:1:1: this file is UTF-16: save it as UTF-8");
	drop(&f);
	parse(&f, "\xef\xbb\xbf"
		  "a: 1\r\nb: 2\r\n");
	assert_int_equal(f.diag.errors, 0);
	assert_string_equal(yaml_find(f.root, "a")->text, "1");
	assert_string_equal(yaml_find(f.root, "b")->text, "2");
	drop(&f);
	gives("a: 1\rb: 2\n", "t.yaml:1:5: the character U+000D may not stand in a file");
}

static void
deep_nesting_stops_at_once(void **state)
{
	size_t n = 100000;
	autofree char *text = xcalloc(n * 4 + 1, 1);
	struct fixture f;
	int64_t start = clock_mono_ms();

	(void)state;
	memset(text, '[', n);
	parse(&f, text);
	assert_null(f.root);
	assert_string_equal(f.first, "t.yaml:1:33: nested deeper than 32 levels");
	drop(&f);
	for (size_t i = 0; i < 20000; i++)
		memcpy(text + i * 4, "{a: ", 4);
	text[80000] = '\0';
	parse(&f, text);
	assert_null(f.root);
	assert_non_null(strstr(f.first, "nested deeper"));
	drop(&f);
	print_message("# two deep files refused in %jd ms\n", (intmax_t)(clock_mono_ms() - start));
}

static void
a_thousand_anchors_are_counted_not_kept(void **state)
{
	autobuf b = BUF_INIT(1 << 20);
	struct fixture f;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "k%d: &a%d x\n", i, i);
	parse(&f, buf_text(&b));
	assert_int_equal(f.diag.errors, 1000);
	assert_int_equal(f.diag.count, DIAG_MAX);
	assert_non_null(f.root);
	drop(&f);
}

static void
json_keeps_types_and_order(void **state)
{
	struct fixture f;
	autobuf b = BUF_INIT(1000);

	(void)state;
	parse(&f, "{z: 1, a: [true, no, ~, \"1\", 012, 1.5, 0x10], t: \"q\\\"\\n\", e: {}}");
	yaml_to_json(f.root, &b);
	assert_string_equal(buf_text(&b),
	    "{\"z\":1,\"a\":[true,\"no\",null,\"1\",\"012\",1.5,\"0x10\"],\"t\":\"q\\\"\\n\","
	    "\"e\":{}}");
	drop(&f);
}

static void
a_file_that_is_not_there_is_a_mistake(void **state)
{
	struct arena *a = arena_new();
	struct diag d;

	(void)state;
	diag_init(&d);
	assert_null(yaml_load(a, "/nonexistent/x.yaml", &d));
	assert_null(yaml_load(a, "/dev/zero", &d));
	assert_int_equal(d.errors, 2);
	autofree char *line = diag_line(&d, 0), *second = diag_line(&d, 1);
	assert_string_equal(line, "/nonexistent/x.yaml: No such file or directory");
	assert_string_equal(second, "/dev/zero: not a regular file");
	diag_fini(&d);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_knows_where_each_node_stands),
		cmocka_unit_test(scalars_mean_what_yaml_1_2_says),
		cmocka_unit_test(duplicate_keys_name_both_lines),
		cmocka_unit_test(what_a_small_file_does_not_need_is_refused_by_name),
		cmocka_unit_test(common_mistakes_are_told_what_was_meant),
		cmocka_unit_test(an_unclosed_bracket_names_where_it_opened),
		cmocka_unit_test(bytes_that_act_are_named_and_never_shown),
		cmocka_unit_test(bad_encodings_are_placed_by_line),
		cmocka_unit_test(deep_nesting_stops_at_once),
		cmocka_unit_test(a_thousand_anchors_are_counted_not_kept),
		cmocka_unit_test(json_keeps_types_and_order),
		cmocka_unit_test(a_file_that_is_not_there_is_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
