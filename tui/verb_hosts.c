#include "tui/verb_hosts.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/option.h"
#include "cli/undone.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "tui/palette.h"

#include <string.h>

#define PETS_MAX 65536 /* bytes of their names */

static void
take_set(struct verb_hosts *h, struct set *set)
{
	h->host = xcalloc(set->count + 1, sizeof(*h->host));
	for (size_t i = 0; i < set->count; i++)
		h->host[i] = set->hosts[i]->index;
	h->count = set->count;
	set_fini(set);
}

/* The first set among the operands. */
static void
take_operand(struct call *call, const struct palette_words *w, struct verb_hosts *ret)
{
	for (size_t i = 1; i < w->count && w->word[i][0] != '-'; i++) {
		autofree char *expr = xmemdup0(w->word[i], strcspn(w->word[i], ":"));
		struct set set;
		struct err err;

		if (set_eval(call->inventory, expr, NULL, &set, &err) == 0) {
			take_set(ret, &set);
			return;
		}
	}
}

static void
name_pets(const struct set *set, struct verb_hosts *ret)
{
	autobuf names = BUF_INIT(PETS_MAX);

	for (size_t i = 0; i < set->count; i++) {
		if (set->hosts[i]->kind == HOST_PET)
			buf_addf(&names, "%s%s", names.len ? "," : "", set->hosts[i]->name);
	}
	if (names.len)
		ret->pets = xstrdup(buf_text(&names));
}

/* What the flag of this name was set to. */
static bool
flag(const struct option_scope *s, const char *name)
{
	for (const struct option *o = s->table; o && o->type != OPTION_END; o++) {
		if (o->type == OPTION_FLAG && o->name && str_eq(o->name, name))
			return *(const bool *)((const char *)s->values + o->offset);
	}
	return false;
}

/* Those of its run that it would touch, or those named after it. */
static bool
undone_set(struct call *call, const struct option_parse *p, struct set *ret)
{
	struct undone run;
	struct err err;

	if (p->operand_count > 1)
		return set_eval(call->inventory, p->operands[1], NULL, ret, &err) == 0;
	if (p->operand_count < 1 || undone_find(call->ledger, p->operands[0], &run, NULL, &err) < 0)
		return false;
	undone_hosts(call->inventory, call->ledger, run.uuid, ret, NULL, NULL);
	if (ret->count)
		return true;
	set_fini(ret);
	return false;
}

static void
take_undone(struct call *call, const struct palette_words *w, struct verb_hosts *ret)
{
	const struct command *c = command_find(w->word[0]);
	struct globals globals = { .yes = false };
	autofree void *options = xcalloc(1, c->options_size);
	autofree char **argv = xcalloc(w->count, sizeof(*argv));
	struct option_scope scopes[] = { { c->options, options }, { globals_options, &globals } };
	struct option_parse p = { .scopes = scopes, .scope_count = 2, .stop_after = -1 };
	struct set set;
	struct err err;

	for (size_t i = 1; i < w->count; i++)
		argv[i - 1] = w->word[i];
	if (option_parse(&p, (int)w->count - 1, argv, &err) == 0 && undone_set(call, &p, &set)) {
		if (!globals.pets.count && !flag(&scopes[0], "dry-run"))
			name_pets(&set, ret);
		take_set(ret, &set);
	}
	option_fini(&scopes[0]);
	option_fini(&scopes[1]);
}

void
verb_hosts(struct call *call, const struct palette_words *w, struct verb_hosts *ret)
{
	*ret = (struct verb_hosts){ .host = NULL };
	if (str_eq(w->word[0], "undo"))
		take_undone(call, w, ret);
	else
		take_operand(call, w, ret);
}

void
verb_hosts_fini(struct verb_hosts *h)
{
	free(take(h->host));
	free(take(h->pets));
}
