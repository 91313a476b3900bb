/* What the status program prints, read line by line. */
#include "engine/status.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define SECONDS_MAX (100LL * 1000 * 1000 * 1000)

/* What is being read: the lines "+" are about the unit or container named last. */
struct reading {
	struct status *s;
	const struct status *previous; /* may be NULL */
	char user[STATUS_USER];
	struct unit_status *unit;
	struct container_status *container;
};

/* The next word of *p, up to a blank; "" at the end of the line. */
static char *
word(char **p)
{
	char *start = *p + strspn(*p, " ");
	char *end = start + strcspn(start, " ");

	*p = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static int64_t
number(char **p, int64_t otherwise)
{
	int64_t n = otherwise;

	return str_int(word(p), INT64_MIN / 4, INT64_MAX / 4, &n) ? n : otherwise;
}

static int
small_number(char **p, int otherwise)
{
	int64_t n = number(p, otherwise);

	return n < INT32_MIN / 4 || n > INT32_MAX / 4 ? otherwise : (int)n;
}

static uint64_t
counter(char **p)
{
	int64_t n = number(p, 0);

	return n > 0 ? (uint64_t)n : 0;
}

/* A time that is far off is as good as any. */
static int64_t
seconds(char **p, int64_t otherwise)
{
	int64_t n = number(p, otherwise);

	return n != otherwise && (n > SECONDS_MAX || n < -SECONDS_MAX) ? otherwise : n;
}

static int
percent(int64_t part, int64_t whole)
{
	if (whole <= 0 || part < 0)
		return -1;
	int64_t pct = part > INT64_MAX / 100 ? part / (whole / 100 + 1) : part * 100 / whole;
	return pct > 100 ? 100 : (int)pct;
}

/* Units are told in the order of the last time, but for those that came and went. */
static const struct unit_status *
same_unit(const struct reading *r, const struct unit_status *u, size_t at)
{
	const struct status *p = r->previous;

	for (size_t i = 0; p && i < 8; i++) {
		size_t k = at + 4 - i;

		if (k < p->unit_count && str_eq(p->units[k].name, u->name) &&
		    str_eq(p->units[k].user, u->user))
			return &p->units[k];
	}
	return NULL;
}

/* 0: there was no time before, or it was another boot's. */
static uint64_t
ticks_since(const struct reading *r, uint64_t was)
{
	return was && r->s->tick > was ? r->s->tick - was : 0;
}

static void
take_unit(struct reading *r, char *rest)
{
	struct status *s = r->s;
	struct unit_status u = { .memory = -1, .cpu_ns = -1, .cpu_permille = -1 };

	r->container = NULL;
	r->unit = NULL;
	if (s->unit_count == STATUS_UNITS) {
		s->truncated = true;
		return;
	}
	const char *name = word(&rest);
	str_copy(u.load, sizeof(u.load), word(&rest));
	str_copy(u.active, sizeof(u.active), word(&rest));
	str_copy(u.sub, sizeof(u.sub), word(&rest));
	u.since_s = seconds(&rest, -1);
	u.owned = number(&rest, 0) == 1;
	u.name = xstrdup(name);
	u.description = xstrdup(rest);
	memcpy(u.user, r->user, sizeof(u.user));
	s->units = xrealloc(s->units, s->unit_count + 1, sizeof(u));
	r->unit = &s->units[s->unit_count++];
	*r->unit = u;
	if (str_eq(u.active, "failed"))
		s->units_failed++;
}

static void
unit_cpu(struct reading *r, char *rest)
{
	struct unit_status *u = r->unit;
	const struct unit_status *was = same_unit(r, u, r->s->unit_count - 1);
	uint64_t ticks = r->previous ? ticks_since(r, r->previous->unit_tick) : 0;

	u->cpu_ns = number(&rest, -1);
	if (!was || was->cpu_ns < 0 || u->cpu_ns < was->cpu_ns || !ticks)
		return;
	/* A tick is 10 ms: 10^7 ns. */
	int64_t permille = (u->cpu_ns - was->cpu_ns) / 10000 / (int64_t)ticks;
	u->cpu_permille = permille > 1000000 ? 1000000 : (int)permille;
}

static void
more_of_unit(struct reading *r, const char *key, char *rest)
{
	struct unit_status *u = r->unit;

	if (str_eq(key, "path") && !u->path)
		u->path = xstrdup(rest);
	else if (str_eq(key, "result"))
		str_copy(u->result, sizeof(u->result), rest);
	else if (str_eq(key, "restarts"))
		u->restarts = small_number(&rest, 0);
	else if (str_eq(key, "exit"))
		u->exit_status = small_number(&rest, 0);
	else if (str_eq(key, "memory"))
		u->memory = number(&rest, -1);
	else if (str_eq(key, "cpu"))
		unit_cpu(r, rest);
}

static void
more_of_container(struct container_status *c, const char *key, const char *rest)
{
	if (str_eq(key, "id"))
		str_copy(c->id, sizeof(c->id), rest);
	else if (str_eq(key, "image-id"))
		str_copy(c->image_id, sizeof(c->image_id), rest);
	else if (str_eq(key, "unit") && !c->unit)
		c->unit = xstrdup(rest);
	else if (str_eq(key, "ports") && !c->ports)
		c->ports = xstrdup(rest);
}

static void
take_more(struct reading *r, char *rest)
{
	const char *key = word(&rest);

	if (r->unit)
		more_of_unit(r, key, rest);
	else if (r->container)
		more_of_container(r->container, key, rest);
}

/* What podman says to people ("Up 3 minutes (healthy)") is the same in all its versions; its State
 * is not. */
static void
container_state(const char *text, char *to, size_t size)
{
	static const char *const words[][2] = { { "Up", "running" }, { "Exited", "exited" },
		{ "Created", "created" }, { "Initialized", "created" }, { "Paused", "paused" },
		{ "Stopping", "stopping" }, { "Removing", "removing" } };

	str_copy(to, size, "unknown");
	for (size_t i = 0; i < countof(words); i++) {
		if (str_starts(text, words[i][0]))
			str_copy(to, size, words[i][1]);
	}
	if (strstr(text, "(Paused)"))
		str_copy(to, size, "paused");
}

static void
take_container(struct reading *r, char *rest)
{
	struct status *s = r->s;
	struct container_status c = { 0 };

	r->unit = NULL;
	r->container = NULL;
	if (s->container_count == STATUS_CONTAINERS) {
		s->truncated = true;
		return;
	}
	c.name = xstrdup(word(&rest));
	c.image = xstrdup(word(&rest));
	c.status = xstrdup(rest);
	memcpy(c.user, r->user, sizeof(c.user));
	container_state(rest, c.state, sizeof(c.state));
	s->containers = xrealloc(s->containers, s->container_count + 1, sizeof(c));
	r->container = &s->containers[s->container_count++];
	*r->container = c;
	if (str_eq(c.state, "running"))
		s->containers_running++;
}

static void
take_cpu(struct reading *r, char *rest)
{
	struct status *s = r->s;
	const struct status *previous = r->previous;

	s->cpu_busy = counter(&rest);
	s->cpu_total = counter(&rest);
	if (previous && s->cpu_total > previous->cpu_total && s->cpu_busy >= previous->cpu_busy)
		s->cpu_pct = percent((int64_t)(s->cpu_busy - previous->cpu_busy),
		    (int64_t)(s->cpu_total - previous->cpu_total));
}

static void
take_mem(struct reading *r, char *rest)
{
	struct status *s = r->s;
	bool total = str_eq(word(&rest), "MemTotal:");
	int64_t kib = number(&rest, 0);

	if (total)
		s->mem_kib = kib;
	else
		s->mem_pct = percent(s->mem_kib - kib, s->mem_kib);
}

/* "4", or the kernel's list of those that are on: "0-3,6". */
static void
take_cpus(struct reading *r, char *rest)
{
	int64_t n = 0, first, last;

	if (!strpbrk(rest, ",-")) {
		r->s->cpus = str_eq(rest, "0") ? 1 : small_number(&rest, 0);
		return;
	}
	for (char *part = strtok_r(rest, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char *dash = strchr(part, '-');

		if (dash)
			*dash++ = '\0';
		if (str_int(part, 0, 65535, &first) &&
		    str_int(dash ? dash : part, 0, 65535, &last) && last >= first)
			n += last - first + 1;
	}
	r->s->cpus = n > 65536 ? 65536 : (int)n;
}

static void
take_disk(struct reading *r, char *rest)
{
	r->s->disk_pct = small_number(&rest, -1);
}

static void
take_fs(struct reading *r, char *rest)
{
	struct status *s = r->s;
	struct disk_status d = { 0 };

	if (s->disk_count == STATUS_DISKS) {
		s->truncated = true;
		return;
	}
	str_copy(d.type, sizeof(d.type), word(&rest));
	d.size_kib = number(&rest, 0);
	d.used_kib = number(&rest, 0);
	d.pct = small_number(&rest, -1);
	d.mount = xstrdup(rest);
	s->disks = xrealloc(s->disks, s->disk_count + 1, sizeof(d));
	s->disks[s->disk_count++] = d;
}

static int64_t
rate(uint64_t now, uint64_t was, uint64_t ticks)
{
	return ticks && now >= was
		   ? (int64_t)((now - was) / ticks * 100 + (now - was) % ticks * 100 / ticks)
		   : -1;
}

static void
take_net(struct reading *r, char *rest)
{
	struct status *s = r->s;
	struct net_status n = { .in_rate = -1, .out_rate = -1 };

	if (s->net_count == STATUS_NETS) {
		s->truncated = true;
		return;
	}
	str_copy(n.name, sizeof(n.name), word(&rest));
	n.in = counter(&rest);
	n.out = counter(&rest);
	for (size_t i = 0; r->previous && i < r->previous->net_count; i++) {
		const struct net_status *was = &r->previous->nets[i];

		if (!str_eq(was->name, n.name))
			continue;
		n.in_rate = rate(n.in, was->in, ticks_since(r, r->previous->tick));
		n.out_rate = rate(n.out, was->out, ticks_since(r, r->previous->tick));
	}
	s->nets = xrealloc(s->nets, s->net_count + 1, sizeof(n));
	s->nets[s->net_count++] = n;
}

static void
take_address(struct reading *r, char *rest)
{
	const char *name = word(&rest);

	for (size_t i = 0; i < r->s->net_count; i++) {
		struct net_status *n = &r->s->nets[i];
		size_t used = strlen(n->addresses);

		if (str_eq(n->name, name))
			snprintf(n->addresses + used, sizeof(n->addresses) - used, "%s%s",
			    used ? " " : "", word(&rest));
	}
}

static void
take_timer(struct reading *r, char *rest)
{
	struct status *s = r->s;
	struct timer_status t = { 0 };

	if (s->timer_count == STATUS_TIMERS) {
		s->truncated = true;
		return;
	}
	t.name = xstrdup(word(&rest));
	t.unit = xstrdup(word(&rest));
	t.next_s = seconds(&rest, INT64_MIN);
	t.last_s = seconds(&rest, INT64_MIN);
	memcpy(t.user, r->user, sizeof(t.user));
	s->timers = xrealloc(s->timers, s->timer_count + 1, sizeof(t));
	s->timers[s->timer_count++] = t;
}

static void
take_user(struct reading *r, char *rest)
{
	str_copy(r->user, sizeof(r->user), word(&rest));
	r->unit = NULL;
	r->container = NULL;
}

static void
take_uptime(struct reading *r, char *rest)
{
	r->s->uptime_s = seconds(&rest, -1);
}

static void
take_now(struct reading *r, char *rest)
{
	r->s->now_s = seconds(&rest, 0);
}

static void
take_tick(struct reading *r, char *rest)
{
	r->s->tick = counter(&rest);
}

static void
take_short(struct reading *r, char *rest)
{
	(void)rest;
	r->s->is_short = true;
}

static const struct {
	const char *key;
	void (*read)(struct reading *r, char *rest);
} lines[] = {
	{ "+", take_more },
	{ "unit", take_unit },
	{ "ctr", take_container },
	{ "timer", take_timer },
	{ "scope", take_user },
	{ "cpu", take_cpu },
	{ "cpus", take_cpus },
	{ "mem", take_mem },
	{ "disk", take_disk },
	{ "fs", take_fs },
	{ "net", take_net },
	{ "addr", take_address },
	{ "uptime", take_uptime },
	{ "now", take_now },
	{ "tick", take_tick },
	{ "short", take_short },
};

/* Lines whose rest is kept as a text of limited size. */
static bool
take_text(struct status *s, const char *key, const char *rest)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{ "load", s->load, sizeof(s->load) },
		{ "os", s->os, sizeof(s->os) },
		{ "kernel", s->kernel, sizeof(s->kernel) },
		{ "arch", s->arch, sizeof(s->arch) },
		{ "boot-id", s->boot_id, sizeof(s->boot_id) },
		{ "machine-id", s->machine_id, sizeof(s->machine_id) },
		{ "systemd", s->systemd, sizeof(s->systemd) },
		{ "podman", s->podman, sizeof(s->podman) },
		{ "stamp", s->stamp, sizeof(s->stamp) },
		{ "tz", s->zone, sizeof(s->zone) },
	};

	for (size_t i = 0; i < countof(texts); i++) {
		if (str_eq(key, texts[i].key)) {
			str_copy(texts[i].to, texts[i].size, rest);
			return true;
		}
	}
	return false;
}

static void
take_line(struct reading *r, char *line)
{
	char *rest = line;
	const char *key = word(&rest);

	for (size_t i = 0; i < countof(lines); i++) {
		if (str_eq(key, lines[i].key)) {
			lines[i].read(r, rest);
			return;
		}
	}
	take_text(r->s, key, rest);
}

int
status_parse(
    struct status *s, const char *text, size_t len, const struct status *previous, struct err *err)
{
	autofree char *copy = xmemdup0(text, len);
	struct reading r = { .s = s, .previous = previous };
	char *at = strstr(copy, "begin 1\n");
	bool ended = false;

	if (!at)
		return err_set(err, OUTCOME_FAILED, "the host's status is not what was asked for");
	for (char *line = strtok_r(at, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		if (str_eq(line, "end")) {
			ended = true;
			break;
		}
		take_line(&r, line);
	}
	if (!ended)
		return err_set(err, OUTCOME_FAILED, "the host's status ends in the middle");
	s->unit_tick = s->is_short ? 0 : s->tick;
	return 0;
}
