#include "inventory/hostlist.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/grammar.h"
#include "inventory/model.h"
#include "inventory/nodeset.h"

#include <string.h>

/* The hosts of one item of a list share its user and port. */
struct listed {
	struct inventory *inv;
	struct diag *diag;
	struct level level; /* what is said before and behind the name under way */
	bool refused;
};

static int
list_host(void *user, const char *name, struct err *err)
{
	struct listed *l = user;
	const char *wanted = grammar_host(name);

	if (wanted)
		return err_set(err, OUTCOME_USAGE, "\"%.60s\" is no host: %s", name, wanted);
	struct model_host *h = model_host(l->inv, name, l->level.mark, l->diag);
	if (h) {
		model_say(&h->levels, model_level(l->inv, &l->level));
	}
	return 0;
}

/* Takes a port off the end of the item; [::1]:22 and ::1 are IPv6. */
static int
take_port(char *item, char **ret_host, char **ret_port, struct err *err)
{
	char *colon, *shut = NULL;

	*ret_host = item;
	*ret_port = NULL;
	if (*item == '[')
		shut = strchr(item, ']');
	if (shut && memchr(item, ':', (size_t)(shut - item))) {
		*ret_host = item + 1;
		*shut = '\0';
		if (shut[1] && shut[1] != ':')
			return err_set(
			    err, OUTCOME_USAGE, "\"%.60s\" behind ]: a port is [::1]:22", shut + 1);
		*ret_port = shut[1] ? shut + 2 : NULL;
		return 0;
	}
	colon = strchr(item, ':');
	if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return 0;
}

static int
list_item(struct listed *l, char *item, struct err *err)
{
	struct arena *a = l->inv->arena;
	char *at = strrchr(item, '@'), *host, *port;
	struct level *level = &l->level;
	int64_t number = 0;

	*level = (struct level){ .mark = { .file = "-i" } };
	if (at) {
		*at = '\0';
		if (grammar_user(item))
			return err_set(
			    err, OUTCOME_USAGE, "\"%.60s\" is not %s", item, grammar_user(item));
		level->settings.user = arena_strdup(a, item);
		level->said[SETTING_USER] = model_said(l->inv, level->settings.user, level->mark);
		item = at + 1;
	}
	if (take_port(item, &host, &port, err) < 0)
		return -1;
	if (port) {
		if (!str_int(port, 1, 65535, &number))
			return err_set(
			    err, OUTCOME_USAGE, "\"%.60s\" is no port (1 to 65535)", port);
		level->settings.port = (int)number;
		level->said[SETTING_PORT] = model_said(l->inv, arena_strdup(a, port), level->mark);
	}
	return nodeset_expand(host, strlen(host), list_host, l, err);
}

/* A bracket with a colon in it holds an address, not ranges: its end is not ours to find. */
static const char *
item_end(const char *s)
{
	bool inside = false;

	for (; *s && (inside || *s != ','); s++) {
		if (*s == '[')
			inside = true;
		else if (*s == ']')
			inside = false;
	}
	return s;
}

int
hostlist_read(struct inventory *inv, const char *list, struct diag *diag, struct err *err)
{
	struct listed l = { .inv = inv, .diag = diag };
	const char *s = list;

	for (;;) {
		const char *end = item_end(s);
		autofree char *item = xmemdup0(s, (size_t)(end - s));

		if (!*item)
			return err_set(err, OUTCOME_USAGE, "-i %.100s: an empty name", list);
		if (list_item(&l, item, err) < 0)
			return err_wrap(err, "-i %.60s", list);
		if (!*end || !end[1]) /* "host," is a list of one, as Ansible writes it */
			return 0;
		s = end + 1;
	}
}
