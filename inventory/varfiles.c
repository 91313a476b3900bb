#include "inventory/varfiles.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/ansible.h"
#include "inventory/listdir.h"
#include "inventory/model.h"
#include "inventory/source.h"

#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 8

/* Whose variables are read. */
struct owner {
	struct ansible a;
	struct model_host *host; /* NULL: the group */
	size_t group;
	struct err *err;
};

static const char *const endings[] = { "", ".yml", ".yaml", ".json" };

/* Where the ending begins: at the last dot, but not the first byte's. */
static const char *
ending(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? dot : name + strlen(name);
}

static int
read_one(struct owner *o, const char *path)
{
	struct ansible *a = &o->a;
	struct field_vars vars = { 0 };
	size_t len = 0;

	a->path = arena_strdup(a->inv->arena, path);
	struct mark at = { .file = a->path, .line = 1, .col = 1 };
	autofree char *text = source_text(a->inv, path, &len, o->err);
	if (!text)
		return -1;
	if (str_starts(text, YAML_VAULT)) {
		diag_warn(a->diag, at,
		    "the file is a vault of Ansible's, which drover does not open: its variables "
		    "are "
		    "not known");
		return 0;
	}
	const struct yaml_node *root =
	    yaml_parse_ansible(a->inv->arena, a->path, text, len, a->diag);
	if (!root || !ansible_vars(a, root, &vars))
		return 0;
	if (o->host)
		ansible_say_host(a, o->host, &vars, at, true);
	else
		ansible_say_group(a, o->group, &vars, at, true);
	return 0;
}

static bool
is_read(const char *name)
{
	const char *end = ending(name);

	for (size_t i = 0; i < countof(endings); i++) {
		if (str_eq(end, endings[i]))
			return name[0] != '.' && !str_ends(name, "~");
	}
	return false;
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A file, or a directory of files in the order of their names. */
static int
read_tree(struct owner *o, const char *path, int depth)
{
	struct listdir dir;
	int rc = 0;

	if (!is_dir(path))
		return read_one(o, path);
	if (depth == DEPTH_MAX)
		return err_set(o->err, OUTCOME_INPUT, "%s: directories nested deeper than %d", path,
		    DEPTH_MAX);
	if (source_check(path, o->err) < 0 || listdir_read(&dir, path, o->err) < 0)
		return -1;
	for (size_t i = 0; i < dir.count && rc == 0; i++) {
		autofree char *below = file_join(path, dir.name[i]);

		if (is_dir(below) ? !*ending(dir.name[i]) && dir.name[i][0] != '.' &&
					!str_ends(dir.name[i], "~")
				  : is_read(dir.name[i]))
			rc = read_tree(o, below, depth + 1);
	}
	listdir_fini(&dir);
	return rc;
}

/* The owner that an entry is named after, and how far down its ending stands in the list: of NAME,
 * NAME.yml, NAME.yaml and NAME.json the first that is there is read. */
static bool
find_owner(struct owner *o, bool hosts, const char *entry, size_t *rank)
{
	struct inventory *inv = o->a.inv;
	const char *end = ending(entry);

	for (size_t i = 0; i < countof(endings); i++) {
		autofree char *name = NULL;
		size_t at = 0;

		if (i && !str_eq(end, endings[i]))
			continue;
		name = xmemdup0(entry, i ? (size_t)(end - entry) : strlen(entry));
		*rank = i;
		if (hosts && strmap_find(&inv->host_map, name, &at)) {
			o->host = inv->host[at];
			return true;
		}
		o->group = ANSIBLE_ALL;
		if (!hosts &&
		    (str_eq(name, "all") || strmap_find(&inv->group_map, name, &o->group)))
			return true;
	}
	return false;
}

/* Is there an entry that is read instead of this one? */
static bool
is_hidden(struct owner *o, const char *path, const char *entry, size_t rank)
{
	const char *end = rank ? ending(entry) : entry + strlen(entry);

	for (size_t i = 0; i < rank; i++) {
		autofree char *other =
		    xasprintf("%s/%.*s%s", path, (int)(end - entry), entry, endings[i]);

		if (!file_exists(other))
			continue;
		diag_warn(o->a.diag,
		    (struct mark){ .file = arena_printf(o->a.inv->arena, "%s/%s", path, entry) },
		    "this is not read, because %s is", other);
		return true;
	}
	return false;
}

static int
read_vars(struct owner *o, const char *dir, bool hosts)
{
	autofree char *path = file_join(dir, hosts ? "host_vars" : "group_vars");
	struct listdir list;
	int rc = 0;

	if (!is_dir(path))
		return 0;
	if (source_check(path, o->err) < 0 || listdir_read(&list, path, o->err) < 0)
		return -1;
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		autofree char *below = file_join(path, list.name[i]);
		size_t rank;

		o->host = NULL;
		if (find_owner(o, hosts, list.name[i], &rank) &&
		    !is_hidden(o, path, list.name[i], rank))
			rc = read_tree(o, below, 0);
	}
	listdir_fini(&list);
	return rc;
}

int
varfiles_read(struct inventory *inv, const char *dir, struct diag *diag, struct err *err)
{
	struct owner o = { .a = { .inv = inv, .diag = diag }, .err = err };

	if (read_vars(&o, dir, false) < 0)
		return -1;
	return read_vars(&o, dir, true);
}
