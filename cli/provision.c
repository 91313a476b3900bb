#include "cli/provision.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/drive.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "remote/known.h"
#include "remote/remote.h"
#include "remote/sshconf.h"
#include "remote/trust.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX (1U << 20)

extern char **environ;

struct work {
	struct call *call;
	const struct host *host;
	struct drive *drive;
	struct child *child;
	struct ledger_output *kept[2]; /* its output, and its errors */
	struct provision_key key[PROVISION_KEYS];
	size_t keys;
	int stops;
};

static bool
is_key_type(const char *p, size_t n)
{
	static const char *const types[] = { "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com" };

	for (size_t i = 0; i < countof(types); i++)
		if (strlen(types[i]) == n && strncmp(types[i], p, n) == 0)
			return true;
	return false;
}

static bool
take_line(const char *p, size_t n, struct provision_key *to)
{
	/* As a file of known hosts would have it, with a name in front. */
	bool bare = is_key_type(p, strcspn(p, " \t\r\n") < n ? strcspn(p, " \t\r\n") : n);
	autofree char *line = xasprintf("%s%.*s", bare ? "host " : "", (int)n, p);
	autofree char *memory = NULL;
	struct known_line known;
	const char *why;

	if (!known_read_line(line, strlen(line), &known, &memory, &why) || !*known.names ||
	    known.marker != KNOWN_PLAIN)
		return false;
	*to = (struct provision_key){ .blob = (uint8_t *)xmemdup0(known.blob, known.len),
		.len = known.len };
	return true;
}

size_t
provision_keys(const char *text, size_t len, struct provision_key ret[PROVISION_KEYS])
{
	autofree char *copy = xmemdup0(text, len);
	size_t n = 0;

	for (char *at = copy, *end; *at && n < PROVISION_KEYS; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		n += take_line(at, (size_t)(end - at), &ret[n]);
	}
	return n;
}

static void
emit_fact(struct work *w, const char *value)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_FACT);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_NAME, "replacing");
	event_set_text(&e, FIELD_VALUE, value);
	run_emit(drive_run(w->drive), &e);
}

static void
end(struct work *w, const struct err *err, int rc)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(
	    &e, FIELD_STATE, outcome_name(err->kind == OUTCOME_OK ? OUTCOME_CHANGED : err->kind));
	if (err->kind != OUTCOME_OK) {
		event_set_text(&e, FIELD_PHASE, "provision");
		event_set_text(&e, FIELD_TEXT, err->text);
	}
	if (rc > 0)
		event_set_int(&e, FIELD_RC, rc);
	run_emit(drive_run(w->drive), &e);
	drive_end(w->drive, OUTCOME_OK);
}

static int
trust_one(struct work *w, const struct trust_subject *s, size_t i, struct err *err)
{
	struct trust *t = remote_known_keys(w->call->remote);
	const struct provision_key *k = &w->key[i];
	autofree char *name = trust_name(s);
	struct trust_answer answer;
	autoevent e = { .count = 0 };

	trust_check(t, s, k->blob, k->len, &answer);
	if (i == 0 ? trust_replace(t, s, k->blob, k->len, err) < 0
		   : answer.verdict != TRUST_KNOWN && trust_add(t, s, k->blob, k->len, err) < 0)
		return -1;
	event_init(&e, EVENT_TRUST);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_NAME, name);
	event_set_text(&e, FIELD_DIGEST, answer.fingerprint);
	event_set_text(&e, FIELD_TEXT, i == 0 ? "replaced" : "added");
	run_emit(drive_run(w->drive), &e);
	return 0;
}

/* The keys that the program named are the host's from here on, and no others. */
static void
on_conf(void *user, const struct sshconf_host *conf, const struct err *why)
{
	struct work *w = user;
	struct err err = { .kind = OUTCOME_OK };
	struct trust_subject s;

	if (!conf) {
		end(w, why, 0);
		return;
	}
	s = (struct trust_subject){ .name = w->host->name,
		.host = conf->hostname,
		.alias = conf->host_key_alias,
		.port = conf->port,
		.host_keys = w->host->host_keys,
		.files = conf->known_hosts };
	for (size_t i = 0; i < w->keys && err.kind == OUTCOME_OK; i++)
		(void)trust_one(w, &s, i, &err); /* err tells */
	if (err.kind == OUTCOME_OK)
		(void)trust_sync(remote_known_keys(w->call->remote), &err); /* the same */
	if (err.kind == OUTCOME_OK)
		emit_fact(w, "provisioned");
	end(w, &err, 0);
}

static void
keep_output(struct work *w, bool errors)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_OUTPUT);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_STREAM, errors ? "err" : "out");
	ledger_output_end(take(w->kept[errors]), w->call->ledger, &e);
	run_emit(drive_run(w->drive), &e);
}

static void
on_wrote(void *user, bool errors, const char *bytes, size_t len)
{
	struct work *w = user;
	autoevent e = { .count = 0 };

	ledger_output_add(w->kept[errors], bytes, len);
	event_init(&e, EVENT_HOST_OUT);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_STREAM, errors ? "err" : "out");
	event_set_data(&e, FIELD_DATA, bytes, len);
	run_emit(drive_run(w->drive), &e);
}

static void
on_done(void *user, const struct child_result *r)
{
	struct work *w = user;
	struct err err = { .kind = OUTCOME_OK };
	const struct host *h = w->host;

	w->child = NULL;
	keep_output(w, false);
	keep_output(w, true);
	if (r->timed_out)
		err_set(&err, OUTCOME_FAILED, "the provision program took longer than it may");
	else if (r->signum)
		err_set(&err, OUTCOME_FAILED, "the provision program was ended by signal %d",
		    r->signum);
	else if (r->status != 0)
		err_set(
		    &err, OUTCOME_FAILED, "the provision program ended with status %d", r->status);
	if (err.kind != OUTCOME_OK) {
		end(w, &err, r->status);
		return;
	}
	w->keys = provision_keys(buf_text(r->out), r->out->len, w->key);
	if (w->keys == 0) {
		out_note(w->call->out,
		    "the provision program names no host key: only one that is known already will "
		    "do");
		emit_fact(w, "provisioned");
		end(w, &err, 0);
		return;
	}
	sshconf_ask(remote_ssh_config(w->call->remote),
	    &(struct sshconf_query){
		.host = h->name, .address = h->address, .user = h->user, .port = h->port },
	    on_conf, w);
}

static void
on_stop(void *user, int signum)
{
	struct work *w = user;

	(void)signum;
	if (w->child)
		child_signal(w->child, w->stops++ ? SIGKILL : SIGTERM);
}

/* Ours, and whom it is for; all in a. */
static const char **
environment(struct arena *a, const struct host *h)
{
	static const char *const ours[] = { "HOST=", "DROVER_ADDRESS=", "DROVER_PORT=" };
	size_t n = 0, k = 0;
	const char **env;

	while (environ[n])
		n++;
	env = arena_alloc(a, (n + countof(ours) + 1) * sizeof(*env));
	for (size_t i = 0; i < n; i++) {
		bool said = false;

		for (size_t o = 0; o < countof(ours); o++)
			said = said || str_starts(environ[i], ours[o]);
		if (!said)
			env[k++] = environ[i];
	}
	env[k++] = arena_printf(a, "HOST=%s", h->name);
	env[k++] = arena_printf(a, "DROVER_ADDRESS=%s", h->address ? h->address : h->name);
	env[k++] = arena_printf(a, "DROVER_PORT=%d", h->port ? h->port : 22);
	return env;
}

static void
begin(struct work *w)
{
	const struct provision *p = inventory_provision(w->call->inventory);
	struct arena *a = arena_new();
	struct child_spec spec = { .argv = p->argv,
		.env = environment(a, w->host),
		.max = OUTPUT_MAX,
		.timeout_ms = p->timeout_ms,
		.wrote = on_wrote,
		.done = on_done,
		.user = w };
	autoevent e = { .count = 0 };
	struct err err;

	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, w->host->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(w->host->kind));
	event_set_text(&e, FIELD_ADDRESS, w->host->address ? w->host->address : w->host->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	run_emit(drive_run(w->drive), &e);
	emit_fact(w, "drained");
	w->kept[0] = ledger_output_new();
	w->kept[1] = ledger_output_new();
	w->child = child_start(w->call->loop, &spec, &err);
	arena_free(a);
	if (w->child)
		return;
	keep_output(w, false);
	keep_output(w, true);
	end(w, &err, 0);
}

int
provision_run(struct call *c, const struct host *h)
{
	struct work w = { .call = c, .host = h };
	const struct set set = { .hosts = (const struct host *[]){ h }, .count = 1 };
	int code;

	if (!call_herd(c))
		return c->exit;
	w.drive = drive_new(&(struct drive_spec){
	    .call = c, .set = &set, .verb = "replace", .stop = on_stop, .user = &w });
	if (!w.drive)
		return c->exit;
	begin(&w);
	code = drive_wait(w.drive, NULL);
	for (size_t i = 0; i < w.keys; i++)
		free(w.key[i].blob);
	return code;
}
