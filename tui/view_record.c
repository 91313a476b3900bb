/* One recorded run: its hosts and how they ended, and in full what one of them did and said. */
#include "tui/view_record.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "cli/record_text.h"
#include "ledger/ledger.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX (8U << 20)

static const char *
row_id(const void *user, size_t i)
{
	const struct recordview *r = user;

	return r->record.hosts[r->order[i]].name;
}

static int
rank(const struct record_host *h)
{
	if (h->ended)
		return outcome_is_good(h->outcome) ? 2 : 0;
	return h->started ? 1 : 3;
}

static int
by_rank(const void *a, const void *b, void *user)
{
	const struct record *r = user;
	const struct record_host *x = &r->hosts[*(const size_t *)a],
				 *y = &r->hosts[*(const size_t *)b];

	return rank(x) != rank(y) ? rank(x) - rank(y) : str_natural(x->name, y->name);
}

static void
put_in_order(struct recordview *r)
{
	size_t n = 0;

	r->order = xrealloc(r->order, r->record.host_count + 1, sizeof(*r->order));
	for (size_t i = 0; i < r->record.host_count; i++) {
		if (!r->faults || rank(&r->record.hosts[i]) < 2)
			r->order[n++] = i;
	}
	if (n)
		qsort_r(r->order, n, sizeof(*r->order), by_rank, &r->record);
	list_update(&r->list, n, row_id, r);
}

static void
read_row(struct recordview *r, const struct history_source *source, const char *name)
{
	struct ledger_row row;
	struct err err;

	if (!source->run(source->user, name, &row, &err)) {
		str_copy(r->missing, sizeof(r->missing), err.text);
		return;
	}
	history_row_free(r->row);
	r->row = history_row_new(&row);
}

static void
make_text(struct recordview *r)
{
	autobuf b = BUF_INIT(TEXT_MAX);

	if (r->mode == RECORD_DIFF && !record_tell_diffs(&r->record, &b))
		buf_adds(&b, r->record.whole
				 ? "No content that was changed is recorded for this run.\n"
				 : "reading\n");
	if (r->mode == RECORD_HOST && r->host < r->record.host_count)
		record_tell_host(&r->record, r->host, &b);
	if (r->mode == RECORD_COMPARE)
		record_compare(&r->record, r->row ? r->row->alias : "?", &r->other,
		    r->other_row ? r->other_row->alias : "?", &b);
	r->text.diff = r->mode != RECORD_HOST;
	text_set(&r->text, buf_text(&b), b.len);
}

static void
record_view_refresh(struct view *v)
{
	struct recordview *r = v->state;
	const struct history_source *source = v->services->history;
	uint64_t now = source->generation(source->user);

	if (r->missing[0])
		return;
	bool moved = record_refresh(&r->record);
	if (r->other.arena)
		moved |= record_refresh(&r->other);
	if (now != r->generation && r->row && !r->row->end_ms)
		read_row(r, source, r->record.uuid);
	r->generation = now;
	int rows = recordview_rows(r, v->height);
	r->list.height = rows > 0 ? rows : 1;
	put_in_order(r);
	if (r->mode != RECORD_HOSTS && (moved || !r->told)) {
		r->told = true;
		make_text(r);
	}
	text_height(&r->text, v->height - 1);
}

static void
show(struct view *v, enum record_mode mode)
{
	struct recordview *r = v->state;

	r->mode = mode;
	r->told = false;
	text_fini(&r->text);
	v->services->changed(v->services->user);
}

/* "RUN", "RUN diff", "RUN host NAME", "RUN RUN". */
static void
record_view_open(struct view *v, const char *subject)
{
	struct recordview *r = v->state;
	const struct history_source *source = v->services->history;
	size_t n = strcspn(subject ? subject : "", " ");
	autofree char *name = xmemdup0(subject ? subject : "", n);
	const char *rest = subject && subject[n] ? subject + n + 1 : "";

	read_row(r, source, name);
	if (r->missing[0])
		return;
	record_init(&r->record, source, r->row->uuid);
	if (str_eq(rest, "diff")) {
		r->mode = r->first = RECORD_DIFF;
	} else if (*rest) {
		struct history_row *row = take(r->row);

		read_row(r, source, rest);
		r->other_row = r->row;
		r->row = row;
		if (r->missing[0])
			return;
		record_init(&r->other, source, r->other_row->uuid);
		r->mode = r->first = RECORD_COMPARE;
	}
}

static void
record_view_close(struct view *v)
{
	struct recordview *r = v->state;

	record_fini(&r->record);
	record_fini(&r->other);
	history_row_free(r->row);
	history_row_free(r->other_row);
	text_fini(&r->text);
	free(r->order);
}

static void
do_enter(struct view *v)
{
	struct recordview *r = v->state;

	if (r->mode != RECORD_HOSTS || r->list.cursor >= r->list.count)
		return;
	r->host = r->order[r->list.cursor];
	show(v, RECORD_HOST);
}

static void
do_diff(struct view *v)
{
	show(v, RECORD_DIFF);
}

static void
do_faults(struct view *v)
{
	struct recordview *r = v->state;

	r->faults = !r->faults;
}

static void
search_for(struct view *v, const char *input)
{
	struct recordview *r = v->state;

	if (!text_search(&r->text, input))
		v->services->flash(v->services->user, true, "it is nowhere in this text");
}

static void
do_search(struct view *v)
{
	const struct recordview *r = v->state;

	if (r->mode == RECORD_HOSTS) {
		v->services->flash(v->services->user, false, "Enter opens a host's text first");
		return;
	}
	v->services->prompt(v->services->user, &(struct view_prompt){ .title = "Search",
						   .preset = r->text.search.text,
						   .empty = true,
						   .yes = search_for });
}

static char *
equal_show(const struct view *v)
{
	const struct recordview *r = v->state;

	return r->row ? xasprintf("drover history show %s", r->row->alias) : NULL;
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "host",
	    .summary = "what the host under the cursor did and said",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_enter,
	    .command = "drover history show RUN",
	    .equal = equal_show },
	{ .key = "d",
	    .name = "diff",
	    .summary = "the contents that the run changed",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_diff,
	    .command = "drover history show RUN",
	    .equal = equal_show },
	{ .key = "f",
	    .name = "faults",
	    .summary = "only hosts that did not end well",
	    .hint = true,
	    .run = do_faults },
	{ .key = "/",
	    .name = "search",
	    .summary = "search the text; n and N go on",
	    .hint = true,
	    .run = do_search },
	{ 0 },
};

static bool
record_view_key(struct view *v, const char *key)
{
	struct recordview *r = v->state;

	if (r->mode == RECORD_HOSTS)
		return list_key(&r->list, key, row_id, r);
	if ((str_eq(key, "esc") || str_eq(key, "q")) && r->first != r->mode) {
		show(v, RECORD_HOSTS);
		return true;
	}
	return text_key(&r->text, key);
}

static const char *
record_view_lacks(const struct view *v, unsigned needs)
{
	const struct recordview *r = v->state;

	if (!(needs & NEEDS_ROW))
		return NULL;
	return r->missing[0] || !r->record.host_count ? "the run has no hosts" : NULL;
}

const struct view_class view_record = {
	.name = "record",
	.title = "Run",
	.actions = actions,
	.state_size = sizeof(struct recordview),
	.open = record_view_open,
	.close = record_view_close,
	.refresh = record_view_refresh,
	.paint = recordview_paint,
	.key = record_view_key,
	.status = recordview_status,
	.lacks = record_view_lacks,
};
