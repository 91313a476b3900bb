/*
 * What a container may do: as options of podman, and what of it a plan must say.
 *
 * Pure. It has no capability, podman's own seccomp profile and no way to gain privileges, unless more
 * was said by name.
 */
#ifndef DROVER_PLAYBOOKS_SANDBOX_H
#define DROVER_PLAYBOOKS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct ability;
struct buf;
struct notes;

struct app_selinux {
	bool disabled;
	const char *user, *role, *type, *level; /* NULL: podman's own */
};

/* What a replica may do; zero: as little as it can. */
struct app_sandbox {
	const char *const *capability; /* that it has, ended by NULL; NULL: none */
	enum { SECCOMP_DEFAULT, SECCOMP_UNCONFINED, SECCOMP_PROFILE } seccomp;
	const char *profile, *profile_name; /* its text, and the file beside the playbook */
	size_t profile_len;
	bool profile_open; /* it allows what it does not name */
	bool read_only, may_gain;
	bool own_users;       /* its users are none of the host's */
	const char *apparmor; /* a profile, or "unconfined"; NULL: podman's own */
	struct app_selinux selinux;
};

/* Options of podman run, from --cap-drop on; profile: where its seccomp profile lies, if it has one. */
void sandbox_put_options(
    const struct app_sandbox *s, const struct ability *can, const char *profile, struct buf *to);

/* What was opened; who: whose it is. */
void sandbox_note_opened(const struct app_sandbox *s, const char *who, struct notes *ret);

/* The same, and what the host cannot keep. */
void sandbox_note(
    const struct app_sandbox *s, const struct ability *can, const char *who, struct notes *ret);

#endif
