#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/set_words.h"
#include "engine/herd.h"
#include "engine/payload.h"
#include "engine/probe.h"
#include "engine/put.h"
#include "engine/run.h"
#include "engine/tree.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct options {
	bool preserve, verify, resume, make_dirs, become;
	const char *mode, *owner;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_TEXT, 'm', "mode", AT(mode), "MODE",
	    .summary = "permissions, in octal (those of the file that is replaced, else ours)" },
	{ OPTION_TEXT, 0, "owner", AT(owner), "USER[:GROUP]",
	    .summary = "whom it belongs to (as before, else who logs in)" },
	{ OPTION_FLAG, 'p', "preserve", AT(preserve),
	    .summary = "our permissions and time of change, exactly" },
	{ OPTION_FLAG, 0, "verify", AT(verify),
	    .summary = "read it back on the host and compare digests before it is put in place" },
	{ OPTION_FLAG, 0, "resume", AT(resume),
	    .summary = "keep what has come when the link is lost, and go on from there" },
	{ OPTION_FLAG, 0, "mkdir", AT(make_dirs),
	    .summary = "make the directories that are missing" },
	{ OPTION_FLAG, 'B', "become", AT(become),
	    .summary = "as root, or the inventory's become_user, by its become (sudo)" },
	{ .type = OPTION_END },
};

struct work {
	const struct set *set;
	struct put_spec spec;
	struct put **puts; /* in the order of the set */
	size_t ended;
	int fd;
};

static size_t
index_of(const struct work *w, const struct herd_host *hh)
{
	size_t i = 0;

	while (w->set->hosts[i] != herd_host_of(hh))
		i++;
	return i;
}

/* "1.0 GiB in 1.2 s, 853.3 MiB/s" */
static void
describe(const struct put_end *end, struct err *ret)
{
	char bytes[16], rate[16];
	double s = (double)end->send_ms / 1000;

	str_bytes(end->bytes, bytes, sizeof(bytes));
	str_bytes(s > 0 ? (uint64_t)((double)end->bytes / s) : end->bytes, rate, sizeof(rate));
	if (end->bytes == 0)
		snprintf(ret->text, sizeof(ret->text), "no content was sent");
	else if (s < 0.1)
		snprintf(ret->text, sizeof(ret->text), "%s", bytes);
	else
		snprintf(ret->text, sizeof(ret->text), "%s in %.1f s, %s/s", bytes, s, rate);
}

static void
on_put(void *user, struct herd_host *hh, const struct put_end *end)
{
	struct asking *a = user;
	struct work *w = a->user;
	struct err err = end->err;

	w->puts[index_of(w, hh)] = NULL;
	w->ended++;
	if (err.kind == OUTCOME_CHANGED)
		describe(end, &err);
	asking_done(a, hh, &err);
}

static void
on_progress(void *user, struct herd_host *hh, uint64_t bytes)
{
	struct asking *a = user;
	struct work *w = a->user;
	uint64_t total = UINT64_MAX;

	payload_length(w->spec.payload, &total);
	run_progress(a->run, herd_host_of(hh)->name, bytes, total);
}

static void
on_ask(struct asking *a, struct herd_host *hh)
{
	struct work *w = a->user;
	size_t ended = w->ended;
	struct put *p = put_start(hh, &w->spec);

	/* It may be over, and gone, already. */
	if (w->ended == ended)
		w->puts[index_of(w, hh)] = p;
}

static void
on_cut(struct asking *a, struct herd_host *hh)
{
	struct work *w = a->user;
	struct put *p = w->puts[index_of(w, hh)];

	if (p)
		put_cut(p);
}

static int
copy(struct call *call, struct work *w, bool stream)
{
	struct asking a = { .call = call,
		.set = w->set,
		.verb = "cp",
		.ask = on_ask,
		.cut = on_cut,
		/* A stream is read once, for all. */
		.parallel = stream ? (int)w->set->count : 0,
		.user = w };
	int code;

	w->puts = xcalloc(w->set->count, sizeof(struct put *));
	w->spec.done = on_put;
	w->spec.progress = on_progress;
	w->spec.user = &a;
	code = asking_run(&a);
	free(w->puts);
	return code;
}

/* Open what is to be copied and look at it. */
static int
open_source(struct call *call, const char *path, struct stat *st)
{
	struct err err;
	int fd = STDIN_FILENO;

	if (str_eq(path, "-"))
		out_uses_stdin(call->out);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode) || S_ISFIFO(st->st_mode) || fd == STDIN_FILENO)
			return fd;
		call_usage(call, "%s: %s is not copied", path,
		    S_ISDIR(st->st_mode) ? "a directory" : "what is neither file nor pipe");
	} else {
		err_errno(&err, "%s", path);
		err.kind = OUTCOME_INPUT;
		call_fail(call, &err);
	}
	if (fd > STDERR_FILENO)
		close(fd);
	return -1;
}

/* One file, or a stream that becomes one. */
static int
copy_file(struct call *call, struct work *w, const char *source)
{
	struct loop *loop = call_loop(call);
	struct stat st;
	int fd = open_source(call, source, &st), code;
	bool stream;

	if (fd < 0)
		return call->exit;
	stream = !S_ISREG(st.st_mode);
	if (stream) {
		w->spec.payload = payload_stream(loop, fd, w->set->count, w->spec.verify);
	} else {
		off_t from = fd == STDIN_FILENO ? lseek(fd, 0, SEEK_CUR) : 0;
		uint64_t begun = from > 0 ? (uint64_t)from : 0, size = (uint64_t)st.st_size;

		w->spec.payload = payload_file(loop, fd, size > begun ? size - begun : 0);
	}
	w->spec.source_mode = S_ISREG(st.st_mode) ? st.st_mode & 0777 : 0666;
	w->spec.mtime = st.st_mtime;
	code = copy(call, w, stream);
	payload_free(w->spec.payload);
	if (fd != STDIN_FILENO)
		close(fd);
	return code;
}

static bool
read_mode(struct call *call, const char *text, int *ret)
{
	size_t n = text ? strlen(text) : 0;

	*ret = -1;
	if (!text)
		return true;
	if (n == 0 || n > 5 || strspn(text, "01234567") != n || strtol(text, NULL, 8) > 07777) {
		call_usage(call, "--mode %s: not permissions in octal, as 0644", text);
		return false;
	}
	*ret = (int)strtol(text, NULL, 8);
	return true;
}

/* USER, USER:GROUP or :GROUP, by name or number. */
static bool
check_owner(struct call *call, const char *text)
{
	static const char alphabet[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t user, group;

	if (!text)
		return true;
	user = strspn(text, alphabet);
	group = text[user] == ':' ? strspn(text + user + 1, alphabet) : 0;
	if (text[0] != '-' && user + group > 0 &&
	    text[user + (text[user] == ':') + group] == '\0' && (text[user] != ':' || group > 0))
		return true;
	call_usage(call, "--owner %s: not USER or USER:GROUP", text);
	return false;
}

static bool
take_options(struct call *call, struct put_spec *spec)
{
	const struct options *o = call->options;

	spec->owner = o->owner;
	spec->exact = o->preserve;
	spec->make_dirs = o->make_dirs;
	spec->become = o->become;
	spec->verify = o->verify;
	spec->resume = o->resume;
	return read_mode(call, o->mode, &spec->mode) && check_owner(call, o->owner);
}

/* Where one file goes; NULL: said why. A name on a host that is a directory there is refused by the
 * host: what a command means must not depend on what each host has. */
static char *
file_path(struct call *call, const char *source, const char *typed)
{
	size_t n = strlen(typed);
	struct err err;
	autofree char *name = NULL;

	if (n > 0 && typed[n - 1] != '/' && !str_eq(typed, "~")) {
		char *path = put_path(typed, &err);

		if (!path)
			call_fail(call, &err);
		return path;
	}
	name = str_eq(source, "-") ? NULL : place_name(source);
	if (!name) {
		call_usage(
		    call, "%s has no name to go by: say which file, not which directory", source);
		return NULL;
	}
	autofree char *whole = xasprintf("%s%s%s", typed, str_eq(typed, "~") ? "/" : "", name);
	char *path = put_path(whole, &err);
	if (!path)
		call_fail(call, &err);
	return path;
}

static bool
add_source(struct call *call, struct tree *tree, const char *source, bool named)
{
	autofree char *real = realpath(source, NULL);
	autofree char *name = real ? place_name(real) : NULL;
	struct err err;

	/* "." and "dir/.." have the name of what they lead to. */
	if (named && real && !name) {
		call_usage(call, "%s has no name to go by", source);
		return false;
	}
	if (tree_add(tree, source, named ? name : "", &err) == 0)
		return true;
	call_fail(call, &err);
	return false;
}

/* Directories, or several sources: one archive, which every host merges into one directory. */
static int
copy_tree(struct call *call, struct work *w, const char *typed)
{
	const struct options *o = call->options;
	size_t sources = (size_t)call->argc - 1, n = strlen(typed);
	bool into = sources > 1 || n == 0 || typed[n - 1] == '/' || str_eq(typed, "~");
	struct tree *tree;
	char token[PROBE_NONCE];
	int code = 0;

	if (o->mode || o->verify || o->resume)
		return call_usage(call, "--%s is for one file",
		    o->mode ? "mode" : (o->verify ? "verify" : "resume"));
	tree = tree_new();
	for (size_t i = 0; i < sources && !code; i++)
		code = add_source(call, tree, call->argv[i], into) ? 0 : call->exit;
	if (!code) {
		probe_nonce(token);
		const struct payload_maker maker = { tree_read_at, tree };
		uint64_t length = tree_end(tree, token);

		w->spec.token = token;
		w->spec.into = into;
		w->spec.payload = payload_made(call_loop(call), &maker, length);
		code = copy(call, w, false);
		payload_free(w->spec.payload);
	}
	tree_free(tree);
	return code;
}

static char *
tree_path(struct call *call, const char *typed)
{
	struct err err;
	char *path = put_path(typed, &err);

	if (!path)
		call_fail(call, &err);
	return path;
}

static int
run(struct call *call)
{
	const char *source = call->argv[0];
	struct work w = { .spec = { .mode = -1 } };
	autofree char *words = NULL, *typed = NULL, *path = NULL, *expr = NULL;
	struct set set;
	struct stat st;
	bool tree = call->argc > 2;
	int code;

	if (!place_split(call, call->argv[call->argc - 1], &words, &typed))
		return call->exit;
	tree |= !str_eq(source, "-") && stat(source, &st) == 0 && S_ISDIR(st.st_mode);
	for (int i = 0; tree && i < call->argc - 1; i++) {
		if (str_eq(call->argv[i], "-"))
			return call_usage(call, "standard input is copied alone");
	}
	path = tree ? tree_path(call, typed) : file_path(call, source, typed);
	if (!path || !take_options(call, &w.spec))
		return call->exit;
	if (w.spec.resume && str_eq(source, "-"))
		return call_usage(
		    call, "--resume needs a file: standard input cannot be read again");
	expr = set_words(call, words, str_eq(source, "-"));
	if (!expr || !call_set(call, expr, &set))
		return call->exit;
	w.set = &set;
	w.spec.path = path;
	code = tree ? copy_tree(call, &w, typed) : copy_file(call, &w, source);
	set_fini(&set);
	return code;
}

const struct command command_cp = {
	.name = "cp",
	.synopsis = "SRC... SET:DEST",
	.summary = "copy files and directories to hosts",
	.text =
	    "SRC is read once for all hosts; - is standard input. A DEST that ends in / is the\n"
	    "directory that it goes into, any other DEST is the file itself; one without a / in\n"
	    "front is below the home of who logs in. The file arrives under another name beside\n"
	    "DEST, is checked and synced, and takes its place by rename: whatever happens before,\n"
	    "the old file stands as it was. A host that has the same content already is ok and\n"
	    "gets nothing; one that takes nothing for 30 s has failed.\n"
	    "\n"
	    "A directory, or several SRC, are merged into the directory DEST file by file, once\n"
	    "all has come and nothing of another kind is in the way; what is only there stays.\n"
	    "Without a / behind DEST one directory becomes DEST itself. Symbolic links in it are\n"
	    "copied as links; sockets, pipes and devices are refused.\n"
	    "\n"
	    "A file that is replaced keeps its permissions and its owner. A DEST that is a\n"
	    "symbolic link is refused. Cattle that was changed by cp is marked as strayed.\n",
	.examples =
	    "drover cp motd @web:/etc/\tas /etc/motd on every host of a group\n"
	    "drover cp -m 0640 --owner root:adm app.conf web1:/etc/app/app.conf\twho may read it\n"
	    "drover cp site/ @web:/srv/www\ta directory, as /srv/www\n"
	    "drover cp --verify --resume disk.img @lab:/srv/\ta large one\n"
	    "make-list | drover cp - @web:list\twhat a command says\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
