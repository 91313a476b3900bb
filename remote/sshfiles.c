#include "remote/sshfiles.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX    ((size_t)1 << 20)
#define DEPTH_MAX   16
#define FILES_MAX   1000
#define SYSTEM_FILE "/etc/ssh/ssh_config"

struct reader {
	struct digest *digest;
	const char *include_dir;            /* of relative Include paths */
	const struct sshfiles_watch *watch; /* NULL: nobody */
	int depth, files;
	bool cacheable;
};

static void
add_text(struct reader *r, const char *what, const char *text)
{
	digest_add(r->digest, what, strlen(what) + 1);
	digest_add(r->digest, text, strlen(text) + 1);
}

static void
add_stat(struct reader *r, const char *path, bool with_mtime)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		add_text(r, "absent", path);
		return;
	}
	autofree char *text = xasprintf("%s %u %o %jd %jd %ld", path, (unsigned)st.st_uid,
	    (unsigned)st.st_mode, with_mtime ? (intmax_t)st.st_size : 0,
	    with_mtime ? (intmax_t)st.st_mtim.tv_sec : 0, with_mtime ? st.st_mtim.tv_nsec : 0L);
	add_text(r, "file", text);
}

char *
sshfiles_home(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw && pw->pw_dir ? xstrdup(pw->pw_dir) : file_home();
}

char *
sshfiles_tilde(const char *path)
{
	if (path[0] != '~')
		return xstrdup(path);
	const char *slash = strchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) - 1 : strlen(path) - 1;
	if (n == 0) {
		autofree char *home = sshfiles_home();

		return xasprintf("%s%s", home, slash ? slash : "");
	}
	autofree char *user = xmemdup0(path + 1, n);
	const struct passwd *pw = getpwnam(user);
	return pw ? xasprintf("%s%s", pw->pw_dir, slash ? slash : "") : xstrdup(path);
}

/* The next word of a configuration line: bare or in double quotes. *pp moves behind it; caller
 * frees; NULL at the end or at a comment. */
static char *
next_word(const char **pp)
{
	const char *p = *pp + strspn(*pp, " \t\r\f\v");

	if (!*p || *p == '#')
		return NULL;
	bool quoted = *p == '"';
	const char *from = quoted ? p + 1 : p;
	size_t n = strcspn(from, quoted ? "\"" : " \t\r\f\v");
	*pp = from + n + (quoted && from[n] ? 1 : 0);
	return xmemdup0(from, n);
}

static void read_file(struct reader *r, const char *path);

/* What a glob finds now is part of the state, and so is each of the files. */
static void
read_include(struct reader *r, const char *word)
{
	autofree char *wide = sshfiles_tilde(word);
	autofree char *pattern = file_join(r->include_dir, wide);
	glob_t found;

	add_text(r, "include", pattern);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_file(r, found.gl_pathv[i]);
	globfree(&found);
}

static bool
says_no(const char *word)
{
	return !word || strcasecmp(word, "no") == 0 || strcasecmp(word, "false") == 0;
}

/* A Match criterion may stand alone, behind "=", or behind "!". */
static bool
decides_at_run_time(const char *criterion)
{
	const char *c = criterion + (*criterion == '!');

	return strncasecmp(c, "exec", 4) == 0 || strncasecmp(c, "localnetwork", 12) == 0;
}

static void
read_match(struct reader *r, const char *rest)
{
	for (;;) {
		autofree char *word = next_word(&rest);

		if (!word)
			return;
		if (decides_at_run_time(word))
			r->cacheable = false;
	}
}

static void
show_line(struct reader *r, const struct sshfiles_line *l)
{
	if (r->watch && *l->key)
		r->watch->line(r->watch->user, l);
}

static void
read_line(struct reader *r, const char *file, int number, char *line)
{
	const char *p = line + strspn(line, " \t\r\f\v");
	size_t n = strcspn(p, " \t\r\f\v=");
	autofree char *key = xmemdup0(p, n);

	if (strstr(p, "${") || strchr(key, '"'))
		r->cacheable = false;
	p += n;
	p += strspn(p, " \t\r\f\v");
	if (*p == '=')
		p++;
	p += strspn(p, " \t\r\f\v");
	if (*key != '#')
		show_line(r, &(struct sshfiles_line){
				 .file = file, .key = key, .rest = p, .number = number });
	if (strcasecmp(key, "Match") == 0) {
		read_match(r, p);
	} else if (strcasecmp(key, "CanonicalizeHostname") == 0) {
		autofree char *word = next_word(&p);

		if (!says_no(word))
			r->cacheable = false;
	} else if (strcasecmp(key, "Include") == 0) {
		for (;;) {
			autofree char *word = next_word(&p);

			if (!word)
				return;
			read_include(r, word);
		}
	}
}

static void
read_file(struct reader *r, const char *path)
{
	struct err err;
	size_t len;

	add_stat(r, path, false);
	if (!file_exists(path) && errno == ENOENT)
		return;
	if (r->depth >= DEPTH_MAX || ++r->files > FILES_MAX) {
		r->cacheable = false;
		return;
	}
	autofree char *text = file_read(path, FILE_MAX, &len, &err);
	if (!text) {
		r->cacheable = false;
		return;
	}
	digest_add(r->digest, text, len + 1);
	if (strlen(text) != len)
		r->cacheable = false;
	int number = 0;
	r->depth++;
	if (r->watch)
		r->watch->enter(r->watch->user);
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		read_line(r, path, ++number, line);
	}
	if (r->watch)
		r->watch->leave(r->watch->user);
	r->depth--;
}

/* The program by its place, size and age: finer than its version, and nothing has to be run. */
static void
add_program(struct reader *r, const char *ssh)
{
	const char *path = getenv("PATH");

	if (strchr(ssh, '/')) {
		add_stat(r, ssh, true);
		return;
	}
	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");
		autofree char *dir = n ? xmemdup0(p, n) : xstrdup(".");
		autofree char *file = xasprintf("%s/%s", dir, ssh);

		if (access(file, X_OK) == 0) {
			add_stat(r, file, true);
			return;
		}
		p += n + (p[n] == ':');
	}
	add_text(r, "absent", ssh);
}

static void
add_surroundings(struct reader *r)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *home = getenv("HOME");
	char machine[256] = "";

	gethostname(machine, sizeof(machine) - 1);
	add_text(r, "machine", machine);
	add_text(r, "user", pw ? pw->pw_name : "");
	add_text(r, "home", home ? home : "");
}

void
sshfiles_read(const char *config, const char *ssh, struct sshfiles *ret)
{
	sshfiles_walk(config, ssh, NULL, ret);
}

void
sshfiles_walk(
    const char *config, const char *ssh, const struct sshfiles_watch *watch, struct sshfiles *ret)
{
	autofree char *home = sshfiles_home();
	autofree char *user_dir = xasprintf("%s/.ssh", home);
	autofree char *user_file = xasprintf("%s/config", user_dir);
	struct reader r = {
		.digest = digest_new(), .include_dir = user_dir, .watch = watch, .cacheable = true
	};

	add_program(&r, ssh);
	add_surroundings(&r);
	if (config && !str_eq(config, "none")) {
		read_file(&r, config);
	} else if (!config) {
		read_file(&r, user_file);
		r.include_dir = "/etc/ssh";
		read_file(&r, SYSTEM_FILE);
	}
	digest_end(r.digest, ret->stamp);
	ret->cacheable = r.cacheable;
}
