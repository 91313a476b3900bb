#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "playbooks/fetch.h"
#include "playbooks/observe.h"
#include "playbooks/plan.h"
#include "playbooks/playbook.h"
#include "playbooks/request.h"

#include <string.h>

struct options {
	bool strict;
	struct option_list tags, skip_tags;
};

static const struct option options[] = {
	{ OPTION_FLAG, 0, "strict", offsetof(struct options, strict),
	    .summary = "warnings are mistakes too" },
	{ OPTION_LIST, 0, "tags", offsetof(struct options, tags), "TAG,...",
	    .summary = "only what has one of these tags" },
	{ OPTION_LIST, 0, "skip-tags", offsetof(struct options, skip_tags), "TAG,...",
	    .summary = "nothing that has one of these tags" },
	{ .type = OPTION_END },
};

/* A mistake that some hosts share. */
struct shared {
	struct mark mark;
	char *text, *file;
	const char *first; /* host */
	size_t hosts;
	bool warning;
};

struct lint {
	struct call *call;
	struct inventory *inventory; /* NULL: none was found, which is fine */
	int errors, warnings;
	struct shared *shared;
	size_t count, cap;
};

static void
add_escaped(struct buf *to, const char *text, const char *what)
{
	for (; *text; text++) {
		if (strchr(what, *text))
			buf_addf(to, "%%%02X", (unsigned char)*text);
		else
			buf_addc(to, *text);
	}
}

/* In an action of GitHub a mistake is shown beside its line. */
static void
annotate(struct lint *l, const struct diag_item *it)
{
	const char *in_action = getenv("GITHUB_ACTIONS");
	autobuf b = BUF_INIT(8192), clean = BUF_INIT(8192);

	if (!in_action || !str_eq(in_action, "true"))
		return;
	utf8_clean_line(&clean, it->text, strlen(it->text));
	buf_adds(&b, it->warning ? "::warning file=" : "::error file=");
	add_escaped(&b, it->mark.file ? it->mark.file : "", "%\r\n:,");
	buf_addf(&b, ",line=%d,col=%d::", it->mark.line, it->mark.col);
	add_escaped(&b, buf_text(&clean), "%\r\n");
	out_line(l->call->out, "%s", buf_text(&b));
}

static void
print_item(struct lint *l, const struct diag *d, int i)
{
	autofree char *line = diag_line(d, i);
	autobuf clean = BUF_INIT(8192);
	struct json_writer w;

	if (!out_json(l->call->out)) {
		utf8_clean_line(&clean, line, strlen(line));
		out_line(l->call->out, "%s", buf_text(&clean));
		annotate(l, &d->item[i]);
		return;
	}
	json_writer_init(&w, &clean);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "file", d->item[i].mark.file);
	json_put_int(&w, "line", d->item[i].mark.line);
	json_put_int(&w, "col", d->item[i].mark.col);
	json_put_text(&w, "severity", d->item[i].warning ? "warning" : "error");
	json_put_text(&w, "text", d->item[i].text);
	json_close(&w);
	out_line(l->call->out, "%s", buf_text(&clean));
}

static void
print(struct lint *l, struct diag *d)
{
	int dropped = d->errors + d->warnings - d->count;

	diag_sort(d);
	for (int i = 0; i < d->count; i++)
		print_item(l, d, i);
	if (dropped > 0)
		out_note(l->call->out, "and %d more", dropped);
	l->errors += d->errors;
	l->warnings += d->warnings;
}

/* Remember the mistakes of one host; the same one of another host only counts. */
static void
gather(struct lint *l, const struct diag *d, const char *host)
{
	for (int i = 0; i < d->count; i++) {
		const struct diag_item *it = &d->item[i];
		struct shared *s = NULL;

		for (size_t j = 0; j < l->count && !s; j++)
			if (l->shared[j].mark.line == it->mark.line &&
			    l->shared[j].mark.col == it->mark.col &&
			    str_eq(l->shared[j].file, it->mark.file ? it->mark.file : "") &&
			    str_eq(l->shared[j].text, it->text))
				s = &l->shared[j];
		if (!s) {
			mem_grow(l->shared, l->count, l->cap);
			s = &l->shared[l->count++];
			*s = (struct shared){ .mark = it->mark,
				.file = xstrdup(it->mark.file ? it->mark.file : ""),
				.text = xstrdup(it->text),
				.first = host,
				.warning = it->warning };
			s->mark.file = s->file;
		}
		s->hosts++;
	}
}

/* Tell what was gathered from `hosts` hosts, naming them where not all are meant. */
static void
release(struct lint *l, size_t hosts, struct diag *to)
{
	for (size_t i = 0; i < l->count; i++) {
		struct shared *s = &l->shared[i];
		char where[300] = "";

		if (s->hosts < hosts && s->hosts > 1)
			snprintf(where, sizeof(where), " (on %s and %zu more of %zu hosts)",
			    s->first, s->hosts - 1, hosts);
		else if (s->hosts < hosts)
			snprintf(where, sizeof(where), " (on %s)", s->first);
		if (s->warning)
			diag_warn(to, s->mark, "%s%s", s->text, where);
		else
			diag_error(to, s->mark, "%s%s", s->text, where);
		free(s->text);
		free(s->file);
	}
	free(l->shared);
	l->shared = NULL;
	l->count = l->cap = 0;
}

/* What could not be asked for or sent: found here as on an empty host, where it would be all of it. */
static bool
can_send(const struct resource *const *wanted, size_t n, const struct host *h, struct arena *a,
    struct err *err)
{
	struct found *none = arena_alloc(a, n * sizeof(*none) + 1);
	struct request request = { .run = "-",
		.seat = "-",
		.who = "-",
		.host = h->name,
		.playbook = "-",
		.release = "-" };
	autobuf ask = BUF_INIT(OBSERVE_REQUEST_MAX), act = BUF_INIT(REQUEST_MAX);

	for (size_t i = 0; i < n; i++)
		none[i].kind = '-';
	request.plan = plan_make(a, h, wanted, none, n);
	return observe_request(wanted, n, &ask, err) == 0 &&
	       request_build(&request, &act, err) == 0;
}

static void
check_sending(const struct playbook *p, const struct desired *d, const struct host *h,
    struct arena *a, struct diag *to)
{
	struct err err;

	if (can_send(d->item, d->count, h, a, &err))
		return;
	for (size_t i = 0; i < d->count; i++) {
		if (can_send(&d->item[i], 1, h, a, &err))
			continue;
		diag_error(to, d->item[i]->mark, "%s", err.text);
		return;
	}
	diag_error(to, playbook_hosts_mark(p), "%s", err.text);
}

/* Every host of the set, as far as that can be told without its facts. */
static size_t
check_hosts(struct lint *l, const struct playbook *p, struct diag *d)
{
	const struct set_lookup lookup = { .known_only = true };
	const struct facts facts = { .unknown_ok = true };
	struct fetch_claims *claims;
	const char *expr = playbook_hosts(p);
	struct set set = { 0 };
	struct err err;
	size_t hosts;

	if (!expr)
		return 0;
	if (set_eval(l->inventory, expr, &lookup, &set, &err) < 0) {
		if (strchr(expr, '='))
			diag_warn(d, playbook_hosts_mark(p), "hosts: %s (facts are not known here)",
			    err.text);
		else
			diag_error(d, playbook_hosts_mark(p), "hosts: %s", err.text);
		return 0;
	}
	claims = fetch_claims_new();
	for (size_t i = 0; i < set.count; i++) {
		struct arena *a = arena_new();
		struct diag own;
		struct desired wanted;

		diag_init(&own);
		if (playbook_desire(p, set.hosts[i], &facts, a, &own, &wanted) &&
		    fetch_claim(claims, &wanted, set.hosts[i]->name, &own))
			check_sending(p, &wanted, set.hosts[i], a, &own);
		gather(l, &own, set.hosts[i]->name);
		diag_fini(&own);
		arena_free(a);
	}
	fetch_claims_free(claims);
	release(l, set.count, d);
	hosts = set.count;
	set_fini(&set);
	return hosts;
}

static void
say_good(struct lint *l, const char *path, const struct playbook *p, size_t hosts)
{
	autobuf b = BUF_INIT(8192);
	struct json_writer w;

	if (!out_json(l->call->out)) {
		utf8_clean_line(&b, path, strlen(path));
		if (hosts)
			buf_addf(&b, ": good for %zu host%s", hosts, hosts == 1 ? "" : "s");
		else
			buf_adds(&b, ": good");
		out_line(l->call->out, "%s", buf_text(&b));
		return;
	}
	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_text(&w, "playbook", path);
	json_put_text(&w, "name", playbook_name(p));
	json_put_text(&w, "digest", playbook_digest(p));
	json_put_int(&w, "hosts", (int64_t)hosts);
	json_close(&w);
	out_line(l->call->out, "%s", buf_text(&b));
}

static void
check_playbook(struct lint *l, const char *path)
{
	const struct options *o = l->call->options;
	size_t hosts = 0;
	struct diag d;

	diag_init(&d);
	const struct playbook_given given = call_given(l->call);
	struct playbook *p = playbook_load_given(path, &given, &d);
	if (p && playbook_choose(p, o->tags.item, o->skip_tags.item, &d) && l->inventory)
		hosts = check_hosts(l, p, &d);
	print(l, &d);
	if (p && !d.errors)
		say_good(l, path, p, hosts);
	playbook_free(p);
	diag_fini(&d);
}

/* False when the call has failed: an inventory was named, or is all there is to check. */
static bool
check_inventory(struct lint *l)
{
	const struct globals *g = &l->call->globals;
	struct err err = { .kind = OUTCOME_OK };
	struct diag d;
	bool good;

	diag_init(&d);
	l->inventory = inventory_load(g->inventory.item, g->inventory.count, &d, &err);
	print(l, &d);
	good = l->inventory || d.errors ||
	       (err.kind == OUTCOME_USAGE && !g->inventory.count && l->call->argc > 0);
	if (!good)
		call_fail(l->call, &err);
	if (l->inventory && !l->call->argc && !out_json(l->call->out))
		out_line(l->call->out, "%zu hosts, %zu groups: good", inventory_count(l->inventory),
		    inventory_group_count(l->inventory));
	diag_fini(&d);
	return good;
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct lint l = { .call = call };

	if (!check_inventory(&l))
		return call->exit;
	for (int i = 0; i < call->argc; i++)
		check_playbook(&l, call->argv[i]);
	if (!l.inventory && !l.errors)
		out_note(call->out, "no inventory: sets and host variables were not checked");
	inventory_free(l.inventory);
	return l.errors || (o->strict && l.warnings) ? outcome_exit(OUTCOME_INPUT) : 0;
}

const struct command command_lint = {
	.name = "lint",
	.synopsis = "[PLAYBOOK...]",
	.summary = "find the mistakes in playbooks and the inventory",
	.text =
	    "Reads the playbooks, all they include, and the inventory if there is one, and prints\n"
	    "every mistake as FILE:LINE:COL. With an inventory each playbook is also worked out "
	    "for\n"
	    "every host of its set: variables, paths, ports. No host is contacted; facts that "
	    "only\n"
	    "hosts can tell are taken as given. Without playbooks only the inventory is read.",
	.examples = "drover lint site.yaml\tthis playbook, with ./inventory.yaml\n"
		    "drover lint -i prod.yaml *.yaml\tseveral, with another inventory\n"
		    "drover lint -e tag=1.5 shop.yaml\twith a variable set\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 0,
	.max_args = -1,
	.flags = COMMAND_VARS | COMMAND_SETS,
	.run = run,
};
