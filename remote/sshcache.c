#include "remote/sshcache.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)64 << 20)
#define BUCKETS  2048
#define HEADER   "drover ssh_config cache 5 "

struct entry {
	struct entry *next;
	char *key, *lines;
};

struct sshcache {
	struct entry *bucket[BUCKETS];
	char *path;
	char stamp[DIGEST_HEX];
	bool changed;
};

static struct entry **
slot_of(const struct sshcache *c, const char *key)
{
	uint32_t hash = 2166136261U;

	for (const char *p = key; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	struct entry **slot = (struct entry **)(uintptr_t)&c->bucket[hash % BUCKETS];
	while (*slot && !str_eq((*slot)->key, key))
		slot = &(*slot)->next;
	return slot;
}

static bool
put(struct sshcache *c, const char *key, const char *lines, size_t n)
{
	struct entry **slot = slot_of(c, key);

	if (*slot)
		return false;
	*slot = xcalloc(1, sizeof(**slot));
	(*slot)->key = xstrdup(key);
	(*slot)->lines = xmemdup0(lines, n);
	return true;
}

/* A cache says where to connect: only this user may have written it. */
static bool
is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* "=KEY" begins an entry; its lines follow; a last line "." says that nothing is missing. */
static void
read_entries(struct sshcache *c, char *p)
{
	while (*p == '=') {
		char *key = p + 1, *end = strchr(key, '\n');

		if (!end)
			return;
		*end = '\0';
		char *lines = end + 1, *stop = lines;
		while (*stop && *stop != '=' && !(*stop == '.' && stop[1] == '\n'))
			stop += strcspn(stop, "\n") + (strchr(stop, '\n') != NULL);
		put(c, key, lines, (size_t)(stop - lines));
		p = stop;
	}
}

struct sshcache *
sshcache_load(const char *dir, const char *config, const char *stamp)
{
	struct sshcache *c = xcalloc(1, sizeof(*c));
	char name[DIGEST_HEX];
	struct err err;
	size_t len;

	digest_hex(config, strlen(config), name);
	c->path = xasprintf("%s/%.16s", dir, name);
	str_copy(c->stamp, sizeof(c->stamp), stamp);
	autofree char *head = xasprintf(HEADER "%s\n", stamp);
	autofree char *text = is_ours(c->path) ? file_read(c->path, FILE_MAX, &len, &err) : NULL;
	if (text && strlen(text) == len && str_starts(text, head) && str_ends(text, "\n.\n"))
		read_entries(c, text + strlen(head));
	return c;
}

void
sshcache_free(struct sshcache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (c->bucket[i]) {
			struct entry *e = c->bucket[i];

			c->bucket[i] = e->next;
			free(e->key);
			free(e->lines);
			free(e);
		}
	}
	free(c->path);
	free(c);
}

const char *
sshcache_find(const struct sshcache *c, const char *key)
{
	const struct entry *e = c ? *slot_of(c, key) : NULL;

	return e ? e->lines : NULL;
}

void
sshcache_add(struct sshcache *c, const char *key, const char *lines)
{
	if (put(c, key, lines, strlen(lines)))
		c->changed = true;
}

bool
sshcache_changed(const struct sshcache *c)
{
	return c->changed;
}

int
sshcache_save(struct sshcache *c, struct err *err)
{
	autobuf out = BUF_INIT(FILE_MAX);

	buf_addf(&out, HEADER "%s\n", c->stamp);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct entry *e = c->bucket[i]; e; e = e->next)
			buf_addf(&out, "=%s\n%s", e->key, e->lines);
	}
	buf_adds(&out, ".\n");
	if (out.dropped)
		return err_set(err, OUTCOME_STORAGE, "%s: too large", c->path);
	if (file_replace(c->path, out.data, out.len, 0600, err) < 0)
		return -1;
	c->changed = false;
	return 0;
}
