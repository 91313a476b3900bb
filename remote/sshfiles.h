/*
 * The files of the user's ssh configuration, told from any other state of them by
 * one digest. A plain value; nothing is owned.
 */
#ifndef DROVER_REMOTE_SSHFILES_H
#define DROVER_REMOTE_SSHFILES_H

#include "base/digest.h"

#include <stdbool.h>

struct sshfiles {
	/* Of every configuration file with what it includes, the members of its globs, the ssh
	 * program, the user, HOME and the name of this machine. */
	char stamp[DIGEST_HEX];
	/* False: answers may differ while all of that stays the same (Match exec, Match localnetwork,
	 * CanonicalizeHostname, ${VAR}), or a file could not be read. */
	bool cacheable;
};

/* config NULL: ssh's own files; "none": no file. ssh: the program, looked up in PATH. */
void sshfiles_read(const char *config, const char *ssh, struct sshfiles *ret);

/* One line of a file, with a keyword. */
struct sshfiles_line {
	const char *file, *key;
	const char *rest; /* behind the keyword and its "=" */
	int number;
};

/* Who sees every line in the order ssh reads them; a file is entered and left, those it includes
 * inside of it. */
struct sshfiles_watch {
	void (*enter)(void *user);
	void (*leave)(void *user);
	void (*line)(void *user, const struct sshfiles_line *l);
	void *user;
};

/* The same, watched. */
void sshfiles_walk(
    const char *config, const char *ssh, const struct sshfiles_watch *watch, struct sshfiles *ret);

/* The home directory ssh uses, which is the password database's and not $HOME; caller frees. */
char *sshfiles_home(void);

/* A path as ssh_config means it: a leading ~ or ~user made absolute; caller frees. */
char *sshfiles_tilde(const char *path);

#endif
