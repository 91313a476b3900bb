#include "playbooks/kind.h"

#include "base/buf.h"
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
		[RESOURCE_VOLUME] = &kind_volume,
		[RESOURCE_NETWORK] = &kind_network,
		[RESOURCE_CONTAINER] = &kind_container,
		[RESOURCE_LINGER] = &kind_linger,
		[RESOURCE_SUBIDS] = &kind_subids,
		[RESOURCE_USERUNIT] = &kind_userunit,
		[RESOURCE_USERIMAGE] = &kind_userimage,
		[RESOURCE_WAIT] = &kind_wait,
		[RESOURCE_REBOOT] = &kind_reboot,
		[RESOURCE_ASSERT] = &kind_assert,
		[RESOURCE_FETCH] = &kind_fetch,
		[RESOURCE_NATIVE] = &kind_native,
		[RESOURCE_KEPT] = &kind_kept,
		[RESOURCE_EXPORT] = &kind_export,
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
kind_looking(const struct resource *r)
{
	if (r->kind == RESOURCE_SERVICE && r->look)
		return RESOURCE_KEPT;
	if (r->kind != RESOURCE_UNIT || !r->look)
		return r->kind;
	return r->native ? RESOURCE_NATIVE : RESOURCE_CONTAINER;
}

static bool
is_brought(const char *common, const bool there[RESOURCE_KINDS])
{
	for (int i = 0; i < RESOURCE_KINDS; i++) {
		const struct kind *k = kind_find((enum resource_kind)i);

		if (there[i] && k && k->common == common)
			return true;
	}
	return false;
}

void
kind_bring(enum resource_kind kind, bool acts, bool there[RESOURCE_KINDS], struct buf *to)
{
	const struct kind *k = kind_find(kind);

	if (!k || there[kind])
		return;
	if (k->common && !is_brought(k->common, there))
		buf_adds(to, k->common);
	there[kind] = true;
	if (k->look)
		buf_adds(to, k->look);
	if (acts && k->carry)
		buf_adds(to, k->carry);
}

enum resource_kind
kind_parse(const char *name)
{
	int i = 0;

	while (i < RESOURCE_KINDS && !str_eq(kind_name((enum resource_kind)i), name))
		i++;
	return (enum resource_kind)i;
}
