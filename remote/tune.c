#include "remote/tune.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/suite.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <string.h>

#define RSA_BITS 2048

/* OpenSSL reads its configuration and its random bytes at first use: let that be now. */
static bool
warm_up(void)
{
	ssh_key key = NULL;
	char *text = NULL;
	bool good = ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 0, &key) == SSH_OK &&
		    ssh_pki_export_pubkey_base64(key, &text) == SSH_OK;

	ssh_string_free_char(text);
	ssh_key_free(key);
	return good;
}

int
tune_init(void)
{
	ssh_set_log_level(SSH_LOG_NOLOG);
	return ssh_init() == SSH_OK && warm_up() ? 0 : -1;
}

void
tune_fini(void)
{
	ssh_finalize();
}

/* A client serves nothing: what the server asks of us is refused at once instead of being kept. */
static int
refuse(ssh_session ssh, ssh_message message, void *user)
{
	(void)ssh;
	(void)message;
	(void)user;
	return 1;
}

static bool
set_text(ssh_session ssh, enum ssh_options_e option, const char *value)
{
	return ssh_options_set(ssh, option, value) == SSH_OK;
}

/* Once more what was checked before: a list never brings in what drover does not do. */
static bool
set_list(ssh_session ssh, enum ssh_options_e option, enum suite_kind kind, const char *wanted)
{
	autobuf list = BUF_INIT(4096);

	suite_pick(kind, wanted, &list);
	return set_text(ssh, option, list.len ? buf_text(&list) : suite_usual(kind));
}

static bool
set_offer(ssh_session ssh, const struct tune_offer *o)
{
	int bits = o->rsa_bits > RSA_BITS ? o->rsa_bits : RSA_BITS;

	return ssh_options_set(ssh, SSH_OPTIONS_RSA_MIN_SIZE, &bits) == SSH_OK &&
	       set_list(ssh, SSH_OPTIONS_HOSTKEYS, SUITE_HOST_KEYS, o->host_keys) &&
	       set_list(ssh, SSH_OPTIONS_KEY_EXCHANGE, SUITE_KEX, o->kex) &&
	       set_list(ssh, SSH_OPTIONS_CIPHERS_C_S, SUITE_CIPHERS, o->ciphers) &&
	       set_list(ssh, SSH_OPTIONS_CIPHERS_S_C, SUITE_CIPHERS, o->ciphers) &&
	       set_list(ssh, SSH_OPTIONS_HMAC_C_S, SUITE_MACS, o->macs) &&
	       set_list(ssh, SSH_OPTIONS_HMAC_S_C, SUITE_MACS, o->macs) &&
	       set_list(ssh, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, SUITE_USER_KEYS, o->signatures);
}

static bool
set_all(ssh_session ssh, int fd, const char *address)
{
	int no = 0, yes = 1;

	return ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no) == SSH_OK &&
	       ssh_options_set(ssh, SSH_OPTIONS_STRICTHOSTKEYCHECK, &yes) == SSH_OK &&
	       set_text(ssh, SSH_OPTIONS_HOST, address) &&
	       ssh_options_set(ssh, SSH_OPTIONS_FD, &fd) == SSH_OK &&
	       /* else libssh asks the password database */
	       set_text(ssh, SSH_OPTIONS_USER, "drover") &&
	       set_text(ssh, SSH_OPTIONS_SSH_DIR, "/nonexistent") &&
	       set_text(ssh, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") &&
	       set_text(ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") &&
	       set_text(ssh, SSH_OPTIONS_COMPRESSION, "no");
}

void *
tune_session(int fd, const char *address, const struct tune_offer *offer)
{
	ssh_session ssh = ssh_new();

	if (!ssh)
		return NULL;
	ssh_set_blocking(ssh, 0);
	ssh_set_message_callback(ssh, refuse, NULL);
	if (set_all(ssh, fd, address) && set_offer(ssh, offer))
		return ssh;
	ssh_free(ssh);
	return NULL;
}

int
tune_blob(void *key, unsigned char **ret, size_t *ret_len)
{
	char *text = NULL;

	if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
		return -1;
	*ret = digest_unbase64(text, strlen(text), ret_len);
	ssh_string_free_char(text);
	return *ret ? 0 : -1;
}

bool
tune_is_well(void *ssh)
{
	return ssh_is_connected(ssh) && !(ssh_get_status(ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

/* What libssh says of a socket that is gone, over whatever it had said before. */
static bool
tells_nothing(const char *why)
{
	return strstr(why, "Socket error: disconnected") || str_ends(why, "Success");
}

bool
tune_closed_early(void *ssh)
{
	const char *why = ssh_get_error(ssh);

	if (strstr(why, "no match for method"))
		return false;
	return tells_nothing(why) || strstr(why, "reset by peer") || !ssh_get_serverbanner(ssh);
}

/* Leave out what stands among the ways to exchange keys and only tells what a server can do. */
static void
drop_abilities(char *list)
{
	char *to = list;

	for (const char *from = list; *from;) {
		size_t n = strcspn(from, ",");

		if (!str_starts(from, "kex-strict-") && !str_starts(from, "ext-info-")) {
			if (to > list)
				*to++ = ',';
			memmove(to, from, n);
			to += n;
		}
		from += n + (from[n] == ',');
	}
	*to = '\0';
}

/* "kex error : no match for method kex algos: server [a,b], client [c,d]": the server's list. */
static bool
explain_mismatch(const char *why, char *to, size_t size)
{
	const char *what = strstr(why, "no match for method "), *from = what;
	int n = 0, name = 0;

	if (!what || !strstr(what, ": server ["))
		return false;
	what += strlen("no match for method ");
	name = (int)strcspn(what, ":");
	from = strstr(what, ": server [") + strlen(": server [");
	n = (int)strcspn(from, "]");
	autofree char *list = xmemdup0(from, (size_t)n);
	drop_abilities(list);
	bool quantum = str_starts(what, "kex") && !strstr(list, "curve25519-sha256") &&
		       (strstr(list, "sntrup") || strstr(list, "mlkem"));
	snprintf(to, size, "nothing in common for %.*s: the server offers %.100s%s", name, what,
	    list, quantum ? "; post-quantum key exchange alone takes ssh(1)" : "");
	return true;
}

static void
clean(char *s)
{
	for (; *s; s++) {
		if (*s < ' ' || *s > '~')
			*s = '?';
	}
}

static void
on_log(int level, const char *function, const char *text, void *user)
{
	static const char mark[] = "ssh_protocol_version_exchange: ";
	struct tune_ear *ear = user;
	const char *line = strstr(text, mark);

	(void)level;
	(void)function;
	if (ear && line && !ear->greeting[0]) {
		str_copy(ear->greeting, sizeof(ear->greeting), line + sizeof(mark) - 1);
		clean(ear->greeting);
	} else if (ear && !line && strstr(text, "no match for method ")) {
		str_copy(ear->heard, sizeof(ear->heard), text);
	}
}

void
tune_listen(struct tune_ear *ear)
{
	ssh_set_log_userdata(ear);
	ssh_set_log_callback(on_log);
	ssh_set_log_level(ear ? SSH_LOG_TRACE : SSH_LOG_NOLOG);
}

bool
tune_heard(const struct tune_ear *ear, char *to, size_t size)
{
	bool any = ear->heard[0] && explain_mismatch(ear->heard, to, size);

	if (any)
		clean(to);
	return any;
}

void
tune_explain(void *ssh, char *to, size_t size)
{
	const char *why = ssh_get_error(ssh);

	if (!explain_mismatch(why, to, size)) {
		if (tells_nothing(why))
			why = "the server closed the connection";
		else if (str_starts(why, "Socket error: "))
			why += strlen("Socket error: ");
		else if (!*why)
			why = "the connection was lost";
		snprintf(to, size, "%.200s", why);
	}
	clean(to);
}

void
tune_methods(int methods, char *to, size_t size)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = {
		{ SSH_AUTH_METHOD_PUBLICKEY, "publickey" },
		{ SSH_AUTH_METHOD_PASSWORD, "password" },
		{ SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive" },
		{ SSH_AUTH_METHOD_HOSTBASED, "hostbased (not supported)" },
		{ SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi (not supported)" },
	};
	autobuf list = BUF_INIT(size - 1);

	for (size_t i = 0; i < countof(names); i++) {
		if (methods & names[i].bit)
			buf_addf(&list, "%s%s", list.len ? ", " : "", names[i].name);
	}
	str_copy(to, size, list.len ? buf_text(&list) : "nothing");
}

void
tune_banner(void *ssh, char *to, size_t size)
{
	char *text = ssh_get_issue_banner(ssh), *line = text,
	     *end = text ? text + strlen(text) : NULL;

	*to = '\0';
	if (!text)
		return;
	while (end > text && (unsigned char)end[-1] <= ' ')
		*--end = '\0';
	for (char *p = text; *p; p++) {
		if (*p == '\n')
			line = p + 1;
		else if (*p < ' ' || *p > '~')
			*p = '?';
	}
	snprintf(to, size, "%s", line);
	ssh_string_free_char(text);
}
