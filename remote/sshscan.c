#include "remote/sshscan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshfiles.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 20

enum kind { LINE, HOST, MATCH_ALL, MATCH, ENTER, LEAVE };

struct line {
	enum kind kind;
	const char *file, *key, *value;
	int number;
};

struct sshscan {
	struct arena *arena;
	struct line *line;
	size_t count, cap;
	bool odd; /* something else than Host patterns may tell hosts apart */
};

/* Does a line count? */
enum counts { NO, PERHAPS, YES };

static struct line *
add(struct sshscan *s, enum kind kind)
{
	mem_grow(s->line, s->count, s->cap);
	s->line[s->count] = (struct line){ .kind = kind };
	return &s->line[s->count++];
}

static void
on_enter(void *user)
{
	add(user, ENTER);
}

static void
on_leave(void *user)
{
	add(user, LEAVE);
}

/* Where tokens stay as they are written, until somebody uses the file or the command. */
static bool
keeps_tokens(const char *key)
{
	static const char *const keys[] = { "identityfile", "certificatefile", "proxycommand",
		"remotecommand", "localcommand", "controlpath", "knownhostscommand" };

	for (size_t i = 0; i < countof(keys); i++) {
		if (strcasecmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

static bool
is_odd(const struct line *l)
{
	if (l->kind == MATCH || strstr(l->value, "${") || strstr(l->value, "%C"))
		return true;
	if (l->kind == HOST)
		return strpbrk(l->value, "\"'\\#,") != NULL;
	if (strncasecmp(l->key, "canonical", strlen("canonical")) == 0 ||
	    strcasecmp(l->key, "include") == 0)
		return strpbrk(l->value, "%") || strcasecmp(l->key, "include") != 0;
	return strchr(l->value, '%') && !keeps_tokens(l->key);
}

static void
on_line(void *user, const struct sshfiles_line *at)
{
	struct sshscan *s = user;
	struct line *l = add(s, LINE);
	size_t n = strlen(at->rest);

	while (n && isspace((unsigned char)at->rest[n - 1]))
		n--;
	l->file = arena_strdup(s->arena, at->file);
	l->number = at->number;
	l->key = arena_strdup(s->arena, at->key);
	l->value = arena_memdup0(s->arena, at->rest, n);
	if (strcasecmp(at->key, "Host") == 0)
		l->kind = HOST;
	else if (strcasecmp(at->key, "Match") == 0)
		l->kind = strcasecmp(l->value, "all") == 0 ? MATCH_ALL : MATCH;
	s->odd = s->odd || is_odd(l);
}

struct sshscan *
sshscan_new(const char *config, const char *ssh, struct sshfiles *ret)
{
	struct sshscan *s = xcalloc(1, sizeof(*s));
	struct sshfiles_watch watch = {
		.enter = on_enter, .leave = on_leave, .line = on_line, .user = s
	};

	s->arena = arena_new();
	sshfiles_walk(config, ssh, &watch, ret);
	s->odd = s->odd || !ret->cacheable;
	return s;
}

void
sshscan_free(struct sshscan *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	free(s->line);
	free(s);
}

/* * and ? and nothing else, as ssh's match_pattern(). */
static bool
matches(const char *pattern, const char *name)
{
	const char *star = NULL, *back = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			back = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++back;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* One that matches is needed, and none behind a "!". */
static bool
host_line_matches(const char *patterns, const char *host)
{
	bool got = false;

	while (*patterns) {
		size_t n = strcspn(patterns, " \t\r\f\v");
		autofree char *pattern = xmemdup0(patterns, n);

		patterns += n;
		patterns += strspn(patterns, " \t\r\f\v");
		if (*pattern == '!' && matches(pattern + 1, host))
			return false;
		got = got || (*pattern && *pattern != '!' && matches(pattern, host));
	}
	return got;
}

bool
sshscan_shape(const struct sshscan *s, const char *host, struct buf *to)
{
	if (s->odd || !sshscan_is_plain(host))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		if (s->line[i].kind == HOST)
			buf_addc(to, host_line_matches(s->line[i].value, host) ? '1' : '0');
	}
	return true;
}

bool
sshscan_is_plain(const char *name)
{
	struct in_addr at;
	char text[INET_ADDRSTRLEN];

	if (inet_pton(AF_INET, name, &at) == 1)
		return inet_ntop(AF_INET, &at, text, sizeof(text)) && str_eq(text, name);
	return *name >= 'a' && *name <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name);
}

bool
sshscan_names(const struct sshscan *s, const char *hostname)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct line *l = &s->line[i];

		if (l->kind == LINE && strcasecmp(l->key, "HostName") == 0 &&
		    strcasestr(l->value, hostname))
			return true;
	}
	return false;
}

static enum counts
least(enum counts a, enum counts b)
{
	return a < b ? a : b;
}

bool
sshscan_find(const struct sshscan *s, const char *host, const char *key, const char **ret_file,
    int *ret_line)
{
	enum counts outer[DEPTH_MAX] = { YES }, now = YES;
	int depth = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct line *l = &s->line[i];

		if (l->kind == ENTER && ++depth < DEPTH_MAX) {
			outer[depth] = now = depth > 1 ? now : YES;
		} else if (depth >= DEPTH_MAX) {
			return false;
		} else if (l->kind == LEAVE) {
			now = outer[depth--];
		} else if (l->kind == HOST) {
			now = least(outer[depth], host_line_matches(l->value, host) ? YES : NO);
		} else if (l->kind == MATCH_ALL || l->kind == MATCH) {
			now = least(outer[depth], l->kind == MATCH ? PERHAPS : YES);
		} else if (l->kind == LINE && now != NO && strcasecmp(l->key, key) == 0) {
			*ret_file = l->file;
			*ret_line = l->number;
			return now == YES;
		}
	}
	return false;
}
