#include "base/git.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <dlfcn.h>
#include <git2.h>
#include <string.h>
#include <sys/stat.h>

/* The functions used, by the types of the header this was compiled with: only that version of the
 * library is loaded. */
struct library {
	__typeof__(&git_libgit2_init) init;
	__typeof__(&git_libgit2_shutdown) shutdown;
	__typeof__(&git_libgit2_opts) opts;
	__typeof__(&git_repository_open_ext) open;
	__typeof__(&git_repository_free) free_repository;
	__typeof__(&git_reference_lookup) lookup;
	__typeof__(&git_reference_symbolic_target) symbolic_target;
	__typeof__(&git_reference_name_to_id) name_to_id;
	__typeof__(&git_reference_free) free_reference;
	__typeof__(&git_oid_tostr) oid_tostr;
	__typeof__(&git_status_options_init) options_init;
	__typeof__(&git_status_foreach_ext) status_each;
};

static bool
load(struct library *lib, void *handle)
{
	const struct {
		void *to;
		const char *name;
	} names[] = {
		{ &lib->init, "git_libgit2_init" },
		{ &lib->shutdown, "git_libgit2_shutdown" },
		{ &lib->opts, "git_libgit2_opts" },
		{ &lib->open, "git_repository_open_ext" },
		{ &lib->free_repository, "git_repository_free" },
		{ &lib->lookup, "git_reference_lookup" },
		{ &lib->symbolic_target, "git_reference_symbolic_target" },
		{ &lib->name_to_id, "git_reference_name_to_id" },
		{ &lib->free_reference, "git_reference_free" },
		{ &lib->oid_tostr, "git_oid_tostr" },
		{ &lib->options_init, "git_status_options_init" },
		{ &lib->status_each, "git_status_foreach_ext" },
	};

	for (size_t i = 0; i < countof(names); i++) {
		void *symbol = dlsym(handle, names[i].name);

		if (!symbol)
			return false;
		memcpy(names[i].to, &symbol, sizeof(symbol));
	}
	return true;
}

static int
is_dirty(const char *path, unsigned flags, void *user)
{
	(void)path;
	(void)flags;
	*(bool *)user = true;
	return 1; /* one is enough */
}

static void
read_branch(const struct library *lib, git_repository *repo, struct git_state *ret)
{
	git_reference *head = NULL;

	if (lib->lookup(&head, repo, "HEAD") != 0)
		return;
	const char *target = lib->symbolic_target(head);
	if (target && str_starts(target, "refs/heads/"))
		str_copy(ret->branch, sizeof(ret->branch), target + strlen("refs/heads/"));
	lib->free_reference(head);
}

static bool
read_state(const struct library *lib, const char *dir, struct git_state *ret)
{
	git_repository *repo = NULL;
	git_status_options options;
	git_oid commit;

	*ret = (struct git_state){ .dirty = false };
	if (lib->open(&repo, dir, 0, NULL) != 0)
		return false;
	read_branch(lib, repo, ret);
	if (lib->name_to_id(&commit, repo, "HEAD") == 0)
		lib->oid_tostr(ret->head, sizeof(ret->head), &commit);
	bool readable = lib->options_init(&options, GIT_STATUS_OPTIONS_VERSION) == 0;
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED;
	int rc = readable ? lib->status_each(repo, &options, is_dirty, &ret->dirty) : -1;
	lib->free_repository(repo);
	/* A bare one has nothing that could be dirty. */
	return rc >= 0 || rc == GIT_EBAREREPO;
}

/* The directory to ask about. */
static char *
directory_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? xstrdup(path) : file_dir(path);
}

bool
git_state(const char *path, struct git_state *ret)
{
	struct library lib;
	autofree char *dir = directory_of(path);
	void *handle = dlopen("libgit2.so." LIBGIT2_SOVERSION, RTLD_NOW | RTLD_LOCAL);
	bool found = false;

	if (!handle)
		return false;
	if (load(&lib, handle) && lib.init() > 0) {
		/* Repositories of other users are read, never run: whose they are is not asked. */
		lib.opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
		found = read_state(&lib, dir, ret);
		lib.shutdown();
	}
	dlclose(handle);
	return found;
}

char *
git_describe(const char *path)
{
	struct git_state s;

	if (!git_state(path, &s))
		return NULL;
	if (!s.head[0])
		return xasprintf("%s without a commit", s.branch);
	return xasprintf(
	    "%s %.12s%s", s.branch[0] ? s.branch : "detached", s.head, s.dirty ? " dirty" : "");
}
