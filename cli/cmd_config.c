#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/settings_show.h"
#include "inventory/inventory.h"
#include "remote/sshconf.h"
#include "remote/sshfiles.h"
#include "remote/sshscan.h"

#include <string.h>

/* One host that was asked for, and the two answers of ssh -G it takes. */
struct inquiry {
	struct call *call;
	struct sshconf *conf;
	struct arena *arena;
	const struct host *host; /* NULL: not of an inventory */
	struct sshconf_query query;
	char *lines, *bare;
	const struct sshconf_host *known; /* what sessions go by; NULL: why says why not */
	struct sshscan *scan;
	struct err err, why;
	int open;
};

/* An inventory if there is one: a name can be asked about without. */
static bool
open_inventory(struct call *call)
{
	struct err err = { .kind = OUTCOME_OK };
	struct diag diag;

	if (call->globals.inventory.count > 0)
		return call_inventory(call) != NULL;
	diag_init(&diag);
	struct inventory *found = inventory_load(NULL, 0, &diag, &err);
	bool none = !found && diag.errors == 0 && err.kind == OUTCOME_USAGE;
	inventory_free(found);
	diag_fini(&diag);
	return none || call_inventory(call) != NULL;
}

/* USER@NAME:PORT, [ADDRESS]:PORT, or an address alone: what is said here wins as -l and -p do. */
static bool
read_name(struct inquiry *q, const char *word)
{
	const char *at = strrchr(word, '@'), *name = at ? at + 1 : word;
	const char *colon = strrchr(name, ':'), *end = name + strlen(name);
	int64_t port = 0;

	if (at)
		q->query.user = arena_memdup0(q->arena, word, (size_t)(at - word));
	if (*name == '[' && strchr(name, ']')) {
		end = strchr(name++, ']');
		colon = end[1] == ':' ? end + 1 : NULL;
	} else if (colon && strchr(name, ':') == colon) {
		end = colon;
	} else {
		colon = NULL;
	}
	q->query.host = arena_memdup0(q->arena, name, (size_t)(end - name));
	if (colon && !str_int(colon + 1, 1, 65535, &port))
		return false;
	q->query.port = (int)port;
	return *q->query.host != '\0' && (!at || *q->query.user);
}

static void
take_answer(struct inquiry *q, char **to, const char *lines, const struct err *err)
{
	q->open--;
	if (lines)
		*to = arena_strdup(q->arena, lines);
	else
		q->err = *err;
}

static void
on_lines(void *user, const char *lines, const struct err *err)
{
	struct inquiry *q = user;

	take_answer(q, &q->lines, lines, err);
}

static void
on_bare(void *user, const char *lines, const struct err *err)
{
	struct inquiry *q = user;

	take_answer(q, &q->bare, lines, err);
}

static void
on_known(void *user, const struct sshconf_host *h, const struct err *err)
{
	struct inquiry *q = user;

	q->open--;
	q->known = h;
	if (!h)
		q->why = *err;
}

static bool
ask_ssh(struct inquiry *q)
{
	struct sshfiles files;
	struct sshconf_config config = { .loop = q->call->loop,
		.file = q->call->globals.ssh_config };
	struct sshconf_query bare = q->query;

	bare.address = NULL;
	q->conf = sshconf_new(&config, &q->err);
	q->scan = sshscan_new(config.file, "ssh", &files);
	q->open = 3;
	sshconf_ask(q->conf, &q->query, on_known, q);
	sshconf_show(q->conf, &q->query, false, on_lines, q);
	sshconf_show(q->conf, &bare, true, on_bare, q);
	while (q->open > 0)
		loop_pass(q->call->loop, 1000);
	return q->lines && q->bare;
}

static void
show(const struct inquiry *q)
{
	const struct settings_source from = { .lines = q->lines,
		.bare = q->bare,
		.file = q->call->globals.ssh_config,
		.scan = q->scan,
		.asked = q->query.host,
		.inventory = q->call->inventory,
		.host = q->host,
		.user = q->host ? NULL : q->query.user,
		.port = q->host ? 0 : q->query.port,
		.connect_timeout_ms = q->call->globals.connect_timeout_ms };
	const struct settings_view view = { .list = settings_read(q->arena, &from),
		.known = q->known,
		.why = q->why.text,
		.inventory = q->call->inventory,
		.host = q->host };

	if (out_json(q->call->out))
		settings_json(q->call->out, &view);
	else
		settings_text(q->call->out, &view);
}

static bool
find_host(struct inquiry *q, const char *word)
{
	const struct inventory *inv = q->call->inventory;

	q->host = inv ? inventory_find(inv, word) : NULL;
	if (q->host) {
		q->query = (struct sshconf_query){ .host = q->host->name,
			.address = q->host->address,
			.user = q->host->user,
			.port = q->host->port };
		return true;
	}
	return read_name(q, word);
}

static int
show_host(struct call *call, const char *word)
{
	struct inquiry q = { .call = call, .arena = arena_new() };
	int code = 0;

	if (!find_host(&q, word))
		code = call_usage(call, "config host: '%s' is no host name", word);
	else if (!ask_ssh(&q))
		code = call_fail(call, &q.err);
	else
		show(&q);
	sshscan_free(q.scan);
	sshconf_free(q.conf);
	arena_free(q.arena);
	return code;
}

static void
row(struct call *call, const char *key, const char *from, const char *value)
{
	if (value)
		out_row(call->out, (const char *[]){ key, from, value });
}

static void
place_row(struct call *call, const char *key, const char *typed, const char *fallback)
{
	row(call, key, typed ? "command line" : "default", typed ? typed : fallback);
}

/* What holds for every host: the files drover works with. */
static int
show_own(struct call *call)
{
	static const char *const columns[] = { "key", "from", "value" };
	autofree char *state = file_state_dir(), *cache = file_cache_dir();
	autofree char *trust = file_join(state, "known_hosts");
	autofree char *ledger = file_join(state, "ledger.db");
	autofree char *answers = file_join(cache, "sshconf");
	const char *path = call->inventory ? inventory_path(call->inventory) : NULL;

	out_table(call->out, columns, countof(columns));
	place_row(call, "inventory", call->globals.inventory.count ? path : NULL, path);
	place_row(
	    call, "ssh_config", call->globals.ssh_config, "~/.ssh/config, /etc/ssh/ssh_config");
	place_row(call, "trust_file", call->globals.trust_file, trust);
	place_row(call, "ledger", call->globals.ledger, ledger);
	place_row(call, "cache", NULL, answers);
	out_table_end(call->out);
	return 0;
}

static int
run(struct call *call)
{
	if (call->argc > 0 && !str_eq(call->argv[0], "host"))
		return call_usage(call, "config shows 'host NAME', not '%s'", call->argv[0]);
	if (call->argc == 1)
		return call_usage(call, "config host needs a name");
	if (!open_inventory(call) || !call_loop(call))
		return call->exit;
	return call->argc == 0 ? show_own(call) : show_host(call, call->argv[1]);
}

const struct command command_config = {
	.name = "config",
	.synopsis = "[host NAME]",
	.summary = "how a host is reached, and where each setting came from",
	.text = "Each setting with its value: the inventory's over ssh_config's over the default.\n"
		"What ssh_config sets and drover does not honour stands at the end, with the\n"
		"reason. NAME need not be in an inventory, and there need not be one. With --json\n"
		"the keys and values are those of ssh -G. Without host: the files drover uses.\n",
	.examples = "drover config host web1\tall that counts for web1\n"
		    "drover config host me@web1:2222 -F FILE\twith another ssh_config\n"
		    "drover config host web1 --json\tas ssh -G has it\n",
	.min_args = 0,
	.max_args = 2,
	.run = run,
};
