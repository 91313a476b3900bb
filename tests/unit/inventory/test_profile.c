#include "inventory/profile.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct var tier_front[] = { { .name = "tier", .value = "front", .mark = { .line = 1 } } };
static struct var tier_back[] = { { .name = "tier", .value = "back", .mark = { .line = 2 } } };
static const struct yaml_node anna = { .kind = YAML_SCALAR, .text = "anna" };
static const struct yaml_node bert = { .kind = YAML_SCALAR, .text = "bert" };

/* Two places that disagree in a variable and in the user. */
static struct level front = {
	.vars = { .item = tier_front, .count = 1 }, .said[SETTING_USER] = &anna, .kind = "cattle"
};
static struct level back = { .vars = { .item = tier_back, .count = 1 },
	.said[SETTING_USER] = &bert };

static void
the_nearer_of_two_wins(void **state)
{
	struct profile p = { 0 };

	(void)state;
	profile_merge_level(&p, &front, 1);
	profile_merge_level(&p, &back, 2);
	assert_int_equal(p.clash_count, 0);
	assert_int_equal(p.var_count, 1);
	assert_string_equal(p.var[0].var->value, "front");
	assert_ptr_equal(p.setting[SETTING_USER], &front);
	profile_fini(&p);
}

static void
two_that_are_equally_near_and_disagree_clash(void **state)
{
	struct profile p = { 0 };

	(void)state;
	profile_merge_level(&p, &front, 1);
	profile_merge_level(&p, &front, 1);
	assert_int_equal(p.clash_count, 0);
	profile_merge_level(&p, &back, 1);
	assert_int_equal(p.clash_count, 2);
	assert_true(p.clash[0].is_setting);
	assert_string_equal(p.clash[0].what, "user");
	assert_false(p.clash[1].is_setting);
	assert_string_equal(p.clash[1].what, "tier");
	assert_int_equal(p.clash[1].a.line, 1);
	assert_int_equal(p.clash[1].b.line, 2);
	profile_fini(&p);
}

static void
backwards_what_was_said_last_wins_without_a_clash(void **state)
{
	struct level later = back, first = front;
	struct profile p = { 0 };

	(void)state;
	first.next = &later;
	later.from_file = true;
	profile_merge_backwards(&p, &first, true);
	assert_string_equal(p.var[0].var->value, "back");
	profile_merge_backwards(&p, &first, false);
	assert_int_equal(p.clash_count, 0);
	assert_int_equal(p.var_count, 1);
	assert_string_equal(p.var[0].var->value, "back");
	assert_ptr_equal(p.setting[SETTING_USER], &later);
	profile_fini(&p);

	p = (struct profile){ 0 };
	later.from_file = false;
	profile_merge_backwards(&p, &first, false);
	assert_string_equal(p.var[0].var->value, "back");
	profile_fini(&p);
}

/* web is in all-eu; both name a kind. */
static void
hosts_with_the_same_groups_share_one(void **state)
{
	size_t parent = 1, mine[] = { 0 }, also[] = { 0 }, both[] = { 1, 0 };
	struct level over = back;
	struct model_group web = {
		.pub = { .name = "web" }, .levels = &front, .parent = &parent, .parent_count = 1
	};
	struct model_group eu = { .pub = { .name = "all-eu" }, .levels = &over };
	struct model_group *groups[] = { &web, &eu };
	struct inventory inv = { .arena = arena_new(), .group = groups, .group_count = 2 };
	struct model_host one = { .group = mine, .group_count = 1 };
	struct model_host other = { .group = also, .group_count = 1 };
	struct model_host third = { .group = both, .group_count = 2 };
	struct profiles all = { .map = STRMAP_INIT };

	(void)state;
	over.kind = "pet";
	const struct profile *p = profiles_of(&all, &inv, &one);
	assert_string_equal(p->names[0], "web");
	assert_string_equal(p->names[1], "all-eu");
	assert_null(p->names[2]);
	assert_true(p->kind_said && p->pet && p->cattle);
	assert_string_equal(p->vars[0]->value, "front");
	assert_ptr_equal(profiles_of(&all, &inv, &other), p);
	assert_int_equal(all.count, 1);
	/* In both at once neither is nearer. */
	p = profiles_of(&all, &inv, &third);
	assert_int_equal(all.count, 2);
	assert_int_equal(third.group[0], 0);
	assert_int_equal(p->clash_count, 2);
	profiles_fini(&all);
	arena_free(inv.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearer_of_two_wins),
		cmocka_unit_test(two_that_are_equally_near_and_disagree_clash),
		cmocka_unit_test(backwards_what_was_said_last_wins_without_a_clash),
		cmocka_unit_test(hosts_with_the_same_groups_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
