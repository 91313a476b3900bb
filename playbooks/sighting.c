#include "playbooks/sighting.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"

#include <string.h>

struct reading {
	struct sighting *s;
	struct buf manifest, journal, releases;
	struct strmap paths;
	bool containers; /* nothing but containers may follow: image names come from elsewhere */
};

/* Cut a line at its tabs into n words; the last keeps the rest, those that are missing are "". */
static void
cut(char *line, const char **word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *tab = line && i + 1 < n ? strchr(line, '\t') : NULL;

		word[i] = line ? line : "";
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
}

static int64_t
number(const char *word, int64_t otherwise)
{
	int64_t n = otherwise;

	return str_int(word, INT32_MIN, (int64_t)1 << 40, &n) ? n : otherwise;
}

static bool
full(struct sighting *s, size_t count)
{
	s->truncated = s->truncated || count >= SIGHTING_ITEMS;
	return count >= SIGHTING_ITEMS;
}

static void
add_unit(struct sighting *s, char *rest)
{
	const char *w[12];

	if (full(s, s->unit_count))
		return;
	cut(rest, w, countof(w));
	int64_t restarts = number(w[5], 0);
	mem_grow(s->unit, s->unit_count, s->unit_cap);
	s->unit[s->unit_count++] = (struct sighting_unit){ .name = w[0],
		.load = w[1],
		.active = w[2],
		.sub = w[3],
		.file_state = w[4],
		.restarts = restarts < 0 || restarts > INT32_MAX ? 0 : (int)restarts,
		.since_s = number(w[6], -1),
		.needs_reload = str_eq(w[7], "yes"),
		.fragment = w[8],
		.dropins = w[9],
		.result = w[10],
		.description = w[11] };
}

static struct sighting_file *
file_of(struct reading *r, const char *path)
{
	struct sighting *s = r->s;
	size_t at;

	if (strmap_find(&r->paths, path, &at))
		return &s->file[at];
	if (full(s, s->file_count))
		return NULL;
	strmap_add(&r->paths, path, s->file_count, NULL);
	mem_grow(s->file, s->file_count, s->file_cap);
	s->file[s->file_count] = (struct sighting_file){ .path = path, .kind = 'f' };
	return &s->file[s->file_count++];
}

/* KIND TIME DIGEST PATH: of what is no regular file. */
static void
add_file(struct reading *r, char *rest)
{
	const char *w[4];
	struct sighting_file *f;

	cut(rest, w, countof(w));
	f = file_of(r, w[3]);
	if (f)
		f->kind = *w[0] == '-' ? '-' : 'o';
}

static void
add_time(struct reading *r, char *rest)
{
	const char *w[2];
	struct sighting_file *f;

	cut(rest, w, countof(w));
	f = file_of(r, w[1]);
	if (f)
		f->written_s = number(w[0], 0);
}

/* As sha256sum prints it. */
static void
add_digest(struct reading *r, char *rest)
{
	struct sighting_file *f;

	if (strlen(rest) <= DIGEST_HEX + 1 || strspn(rest, "0123456789abcdef") != DIGEST_HEX - 1)
		return;
	f = file_of(r, rest + DIGEST_HEX + 1);
	if (f)
		snprintf(f->digest, sizeof(f->digest), "%.64s", rest);
}

static const char *
bare_id(const char *id)
{
	return str_starts(id, "sha256:") ? id + strlen("sha256:") : id;
}

static void
add_container(struct sighting *s, char *rest)
{
	const char *w[5];

	if (full(s, s->container_count))
		return;
	cut(rest, w, countof(w));
	mem_grow(s->container, s->container_count, s->container_cap);
	s->container[s->container_count++] = (struct sighting_container){
		.name = w[0], .id = w[1], .image_id = bare_id(w[2]), .image = w[3], .status = w[4]
	};
}

static void
add_image(struct sighting *s, char *rest)
{
	const char *w[2];

	if (full(s, s->image_count))
		return;
	cut(rest, w, countof(w));
	mem_grow(s->image, s->image_count, s->image_cap);
	s->image[s->image_count++] = (struct sighting_image){ .name = w[0], .id = bare_id(w[1]) };
}

static void
take_line(struct reading *r, char *line)
{
	struct sighting *s = r->s;
	bool word = line[0] && line[1] == '\t';

	if (word && *line == 'c')
		add_container(s, line + 2);
	else if (r->containers)
		return;
	else if (str_eq(line, "containers"))
		r->containers = true;
	else if (str_eq(line, "root"))
		s->root = true;
	else if (str_eq(line, "damaged"))
		s->damaged = true;
	else if (word && *line == 'm')
		buf_addf(&r->manifest, "%s\n", line + 2);
	else if (word && *line == 'l')
		buf_addf(&r->releases, "%s\n", line + 2);
	else if (word && *line == 'j')
		buf_addf(&r->journal, "%s\n", line + 2);
	else if (word && *line == 'u')
		add_unit(s, line + 2);
	else if (word && *line == 'f')
		add_file(r, line + 2);
	else if (word && *line == 't')
		add_time(r, line + 2);
	else if (word && *line == 's')
		add_digest(r, line + 2);
	else if (word && *line == 'i')
		add_image(s, line + 2);
}

static void
take_known(struct reading *r)
{
	struct sighting *s = r->s;
	char *manifest = arena_memdup0(s->arena, buf_text(&r->manifest), r->manifest.len);
	char *journal = arena_memdup0(s->arena, buf_text(&r->journal), r->journal.len);

	s->damaged = s->damaged || manifest_damage(manifest) != 0;
	manifest_parse(s->arena, manifest, &s->known);
	journal_parse(s->arena, journal, &s->known);
	release_parse(s->arena, buf_text(&r->releases), &s->known.releases);
	s->truncated =
	    s->truncated || r->manifest.dropped || r->journal.dropped || r->releases.dropped;
}

int
sighting_parse(struct sighting *s, const char *text, size_t len, struct err *err)
{
	struct reading r = { .s = s,
		.manifest = BUF_INIT(4U << 20),
		.journal = BUF_INIT(256U << 10),
		.releases = BUF_INIT(4U << 20) };
	bool ended = false;
	char *copy, *at, *save;

	*s = (struct sighting){ .arena = arena_new() };
	copy = arena_memdup0(s->arena, text, len);
	at = str_starts(copy, "begin 1\n") ? copy : strstr(copy, "\nbegin 1\n");
	if (!at)
		return err_set(err, OUTCOME_FAILED, "the host's apps are not what was asked for");
	for (char *line = strtok_r(at, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ended = str_eq(line, "end");
		if (ended)
			break;
		take_line(&r, line);
	}
	take_known(&r);
	strmap_fini(&r.paths);
	buf_fini(&r.manifest);
	buf_fini(&r.journal);
	buf_fini(&r.releases);
	if (!ended)
		return err_set(err, OUTCOME_FAILED, "what the host says of its apps has no end");
	return 0;
}

void
sighting_fini(struct sighting *s)
{
	free(s->unit);
	free(s->file);
	free(s->container);
	free(s->image);
	arena_free(s->arena);
	*s = (struct sighting){ 0 };
}

const struct sighting_unit *
sighting_unit(const struct sighting *s, const char *name)
{
	for (size_t i = 0; i < s->unit_count; i++)
		if (str_eq(s->unit[i].name, name))
			return &s->unit[i];
	return NULL;
}

const struct sighting_file *
sighting_file(const struct sighting *s, const char *path)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (str_eq(s->file[i].path, path))
			return &s->file[i];
	return NULL;
}

const struct sighting_container *
sighting_container(const struct sighting *s, const char *name)
{
	for (size_t i = 0; i < s->container_count; i++)
		if (str_eq(s->container[i].name, name))
			return &s->container[i];
	return NULL;
}

const struct manifest_line *
sighting_line(const struct sighting *s, const char *resource)
{
	for (size_t i = 0; i < s->known.manifest_count; i++)
		if (str_eq(s->known.manifest[i].resource, resource))
			return &s->known.manifest[i];
	return NULL;
}

const char *
sighting_container_state(const struct sighting_container *c)
{
	static const char *const words[][2] = { { "Up", "running" }, { "Exited", "exited" },
		{ "Created", "created" }, { "Initialized", "created" }, { "Paused", "paused" },
		{ "Stopping", "stopping" }, { "Removing", "removing" } };

	if (strstr(c->status, "(Paused)"))
		return "paused";
	for (size_t i = 0; i < countof(words); i++)
		if (str_starts(c->status, words[i][0]))
			return words[i][1];
	return "unknown";
}
