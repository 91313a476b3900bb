#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/strmap.h"
#include "engine/probe.h"
#include "playbooks/kind.h"
#include "playbooks/observe.h"
#include "playbooks/observe_inner.h"
#include "playbooks/reply.h"

#include <string.h>

extern const char host_observe_sh[];

bool
observe_has_unit(const struct resource *r)
{
	return (r->kind == RESOURCE_SERVICE || r->kind == RESOURCE_UNIT) && r->unit;
}

/* systemd's own alphabet; no name may pass for an option. */
static bool
is_unit_name(const char *s)
{
	static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";

	return *s && *s != '-' && strlen(s) < 256 && strspn(s, alphabet) == strlen(s);
}

/* What its kind looks for: a line each word. */
static int
request_look(const struct resource *r, size_t i, struct buf *to, struct err *err)
{
	buf_addf(to, "k %zu %s\n", i, kind_name(kind_looking(r)));
	for (const char *const *w = r->look; *w; w++) {
		if (!reply_is_line(*w))
			return err_set(
			    err, OUTCOME_INPUT, "%s: more than a line where one is wanted", r->id);
		buf_addf(to, "|%s\n", *w);
	}
	return 0;
}

static int
request_one(const struct resource *r, size_t i, struct buf *to, struct err *err)
{
	if (resource_is_place(r) && !reply_is_path(r->path))
		return err_set(err, OUTCOME_INPUT, "%s: not a path drover can manage", r->path);
	if (resource_is_place(r))
		buf_addf(to, "p %c %s %s\n", r->secret ? 's' : '-', r->digest[0] ? r->digest : "-",
		    r->path);
	if (observe_has_unit(r) && !is_unit_name(r->unit))
		return err_set(err, OUTCOME_INPUT, "%s: not a unit name", r->unit);
	if (r->look)
		return request_look(r, i, to, err);
	if (r->kind != RESOURCE_RUN)
		return 0;
	if (r->creates && !reply_is_path(r->creates))
		return err_set(err, OUTCOME_INPUT, "creates: %s: not a path", r->creates);
	if (r->creates)
		buf_addf(to, "c %zu %s\n", i, r->creates);
	if (!r->unless)
		return 0;
	buf_addf(to, "x %zu\n", i);
	for (const char *line = r->unless; *line;) {
		size_t n = strcspn(line, "\n");

		buf_addf(to, "|%.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	return 0;
}

void
observe_units(
    const struct resource *const *wanted, size_t count, struct strmap *seen, struct buf *to)
{
	for (size_t i = 0; i < count; i++) {
		if (observe_has_unit(wanted[i]) &&
		    strmap_add(seen, wanted[i]->unit, seen->count, NULL) && to)
			buf_addf(to, "u %s\n", wanted[i]->unit);
	}
}

static int
request_name(char what, const char *name, struct strmap *seen, struct buf *to, struct err *err)
{
	if (!name || str_eq(name, "root"))
		return 0;
	if (!reply_is_line(name))
		return err_set(err, OUTCOME_INPUT, "not a name of an owner or a group");
	if (strmap_add(seen, name, 0, NULL))
		buf_addf(to, "%c %s\n", what, name);
	return 0;
}

/* Owners and groups, each once. */
static int
request_owners(const struct resource *const *wanted, size_t count, struct buf *to, struct err *err)
{
	autostrmap users = STRMAP_INIT, groups = STRMAP_INIT;

	for (size_t i = 0; i < count; i++) {
		if (!resource_is_place(wanted[i]))
			continue;
		if (request_name('o', wanted[i]->owner, &users, to, err) < 0 ||
		    request_name('g', wanted[i]->group, &groups, to, err) < 0)
			return -1;
	}
	return 0;
}

int
observe_request(const struct resource *const *wanted, size_t count, struct buf *to, struct err *err)
{
	autostrmap units = STRMAP_INIT;
	autobuf lines = BUF_INIT(OBSERVE_REQUEST_MAX);
	bool images = false, containers = false;

	for (size_t i = 0; i < count; i++) {
		if (request_one(wanted[i], i, &lines, err) < 0)
			return -1;
		images = images || wanted[i]->kind == RESOURCE_IMAGE;
		containers = containers || (wanted[i]->kind == RESOURCE_IMAGE && wanted[i]->absent);
	}
	if (request_owners(wanted, count, &lines, err) < 0)
		return -1;
	observe_units(wanted, count, &units, &lines);
	if (images)
		buf_adds(&lines, containers ? "i\nj\n" : "i\n");
	buf_adds(&lines, "end\n");
	buf_addf(to, "%zu\n", lines.len);
	buf_add(to, lines.data, lines.len);
	if (lines.dropped || to->dropped)
		return err_set(err, OUTCOME_INPUT,
		    "more is managed on one host than %u MiB of names", OBSERVE_REQUEST_MAX >> 20);
	return 0;
}

char *
observe_command(const char *nonce, const struct resource *const *wanted, size_t count)
{
	autobuf looks = BUF_INIT(128U << 10);
	bool there[RESOURCE_KINDS] = { false };

	buf_adds(&looks, host_tell_sh);
	for (size_t i = 0; i < count; i++)
		kind_bring(kind_looking(wanted[i]), false, there, &looks);
	return reply_command(
	    buf_text(&looks), host_observe_sh, (const char *const[]){ nonce, NULL });
}
