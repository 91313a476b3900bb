/* The rows of the Host screen's list: what the host has, the worst on top. */
#include "tui/view_host.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
host_rows_free(struct hostview *h)
{
	for (size_t i = 0; i < h->row_count; i++)
		free(h->rows[i].own);
	h->row_count = 0;
}

const char *
host_row_id(const void *user, size_t i)
{
	const struct hostview *h = user;

	return h->rows[i].id;
}

static struct host_row *
add(struct hostview *h, enum host_row_kind kind, const char *id, size_t at)
{
	mem_grow(h->rows, h->row_count, h->row_cap);
	struct host_row *r = &h->rows[h->row_count++];
	*r = (struct host_row){ .kind = kind, .id = id, .at = at };
	return r;
}

/* Two managers may have units of one name. */
static void
add_named(
    struct hostview *h, enum host_row_kind kind, const char *user, const char *name, size_t at)
{
	struct host_row *r = add(h, kind, name, at);

	if (!*user)
		return;
	r->own = xasprintf("%s/%s", user, name);
	r->id = r->own;
}

static void
add_head(struct hostview *h, const char *text)
{
	add(h, ROW_HEAD, NULL, 0)->text = text;
}

static int
unit_rank(const struct unit_status *u)
{
	if (str_eq(u->active, "failed"))
		return 0;
	if (u->owned)
		return 1;
	return str_eq(u->active, "active") ? 3 : 2;
}

static int
by_worst(const void *a, const void *b, void *user)
{
	const struct status *s = user;
	const struct unit_status *x = &s->units[((const struct host_row *)a)->at],
				 *y = &s->units[((const struct host_row *)b)->at];
	int d = unit_rank(x) - unit_rank(y);

	if (!d)
		d = str_natural(x->name, y->name);
	return d ? d : strcmp(x->user, y->user);
}

static bool
in_scope(const struct hostview *h, const char *user)
{
	return !h->of_one || str_eq(h->scope, user);
}

static void
unit_rows(struct hostview *h)
{
	const struct status *s = h->host->status;

	for (size_t i = 0; i < s->unit_count; i++) {
		if (in_scope(h, s->units[i].user))
			add_named(h, ROW_UNIT, s->units[i].user, s->units[i].name, i);
	}
	if (h->row_count)
		qsort_r(h->rows, h->row_count, sizeof(*h->rows), by_worst, (void *)(uintptr_t)s);
}

static int
container_rank(const struct container_status *c)
{
	return str_eq(c->state, "running") ? 1 : 0;
}

static int
by_state(const void *a, const void *b, void *user)
{
	const struct status *s = user;
	const struct container_status *x = &s->containers[((const struct host_row *)a)->at],
				      *y = &s->containers[((const struct host_row *)b)->at];
	int d = container_rank(x) - container_rank(y);

	if (!d)
		d = str_natural(x->name, y->name);
	return d ? d : strcmp(x->user, y->user);
}

static void
container_rows(struct hostview *h)
{
	const struct status *s = h->host->status;

	for (size_t i = 0; i < s->container_count; i++) {
		const struct container_status *c = &s->containers[i];

		if (in_scope(h, c->user))
			add_named(h, ROW_CONTAINER, c->user, c->name, i);
	}
	if (h->row_count)
		qsort_r(h->rows, h->row_count, sizeof(*h->rows), by_state, (void *)(uintptr_t)s);
}

__attribute__((format(printf, 3, 4))) static void
fact(struct hostview *h, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (h->fact_count == HOST_FACT_ROWS)
		return;
	struct host_fact *f = &h->facts[h->fact_count++];
	f->name = name;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static const char *
or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void
machine_facts(struct hostview *h)
{
	const struct status *s = h->host->status;
	char up[16] = "-", size[24];

	if (s->uptime_s >= 0)
		clock_short(s->uptime_s * 1000, up, sizeof(up));
	str_bytes((uint64_t)(s->mem_kib > 0 ? s->mem_kib : 0) * 1024, size, sizeof(size));
	fact(h, "os", "%s", or_dash(s->os));
	fact(h, "kernel", "%s %s", or_dash(s->kernel), s->arch);
	fact(h, "cpus", "%d", s->cpus);
	fact(h, "memory", "%s", size);
	fact(h, "load", "%s", or_dash(s->load));
	fact(h, "uptime", "%s", up);
	fact(h, "systemd", "%s", or_dash(s->systemd));
	fact(h, "podman", "%s", or_dash(s->podman));
	fact(h, "zone", "%s", or_dash(s->zone));
	fact(h, "machine-id", "%s", or_dash(s->machine_id));
	fact(h, "boot-id", "%s", or_dash(s->boot_id));
}

static void
clock_fact(const struct view *v, struct hostview *h)
{
	int64_t off = h->host->status->now_s - (v->scene->wall_ms - h->host->age_ms) / 1000;

	if (!h->host->status->now_s || h->host->age_ms < 0)
		fact(h, "clock", "-");
	else if (off >= -2 && off <= 2)
		fact(h, "clock", "as here");
	else
		fact(h, "clock", "%lld s %s of here", (long long)(off < 0 ? -off : off),
		    off < 0 ? "behind" : "ahead");
}

static void
fact_rows(const struct view *v, struct hostview *h)
{
	h->fact_count = 0;
	machine_facts(h);
	clock_fact(v, h);
	fact(h, "kind", "%s", h->host->pet ? "pet" : "cattle");
	fact(h, "group", "%s", or_dash(h->host->group));
	if (h->host->cordoned)
		fact(h, "cordoned", "no apply touches it");
	fact(h, "strayed", "%s", h->host->strayed ? or_dash(h->strayed) : "no");
	for (size_t i = 0; i < h->fact_count; i++)
		add(h, ROW_FACT, h->facts[i].name, i);
}

static void
disk_rows(struct hostview *h)
{
	const struct status *s = h->host->status;

	if (s->disk_count)
		add_head(h, "file systems");
	for (size_t i = 0; i < s->disk_count; i++)
		add(h, ROW_DISK, s->disks[i].mount, i);
	if (s->net_count)
		add_head(h, "interfaces");
	for (size_t i = 0; i < s->net_count; i++)
		add(h, ROW_NET, s->nets[i].name, i);
}

/* The soonest first; those that never run at the end. */
static int
by_time(const void *a, const void *b, void *user)
{
	const struct status *s = user;
	const struct timer_status *x = &s->timers[((const struct host_row *)a)->at],
				  *y = &s->timers[((const struct host_row *)b)->at];
	bool x_never = x->next_s == INT64_MIN, y_never = y->next_s == INT64_MIN;

	if (x_never != y_never)
		return x_never ? 1 : -1;
	if (x->next_s != y->next_s)
		return x->next_s < y->next_s ? -1 : 1;
	return str_natural(x->name, y->name);
}

static void
timer_rows(struct hostview *h)
{
	const struct status *s = h->host->status;

	for (size_t i = 0; i < s->timer_count; i++) {
		if (in_scope(h, s->timers[i].user))
			add_named(h, ROW_TIMER, s->timers[i].user, s->timers[i].name, i);
	}
	if (h->row_count)
		qsort_r(h->rows, h->row_count, sizeof(*h->rows), by_time, (void *)(uintptr_t)s);
}

static void
change_rows(struct hostview *h)
{
	for (size_t i = 0; i < h->change_count; i++)
		add(h, ROW_CHANGE, h->changes[i].alias, i);
}

void
host_rows(const struct view *v, struct hostview *h)
{
	const struct status *s = h->host->status;

	host_rows_free(h);
	h->has_users = false;
	for (size_t i = 0; i < s->unit_count && !h->has_users; i++)
		h->has_users = s->units[i].user[0] != '\0';
	switch (h->tab) {
	case HOST_UNITS:
		unit_rows(h);
		break;
	case HOST_CONTAINERS:
		container_rows(h);
		break;
	case HOST_FACTS:
		fact_rows(v, h);
		break;
	case HOST_DISKS:
		disk_rows(h);
		break;
	case HOST_TIMERS:
		timer_rows(h);
		break;
	case HOST_CHANGES:
	case HOST_TABS:
		change_rows(h);
		break;
	}
	list_update(&h->list[h->tab], h->row_count, host_row_id, h);
}

size_t
host_tab_count(const struct hostview *h, enum host_tab t)
{
	const struct status *s = h->host->status;

	switch (t) {
	case HOST_UNITS:
		return s->unit_count;
	case HOST_CONTAINERS:
		return s->container_count;
	case HOST_TIMERS:
		return s->timer_count;
	case HOST_CHANGES:
		return h->change_count;
	case HOST_FACTS:
	case HOST_DISKS:
	case HOST_TABS:
		break;
	}
	return 0;
}

/* The user after this one in the order of names; NULL: none has units. */
static const char *
user_after(const struct status *s, const char *user)
{
	const char *next = NULL;

	for (size_t i = 0; i < s->unit_count; i++) {
		const char *u = s->units[i].user;

		if (strcmp(u, user) > 0 && (!next || strcmp(u, next) < 0))
			next = u;
	}
	return next;
}

void
host_next_scope(struct hostview *h)
{
	const char *next = h->of_one ? user_after(h->host->status, h->scope) : "";

	h->of_one = next != NULL;
	str_copy(h->scope, sizeof(h->scope), next ? next : "");
}

const struct host_row *
host_row(const struct hostview *h)
{
	size_t at = h->list[h->tab].cursor;

	return h->host && at < h->row_count && h->rows[at].id ? &h->rows[at] : NULL;
}

const struct unit_status *
host_unit(const struct hostview *h)
{
	const struct host_row *r = host_row(h);

	return r && r->kind == ROW_UNIT ? &h->host->status->units[r->at] : NULL;
}

const struct container_status *
host_container(const struct hostview *h)
{
	const struct host_row *r = host_row(h);

	return r && r->kind == ROW_CONTAINER ? &h->host->status->containers[r->at] : NULL;
}

bool
host_thing(const struct view *v, struct host_thing *ret)
{
	const struct hostview *h = v->state;
	const struct host_row *r = host_row(h);

	if (!r)
		return false;
	*ret = (struct host_thing){ .host = (size_t)(h->host - v->scene->hosts) };
	if (r->kind == ROW_UNIT) {
		ret->user = h->host->status->units[r->at].user;
		ret->name = h->host->status->units[r->at].name;
	} else if (r->kind == ROW_TIMER) {
		const struct timer_status *t = &h->host->status->timers[r->at];

		ret->user = t->user;
		ret->name = str_eq(t->unit, "-") ? t->name : t->unit;
	} else if (r->kind == ROW_CONTAINER) {
		ret->kind = DETAIL_CONTAINER;
		ret->user = h->host->status->containers[r->at].user;
		ret->name = h->host->status->containers[r->at].name;
	}
	return ret->name != NULL;
}
