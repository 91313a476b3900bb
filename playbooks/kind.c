#include "playbooks/kind.h"

#include "base/str.h"
#include "playbooks/kinds.h"

#include <stddef.h>

const struct kind *
kind_find(enum resource_kind kind)
{
	static const struct kind *const table[RESOURCE_KINDS] = {
		[RESOURCE_SYSCTL] = &kind_sysctl,
		[RESOURCE_USER] = &kind_user,
		[RESOURCE_DIR] = &kind_dir,
		[RESOURCE_LINK] = &kind_link,
		[RESOURCE_PACKAGE] = &kind_package,
	};

	return kind < RESOURCE_KINDS ? table[kind] : NULL;
}

const char *
kind_name(enum resource_kind kind)
{
	static const char *const others[RESOURCE_KINDS] = {
		[RESOURCE_FILE] = "file",
		[RESOURCE_UNIT] = "unit",
		[RESOURCE_SERVICE] = "service",
		[RESOURCE_IMAGE] = "image",
		[RESOURCE_RUN] = "run",
	};
	const struct kind *k = kind_find(kind);

	if (k)
		return k->name;
	return kind < RESOURCE_KINDS && others[kind] ? others[kind] : "?";
}

enum resource_kind
kind_parse(const char *name)
{
	int i = 0;

	while (i < RESOURCE_KINDS && !str_eq(kind_name((enum resource_kind)i), name))
		i++;
	return (enum resource_kind)i;
}
