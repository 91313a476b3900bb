#include "base/arena.h"
#include "base/buf.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct app {
	const char *image, *policy, *user;
	bool read_only;
	int64_t replicas, interval, memory, mode;
	int port;
	struct field_texts needs;
	struct field_vars vars, env;
	const struct yaml_node *raw;
	size_t called;
};

static const char *
lower_only(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz") == strlen(s) ? NULL : "a lower-case word";
}

static void
call(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app *app = to;

	app->called++;
	if (n->kind != YAML_MAP)
		diag_error(c->diag, n->mark, "special: no");
}

static const char *const policies[] = { "always", "never", NULL };
static const struct field table[] = {
	{ "image", FORM_TEXT, .offset = offsetof(struct app, image), .flags = FIELD_REQUIRED,
	    .doc = "what to run" },
	{ "policy", FORM_CHOICE, .offset = offsetof(struct app, policy), .choices = policies },
	{ "user", FORM_TEXT, .offset = offsetof(struct app, user), .grammar = lower_only },
	{ "read_only", FORM_BOOL, .offset = offsetof(struct app, read_only) },
	{ "replicas", FORM_INT, .offset = offsetof(struct app, replicas), .min = 1, .max = 100 },
	{ "interval", FORM_DURATION, .offset = offsetof(struct app, interval), .min = 100,
	    .max = 3600000 },
	{ "memory", FORM_SIZE, .offset = offsetof(struct app, memory), .min = 4096,
	    .max = INT64_MAX },
	{ "mode", FORM_MODE, .offset = offsetof(struct app, mode) },
	{ "port", FORM_PORT, .offset = offsetof(struct app, port) },
	{ "needs", FORM_TEXTS, .offset = offsetof(struct app, needs), .flags = FIELD_OR_ONE },
	{ "vars", FORM_VARS, .offset = offsetof(struct app, vars) },
	{ "env", FORM_PAIRS, .offset = offsetof(struct app, env) },
	{ "raw", FORM_NODE, .offset = offsetof(struct app, raw) },
	{ "special", FORM_CALL, .parse = call },
	{ "build", FORM_LATER, .doc = "sources come with a later version" },
	{ 0 },
};

struct fixture {
	struct arena *arena;
	struct diag diag;
	struct app app;
	bool good;
};

static void
read_app(struct fixture *f, const char *text)
{
	*f = (struct fixture){ .arena = arena_new() };
	diag_init(&f->diag);
	const struct yaml_node *n = yaml_parse(f->arena, "t", text, strlen(text), &f->diag);
	const struct field_context c = { .arena = f->arena, .diag = &f->diag, .what = "app x" };

	assert_non_null(n);
	f->good = field_read(&c, table, n, &f->app);
}

static void
drop(struct fixture *f)
{
	diag_fini(&f->diag);
	arena_free(f->arena);
}

/* The fields after an image give exactly this one message. */
static void
gives(const char *fields, const char *message)
{
	struct fixture f;
	autofree char *text = xasprintf("image: i\n%s\n", fields);

	read_app(&f, text);
	assert_false(f.good);
	assert_int_equal(f.diag.errors, 1);
	autofree char *line = diag_line(&f.diag, 0);
	assert_string_equal(line, message);
	drop(&f);
}

static void
each_form_reads_its_value(void **state)
{
	struct fixture f;

	(void)state;
	read_app(&f,
	    "image: 12\npolicy: never\nuser: bob\nread_only: true\nreplicas: 0x10\ninterval: 5m\n"
	    "memory: 256M\nmode: 0644\nport: 8080\nneeds: cache\nraw: [1]\nspecial: {}\n"
	    "vars: {a: no, b: [1, x], c: ~}\nenv: {LOG: info, N: 1}\n");
	assert_true(f.good);
	assert_string_equal(f.app.image, "12");
	assert_string_equal(f.app.policy, "never");
	assert_true(f.app.read_only);
	assert_int_equal(f.app.replicas, 16);
	assert_int_equal(f.app.interval, 300000);
	assert_int_equal(f.app.memory, 256 << 20);
	assert_int_equal(f.app.mode, 0644);
	assert_int_equal(f.app.port, 8080);
	assert_int_equal(f.app.needs.count, 1);
	assert_string_equal(f.app.needs.item[0], "cache");
	assert_null(f.app.needs.item[1]);
	assert_int_equal(f.app.vars.count, 3);
	assert_string_equal(f.app.vars.item[0].value, "no");
	assert_true(f.app.vars.item[1].is_json);
	assert_string_equal(f.app.vars.item[1].value, "[1,\"x\"]");
	assert_string_equal(f.app.vars.item[2].value, "");
	assert_string_equal(f.app.env.item[1].value, "1");
	assert_int_equal(f.app.raw->kind, YAML_LIST);
	assert_int_equal(f.app.called, 1);
	drop(&f);
}

static void
modes_are_octal_quoted_or_not(void **state)
{
	static const char *const same[] = { "0644", "\"644\"", "'0644'", "0o644", "644" };

	(void)state;
	for (size_t i = 0; i < countof(same); i++) {
		struct fixture f;
		autofree char *text = xasprintf("{image: i, mode: %s}", same[i]);

		read_app(&f, text);
		assert_true(f.good);
		assert_int_equal(f.app.mode, 0644);
		drop(&f);
	}
	gives(
	    "mode: 0888", "t:2:7: mode: a file mode in octal (0644) is wanted here, not \"0888\"");
	gives("mode: 0o17777",
	    "t:2:7: mode: a file mode in octal (0644) is wanted here, not \"0o17777\"");
}

static void
an_unknown_key_gets_the_nearest_name(void **state)
{
	(void)state;
	gives("polciy: never", "t:2:1: unknown key \"polciy\" in app x; did you mean \"policy\"?");
	gives("zebra: 1",
	    "t:2:1: unknown key \"zebra\" in app x; it may have: image, policy, user, read_only, "
	    "replicas, interval, memory, mode, port, needs, vars, env, raw, special");
}

static void
booleans_are_those_of_yaml_1_2(void **state)
{
	(void)state;
	gives("read_only: yes", "t:2:12: read_only: write true: \"yes\" is a text in YAML 1.2");
	gives("read_only: Off", "t:2:12: read_only: write false: \"Off\" is a text in YAML 1.2");
	gives("read_only: \"true\"", "t:2:12: read_only: write true without quotes");
	gives("read_only: 1", "t:2:12: read_only: true or false is wanted here, not \"1\"");
}

static void
numbers_stay_in_their_range(void **state)
{
	(void)state;
	gives("port: 65536", "t:2:7: port: a port (1 to 65535) is wanted here, not \"65536\"");
	gives("port: 0", "t:2:7: port: a port (1 to 65535) is wanted here, not \"0\"");
	gives("port: \"8080\"", "t:2:7: port: write the number 8080 without quotes");
	gives("replicas: -1",
	    "t:2:11: replicas: a whole number from 1 to 100 is wanted here, not \"-1\"");
	gives("replicas: 1e3",
	    "t:2:11: replicas: a whole number from 1 to 100 is wanted here, not \"1e3\"");
	gives("replicas: 012",
	    "t:2:11: replicas: a number does not begin with 0 (octal is written 0o17)");
	gives("replicas: 1000000000000000000000000000000",
	    "t:2:11: replicas: a whole number from 1 to 100 is wanted here, not "
	    "\"1000000000000000000000000000000\"");
	gives("memory: 12Q", "t:2:9: memory: a size (256M, 4K) is wanted here, not \"12Q\"");
	gives("interval: soon",
	    "t:2:11: interval: a duration (10s, 5m) is wanted here, not \"soon\"");
	gives("interval: 99ms",
	    "t:2:11: interval: a duration from 100ms to 3600s is wanted here, not \"99ms\"");
	gives("interval: 2h",
	    "t:2:11: interval: a duration from 100ms to 3600s is wanted here, not \"2h\"");
	gives("memory: 1K", "t:2:9: memory: a size from 4096 bytes is wanted here, not \"1K\"");
}

static void
wrong_shapes_are_told_as_what_they_are(void **state)
{
	(void)state;
	gives("user: [a]", "t:2:7: user: a text is wanted here, not a list");
	gives("user:", "t:2:6: user: a text is wanted here, not nothing (an empty one is \"\")");
	gives("user: BOB", "t:2:7: user: a lower-case word is wanted here, not \"BOB\"");
	gives("needs: {a: b}",
	    "t:2:8: needs: a text or a list of texts is wanted here, not a mapping");
	gives("needs: [a, [b]]", "t:2:12: needs: a text is wanted here, not a list");
	gives("vars: [a]", "t:2:7: vars: a mapping of variables is wanted here, not a list");
	gives("vars: {a-b: 1}",
	    "t:2:8: vars: a name of letters, digits and _ is wanted here, not \"a-b\"");
	gives("env: {A: [1]}", "t:2:10: A: a text is wanted here, not a list");
	gives("policy: alwys", "t:2:9: policy: no such word \"alwys\"; did you mean \"always\"?");
	gives("policy: zebra", "t:2:9: policy: always or never is wanted here, not \"zebra\"");
	gives("special: 1", "t:2:10: special: no");
	gives("build: {}", "t:2:8: build: not read yet: sources come with a later version");
}

static void
a_missing_field_is_named_and_all_mistakes_come_at_once(void **state)
{
	struct fixture f;

	(void)state;
	read_app(&f, "port: 0\nmode: x\nnobody: 1\n");
	assert_false(f.good);
	assert_int_equal(f.diag.errors, 4);
	autofree char *last = diag_line(&f.diag, 3);
	assert_string_equal(last, "t:1:1: app x: \"image\" is missing");
	drop(&f);
}

static void
the_table_writes_its_manual(void **state)
{
	autobuf b = BUF_INIT(4000);

	(void)state;
	field_manual(table, &b);
	assert_non_null(strstr(buf_text(&b), ".It Ic image Pq a text, required\nwhat to run.\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_reads_its_value),
		cmocka_unit_test(modes_are_octal_quoted_or_not),
		cmocka_unit_test(an_unknown_key_gets_the_nearest_name),
		cmocka_unit_test(booleans_are_those_of_yaml_1_2),
		cmocka_unit_test(numbers_stay_in_their_range),
		cmocka_unit_test(wrong_shapes_are_told_as_what_they_are),
		cmocka_unit_test(a_missing_field_is_named_and_all_mistakes_come_at_once),
		cmocka_unit_test(the_table_writes_its_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
