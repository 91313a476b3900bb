#include "cli/settings.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "remote/sshscan.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define KEYS_MAX 256

struct maker {
	struct arena *arena;
	struct settings *to;
	const struct settings_source *from;
};

static const char *
end_of_line(const char *line)
{
	return line + strcspn(line, "\n");
}

static const char *
next_line(const char *line)
{
	const char *end = end_of_line(line);

	return end + (*end == '\n');
}

static bool
is_key(const char *line, const char *key, size_t n)
{
	return strncmp(line, key, n) == 0 && (line[n] == ' ' || line[n] == '\n' || !line[n]);
}

/* Every value of a key among the lines, ended by NULL. */
static const char *const *
values_of(struct arena *arena, const char *lines, const char *key, size_t n)
{
	size_t count = 0;

	for (const char *l = lines; *l; l = next_line(l))
		count += is_key(l, key, n);
	const char **list = arena_alloc(arena, (count + 1) * sizeof(*list));
	count = 0;
	for (const char *l = lines; *l; l = next_line(l)) {
		if (!is_key(l, key, n))
			continue;
		const char *value = l + n + (l[n] == ' ');
		list[count++] = arena_memdup0(arena, value, (size_t)(end_of_line(value) - value));
	}
	return list;
}

static bool
same_values(const char *const *a, const char *const *b)
{
	while (*a && *b && str_eq(*a, *b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static struct setting *
find(struct settings *s, const char *key, size_t n)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strlen(s->item[i].key) == n && strncasecmp(s->item[i].key, key, n) == 0)
			return &s->item[i];
	}
	return NULL;
}

static struct setting *
add(struct maker *m, const char *key, size_t n)
{
	struct setting *s = find(m->to, key, n);

	if (s || m->to->count == KEYS_MAX)
		return s;
	s = &m->to->item[m->to->count++];
	char *name = arena_memdup0(m->arena, key, n);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	s->key = name;
	s->option = sshoption_find(key, n);
	return s;
}

/* The line of the file, where it can be told without ssh and is one; else the file. */
static const char *
origin(const struct maker *m, const char *key, bool several)
{
	const char *file = m->from->file ? m->from->file : "ssh_config";
	int line;

	return !several && sshscan_find(m->from->scan, m->from->asked, key, &file, &line)
		   ? arena_printf(m->arena, "%s:%d", file, line)
	       : m->from->file ? m->from->file
			       : "ssh_config";
}

static void
read_lines(struct maker *m)
{
	for (const char *l = m->from->lines; *l; l = next_line(l)) {
		size_t n = strcspn(l, " \n");
		struct setting *s = n ? add(m, l, n) : NULL;

		if (!s || s->values)
			continue;
		s->values = values_of(m->arena, m->from->lines, l, n);
		s->said = !same_values(s->values, values_of(m->arena, m->from->bare, l, n));
		s->from = s->said ? origin(m, s->key, s->values[1]) : "default";
	}
}

static void
overrule(struct maker *m, const char *key, const char *value, const char *from)
{
	struct setting *s = add(m, key, strlen(key));

	if (!s)
		return;
	const char **list = arena_alloc(m->arena, 2 * sizeof(*list));
	list[0] = value;
	s->values = list;
	s->from = from;
	s->said = true;
}

const char *
settings_place(
    struct arena *arena, const struct inventory *inv, const struct host *h, const char *setting)
{
	struct mark at;

	if (!inventory_said(inv, h, setting, &at) || !at.file)
		return "inventory";
	return at.line ? arena_printf(arena, "%s:%d", at.file, at.line)
		       : arena_strdup(arena, at.file);
}

static void
inventory_says(struct maker *m, const char *setting, const char *key, const char *value)
{
	if (value)
		overrule(m, key, value,
		    settings_place(m->arena, m->from->inventory, m->from->host, setting));
}

static const char *
seconds(struct maker *m, int64_t ms)
{
	if (!ms)
		return NULL;
	return ms % 1000 ? arena_printf(m->arena, "%.3f", (double)ms / 1000)
			 : arena_printf(m->arena, "%jd", (intmax_t)(ms / 1000));
}

/* A way of the inventory's takes the place of any other way. */
static void
read_way(struct maker *m, const struct host *h)
{
	inventory_says(m, "jump", "proxyjump", h->jump);
	inventory_says(m, "proxy_command", "proxycommand", h->proxy_command);
	const char *gone = h->jump ? "proxycommand" : h->proxy_command ? "proxyjump" : NULL;
	struct setting *s = gone ? find(m->to, gone, strlen(gone)) : NULL;
	if (s && !(h->jump && h->proxy_command))
		*s = m->to->item[--m->to->count];
}

static void
read_inventory(struct maker *m)
{
	const struct host *h = m->from->host;

	if (!h)
		return;
	inventory_says(m, "address", "hostname", h->address);
	inventory_says(m, "user", "user", h->user);
	if (h->port)
		inventory_says(m, "port", "port", arena_printf(m->arena, "%d", h->port));
	inventory_says(m, "identity", "identityfile", h->identity);
	inventory_says(m, "connect_timeout", "connecttimeout", seconds(m, h->connect_timeout_ms));
	read_way(m, h);
}

struct settings *
settings_read(struct arena *arena, const struct settings_source *from)
{
	static const char typed[] = "command line";
	struct maker m = { .arena = arena, .from = from };

	m.to = arena_alloc(arena, sizeof(*m.to));
	m.to->item = arena_alloc(arena, KEYS_MAX * sizeof(*m.to->item));
	read_lines(&m);
	read_inventory(&m);
	if (from->user)
		overrule(&m, "user", from->user, typed);
	if (from->port)
		overrule(&m, "port", arena_printf(arena, "%d", from->port), typed);
	if (from->connect_timeout_ms)
		overrule(&m, "connecttimeout", seconds(&m, from->connect_timeout_ms),
		    "--connect-timeout");
	return m.to;
}

const struct setting *
settings_find(const struct settings *s, const char *key)
{
	return find((struct settings *)(uintptr_t)s, key, strlen(key));
}

bool
setting_is_unused(const struct setting *s)
{
	if (!s->said)
		return false;
	return !s->option || s->option->use == SSHOPTION_NEEDED ||
	       s->option->use == SSHOPTION_UNUSED || s->option->use == SSHOPTION_QUIET;
}

const char *
setting_note(const struct setting *s)
{
	if (!s->option)
		return "drover does not know this key";
	return s->option->note ? s->option->note : "";
}
