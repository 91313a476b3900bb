/*
 * The %-tokens and ${VARIABLES} of ssh_config where files and commands are named.
 *
 * Pure but for the password database, the name of this machine and the environment.
 */
#ifndef DROVER_REMOTE_SSHTOKEN_H
#define DROVER_REMOTE_SSHTOKEN_H

struct arena;
struct err;
struct sshconf_host;

struct sshtoken_values {
	const struct sshconf_host *host; /* its names, user, port and jump host are read already */
	const char *asked;               /* the name the host was asked for: %n */
	const char *hash;                /* what ssh makes of %C; NULL: not known */
	const char *what;                /* the keyword, for messages */
};

/* A value with a leading ~, tokens and variables made plain, in the arena. NULL: err is REFUSED (a
 * token that drover does not know) or INPUT (a variable that is not set). */
const char *sshtoken_expand(
    struct arena *arena, const struct sshtoken_values *v, const char *value, struct err *err);

#endif
