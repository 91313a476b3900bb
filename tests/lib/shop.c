#include "tests/lib/shop.h"

#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

const struct resource *
shop_resource(const struct app *app, struct arena *a, const char *id)
{
	struct resource_list l = { 0 };
	const struct resource *found = NULL;

	app_resources(app, a, &l);
	for (size_t i = 0; i < l.count; i++)
		if (str_eq(l.item[i]->id, id))
			found = l.item[i];
	free(l.item);
	if (!found)
		fail_msg("%s is not there", id);
	return found;
}
