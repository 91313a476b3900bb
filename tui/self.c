#include "tui/self.h"

#include "base/mem.h"
#include "cli/call.h"

#include <stdlib.h>

void
self_add(struct self *w, const char *word)
{
	if (w->count + 1 >= w->cap) {
		w->cap = w->cap ? w->cap * 2 : 32;
		w->word = xrealloc(w->word, w->cap, sizeof(*w->word));
	}
	w->word[w->count++] = word;
	w->word[w->count] = NULL;
}

static void
add_option(struct self *w, const char *name, const char *value)
{
	if (!value)
		return;
	self_add(w, name);
	self_add(w, value);
}

static void
add_ms(struct self *w, const char *name, int64_t ms)
{
	if (!ms || w->made_count == countof(w->made))
		return;
	char *text = w->made[w->made_count++] = xasprintf("%lldms", (long long)ms);
	add_option(w, name, text);
}

static void
add_number(struct self *w, const char *name, int64_t n)
{
	if (!n || w->made_count == countof(w->made))
		return;
	char *text = w->made[w->made_count++] = xasprintf("%lld", (long long)n);
	add_option(w, name, text);
}

void
self_begin(struct self *w, const struct globals *g, const struct command *command)
{
	*w = (struct self){ .count = 0 };
	self_add(w, "/proc/self/exe");
	for (size_t i = 0; i < g->inventory.count; i++)
		add_option(w, "-i", g->inventory.item[i]);
	for (size_t i = 0; command->flags & COMMAND_VARS && i < g->vars.count; i++)
		add_option(w, "-e", g->vars.item[i]);
	add_option(w, "-F", g->ssh_config);
	add_option(w, "--trust-file", g->trust_file);
	add_option(w, "--ledger", g->ledger);
	add_option(w, "--become-password-file", g->become_file);
	add_option(w, "--password-file", g->password_file);
	add_number(w, "--parallel", g->parallel);
	add_number(w, "--workers", g->workers);
	add_ms(w, "--connect-timeout", g->connect_timeout_ms);
}

void
self_fini(struct self *w)
{
	for (size_t i = 0; i < w->made_count; i++)
		free(w->made[i]);
	free(w->word);
}
