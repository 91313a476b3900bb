/*
 * What groups and defaults give to every host that is in the same groups: variables, settings, kind.
 *
 * Nearer wins; two that are equally near and disagree are a clash, which is kept, not told. Worked out once
 * for each set of groups. Names and levels are the model's, lists the arena's; the rest is the owner's.
 */
#ifndef DROVER_INVENTORY_PROFILE_H
#define DROVER_INVENTORY_PROFILE_H

#include "base/strmap.h"
#include "inventory/model.h"

/* Something said twice at the same distance, with two meanings. */
struct profile_clash {
	const char *what;
	bool is_setting;
	struct mark a, b;
	bool told;
};

/* A variable while levels are merged, with how far away it was said. */
struct profile_var {
	const struct var *var;
	size_t depth;
};

/* What the groups and defaults give to every host with the same groups. */
struct profile {
	char *key;     /* the groups it stands for */
	size_t *group; /* every group, nearest first */
	size_t *depth; /* beside group */
	size_t count;
	const char *const *names;
	struct profile_var *var;
	size_t var_count, var_cap;
	const struct var *const *vars; /* the same, for hosts that add none */
	const struct level *setting[SETTING_COUNT];
	size_t setting_depth[SETTING_COUNT];
	struct profile_clash *clash;
	size_t clash_count, clash_cap;
	bool kind_said, pet, cattle;
	const struct group *pet_group, *cattle_group;
	size_t steps;    /* levels merged so far, in Ansible's order */
	size_t disagree; /* hosts whose kind the groups dispute */
};

struct profiles {
	struct profile *item;
	size_t count, cap;
	struct strmap map; /* by the groups they stand for */
};

/* The profile of a host's groups; its groups are put in order. Valid until the next is asked for. */
struct profile *profiles_of(
    struct profiles *all, const struct inventory *inv, struct model_host *h);
void profiles_fini(struct profiles *all);

/* One that stands alone, empty before. */
void profile_fill(const struct inventory *inv, const struct model_host *h, struct profile *p);
void profile_fini(struct profile *p);

/* What is said at one place, so far away. */
void profile_merge_level(struct profile *p, const struct level *l, size_t depth);
/* As Ansible has it: what was said last goes before what was said first, and nothing clashes. */
void profile_merge_backwards(struct profile *p, const struct level *list, bool from_file);
/* One variable; the first `among` of those that are there may be the same one. */
void profile_merge_var(struct profile *p, size_t among, const struct var *v, size_t depth);

#endif
