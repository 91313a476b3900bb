/* Any bytes as an expression: a value or a mistake that a terminal may see, the same twice; what a
 * variable holds is never read as a template or an expression. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/expression.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	(void)user;
	*ret = (struct scope_value){ .text = "{{ trap }} ~ trap()" };
	if (str_eq(name, "trap"))
		mem_abort("a value was read as an expression");
	if (str_eq(name, "list"))
		*ret =
		    (struct scope_value){ .text = "[1,\"two\",{\"three\":[]}]", .is_json = true };
	if (str_eq(name, "map"))
		*ret = (struct scope_value){ .text = "{\"a\":{\"b\":[1.5,null,true]}}",
			.is_json = true };
	if (str_eq(name, "n") || str_eq(name, "b"))
		*ret = (struct scope_value){ .text = *name == 'n' ? "12" : "true", .plain = true };
	return str_eq(name, "none")    ? SCOPE_ABSENT
	       : str_eq(name, "later") ? SCOPE_LATER
				       : SCOPE_FOUND;
}

static char *
outcome(const struct source *s, const struct scope *scope)
{
	struct arena *a = arena_new();
	autobuf b = BUF_INIT(32 << 20);
	struct diag d;

	diag_init(&d);
	struct value v = expression_value(s, scope, a, &d);
	if ((v.kind == VALUE_BAD) != (d.errors > 0) || v.kind == VALUE_ABSENT)
		mem_abort("neither a value nor a mistake, or both");
	value_json(&v, &b);
	for (int i = 0; i < d.count; i++) {
		autofree char *line = diag_line(&d, i);

		for (const char *p = line; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				mem_abort("a control byte in a mistake");
		buf_adds(&b, line);
	}
	diag_fini(&d);
	arena_free(a);
	return buf_detach(&b, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "host", "list", "map", NULL };
	struct scope scope = { .find = find, .names = names };
	enum truth truth;
	struct diag d;

	if (size > 5000)
		size = 5000;
	autofree char *text = xmemdup0(data, size);
	for (char *p = memmem(text, size, "trap", 4); p; p = memmem(text, size, "trap", 4))
		*p = 'T';
	struct source s = { .text = text, .len = size, .mark = { "input", 1, 1 }, .exact = true };

	autofree char *first = outcome(&s, &scope), *second = outcome(&s, &scope);
	if (!first != !second || (first && strcmp(first, second) != 0))
		mem_abort("not the same twice");
	diag_init(&d);
	scope.maybe = true;
	bool good = expression_truth(&s, &scope, &d, &truth);
	if (good == (d.errors > 0))
		mem_abort("a truth and a mistake, or neither");
	diag_fini(&d);
	return 0;
}
