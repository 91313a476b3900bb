#include "cli/settings_show.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "remote/sshhost.h"
#include "remote/suite.h"

#include <string.h>

/* The lists of algorithms, of which a session uses only what drover does. */
static const struct {
	const char *key;
	enum suite_kind kind;
	size_t offset;
} lists[] = {
	{ "ciphers", SUITE_CIPHERS, offsetof(struct sshconf_host, ciphers) },
	{ "macs", SUITE_MACS, offsetof(struct sshconf_host, macs) },
	{ "kexalgorithms", SUITE_KEX, offsetof(struct sshconf_host, kex) },
	{ "hostkeyalgorithms", SUITE_HOST_KEYS,
	    offsetof(struct sshconf_host, host_key_algorithms) },
	{ "pubkeyacceptedalgorithms", SUITE_USER_KEYS,
	    offsetof(struct sshconf_host, pubkey_algorithms) },
};

/* What a session offers of such a list; NULL: the key is none. */
static const char *
offered(const struct sshconf_host *h, const char *key, bool *ret_own)
{
	for (size_t i = 0; i < countof(lists); i++) {
		if (!str_eq(lists[i].key, key))
			continue;
		const char *list =
		    *(const char *const *)(const void *)((const char *)h + lists[i].offset);
		*ret_own = !list;
		return list ? list : suite_usual(lists[i].kind);
	}
	return NULL;
}

static void
put_list(struct json_writer *w, const char *key, const char *const *list)
{
	json_open_array(w, key);
	for (; *list; list++)
		json_put_text(w, NULL, *list);
	json_close(w);
}

static void
put_setting(struct json_writer *w, const struct setting *s)
{
	bool many = s->option ? s->option->many : s->values[1] != NULL;

	if (many)
		put_list(w, s->key, s->values);
	else
		json_put_text(w, s->key, s->values[0]);
}

static void
put_effective(struct json_writer *w, const struct settings_view *v)
{
	const struct sshconf_host *h = v->known;
	bool own;

	json_open_object(w, "effective");
	for (size_t i = 0; h && i < countof(lists); i++)
		json_put_text(w, lists[i].key, offered(h, lists[i].key, &own));
	if (h) {
		put_list(w, "identityfile", h->identity_files);
		put_list(w, "certificatefile", h->certificate_files);
		put_list(w, "known_hosts", h->known_hosts);
	}
	json_put_text(w, "needs_ssh", h ? h->needs_ssh : NULL);
	json_put_text(w, "refused", h ? h->forbidden : v->why);
	json_close(w);
}

/* What only the inventory says of a host. */
static void
put_own(struct json_writer *w, const struct host *h)
{
	if (!h)
		return;
	json_open_object(w, "inventory");
	json_put_text(w, "name", h->name);
	json_put_text(w, "transport", h->transport);
	json_put_text(w, "become", h->become);
	json_put_text(w, "become_user", h->become_user);
	json_put_text(w, "trust", h->trust);
	put_list(w, "host_keys", h->host_keys);
	json_put_text(w, "refused", h->refused);
	json_close(w);
}

void
settings_json(struct out *out, const struct settings_view *v)
{
	const struct settings *list = v->list;
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	for (size_t i = 0; i < list->count; i++)
		put_setting(&w, &list->item[i]);
	json_open_object(&w, "from");
	for (size_t i = 0; i < list->count; i++) {
		if (list->item[i].said)
			json_put_text(&w, list->item[i].key, list->item[i].from);
	}
	json_close(&w);
	put_effective(&w, v);
	json_open_object(&w, "not_honoured");
	for (size_t i = 0; i < list->count; i++) {
		if (setting_is_unused(&list->item[i]))
			json_put_text(&w, list->item[i].key, setting_note(&list->item[i]));
	}
	json_close(&w);
	put_own(&w, v->host);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(out, buf_text(&b), b.len);
}

static void
row(struct out *out, const char *key, const char *from, const char *value)
{
	if (value)
		out_row(out, (const char *[]){ key, from, value });
}

static void
own_row(struct out *out, const struct settings_view *v, const char *setting, const char *value)
{
	struct arena *arena = arena_new();

	if (value)
		row(out, setting, settings_place(arena, v->inventory, v->host, setting), value);
	arena_free(arena);
}

static void
show_own(struct out *out, const struct settings_view *v)
{
	const struct host *h = v->host;

	if (!h || !h->transport)
		row(out, "transport", "default", "auto");
	if (!h)
		return;
	own_row(out, v, "transport", h->transport);
	own_row(out, v, "become", h->become);
	own_row(out, v, "become_user", h->become_user);
	own_row(out, v, "trust", h->trust);
	for (const char *const *k = h->host_keys; *k; k++)
		own_row(out, v, "host_key", *k);
	own_row(out, v, "refused", h->refused);
}

/* What a session goes by: tokens made plain, algorithms that drover does. */
static void
show_setting(struct out *out, const struct settings_view *v, const struct setting *s)
{
	const struct sshconf_host *h = v->known;
	bool own = false,
	     files = h && str_eq(s->key, "identityfile") && !(v->host && v->host->identity);
	const char *list = h ? offered(h, s->key, &own) : NULL;

	if (list) {
		row(out, s->key, own ? "default" : s->from, list);
		return;
	}
	for (const char *const *value = files ? h->identity_files : s->values; *value; value++)
		row(out, s->key, s->from, *value);
}

/* Canonical names and tags show in what came of them. */
static bool
is_shown(const struct setting *s)
{
	return s->option && s->option->use == SSHOPTION_HONOURED &&
	       (s->said || !s->option->note || !str_eq(s->option->note, "by ssh -G itself"));
}

static void
show_unused(struct out *out, const struct setting *s)
{
	bool needed = s->option && s->option->use == SSHOPTION_NEEDED;

	for (const char *const *value = s->values; *value; value++) {
		autofree char *text = xasprintf("%s (%s: %s)", *value,
		    needed ? "drover does not do it" : "not honoured", setting_note(s));

		row(out, s->key, s->from, text);
	}
}

static void
show_limits(struct out *out, const struct settings_view *v)
{
	const struct sshconf_host *h = v->known;

	row(out, "refused", "ssh_config", h ? h->forbidden : v->why);
	if (!h)
		return;
	row(out, "needs ssh(1)", "ssh_config", h->needs_ssh);
	row(out, "too weak", "ssh_config", h->weak);
}

void
settings_text(struct out *out, const struct settings_view *v)
{
	static const char *const columns[] = { "key", "from", "value" };

	out_table(out, columns, countof(columns));
	for (const struct sshoption *o = sshoptions; o->key; o++) {
		const struct setting *s = settings_find(v->list, o->key);

		if (s && is_shown(s))
			show_setting(out, v, s);
	}
	show_own(out, v);
	show_limits(out, v);
	for (size_t i = 0; i < v->list->count; i++) {
		if (setting_is_unused(&v->list->item[i]))
			show_unused(out, &v->list->item[i]);
	}
	out_table_end(out);
}
