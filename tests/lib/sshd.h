/*
 * A private sshd on a port of 127.0.0.1, for tests.
 *
 * Owns its process and a directory with its keys, configuration and log. The
 * client's key is DIR/id, the login is whoever runs the test.
 */
#ifndef DROVER_TESTS_LIB_SSHD_H
#define DROVER_TESTS_LIB_SSHD_H

struct sshd;

/* Started and listening, or the test ends. extra: lines for sshd_config, first; may be NULL. */
struct sshd *sshd_start(const char *extra);
void sshd_stop(struct sshd *s); /* ends its process and removes the directory */

int sshd_port(const struct sshd *s);

/* Kill what serves the connections there are; new ones are served. */
void sshd_cut(const struct sshd *s);
const char *sshd_dir(const struct sshd *s);
const char *sshd_user(const struct sshd *s);
const char *sshd_host_key(const struct sshd *s); /* "ssh-ed25519 AAAA..." */

/* dir/name; valid until the next call. */
const char *sshd_file(const struct sshd *s, const char *name);

/* Run a program to its end; the test ends when it fails. argv is ended by NULL. */
void sshd_run(const char *const *argv);

/* Start a program and return its process. */
int sshd_launch(const char *const *argv);

/* Start an ssh-agent that listens at socket and is what SSH_AUTH_SOCK names; returns its process. */
int sshd_agent(const char *socket);

/* End such an agent. */
void sshd_agent_stop(int pid, const char *socket);

#endif
