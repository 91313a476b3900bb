#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/observation.h"
#include "playbooks/releases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define RUN1 "01900000-0000-7000-8000-000000000001"
#define RUN2 "01900000-0000-7000-8000-000000000002"
#define RUN3 "01900000-0000-7000-8000-000000000003"

static const char states[] = "r\tshop\t111111111111\tshop\tbook\n"
			     "p\t" RUN1 "\t2026-01-01T00:00:00.000Z\tann@a\tann\tapply\n"
			     "p\t" RUN3 "\t2026-01-03T00:00:00.000Z\tann@a\tann\trollback\n"
			     "i\tlocalhost/shop:1\t" A "\n"
			     "r\tshop\t222222222222\tshop\tbook\n"
			     "p\t" RUN2 "\t2026-01-02T00:00:00.000Z\tbob@b\tbob\tapply\n"
			     "i\tlocalhost/shop:2\t" B "\n"
			     "r\tother\t333333333333\tother\tbook\n"
			     "p\t" RUN2 "\t2026-01-02T00:00:00.000Z\tbob@b\tbob\tapply\n";

static const struct manifest_line manifest[] = {
	{ "unit shop-0.service", "shop", "shop", "222222222222", A, "-", RUN2, "p", "-" },
	{ "unit gone-0.service", "shop", "gone", "444444444444", A, "-", RUN2, "p", "-" },
};

static void
states_are_read_and_noise_is_passed_over(void **state)
{
	struct arena *a = arena_new();
	struct release_list l;

	(void)state;
	release_parse(a, states, &l);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.item[0].id, "111111111111");
	assert_int_equal(l.item[0].put_count, 2);
	assert_string_equal(release_since(&l.item[0]).run, RUN1);
	assert_string_equal(l.item[1].image[0].name, "localhost/shop:2");
	release_parse(a,
	    "p\tx\ty\tz\tw\tapply\nr\tshop\tNOT-A-RELEASE\tx\ty\nr\tshop\t555555555555\tx\ty\n"
	    "i\tname\tshort\n\n\t\nr\tshop\t666666666666\tx\ty\np\t" RUN1 "\tt\ts\tw\tapply\n",
	    &l);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.item[0].id, "666666666666");
	arena_free(a);
}

static const char *
chosen(const char *current, const char *id, const char *run, struct err *err)
{
	static char to[RELEASE_ID];
	struct arena *a = arena_new();
	const struct release_known *r;
	struct release_list l;

	release_parse(a, states, &l);
	r = release_choose(&l, "shop", current, id, run, err);
	str_copy(to, sizeof(to), r ? r->id : "-");
	arena_free(a);
	return to;
}

static void
a_rollback_goes_to_the_one_before_and_never_forward_unless_named(void **state)
{
	struct err err;

	(void)state;
	assert_string_equal(chosen("222222222222", NULL, NULL, &err), "111111111111");
	assert_string_equal(chosen("111111111111", NULL, NULL, &err), "-");
	assert_non_null(strstr(err.text, "older than 111111111111"));
	assert_non_null(strstr(err.text, "222222222222"));
	assert_string_equal(chosen("111111111111", "2222", NULL, &err), "222222222222");
	assert_string_equal(chosen("222222222222", NULL, RUN3, &err), "111111111111");
	assert_string_equal(chosen("222222222222", "3333", NULL, &err), "-");
	/* An act that did not end left none: the newest that is kept is the one before it. */
	assert_string_equal(chosen("999999999999", NULL, NULL, &err), "222222222222");
}

static void
an_app_the_host_does_not_have_is_told_so(void **state)
{
	struct release_list none = { 0 };
	struct err err;

	(void)state;
	assert_null(release_choose(&none, "shop", NULL, NULL, NULL, &err));
	assert_string_equal(err.text, "the host has no app shop");
	assert_null(release_choose(&none, "shop", "x", NULL, NULL, &err));
	assert_string_equal(err.text, "the host keeps no release of shop");
}

/* Releases 1 to n, a day apart. */
static void
days(struct arena *a, int n, struct release_list *to)
{
	autobuf b = BUF_INIT(64U << 10);

	for (int i = 1; i <= n; i++)
		buf_addf(&b,
		    "r\tshop\t%012d\tshop\tbook\n"
		    "p\t" RUN1 "\t2026-01-%02dT00:00:00.000Z\ts\tw\tapply\n"
		    "i\tlocalhost/shop:%d\t%064d\n",
		    i, i, i, i);
	release_parse(a, buf_text(&b), to);
}

static void
the_newest_stay_and_what_is_in_use(void **state)
{
	static const struct manifest_line first[] = {
		{ "unit shop-0.service", "shop", "shop", "000000000001", A, "-", RUN1, "p", "-" },
	};
	struct arena *a = arena_new();
	struct release made = { .app = "shop", .id = "777777777777", .keep = 3 };
	struct release_change c = { .made = &made, .made_count = 1 };
	struct release_list l;

	(void)state;
	days(a, 5, &l);
	releases_policy(a, "shop", &l, NULL, 0, &c);
	assert_int_equal(c.drop_count, 3);
	assert_string_equal(c.drop[0]->id, "000000000001");
	assert_string_equal(c.drop[2]->id, "000000000003");
	assert_false(release_uses_name(&c, &l, "localhost/shop:3"));
	assert_true(release_uses_name(&c, &l, "localhost/shop:4"));
	/* The one in use stays, however old: a rollback to it came before. */
	c.drop_count = 0;
	releases_policy(a, "shop", &l, first, 1, &c);
	assert_int_equal(c.drop_count, 2);
	assert_string_equal(c.drop[0]->id, "000000000002");
	/* One that is made again is one of those that stay. */
	c.drop_count = 0;
	str_copy(made.id, sizeof(made.id), "000000000002");
	releases_policy(a, "shop", &l, NULL, 0, &c);
	assert_int_equal(c.drop_count, 2);
	assert_string_equal(c.drop[0]->id, "000000000001");
	assert_string_equal(c.drop[1]->id, "000000000003");
	arena_free(a);
}

static void
the_release_in_use_is_the_one_that_was_written_last(void **state)
{
	static const struct manifest_line there[] = {
		{ .resource = "file /usr/local/lib/drover/shop/1/shop",
		    .app = "shop",
		    .release = A },
		{ .resource = "file /usr/local/lib/drover/shop/2/shop",
		    .app = "shop",
		    .release = B },
		{ .resource = "unit shop-0.service", .app = "shop", .release = B },
		{ .resource = "image localhost/shop:1", .app = "shop", .release = A },
		{ .resource = "unit other-0.service", .app = "other", .release = A },
	};

	(void)state;
	assert_string_equal(releases_current(there, countof(there), "shop"), B);
	assert_string_equal(releases_current(there, countof(there), "other"), A);
	assert_null(releases_current(there, countof(there), "none"));
}

static void
an_app_that_leaves_its_playbook_takes_its_releases_with_it(void **state)
{
	struct arena *a = arena_new();
	struct release_change c = { 0 };
	struct release_list l;

	(void)state;
	release_parse(a, states, &l);
	releases_policy(a, "shop", &l, manifest, countof(manifest), &c);
	assert_int_equal(c.drop_count, 2);
	assert_string_equal(c.drop[0]->app, "shop");
	assert_string_equal(c.drop[1]->app, "shop");
	arena_free(a);
}

static void
make_app(struct arena *a, const char *host, const char *log, struct resource_list *ret)
{
	static const char *const everywhere[] = { "0.0.0.0", NULL };
	const struct app_port port = {
		.name = "http", .container = 8080, .host = 80, .span = 1, .bind = everywhere
	};
	const struct app_env env = { "LOG", log };
	const struct app_file file[] = {
		{ .path = "/etc/shop.toml", .content = "x = 1\n", .len = 6, .mode = 0600 },
		{ .path = "/data", .volume = "shop-data", .writable = true },
	};
	static const char *const hook[] = { "/bin/true", "a b", NULL };
	const struct app app = { .name = "shop",
		.playbook = "shop",
		.host = host,
		.image = "localhost/shop:1",
		.image_id = A,
		.replicas = 2,
		.port = &port,
		.port_count = 1,
		.env = &env,
		.env_count = 1,
		.file = file,
		.file_count = 2,
		.sandbox = { .read_only = true },
		.on_change = ON_CHANGE_RELOAD,
		.keep = 5,
		.drain = { .before = hook, .after = hook, .limit_ms = 3000 },
		.health = { .kind = HEALTH_HTTP,
		    .path = "/well",
		    .port = 80,
		    .address = "127.0.0.1",
		    .interval_ms = 100,
		    .timeout_ms = 200,
		    .retries = 7 } };
	struct resource *image = arena_alloc(a, sizeof(*image));

	*image = (struct resource){ .kind = RESOURCE_IMAGE,
		.id = "image localhost/shop:1",
		.title = "localhost/shop:1",
		.app = "shop",
		.image = "localhost/shop:1",
		.image_id = A };
	*ret = (struct resource_list){ 0 };
	resource_list_add(ret, image);
	app_resources(&app, a, ret);
}

static const struct release *
release_of(struct arena *a, const char *host, const char *log)
{
	const struct host h = { .name = host };
	struct resource_list list;
	size_t n;

	make_app(a, host, log, &list);
	const struct release *r = release_made(a, &h, list.item, list.count, &n);
	free(list.item);
	assert_int_equal(n, 1);
	return r;
}

static void
a_release_is_the_same_on_each_host_and_another_for_another_text(void **state)
{
	struct arena *a = arena_new();
	const struct release *one = release_of(a, "web1", "info");

	(void)state;
	assert_string_equal(one->app, "shop");
	assert_int_equal(one->keep, 5);
	assert_string_equal(one->id, release_of(a, "db2.example.org", "info")->id);
	assert_string_not_equal(one->id, release_of(a, "web1", "debug")->id);
	arena_free(a);
}

static void
a_release_is_read_as_it_was_written(void **state)
{
	struct arena *a = arena_new();
	const struct release *one = release_of(a, "web1", "info");
	autobuf text = BUF_INIT(1U << 20), again = BUF_INIT(1U << 20);
	struct err err;

	(void)state;
	release_write(one, &text);
	struct release *back = release_read(a, text.data, text.len, &err);
	assert_non_null(back);
	assert_int_equal(back->count, one->count);
	release_write(back, &again);
	assert_string_equal(buf_text(&text), buf_text(&again));
	for (size_t i = 0; i < one->count; i++) {
		const struct resource *x = one->item[i], *y = back->item[i];

		assert_int_equal(x->kind, y->kind);
		assert_string_equal(x->id, y->id);
		assert_string_equal(x->digest, y->digest);
		assert_int_equal(x->mode, y->mode);
		assert_int_equal(x->state, y->state);
		assert_int_equal(x->enabled, y->enabled);
		assert_int_equal(x->on_change, y->on_change);
		assert_int_equal(x->health.kind, y->health.kind);
		assert_int_equal(x->health.port, y->health.port);
		assert_int_equal(x->health.retries, y->health.retries);
		assert_int_equal(x->drain != NULL, y->drain != NULL);
		if (x->drain) {
			assert_string_equal(y->drain->after[1], "a b");
			assert_string_equal(y->drain->env[0], "DROVER_APP=shop");
		}
		if (x->data)
			assert_string_equal(y->data[0], "volume shop-data");
	}
	arena_free(a);
}

static void
what_is_no_release_is_refused(void **state)
{
	static const char *const wrong[] = { "", "{}", "[1]",
		"{\"v\":2,\"app\":\"a\",\"release\":\"b\",\"resources\":[{}]}",
		"{\"v\":1,\"app\":\"a\",\"release\":\"b\",\"resources\":[{\"kind\":\"run\",\"id\":"
		"\"x\"}]}",
		"{\"v\":1,\"app\":\"a\",\"release\":\"b\",\"resources\":[{\"kind\":\"file\"}]}",
		"{\"v\":1,\"app\":\"a\",\"release\":\"b\",\"resources\":[{\"kind\":\"file\",\"id\":"
		"\"file "
		"x\",\"title\":\"x\",\"app\":\"a\",\"path\":\"x\",\"digest\":\"" A
		"\",\"state\":\"unsaid\",\"enabled\":\"unsaid\",\"on_change\":\"none\",\"health\":"
		"\"none\"}]}",
		"{\"v\":1,\"app\":\"a\",\"release\":\"b\",\"resources\":[{\"kind\":\"file\",\"id\":"
		"\"file "
		"/x\",\"title\":\"x\",\"app\":\"a\",\"path\":\"/x\",\"digest\":\"" A
		"\",\"state\":\"unsaid\",\"enabled\":\"unsaid\",\"on_change\":\"none\",\"health\":"
		"\"?\"}]}" };
	struct arena *a = arena_new();
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		err.text[0] = '\0';
		assert_null(release_read(a, wrong[i], strlen(wrong[i]), &err));
		assert_true(err.text[0]);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_read_and_noise_is_passed_over),
		cmocka_unit_test(a_rollback_goes_to_the_one_before_and_never_forward_unless_named),
		cmocka_unit_test(an_app_the_host_does_not_have_is_told_so),
		cmocka_unit_test(the_newest_stay_and_what_is_in_use),
		cmocka_unit_test(the_release_in_use_is_the_one_that_was_written_last),
		cmocka_unit_test(an_app_that_leaves_its_playbook_takes_its_releases_with_it),
		cmocka_unit_test(a_release_is_the_same_on_each_host_and_another_for_another_text),
		cmocka_unit_test(a_release_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_release_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
