#include "inventory/sshargs.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/grammar.h"
#include "inventory/words.h"

#include <string.h>
#include <strings.h>

struct reader {
	struct arena *arena;
	struct sshargs *to;
};

static void
refuse(struct reader *r, const char *option, const char *value)
{
	if (!r->to->refused)
		r->to->refused = arena_printf(
		    r->arena, "%.60s%s%.100s", option, value ? " " : "", value ? value : "");
}

/* The first word of ssh counts: a later one changes nothing. */
static bool
take_text(
    struct reader *r, const char **to, const char *value, const char *(*grammar)(const char *))
{
	if (grammar(value))
		return false;
	if (!*to)
		*to = arena_strdup(r->arena, value);
	return true;
}

static bool
take_jump(struct reader *r, const char *value)
{
	return take_text(r, &r->to->jump, value, grammar_jump);
}

static bool
take_proxy(struct reader *r, const char *value)
{
	return take_text(r, &r->to->proxy_command, value, grammar_command);
}

static bool
take_identity(struct reader *r, const char *value)
{
	return take_text(r, &r->to->identity, value, grammar_path);
}

static bool
take_user(struct reader *r, const char *value)
{
	return take_text(r, &r->to->user, value, grammar_user);
}

static bool
take_port(struct reader *r, const char *value)
{
	int64_t port;

	if (!str_int(value, 1, 65535, &port))
		return false;
	if (!r->to->port)
		r->to->port = (int)port;
	return true;
}

static bool
take_timeout(struct reader *r, const char *value)
{
	int64_t seconds;

	if (!str_int(value, 1, 86400, &seconds))
		return false;
	if (!r->to->connect_timeout_ms)
		r->to->connect_timeout_ms = seconds * 1000;
	return true;
}

static bool
not_obeyed(struct reader *r, const char *value)
{
	if (strcasecmp(value, "yes") != 0 && strcasecmp(value, "ask") != 0)
		r->to->unchecked = "StrictHostKeyChecking";
	return true;
}

static bool
own_known_hosts(struct reader *r, const char *value)
{
	if (!str_eq(value, "/dev/null"))
		return false;
	r->to->unchecked = "UserKnownHostsFile=/dev/null";
	return true;
}

static bool
only_no(struct reader *r, const char *value)
{
	(void)r;
	return strcasecmp(value, "no") == 0;
}

static bool
only_yes(struct reader *r, const char *value)
{
	(void)r;
	return strcasecmp(value, "yes") == 0;
}

/* What changes nothing for drover: its sessions are shared, quiet and watched anyway. */
static bool
needless(struct reader *r, const char *value)
{
	(void)r;
	(void)value;
	return true;
}

static const struct {
	const char *name;
	char flag; /* of ssh(1), with a value behind it; 0: none */
	bool (*obey)(struct reader *r, const char *value);
} keywords[] = {
	{ "ProxyJump", 'J', take_jump },
	{ "ProxyCommand", 0, take_proxy },
	{ "IdentityFile", 'i', take_identity },
	{ "Port", 'p', take_port },
	{ "User", 'l', take_user },
	{ "ConnectTimeout", 0, take_timeout },
	{ "StrictHostKeyChecking", 0, not_obeyed },
	{ "UserKnownHostsFile", 0, own_known_hosts },
	{ "ControlMaster", 0, needless },
	{ "ControlPath", 'S', needless },
	{ "ControlPersist", 0, needless },
	{ "Compression", 0, needless },
	{ "LogLevel", 0, needless },
	{ "ServerAliveInterval", 0, needless },
	{ "ServerAliveCountMax", 0, needless },
	{ "TCPKeepAlive", 0, needless },
	{ "ConnectionAttempts", 0, needless },
	{ "IdentitiesOnly", 0, only_yes },
	{ "BatchMode", 0, needless },
	{ "ForwardAgent", 0, only_no },
	{ "ForwardX11", 0, only_no },
	{ "PasswordAuthentication", 0, only_no },
	{ "KbdInteractiveAuthentication", 0, only_no },
	{ "GSSAPIAuthentication", 0, only_no },
};

/* -o Key=value, -o "Key value". */
static void
take_option(struct reader *r, const char *text)
{
	size_t key = strcspn(text, "= \t"), gap = key + strspn(text + key, "= \t");
	const char *value = text + gap;

	for (size_t i = 0; i < countof(keywords); i++) {
		if (strlen(keywords[i].name) != key ||
		    strncasecmp(text, keywords[i].name, key) != 0)
			continue;
		if (!*value || !keywords[i].obey(r, value))
			break;
		return;
	}
	refuse(r, "-o", text);
}

/* One flag; the number of words behind it that it took, or -1. */
static int
take_flag(struct reader *r, const char *word, const char *next)
{
	const char *value = word[2] ? word + 2 : next;

	if (strspn(word + 1, "CqvTxa") == strlen(word + 1))
		return 0;
	for (size_t i = 0; i < countof(keywords); i++) {
		if (!keywords[i].flag || word[1] != keywords[i].flag)
			continue;
		if (!value || !keywords[i].obey(r, value))
			refuse(r, word, word[2] ? NULL : next);
		return word[2] ? 0 : 1;
	}
	if (word[1] == 'o' && value) {
		take_option(r, value);
		return word[2] ? 0 : 1;
	}
	return -1;
}

const struct sshargs *
sshargs_read(struct arena *a, const char *text)
{
	struct sshargs *to = arena_alloc(a, sizeof(*to));
	struct reader r = { .arena = a, .to = to };
	autowords words = { 0 };
	const char *wrong = words_split(text, false, &words);

	if (wrong)
		refuse(&r, wrong, NULL);
	for (size_t i = 0; i < words.count && !to->refused; i++) {
		const char *word = words.word[i].text;
		const char *next = i + 1 < words.count ? words.word[i + 1].text : NULL;
		int took = word[0] == '-' && word[1] ? take_flag(&r, word, next) : -1;

		if (took < 0)
			refuse(&r, word, NULL);
		i += took > 0;
	}
	return to;
}
