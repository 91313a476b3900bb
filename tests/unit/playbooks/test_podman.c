#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/podman.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
refuses(struct desk *d, const char *text, const char *expected)
{
	assert_false(desk_desire(d, text));
	assert_string_equal(buf_text(&d->said), expected);
}

/* What is decided of the resource when the host says this of it. */
static const struct plan *
decided(const struct desk *d, const char *id, const char *said, bool owned)
{
	const struct resource **r = arena_alloc(d->arena, sizeof(*r));
	struct found *f = arena_alloc(d->arena, sizeof(*f));

	*r = desk_wanted(d, id);
	f->said = said;
	f->owned = owned;
	return plan_make(d->arena, &d->host, r, f, 1);
}

static void
words_are(const char *const *words, const char *expected)
{
	autobuf all = BUF_INIT(4000);

	assert_non_null(words);
	podman_show_list(words, &all);
	assert_string_equal(buf_text(&all), expected);
}

static void
a_volume_that_is_not_there_is_made(void **state)
{
	struct desk *d = *state;
	const struct plan *p;

	assert_true(desk_desire(d, "vars: {tier: front}\n"
				   "tasks:\n"
				   "  - volume: {name: data, labels: {b: \"{{ tier }}\", a: x y}, "
				   "options: {type: tmpfs}}\n"));
	p = decided(d, "volume data", "", false);
	assert_int_equal(p->steps[0].class, PLAN_CREATE);
	words_are(p->steps[0].doing,
	    "create - data - keep --driver=local --label=a=x y --label=b=front --opt=type=tmpfs");
	words_are(p->steps[0].back, "absent - data - keep");
}

static void
a_volume_as_it_should_be_is_left_alone(void **state)
{
	struct desk *d = *state;
	const char *said = "there\ndriver local\nlabels {\"a\":\"b\"}\noptions {}\n";

	assert_true(desk_desire(d, "tasks:\n  - volume: {name: data, labels: {a: b}}\n"));
	assert_int_equal(decided(d, "volume data", said, true)->steps[0].class, PLAN_SAME);
	assert_string_equal(
	    decided(d, "volume data", said, false)->steps[0].why, "not yet in drover's manifest");
	assert_true(desk_desire(d, "tasks:\n  - volume: data\n"));
	assert_int_equal(decided(d, "volume data", said, true)->steps[0].class, PLAN_SAME);
}

static void
a_volume_that_differs_is_made_anew_only_when_that_is_said(void **state)
{
	struct desk *d = *state;
	const char *said = "there\ndriver local\nlabels {\"a\":\"b\",\"c\":\"d\"}\noptions null\n";
	const struct plan *p;

	assert_true(desk_desire(d, "tasks:\n  - volume: {name: data, labels: {a: b}}\n"));
	p = decided(d, "volume data", said, true);
	assert_non_null(p->refused);
	assert_non_null(strstr(p->refused, "volume data is there and differs"));
	assert_true(
	    desk_desire(d, "tasks:\n  - volume: {name: data, labels: {a: b}, force: true}\n"));
	p = decided(d, "volume data", said, true);
	assert_null(p->refused);
	assert_string_equal(
	    p->steps[0].why, "labels a=b c=d -> a=b, made anew, with what it holds");
	words_are(p->steps[0].doing, "renew - data force export --driver=local --label=a=b");
}

static void
what_a_volume_holds_is_exported_before_it_goes_from_a_pet(void **state)
{
	struct desk *d = *state;
	const char *text = "tasks:\n  - volume: {name: data, state: absent}\n";
	const struct plan *p;

	d->host.kind = HOST_PET;
	assert_true(desk_desire(d, text));
	assert_string_equal(desk_wanted(d, "volume data")->look[2], "going");
	p = decided(d, "volume data", "there\nused web db\nfull\n", true);
	assert_int_equal(p->steps[0].class, PLAN_REMOVE);
	assert_string_equal(p->steps[0].why,
	    "used by web db: it goes only when they do (or with force: true), what it holds is "
	    "exported to /var/lib/drover/volumes first");
	words_are(p->steps[0].doing, "absent - data - export");
	d->host.kind = HOST_CATTLE;
	assert_true(desk_desire(d, text));
	words_are(
	    decided(d, "volume data", "there\n", true)->steps[0].doing, "absent - data - drop");
	assert_int_equal(decided(d, "volume data", "", true)->steps[0].class, PLAN_SAME);
}

static void
the_volume_of_a_user_is_another_one(void **state)
{
	struct desk *d = *state;
	const char *name, *user;

	assert_true(desk_desire(d, "tasks:\n"
				   "  - {volume: data, as: deploy}\n"
				   "  - {volume: data, as: root}\n"));
	assert_string_equal(desk_wanted(d, "volume data of deploy")->look[0], "deploy");
	assert_string_equal(desk_wanted(d, "volume data")->look[0], "-");
	podman_parse_id(d->arena, "volume data of deploy", &name, &user);
	assert_string_equal(name, "data");
	assert_string_equal(user, "deploy");
	podman_parse_id(d->arena, "network data", &name, &user);
	assert_string_equal(name, "data");
	assert_string_equal(user, PODMAN_ROOT);
}

static const char net[] = "network {\"driver\":\"bridge\",\"subnets\":[{\"subnet\":\"10.9.0.0/24\","
			  "\"gateway\":\"10.9.0.1\"}],\"ipv6_enabled\":false,\"internal\":true,"
			  "\"dns_enabled\":true,\"labels\":{\"a\":\"b\"}}\n";

static void
a_network_is_compared_by_what_was_said_of_it(void **state)
{
	struct desk *d = *state;
	const struct plan *p;

	assert_true(desk_desire(d, "tasks:\n"
				   "  - network: {name: a, subnet: 10.9.0.0/24, gateway: 10.9.0.1, "
				   "internal: true, labels: {a: b}}\n"
				   "  - network: b\n"
				   "  - network: {name: c, subnet: 10.9.1.0/24, ipv6: true, "
				   "internal: false, dns: false, labels: {}}\n"));
	assert_int_equal(decided(d, "network a", net, true)->steps[0].class, PLAN_SAME);
	assert_int_equal(decided(d, "network b", net, true)->steps[0].class, PLAN_SAME);
	p = decided(d, "network c", net, true);
	assert_string_equal(p->steps[0].why,
	    "subnets 10.9.0.0/24 via 10.9.0.1 -> 10.9.1.0/24, internal true -> false, "
	    "ipv6_enabled false -> true, dns_enabled true -> false, labels a=b -> none, made anew");
	words_are(p->steps[0].doing,
	    "renew - c - --driver=bridge --subnet=10.9.1.0/24 --ipv6 --disable-dns");
}

static void
a_network_that_cannot_be_read_is_refused(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "tasks:\n  - network: a\n"));
	assert_non_null(decided(d, "network a", "network {\"driver\":", true)->refused);
	assert_non_null(strstr(decided(d, "network a", "cni\n", true)->refused, "CNI"));
	assert_int_equal(decided(d, "network a", "", true)->steps[0].class, PLAN_CREATE);
}

static void
bad_values_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	refuses(d,
	    "tasks:\n"
	    "  - volume: {name: -a}\n"
	    "  - volume: {name: a, labels: {b c: d}}\n"
	    "  - volume: {name: a, state: absent, driver: local}\n"
	    "  - network: {name: b, subnet: 10.0.0.0}\n"
	    "  - network: {name: b, gateway: 10.0.0.1}\n"
	    "  - network: podman\n"
	    "  - {volume: a, as: \"a b\"}\n"
	    "  - {network: {name: b, internal: 7}}\n"
	    "  - {run: [a], as: deploy}\n",
	    "shop.yaml:2:20: volume: name: a name of letters, digits, '_', '.' and '-' is wanted "
	    "here, not \"-a\"\n"
	    "shop.yaml:3:32: labels: a name without blanks and = is wanted here, not \"b c\"\n"
	    "shop.yaml:4:13: volume: what is to be absent has no driver, labels and options\n"
	    "shop.yaml:5:32: subnet: a subnet (10.89.7.0/24) is wanted here, not \"10.0.0.0\"\n"
	    "shop.yaml:6:14: network: gateway: each belongs to a subnet\n"
	    "shop.yaml:7:14: network: podman has a network of its own by this name\n"
	    "shop.yaml:8:21: as: a user or group name is wanted here, not \"a b\"\n"
	    "shop.yaml:9:35: internal: true or false is wanted here, not \"7\"\n"
	    "shop.yaml:10:20: as: only unit, service, container, volume, network and image take "
	    "this\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_volume_that_is_not_there_is_made),
		TEST(a_volume_as_it_should_be_is_left_alone),
		TEST(a_volume_that_differs_is_made_anew_only_when_that_is_said),
		TEST(what_a_volume_holds_is_exported_before_it_goes_from_a_pet),
		TEST(the_volume_of_a_user_is_another_one),
		TEST(a_network_is_compared_by_what_was_said_of_it),
		TEST(a_network_that_cannot_be_read_is_refused),
		TEST(bad_values_are_told_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
