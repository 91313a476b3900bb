#include "remote/sshlog.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

#define DEBUG "debug1: "

static void
keep(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from[i] && from[i] != '\r' && i + 1 < size; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static void
reach(struct sshlog *l, enum sshlog_phase phase)
{
	if (l->phase < phase)
		l->phase = phase;
}

static bool
after(const char *line, const char *words, const char **ret)
{
	if (!str_starts(line, words))
		return false;
	*ret = line + strlen(words);
	return true;
}

static void
read_debug(struct sshlog *l, const char *line)
{
	const char *rest;

	if (after(line, "kex_exchange_identification: banner line 0: ", &rest)) {
		keep(l->greeting, sizeof(l->greeting), rest);
	} else if (after(line, "Remote protocol version", &rest)) {
		reach(l, SSHLOG_KEX);
	} else if (after(line, "Server host key: ", &rest) ||
		   after(line, "Server host certificate: ", &rest)) {
		reach(l, SSHLOG_KEY);
		keep(l->key, sizeof(l->key), rest);
		l->key[strcspn(l->key, ",")] = '\0';
	} else if (after(line, "SSH2_MSG_NEWKEYS received", &rest) ||
		   after(line, "SSH2_MSG_SERVICE_ACCEPT received", &rest)) {
		reach(l, SSHLOG_AUTH);
	} else if (after(line, "Authentications that can continue: ", &rest)) {
		reach(l, SSHLOG_AUTH);
		keep(l->methods, sizeof(l->methods), rest);
	}
}

void
sshlog_init(struct sshlog *l)
{
	*l = (struct sshlog){ .negotiated = true };
}

static void
read_reason(struct sshlog *l, const char *line)
{
	const char *rest;

	if (after(line, "Certificate invalid: ", &rest))
		keep(l->certificate, sizeof(l->certificate), rest);
	else if (strstr(line, "REVOKED HOST KEY DETECTED"))
		l->verdict = SSHLOG_KEY_REVOKED;
	else if (strstr(line, "REMOTE HOST IDENTIFICATION HAS CHANGED") ||
		 strstr(line, "Host key for ") == line)
		l->verdict = SSHLOG_KEY_CHANGED;
	else if (str_starts(line, "Host key verification failed"))
		l->refused = l->phase < SSHLOG_AUTH;
	else if (strstr(line, "Permission denied (") || strstr(line, "Too many authentication"))
		l->denied = true;
	else if (strstr(line, "no matching ") && str_starts(line, "Unable to negotiate"))
		l->negotiated = false;
	else if (strstr(line, "Bad configuration option"))
		l->bad_option = true;
}

void
sshlog_line(struct sshlog *l, const char *line)
{
	const char *rest;

	if (after(line, DEBUG, &rest)) {
		read_debug(l, rest);
		return;
	}
	if (str_starts(line, "Authenticated to ")) {
		reach(l, SSHLOG_UP);
		return;
	}
	read_reason(l, line);
	if (*line && *line != '\r')
		keep(l->last, sizeof(l->last), line);
}

static void
explain_key(const struct sshlog *l, struct err *err)
{
	static const char *const words[] = {
		[SSHLOG_KEY_UNKNOWN] = "host key is not known",
		[SSHLOG_KEY_CHANGED] = "host key CHANGED: it is none of those that are known",
		[SSHLOG_KEY_REVOKED] = "host key is revoked",
	};

	if (l->certificate[0] && l->verdict != SSHLOG_KEY_REVOKED)
		err_set(err, OUTCOME_REFUSED, "host certificate is refused: %s (%s)",
		    l->certificate, l->key);
	else
		err_set(err, OUTCOME_REFUSED, "%s: %s", words[l->verdict], l->key);
}

static const char *
phase_name(const struct sshlog *l)
{
	static const char *const names[] = { [SSHLOG_START] = "key exchange",
		[SSHLOG_KEX] = "key exchange",
		[SSHLOG_KEY] = "host key",
		[SSHLOG_AUTH] = "login",
		[SSHLOG_UP] = "session" };

	return names[l->phase];
}

/* "Unable to negotiate with UNKNOWN port 65535: no matching ...": the part that says something. */
static const char *
offer(const struct sshlog *l)
{
	const char *at = strstr(l->last, "no matching ");

	return at ? at : l->last;
}

static void
explain_end(const struct sshlog *l, struct err *err)
{
	err_set(err, OUTCOME_UNREACHABLE, "ssh: %s",
	    l->last[0] ? l->last : "it ended and said nothing");
	if (l->phase == SSHLOG_START)
		greeting_add(err->text, sizeof(err->text), l->greeting);
}

void
sshlog_explain(const struct sshlog *l, const char *user, struct err *err)
{
	const char *phase = phase_name(l);

	if (l->late > 0)
		err_set(err, OUTCOME_UNREACHABLE, "not done after %.1f s", l->late);
	else if (l->bad_option)
		err_set(err, OUTCOME_INPUT, "ssh: %s", l->last);
	else if (l->refused)
		explain_key(l, err);
	else if (!l->negotiated)
		err_set(err, OUTCOME_UNREACHABLE, "ssh: %s", offer(l));
	else if (l->denied)
		err_set(err, OUTCOME_UNREACHABLE, "%s is refused; the server takes: %s", user,
		    l->methods[0] ? l->methods : "nothing");
	else
		explain_end(l, err);
	str_copy(err->phase, sizeof(err->phase),
	    l->refused      ? "host key"
	    : l->denied     ? "login"
	    : l->bad_option ? "configuration"
			    : phase);
}
