#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "playbooks/kept.h"
#include "playbooks/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct host host = { .name = "web1" };
static const char *const vars[] = { "a=1", "b=x\ny", NULL };
static const struct kept_host hosts[] = { { "web1", A, 3 }, { "web2", NULL, 0 } };
static const struct kept sample = { .path = "/p/site.yaml",
	.digest = B,
	.fleet = "main",
	.seat = "me@here",
	.who = "me",
	.made_ms = 1767225600000,
	.no_prune = true,
	.vars = vars,
	.host = hosts,
	.host_count = 2 };

static void
a_plan_is_read_as_it_was_written(void **state)
{
	struct arena *a = arena_new();
	autobuf b = BUF_INIT(1U << 20);
	struct err err;

	(void)state;
	kept_write(&sample, &b);
	assert_true(kept_is(b.data, b.len));
	struct kept *k = kept_read(a, b.data, b.len, &err);
	assert_non_null(k);
	assert_string_equal(k->path, "/p/site.yaml");
	assert_string_equal(k->vars[1], "b");
	assert_null(k->vars[2]);
	assert_null(memmem(b.data, b.len, "a=1", 3));
	assert_true(kept_has_vars(k, vars));
	assert_false(kept_has_vars(k, NULL));
	assert_false(kept_has_vars(k, (const char *const[]){ "a=1", "b=x\nz", NULL }));
	assert_false(kept_has_vars(k, (const char *const[]){ "a=1", NULL }));
	assert_null(k->tags);
	assert_true(k->no_prune);
	assert_int_equal(k->made_ms, 1767225600000);
	assert_string_equal(kept_find(k, "web1")->digest, A);
	assert_null(kept_find(k, "web2")->digest);
	assert_null(kept_find(k, "web3"));
	arena_free(a);
}

static void
one_that_was_cut_or_changed_anywhere_is_refused(void **state)
{
	autobuf b = BUF_INIT(1U << 20);
	struct err err;

	(void)state;
	kept_write(&sample, &b);
	for (size_t i = 0; i < b.len; i++) {
		struct arena *a = arena_new();
		autofree char *copy = xmemdup0(b.data, b.len);

		assert_null(kept_read(a, copy, i, &err));
		assert_int_equal(err.kind, OUTCOME_INPUT);
		assert_true(err.text[0] == '1' || err.text[0] == '2');
		copy[i] ^= 1;
		assert_null(kept_read(a, copy, b.len, &err));
		assert_int_equal(err.kind, OUTCOME_INPUT);
		arena_free(a);
	}
}

static void
what_makes_no_sense_is_refused_though_its_digest_holds(void **state)
{
	static const char *const bodies[] = { "{}", "[]", "1",
		"{\"made\":\"2026-01-01T00:00:00.000Z\",\"who\":\"x\",\"seat\":\"x\",\"fleet\":"
		"\"x\","
		"\"playbook\":\"relative\",\"digest\":\"" A "\",\"prune\":true,\"vars\":[],"
		"\"tags\":[],\"skip_tags\":[],\"hosts\":[{\"host\":\"a\",\"plan\":null,"
		"\"steps\":0}]}",
		"{\"made\":\"2026-01-01T00:00:00.000Z\",\"who\":\"x\",\"seat\":\"x\",\"fleet\":"
		"\"x\","
		"\"playbook\":\"/p\",\"digest\":\"" A "\",\"prune\":true,\"vars\":[],"
		"\"tags\":[],\"skip_tags\":[],\"hosts\":[{\"host\":\"a\",\"plan\":\"short\","
		"\"steps\":0}]}",
		"{\"made\":\"2026-01-01T00:00:00.000Z\",\"who\":\"x\",\"seat\":\"x\",\"fleet\":"
		"\"x\","
		"\"playbook\":\"/p\",\"digest\":\"" A "\",\"prune\":true,\"vars\":[1],"
		"\"tags\":[],\"skip_tags\":[],\"hosts\":[]}" };

	(void)state;
	for (size_t i = 0; i < countof(bodies); i++) {
		struct arena *a = arena_new();
		autobuf b = BUF_INIT(1U << 20);
		char hex[DIGEST_HEX];
		struct err err;

		digest_hex(bodies[i], strlen(bodies[i]), hex);
		buf_addf(&b, "{\"drover_plan\":1,\"sha256\":\"%s\"}\n%s\n", hex, bodies[i]);
		assert_null(kept_read(a, b.data, b.len, &err));
		assert_int_equal(err.kind, OUTCOME_INPUT);
		arena_free(a);
	}
}

static void
digest_of(struct resource *r, struct found *f, char hex[65])
{
	struct arena *a = arena_new();
	const struct resource *const one = r;
	struct err err;

	digest_hex(r->content, strlen(r->content), r->digest);
	r->content_len = strlen(r->content);
	assert_int_equal(plan_digest(plan_make(a, &host, &one, f, 1), "p", "r", hex, &err), 0);
	arena_free(a);
}

static void
the_digest_is_of_what_is_found_and_what_is_wanted(void **state)
{
	struct resource r = { .kind = RESOURCE_FILE,
		.id = "file /m",
		.title = "/m",
		.path = "/m",
		.content = "one",
		.mode = 0644 };
	struct found f = { .present = true,
		.kind = 'f',
		.mode = 0644,
		.owner = "root",
		.group = "root",
		.digest = A };
	char first[65], other[65];

	(void)state;
	digest_of(&r, &f, first);
	digest_of(&r, &f, other);
	assert_string_equal(first, other);
	r.content = "two";
	digest_of(&r, &f, other);
	assert_string_not_equal(first, other);
	r.content = "one";
	memcpy(f.digest, B, sizeof(f.digest));
	digest_of(&r, &f, other);
	assert_string_not_equal(first, other);
	/* A secret tells nothing of itself. */
	r.secret = true;
	digest_of(&r, &f, first);
	r.content = "two";
	memcpy(f.digest, A, sizeof(f.digest));
	digest_of(&r, &f, other);
	assert_string_equal(first, other);
	r.mode = 0600;
	digest_of(&r, &f, other);
	assert_string_not_equal(first, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_read_as_it_was_written),
		cmocka_unit_test(one_that_was_cut_or_changed_anywhere_is_refused),
		cmocka_unit_test(what_makes_no_sense_is_refused_though_its_digest_holds),
		cmocka_unit_test(the_digest_is_of_what_is_found_and_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
