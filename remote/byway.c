#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/carrier.h"
#include "remote/local.h"
#include "remote/master.h"
#include "remote/message.h"
#include "remote/nest.h"
#include "remote/porter.h"
#include "remote/session.h"
#include "remote/session_inner.h"
#include "remote/sshconf.h"
#include "remote/trust.h"
#include "remote/vouch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#define VOUCH_MAX ((size_t)4 << 20)
#define WORDS_MAX 96

static void
on_message(void *user, const struct message *m)
{
	session_message(user, m);
}

static void
serve(struct session *s, const struct porter_kind *kind, void *kind_user)
{
	struct porter_config config = { .loop = s->place->loop,
		.session = 1,
		.kind = kind,
		.kind_user = kind_user,
		.message = on_message,
		.user = s };

	s->porter = porter_new(&config);
	s->channel_place.carrier = porter_carrier(s->porter);
	s->channel_place.session = config.session;
	s->channel_place.deaf = !kind->signal;
	approach_up(s);
}

void
byway_here(struct session *s)
{
	s->way = WAY_LOCAL;
	serve(s, &local_kind, s->place->local);
}

static void
vouch_for(const struct session *s, struct buf *lines, struct vouch *ret)
{
	struct trust_subject subject = approach_subject(s);

	vouch_lines(s->place->trust, &subject, lines, ret);
}

__attribute__((format(printf, 2, 3))) static void
take_ssh(struct session *s, const char *fmt, ...)
{
	va_list ap;
	autofree char *text = NULL;

	va_start(ap, fmt);
	vsnprintf(s->way_why, sizeof(s->way_why), fmt, ap);
	va_end(ap);
	s->way = WAY_SSH;
	text = xasprintf("%s: transport ssh: %s", s->name, s->way_why);
	if (s->place->note)
		s->place->note(s->place->note_user, false, text);
}

const char *
byway_choose(struct session *s)
{
	const char *needs = sshanswer_needs_ssh(s->conf);
	autobuf lines = BUF_INIT(VOUCH_MAX);
	struct vouch v;

	s->way = WAY_LIBSSH;
	if (s->transport && str_eq(s->transport, "libssh"))
		return needs;
	if (s->listener.key)
		return NULL;
	if (s->transport && str_eq(s->transport, "ssh")) {
		str_copy(s->way_why, sizeof(s->way_why), "the inventory says so");
		s->way = WAY_SSH;
		return NULL;
	}
	vouch_for(s, &lines, &v);
	if (needs)
		take_ssh(s, "%s", needs);
	else if (v.authorities && !v.keys)
		take_ssh(s, "its host key is certified by an authority (%s)", v.authority);
	return NULL;
}

bool
byway_helps(struct session *s, const char *words)
{
	bool barred = s->transport && !str_eq(s->transport, "auto");

	if (barred || s->way != WAY_LIBSSH || s->listener.key || !strstr(words, "post-quantum"))
		return false;
	take_ssh(s, "it takes no key exchange but post-quantum ones, which libssh does not have");
	return true;
}

/* The words of a command line, to be freed. */
struct words {
	char *list[WORDS_MAX + 1];
	size_t count;
};

static void
words_fini(struct words *w)
{
	while (w->count)
		free(w->list[--w->count]);
}

__attribute__((format(printf, 2, 3))) static void
add(struct words *w, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (w->count == WORDS_MAX || vasprintf(&text, fmt, ap) < 0)
		mem_abort("a command line for ssh that is too long");
	va_end(ap);
	w->list[w->count++] = text;
}

/* A value in which ssh expands %-tokens. */
static void
add_plain(struct words *w, const char *key, const char *value)
{
	autobuf out = BUF_INIT(8192);

	for (; *value; value++)
		buf_addf(&out, *value == '%' ? "%%%c" : "%c", *value);
	add(w, "-o%s=%s", key, buf_text(&out));
}

/* What ssh(1) may not do whatever its configuration says: they are drover's own rules. */
static void
add_rules(struct words *w)
{
	static const char *const rules[] = { "BatchMode=yes", "StrictHostKeyChecking=yes",
		"GlobalKnownHostsFile=/dev/null", "KnownHostsCommand=none", "VerifyHostKeyDNS=no",
		"CheckHostIP=no", "UpdateHostKeys=no", "NoHostAuthenticationForLocalhost=no",
		"ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no",
		"PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no", "EscapeChar=none",
		"AddKeysToAgent=no", "ForkAfterAuthentication=no", "ControlMaster=yes",
		"ControlPersist=no", "ProxyUseFdpass=yes", "LogLevel=DEBUG1", "SendEnv=*" };

	for (size_t i = 0; i < countof(rules); i++)
		add(w, "-o%s", rules[i]);
}

/* Where the configuration adds what drover never does, ssh's own choice stands instead. */
static void
add_strength(struct words *w, const char *weak)
{
	static const char *const kinds[] = { "KexAlgorithms", "Ciphers", "MACs",
		"HostKeyAlgorithms", "PubkeyAcceptedAlgorithms" };

	for (size_t i = 0; i < countof(kinds); i++) {
		if (weak && strstr(weak, kinds[i]))
			add(w, "-o%s=-none", kinds[i]);
	}
}

static void
add_command_line(struct words *w, const struct session *s, const char *socket, const char *alias)
{
	add(w, "ssh");
	if (s->place->ssh_config)
		add(w, "-F%s", s->place->ssh_config);
	add(w, "-NT");
	add_rules(w);
	/* The socket is connected already: drover found the way, and gives it to ssh. */
	add(w, "-oProxyCommand=/proc/%d/exe --hand socket", (int)getpid());
	add_plain(w, "ControlPath", socket);
	add_plain(w, "UserKnownHostsFile", s->vouched);
	add_plain(w, "HostName", s->conf->hostname);
	if (alias[0])
		add(w, "-oHostKeyAlias=%s", alias);
	add(w, "-oPort=%d", s->conf->port);
	add(w, "-oUser=%s", s->conf->user);
	add_strength(w, s->conf->weak);
	if (s->identity) {
		add_plain(w, "IdentityFile", s->identity);
		add(w, "-oIdentitiesOnly=yes");
	}
	add(w, "--");
	add(w, "%s", s->name);
}

static int
write_private(const char *path, const struct buf *text, struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, buf_text(text), text->len) == (ssize_t)text->len)
		return 0;
	return err_errno(err, "%s cannot be written", path);
}

static void
on_reached(void *user, enum sshlog_phase phase)
{
	struct session *s = user;

	if (phase == SSHLOG_KEY)
		s->state = SESSION_HOSTKEY;
	else if (phase == SSHLOG_AUTH)
		s->state = SESSION_AUTH;
}

static void
on_up(void *user)
{
	struct session *s = user;

	serve(s, &master_kind, s->master);
}

/* ssh is asked nothing there, so nothing that was typed reaches it. */
static void
tell_of_passwords(const struct session *s, const struct sshlog *log, struct err *err)
{
	const struct sshconf_host *conf = s->conf;
	struct err was = *err;

	if (!log->denied ||
	    !((conf->password && strstr(log->methods, "password")) ||
		(conf->keyboard_interactive && strstr(log->methods, "keyboard-interactive"))))
		return;
	err_set(err, was.kind,
	    "%s; over transport ssh no password is given: drover's own SSH (transport: libssh) "
	    "does",
	    was.text);
	str_copy(err->phase, sizeof(err->phase), was.phase);
}

static void
on_down(void *user, const struct sshlog *log, bool early)
{
	struct session *s = user;
	struct err err;
	struct message m;

	sshlog_explain(log, s->conf->user, &err);
	tell_of_passwords(s, log, &err);
	if (!early || s->state != SESSION_KEX) {
		session_down(s, &err);
		return;
	}
	message_init(&m, MESSAGE_DOWN, 1, 0);
	message_text(&m, FIELD_KIND, outcome_name(err.kind));
	message_text(&m, FIELD_PHASE, err.phase);
	message_text(&m, FIELD_TEXT, err.text);
	message_number(&m, FIELD_EARLY, 1);
	approach_message(s, &m);
}

static int
start(struct session *s, int fd, int64_t kex_ms, int64_t limit_ms, struct err *err)
{
	static const struct master_listener listener = {
		.reached = on_reached, .up = on_up, .down = on_down
	};
	__attribute__((cleanup(words_fini))) struct words w = { .count = 0 };
	autobuf lines = BUF_INIT(VOUCH_MAX);
	char name[32];
	struct vouch v;

	snprintf(name, sizeof(name), "%u", ++s->place->byways);
	autofree char *socket = nest_path(s->place->nest, name, err);
	if (!socket)
		return -1;
	s->vouched = xasprintf("%s.known", socket);
	vouch_for(s, &lines, &v);
	if (write_private(s->vouched, &lines, err) < 0)
		return -1;
	add_command_line(&w, s, socket, v.alias);
	struct master_config config = { .loop = s->place->loop,
		.undertaker = s->place->local,
		.socket = socket,
		.argv = (const char *const *)w.list,
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
		.kex_ms = kex_ms,
		.limit_ms = limit_ms,
		.listener = &listener,
		.user = s };
	if (config.fd < 0)
		return err_errno(err, "no descriptor for ssh");
	s->master = master_new(&config, err);
	return s->master ? 0 : -1;
}

void
byway_ssh(struct session *s, int fd, int64_t kex_ms, int64_t limit_ms)
{
	autoclose int socket = fd;
	struct err err;

	s->state = SESSION_KEX;
	if (start(s, socket, kex_ms, limit_ms, &err) < 0)
		session_down(s, &err);
}

void
byway_stop(struct session *s)
{
	porter_free(take(s->porter));
	master_free(take(s->master));
	if (s->vouched)
		unlink(s->vouched);
	free(take(s->vouched));
}
