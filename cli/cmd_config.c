#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/settings.h"
#include "inventory/inventory.h"
#include "remote/sshconf.h"

#include <string.h>

/* One host that was asked for, and the two answers of ssh -G it takes. */
struct inquiry {
	struct call *call;
	struct sshconf *conf;
	struct arena *arena;
	const struct host *host; /* NULL: not of an inventory */
	struct sshconf_query query;
	char *lines, *bare;
	struct err err;
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

static bool
ask_ssh(struct inquiry *q)
{
	struct sshconf_config config = { .loop = q->call->loop,
		.file = q->call->globals.ssh_config };
	struct sshconf_query bare = q->query;

	bare.address = NULL;
	q->conf = sshconf_new(&config, &q->err);
	q->open = 2;
	sshconf_show(q->conf, &q->query, false, on_lines, q);
	sshconf_show(q->conf, &bare, true, on_bare, q);
	while (q->open > 0)
		loop_pass(q->call->loop, 1000);
	return q->lines && q->bare;
}

static struct settings *
read_settings(const struct inquiry *q)
{
	return settings_read(
	    q->arena, &(struct settings_source){ .lines = q->lines,
			  .bare = q->bare,
			  .file = q->call->globals.ssh_config,
			  .inventory = q->call->inventory,
			  .host = q->host,
			  .user = q->host ? NULL : q->query.user,
			  .port = q->host ? 0 : q->query.port,
			  .connect_timeout_ms = q->call->globals.connect_timeout_ms });
}

static void
put_values(struct json_writer *w, const struct setting *s)
{
	bool many = s->option ? s->option->many : s->values[1] != NULL;

	if (!many) {
		json_put_text(w, s->key, s->values[0]);
		return;
	}
	json_open_array(w, s->key);
	for (const char *const *v = s->values; *v; v++)
		json_put_text(w, NULL, *v);
	json_close(w);
}

/* What only drover's inventory says of a host. */
static void
put_own(struct json_writer *w, const struct host *h)
{
	if (!h)
		return;
	json_open_object(w, "inventory");
	json_put_text(w, "name", h->name);
	json_put_text(w, "transport", h->transport);
	json_put_text(w, "become", h->become);
	json_put_text(w, "become_user", h->become_user);
	json_put_text(w, "trust", h->trust);
	json_open_array(w, "host_keys");
	for (const char *const *k = h->host_keys; *k; k++)
		json_put_text(w, NULL, *k);
	json_close(w);
	json_close(w);
}

static void
print_json(const struct inquiry *q, const struct settings *list)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	for (size_t i = 0; i < list->count; i++)
		put_values(&w, &list->item[i]);
	json_open_object(&w, "from");
	for (size_t i = 0; i < list->count; i++) {
		if (list->item[i].said)
			json_put_text(&w, list->item[i].key, list->item[i].from);
	}
	json_close(&w);
	json_open_object(&w, "not_honoured");
	for (size_t i = 0; i < list->count; i++) {
		if (setting_is_unused(&list->item[i]))
			json_put_text(&w, list->item[i].key, setting_note(&list->item[i]));
	}
	json_close(&w);
	put_own(&w, q->host);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(q->call->out, buf_text(&b), b.len);
}

static void
row(struct call *call, const char *key, const char *from, const char *value)
{
	if (value)
		out_row(call->out, (const char *[]){ key, from, value });
}

static void
own_row(const struct inquiry *q, const char *setting, const char *value)
{
	if (value)
		row(q->call, setting,
		    settings_place(q->arena, q->call->inventory, q->host, setting), value);
}

/* What only the inventory can say. */
static void
print_own(const struct inquiry *q)
{
	const struct host *h = q->host;

	if (!h || !h->transport)
		row(q->call, "transport", "default", "auto");
	if (!h)
		return;
	own_row(q, "transport", h->transport);
	own_row(q, "become", h->become);
	own_row(q, "become_user", h->become_user);
	own_row(q, "trust", h->trust);
	for (const char *const *k = h->host_keys; *k; k++)
		own_row(q, "host_key", *k);
	own_row(q, "refused", h->refused);
}

static void
print_unused(const struct inquiry *q, const struct setting *s)
{
	for (const char *const *v = s->values; *v; v++) {
		autofree char *text = xasprintf("%s (%s: %s)", *v,
		    s->option && s->option->use == SSHOPTION_NEEDED ? "refused" : "not honoured",
		    setting_note(s));

		row(q->call, s->key, s->from, text);
	}
}

/* Canonical names and tags show in what came of them. */
static bool
is_shown(const struct setting *s)
{
	return s->option && s->option->use == SSHOPTION_HONOURED &&
	       (s->said || !s->option->note || !str_eq(s->option->note, "by ssh -G itself"));
}

static void
print_text(const struct inquiry *q, const struct settings *list)
{
	static const char *const columns[] = { "key", "from", "value" };

	out_table(q->call->out, columns, countof(columns));
	for (const struct sshoption *o = sshoptions; o->key; o++) {
		const struct setting *s = settings_find(list, o->key);

		for (size_t i = 0; s && is_shown(s) && s->values[i]; i++)
			row(q->call, s->key, s->from, s->values[i]);
	}
	print_own(q);
	for (size_t i = 0; i < list->count; i++) {
		if (setting_is_unused(&list->item[i]))
			print_unused(q, &list->item[i]);
	}
	out_table_end(q->call->out);
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
	else if (out_json(call->out))
		print_json(&q, read_settings(&q));
	else
		print_text(&q, read_settings(&q));
	sshconf_free(q.conf);
	arena_free(q.arena);
	return code;
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
