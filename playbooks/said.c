#include "playbooks/said.h"

#include "base/arena.h"

#include <string.h>

/* The line behind this one; NULL at the end. */
static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

/* Where the value begins in a line of this key. */
static const char *
value_in(const char *line, const char *key)
{
	size_t len = strcspn(line, "\n"), n = strlen(key);

	if (len < n || memcmp(line, key, n) != 0 || (len > n && line[n] != ' '))
		return NULL;
	return line + n + (len > n);
}

bool
said_has(const char *said, const char *line)
{
	size_t n = strlen(line);

	for (; said; said = next_line(said)) {
		if (strcspn(said, "\n") == n && memcmp(said, line, n) == 0)
			return true;
	}
	return false;
}

const char *
said_value(struct arena *a, const char *said, const char *key)
{
	return *said_values(a, said, key);
}

const char *const *
said_values(struct arena *a, const char *said, const char *key)
{
	size_t count = 0, n = 0;
	const char **all;

	for (const char *line = said; line; line = next_line(line))
		count += value_in(line, key) != NULL;
	all = arena_alloc(a, (count + 1) * sizeof(*all));
	for (const char *line = said; line; line = next_line(line)) {
		const char *value = value_in(line, key);

		if (value)
			all[n++] = arena_printf(a, "%.*s", (int)strcspn(value, "\n"), value);
	}
	return all;
}
