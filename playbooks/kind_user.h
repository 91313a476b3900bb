/* An account as it is wanted on one host. For playbooks/kind_user*.c alone. */
#ifndef DROVER_PLAYBOOKS_KIND_USER_H
#define DROVER_PLAYBOOKS_KIND_USER_H

#include <stdbool.h>
#include <stddef.h>

struct verdict;

/* NULL: not said. Lists are ended by NULL. */
struct user {
	const char *name, *uid, *group, *shell, *home, *comment, *password;
	const char *const *groups, *const *keys;
	bool only_groups, only_keys;
	bool system;
	bool new_home;  /* a new account gets a home */
	bool make_home; /* and one that is there, where it has none */
	bool remove_home;
};

void kind_user_decide(struct verdict *v);

/* Locked, whatever hash stands behind it. */
bool kind_user_is_lock(const char *password);

#endif
