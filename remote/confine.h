/*
 * What a worker gives up once it has started.
 *
 * Landlock takes the file system away, seccomp every system call that a worker
 * has no use for: opening fails, and a worker that makes a socket, connects,
 * listens, starts a program or a process is killed. Both hold for all threads
 * and for good. A build for sanitizers (DROVER_LOOSE) gives up less, because
 * those read /proc and start programs: only sockets are forbidden there.
 */
#ifndef DROVER_REMOTE_CONFINE_H
#define DROVER_REMOTE_CONFINE_H

#include <stdbool.h>

#define CONFINE_CALLS 1U
#define CONFINE_FILES 2U

/* False where the kernel, the architecture or the build does not have it. The caller has set
 * PR_SET_NO_NEW_PRIVS and runs no other thread. */
bool confine_files(void);
bool confine_calls(void);

/* Before a loop is made: to libuv the kernel has no rings. 1.49 and later would ask epoll by one, which is
 * a call that confine_calls() takes away. */
bool confine_rings(void);

/* "seccomp and Landlock", or what is missing, after "held by"; for people. */
const char *confine_name(unsigned flags);

#endif
