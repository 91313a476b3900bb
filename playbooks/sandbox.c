#include "playbooks/sandbox.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/ability.h"
#include "playbooks/notes.h"
#include "playbooks/unit.h"

/* podman refuses to start with a profile where there is no AppArmor. */
static bool
puts_apparmor(const struct app_sandbox *s, const struct ability *can)
{
	return s->apparmor && (can->apparmor || !can->known);
}

static void
put(struct buf *to, const char *name, const char *value)
{
	buf_adds(to, " \\\n  ");
	unit_option(to, name, value);
}

static void
put_security(struct buf *to, const char *key, const char *value)
{
	autofree char *text = value ? xasprintf("%s=%s", key, value) : NULL;

	if (text)
		put(to, "security-opt", text);
}

static void
put_label(struct buf *to, const char *key, const char *value)
{
	autofree char *text = value ? xasprintf("%s:%s", key, value) : NULL;

	put_security(to, "label", text);
}

void
sandbox_put_options(
    const struct app_sandbox *s, const struct ability *can, const char *profile, struct buf *to)
{
	buf_adds(to, "--cap-drop=all");
	if (!s->may_gain)
		buf_adds(to, " --security-opt=no-new-privileges");
	if (s->read_only)
		buf_adds(to, " --read-only");
	if (s->own_users)
		put(to, "userns", "auto");
	for (const char *const *c = s->capability; c && *c; c++)
		put(to, "cap-add", *c);
	if (s->seccomp != SECCOMP_DEFAULT)
		put_security(to, "seccomp", s->seccomp == SECCOMP_PROFILE ? profile : "unconfined");
	if (puts_apparmor(s, can))
		put_security(to, "apparmor", s->apparmor);
	put_security(to, "label", s->selinux.disabled ? "disable" : NULL);
	put_label(to, "user", s->selinux.user);
	put_label(to, "role", s->selinux.role);
	put_label(to, "type", s->selinux.type);
	put_label(to, "level", s->selinux.level);
}

void
sandbox_note_opened(const struct app_sandbox *s, const char *who, struct notes *ret)
{
	autobuf names = BUF_INIT(2000);

	for (const char *const *c = s->capability; c && *c; c++)
		buf_addf(&names, "%s%s", names.len ? ", " : "", *c);
	if (names.len)
		notes_add(ret, "opened: %s has the capabilities %s", who, buf_text(&names));
	if (s->seccomp == SECCOMP_UNCONFINED)
		notes_add(ret, "opened: %s may make any system call (seccomp: unconfined)", who);
	if (s->seccomp == SECCOMP_PROFILE && s->profile_open)
		notes_add(ret,
		    "opened: %s may make any system call that %s does not name (its defaultAction "
		    "allows)",
		    who, s->profile_name);
	if (s->may_gain)
		notes_add(ret,
		    "opened: programs of %s may gain privileges (no_new_privileges: false)", who);
	if (s->apparmor && str_eq(s->apparmor, "unconfined"))
		notes_add(ret, "opened: AppArmor does not confine %s (apparmor: unconfined)", who);
	if (s->selinux.disabled)
		notes_add(ret, "opened: SELinux does not confine %s (selinux: disable)", who);
}

void
sandbox_note(
    const struct app_sandbox *s, const struct ability *can, const char *who, struct notes *ret)
{
	const struct app_selinux *l = &s->selinux;
	bool labelled = l->user || l->role || l->type || l->level;

	sandbox_note_opened(s, who, ret);
	if (!can->known)
		return;
	if (s->seccomp != SECCOMP_UNCONFINED && !can->seccomp)
		notes_add(ret,
		    "not enforced: seccomp of %s: it may make any system call (the host's kernel "
		    "has no seccomp)",
		    who);
	if (s->apparmor && !can->apparmor && !str_eq(s->apparmor, "unconfined"))
		notes_add(ret, "not enforced: apparmor of %s: %s (the host has no AppArmor)", who,
		    s->apparmor);
	if (labelled && can->selinux != ABILITY_SELINUX_ENFORCING)
		notes_add(ret, "not enforced: selinux of %s (%s)", who,
		    can->selinux == ABILITY_SELINUX_OFF ? "the host has no SELinux"
							: "the host's SELinux is permissive");
}
