#include "inventory/source.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/grammar.h"
#include "inventory/model.h"
#include "inventory/nodeset.h"
#include "inventory/read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool
source_is_file(const char *s)
{
	static const char *const ends[] = { ".yaml", ".yml", ".ini", ".json" };

	if (strchr(s, '/'))
		return true;
	for (size_t i = 0; i < countof(ends); i++) {
		if (str_ends(s, ends[i]))
			return true;
	}
	return file_exists(s);
}

static bool
is_yaml_name(const char *path)
{
	return str_ends(path, ".yaml") || str_ends(path, ".yml");
}

static bool
strangers_may_write(const struct stat *st)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
	bool foreign = st->st_uid != geteuid() && st->st_uid != 0 && geteuid() != 0;

	return ((st->st_mode & S_IWOTH) && !sticky) || (foreign && !S_ISDIR(st->st_mode));
}

/* Whoever may write the inventory decides what runs on the hosts. */
static int
check_owner(const char *path, const struct stat *st, struct err *err)
{
	autofree char *dir = file_dir(path);
	struct stat above;

	if (strangers_may_write(st))
		return err_set(err, OUTCOME_REFUSED,
		    "%s: other users may write it (mode %04o, owner %u): chmod o-w or chown it",
		    path, (unsigned)st->st_mode & 07777, (unsigned)st->st_uid);
	if (stat(dir, &above) == 0 && strangers_may_write(&above))
		return err_set(err, OUTCOME_REFUSED,
		    "%s: other users may replace it: chmod o-w its directory", path);
	return 0;
}

/* What later versions read is refused by name, not misread. */
static int
check_format(const char *path, const struct stat *st, struct err *err)
{
	static const char later[] = "Ansible inventories are not read yet";

	if (S_ISDIR(st->st_mode))
		return err_set(
		    err, OUTCOME_INPUT, "%s: a directory: %s; name one YAML file", path, later);
	if (!S_ISREG(st->st_mode))
		return err_set(err, OUTCOME_INPUT, "%s: not a regular file", path);
	if (str_ends(path, ".ini"))
		return err_set(err, OUTCOME_INPUT, "%s: an INI file: %s", path, later);
	if (str_ends(path, ".json"))
		return err_set(
		    err, OUTCOME_INPUT, "%s: JSON inventories are not read yet: use YAML", path);
	if ((st->st_mode & 0111) && !is_yaml_name(path))
		return err_set(
		    err, OUTCOME_INPUT, "%s: executable: inventory programs are not run yet", path);
	return 0;
}

static int
read_path(struct inventory *inv, const char *path, struct diag *diag, struct err *err)
{
	struct stat st;
	char real[PATH_MAX];

	if (stat(path, &st) < 0) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return -1;
	}
	if (check_format(path, &st, err) < 0 || check_owner(path, &st, err) < 0)
		return -1;
	if (!inv->path)
		inv->path = arena_strdup(inv->arena, realpath(path, real) ? real : path);
	read_file(inv, path, diag);
	return 0;
}

/* The hosts of one item of a list share its user and port. */
struct listed {
	struct inventory *inv;
	struct diag *diag;
	struct level *level;
	bool refused;
};

static int
list_host(void *user, const char *name, struct err *err)
{
	struct listed *l = user;
	const char *wanted = grammar_host(name);

	if (wanted)
		return err_set(err, OUTCOME_USAGE, "\"%.60s\" is no host: %s", name, wanted);
	struct model_host *h = model_host(l->inv, name, l->level->mark, l->diag);
	if (h) {
		struct level *copy = arena_alloc(l->inv->arena, sizeof(*copy));

		*copy = *l->level;
		model_say(&h->levels, copy);
	}
	return 0;
}

static const struct yaml_node *
said(struct inventory *inv, const char *text, struct mark at)
{
	struct yaml_node *n = arena_alloc(inv->arena, sizeof(*n));

	*n = (struct yaml_node){
		.kind = YAML_SCALAR, .mark = at, .text = text, .len = strlen(text)
	};
	return n;
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
	char *at = strchr(item, '@'), *host, *port;
	struct level level = { .mark = { .file = "-i" } };
	int64_t number = 0;

	l->level = &level;
	if (at) {
		*at = '\0';
		if (grammar_user(item))
			return err_set(
			    err, OUTCOME_USAGE, "\"%.60s\" is not %s", item, grammar_user(item));
		level.settings.user = arena_strdup(a, item);
		level.said[SETTING_USER] = said(l->inv, level.settings.user, level.mark);
		item = at + 1;
	}
	if (take_port(item, &host, &port, err) < 0)
		return -1;
	if (port) {
		if (!str_int(port, 1, 65535, &number))
			return err_set(
			    err, OUTCOME_USAGE, "\"%.60s\" is no port (1 to 65535)", port);
		level.settings.port = (int)number;
		level.said[SETTING_PORT] = said(l->inv, arena_strdup(a, port), level.mark);
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

static int
read_list(struct inventory *inv, const char *list, struct diag *diag, struct err *err)
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
		if (!*end)
			return 0;
		s = end + 1;
	}
}

int
source_read(struct inventory *inv, const char *source, struct diag *diag, struct err *err)
{
	if (source_is_file(source))
		return read_path(inv, source, diag, err);
	return read_list(inv, source, diag, err);
}

char *
source_find(struct err *err)
{
	const char *env = getenv("DROVER_INVENTORY");

	if (env && *env)
		return xstrdup(env);
	if (file_exists("inventory.yaml"))
		return xstrdup("inventory.yaml");
	autofree char *dir = file_config_dir();
	autofree char *path = file_join(dir, "inventory.yaml");
	if (file_exists(path))
		return take(path);
	err_set(err, OUTCOME_USAGE,
	    "no inventory: write ./inventory.yaml or %s, set $DROVER_INVENTORY, or name hosts: -i "
	    "web1,root@db1:2222",
	    path);
	return NULL;
}
