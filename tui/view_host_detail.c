/* The Host screen's right side: the thing under the cursor, looked at closely. */
#include "tui/view_host.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/glance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LABEL 8 /* columns of what a line is about */

/* Where the next line goes. */
struct pen {
	struct canvas *c;
	const struct host_box *box;
	int row;
};

__attribute__((format(printf, 3, 4))) static void
say(struct pen *p, enum style style, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->row < p->box->bottom)
		canvas_print(p->c, p->row++, p->box->left + 1, p->box->width - 2, style, text);
}

/* Nothing where there is nothing to tell. */
static void
field(struct pen *p, const char *label, const char *text)
{
	if (!text || !*text || p->row >= p->box->bottom)
		return;
	canvas_print(p->c, p->row, p->box->left + 3, LABEL, STYLE_DIM, label);
	canvas_print(
	    p->c, p->row++, p->box->left + 3 + LABEL, p->box->width - LABEL - 4, STYLE_TEXT, text);
}

static void
heading(struct pen *p, const char *text)
{
	if (p->row >= p->box->bottom)
		return;
	canvas_fill(p->c, p->row, p->box->left, p->box->width, STYLE_HEAD, '-');
	canvas_print(p->c, p->row++, p->box->left + 1, p->box->width - 2, STYLE_HEAD, text);
}

static void
log_line(struct pen *p, const struct detail_line *l)
{
	time_t at = (time_t)l->at_s;
	char clock[16] = "";
	struct tm tm;

	if (l->at_s && gmtime_r(&at, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	canvas_print(p->c, p->row, p->box->left + 1, 8, STYLE_DIM, clock);
	canvas_print(p->c, p->row++, p->box->left + (clock[0] ? 10 : 1),
	    p->box->width - (clock[0] ? 11 : 2), STYLE_TEXT, l->text);
}

static void
logs(struct pen *p, const struct host_known *k)
{
	size_t room, first;

	heading(p, "last log lines (l: all)");
	if (k->state == HOST_REFUSED)
		say(p, STYLE_WARN, "%s", k->err.text);
	if (!k->detail) {
		if (k->state == HOST_ASKED)
			say(p, STYLE_DIM, "asking ...");
		return;
	}
	room = p->row < p->box->bottom ? (size_t)(p->box->bottom - p->row) : 0;
	first = k->detail->log_count > room ? k->detail->log_count - room : 0;
	for (size_t i = first; i < k->detail->log_count; i++)
		log_line(p, &k->detail->logs[i]);
	if (!k->detail->log_count)
		say(p, STYLE_DIM, "none");
}

/* "failed (exit-code 3) 3m ago, restarts 5/5, as pg" */
static void
unit_line(const struct view *v, struct pen *p, const struct unit_status *u, const struct detail *d)
{
	char text[256], age[16] = "";
	size_t n = (size_t)snprintf(text, sizeof(text), "%s %s",
	    glance_unit_glyph(u->active, v->scene->ascii),
	    str_eq(u->active, "failed") ? "failed" : u->sub);
	int restarts = d && d->restarts > u->restarts ? d->restarts : u->restarts;

	if (u->result[0])
		n += (size_t)snprintf(text + n, sizeof(text) - n, " (%s", u->result);
	if (u->result[0] && u->exit_status)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %d", u->exit_status);
	if (u->result[0])
		n += (size_t)snprintf(text + n, sizeof(text) - n, ")");
	if (u->since_s >= 0) {
		clock_short(u->since_s * 1000, age, sizeof(age));
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    str_eq(u->active, "active") ? " for %s" : " %s ago", age);
	}
	if (restarts && d && d->restarts_max)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, ", restarts %d/%d", restarts, d->restarts_max);
	else if (restarts)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", restarts %d", restarts);
	if (d && d->user[0])
		snprintf(text + n, sizeof(text) - n, ", as %s", d->user);
	say(p, glance_unit_style(u->active), "%s", text);
}

static void
uses(struct pen *p, const struct unit_status *u, const struct detail *d)
{
	char text[160], bytes[16];
	size_t n = 0;

	text[0] = '\0';
	if (u->memory >= 0) {
		str_bytes((uint64_t)u->memory, bytes, sizeof(bytes));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s memory  ", bytes);
	}
	if (u->cpu_permille >= 0)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d.%d%% cpu  ",
		    u->cpu_permille / 10, u->cpu_permille % 10);
	if (d && d->tasks >= 0)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%lld tasks  ", (long long)d->tasks);
	if (d && d->pid > 0)
		snprintf(text + n, sizeof(text) - n, "pid %lld", (long long)d->pid);
	field(p, "uses", text);
}

static void
unit_fields(struct pen *p, const struct detail *d, const char *path)
{
	field(p, "file", d && d->file ? d->file : path);
	if (!d)
		return;
	field(p, "also", d->drop_ins);
	field(p, "boot", d->enabled);
	field(p, "runs", d->command);
	field(p, "needs", d->needs);
	field(p, "starts", d->triggers);
	field(p, "from", d->triggered_by);
}

static void
paint_unit(const struct view *v, struct pen *p, const struct unit_status *u)
{
	const struct hostview *h = v->state;
	const struct detail *d = h->known.detail;

	unit_line(v, p, u, d);
	if (u->description[0])
		say(p, STYLE_TEXT, "%s", u->description);
	if (u->user[0])
		field(p, "user", u->user);
	unit_fields(p, d, u->path);
	uses(p, u, d);
	logs(p, &h->known);
}

static const char *
unit_of(const struct container_status *k)
{
	return k->unit ? k->unit : "none: podman alone knows it";
}

static void
paint_container(const struct view *v, struct pen *p, const struct container_status *k)
{
	const struct hostview *h = v->state;
	const struct detail *d = h->known.detail;

	say(p, glance_unit_style(k->state), "%s %s", glance_unit_glyph(k->state, v->scene->ascii),
	    k->status);
	if (d && d->error && d->error[0])
		say(p, STYLE_BAD, "%s", d->error);
	field(p, "image", k->image);
	field(p, "", k->image_id);
	field(p, "id", k->id);
	if (k->user[0])
		field(p, "user", k->user);
	field(p, "unit", unit_of(k));
	field(p, "ports", k->ports);
	if (d)
		field(p, "runs", d->command);
	for (size_t i = 0; d && i < d->mount_count; i++)
		field(p, i ? "" : "mounts", d->mounts[i]);
	logs(p, &h->known);
}

static void
paint_timer(const struct view *v, struct pen *p, const struct timer_status *t)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;
	const char *what = str_eq(t->unit, "-") ? t->name : t->unit;

	for (size_t i = 0; i < s->unit_count; i++) {
		if (str_eq(s->units[i].name, what) && str_eq(s->units[i].user, t->user)) {
			paint_unit(v, p, &s->units[i]);
			return;
		}
	}
	if (t->user[0])
		field(p, "user", t->user);
	if (h->known.detail && h->known.detail->result[0])
		say(p, STYLE_BAD, "its last run: %s (%d)", h->known.detail->result,
		    h->known.detail->exit_status);
	unit_fields(p, h->known.detail, NULL);
	logs(p, &h->known);
}

static void
paint_change(const struct view *v, struct pen *p, const struct host_change *x)
{
	const struct hostview *h = v->state;
	char text[32];

	say(p, STYLE_BOLD, "%s %s", x->verb, x->what);
	clock_rfc3339(x->start_ms, text, sizeof(text));
	field(p, "began", text);
	if (x->end_ms) {
		clock_spent(x->end_ms - x->start_ms, text, sizeof(text));
		field(p, "took", text);
	}
	field(p, "here", x->state);
	field(p, "from", x->seat);
	if (h->host->strayed)
		say(p, STYLE_WARN, "%s strayed: %s", v->scene->ascii ? "!" : "▲",
		    h->strayed[0] ? h->strayed : "nobody says why");
}

const char *
host_detail_title(const struct hostview *h)
{
	const struct host_row *r = host_row(h);

	if (!r || h->tab == HOST_FACTS)
		return "Load";
	if (r->kind == ROW_TIMER)
		return h->host->status->timers[r->at].unit;
	return r->id;
}

static void
paint_thing(const struct view *v, struct pen *p, const struct host_row *r)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;

	if (r->kind == ROW_UNIT)
		paint_unit(v, p, &s->units[r->at]);
	else if (r->kind == ROW_CONTAINER)
		paint_container(v, p, &s->containers[r->at]);
	else if (r->kind == ROW_TIMER)
		paint_timer(v, p, &s->timers[r->at]);
	else if (r->kind == ROW_CHANGE)
		paint_change(v, p, &h->changes[r->at]);
	else
		host_plots(v, p->c,
		    &(struct host_box){ p->row, p->box->bottom, p->box->left, p->box->width });
}

void
host_detail(const struct view *v, struct canvas *c, const struct host_box *box)
{
	const struct hostview *h = v->state;
	const struct host_row *r = host_row(h);
	struct pen p = { .c = c, .box = box, .row = box->top };

	canvas_fill(c, box->top, box->left, box->width, STYLE_HEAD, '-');
	canvas_print(c, p.row++, box->left + 1, box->width - 2, STYLE_BOLD, host_detail_title(h));
	if (r)
		paint_thing(v, &p, r);
}
