#include "playbooks/observe.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ID "7d6de18c769d477bfdbccdfc621654509125b03476ca5be1143d80c5458351c3"

static const char *const words[] = { "nginx", "-s", "reload", NULL };
static const struct resource motd = { .kind = RESOURCE_FILE,
	.id = "file /etc/motd",
	.path = "/etc/motd",
	.digest = "00",
	.then = { .kind = FOLLOW_RUN, .argv = words } };
static const struct resource gone = { .kind = RESOURCE_FILE,
	.id = "file /x y",
	.path = "/x y",
	.digest = "11",
	.secret = true,
	.owner = "ops",
	.group = "root" };
static const struct resource unit = { .kind = RESOURCE_UNIT,
	.id = "unit web-0.service",
	.path = "/etc/systemd/system/web-0.service",
	.digest = "22",
	.unit = "web-0.service" };
static const struct resource service = {
	.kind = RESOURCE_SERVICE, .id = "service ssh", .unit = "ssh.service"
};
static const struct resource again = {
	.kind = RESOURCE_SERVICE, .id = "service web", .unit = "web-0.service"
};
static const struct resource image = {
	.kind = RESOURCE_IMAGE, .id = "image web", .image = "localhost/web:1"
};
static const struct resource run = { .kind = RESOURCE_RUN,
	.id = "run 1",
	.creates = "/var/lib/done",
	.unless = "test -e /a &&\n\ntest -e /b" };

static const struct resource *const wanted[] = { &motd, &gone, &unit, &service, &again, &image,
	&run };

static void
the_request_says_each_thing_once(void **state)
{
	autobuf b = BUF_INIT(OBSERVE_REQUEST_MAX);
	struct err err;

	(void)state;
	assert_int_equal(observe_request(wanted, countof(wanted), &b, &err), 0);
	assert_string_equal(buf_text(&b),
	    "163\np - 00 /etc/motd\np s 11 /x y\np - 22 /etc/systemd/system/web-0.service\n"
	    "c 6 /var/lib/done\nx 6\n|test -e /a &&\n|\n|test -e /b\n"
	    "o ops\nu web-0.service\nu ssh.service\ni\nend\n");
}

static void
what_cannot_be_asked_for_is_refused(void **state)
{
	static const char *const bad[] = { "relative", "/a\nend", "/a\\b", "/a " };
	autobuf b = BUF_INIT(OBSERVE_REQUEST_MAX);
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		const struct resource r = { .kind = RESOURCE_FILE, .path = bad[i] };

		assert_int_equal(
		    observe_request((const struct resource *const[]){ &r }, 1, &b, &err), -1);
		assert_int_equal(err.kind, OUTCOME_INPUT);
	}
	const struct resource option = { .kind = RESOURCE_SERVICE, .unit = "--all" };
	assert_int_equal(
	    observe_request((const struct resource *const[]){ &option }, 1, &b, &err), -1);
}

static void
add(struct buf *b, const char *kind, const char *payload)
{
	buf_addf(b, "nn %s %zu\n%s\n", kind, strlen(payload), payload);
}

static void
add_reply(struct buf *b)
{
	char hex[DIGEST_HEX];
	autobuf text = BUF_INIT(4096);

	digest_hex("hello\n", 6, hex);
	buf_adds(b, "motd of the day\n\n");
	add(b, "begin", "1");
	add(b, "stat",
	    "81a4 6 0 0 root root /etc/motd\n"
	    "a1ff 6 0 0 root root /etc/systemd/system/web-0.service");
	buf_addf(&text, "%s  /etc/motd", hex);
	add(b, "sums", buf_text(&text));
	add(b, "content", "/etc/motd\nhello\n");
	add(b, "fact", "root=yes");
	add(b, "fact", "boot-id=abc");
	add(b, "images", "[{\"id\":\"" ID "\",\"names\":[\"localhost/web:1\"]}]");
	add(b, "units",
	    "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=3\n"
	    "UnitFileState=enabled\n\nLoadState=not-found\nActiveState=inactive\n"
	    "SubState=dead\nNRestarts=0\nUnitFileState=");
	add(b, "lacks", "group cats\nuser ops");
	add(b, "created", "6 1\n");
	add(b, "unless", "6 1");
	add(b, "manifest",
	    "file /etc/motd\tshop\t-\tr1\t" ID "\nthen run 9e8a5e6ef5ba1f0d\tshop\t-\t-\t-");
	add(b, "journal", "2026-01-01T00:00:00.000Z\tu\tchanged\tseat\twho\th\tshop\tr1");
	add(b, "end", "");
}

static void
the_reply_becomes_findings(void **state)
{
	struct arena *a = arena_new();
	autobuf b = BUF_INIT(1U << 20);
	struct observe *o = observe_new(a, "nn", wanted, countof(wanted));
	struct err err;

	(void)state;
	add_reply(&b);
	for (size_t i = 0; i < b.len; i++)
		observe_feed(o, b.data + i, 1);
	struct observation *s = observe_end(o, &err);
	assert_non_null(s);
	assert_int_equal(s->found[0].kind, 'f');
	assert_int_equal(s->found[0].mode, 0644);
	assert_string_equal(s->found[0].content, "hello\n");
	assert_true(s->found[0].is_text);
	assert_true(s->found[0].owned);
	assert_null(s->found[0].lacks);
	assert_int_equal(s->found[1].kind, '-');
	assert_string_equal(s->found[1].lacks, "user ops");
	assert_int_equal(s->found[2].kind, 'l');
	assert_string_equal(s->found[2].active, "active");
	assert_int_equal(s->found[2].restarts, 3);
	assert_false(s->found[3].present);
	assert_string_equal(s->found[4].active, "active");
	assert_string_equal(s->found[5].image_id, ID);
	assert_true(s->found[6].created);
	assert_false(s->found[6].unless_held);
	assert_true(s->root);
	assert_string_equal(s->boot_id, "abc");
	assert_int_equal(s->manifest_count, 2);
	assert_int_equal(s->journal_count, 1);
	assert_string_equal(s->journal[0].release, "r1");
	arena_free(a);
}

static void
a_content_that_does_not_fit_its_digest_is_dropped(void **state)
{
	struct arena *a = arena_new();
	autobuf b = BUF_INIT(1U << 20);
	struct observe *o = observe_new(a, "nn", wanted, 1);
	struct err err;

	(void)state;
	add(&b, "begin", "1");
	add(&b, "stat", "81a4 6 0 0 root root /etc/motd");
	add(&b, "sums",
	    "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  /etc/motd");
	add(&b, "content", "/etc/motd\nother\n");
	add(&b, "content", "/etc/shadow\nhello\n");
	add(&b, "end", "");
	observe_feed(o, b.data, b.len);
	struct observation *s = observe_end(o, &err);
	assert_non_null(s);
	assert_null(s->found[0].content);
	arena_free(a);
}

static void
a_reply_without_its_end_is_no_finding(void **state)
{
	autobuf b = BUF_INIT(1U << 20);

	(void)state;
	add_reply(&b);
	for (size_t n = 0; n < b.len - 2; n += 13) {
		struct arena *a = arena_new();
		struct observe *o = observe_new(a, "nn", wanted, countof(wanted));
		struct err err;

		observe_feed(o, b.data, n);
		assert_null(observe_end(o, &err));
		assert_int_equal(err.kind, OUTCOME_FAILED);
		arena_free(a);
	}
}

static struct observation *
told(struct arena *a, const char *stat, const char *sums, const char *manifest, struct err *err)
{
	autobuf b = BUF_INIT(1U << 20);
	struct observe *o = observe_new(a, "nn", wanted, 1);

	add(&b, "begin", "1");
	add(&b, "fact", "root=yes");
	add(&b, "stat", stat);
	add(&b, "sums", sums);
	add(&b, "manifest", manifest);
	add(&b, "end", "");
	assert_true(observe_feed(o, b.data, b.len));
	return observe_end(o, err);
}

static void
a_digest_that_cannot_be_read_fails_the_host(void **state)
{
	static const char stat[] = "81a4 6 0 0 root root 1 /etc/motd";
	struct arena *a = arena_new();
	struct err err;

	(void)state;
	assert_null(told(a, stat, "", "", &err));
	assert_int_equal(err.kind, OUTCOME_FAILED);
	assert_string_equal(
	    err.text, "cannot read the digest of /etc/motd: sha256sum said nothing of it");
	assert_null(told(a, stat, "\033[31mowned\nmore", "", &err));
	assert_string_equal(err.text, "cannot read the digest of /etc/motd: ^[[31mowned");
	assert_null(told(a, "FLOOD", "", "", &err));
	assert_string_equal(err.text, "cannot read what stat and sha256sum say: FLOOD");
	assert_non_null(told(a, "", "", "", &err));
	arena_free(a);
}

static void
a_flood_fails_the_host_at_once(void **state)
{
	static char noise[1U << 20];
	struct arena *a = arena_new();
	struct observe *o = observe_new(a, "nn", wanted, 1);
	autobuf b = BUF_INIT(4096);
	struct err err;
	int fed = 0;

	(void)state;
	memset(noise, 'y', sizeof(noise));
	while (observe_feed(o, noise, sizeof(noise)))
		assert_true(fed++ < 64);
	assert_int_equal(fed, 64);
	assert_null(observe_end(o, &err));
	assert_int_equal(err.kind, OUTCOME_FAILED);
	assert_string_equal(err.text, "the reply is larger than 64 MiB");

	o = observe_new(a, "nn", wanted, 1);
	add(&b, "begin", "1");
	buf_adds(&b, "FLOOD\n");
	assert_false(observe_feed(o, b.data, b.len));
	assert_null(observe_end(o, &err));

	o = observe_new(a, "nn", wanted, 1);
	buf_clear(&b);
	add(&b, "begin", "1");
	add(&b, "flood", "sums");
	add(&b, "end", "");
	observe_feed(o, b.data, b.len);
	assert_null(observe_end(o, &err));
	assert_string_equal(err.text, "the host says more than 4 MiB where it was asked for its "
				      "files' digests (sha256sum)");
	arena_free(a);
}

static void
a_damaged_manifest_fails_the_host(void **state)
{
	static const char *const good[] = { "", ("file /x\tshop\t-\tr1\t" ID),
		("file /x\tshop\t-\tr1\t-\nfile /y z\tshop\tapp\tr1\t" ID "\t-\t-\tp\ts\n") };
	static const char *const bad[] = { "x", "file /x\tshop\t-\tr1", "file /x\tshop\t-\tr1\tdd",
		("\tshop\t-\tr1\t" ID), "file /x\tsh\1op\t-\tr1\t-",
		"file /x\tshop\t-\tr1\t-\t-\t-\tp\ts\tmore", "\xff\xfe\x80\n\x9b" };
	struct arena *a = arena_new();
	autofree char *second = xasprintf("%s\n%s", good[1], bad[0]);
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_non_null(told(a, "", "", good[i], &err));
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(manifest_damage(bad[i]), 1);
		assert_null(told(a, "", "", bad[i], &err));
		assert_int_equal(err.kind, OUTCOME_FAILED);
	}
	assert_null(told(a, "", "", second, &err));
	assert_string_equal(err.text,
	    "its /var/lib/drover/manifest is damaged (line 2 cannot be read), so nobody knows what "
	    "drover put there: nothing is done; put an older one in its place, they are "
	    "/var/lib/drover/runs/*/manifest.old");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_says_each_thing_once),
		cmocka_unit_test(what_cannot_be_asked_for_is_refused),
		cmocka_unit_test(the_reply_becomes_findings),
		cmocka_unit_test(a_content_that_does_not_fit_its_digest_is_dropped),
		cmocka_unit_test(a_reply_without_its_end_is_no_finding),
		cmocka_unit_test(a_digest_that_cannot_be_read_fails_the_host),
		cmocka_unit_test(a_flood_fails_the_host_at_once),
		cmocka_unit_test(a_damaged_manifest_fails_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
