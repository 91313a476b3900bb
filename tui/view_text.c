/* A text on a screen of its own: what a verb printed, messages, a description. */
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/outputs.h"
#include "tui/text.h"
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct textview {
	unsigned id;
	struct text text;
	size_t taken; /* bytes of the output that the text has */
};

static const struct output *
shown(const struct view *v)
{
	const struct textview *t = v->state;

	return outputs_find(v->services->outputs, t->id);
}

static void
text_open(struct view *v, const char *subject)
{
	struct textview *t = v->state;

	t->id = subject ? (unsigned)strtoul(subject, NULL, 10) : 0;
	t->text.wrap = false;
}

static void
text_close(struct view *v)
{
	struct textview *t = v->state;

	text_fini(&t->text);
}

static void
text_refresh(struct view *v)
{
	struct textview *t = v->state;
	const struct output *o = shown(v);

	text_height(&t->text, v->height > 2 ? v->height - 1 : 1);
	if (!o || o->text.len == t->taken)
		return;
	text_set(&t->text, buf_text(&o->text), o->text.len);
	t->taken = o->text.len;
}

static void
text_status(const struct view *v, char *to, size_t size)
{
	const struct textview *t = v->state;

	text_place(&t->text, to, size);
}

static void
paint_head(const struct output *o, const struct view *v, struct canvas *c, int row)
{
	char state[200];
	int used;

	if (o->growing)
		snprintf(state, sizeof(state), "at work %llds, Ctrl-c stops it",
		    (long long)(v->scene->wall_ms - o->began_ms) / 1000);
	else
		str_copy(state, sizeof(state), o->end);
	used = canvas_width(state);
	canvas_print(c, row, 1, c->cols - used - 4, STYLE_BOLD, o->title);
	canvas_print_right(c, row, c->cols - used - 1, used,
	    o->growing ? STYLE_WARN
	    : o->bad   ? STYLE_BAD
		       : STYLE_DIM,
	    state);
}

static void
text_view_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct textview *t = v->state;
	const struct output *o = shown(v);

	if (top >= bottom)
		return;
	if (!o) {
		canvas_print(c, top, 1, c->cols - 2, STYLE_DIM, "this text is not kept any more");
		return;
	}
	paint_head(o, v, c, top);
	if (!o->text.len && !o->growing)
		canvas_print(c, top + 1, 1, c->cols - 2, STYLE_DIM, "nothing was printed");
	text_paint(&t->text, c, top + 1, bottom, 1, c->cols - 2);
	if (o->text.dropped && !o->growing)
		canvas_printf(c, bottom - 1, 1, c->cols - 2, STYLE_WARN,
		    "%llu bytes more were not kept", (unsigned long long)o->text.dropped);
	c->cursor_row = top + 1;
	c->cursor_col = 0;
}

static bool
text_view_key(struct view *v, const char *key)
{
	struct textview *t = v->state;

	return text_key(&t->text, key);
}

static void
search_typed(struct view *v, const char *input)
{
	struct textview *t = v->state;

	if (!text_search(&t->text, input))
		v->services->flash(v->services->user, true, "not found");
}

static void
do_search(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Search", .empty = true, .yes = search_typed });
}

static void
save_typed(struct view *v, const char *input)
{
	const struct output *o = shown(v);

	if (o)
		v->services->save(v->services->user, input, buf_text(&o->text), o->text.len);
}

static void
do_save(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Save to the file", .preset = "drover-output.txt", .yes = save_typed });
}

static void
do_copy(struct view *v)
{
	const struct output *o = shown(v);

	if (o)
		v->services->copy(v->services->user, buf_text(&o->text));
}

static void
do_stop(struct view *v)
{
	const struct textview *t = v->state;

	v->services->stop_output(v->services->user, t->id);
}

static void
press(struct view *v, const char *key)
{
	struct textview *t = v->state;

	text_key(&t->text, key);
}

static void
do_wrap(struct view *v)
{
	press(v, "w");
}

static void
do_next(struct view *v)
{
	press(v, "n");
}

static void
do_previous(struct view *v)
{
	press(v, "N");
}

static const char *
text_lacks(const struct view *v, unsigned needs)
{
	const struct output *o = shown(v);

	if ((needs & NEEDS_ROW) && (!o || !o->text.len))
		return "there is no text";
	return NULL;
}

static void
text_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct textview *t = v->state;
	const struct output *o = shown(v);

	if (!o)
		return;
	if (str_starts(o->title, "drover "))
		put(user, "command", o->title);
	if (t->text.top < t->text.lines)
		put(user, "line", t->text.bytes + t->text.line[t->text.top]);
	put(user, "all", buf_text(&o->text));
}

static const struct action text_actions[] = {
	{ .key = "/",
	    .name = "search",
	    .summary = "search in the text",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_search },
	{ .key = "n",
	    .name = "next",
	    .summary = "where it stands next",
	    .hint = true,
	    .run = do_next },
	{ .key = "N", .name = "previous", .summary = "where it stood before", .run = do_previous },
	{ .key = "w",
	    .name = "wrap",
	    .summary = "long lines wrapped, or cut",
	    .hint = true,
	    .run = do_wrap },
	{ .key = "s",
	    .name = "save",
	    .summary = "save the text to a file",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_save },
	{ .key = "Y",
	    .name = "copy all",
	    .summary = "copy the whole text",
	    .needs = NEEDS_ROW,
	    .run = do_copy },
	{ .key = "ctrl-c",
	    .name = "stop",
	    .summary = "stop what is at work on it",
	    .run = do_stop },
	{ 0 },
};

const struct view_class view_text = {
	.name = "text",
	.title = "Text",
	.actions = text_actions,
	.state_size = sizeof(struct textview),
	.open = text_open,
	.close = text_close,
	.refresh = text_refresh,
	.paint = text_view_paint,
	.key = text_view_key,
	.status = text_status,
	.lacks = text_lacks,
	.things = text_things,
};
