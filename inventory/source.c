#include "inventory/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/ansible.h"
#include "inventory/hostlist.h"
#include "inventory/listdir.h"
#include "inventory/model.h"
#include "inventory/program.h"
#include "inventory/read.h"
#include "inventory/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 8
#define TOTAL_MAX ((size_t)64 << 20) /* bytes of all files of one load */

/* One source being read. */
struct reading {
	struct inventory *inv;
	struct diag *diag;
	struct err *err;
	bool run;     /* the user named this very file: a program is run */
	size_t files; /* read so far */
};

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

int
source_check(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return check_owner(path, &st, err);
	err_errno(err, "%s", path);
	err->kind = OUTCOME_INPUT;
	return -1;
}

char *
source_text(struct inventory *inv, const char *path, size_t *ret_len, struct err *err)
{
	char *text;

	if (source_check(path, err) < 0)
		return NULL;
	text = file_read(path, YAML_SIZE_MAX, ret_len, err);
	if (text && (inv->read += *ret_len) > TOTAL_MAX) {
		err_set(err, OUTCOME_INPUT,
		    "%s: with it the inventory is too large: %zu MiB is the limit", path,
		    TOTAL_MAX >> 20);
		free(text);
		return NULL;
	}
	return text;
}

static void
read_form(struct inventory *inv, enum form form, const char *path, const char *text, size_t len,
    struct diag *diag)
{
	struct ansible a = { .inv = inv, .diag = diag, .path = arena_strdup(inv->arena, path) };
	const struct yaml_node *root;

	if (form == FORM_ANSIBLE_INI) {
		ansible_ini(&a, text, len);
		return;
	}
	root = yaml_parse_ansible(inv->arena, path, text, len, diag);
	if (root && form == FORM_ANSIBLE_YAML)
		ansible_yaml(&a, root);
	else if (root)
		ansible_listing(&a, root);
}

void
source_parse(
    struct inventory *inv, const char *path, const char *text, size_t len, struct diag *diag)
{
	enum form form = sniff_form(path, text, len);

	if (form == FORM_DROVER)
		read_text(inv, path, text, len, diag);
	else
		read_form(inv, form, path, text, len, diag);
}

/* A script or a compiled program: what it begins with, and whether it may be run. */
static bool
is_program(const char *path, const struct stat *st)
{
	char head[4] = { 0 };
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (!(st->st_mode & 0111) || fd < 0 || read(fd, head, sizeof(head)) < 2)
		return false;
	return memcmp(head, "#!", 2) == 0 || memcmp(head, "\177ELF", 4) == 0;
}

static int
run_program(struct reading *r, const char *path)
{
	autofree char *here = strchr(path, '/') ? xstrdup(path) : xasprintf("./%s", path);

	if (!r->run)
		return err_set(r->err, OUTCOME_INPUT,
		    "%s: a program: it is run only when -i names it itself: -i %s", path, path);
	return program_read(r->inv, here, r->diag, r->err);
}

static int
read_regular(struct reading *r, const char *path, const struct stat *st)
{
	size_t len = 0;

	if (!S_ISREG(st->st_mode))
		return err_set(r->err, OUTCOME_INPUT, "%s: not a regular file", path);
	if (source_check(path, r->err) < 0)
		return -1;
	r->files++;
	if (is_program(path, st))
		return run_program(r, path);
	if (str_ends(path, ".toml"))
		return err_set(r->err, OUTCOME_INPUT,
		    "%s: TOML is not read: `ansible-inventory --list` makes JSON of it", path);
	autofree char *text = source_text(r->inv, path, &len, r->err);
	if (!text)
		return -1;
	source_parse(r->inv, path, text, len, r->diag);
	return 0;
}

/* What Ansible leaves out in a directory of inventories. */
static bool
is_ignored(const char *name)
{
	static const char *const ends[] = { "~", ".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md",
		".txt", ".rst", ".orig", ".ini", ".cfg", ".retry" };

	if (*name == '.' || str_eq(name, "group_vars") || str_eq(name, "host_vars") ||
	    str_eq(name, "vars_plugins"))
		return true;
	for (size_t i = 0; i < countof(ends); i++) {
		if (str_ends(name, ends[i]))
			return true;
	}
	return false;
}

static int
read_directory(struct reading *r, const char *path, int depth)
{
	struct listdir dir;
	struct stat st;
	int rc = 0;

	if (depth == DEPTH_MAX)
		return err_set(r->err, OUTCOME_INPUT, "%s: directories nested deeper than %d", path,
		    DEPTH_MAX);
	if (source_check(path, r->err) < 0 || listdir_read(&dir, path, r->err) < 0)
		return -1;
	for (size_t i = 0; i < dir.count && rc == 0; i++) {
		autofree char *below = file_join(path, dir.name[i]);

		if (is_ignored(dir.name[i]))
			continue;
		if (stat(below, &st) < 0) {
			rc = err_errno(r->err, "%s", below);
			r->err->kind = OUTCOME_INPUT;
		} else if (S_ISDIR(st.st_mode)) {
			rc = read_directory(r, below, depth + 1);
		} else {
			rc = read_regular(r, below, &st);
		}
	}
	listdir_fini(&dir);
	return rc;
}

/* Where group_vars/ and host_vars/ are looked for: once in each place. */
static void
note_dir(struct inventory *inv, const char *dir)
{
	char real[PATH_MAX];
	const char *path = realpath(dir, real) ? real : dir;

	for (size_t i = 0; i < inv->dir_count; i++) {
		if (str_eq(inv->dir[i], path))
			return;
	}
	mem_grow(inv->dir, inv->dir_count, inv->dir_cap);
	inv->dir[inv->dir_count++] = arena_strdup(inv->arena, dir);
}

static int
read_whole_directory(struct reading *r, const char *path)
{
	static const char *const vars[] = { "group_vars", "host_vars" };

	r->run = false;
	if (read_directory(r, path, 0) < 0)
		return -1;
	if (!r->files)
		return err_set(r->err, OUTCOME_INPUT,
		    "%s: no inventory in it (as for Ansible, files that end in .ini .cfg .txt .md "
		    ".bak .orig .retry or ~ do not count in a directory)",
		    path);
	for (size_t i = 0; i < countof(vars); i++) {
		autofree char *below = file_join(path, vars[i]);

		r->inv->ansible |= file_exists(below);
	}
	note_dir(r->inv, path);
	return 0;
}

static int
read_path(struct reading *r, const char *path)
{
	bool before = r->inv->ansible;
	char real[PATH_MAX];
	struct stat st;

	if (stat(path, &st) < 0) {
		err_errno(r->err, "%s", path);
		r->err->kind = OUTCOME_INPUT;
		return -1;
	}
	if (!r->inv->path)
		r->inv->path = arena_strdup(r->inv->arena, realpath(path, real) ? real : path);
	if (S_ISDIR(st.st_mode))
		return read_whole_directory(r, path);
	r->inv->ansible = false;
	if (read_regular(r, path, &st) < 0)
		return -1;
	if (r->inv->ansible) {
		autofree char *dir = file_dir(path);

		note_dir(r->inv, dir);
	}
	r->inv->ansible |= before;
	return 0;
}

int
source_read(
    struct inventory *inv, const char *source, bool typed, struct diag *diag, struct err *err)
{
	struct reading r = { .inv = inv, .diag = diag, .err = err, .run = typed };

	if (source_is_file(source)) {
		size_t len = strlen(source);

		while (len > 1 && source[len - 1] == '/')
			len--;
		return read_path(&r, arena_memdup0(inv->arena, source, len));
	}
	return hostlist_read(inv, source, diag, err);
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
