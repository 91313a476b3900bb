/*
 * The lines of the user's ssh configuration, to tell two things without asking ssh:
 * which hosts it must treat alike, and where a setting was written.
 *
 * One per state of the files; owns its copies of the lines. It knows Host and
 * nothing else: where Match or a token could decide, it says that it cannot tell.
 */
#ifndef DROVER_REMOTE_SSHSCAN_H
#define DROVER_REMOTE_SSHSCAN_H

#include <stdbool.h>

struct buf;
struct sshfiles;
struct sshscan;

/* Read the files as sshfiles_read() does, and tell it what that would. */
struct sshscan *sshscan_new(const char *config, const char *ssh, struct sshfiles *ret);
void sshscan_free(struct sshscan *s);

/* Append a text that is the same for all hosts for which the same lines count, so that ssh -G's answers
 * to them differ in the host's name alone. False when that cannot be told. */
bool sshscan_shape(const struct sshscan *s, const char *host, struct buf *to);

/* A name or address that ssh would take as it is: lower case, no form of a number but a plain IPv4
 * address, no token. */
bool sshscan_is_plain(const char *name);

/* Is this the value of some HostName line? */
bool sshscan_names(const struct sshscan *s, const char *hostname);

/* The first line that counts for a host and sets the key: its file (borrowed) and number. False: none,
 * or a Match before it could decide. */
bool sshscan_find(const struct sshscan *s, const char *host, const char *key, const char **ret_file,
    int *ret_line);

#endif
