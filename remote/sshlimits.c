#include "remote/sshlimits.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshhost.h"
#include "remote/suite.h"

#include <stddef.h>
#include <string.h>

#define TEXT_MAX 400

/* One list of algorithms. */
static const struct subject {
	const char *key, *name;
	enum suite_kind kind;
	size_t offset;
} subjects[] = {
	{ "ciphers", "Ciphers", SUITE_CIPHERS, offsetof(struct sshconf_host, ciphers) },
	{ "macs", "MACs", SUITE_MACS, offsetof(struct sshconf_host, macs) },
	{ "kexalgorithms", "KexAlgorithms", SUITE_KEX, offsetof(struct sshconf_host, kex) },
	{ "hostkeyalgorithms", "HostKeyAlgorithms", SUITE_HOST_KEYS,
	    offsetof(struct sshconf_host, host_key_algorithms) },
	{ "pubkeyacceptedalgorithms", "PubkeyAcceptedAlgorithms", SUITE_USER_KEYS,
	    offsetof(struct sshconf_host, pubkey_algorithms) },
};

struct work {
	struct arena *arena;
	struct sshconf_host *host;
	const char *usual;
};

/* The value of a key among the lines, or "". */
static char *
value_in(struct arena *arena, const char *lines, const char *key)
{
	size_t n = strlen(key);

	for (const char *l = lines; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		if (strncmp(l, key, n) == 0 && l[n] == ' ')
			return arena_memdup0(arena, l + n + 1, strcspn(l + n + 1, "\n"));
	}
	return arena_strdup(arena, "");
}

static void
need(struct work *w, const char *why)
{
	if (!w->host->needs_ssh)
		w->host->needs_ssh = why;
}

static void
forbid(struct work *w, const char *why)
{
	if (!w->host->forbidden)
		w->host->forbidden = why;
}

/* With ciphers that seal by themselves it does not matter which MACs are left. */
static bool
can_do_without_macs(struct work *w)
{
	const char *ciphers = w->host->ciphers;
	autobuf sealed = BUF_INIT(4096);

	suite_sealed(ciphers ? ciphers : suite_usual(SUITE_CIPHERS), &sealed);
	if (!sealed.len)
		return false;
	w->host->ciphers = arena_strdup(w->arena, buf_text(&sealed));
	return true;
}

/* Nothing that drover does is left: ssh(1)'s own usual ones may be, and else they are too weak. */
static void
nothing_left(struct work *w, const struct subject *s, const char *wanted, const char *usual)
{
	if (s->kind == SUITE_MACS && can_do_without_macs(w))
		return;
	if (!*usual || suite_meets(wanted, usual)) {
		need(w,
		    arena_printf(w->arena, "ssh_config's %s allows %.*s only, which takes ssh(1)",
			s->name, TEXT_MAX, wanted));
		return;
	}
	forbid(w, arena_printf(w->arena, "ssh_config's %s allows %.*s only, and drover none but %s",
		      s->name, TEXT_MAX, wanted, suite_usual(s->kind)));
}

static void
tell_weak(struct work *w, const struct subject *s, const char *wanted, const char *usual)
{
	autobuf weak = BUF_INIT(TEXT_MAX);
	const char *before = w->host->weak;

	if (*usual)
		suite_weak(s->kind, wanted, usual, &weak);
	if (weak.len)
		w->host->weak = arena_printf(w->arena, "%s%s%s %s", before ? before : "",
		    before ? ", " : "", s->name, buf_text(&weak));
}

static void
narrow(struct work *w, const struct subject *s)
{
	const char **field = (const char **)(void *)((char *)w->host + s->offset);
	autobuf got = BUF_INIT(4096), own = BUF_INIT(4096);
	const char *wanted = *field;

	if (!wanted)
		return;
	*field = NULL;
	const char *usual = value_in(w->arena, w->usual, s->key);
	suite_pick(s->kind, wanted, &got);
	suite_pick(s->kind, usual, &own);
	tell_weak(w, s, wanted, usual);
	if (!got.len) {
		nothing_left(w, s, wanted, usual);
		return;
	}
	if (str_eq(buf_text(&got), buf_text(&own)))
		return;
	*field = arena_strdup(w->arena, buf_text(&got));
	if (s->kind == SUITE_HOST_KEYS)
		w->host->host_keys_ordered = !suite_is_part(*field, buf_text(&own));
}

void
sshlimits_set(struct arena *arena, struct sshconf_host *h, const char *usual)
{
	struct work w = { .arena = arena, .host = h, .usual = usual };

	for (size_t i = 0; i < countof(subjects); i++)
		narrow(&w, &subjects[i]);
	if (!h->pubkey && !h->password && !h->keyboard_interactive)
		need(&w,
		    "ssh_config leaves no way to log in but Kerberos or host-based, which takes "
		    "ssh(1)");
}
