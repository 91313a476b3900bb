#include "cli/apps_view.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "inventory/fold.h"
#include "playbooks/roster.h"

#include <stdio.h>
#include <string.h>

#define NOTES_MAX 3 /* of an app; the rest are counted */

/* "web[1-3]: not running", for the instances that are as x is. */
static void
add_note(const struct roster_app *app, size_t first, struct buf *to)
{
	autofree const char **names = xcalloc(app->count, sizeof(*names));
	size_t n = 0;

	for (size_t i = first; i < app->count; i++)
		if (roster_alike(&app->item[first], &app->item[i]) &&
		    (n == 0 || !str_eq(names[n - 1], app->item[i].host)))
			names[n++] = app->item[i].host;
	autofree char *set = names_fold(names, n);
	buf_addf(to, "%s%s: %s", to->len ? "; " : "", set, app->item[first].why);
}

static void
notes_of(const struct roster_app *app, struct buf *to)
{
	size_t notes = 0;

	for (size_t i = 0; i < app->count; i++) {
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = roster_alike(&app->item[k], &app->item[i]);
		if (before || !*app->item[i].why)
			continue;
		if (++notes <= NOTES_MAX)
			add_note(app, i, to);
	}
	if (notes > NOTES_MAX)
		buf_addf(to, "; and %zu more", notes - NOTES_MAX);
}

/* What a person knows a run by: r-12, or the beginning of its id. */
static const char *
run_word(const struct apps_look *look, const char *run, char to[16])
{
	const char *alias = run && look->alias ? look->alias(look->user, run) : NULL;

	if (!run)
		return NULL;
	snprintf(to, 16, alias ? "%s" : "%.13s", alias ? alias : run);
	return to;
}

static void
print_app(const struct roster_app *app, const struct apps_look *look, struct out *out)
{
	char want[24], have[24], digest[16] = "", run[16];
	autobuf notes = BUF_INIT(4096);

	snprintf(want, sizeof(want), "%zu", app->want);
	snprintf(have, sizeof(have), "%zu%s", app->have, app->unknown ? "?" : "");
	if (app->image_id)
		snprintf(digest, sizeof(digest), "%.12s%s", app->image_id, app->mixed ? "!" : "");
	notes_of(app, &notes);
	out_row(out,
	    (const char *const[]){ app->playbook, app->name, roster_kind_name(app->kind), want,
		have, roster_state_name(app->state), app->image, *digest ? digest : NULL,
		app->where, run_word(look, app->run, run), notes.len ? buf_text(&notes) : NULL });
}

static void
print_instances(const struct roster_app *app, const struct apps_look *look, struct out *out)
{
	for (size_t i = 0; i < app->count; i++) {
		const struct roster_instance *x = &app->item[i];
		char digest[16] = "", run[16], since[16] = "", restarts[24] = "";

		if (x->image_id)
			snprintf(digest, sizeof(digest), "%.12s", x->image_id);
		if (x->since_s >= 0)
			clock_short(x->since_s * 1000, since, sizeof(since));
		if (x->restarts >= 0)
			snprintf(restarts, sizeof(restarts), "%d", x->restarts);
		out_row(out,
		    (const char *const[]){ app->name, x->host, x->unit, roster_state_name(x->state),
			*x->sub ? x->sub : NULL, *since ? since : NULL, *restarts ? restarts : NULL,
			x->image, *digest ? digest : NULL, run_word(look, x->run, run),
			*x->why ? x->why : NULL });
	}
}

static void
print_table(const struct roster *r, const struct apps_look *look, struct out *out)
{
	static const char *const apps[] = { "playbook", "app", "kind", "want", "have", "state",
		"image", "digest", "hosts", "run", "note" };
	static const char *const each[] = { "app", "host", "unit", "state", "sub", "since",
		"restarts", "image", "digest", "run", "note" };
	static const char *const other[] = { "host", "container", "state", "image", "status" };

	out_table(out, look->instances ? each : apps, countof(apps));
	for (size_t i = 0; i < r->count; i++)
		(look->instances ? print_instances : print_app)(&r->app[i], look, out);
	out_table_end(out);
	if (!look->containers)
		return;
	out_line(out, "%s", "");
	out_table(out, other, countof(other));
	for (size_t i = 0; i < r->foreign_count; i++) {
		const struct roster_foreign *f = &r->foreign[i];

		out_row(
		    out, (const char *const[]){ f->host, f->name, f->state, f->image, f->status });
	}
	out_table_end(out);
}

/* What a host said may be no UTF-8. */
static void
put(struct json_writer *w, const char *key, const char *text)
{
	if (text && *text)
		json_put_data(w, key, text, strlen(text));
}

/* The words for what differs, in the order of their bits. */
static void
put_differs(struct json_writer *w, unsigned differs)
{
	json_open_array(w, "differs");
	for (unsigned bit = 1; bit <= DIFFERS_LAST; bit <<= 1)
		if (differs & bit)
			json_put_text(w, NULL, roster_differs_name(bit));
	json_close(w);
}

static void
put_instance(struct json_writer *w, const struct roster_instance *x)
{
	json_open_object(w, NULL);
	json_put_text(w, "host", x->host);
	put(w, "unit", x->unit);
	json_put_text(w, "state", roster_state_name(x->state));
	json_put_bool(w, "wanted", x->wanted);
	json_put_bool(w, "have", x->have);
	put_differs(w, x->differs);
	put(w, "why", x->why);
	put(w, "active", x->active);
	put(w, "sub", x->sub);
	put(w, "health", x->health);
	if (x->since_s >= 0)
		json_put_int(w, "since_s", x->since_s);
	if (x->restarts >= 0)
		json_put_int(w, "restarts", x->restarts);
	put(w, "image", x->image);
	put(w, "image_id", x->image_id);
	put(w, "run", x->run);
	put(w, "release", x->release);
	json_close(w);
}

static void
put_app(const struct roster_app *app, struct out *out)
{
	autobuf b = BUF_INIT(64U << 20);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	put(&w, "app", app->name);
	put(&w, "playbook", app->playbook);
	json_put_text(&w, "kind", roster_kind_name(app->kind));
	json_put_text(&w, "state", roster_state_name(app->state));
	json_put_int(&w, "want", (int64_t)app->want);
	json_put_int(&w, "have", (int64_t)app->have);
	json_put_int(&w, "unknown", (int64_t)app->unknown);
	json_put_int(&w, "drifted", (int64_t)app->drifted);
	put_differs(&w, app->differs);
	put(&w, "image", app->image);
	put(&w, "image_id", app->image_id);
	json_put_bool(&w, "mixed", app->mixed);
	json_put_text(&w, "hosts", app->where);
	put(&w, "run", app->run);
	put(&w, "release", app->release);
	json_open_array(&w, "instances");
	for (size_t i = 0; i < app->count; i++)
		put_instance(&w, &app->item[i]);
	json_close(&w);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(out, buf_text(&b), b.len);
}

static void
put_foreign(const struct roster_foreign *f, struct out *out)
{
	autobuf b = BUF_INIT(1U << 20);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	put(&w, "container", f->name);
	json_put_text(&w, "host", f->host);
	put(&w, "state", f->state);
	put(&w, "image", f->image);
	put(&w, "status", f->status);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(out, buf_text(&b), b.len);
}

void
apps_view_print(const struct roster *r, const struct apps_look *look, struct out *out)
{
	if (!out_json(out)) {
		print_table(r, look, out);
		return;
	}
	for (size_t i = 0; i < r->count; i++)
		put_app(&r->app[i], out);
	for (size_t i = 0; look->containers && i < r->foreign_count; i++)
		put_foreign(&r->foreign[i], out);
}
