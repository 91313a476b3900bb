#include "playbooks/observe.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "playbooks/kind.h"
#include "playbooks/observe_inner.h"
#include "playbooks/reply.h"

#include <string.h>

#define IMAGES_MAX (4U << 20)

struct observe {
	struct arena *arena;
	struct reply reply;
	const struct resource *const *wanted;
	struct observation *seen;
	struct strmap paths; /* what stat said, by path */
	struct stat_line *stat;
	size_t stat_count, stat_cap;
	struct strmap lacks; /* "user NAME" and "group NAME" that the host does not have */
	struct strmap units; /* the units asked for, to their place in the request */
	struct unit_block *unit;
	size_t unit_count, facts, fact_cap;
	bool short_request, bad_units;
	bool damaged;        /* the manifest */
	size_t damaged_line; /* 0: not known */
	char *images, *containers;
	const char *flood;  /* what said more than a reply may hold */
	const char *unread; /* what was no line of a state or a digest, or why one is missing */
	const char **fact;
};

static void
take_stat(struct observe *o, char *text)
{
	struct stat_line s;

	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *whole = arena_strdup(o->arena, line);

		if (!stat_line_parse(line, &s)) {
			o->unread = o->unread ? o->unread : whole;
			continue;
		}
		mem_grow(o->stat, o->stat_count, o->stat_cap);
		o->stat[o->stat_count] = s;
		if (strmap_add(&o->paths, s.path, o->stat_count, NULL))
			o->stat_count++;
	}
}

static void
take_sums(struct observe *o, char *text)
{
	size_t at;

	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strlen(line) <= 66 || strspn(line, "0123456789abcdef") != 64)
			o->unread = o->unread ? o->unread : line;
		else if (strmap_find(&o->paths, line + 66, &at))
			snprintf(o->stat[at].digest, sizeof(o->stat[at].digest), "%.64s", line);
	}
}

static void
take_content(struct observe *o, char *text, size_t len)
{
	char *nl = memchr(text, '\n', len), hex[DIGEST_HEX];
	size_t at, n;

	if (!nl)
		return;
	*nl = '\0';
	n = len - (size_t)(nl + 1 - text);
	digest_hex(nl + 1, n, hex);
	if (!strmap_find(&o->paths, text, &at) || strcmp(o->stat[at].digest, hex) != 0)
		return;
	o->stat[at].content = nl + 1;
	o->stat[at].content_len = n;
}

/* "PATH\nTARGET" */
static void
take_target(struct observe *o, char *text)
{
	char *nl = strchr(text, '\n');
	size_t at;

	if (!nl)
		return;
	*nl = '\0';
	if (strmap_find(&o->paths, text, &at) && o->stat[at].kind == 'l')
		o->stat[at].target = nl + 1;
}

static void
take_fact(struct observe *o, char *text)
{
	char *value = strchr(text, '=');

	if (!value || !utf8_valid(text, strlen(text)) || o->facts >= 128)
		return;
	*value++ = '\0';
	while (o->fact_cap < o->facts + 3)
		mem_grow(o->fact, o->fact_cap, o->fact_cap);
	o->fact[o->facts++] = text;
	o->fact[o->facts++] = value;
	o->fact[o->facts] = NULL;
	if (strcmp(text, "boot-id") == 0)
		o->seen->boot_id = value;
	if (strcmp(text, "root") == 0)
		o->seen->root = strcmp(value, "yes") == 0;
}

static void
take_flag(struct observe *o, char *line, bool created)
{
	char *value = strchr(line, ' ');
	int64_t i;

	if (!value)
		return;
	*value++ = '\0';
	if (!str_int(line, 0, (int64_t)o->seen->count - 1, &i))
		return;
	if (created)
		o->seen->found[i].created = strcmp(value, "1") == 0;
	else
		o->seen->found[i].unless_held = strcmp(value, "0") == 0;
}

/* "INDEX\nTEXT" */
static void
take_look(struct observe *o, char *text)
{
	char *nl = strchr(text, '\n');
	int64_t i;

	if (!nl)
		return;
	*nl = '\0';
	if (str_int(text, 0, (int64_t)o->seen->count - 1, &i))
		o->seen->found[i].said = nl + 1;
}

static void
take_flags(struct observe *o, char *text)
{
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		take_flag(o, line, true);
}

static void
take_lacks(struct observe *o, char *text)
{
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		strmap_add(&o->lacks, line, 0, NULL);
}

static void
take_manifest(struct observe *o, char *text, size_t len)
{
	o->damaged_line = manifest_damage(text);
	o->damaged = o->damaged || o->damaged_line || strlen(text) != len;
	manifest_parse(o->arena, text, o->seen);
}

static void
take_frame(void *user, const char *kind, const char *payload, size_t len)
{
	struct observe *o = user;
	char *text = arena_memdup0(o->arena, payload, len);

	if (strcmp(kind, "stat") == 0)
		take_stat(o, text);
	else if (strcmp(kind, "sums") == 0)
		take_sums(o, text);
	else if (strcmp(kind, "content") == 0)
		take_content(o, text, len);
	else if (strcmp(kind, "target") == 0)
		take_target(o, text);
	else if (strcmp(kind, "fact") == 0)
		take_fact(o, text);
	else if (strcmp(kind, "units") == 0)
		o->bad_units = !unit_blocks_parse(text, o->unit, o->unit_count);
	else if (strcmp(kind, "images") == 0)
		o->images = text;
	else if (strcmp(kind, "containers") == 0)
		o->containers = text;
	else if (strcmp(kind, "lacks") == 0)
		take_lacks(o, text);
	else if (strcmp(kind, "created") == 0)
		take_flags(o, text);
	else if (strcmp(kind, "unless") == 0)
		take_flag(o, text, false);
	else if (strcmp(kind, "look") == 0)
		take_look(o, text);
	else if (strcmp(kind, "manifest") == 0)
		take_manifest(o, text, len);
	else if (strcmp(kind, "damaged") == 0)
		o->damaged = true;
	else if (strcmp(kind, "journal") == 0)
		journal_parse(o->arena, text, o->seen);
	else if (strcmp(kind, "releases") == 0)
		release_parse(o->arena, text, &o->seen->releases);
	else if (strcmp(kind, "flood") == 0)
		o->flood = text;
	else if (strcmp(kind, "unread") == 0)
		o->unread = o->unread ? o->unread : text;
	else if (strcmp(kind, "short") == 0)
		o->short_request = true;
}

struct observe *
observe_new(struct arena *a, const char *nonce, const struct resource *const *wanted, size_t count)
{
	struct observe *o = xcalloc(1, sizeof(*o));

	o->arena = a;
	o->wanted = wanted;
	o->seen = arena_alloc(a, sizeof(*o->seen));
	o->seen->found = arena_alloc(a, count * sizeof(*o->seen->found) + 1);
	o->seen->count = count;
	observe_units(wanted, count, &o->units, NULL);
	o->unit_count = o->units.count;
	o->bad_units = o->unit_count > 0; /* until they are told */
	o->unit = arena_alloc(a, o->unit_count * sizeof(*o->unit) + 1);
	reply_init(&o->reply, nonce, take_frame, o);
	return o;
}

bool
observe_feed(struct observe *o, const void *p, size_t n)
{
	reply_feed(&o->reply, p, n);
	return o->reply.state != REPLY_BROKEN;
}

/* An owner or a group that the host does not have. */
static void
find_owners(struct observe *o, const struct resource *r, struct found *f)
{
	const char *user = r->owner ? arena_printf(o->arena, "user %s", r->owner) : NULL;
	const char *group = r->group ? arena_printf(o->arena, "group %s", r->group) : NULL;

	if (group && strmap_find(&o->lacks, group, NULL))
		f->lacks = group;
	if (user && strmap_find(&o->lacks, user, NULL))
		f->lacks = user;
}

static void
find_path(struct observe *o, const struct resource *r, struct found *f)
{
	const struct stat_line *s;
	size_t at;

	f->kind = '-';
	find_owners(o, r, f);
	if (!strmap_find(&o->paths, r->path, &at))
		return;
	s = &o->stat[at];
	f->present = true;
	f->kind = s->kind;
	f->mode = s->mode;
	f->written_s = s->written_s;
	str_copy(f->owner, sizeof(f->owner), s->owner);
	str_copy(f->group, sizeof(f->group), s->group);
	str_copy(f->digest, sizeof(f->digest), s->digest);
	f->target = s->target;
	f->content = s->content;
	f->content_len = f->content ? s->content_len : 0;
	f->is_text = f->content && utf8_valid(f->content, f->content_len);
}

static void
find_unit(struct observe *o, const struct resource *r, struct found *f)
{
	const struct unit_block *u;
	size_t at;

	if (!strmap_find(&o->units, r->unit, &at))
		return;
	u = &o->unit[at];
	str_copy(f->active, sizeof(f->active), u->active);
	str_copy(f->sub, sizeof(f->sub), u->sub);
	str_copy(f->enabled, sizeof(f->enabled), u->enabled);
	f->restarts = u->restarts;
	if (r->kind == RESOURCE_SERVICE)
		f->present = u->loaded;
}

static const char *
then_name(struct arena *a, const struct follow_up *then)
{
	autobuf b = BUF_INIT(4096);

	manifest_then(then, &b);
	return arena_strdup(a, buf_text(&b));
}

static bool
is_secret(const struct observe *o, const struct strmap *manifest, const char *id)
{
	size_t at;

	return strmap_find(manifest, id, &at) && str_eq(o->seen->manifest[at].shown, "s");
}

static void
find_owned(
    struct observe *o, const struct strmap *manifest, const struct resource *r, struct found *f)
{
	size_t at;

	if (strmap_find(manifest, r->id, &at)) {
		f->owned = true;
		f->known = &o->seen->manifest[at];
		str_copy(f->config_digest, sizeof(f->config_digest), o->seen->manifest[at].digest);
	}
	/* What was put there as a secret is one, whatever it is to be now. */
	f->hidden = r->secret || is_secret(o, manifest, r->id) ||
		    (r->path && is_secret(o, manifest, arena_printf(o->arena, "file %s", r->path)));
	if (f->hidden) {
		f->content = NULL;
		f->content_len = 0;
		f->is_text = false;
	}
	if (r->then.kind != FOLLOW_NONE)
		f->then_pending = strmap_find(manifest, then_name(o->arena, &r->then), NULL);
}

/* Nobody is accused of what could not be read. Who is not root is told something else. */
static int
check_read(const struct observe *o, struct err *err)
{
	autobuf why = BUF_INIT(1024);
	const char *path = NULL;

	for (size_t i = 0; i < o->seen->count && !path; i++) {
		const struct found *f = &o->seen->found[i];

		if (resource_is_place(o->wanted[i]) && f->kind == 'f' && !*f->digest)
			path = o->wanted[i]->path;
	}
	if (!o->seen->root || (!path && !o->unread))
		return 0;
	if (o->unread)
		utf8_clean_line(&why, o->unread, strnlen(o->unread, 200));
	if (path)
		return err_set(err, OUTCOME_FAILED, "cannot read the digest of %s: %s", path,
		    why.len ? buf_text(&why) : "sha256sum said nothing of it");
	return err_set(
	    err, OUTCOME_FAILED, "cannot read what stat and sha256sum say: %s", buf_text(&why));
}

/* By its name; what is wanted away by its id alone, by that. */
static void
find_image(const struct json *images, const struct resource *r, struct found *f)
{
	if (r->absent && r->image_id[0])
		image_find_id(images, r->image_id, f);
	else
		image_find(images, r->image, f);
	f->id_there = r->retag && image_find_id(images, r->image_id, NULL);
}

static int
find_all(struct observe *o, struct err *err)
{
	struct observation *s = o->seen;
	autostrmap manifest = STRMAP_INIT;
	autojson *images =
	    o->images ? json_parse(o->images, strlen(o->images), IMAGES_MAX, err) : NULL;

	if (o->images && !images)
		return err_wrap(err, "the host's list of images");
	autojson *containers =
	    o->containers ? json_parse(o->containers, strlen(o->containers), IMAGES_MAX, err)
			  : NULL;
	if (o->containers && !containers)
		return err_wrap(err, "the host's list of containers");
	for (size_t i = 0; i < s->manifest_count; i++)
		strmap_add(&manifest, s->manifest[i].resource, i, NULL);
	for (size_t i = 0; i < s->count; i++) {
		if (resource_is_place(o->wanted[i]))
			find_path(o, o->wanted[i], &s->found[i]);
		if (observe_has_unit(o->wanted[i]))
			find_unit(o, o->wanted[i], &s->found[i]);
		if (o->wanted[i]->kind == RESOURCE_IMAGE)
			find_image(images, o->wanted[i], &s->found[i]);
		if (s->found[i].image_id[0])
			image_users(o->arena, containers, &s->found[i]);
		find_owned(o, &manifest, o->wanted[i], &s->found[i]);
	}
	s->fact = arena_alloc(o->arena, (o->facts + 1) * sizeof(*s->fact));
	if (o->facts)
		memcpy((void *)s->fact, o->fact, o->facts * sizeof(*o->fact));
	return check_read(o, err);
}

static bool
has_fact(const struct observe *o, const char *name)
{
	for (size_t i = 0; i < o->facts; i += 2) {
		if (strcmp(o->fact[i], name) == 0)
			return true;
	}
	return false;
}

static const char *
flood_name(const char *kind)
{
	static const char *const names[][2] = { { "stat", "files (stat)" },
		{ "sums", "files' digests (sha256sum)" }, { "units", "units (systemctl show)" },
		{ "images", "list of images" }, { "containers", "list of containers" },
		{ "look", "state" }, { "manifest", "/var/lib/drover/manifest" },
		{ "releases", "/var/lib/drover/releases" } };

	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(kind, names[i][0]) == 0)
			return names[i][1];
	}
	return "state";
}

/* What is not known as ours would be taken for somebody else's. */
static int
refuse_damaged(const struct observe *o, struct err *err)
{
	char line[64] = "it holds zero bytes";

	if (o->damaged_line)
		snprintf(line, sizeof(line), "line %zu cannot be read", o->damaged_line);
	return err_set(err, OUTCOME_FAILED,
	    "its /var/lib/drover/manifest is damaged (%s), so nobody knows what drover put there: "
	    "nothing is done; put an older one in its place, they are "
	    "/var/lib/drover/runs/*/manifest.old",
	    line);
}

struct observation *
observe_end(struct observe *o, struct err *err)
{
	struct observation *seen = o->seen;
	int rc = 0;

	if (o->short_request)
		rc = err_set(err, OUTCOME_FAILED, "the request did not reach the host whole");
	else if (o->flood)
		rc = err_set(err, OUTCOME_FAILED,
		    "the host says more than %u MiB where it was asked for its %s",
		    REPLY_FRAME >> 20, flood_name(o->flood));
	else if (reply_verdict(&o->reply, err) < 0)
		rc = -1;
	else if (o->damaged)
		rc = refuse_damaged(o, err);
	else if (o->bad_units && !has_fact(o, "systemd"))
		rc = err_set(err, OUTCOME_FAILED, "unsupported: the host has no systemd");
	else if (o->bad_units)
		rc = err_set(err, OUTCOME_FAILED, "systemctl show gave no state of the units");
	else
		rc = find_all(o, err);
	observe_free(o);
	return rc < 0 ? NULL : seen;
}

void
observe_free(struct observe *o)
{
	if (!o)
		return;
	reply_fini(&o->reply);
	strmap_fini(&o->paths);
	strmap_fini(&o->lacks);
	strmap_fini(&o->units);
	free(o->stat);
	free(o->fact);
	free(o);
}
