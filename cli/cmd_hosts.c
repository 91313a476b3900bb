#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <string.h>

struct options {
	bool vars;
};

static const struct option options[] = {
	{ OPTION_FLAG, 0, "vars", offsetof(struct options, vars),
	    .summary = "show each variable of the hosts, and where it was said" },
	{ .type = OPTION_END },
};

static const char *
groups_text(const struct host *h, struct buf *b)
{
	buf_clear(b);
	for (const char *const *g = h->groups; *g; g++)
		buf_addf(b, "%s%s", b->len ? "," : "", *g);
	return b->len ? buf_text(b) : NULL;
}

/* Where it is reached: [::1]:2222, 10.0.0.5, or NULL when its name is all there is. */
static const char *
address_text(const struct host *h, struct buf *b)
{
	const char *address = h->address ? h->address : h->name;

	buf_clear(b);
	if (!h->address && !h->port)
		return NULL;
	if (!h->port)
		buf_adds(b, address);
	else if (strchr(address, ':'))
		buf_addf(b, "[%s]:%d", address, h->port);
	else
		buf_addf(b, "%s:%d", address, h->port);
	return buf_text(b);
}

/* What this seat remembers of hosts: "strayed", "cordoned", "owed shop.yaml". */
struct remembered {
	const struct inventory *inventory;
	struct strmap at; /* host to its place in text */
	struct buf *text;
	size_t count, cap;
};

static void
remember(struct remembered *m, const char *host, const char *what, const char *of)
{
	size_t at;

	if (strmap_add(&m->at, host, m->count, &at)) {
		mem_grow(m->text, m->count, m->cap);
		at = m->count++;
		buf_init(&m->text[at], 4096);
	}
	buf_addf(&m->text[at], "%s%s%s", m->text[at].len ? ", " : "", what, of);
}

static void
remember_owed(void *user, const char *host, const char *playbook, const char *run)
{
	struct remembered *m = user;
	const struct host *h = inventory_find(m->inventory, host);
	const char *slash = strrchr(playbook, '/');

	(void)run;
	if (h)
		remember(m, h->name, "owed ", slash ? slash + 1 : playbook);
}

static void
remember_cordoned(void *user, const char *host, const char *key, const char *value)
{
	struct remembered *m = user;
	const struct host *h = inventory_find(m->inventory, host);

	(void)key;
	if (h && str_eq(value, "true"))
		remember(m, h->name, "cordoned", "");
}

static const char *
recall(const struct remembered *m, const char *host)
{
	size_t at;

	return strmap_find(&m->at, host, &at) ? buf_text(&m->text[at]) : NULL;
}

static void
forget(struct remembered *m)
{
	for (size_t i = 0; i < m->count; i++)
		buf_fini(&m->text[i]);
	free(m->text);
	strmap_fini(&m->at);
}

/* The ledger is only read; where it cannot be, that is said, and the inventory stands alone. */
static void
look_back(struct call *call, const struct set *set, struct remembered *m)
{
	const char *fleet = inventory_fleet(call->inventory);
	struct ledger_host known;
	struct err err;
	struct ledger *l = ledger_open(NULL, call->globals.ledger, true, &err);

	for (size_t i = 0; l && i < set->count; i++) {
		if (ledger_host(l, fleet, set->hosts[i]->name, &known) && known.strayed)
			remember(m, set->hosts[i]->name, "strayed", "");
	}
	if (l) {
		ledger_hosts_facts(l, fleet, "cordoned", remember_cordoned, m);
		ledger_owed(l, fleet, remember_owed, m);
	}
	if (!l || ledger_failed(l, &err))
		out_note(call->out, "what hosts are owed is not known: %s", err.text);
	ledger_close(l);
}

static void
print_table(struct call *call, const struct set *set, const struct remembered *m)
{
	static const char *const columns[] = { "name", "kind", "groups", "address", "user",
		"state" };
	autobuf groups = BUF_INIT(SIZE_MAX), address = BUF_INIT(SIZE_MAX);

	out_table(call->out, columns, m->count ? countof(columns) : countof(columns) - 1);
	for (size_t i = 0; i < set->count; i++) {
		const struct host *h = set->hosts[i];
		const char *const cells[] = { h->name, host_kind_name(h->kind),
			groups_text(h, &groups), address_text(h, &address), h->user,
			recall(m, h->name) };

		out_row(call->out, cells);
	}
	out_table_end(call->out);
}

/* The hosts that cannot be used for one reason, in one line. */
static void
note_refused(struct call *call, const struct set *set, size_t first)
{
	const char *why = set->hosts[first]->refused;
	autofree const char **name = xcalloc(set->count + 1, sizeof(*name));
	size_t n = 0;

	for (size_t i = first; i < set->count; i++) {
		const char *other = set->hosts[i]->refused;

		if (other && str_eq(other, why))
			name[n++] = set->hosts[i]->name;
	}
	autofree char *fold = names_fold(name, n);
	out_note(call->out, "%.200s cannot be used: %s", fold, why);
}

static void
note_all_refused(struct call *call, const struct set *set)
{
	autostrmap told = STRMAP_INIT;

	for (size_t i = 0; i < set->count; i++) {
		const char *why = set->hosts[i]->refused;

		if (why && strmap_add(&told, why, i, NULL))
			note_refused(call, set, i);
	}
}

static const char *
place_text(const struct var *v, struct buf *b)
{
	buf_clear(b);
	buf_addf(b, "%s:%d", v->mark.file ? v->mark.file : "-", v->mark.line);
	return buf_text(b);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(const struct var *const *)a)->name, (*(const struct var *const *)b)->name);
}

/* The variables of a host by their names, which nobody has to search then. */
static const struct var **
sorted_vars(const struct host *h)
{
	const struct var **v = xcalloc(h->var_count + 1, sizeof(*v));

	if (h->var_count)
		memcpy(v, h->vars, h->var_count * sizeof(*v));
	if (h->var_count)
		qsort(v, h->var_count, sizeof(*v), compare_names);
	return v;
}

static void
print_vars(struct call *call, const struct set *set)
{
	static const char *const columns[] = { "name", "variable", "value", "from" };
	autobuf place = BUF_INIT(SIZE_MAX);

	out_table(call->out, columns, countof(columns));
	for (size_t i = 0; i < set->count; i++) {
		const struct host *h = set->hosts[i];
		autofree const struct var **v = sorted_vars(h);

		for (size_t k = 0; k < h->var_count; k++) {
			const char *const cells[] = { h->name, v[k]->name, v[k]->value,
				place_text(v[k], &place) };

			out_row(call->out, cells);
		}
		if (!h->var_count)
			out_row(call->out, (const char *const[4]){ h->name });
	}
	out_table_end(call->out);
}

static void
put_if(struct json_writer *w, const char *key, const char *value)
{
	if (value)
		json_put_text(w, key, value);
}

static void
put_list(struct json_writer *w, const char *key, const char *const *list)
{
	json_open_array(w, key);
	for (; *list; list++)
		json_put_text(w, NULL, *list);
	json_close(w);
}

static void
put_vars(struct json_writer *w, const struct host *h)
{
	autobuf place = BUF_INIT(SIZE_MAX);

	json_open_object(w, "vars");
	for (size_t i = 0; i < h->var_count; i++) {
		if (h->vars[i]->is_json)
			json_put_raw(w, h->vars[i]->name, h->vars[i]->value);
		else
			json_put_text(w, h->vars[i]->name, h->vars[i]->value);
	}
	json_close(w);
	json_open_object(w, "vars_from");
	for (size_t i = 0; i < h->var_count; i++)
		json_put_text(w, h->vars[i]->name, place_text(h->vars[i], &place));
	json_close(w);
}

static void
print_json(struct call *call, const struct host *h, const struct remembered *m)
{
	const struct options *o = call->options;
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "name", h->name);
	json_put_text(&w, "kind", host_kind_name(h->kind));
	put_list(&w, "groups", h->groups);
	put_if(&w, "address", h->address);
	if (h->port)
		json_put_int(&w, "port", h->port);
	put_if(&w, "user", h->user);
	put_if(&w, "become", h->become);
	put_if(&w, "become_user", h->become_user);
	put_if(&w, "transport", h->transport);
	put_if(&w, "identity", h->identity);
	put_if(&w, "jump", h->jump);
	put_if(&w, "proxy_command", h->proxy_command);
	put_if(&w, "trust", h->trust);
	put_if(&w, "transcripts", h->transcripts);
	if (h->connect_timeout_ms)
		json_put_int(&w, "connect_timeout_ms", h->connect_timeout_ms);
	put_if(&w, "refused", h->refused);
	put_list(&w, "host_keys", h->host_keys);
	put_if(&w, "state", recall(m, h->name));
	if (o->vars)
		put_vars(&w, h);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(call->out, buf_text(&b), b.len);
}

static int
run(struct call *call)
{
	autofree char *words = set_words(call, call->argc ? call->argv[0] : "@all", false);
	const struct options *o = call->options;
	struct remembered m = { .text = NULL };
	struct set set;

	if (!words || !call_set(call, words, &set))
		return call->exit;
	m.inventory = call->inventory;
	if (!o->vars)
		look_back(call, &set, &m);
	if (out_json(call->out)) {
		for (size_t i = 0; i < set.count; i++)
			print_json(call, set.hosts[i], &m);
	} else if (o->vars) {
		print_vars(call, &set);
	} else {
		print_table(call, &set, &m);
		note_all_refused(call, &set);
	}
	forget(&m);
	set_fini(&set);
	return 0;
}

const struct command command_hosts = {
	.name = "hosts",
	.synopsis = "[SET]",
	.summary = "list the hosts of the inventory",
	.text =
	    "What the inventory says; nothing is contacted. Without SET: all of them. Where this "
	    "seat\n"
	    "remembers that a host has strayed (cattle changed by hand), is cordoned or is owed a\n"
	    "playbook (it was away or cordoned, see apply --owed), a column says so.\n",
	.examples = "drover hosts\tevery host, its kind and its groups\n"
		    "drover hosts '@web!web01' --vars\ttheir variables, and where each was said\n"
		    "drover hosts kind=pet --json\tone object a line\n",
	.options = options,
	.options_size = sizeof(struct options),
	.max_args = 1,
	.run = run,
};
