/* `health:` of an app. */
#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/read_step.h"

#include <regex.h>
#include <string.h>

#define PATTERN_MAX  500
#define REPEATED_MAX 10000

struct health_fields {
	const struct yaml_node *http, *tcp, *exec, *journal;
	bool unit;
	int64_t interval, timeout, retries;
};

const struct field read_app_health_fields[] = {
	{ FIELD_OF(FORM_NODE, struct health_fields, http),
	    .doc = "\":PORT/path\", PORT being a name in ports: must answer 200 to 399" },
	{ FIELD_OF(FORM_NODE, struct health_fields, tcp),
	    .doc = "\":PORT\": must accept a connection" },
	{ FIELD_OF(FORM_NODE, struct health_fields, exec),
	    .doc = "a list of arguments, run on the host: must end with status 0" },
	{ FIELD_OF(FORM_NODE, struct health_fields, journal),
	    .doc = "an extended regular expression: a line of the unit's journal since this start "
		   "of it "
		   "must match" },
	{ FIELD_OF(FORM_BOOL, struct health_fields, unit),
	    .doc = "the unit runs and is not restarted; the default" },
	{ FIELD_OF(FORM_DURATION, struct health_fields, interval),
	    .doc = "between two tries, 2s by default" },
	{ FIELD_OF(FORM_DURATION, struct health_fields, timeout),
	    .doc = "of one try, 2s by default" },
	{ FIELD_OF(FORM_INT, struct health_fields, retries), .min = 1, .max = 1000,
	    .doc = "tries before the replica counts as failed, 10 by default" },
	{ 0 },
};

/* What a path of a probe may hold. */
static bool
url_path_ok(const char *s)
{
	return s[0] == '/' && strlen(s) <= 512 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "-._~/?&=%+,:@") == strlen(s);
}

/* ":PORT" or ":PORT/path"; path is wanted when ret_path is not NULL. */
static void
take_endpoint(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct health_decl *h)
{
	const char *text = NULL, *slash;
	bool http = h->health.kind == HEALTH_HTTP;

	if (!read_plain(c, name, n, &text))
		return;
	slash = strchr(text, '/');
	h->health.path = slash ? slash : "/";
	if (text[0] == ':' && (http || !slash) && url_path_ok(h->health.path))
		h->port = arena_memdup0(
		    c->arena, text + 1, slash ? (size_t)(slash - text - 1) : strlen(text + 1));
	if (!h->port || !*h->port)
		diag_error(c->diag, n->mark, "%s: \":PORT%s\" is wanted here, not \"%.60s\"", name,
		    http ? "/path" : "", text);
}

static void
take_exec(const struct field_context *c, const struct yaml_node *n, struct health_decl *h)
{
	if (n->kind != YAML_LIST || n->count == 0) {
		diag_error(c->diag, n->mark, "exec: a list of arguments is wanted here");
		return;
	}
	const char **argv = arena_alloc(c->arena, (n->count + 1) * sizeof(*argv));
	for (size_t i = 0; i < n->count; i++)
		read_plain(c, "exec", n->value[i], &argv[i]);
	h->health.argv = argv;
}

/* The largest number of {N} or {N,M}; *s is left at its end. */
static long
most_of(const char **s)
{
	long n = 0, most = 1;

	for (++*s; **s && **s != '}' && most <= REPEATED_MAX; ++*s) {
		n = **s >= '0' && **s <= '9' ? n * 10 + (**s - '0') : 0;
		most = n > most ? n : most;
	}
	return most;
}

/* How often a part of a pattern may be repeated, one inside another. */
static long
repeated(const char *s)
{
	long all = 1;

	for (; *s && all <= REPEATED_MAX; s += *s != '\0') {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '{')
			all *= most_of(&s);
	}
	return all;
}

/* Why it is none that may be looked for; NULL: it is one, and looking for it always ends soon. */
static const char *
pattern_wrong(const char *s, char *why, size_t size)
{
	regex_t re;
	int rc;

	if (!*s || strlen(s) > PATTERN_MAX || strpbrk(s, "\r\n"))
		return "a pattern of one line and at most 500 bytes is wanted here";
	for (const char *p = strchr(s, '\\'); p && p[1]; p = strchr(p + 2, '\\')) {
		if (p[1] >= '1' && p[1] <= '9')
			return "a pattern cannot refer back to what it matched";
	}
	if (repeated(s) > REPEATED_MAX)
		return "a pattern cannot repeat its parts so often";
	rc = regcomp(&re, s, REG_EXTENDED | REG_NOSUB);
	if (rc == 0) {
		regfree(&re);
		return NULL;
	}
	regerror(rc, &re, why, size);
	return why;
}

static void
take_journal(const struct field_context *c, const struct yaml_node *n, struct health_decl *h)
{
	const char *wrong;
	char why[200];

	if (!read_plain(c, "journal", n, &h->health.pattern))
		return;
	wrong = pattern_wrong(h->health.pattern, why, sizeof(why));
	if (wrong)
		diag_error(c->diag, n->mark, "journal: %s", wrong);
}

void
read_app_health(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct health_fields got = { .interval = 2000, .timeout = 2000, .retries = 10 };
	struct health_decl *h = &((struct app_decl *)to)->health;

	mine.what = "health";
	h->mark = n->mark;
	h->said = true;
	if (!field_read(&mine, read_app_health_fields, n, &got))
		return;
	if (!!got.http + !!got.tcp + !!got.exec + !!got.journal + got.unit > 1)
		diag_error(
		    c->diag, n->mark, "health: only one of http, tcp, exec, journal and unit");
	if (got.interval < 100 || got.timeout < 100)
		diag_error(c->diag, n->mark, "health: interval and timeout are at least 100ms");
	h->health.kind = got.http      ? HEALTH_HTTP
			 : got.tcp     ? HEALTH_TCP
			 : got.exec    ? HEALTH_EXEC
			 : got.journal ? HEALTH_JOURNAL
				       : HEALTH_UNIT;
	h->health.interval_ms = got.interval;
	h->health.timeout_ms = got.timeout;
	h->health.retries = (int)got.retries;
	if (got.exec)
		take_exec(c, got.exec, h);
	else if (got.journal)
		take_journal(c, got.journal, h);
	else if (got.http || got.tcp)
		take_endpoint(c, got.http ? "http" : "tcp", got.http ? got.http : got.tcp, h);
}
