#include "playbooks/kept.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/request.h"

#include <string.h>

#define VERSION   1
#define HEAD      "{\"drover_plan\":"
#define HOSTS_MAX 100000

/* Of a secret nothing is told but whether it differs. */
static struct plan_step
veiled(struct arena *a, const struct plan_step *s)
{
	struct plan_step copy = *s;
	struct resource *r = arena_alloc(a, sizeof(*r));
	struct found *f = arena_alloc(a, sizeof(*f));

	*r = *s->resource;
	*f = *s->found;
	r->content = "";
	r->content_len = 0;
	memset(r->digest, '0', sizeof(r->digest) - 1);
	memset(f->digest, *f->digest ? '1' : '\0', sizeof(f->digest) - 1);
	if (s->class == PLAN_SAME)
		memset(f->digest, '0', sizeof(f->digest) - 1);
	copy.resource = r;
	copy.found = f;
	return copy;
}

static void
add_step(struct digest *d, const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const char *const words[] = { r->id, plan_class_name(s->class), r->image_id,
		s->found->image_id };

	for (size_t i = 0; i < countof(words); i++)
		digest_add(d, words[i], strlen(words[i]) + 1);
}

int
plan_digest(
    const struct plan *p, const char *playbook, const char *release, char hex[65], struct err *err)
{
	struct arena *a = arena_new();
	struct plan copy = *p;
	struct request request = { .run = "-",
		.seat = "-",
		.who = "-",
		.host = "-",
		.playbook = playbook,
		.release = release,
		.plan = &copy };
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct digest *d = digest_new();
	int rc;

	copy.steps = arena_alloc(a, p->count * sizeof(*copy.steps) + 1);
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];

		copy.steps[i] = s->resource->secret || s->found->hidden ? veiled(a, s) : *s;
		add_step(d, &copy.steps[i]);
	}
	rc = request_build(&request, &b, err);
	digest_add(d, b.data, b.len);
	digest_end(d, hex);
	arena_free(a);
	return rc;
}

static void
put_list(struct json_writer *w, const char *key, const char *const *list)
{
	json_open_array(w, key);
	for (; list && *list; list++)
		json_put_text(w, NULL, *list);
	json_close(w);
}

static void
vars_digest(const char *const *vars, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();

	for (; vars && *vars; vars++)
		digest_add(d, *vars, strlen(*vars) + 1);
	digest_end(d, hex);
}

/* What was given on the command line may be a secret: the file has the names alone. */
static void
put_vars(struct json_writer *w, const struct kept *k)
{
	char hex[DIGEST_HEX];

	json_open_array(w, "vars");
	for (const char *const *v = k->vars; v && *v; v++) {
		autofree char *name = xmemdup0(*v, strcspn(*v, "="));

		json_put_text(w, NULL, name);
	}
	json_close(w);
	vars_digest(k->vars, hex);
	json_put_text(w, "values", k->vars && *k->vars ? hex : NULL);
}

bool
kept_has_vars(const struct kept *k, const char *const *vars)
{
	char hex[DIGEST_HEX];

	vars_digest(vars, hex);
	return k->values ? strcmp(hex, k->values) == 0 : !vars || !*vars;
}

static void
put_plan(struct json_writer *w, const struct kept *k)
{
	char time[32];

	clock_rfc3339(k->made_ms, time, sizeof(time));
	json_open_object(w, NULL);
	json_put_text(w, "made", time);
	json_put_text(w, "who", k->who);
	json_put_text(w, "seat", k->seat);
	json_put_text(w, "fleet", k->fleet);
	json_put_text(w, "playbook", k->path);
	json_put_text(w, "digest", k->digest);
	json_put_bool(w, "prune", !k->no_prune);
	put_vars(w, k);
	put_list(w, "tags", k->tags);
	put_list(w, "skip_tags", k->skip_tags);
	json_open_array(w, "hosts");
	for (size_t i = 0; i < k->host_count; i++) {
		json_open_object(w, NULL);
		json_put_text(w, "host", k->host[i].name);
		json_put_text(w, "plan", k->host[i].digest);
		json_put_int(w, "steps", k->host[i].steps);
		json_close(w);
	}
	json_close(w);
	json_close(w);
}

void
kept_write(const struct kept *k, struct buf *to)
{
	autobuf body = BUF_INIT(KEPT_SIZE_MAX);
	struct json_writer w;
	char hex[DIGEST_HEX];

	json_writer_init(&w, &body);
	put_plan(&w, k);
	digest_hex(body.data, body.len, hex);
	buf_addf(to, HEAD "%d,\"sha256\":\"%s\"}\n", VERSION, hex);
	buf_add(to, body.data, body.len);
	buf_addc(to, '\n');
}

bool
kept_is(const char *text, size_t len)
{
	return len >= strlen(HEAD) && memcmp(text, HEAD, strlen(HEAD)) == 0;
}

static int
damaged(struct err *err, const char *what)
{
	return err_set(err, OUTCOME_INPUT, "2:1: the plan is damaged: %s", what);
}

static bool
is_digest(const char *s)
{
	return s && strlen(s) == DIGEST_HEX - 1 && strspn(s, "0123456789abcdef") == DIGEST_HEX - 1;
}

/* A text without NULs and control bytes; NULL when it is none. */
static const char *
plain_text(struct arena *a, const struct json *v)
{
	size_t n = 0;
	const char *s = json_text(v, &n);

	if (!s || strlen(s) != n)
		return NULL;
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return NULL;
	return arena_strdup(a, s);
}

static bool
read_list(struct arena *a, const struct json *v, const char *const **ret)
{
	size_t n = json_count(v);
	const char **list;

	if (json_kind(v) != JSON_KIND_ARRAY || n > 10000)
		return false;
	list = arena_alloc(a, (n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		const struct json *item = json_at(v, i);
		size_t len = 0;
		const char *s = json_text(item, &len);

		if (!s || strlen(s) != len)
			return false;
		list[i] = arena_strdup(a, s);
	}
	*ret = n ? list : NULL;
	return true;
}

static bool
read_hosts(struct arena *a, const struct json *v, struct kept *k)
{
	size_t n = json_count(v);
	struct kept_host *h;

	if (json_kind(v) != JSON_KIND_ARRAY || n == 0 || n > HOSTS_MAX)
		return false;
	h = arena_alloc(a, n * sizeof(*h));
	for (size_t i = 0; i < n; i++) {
		const struct json *one = json_at(v, i), *plan = json_get(one, "plan");

		h[i].name = plain_text(a, json_get(one, "host"));
		h[i].steps = json_get_int(one, "steps", -1);
		h[i].digest = plain_text(a, plan);
		if (!h[i].name || !*h[i].name || h[i].steps < 0 || !plan ||
		    (json_kind(plan) != JSON_KIND_NULL && !is_digest(h[i].digest)))
			return false;
	}
	k->host = h;
	k->host_count = n;
	return true;
}

static int
read_plan(struct arena *a, const struct json *j, struct kept *k, struct err *err)
{
	const char *made = json_get_text(j, "made");

	k->path = plain_text(a, json_get(j, "playbook"));
	k->digest = plain_text(a, json_get(j, "digest"));
	k->fleet = plain_text(a, json_get(j, "fleet"));
	k->seat = plain_text(a, json_get(j, "seat"));
	k->who = plain_text(a, json_get(j, "who"));
	k->made_ms = made ? clock_parse_rfc3339(made) : -1;
	if (json_kind(json_get(j, "prune")) != JSON_KIND_BOOL)
		return damaged(err, "prune is missing");
	k->no_prune = !json_get_bool(j, "prune", true);
	if (!k->path || *k->path != '/' || !is_digest(k->digest))
		return damaged(err, "it names no playbook");
	if (!k->fleet || !k->seat || !k->who || k->made_ms < 0)
		return damaged(err, "it does not say who made it and when");
	if (!read_list(a, json_get(j, "vars"), &k->vars) ||
	    !read_list(a, json_get(j, "tags"), &k->tags) ||
	    !read_list(a, json_get(j, "skip_tags"), &k->skip_tags))
		return damaged(err, "lists of texts are wanted for vars, tags and skip_tags");
	k->values = plain_text(a, json_get(j, "values"));
	if (k->vars ? !is_digest(k->values) : k->values != NULL)
		return damaged(err, "it does not say with which values it was made");
	if (!read_hosts(a, json_get(j, "hosts"), k))
		return damaged(err, "its hosts make no sense");
	return 0;
}

/* The first line: what it is, and the digest of the second. */
static int
read_head(const char *text, size_t len, const char *body, size_t n, struct err *err)
{
	autojson *head = json_parse(text, len, 4096, err);
	const char *sum = json_get_text(head, "sha256");
	char hex[DIGEST_HEX];

	if (!head)
		return -1;
	if (json_get_int(head, "drover_plan", 0) != VERSION)
		return err_set(err, OUTCOME_INPUT,
		    "1:1: a plan of another drover: this one reads version %d", VERSION);
	digest_hex(body, n, hex);
	if (!sum || strcmp(sum, hex) != 0)
		return damaged(err, "its digest is another: it was cut or changed");
	return 0;
}

struct kept *
kept_read(struct arena *a, const char *text, size_t len, struct err *err)
{
	const char *nl = memchr(text, '\n', len), *end;
	struct kept *k = arena_alloc(a, sizeof(*k));
	size_t n;

	if (!nl || len > KEPT_SIZE_MAX) {
		err_set(err, OUTCOME_INPUT, "1:1: the plan is damaged: it is %s",
		    nl ? "too large" : "cut");
		return NULL;
	}
	end = memchr(nl + 1, '\n', len - (size_t)(nl + 1 - text));
	if (!end || end + 1 != text + len) {
		damaged(err, end ? "something follows it" : "it is cut");
		return NULL;
	}
	n = (size_t)(end - nl - 1);
	if (read_head(text, (size_t)(nl - text), nl + 1, n, err) < 0)
		return NULL;
	autojson *j = json_parse(nl + 1, n, KEPT_SIZE_MAX, err);
	if (!j)
		return NULL;
	return read_plan(a, j, k, err) < 0 ? NULL : k;
}

const struct kept_host *
kept_find(const struct kept *k, const char *host)
{
	for (size_t i = 0; i < k->host_count; i++)
		if (str_eq(k->host[i].name, host))
			return &k->host[i];
	return NULL;
}
