#include "remote/sshanswer.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshfiles.h"
#include "remote/sshlimits.h"
#include "remote/sshoption.h"
#include "remote/sshtoken.h"
#include "remote/suite.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define LIST_MAX 64

/* One reading in progress. */
struct reading {
	struct arena *arena;
	struct sshconf_host *host;
	const char *asked;
	const char *usual;
	const char **files, **known, **certificates, **env, **sent, **unused;
	size_t file_count, known_count, certificate_count, env_count, sent_count, unused_count;
	const char *preferred;
	const char *hash; /* what %C stands for */
	size_t strange;   /* identity files that are not of ssh's own list */
	struct err *err;
};

struct line_kind {
	const char *key;
	int (*read)(struct reading *r, const struct line_kind *kind, const char *value);
	size_t offset;   /* into struct sshconf_host, for texts */
	const char *why; /* what a refusal says */
};

static int
read_text(struct reading *r, const struct line_kind *kind, const char *value)
{
	const char **field = (const char **)(void *)((char *)r->host + kind->offset);

	if (!str_eq(value, "none") && *value)
		*field = value;
	return 0;
}

/* A host may be called "none". */
static int
read_name(struct reading *r, const struct line_kind *kind, const char *value)
{
	const char **field = (const char **)(void *)((char *)r->host + kind->offset);

	if (*value)
		*field = value;
	return 0;
}

/* "none" means something here: no agent at all. */
static int
read_agent(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	if (!str_eq(value, "SSH_AUTH_SOCK")) {
		autofree char *path = sshfiles_tilde(value);

		r->host->identity_agent = arena_strdup(r->arena, path);
	}
	return 0;
}

static int
read_port(struct reading *r, const struct line_kind *kind, const char *value)
{
	int64_t port;

	(void)kind;
	if (!str_int(value, 1, 65535, &port))
		return err_set(r->err, OUTCOME_INPUT, "ssh -G printed a port of %.20s", value);
	r->host->port = (int)port;
	return 0;
}

static int
read_timeout(struct reading *r, const struct line_kind *kind, const char *value)
{
	int64_t seconds;

	(void)kind;
	if (str_int(value, 1, 86400, &seconds))
		r->host->connect_timeout_ms = seconds * 1000;
	return 0;
}

static int
read_alive(struct reading *r, const struct line_kind *kind, const char *value)
{
	int64_t n;

	if (!str_int(value, 0, 86400, &n))
		return err_set(r->err, OUTCOME_INPUT, "ssh -G printed %s %.20s", kind->key, value);
	if (str_eq(kind->key, "serveraliveinterval"))
		r->host->server_alive_ms = n * 1000;
	else
		r->host->server_alive_count = (int)n;
	return 0;
}

static int
read_prompts(struct reading *r, const struct line_kind *kind, const char *value)
{
	int64_t n;

	(void)kind;
	if (str_int(value, 0, 1000, &n))
		r->host->password_prompts = (int)n;
	return 0;
}

static int
read_family(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	r->host->family = str_eq(value, "inet")    ? AF_INET
			  : str_eq(value, "inet6") ? AF_INET6
						   : AF_UNSPEC;
	return 0;
}

static bool
says_yes(const char *value)
{
	return str_eq(value, "yes") || str_eq(value, "true");
}

static int
read_bool(struct reading *r, const struct line_kind *kind, const char *value)
{
	*(bool *)((char *)r->host + kind->offset) = says_yes(value);
	return 0;
}

/* "unbound" and "host-bound" are ways of saying yes. */
static int
read_pubkey(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	r->host->pubkey = !str_eq(value, "no") && !str_eq(value, "false");
	return 0;
}

static int
read_number(struct reading *r, const struct line_kind *kind, const char *value)
{
	int64_t n;

	if (str_int(value, 1, 1 << 20, &n))
		*(int *)(void *)((char *)r->host + kind->offset) = (int)n;
	return 0;
}

/* What only ssh(1) can do. */
static int
read_need(struct reading *r, const struct line_kind *kind, const char *value)
{
	if (*value && !str_eq(value, "none") && !str_eq(value, "no") && !r->host->needs_ssh)
		r->host->needs_ssh = arena_printf(
		    r->arena, "ssh_config sets %s %.200s, which takes ssh(1)", kind->why, value);
	return 0;
}

static int
read_forbidden(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	if (*value && !str_eq(value, "none"))
		r->host->forbidden =
		    arena_printf(r->arena, "ssh_config refuses this host: %.300s", value);
	return 0;
}

static int
read_strict(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	r->host->strict = says_yes(value);
	r->host->lax = !r->host->strict && !str_eq(value, "ask");
	return 0;
}

/* Which proofs, not in which order; it comes behind the keys that allow each. */
static int
read_preferred(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	r->preferred = value;
	return 0;
}

/* Asked for by us, so that ssh says what it makes of %C. */
static int
read_hash(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	r->hash = *value == '/' ? value + 1 : NULL;
	return 0;
}

/* Only what differs from an empty configuration is the user's word. */
static int
read_algorithms(struct reading *r, const struct line_kind *kind, const char *value)
{
	autofree char *line = xasprintf("%s %s\n", kind->key, value);

	return strstr(r->usual, line) ? 0 : read_text(r, kind, value);
}

static int
read_identity(struct reading *r, const struct line_kind *kind, const char *value)
{
	static const char *const own[] = { "rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk",
		"xmss", "dsa", "mldsa44_ed25519" };
	bool strange = true;

	(void)kind;
	if (str_eq(value, "none") || r->file_count == LIST_MAX)
		return 0;
	for (size_t i = 0; i < countof(own) && str_starts(value, "~/.ssh/id_"); i++)
		strange = strange && !str_eq(value + strlen("~/.ssh/id_"), own[i]);
	r->strange += strange;
	r->files[r->file_count++] = value;
	return 0;
}

static int
read_certificate(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	if (!str_eq(value, "none") && r->certificate_count < LIST_MAX)
		r->certificates[r->certificate_count++] = value;
	return 0;
}

static int
read_env(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	if (r->env_count < LIST_MAX)
		r->env[r->env_count++] = value;
	return 0;
}

static int
read_sent(struct reading *r, const struct line_kind *kind, const char *value)
{
	(void)kind;
	if (r->sent_count < LIST_MAX)
		r->sent[r->sent_count++] = value;
	return 0;
}

/* The names come in one line with spaces between and none quoted: a piece that is no absolute path
 * belongs to the one before it, if such a file exists. */
static int
read_known_hosts(struct reading *r, const struct line_kind *kind, const char *value)
{
	size_t first = r->known_count;

	(void)kind;
	while (*value && r->known_count < LIST_MAX) {
		size_t n = strcspn(value, " ");
		autofree char *piece = xmemdup0(value, n);

		value += n + (value[n] == ' ');
		if (piece[0] != '/' && r->known_count > first) {
			const char **last = &r->known[r->known_count - 1];
			autofree char *whole = xasprintf("%s %s", *last, piece);

			if (file_exists(whole)) {
				*last = arena_strdup(r->arena, whole);
				continue;
			}
		}
		if (*piece && !str_eq(piece, "none"))
			r->known[r->known_count++] = arena_strdup(r->arena, piece);
	}
	return 0;
}

#define TEXT(name, field)                                                                          \
	{                                                                                          \
		name, read_text, offsetof(struct sshconf_host, field), NULL                        \
	}
#define NAME(name, field)                                                                          \
	{                                                                                          \
		name, read_name, offsetof(struct sshconf_host, field), NULL                        \
	}
#define FLAG(name, field)                                                                          \
	{                                                                                          \
		name, read_bool, offsetof(struct sshconf_host, field), NULL                        \
	}
#define CHOICE(name, field)                                                                        \
	{                                                                                          \
		name, read_algorithms, offsetof(struct sshconf_host, field), NULL                  \
	}
#define NUMBER(name, field)                                                                        \
	{                                                                                          \
		name, read_number, offsetof(struct sshconf_host, field), NULL                      \
	}
#define NEED(name, why)                                                                            \
	{                                                                                          \
		name, read_need, 0, why                                                            \
	}

static const struct line_kind kinds[] = {
	NAME("hostname", hostname),
	NAME("user", user),
	{ "port", read_port, 0, NULL },
	{ "addressfamily", read_family, 0, NULL },
	{ "connecttimeout", read_timeout, 0, NULL },
	TEXT("hostkeyalias", host_key_alias),
	{ "identityfile", read_identity, 0, NULL },
	FLAG("identitiesonly", identities_only),
	{ "identityagent", read_agent, 0, NULL },
	{ "userknownhostsfile", read_known_hosts, 0, NULL },
	{ "globalknownhostsfile", read_known_hosts, 0, NULL },
	{ "stricthostkeychecking", read_strict, 0, NULL },
	TEXT("remotecommand", remote_command),
	CHOICE("ciphers", ciphers),
	CHOICE("macs", macs),
	CHOICE("kexalgorithms", kex),
	CHOICE("hostkeyalgorithms", host_key_algorithms),
	CHOICE("pubkeyacceptedalgorithms", pubkey_algorithms),
	TEXT("proxyjump", proxy_jump),
	TEXT("proxycommand", proxy_command),
	{ "certificatefile", read_certificate, 0, NULL },
	TEXT("bindaddress", bind_address),
	TEXT("bindinterface", bind_interface),
	{ "setenv", read_env, 0, NULL },
	{ "sendenv", read_sent, 0, NULL },
	{ "serveraliveinterval", read_alive, 0, NULL },
	{ "serveralivecountmax", read_alive, 0, NULL },
	{ "numberofpasswordprompts", read_prompts, 0, NULL },
	FLAG("batchmode", batch_mode),
	FLAG("passwordauthentication", password),
	FLAG("kbdinteractiveauthentication", keyboard_interactive),
	{ "pubkeyauthentication", read_pubkey, offsetof(struct sshconf_host, pubkey), NULL },
	{ "preferredauthentications", read_preferred, 0, NULL },
	NUMBER("connectionattempts", connection_attempts),
	NUMBER("requiredrsasize", rsa_bits),
	{ "controlpath", read_hash, 0, NULL },
	NEED("pkcs11provider", "PKCS11Provider"),
	NEED("knownhostscommand", "KnownHostsCommand"),
	NEED("revokedhostkeys", "RevokedHostKeys"),
	NEED("proxyusefdpass", "ProxyUseFdpass"),
	{ "refuseconnection", read_forbidden, 0, NULL },
};

static const struct line_kind *
kind_of(const char *line, size_t n)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (strlen(kinds[i].key) == n && strncmp(kinds[i].key, line, n) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* Set, not honoured, and to be named: by the table, or by a newer ssh than the table knows. */
static bool
is_unused(const char *line, size_t n)
{
	const struct sshoption *o = sshoption_find(line, n);

	return !o || o->use == SSHOPTION_UNUSED;
}

/* A line that is the same without any configuration is nobody's word, where that is what counts. */
static bool
is_needless(const char *line, size_t n, size_t nkey, const char *usual)
{
	const struct line_kind *kind = kind_of(line, nkey);
	autofree char *whole = xmemdup0(line, n + (line[n] == '\n'));

	if (!kind && !is_unused(line, nkey))
		return true;
	return (!kind || kind->read == read_algorithms) && line[n] == '\n' && strstr(usual, whole);
}

void
sshanswer_pick(const char *output, const char *usual, struct buf *to)
{
	while (*output) {
		size_t n = strcspn(output, "\n"), nkey = strcspn(output, " \n");

		if (!is_needless(output, n, nkey, usual)) {
			buf_add(to, output, n);
			buf_addc(to, '\n');
		}
		output += n + (output[n] == '\n');
	}
}

/* What an empty configuration has too was set by nobody. */
static void
read_unused(struct reading *r, const char *line, size_t n, size_t nkey)
{
	const struct sshoption *o = sshoption_find(line, nkey);
	autofree char *whole = xmemdup0(line, n + 1);
	autofree char *key = xmemdup0(line, nkey);

	if (!*r->usual || r->unused_count == LIST_MAX || line[n] != '\n' ||
	    !is_unused(line, nkey) || strstr(r->usual, whole))
		return;
	r->unused[r->unused_count++] =
	    arena_printf(r->arena, "%s%.*s", o ? o->name : key, (int)(n - nkey), line + nkey);
}

/* ssh -G leaves tokens and variables of IdentityFile as they are written. */
static const char *
expand(struct reading *r, const char *value)
{
	const struct sshtoken_values values = {
		.host = r->host, .asked = r->asked, .hash = r->hash, .what = "IdentityFile"
	};

	return sshtoken_expand(r->arena, &values, value, r->err);
}

static int
expand_all(struct reading *r, const char **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		list[i] = expand(r, list[i]);
		if (!list[i])
			return -1;
	}
	return 0;
}

static int
read_lines(struct reading *r, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n"), nkey = strcspn(lines, " \n");
		const struct line_kind *kind = kind_of(lines, nkey);
		const char *value = nkey < n ? lines + nkey + 1 : "";
		const char *kept = arena_memdup0(r->arena, value, n > nkey ? n - nkey - 1 : 0);

		if (kind && kind->read(r, kind, kept) < 0)
			return -1;
		if (!kind)
			read_unused(r, lines, n, nkey);
		lines += n + (lines[n] == '\n');
	}
	return 0;
}

static void
prefer(struct sshconf_host *h, const char *list)
{
	h->pubkey = h->pubkey && suite_meets("publickey", list);
	h->password = h->password && suite_meets("password", list);
	h->keyboard_interactive =
	    h->keyboard_interactive && suite_meets("keyboard-interactive", list);
}

const struct sshconf_host *
sshanswer_read(
    struct arena *arena, const char *host, const char *lines, const char *usual, struct err *err)
{
	struct sshconf_host *h = arena_alloc(arena, sizeof(*h));
	struct reading r = { .arena = arena, .host = h, .asked = host, .usual = usual, .err = err };

	r.files = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.files));
	r.known = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.known));
	r.certificates = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.certificates));
	r.env = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.env));
	r.sent = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.sent));
	r.unused = arena_alloc(arena, (LIST_MAX + 1) * sizeof(*r.unused));
	h->unused = r.unused;
	h->connection_attempts = 1;
	h->identity_files = r.files;
	h->certificate_files = r.certificates;
	h->set_env = r.env;
	h->send_env = r.sent;
	h->server_alive_count = 3;
	h->pubkey = h->password = h->keyboard_interactive = true;
	h->password_prompts = 3;
	h->known_hosts = r.known;
	if (read_lines(&r, lines) < 0)
		return NULL;
	if (!h->hostname || !h->user || !h->port) {
		err_set(err, OUTCOME_INPUT, "ssh -G gave no host name, user or port");
		return NULL;
	}
	h->identity_default = r.file_count > 3 && r.strange == 0;
	if (expand_all(&r, r.files, r.file_count) < 0 ||
	    expand_all(&r, r.certificates, r.certificate_count) < 0)
		return NULL;
	if (r.preferred)
		prefer(h, r.preferred);
	h->preferred_proofs = r.preferred;
	sshlimits_set(arena, h, usual);
	return h;
}

const char *
sshanswer_needs_ssh(const struct sshconf_host *h)
{
	return h->needs_ssh;
}
