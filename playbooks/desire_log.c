/* The log of an app as one host has it: its file and the directory of that. */
#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/desire_inner.h"
#include "playbooks/place.h"
#include "playbooks/podman.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define OLDER_MOST 101 /* FILE.101 is the last that a keeper has to do with */

/* What only root's service manager gives. */
static void
check_whose(struct desire *d, const struct app_decl *decl, const char *as)
{
	if (str_eq(as, PODMAN_ROOT))
		return;
	if (decl->log.namespace)
		desire_wrong(d, decl->log.mark,
		    "log: only root's service manager has units log to a namespace, and %s is %s's",
		    decl->name, as);
	if (decl->log.file.text)
		desire_wrong(d, decl->log.mark,
		    "log: a file is kept for apps of root alone, and %s is %s's", decl->name, as);
}

/* Whose it is, or whose older one, or whose is an older one of it. */
static bool
collides(struct desire *d, const char *file, size_t *ret_other)
{
	const char *dot = strrchr(file, '.');
	size_t digits = dot ? strspn(dot + 1, "0123456789") : 0;

	if (strmap_find(&d->logs, file, ret_other))
		return true;
	if (digits > 0 && digits <= 3 && !dot[1 + digits] && dot[1] != '0' &&
	    strmap_find(
		&d->logs, arena_printf(d->arena, "%.*s", (int)(dot - file), file), ret_other))
		return true;
	for (int n = 1; n <= OLDER_MOST; n++) {
		char older[PATH_MAX];

		snprintf(older, sizeof(older), "%s.%d", file, n);
		if (strmap_find(&d->logs, older, ret_other))
			return true;
	}
	return false;
}

/* Where what is there is no log, whatever it is called. */
static bool
check_root(struct desire *d, const struct app_decl *decl, const char *file)
{
	static const char *const roots[] = { "/etc/drover/", "/var/lib/drover/", "/run/", "/proc/",
		"/sys/", "/dev/", "/usr/", "/boot/" };

	for (size_t i = 0; i < countof(roots); i++)
		if (strncmp(file, roots[i], strlen(roots[i])) == 0) {
			desire_wrong_text(d, decl->log.file.mark,
			    "file: below %s is no place for a log: %.200s (host %s)", roots[i],
			    file, d->host->name);
			return false;
		}
	return true;
}

/* Each replica has a file to itself, and no other app has one of them. */
static bool
check_files(struct desire *d, const struct app_decl *decl, const struct app *app)
{
	struct mark mark = decl->log.file.mark;
	bool good = true;

	for (int n = 0; n < app->replicas && good; n++) {
		const char *file = app_log_file(app, n, d->arena);
		size_t other = 0;

		if (d->here.maybe)
			continue;
		if (!collides(d, file, &other)) {
			strmap_add(&d->logs, file, (size_t)(decl - d->playbook->app), &other);
			continue;
		}
		good = false;
		if (&d->playbook->app[other] == decl)
			desire_wrong_text(d, mark,
			    "file: with %d replicas its name must hold %%n, the number of the "
			    "replica: %.200s (host %s)",
			    app->replicas, file, d->host->name);
		else
			desire_wrong_text(d, mark, "file: %.200s is the log of %s, too%s (host %s)",
			    file, d->playbook->app[other].name,
			    strmap_find(&d->logs, file, &other) ? "" : ", or an older one",
			    d->host->name);
	}
	return good;
}

/* The directory, root's, wanted in front of the app; what is there already stays as it is. */
static bool
want_dir(struct desire *d, const struct app_decl *decl, const char *file)
{
	const char *slash = strrchr(file, '/');
	struct resource *r = arena_alloc(d->arena, sizeof(*r));

	if (slash == file || !slash[1] || memchr(file, '%', (size_t)(slash - file))) {
		desire_wrong_text(d, decl->log.file.mark,
		    "file: a file in a directory without %% in its name is wanted here, not "
		    "\"%.100s\" (host %s)",
		    file, d->host->name);
		return false;
	}
	place_dir(d->arena, r, arena_printf(d->arena, "%.*s", (int)(slash - file), file));
	r->app = decl->name;
	r->mark = decl->log.file.mark;
	r->implied = true;
	place_seal(r);
	return desire_add(d, r);
}

bool
desire_log(struct desire *d, const struct app_decl *decl, const char *as, struct app_log *ret)
{
	struct app probe = { .name = decl->name, .replicas = (int)decl->replicas };
	const char *file = decl->log.file.text ? desire_path(d, &decl->log.file, "file") : NULL;

	*ret = (struct app_log){ .namespace = decl->log.namespace,
		.file = file,
		.max = decl->log.max,
		.keep = decl->log.keep,
		.mark = decl->log.mark };
	check_whose(d, decl, as);
	if (!decl->log.file.text)
		return true;
	probe.log = *ret;
	return file && check_root(d, decl, file) && want_dir(d, decl, file) &&
	       check_files(d, decl, &probe);
}
