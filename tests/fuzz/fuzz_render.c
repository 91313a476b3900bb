/* Any bytes as a template: a text or mistakes; what is no template stays as it is; what a variable
 * holds is never read as one. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/render.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	(void)user;
	ret->is_json = str_eq(name, "list") || str_eq(name, "map");
	ret->text = str_eq(name, "list")  ? "[1,\"two\",{\"three\":[]}]"
		    : str_eq(name, "map") ? "{\"a\":{\"b\":[1.5,null,true]}}"
					  : "{{ trap }}{% trap %}";
	return str_eq(name, "none")    ? SCOPE_ABSENT
	       : str_eq(name, "later") ? SCOPE_LATER
	       : str_eq(name, "trap")  ? (mem_abort("a value was read as a template"), SCOPE_FOUND)
				       : SCOPE_FOUND;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "host", "list", "map", NULL };
	const struct scope scope = { .find = find, .names = names };
	struct arena *a = arena_new();
	struct diag d;
	size_t len = 0;

	if (size > 20000)
		size = 20000;
	autofree char *text = xmemdup0(data, size);
	for (char *p = memmem(text, size, "trap", 4); p; p = memmem(text, size, "trap", 4))
		*p = 'T';
	struct source s = { .text = text, .len = size, .mark = { "input", 1, 1 }, .exact = true };

	diag_init(&d);
	const char *got = render_text(&s, &scope, a, &d, &len);
	if (!got != (d.errors > 0))
		mem_abort("neither a text nor a mistake, or both");
	if (!render_is_template(&s) && (!got || len != size || memcmp(got, text, size) != 0))
		mem_abort("a text that is no template was changed");
	if (got && len > ((size_t)8 << 20))
		mem_abort("a text beyond its ceiling");
	if (got && strlen(got) > len)
		mem_abort("a text without its end");
	diag_fini(&d);
	arena_free(a);
	return 0;
}
