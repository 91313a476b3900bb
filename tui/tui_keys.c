/* The user's files of the console, and the verb keys: the map as a table. */
#include "tui/console.h"
#include "tui/keymap.h"
#include "tui/tui.h"

#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/keys.h"
#include "cli/out.h"

#include <string.h>

struct keymap *
console_keymap(struct call *call, const char *preset)
{
	struct keymap *m = keymap_new(console_tabs, console_actions);
	struct diag d;
	struct err err;
	int failed;

	diag_init(&d);
	failed = keymap_load(m, preset, &d, &err);
	call_print_diag(call, &d);
	diag_fini(&d);
	if (failed == 0)
		return m;
	call_fail(call, &err);
	keymap_free(m);
	return NULL;
}

bool
console_rules(struct call *call, struct terms_rules *rules)
{
	struct diag d;
	struct err err;
	int failed;

	terms_rules_init(rules);
	diag_init(&d);
	failed = terms_rules_load(rules, &d, &err);
	call_print_diag(call, &d);
	diag_fini(&d);
	if (failed < 0)
		call_fail(call, &err);
	return failed == 0;
}

static void
print_row(struct call *call, const struct keymap_row *r)
{
	char keys[128];

	if (out_json(call->out)) {
		/* As keys.conf has them. */
		str_copy(keys, sizeof(keys), r->keys);
	} else {
		keymap_label(r->keys, keys, sizeof(keys));
	}
	out_row(call->out, (const char *[]){ r->screen, keys, r->action->name, r->action->summary,
			       r->action->command });
}

int
tui_keys(struct call *call)
{
	const struct keys_options *o = call->options;
	const char *only = call->argc ? call->argv[0] : NULL;
	struct keymap *m = console_keymap(call, o->preset);
	size_t count, shown = 0;

	if (!m)
		return call->exit;
	const struct keymap_row *rows = keymap_rows(m, &count);
	for (size_t i = 0; only && i < count; i++)
		shown += str_eq(rows[i].screen, only);
	if (only && !shown) {
		keymap_free(m);
		return call_usage(call, "no screen '%s'; drover keys lists them", only);
	}
	out_table(
	    call->out, (const char *[]){ "SCREEN", "KEYS", "ACTION", "SUMMARY", "COMMAND" }, 5);
	for (size_t i = 0; i < count; i++) {
		if (!only || str_eq(rows[i].screen, only))
			print_row(call, &rows[i]);
	}
	out_table_end(call->out);
	keymap_free(m);
	return 0;
}
