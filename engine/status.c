#include "engine/status.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
status_init(struct status *s)
{
	*s = (struct status){ .cpu_pct = -1, .mem_pct = -1, .disk_pct = -1, .uptime_s = -1 };
}

void
status_fini(struct status *s)
{
	for (size_t i = 0; i < s->unit_count; i++) {
		free(s->units[i].name);
		free(s->units[i].description);
	}
	for (size_t i = 0; i < s->container_count; i++) {
		free(s->containers[i].name);
		free(s->containers[i].image);
		free(s->containers[i].status);
	}
	free(s->units);
	free(s->containers);
	status_init(s);
}

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
percent(int64_t part, int64_t whole)
{
	if (whole <= 0 || part < 0)
		return -1;
	int64_t pct = part * 100 / whole;
	return pct > 100 ? 100 : (int)pct;
}

static void
add_unit(struct status *s, char *rest)
{
	struct unit_status u = { 0 };

	if (s->unit_count == STATUS_UNITS) {
		s->truncated = true;
		return;
	}
	const char *name = word(&rest);
	str_copy(u.load, sizeof(u.load), word(&rest));
	str_copy(u.active, sizeof(u.active), word(&rest));
	str_copy(u.sub, sizeof(u.sub), word(&rest));
	u.since_s = number(&rest, -1);
	u.owned = number(&rest, 0) == 1;
	u.name = xstrdup(name);
	u.description = xstrdup(rest);
	s->units = xrealloc(s->units, s->unit_count + 1, sizeof(u));
	s->units[s->unit_count++] = u;
	if (str_eq(u.active, "failed"))
		s->units_failed++;
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
add_container(struct status *s, char *rest)
{
	struct container_status c = { 0 };

	if (s->container_count == STATUS_CONTAINERS) {
		s->truncated = true;
		return;
	}
	c.name = xstrdup(word(&rest));
	c.image = xstrdup(word(&rest));
	c.status = xstrdup(rest);
	container_state(rest, c.state, sizeof(c.state));
	s->containers = xrealloc(s->containers, s->container_count + 1, sizeof(c));
	s->containers[s->container_count++] = c;
	if (str_eq(c.state, "running"))
		s->containers_running++;
}

static void
take_cpu(struct status *s, char *rest, const struct status *previous)
{
	s->cpu_busy = (uint64_t)number(&rest, 0);
	s->cpu_total = (uint64_t)number(&rest, 0);
	if (previous && s->cpu_total > previous->cpu_total && s->cpu_busy >= previous->cpu_busy)
		s->cpu_pct = percent((int64_t)(s->cpu_busy - previous->cpu_busy),
		    (int64_t)(s->cpu_total - previous->cpu_total));
}

static void
take_mem(struct status *s, char *rest)
{
	bool total = str_eq(word(&rest), "MemTotal:");
	int64_t kib = number(&rest, 0);

	if (total)
		s->mem_kib = kib;
	else
		s->mem_pct = percent(s->mem_kib - kib, s->mem_kib);
}

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
take_line(struct status *s, char *line, const struct status *previous)
{
	char *rest = line;
	const char *key = word(&rest);

	if (take_text(s, key, rest))
		return;
	if (str_eq(key, "uptime"))
		s->uptime_s = number(&rest, -1);
	else if (str_eq(key, "cpu"))
		take_cpu(s, rest, previous);
	else if (str_eq(key, "mem"))
		take_mem(s, rest);
	else if (str_eq(key, "cpus"))
		s->cpus = (int)number(&rest, 0);
	else if (str_eq(key, "disk"))
		s->disk_pct = (int)number(&rest, -1);
	else if (str_eq(key, "unit"))
		add_unit(s, rest);
	else if (str_eq(key, "ctr"))
		add_container(s, rest);
}

int
status_parse(
    struct status *s, const char *text, size_t len, const struct status *previous, struct err *err)
{
	autofree char *copy = xmemdup0(text, len);
	char *at = strstr(copy, "begin 1\n");
	bool ended = false;

	if (!at)
		return err_set(err, OUTCOME_FAILED, "the host's status is not what was asked for");
	for (char *line = strtok_r(at, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		if (str_eq(line, "end")) {
			ended = true;
			break;
		}
		take_line(s, line, previous);
	}
	if (!ended)
		return err_set(err, OUTCOME_FAILED, "the host's status ends in the middle");
	return 0;
}
