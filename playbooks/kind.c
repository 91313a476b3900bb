#include "playbooks/kind.h"

#include "playbooks/kinds.h"

#include <stddef.h>

const struct kind *
kind_find(enum resource_kind kind)
{
	static const struct kind *const table[RESOURCE_KINDS] = {
		[RESOURCE_SYSCTL] = &kind_sysctl,
	};

	return kind < RESOURCE_KINDS ? table[kind] : NULL;
}
