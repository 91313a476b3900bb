#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "remote/remote.h"
#include "remote/sshconf.h"
#include "remote/trust.h"

#include <string.h>
#include <unistd.h>

struct options {
	struct option_list fingerprints;
};

static const struct option options[] = {
	{ OPTION_LIST, 0, "fingerprint", offsetof(struct options, fingerprints), "SHA256:...",
	    .summary = "the key that is expected; may be repeated for several hosts" },
	{ .type = OPTION_END },
};

enum deed { DEED_ADD, DEED_REMOVE, DEED_REPLACE };

/* One host: what ssh_config says of it, the key it shows, what became of it. */
struct item {
	struct verb *verb;
	const struct host *host;
	struct session *session;
	struct trust_subject subject; /* its texts are the inventory's and ssh_config's */
	uint8_t *blob;
	size_t len;
	struct trust_answer answer;
	const char *state; /* NULL: nothing was done */
	struct err err;    /* kind OK: nothing is wrong */
	bool ready;
};

struct verb {
	struct call *call;
	enum deed deed;
	struct trust *trust;
	struct item *items;
	size_t count, open;
	struct ledger_run *run;
	enum outcome worst;
};

static const char *
or_none(const char *s)
{
	return *s ? s : NULL;
}

static void
show_entry(void *user, const struct trust_entry *e)
{
	struct call *call = user;
	autofree char *place = xasprintf("%s:%d", e->file, e->line);
	bool hashed = e->names[0] == '|';

	out_row(call->out, (const char *[]){ hashed ? "(hashed)" : e->names, e->type,
			       e->fingerprint, or_none(e->marker), or_none(e->comment), place });
}

static const char *const entry_columns[] = { "NAMES", "TYPE", "FINGERPRINT", "MARK", "COMMENT",
	"FILE" };

static struct trust_subject
subject_of(const struct host *h, const struct sshconf_host *conf)
{
	return (struct trust_subject){ .name = h->name,
		.host = conf->hostname,
		.alias = conf->host_key_alias,
		.port = conf->port,
		.host_keys = h->host_keys,
		.files = conf->known_hosts };
}

static void
item_ready(struct item *i)
{
	i->ready = true;
	i->verb->open--;
}

static void
on_conf(void *user, const struct sshconf_host *conf, const struct err *err)
{
	struct item *i = user;

	if (conf) {
		i->subject = subject_of(i->host, conf);
	} else {
		i->err = *err;
		err_wrap(&i->err, "%s", i->host->name);
	}
	item_ready(i);
}

static void
on_key(void *user, struct session *s, const struct trust_subject *subject, const void *blob,
    size_t len)
{
	struct item *i = user;

	(void)s;
	i->subject = *subject;
	i->subject.name = i->host->name; /* the session's own copies go with it */
	i->subject.host_keys = i->host->host_keys;
	i->blob = (uint8_t *)xmemdup0(blob, len);
	i->len = len;
	trust_check(i->verb->trust, &i->subject, blob, len, &i->answer);
	item_ready(i);
}

static void
on_down(void *user, struct session *s, const struct err *err)
{
	struct item *i = user;

	(void)s;
	if (!i->ready) {
		i->err = *err;
		item_ready(i);
	}
}

static void
ask_host(struct item *i)
{
	static const struct session_listener listener = { .key = on_key, .down = on_down };
	struct target t;

	herd_target(i->host, &t);
	i->session = session_open(i->verb->call->remote, &t, &listener, i);
}

static void
ask_config(struct item *i)
{
	const struct host *h = i->host;
	struct sshconf_query q = {
		.host = h->name, .address = h->address, .user = h->user, .port = h->port
	};

	sshconf_ask(remote_ssh_config(i->verb->call->remote), &q, on_conf, i);
}

/* Ask all hosts, or for a removal only their configuration, side by side. */
static void
gather(struct verb *v, const struct set *set)
{
	v->count = v->open = set->count;
	v->items = xcalloc(set->count, sizeof(*v->items));
	for (size_t n = 0; n < set->count; n++) {
		struct item *i = &v->items[n];

		i->verb = v;
		i->host = set->hosts[n];
		if (v->deed == DEED_REMOVE)
			ask_config(i);
		else
			ask_host(i);
	}
	while (v->open > 0)
		loop_pass(v->call->loop, 1000);
	for (size_t n = 0; n < v->count; n++)
		session_close(v->items[n].session);
}

/* A line from the terminal, without its newline. */
static bool
read_answer(char *to, size_t size)
{
	if (!fgets(to, (int)size, stdin))
		return false;
	to[strcspn(to, "\n")] = '\0';
	return true;
}

static bool
can_ask(const struct call *call)
{
	return !call->globals.no_input && !call->globals.json && isatty(STDIN_FILENO) &&
	       isatty(STDERR_FILENO);
}

/* A new key wants a yes, a changed one its host's name: that is not typed by habit. */
static bool
ask_person(const struct item *i)
{
	bool change = i->verb->deed == DEED_REPLACE;
	const char *name = i->host->name;
	char answer[300];

	out_note(i->verb->call->out, "%s", i->answer.text);
	if (change)
		out_note(i->verb->call->out, "%s: type its name to trust %s %s from now on:", name,
		    i->answer.type, i->answer.fingerprint);
	else
		out_note(i->verb->call->out, "%s: trust %s %s? [y/N]", name, i->answer.type,
		    i->answer.fingerprint);
	if (!read_answer(answer, sizeof(answer)))
		return false;
	return change ? str_eq(answer, name) : str_eq(answer, "y") || str_eq(answer, "yes");
}

static bool
is_expected(const struct options *o, const char *fingerprint)
{
	for (size_t i = 0; i < o->fingerprints.count; i++) {
		if (str_eq(o->fingerprints.item[i], fingerprint))
			return true;
	}
	return false;
}

/* May this key be trusted? false: err says why not. */
static bool
is_confirmed(struct item *i)
{
	const struct call *call = i->verb->call;
	const struct options *o = call->options;
	bool add = i->verb->deed == DEED_ADD;

	if (o->fingerprints.count > 0) {
		if (is_expected(o, i->answer.fingerprint))
			return true;
		err_set(&i->err, OUTCOME_REFUSED, "%s shows %s %s, which is not the one expected",
		    i->host->name, i->answer.type, i->answer.fingerprint);
		return false;
	}
	if (add && call->globals.yes)
		return true;
	if (can_ask(call)) {
		if (ask_person(i))
			return true;
		err_set(&i->err, OUTCOME_HELD, "%s: not confirmed", i->host->name);
		return false;
	}
	err_set(&i->err, OUTCOME_HELD, "%s shows %s %s; confirm with --fingerprint %s%s",
	    i->host->name, i->answer.type, i->answer.fingerprint, i->answer.fingerprint,
	    add ? ", or -y to trust what is there" : "");
	return false;
}

static void
add_key(struct item *i)
{
	if (i->answer.verdict == TRUST_KNOWN) {
		i->state = "known";
		return;
	}
	if (i->answer.verdict != TRUST_UNKNOWN) {
		err_set(&i->err, OUTCOME_REFUSED, "%s: %s", i->host->name, i->answer.text);
		return;
	}
	if (is_confirmed(i) &&
	    trust_add(i->verb->trust, &i->subject, i->blob, i->len, &i->err) == 0)
		i->state = "added";
}

/* The old key in a file that is not ours to change goes on being trusted. */
static void
warn_of_old(void *user, const struct trust_entry *e)
{
	struct item *i = user;

	if (!e->own && !*e->marker && !str_eq(e->fingerprint, i->answer.fingerprint))
		out_note(i->verb->call->out,
		    "%s: %s %s is still trusted by %s:%d; take it out there", i->host->name,
		    e->type, e->fingerprint, e->file, e->line);
}

static void
replace_key(struct item *i)
{
	if (i->answer.verdict == TRUST_KNOWN) {
		i->state = "known";
		return;
	}
	if (i->answer.verdict == TRUST_REVOKED) {
		err_set(&i->err, OUTCOME_REFUSED, "%s: %s", i->host->name, i->answer.text);
		return;
	}
	if (!is_confirmed(i) ||
	    trust_replace(i->verb->trust, &i->subject, i->blob, i->len, &i->err) < 0)
		return;
	i->state = "replaced";
	trust_find(i->verb->trust, &i->subject, warn_of_old, i);
}

static void
remove_keys(struct item *i)
{
	int n = trust_remove(i->verb->trust, &i->subject, &i->err);

	if (n > 0) {
		i->state = "removed";
		return;
	}
	if (n == 0)
		err_set(&i->err, OUTCOME_FAILED, "%s: no key of it in %s", i->host->name,
		    trust_path(i->verb->trust));
}

static void
record(struct item *i)
{
	autofree char *name = trust_name(&i->subject);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_TRUST);
	event_set_text(&e, FIELD_HOST, i->host->name);
	event_set_text(&e, FIELD_NAME, name);
	event_set_text(&e, FIELD_DIGEST, or_none(i->answer.fingerprint));
	event_set_text(&e, FIELD_TEXT, i->state);
	ledger_append(i->verb->run, &e);
}

static void
settle(struct item *i)
{
	static void (*const deeds[])(struct item *) = {
		[DEED_ADD] = add_key, [DEED_REMOVE] = remove_keys, [DEED_REPLACE] = replace_key
	};
	struct call *call = i->verb->call;

	if (i->err.kind == OUTCOME_OK)
		deeds[i->verb->deed](i);
	if (i->err.kind != OUTCOME_OK) {
		call_fail(call, &i->err);
		i->verb->worst = outcome_worse(i->verb->worst, i->err.kind);
	} else if (!str_eq(i->state, "known")) {
		record(i);
	}
	out_row(call->out,
	    (const char *[]){ i->host->name, or_none(i->answer.type),
		or_none(i->answer.fingerprint), i->state ? i->state : outcome_name(i->err.kind) });
}

static bool
begin_run(struct verb *v, const struct set *set)
{
	autofree const char **names = xcalloc(set->count, sizeof(*names));
	autoevent start = { .count = 0 };
	struct err err;

	event_init(&start, EVENT_RUN_START);
	for (size_t i = 0; i < set->count; i++)
		names[i] = set->hosts[i]->name;
	event_set_text(&start, FIELD_VERB, "trust");
	event_set_list(
	    &start, FIELD_ARGV, (const char *const *)v->call->argv, (size_t)v->call->argc);
	event_set_text(&start, FIELD_FLEET, inventory_fleet(v->call->inventory));
	event_set_list(&start, FIELD_HOSTS, names, set->count);
	v->run = ledger_run_begin(v->call->ledger, &start, &err);
	if (!v->run)
		call_fail(v->call, &err);
	return v->run != NULL;
}

static void
end_run(struct verb *v)
{
	autoevent end = { .count = 0 };

	event_init(&end, EVENT_RUN_END);
	event_set_text(&end, FIELD_STATE, outcome_name(v->worst));
	event_set_int(&end, FIELD_EXIT, outcome_exit(v->worst));
	ledger_append(v->run, &end);
	ledger_run_end(v->run);
}

static int
change(struct call *call, enum deed deed, const struct set *set)
{
	static const char *const columns[] = { "HOST", "TYPE", "FINGERPRINT", "STATE" };
	struct verb v = { .call = call,
		.deed = deed,
		.trust = remote_known_keys(call->remote),
		.worst = OUTCOME_OK };
	struct err err;

	if (!begin_run(&v, set))
		return call->exit;
	gather(&v, set);
	out_table(call->out, columns, countof(columns));
	for (size_t n = 0; n < v.count; n++)
		settle(&v.items[n]);
	if (trust_sync(v.trust, &err) < 0) {
		call_fail(call, &err);
		v.worst = outcome_worse(v.worst, err.kind);
	}
	out_table_end(call->out);
	end_run(&v);
	for (size_t n = 0; n < v.count; n++)
		free(v.items[n].blob);
	free(v.items);
	return outcome_exit(v.worst);
}

static int
list(struct call *call)
{
	struct trust *trust = remote_known_keys(call->remote);

	call_print_diag(call, trust_diag(trust));
	out_table(call->out, entry_columns, countof(entry_columns));
	trust_each(trust, show_entry, call);
	out_table_end(call->out);
	return 0;
}

static int
run(struct call *call)
{
	static const char *const words[] = {
		[DEED_ADD] = "add", [DEED_REMOVE] = "remove", [DEED_REPLACE] = "replace"
	};
	autobuf expr = BUF_INIT(1U << 20);
	struct set set;
	size_t deed = 0;

	if (str_eq(call->argv[0], "list")) {
		if (call->argc > 1)
			return call_usage(call, "trust list takes no hosts");
		return call_herd(call) ? list(call) : call->exit;
	}
	while (deed < countof(words) && !str_eq(words[deed], call->argv[0]))
		deed++;
	if (deed == countof(words))
		return call_usage(call, "trust %s: list, add, remove or replace", call->argv[0]);
	if (call->argc < 2)
		return call_usage(call, "trust %s needs a host", call->argv[0]);
	for (int i = 1; i < call->argc; i++)
		buf_addf(&expr, "%s%s", i > 1 ? "," : "", call->argv[i]);
	if (!call_set(call, buf_text(&expr), &set))
		return call->exit;
	int code = call_herd(call) ? change(call, (enum deed)deed, &set) : call->exit;
	set_fini(&set);
	return code;
}

const struct command command_trust = {
	.name = "trust",
	.synopsis = "list | add SET... | remove SET... | replace SET...",
	.summary = "show and change the host keys that are trusted",
	.text =
	    "add fetches the keys of hosts without logging in, shows their fingerprints and asks.\n"
	    "Without a terminal it wants --fingerprint, or -y to trust what is there. A changed "
	    "key\n"
	    "is never added: replace takes the new one, with --fingerprint or the host's name "
	    "typed.\n"
	    "remove takes a host's keys out of drover's own file; no other file is ever written.\n",
	.examples = "drover trust list\twhat drover's own file and the inventory's hold\n"
		    "drover trust add @web\tfetch, show, ask\n"
		    "drover trust add db1 --fingerprint SHA256:...\tin a script\n"
		    "drover trust replace db1\tafter a reinstallation\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
