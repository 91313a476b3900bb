#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/sightings.h"
#include "engine/herd.h"
#include "inventory/fold.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/releases.h"

#include <string.h>

struct options {
	const char *limit;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_TEXT, 'l', "limit", AT(limit), "SET", .summary = "only these hosts" },
	{ .type = OPTION_END },
};

/* A release in the same state on some hosts. */
struct row {
	const struct release_known *release; /* of the first */
	struct release_put since;
	bool in_use;
	const char **host;
	size_t count, cap;
};

struct work {
	struct call *call;
	const char *app; /* NULL: all */
	struct set *set;
	struct sightings seen;
	struct row *row;
	size_t count, cap;
};

static void
ask(struct asking *a, struct herd_host *hh)
{
	struct work *w = a->user;

	sightings_ask(&w->seen, a, hh, "");
}

static void
add(struct work *w, const char *host, const struct release_known *r, bool in_use)
{
	struct release_put since = release_since(r);
	size_t i = 0;

	while (i < w->count &&
	       !(str_eq(w->row[i].release->app, r->app) && str_eq(w->row[i].release->id, r->id) &&
		   w->row[i].in_use == in_use && str_eq(w->row[i].since.run, since.run)))
		i++;
	if (i == w->count) {
		mem_grow(w->row, w->count, w->cap);
		w->row[w->count++] = (struct row){ .release = r, .since = since, .in_use = in_use };
	}
	mem_grow(w->row[i].host, w->row[i].count, w->row[i].cap);
	w->row[i].host[w->row[i].count++] = host;
}

static void
collect(struct work *w)
{
	for (size_t i = 0; i < w->set->count; i++) {
		const struct host *host = w->set->hosts[i];
		const struct observation *known = &w->seen.item[host->index].known;

		for (size_t k = 0; k < known->releases.count; k++) {
			const struct release_known *r = &known->releases.item[k];
			const char *now =
			    releases_current(known->manifest, known->manifest_count, r->app);

			if (!w->app || str_eq(w->app, r->app))
				add(w, host->name, r, now && str_eq(now, r->id));
		}
	}
}

/* By app, the newest first. */
static int
order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int by = strcmp(x->release->app, y->release->app);

	by = by ? by : strcmp(y->since.time, x->since.time);
	by = by ? by : strcmp(x->release->id, y->release->id);
	return by ? by : y->in_use - x->in_use;
}

static void
put_json(const struct row *r, struct out *o)
{
	autobuf b = BUF_INIT(1U << 20);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_data(&w, "app", r->release->app, strlen(r->release->app));
	json_put_text(&w, "release", r->release->id);
	json_put_bool(&w, "in_use", r->in_use);
	json_put_data(&w, "playbook", r->release->playbook, strlen(r->release->playbook));
	json_put_data(&w, "run", r->since.run, strlen(r->since.run));
	json_put_data(&w, "time", r->since.time, strlen(r->since.time));
	json_put_data(&w, "seat", r->since.seat, strlen(r->since.seat));
	json_put_data(&w, "who", r->since.who, strlen(r->since.who));
	json_open_array(&w, "images");
	for (size_t i = 0; i < r->release->image_count; i++) {
		json_open_object(&w, NULL);
		json_put_data(
		    &w, "name", r->release->image[i].name, strlen(r->release->image[i].name));
		json_put_text(&w, "id", r->release->image[i].id);
		json_close(&w);
	}
	json_close(&w);
	json_open_array(&w, "hosts");
	for (size_t i = 0; i < r->count; i++)
		json_put_text(&w, NULL, r->host[i]);
	json_close(&w);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(o, buf_text(&b), b.len);
}

static void
put_row(const struct work *w, const struct row *r, struct out *o)
{
	struct ledger *l = herd_ledger(w->call->herd);
	autofree char *hosts = names_fold(r->host, r->count);
	autobuf images = BUF_INIT(64U << 10);
	char time[17] = "", run[24];
	struct ledger_row row;
	struct err err;

	str_copy(time, sizeof(time), r->since.time);
	if (strlen(time) == 16)
		time[10] = ' ';
	if (l && ledger_find_run(l, r->since.run, &row, &err) && row.alias)
		str_copy(run, sizeof(run), row.alias);
	else
		snprintf(run, sizeof(run), "%.13s", r->since.run);
	for (size_t i = 0; i < r->release->image_count; i++)
		buf_addf(&images, "%s%s (%.12s)", i ? ", " : "", r->release->image[i].name,
		    r->release->image[i].id);
	out_row(o,
	    (const char *const[]){ r->release->app, r->release->id, r->in_use ? "in use" : "kept",
		hosts, time, run, r->since.who, images.len ? buf_text(&images) : NULL });
}

static void
print(struct asking *a)
{
	static const char *const titles[] = { "app", "release", "state", "hosts", "since", "run",
		"who", "images" };
	struct work *w = a->user;
	struct out *o = w->call->out;

	collect(w);
	if (w->count)
		qsort(w->row, w->count, sizeof(*w->row), order);
	if (!out_json(o))
		out_table(o, titles, countof(titles));
	for (size_t i = 0; i < w->count; i++) {
		if (out_json(o))
			put_json(&w->row[i], o);
		else
			put_row(w, &w->row[i], o);
		free(w->row[i].host);
	}
	if (!out_json(o))
		out_table_end(o);
	free(w->row);
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct set set = { 0 };
	struct work w = { .call = call, .app = call->argc ? call->argv[0] : NULL, .set = &set };
	struct asking a = { .call = call,
		.set = &set,
		.verb = "releases",
		.unrecorded = true,
		.ask = ask,
		.print = print,
		.user = &w };
	int code;

	if (!call_herd(call) || !call_set(call, o->limit ? o->limit : "@all", &set))
		return call->exit;
	sightings_init(&w.seen, inventory_count(call->inventory), true);
	code = asking_run(&a);
	sightings_fini(&w.seen);
	set_fini(&set);
	return code;
}

const struct command command_releases = {
	.name = "releases",
	.synopsis = "[APP]",
	.summary = "list the releases of apps that hosts keep",
	.text =
	    "A release is what an app was on a host: its files, units and images. The hosts tell, "
	    "so\n"
	    "what other seats applied is among them; nothing is changed. Drover rollback goes back "
	    "to\n"
	    "one. SINCE and RUN are the newest apply that put it there.\n",
	.examples = "drover releases shop\twhat an app can go back to\n"
		    "drover releases --json -l web1\tof all apps of a host, for programs\n",
	.options = options,
	.options_size = sizeof(struct options),
	.max_args = 1,
	.run = run,
};
