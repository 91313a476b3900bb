#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/work.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/set_words.h"
#include "engine/get.h"
#include "engine/herd.h"
#include "engine/put.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <fcntl.h>
#include <string.h>

#define MAX_SIZE (64LL << 30)

struct options {
	bool verify, resume, flat, become;
	const char *max_size;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 0, "flat", AT(flat),
	    .summary = "DEST is the file's own name, with {host} and, if need be, {name} in it" },
	{ OPTION_FLAG, 0, "verify", AT(verify),
	    .summary = "read files back here and compare digests before they get their name" },
	{ OPTION_FLAG, 0, "resume", AT(resume),
	    .summary = "keep what has come of a file when the link is lost, and go on from there" },
	{ OPTION_TEXT, 0, "max-size", AT(max_size), "SIZE",
	    .summary = "the most that one host may send for one PATH (64G)" },
	{ OPTION_FLAG, 'B', "become", AT(become),
	    .summary = "as root, or the inventory's become_user, by its become (sudo)" },
	{ .type = OPTION_END },
};

/* One SET:PATH. */
struct source {
	char *path, *name;
	struct set set;
};

/* One host's share: files one after another. */
struct share {
	struct work_of *w;
	const struct host *host;
	struct herd_host *hh;
	size_t next; /* source */
	struct get *get;
	int dir;
	size_t ended;
	struct err err;
	uint64_t bytes;
	bool cut;
};

struct work_of {
	struct call *call;
	struct source *sources;
	size_t count;
	struct set all;
	struct share *shares; /* in the order of all */
	const char *dest;
	struct get_spec spec;
	struct asking *asking;
};

static void next(struct share *s);

static bool
wants(const struct source *source, const struct host *host)
{
	for (size_t i = 0; i < source->set.count; i++) {
		if (source->set.hosts[i] == host)
			return true;
	}
	return false;
}

/* Where a source of a host goes; caller frees. */
static char *
target_of(const struct work_of *w, const struct source *source, const struct host *host)
{
	const struct options *o = w->call->options;
	struct buf b = BUF_INIT(SIZE_MAX);
	const char *at = w->dest;

	if (!o->flat)
		return xasprintf("%s/%s/%s", w->dest, host->name, source->name);
	while (*at) {
		if (str_starts(at, "{host}")) {
			buf_adds(&b, host->name);
			at += 6;
		} else if (str_starts(at, "{name}")) {
			buf_adds(&b, source->name);
			at += 6;
		} else {
			buf_addc(&b, *at++);
		}
	}
	return buf_detach(&b, &(size_t){ 0 });
}

static void
on_got(void *user, struct herd_host *hh, const struct get_end *end)
{
	struct share *s = user;

	(void)hh;
	s->get = NULL;
	s->ended++;
	close(s->dir);
	s->bytes += end->bytes;
	if (end->err.kind != OUTCOME_OK && s->err.kind == OUTCOME_OK) {
		s->err = end->err;
		if (s->w->count > 1)
			err_wrap(&s->err, "%s", s->w->sources[s->next - 1].path);
	}
	if (end->left_out > 0) {
		autoevent e = { .count = 0 };
		autofree char *text =
		    xasprintf("%zu symbolic link%s that lead%s out of %s %s left out",
			end->left_out, end->left_out == 1 ? "" : "s", end->left_out == 1 ? "s" : "",
			s->w->sources[s->next - 1].path, end->left_out == 1 ? "is" : "are");

		event_init(&e, EVENT_WARN);
		event_set_text(&e, FIELD_HOST, s->host->name);
		event_set_text(&e, FIELD_TEXT, text);
		run_emit(s->w->asking->run, &e);
	}
	next(s);
}

static void
on_progress(void *user, struct herd_host *hh, uint64_t bytes)
{
	struct share *s = user;

	(void)hh;
	run_progress(s->w->asking->run, s->host->name, s->bytes + bytes, UINT64_MAX);
}

/* The directory of a target, made where it is missing. */
static int
open_dir(const char *target, struct err *err)
{
	autofree char *dir = file_dir(target);
	int fd = -1;

	if (file_mkdirs(dir, err) == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			err_errno(err, "%s", dir);
	}
	if (fd < 0)
		err->kind = OUTCOME_STORAGE;
	return fd;
}

static void
next(struct share *s)
{
	struct work_of *w = s->w;
	struct get_spec spec = w->spec;
	size_t ended = s->ended;
	struct get *g;

	while (s->next < w->count && !wants(&w->sources[s->next], s->host))
		s->next++;
	if (s->next == w->count || s->cut || s->err.kind != OUTCOME_OK) {
		asking_done(w->asking, s->hh, &s->err);
		return;
	}
	const struct source *source = &w->sources[s->next++];
	autofree char *target = target_of(w, source, s->host);
	autofree char *name = place_name(target);
	s->dir = open_dir(target, &s->err);
	if (s->dir < 0) {
		asking_done(w->asking, s->hh, &s->err);
		return;
	}
	spec.path = source->path;
	spec.dir = s->dir;
	spec.name = name;
	spec.done = on_got;
	spec.progress = on_progress;
	spec.user = s;
	g = get_start(s->hh, &spec);
	if (s->ended == ended)
		s->get = g;
}

static struct share *
share_of(struct work_of *w, const struct herd_host *hh)
{
	size_t i = 0;

	while (w->all.hosts[i] != herd_host_of(hh))
		i++;
	return &w->shares[i];
}

static void
on_ask(struct asking *a, struct herd_host *hh)
{
	struct share *s = share_of(a->user, hh);

	s->hh = hh;
	next(s);
}

static void
on_cut(struct asking *a, struct herd_host *hh)
{
	struct share *s = share_of(a->user, hh);

	s->cut = true;
	if (s->get)
		get_cut(s->get);
}

/* Two things of one name would be one; nothing is contacted then. */
static bool
check_targets(struct work_of *w)
{
	struct strmap seen = { 0 };
	char **targets = NULL;
	size_t count = 0, cap = 0;
	bool good = true;

	for (size_t i = 0; good && i < w->all.count; i++) {
		for (size_t k = 0; good && k < w->count; k++) {
			size_t at;

			if (!wants(&w->sources[k], w->all.hosts[i]))
				continue;
			mem_grow(targets, count, cap);
			targets[count] = target_of(w, &w->sources[k], w->all.hosts[i]);
			autofree char *name = place_name(targets[count]);
			if (!name || str_ends(targets[count], "/")) {
				call_usage(w->call, "%s: not a name for a file", targets[count]);
				good = false;
			} else if (strmap_find(&seen, targets[count], &at)) {
				call_usage(w->call, "%s would be written twice", targets[count]);
				good = false;
			}
			strmap_add(&seen, targets[count], count, NULL);
			count++;
		}
	}
	strmap_fini(&seen);
	for (size_t i = 0; i < count; i++)
		free(targets[i]);
	free(targets);
	return good;
}

static bool
read_source(struct work_of *w, const char *word)
{
	struct source *s = &w->sources[w->count];
	autofree char *words = NULL, *typed = NULL, *expr = NULL;
	struct err err;

	if (!place_split(w->call, word, &words, &typed))
		return false;
	s->name = place_name(typed);
	s->path = s->name ? put_path(typed, &err) : NULL;
	if (!s->path) {
		if (s->name)
			call_fail(w->call, &err);
		else
			call_usage(w->call, "%s: a path that ends in no name", word);
		free(take(s->name));
		return false;
	}
	w->count++;
	expr = set_words(w->call, words, false);
	return expr && call_set(w->call, expr, &s->set);
}

/* All hosts that any source names, in the order of the inventory. */
static void
join_sets(struct work_of *w)
{
	size_t n = inventory_count(w->call->inventory);

	w->all.hosts = xcalloc(n, sizeof(*w->all.hosts));
	w->shares = xcalloc(n, sizeof(*w->shares));
	for (size_t i = 0; i < n; i++) {
		const struct host *host = inventory_host(w->call->inventory, i);
		bool wanted = false;

		for (size_t k = 0; k < w->count; k++)
			wanted |= wants(&w->sources[k], host);
		if (wanted) {
			w->shares[w->all.count] = (struct share){ .w = w, .host = host };
			w->all.hosts[w->all.count++] = host;
		}
	}
}

static int
fetch(struct work_of *w)
{
	struct call *call = w->call;
	struct asking a = { .call = call,
		.set = &w->all,
		.verb = "fetch",
		.ask = on_ask,
		.cut = on_cut,
		.user = w };
	struct err err;
	int code;

	w->asking = &a;
	w->spec.work = work_new(call_loop(call), 4, &err);
	if (!w->spec.work)
		return call_fail(call, &err);
	code = asking_run(&a);
	work_free(w->spec.work);
	return code;
}

static bool
take_options(struct work_of *w)
{
	const struct options *o = w->call->options;
	int64_t max = MAX_SIZE;

	if (o->max_size && !str_size(o->max_size, &max)) {
		call_usage(w->call, "--max-size %s: not a size, as 500M", o->max_size);
		return false;
	}
	w->spec.max = (uint64_t)max;
	w->spec.verify = o->verify;
	w->spec.resume = o->resume;
	w->spec.become = o->become;
	return true;
}

static int
run(struct call *call)
{
	struct work_of w = { .call = call, .dest = call->argv[call->argc - 1] };
	size_t words = (size_t)call->argc - 1;
	bool good = take_options(&w);
	int code;

	w.sources = xcalloc(words, sizeof(*w.sources));
	for (size_t i = 0; good && i < words; i++)
		good = read_source(&w, call->argv[i]);
	if (good) {
		join_sets(&w);
		good = check_targets(&w);
	}
	code = good ? fetch(&w) : call->exit;
	for (size_t i = 0; i < w.count; i++) {
		free(w.sources[i].path);
		free(w.sources[i].name);
		set_fini(&w.sources[i].set);
	}
	free(w.sources);
	free(w.shares);
	free(w.all.hosts);
	return code;
}

const struct command command_fetch = {
	.name = "fetch",
	.synopsis = "SET:PATH... DEST",
	.summary = "copy files and directories from hosts",
	.text =
	    "What a host has at PATH becomes DEST/HOST/NAME, with the last name of PATH. With\n"
	    "--flat DEST is the name itself and has {host} in it. Two things that would get one\n"
	    "name are refused before any host is contacted. A file here is replaced, by rename\n"
	    "and once all of it has come; a directory never is.\n"
	    "\n"
	    "A directory comes as a tar archive, of which the host says what is in it: absolute\n"
	    "names and ways up, hard links, devices, names given twice and what lies behind a\n"
	    "symbolic link are refused (exit 11), and nothing of it stays. Links that lead out\n"
	    "of the directory are left out and counted; permissions lose set-user-id.\n",
	.examples =
	    "drover fetch @web:/etc/os-release releases\treleases/HOST/os-release\n"
	    "drover fetch --flat db1:/var/lib/dump.sql '/srv/{host}.sql'\tone name a host\n"
	    "drover fetch -B @web:/var/log/nginx @db:/var/log/postgresql logs\tdirectories\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
