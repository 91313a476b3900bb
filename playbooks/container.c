#include "playbooks/container.h"

#include "base/buf.h"
#include "base/str.h"
#include "playbooks/limits.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/unit.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_address(const char *s)
{
	unsigned char raw[16];
	char inner[64];
	size_t n = strlen(s);

	if (inet_pton(AF_INET, s, raw) == 1)
		return true;
	if (n < 4 || n >= sizeof(inner) || s[0] != '[' || s[n - 1] != ']')
		return false;
	str_copy(inner, sizeof(inner), s + 1);
	inner[n - 2] = '\0';
	return inet_pton(AF_INET6, inner, raw) == 1;
}

const char *
container_is_port(const char *s)
{
	static const char wanted[] = "[ADDRESS:]HOST:CONTAINER, as 8080:80 or 127.0.0.1:53:53/udp,";
	char copy[128], *inner, *outer, *slash;
	int64_t port;

	if (strlen(s) >= sizeof(copy))
		return wanted;
	str_copy(copy, sizeof(copy), s);
	slash = strchr(copy, '/');
	if (slash && !str_eq(slash, "/tcp") && !str_eq(slash, "/udp"))
		return wanted;
	if (slash)
		*slash = '\0';
	inner = strrchr(copy, ':');
	if (!inner)
		return wanted;
	*inner++ = '\0';
	outer = strrchr(copy, ':');
	if (outer)
		*outer++ = '\0';
	if (outer && !is_address(copy))
		return wanted;
	return str_int(inner, 1, 65535, &port) && str_int(outer ? outer : copy, 1, 65535, &port)
		   ? NULL
		   : wanted;
}

const char *
container_is_volume(const char *s)
{
	static const char wanted[] = "NAME:/PATH or /DIRECTORY:/PATH, with :ro or other options "
				     "behind it,";
	char copy[2200], *place, *options;

	if (strlen(s) >= sizeof(copy))
		return wanted;
	str_copy(copy, sizeof(copy), s);
	place = strchr(copy, ':');
	if (!place)
		return wanted;
	*place++ = '\0';
	options = strchr(place, ':');
	if (options)
		*options++ = '\0';
	if ((*copy == '/' ? read_is_path(copy) : podman_is_name(copy)) || read_is_path(place))
		return wanted;
	if (options &&
	    (!*options ||
		strspn(options, "abcdefghijklmnopqrstuvwxyzUZ0123456789,=_-") != strlen(options)))
		return wanted;
	return NULL;
}

static void
put(struct buf *to, const char *name, const char *value)
{
	if (!value)
		return;
	buf_adds(to, " \\\n  ");
	unit_option(to, name, value);
}

static void
put_each(struct buf *to, const char *name, const char *const *values)
{
	for (; values && *values; values++)
		put(to, name, *values);
}

static void
put_words(struct buf *to, const char *const *words)
{
	for (; words && *words; words++) {
		buf_addc(to, ' ');
		unit_word(to, *words);
	}
}

static void
put_options(const struct container *c, struct buf *to)
{
	buf_adds(to, " \\\n  --security-opt=no-new-privileges");
	if (c->capability)
		buf_adds(to, " --cap-drop=all");
	if (c->read_only)
		buf_adds(to, " --read-only");
	limits_put_options(&c->limits, &c->can, to);
	put_each(to, "cap-add", c->capability);
	put_each(to, "network", c->network);
	put_each(to, "publish", c->port);
	put_each(to, "volume", c->volume);
	put_each(to, "tmpfs", c->tmpfs);
	put_each(to, "env", c->env);
	put_each(to, "label", c->label);
	put(to, "user", c->user);
	put(to, "workdir", c->workdir);
	put(to, "hostname", c->hostname);
	if (c->command)
		put(to, "entrypoint", c->command[0]);
	buf_adds(to, " \\\n  ");
	unit_word(to, c->image);
	put_words(to, c->command ? c->command + 1 : NULL);
	put_words(to, c->args);
}

static void
put_head(const struct container *c, struct buf *to)
{
	buf_adds(to, APP_UNIT_MARK " from playbook ");
	unit_prose(to, c->playbook);
	buf_addf(to,
	    ", container %s: the next apply undoes what is changed here.\n"
	    "[Unit]\n"
	    "Description=Container %s\n",
	    c->name, c->name);
	if (!c->rootless)
		buf_adds(to, "Wants=network-online.target\n"
			     "After=network-online.target\n");
	unit_container(to, c->restart, (c->stop_ms + 999) / 1000 + 30);
}

void
container_unit(const struct container *c, struct buf *to)
{
	int64_t stop = (c->stop_ms + 999) / 1000;

	put_head(c, to);
	limits_put_unit(&c->limits, to);
	unit_podman_run(to, "", "", c->name, stop);
	put_options(c, to);
	buf_addc(to, '\n');
	unit_podman_stop(to, "", stop);
	buf_adds(to, UNIT_PODMAN_FORGET);
	buf_addf(
	    to, "\n[Install]\nWantedBy=%s\n", c->rootless ? "default.target" : "multi-user.target");
}
