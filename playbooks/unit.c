#include "playbooks/unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define NAME_MAX_BYTES 255
#define USER_MAX_BYTES 32

const char *const unit_suffixes[] = { "service", "socket", "timer", "target", "path", "mount",
	"automount", "swap", "slice", NULL };

static bool
is_bare(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "_./:=@,+-") == strlen(s);
}

static void
put_quoted(struct buf *to, const char *s, bool exec)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_addf(to, "\\%c", c);
		else if (c == '%' || (c == '$' && exec))
			buf_addf(to, "%c%c", c, c);
		else if (c == '\n')
			buf_adds(to, "\\n");
		else if (c == '\t')
			buf_adds(to, "\\t");
		else if (c < ' ' || c == 0x7f)
			buf_addf(to, "\\x%02x", c);
		else
			buf_addc(to, (char)c);
	}
}

static void
put_word(struct buf *to, const char *s, bool exec)
{
	if (is_bare(s)) {
		buf_adds(to, s);
		return;
	}
	buf_addc(to, '"');
	put_quoted(to, s, exec);
	buf_addc(to, '"');
}

void
unit_word(struct buf *to, const char *s)
{
	put_word(to, s, true);
}

void
unit_setting(struct buf *to, const char *s)
{
	put_word(to, s, false);
}

void
unit_option(struct buf *to, const char *name, const char *value)
{
	autobuf word = BUF_INIT(SIZE_MAX / 2);

	buf_addf(&word, "--%s=%s", name, value);
	unit_word(to, buf_text(&word));
}

void
unit_prose(struct buf *to, const char *s)
{
	size_t last = strlen(s);

	for (size_t i = 0; i < last; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < ' ' || c == 0x7f || (c == '\\' && i + 1 == last))
			buf_addc(to, '?');
		else if (c == '%')
			buf_adds(to, "%%");
		else
			buf_addc(to, (char)c);
	}
}

void
unit_container(struct buf *to, const char *restart, int64_t stop_timeout_s)
{
	buf_addf(to,
	    "RequiresMountsFor=%%t/containers\n"
	    "StartLimitIntervalSec=60\n"
	    "StartLimitBurst=5\n"
	    "\n"
	    "[Service]\n"
	    "Type=notify\n"
	    "NotifyAccess=all\n"
	    "Delegate=yes\n"
	    "KillMode=mixed\n"
	    "SyslogIdentifier=%%N\n"
	    "Environment=PODMAN_SYSTEMD_UNIT=%%n\n"
	    "Restart=%s\n"
	    "RestartSec=1\n"
	    "TimeoutStartSec=60\n"
	    "TimeoutStopSec=%lld\n",
	    restart, (long long)stop_timeout_s);
}

/* KillMode=mixed tells the main process alone, which is the shell until it names the container's monitor. It does so
 * itself, and waits until that is heard: nobody knows any more of a podman that is gone whose unit it was. */
void
unit_podman_run(
    struct buf *to, const char *within, const char *apart, const char *name, int64_t stop_s)
{
	buf_addf(to,
	    "ExecStartPre=-rm -f %%t/%%N.cid %%t/%%N.pid\n"
	    "ExecStart=/bin/sh -c 'stop=; trap stop=y TERM; \"$$@\" & run=$$!; wait $$run; rc=$$?; "
	    "\\\n"
	    "  [ \"$$stop$$rc\" != 0 ] || systemd-notify --ready --pid=\"$$(cat %%t/%%N.pid)\" || "
	    "rc=$$?; \\\n"
	    "  [ -z \"$$stop\" ] || { wait $$run; rc=143; \\\n"
	    "  %s/usr/bin/podman rm -f -i --time=%lld --cidfile=%%t/%%N.cid; }; exit $$rc' sh \\\n"
	    "  %s/usr/bin/podman run --name=%s --cidfile=%%t/%%N.cid --conmon-pidfile=%%t/%%N.pid "
	    "\\\n"
	    "  --replace --rm --cgroups=split --sdnotify=ignore -d --pull=never",
	    apart, (long long)stop_s, within, name);
}

void
unit_podman_stop(struct buf *to, const char *within, int64_t stop_s)
{
	buf_addf(to,
	    "ExecStop=%s/usr/bin/podman rm -f -i --time=%lld --cidfile=%%t/%%N.cid\n"
	    "ExecStopPost=-%s/usr/bin/podman rm -f -i --time=%lld --cidfile=%%t/%%N.cid\n",
	    within, (long long)stop_s, within, (long long)stop_s);
}

bool
unit_name_ok(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || *name == '-' || *name == '@' || strlen(name) > NAME_MAX_BYTES)
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(":_.\\@-", *p))
			return false;
	for (const char *const *s = unit_suffixes; *s; s++)
		if (str_eq(dot + 1, *s))
			return true;
	return false;
}

bool
unit_call_ok(const char *name)
{
	const char *slash = strchr(name, '/');

	if (!slash)
		return unit_name_ok(name);
	return slash > name && slash - name <= USER_MAX_BYTES && *name != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		   (size_t)(slash - name) &&
	       unit_name_ok(slash + 1);
}

const char *
unit_to_id(struct arena *a, const char *name)
{
	const char *slash = strchr(name, '/');

	if (!slash)
		return arena_printf(a, "unit %s", name);
	return arena_printf(a, "userunit %s of %.*s", slash + 1, (int)(slash - name), name);
}

const char *
unit_of_id(struct arena *a, const char *id)
{
	static const char own[] = "unit ", of_user[] = "userunit ", of[] = " of ";
	const char *name = id + strlen(of_user), *user;

	if (str_starts(id, own))
		return id + strlen(own);
	if (!str_starts(id, of_user))
		return NULL;
	user = strstr(name, of);
	if (!user)
		return NULL;
	name = arena_printf(a, "%s/%.*s", user + strlen(of), (int)(user - name), name);
	return unit_call_ok(name) ? name : NULL;
}

/* The next line of *text without spaces at its ends; false at the end. */
static bool
next_line(const char **text, const char **line, size_t *len)
{
	const char *p = *text, *end;

	if (!*p)
		return false;
	end = p + strcspn(p, "\n");
	*text = *end ? end + 1 : end;
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	*line = p;
	*len = (size_t)(end - p);
	return true;
}

bool
unit_has_section(const char *text, const char *section)
{
	const char *line;
	size_t len, n = strlen(section);

	while (next_line(&text, &line, &len))
		if (len == n + 2 && line[0] == '[' && line[len - 1] == ']' &&
		    memcmp(line + 1, section, n) == 0)
			return true;
	return false;
}

bool
unit_has(const char *text, const char *key, const char *value)
{
	const char *line;
	size_t len, n = strlen(key);

	while (next_line(&text, &line, &len)) {
		size_t at = n;

		if (len <= n || memcmp(line, key, n) != 0)
			continue;
		while (at < len && isspace((unsigned char)line[at]))
			at++;
		if (at == len || line[at++] != '=')
			continue;
		while (at < len && isspace((unsigned char)line[at]))
			at++;
		if (!value ||
		    (len - at == strlen(value) && memcmp(line + at, value, len - at) == 0))
			return true;
	}
	return false;
}
