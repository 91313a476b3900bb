/* One host: what it runs, what it is, what was done there; the detail follows the cursor. */
#include "tui/view_host.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/glance.h"

#include <stdio.h>
#include <string.h>

static const struct scene_host *
find(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (str_eq(s->hosts[i].name, name))
			return &s->hosts[i];
	}
	return NULL;
}

static void
ask_changes(const struct view *v, struct hostview *h, const struct host_source *source)
{
	size_t at = (size_t)(h->host - v->scene->hosts);

	h->change_count = source->changes(source->user, at, &h->changes);
	h->strayed[0] = '\0';
	if (h->host->strayed)
		source->strayed(source->user, at, h->strayed, sizeof(h->strayed));
}

/* What the cursor stands on is wanted; what is known of it is shown. */
static void
ask_detail(const struct view *v, struct hostview *h, const struct host_source *source)
{
	struct host_thing thing;

	h->known = (struct host_known){ .state = HOST_UNASKED };
	h->has_thing = host_thing(v, &thing);
	source->want(source->user, h->has_thing && h->host->link == LINK_UP ? &thing : NULL);
	if (h->has_thing)
		source->know(source->user, &thing, &h->known);
}

static void
take_text(struct hostview *h, const struct host_source *source)
{
	struct host_text text;

	source->text(source->user, &text);
	if (text.state == HOST_KNOWN)
		text_set(&h->text, text.text, text.len);
	else if (text.state == HOST_REFUSED)
		text_set(&h->text, text.err.text, strlen(text.err.text));
	else
		text_set(&h->text, "asking ...", strlen("asking ..."));
}

static void
host_refresh(struct view *v)
{
	struct hostview *h = v->state;
	const struct host_source *source = v->services->host;

	h->host = find(v->scene, h->name);
	if (!h->host)
		return;
	if (source)
		ask_changes(v, h, source);
	h->list[h->tab].height = v->height - 2;
	host_rows(v, h);
	if (source)
		ask_detail(v, h, source);
	if (source && h->reading)
		take_text(h, source);
	text_height(&h->text, v->height - 1);
}

/* The worst host, when none is named. */
static const char *
first_host(const struct scene *s)
{
	const struct scene_host *worst = NULL;

	for (size_t i = 0; i < s->count; i++) {
		if (!worst || glance_of(&s->hosts[i]) > glance_of(worst))
			worst = &s->hosts[i];
	}
	return worst ? worst->name : "";
}

/* "HOST", or "HOST UNIT": the cursor stands on the unit. */
static void
host_open(struct view *v, const char *subject)
{
	struct hostview *h = v->state;

	h->name = xstrdup(subject ? subject : first_host(v->scene));
	char *unit = strchr(h->name, ' ');
	if (unit) {
		*unit = '\0';
		str_copy(h->list[HOST_UNITS].id, sizeof(h->list[HOST_UNITS].id), unit + 1);
	}
	host_refresh(v);
}

static void
host_close(struct view *v)
{
	struct hostview *h = v->state;

	if (v->services->host)
		v->services->host->want(v->services->host->user, NULL);
	host_rows_free(h);
	text_fini(&h->text);
	free(h->rows);
	free(h->name);
}

static void
leave_text(struct hostview *h)
{
	h->reading = false;
	text_fini(&h->text);
}

static bool
text_pressed(struct hostview *h, const char *key)
{
	if (str_eq(key, "esc") || str_eq(key, "q")) {
		leave_text(h);
		return true;
	}
	return text_key(&h->text, key);
}

static bool
host_key(struct view *v, const char *key)
{
	struct hostview *h = v->state;

	if (!h->host)
		return false;
	if (h->reading)
		return text_pressed(h, key);
	if (h->zoom && (str_eq(key, "esc") || str_eq(key, "q"))) {
		h->zoom = false;
		return true;
	}
	h->list[h->tab].height = v->height - 2;
	return list_key(&h->list[h->tab], key, host_row_id, h);
}

static void
turn_tab(struct view *v, int by)
{
	struct hostview *h = v->state;

	leave_text(h);
	h->tab = (enum host_tab)(((int)h->tab + HOST_TABS + by) % HOST_TABS);
	host_refresh(v);
}

static void
do_next_tab(struct view *v)
{
	turn_tab(v, 1);
}

static void
do_previous_tab(struct view *v)
{
	turn_tab(v, -1);
}

static void
do_zoom(struct view *v)
{
	struct hostview *h = v->state;

	h->zoom = !h->zoom;
}

static void
do_scope(struct view *v)
{
	struct hostview *h = v->state;
	char text[96];

	host_next_scope(h);
	host_refresh(v);
	snprintf(text, sizeof(text), "units of %s",
	    !h->of_one    ? "the system and of all users"
	    : h->scope[0] ? h->scope
			  : "the system");
	v->services->flash(v->services->user, false, text);
}

static void
do_describe(struct view *v)
{
	struct hostview *h = v->state;
	struct host_thing t;

	if (!v->services->host || !host_thing(v, &t))
		return;
	v->services->host->read(v->services->host->user, &t, DETAIL_DESCRIBE);
	snprintf(h->title, sizeof(h->title), "%.90s  Esc: back", t.name);
	h->reading = true;
	text_fini(&h->text);
	host_refresh(v);
}

static const char *
host_lacks(const struct view *v, unsigned needs)
{
	const struct hostview *h = v->state;

	if (!h->host)
		return "the host is not in the inventory";
	if (h->reading && needs)
		return "a text is on the screen: Esc closes it";
	if ((needs & NEEDS_LINK) && h->host->link != LINK_UP)
		return "the host is not connected";
	if ((needs & NEEDS_ROW) && !h->has_thing && !host_unit(h) && !host_container(h))
		return "no unit and no container is under the cursor";
	return NULL;
}

static void
host_status(const struct view *v, char *to, size_t size)
{
	const struct hostview *h = v->state;
	const char *how = glance_old(h->host) ? "old " : "fresh ";
	char age[16] = "never heard", rtt[32] = "";

	if (!h->host) {
		snprintf(to, size, "< %s >", h->name);
		return;
	}
	if (h->host->age_ms >= 0)
		clock_short(h->host->age_ms, age, sizeof(age));
	if (h->host->rtt_ms >= 0)
		snprintf(rtt, sizeof(rtt), "  RTT %lldms", (long long)h->host->rtt_ms);
	snprintf(to, size, "< %s > %s  %s  %s%s%s", h->name, h->host->pet ? "pet" : "cattle",
	    glance_word(glance_of(h->host)), h->host->age_ms < 0 ? "" : how, age, rtt);
}

static void
host_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct hostview *h = v->state;
	const struct container_status *k = host_container(h);
	const struct unit_status *u = host_unit(h);
	const struct host_row *r = host_row(h);

	if (!h->host)
		return;
	put(user, "host", h->name);
	if (u) {
		put(user, "unit", u->name);
		if (u->path)
			put(user, "file", u->path);
	} else if (k) {
		put(user, "container", k->name);
		put(user, "id", k->id);
		put(user, "image", k->image);
	} else if (r && r->kind == ROW_FACT) {
		put(user, h->facts[r->at].name, h->facts[r->at].text);
	} else if (r) {
		put(user, "name", r->id);
	}
}

static size_t
host_hosts(const struct view *v, const char **to, size_t max)
{
	const struct hostview *h = v->state;

	if (!h->host || !max)
		return 0;
	to[0] = h->name;
	return 1;
}

static void
host_sight(const struct view *v, bool *in)
{
	const struct hostview *h = v->state;

	if (h->host)
		in[h->host - v->scene->hosts] = true;
}

#define ACTS (NEEDS_ROW | NEEDS_LINK | NEEDS_WRITE)

static const struct action actions[] = {
	{ .key = "enter|z",
	    .name = "detail",
	    .summary = "the detail on the whole screen, and back",
	    .run = do_zoom },
	{ .key = "]|tab",
	    .name = "next tab",
	    .summary = "units, containers, facts, disk and network, timers, changes",
	    .hint = true,
	    .run = do_next_tab },
	{ .key = "[|shift-tab",
	    .name = "previous tab",
	    .summary = "the other way round",
	    .run = do_previous_tab },
	{ .key = "r",
	    .name = "restart",
	    .summary = "restart the unit under the cursor, or the one that runs the container",
	    .needs = ACTS,
	    .hint = true,
	    .run = host_restart,
	    .command = "drover run HOST -- systemctl restart UNIT",
	    .equal = host_equal_restart },
	{ .key = "u",
	    .name = "start",
	    .summary = "start it",
	    .needs = ACTS,
	    .hint = true,
	    .run = host_start,
	    .command = "drover run HOST -- systemctl start UNIT",
	    .equal = host_equal_start },
	{ .key = "D",
	    .name = "stop",
	    .summary = "stop it",
	    .needs = ACTS,
	    .hint = true,
	    .run = host_stop,
	    .command = "drover run HOST -- systemctl stop UNIT",
	    .equal = host_equal_stop },
	{ .key = "l",
	    .name = "logs",
	    .summary = "the log of the unit, followed",
	    .hint = true,
	    .run = host_logs,
	    .command = "drover logs HOST UNIT",
	    .equal = host_equal_logs },
	{ .key = "e",
	    .name = "file",
	    .summary = "the unit's file, in $PAGER",
	    .needs = NEEDS_ROW | NEEDS_LINK,
	    .hint = true,
	    .run = host_file,
	    .command = "drover run HOST -- systemctl cat UNIT" },
	{ .key = "d",
	    .name = "describe",
	    .summary = "all that systemd or podman says of it",
	    .needs = NEEDS_ROW | NEEDS_LINK,
	    .hint = true,
	    .run = do_describe,
	    .command = "drover run HOST -- systemctl show UNIT" },
	{ .key = "X",
	    .name = "remove",
	    .summary = "remove a container that no unit runs",
	    .needs = ACTS,
	    .run = host_remove,
	    .command = "drover run HOST -- podman rm CONTAINER" },
	{ .key = "S",
	    .name = "scope",
	    .summary = "units of all, of the system, of each user who has some",
	    .run = do_scope },
	{ .key = "s",
	    .name = "shell",
	    .summary = "a terminal on this host, or in the container under the cursor",
	    .run = host_shell },
	{ 0 },
};

const struct view_class view_host = {
	.name = "host",
	.title = "Host",
	.digit = '2',
	.actions = actions,
	.state_size = sizeof(struct hostview),
	.open = host_open,
	.close = host_close,
	.refresh = host_refresh,
	.paint = host_paint,
	.key = host_key,
	.status = host_status,
	.lacks = host_lacks,
	.things = host_things,
	.hosts = host_hosts,
	.sight = host_sight,
};
