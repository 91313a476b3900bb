/*
 * Sessions and commands made for tests: opened, waited for, and noted down.
 *
 * A fixture owns a loop and a remote; a probe one session on it with at most one
 * command. Every wait ends the test when its condition does not come true.
 */
#ifndef DROVER_TESTS_LIB_PROBE_H
#define DROVER_TESTS_LIB_PROBE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "remote/remote.h"
#include "tests/lib/sshd.h"

struct fixture {
	struct sshd *sshd;
	struct loop *loop;
	struct remote *remote;
	struct target target; /* leads to the sshd, with all it takes to get in */
	const char *host_keys[2];
	char identity[128];
};

/* A remote on its own loop. config may be NULL; its loop is set, and nothing is asked of ssh. */
struct fixture *probe_set_up(struct sshd *sshd, const struct remote_config *config);
void probe_tear_down(struct fixture *f);

/* A patient fixture for each case, and a program of such cases: its own worker, or all of them on one sshd, which is
 * started and stopped here; *sshd is the program's. Returns how many failed. */
struct CMUnitTest;
int probe_case_up(void **state);
int probe_case_down(void **state);
int probe_main(
    int argc, char **argv, struct sshd **sshd, const struct CMUnitTest *tests, size_t count);
#define PROBE_CASE(name) cmocka_unit_test_setup_teardown(name, probe_case_up, probe_case_down)

/* Turn the loop until *a or *b; b may be NULL. */
void probe_wait(struct fixture *f, const bool *a, const bool *b);

struct probe {
	struct fixture *f;
	struct session *session;
	struct channel *channel;
	const char *command;   /* run when the session is up; NULL: none */
	struct exec_spec with; /* environment and terminal of the command */
	const void *input;     /* written as there is room */
	size_t input_len, written;
	bool keep_input; /* do not end it */
	bool hold;       /* credit is given back by hand */
	bool up, down, ended;
	struct err err; /* of the session, then of the channel */
	struct channel_end end;
	struct err end_err;
	struct buf out, errors;
	struct digest *digest; /* of standard output, when set */
	uint64_t bytes;        /* of both streams */
};

/* A probe on f->target, or on another. */
struct probe *probe_open(struct fixture *f, const struct target *t, const char *command);
void probe_close(struct probe *p);

/* Open, run, and wait for the end of it. */
struct probe *probe_run(struct fixture *f, const char *command, const void *input, size_t n);

/* Run p->command on its session, which is up. */
void probe_start(struct probe *p);

/* Another command on the same session, waited for. */
void probe_again(struct probe *p, const char *command);

/* Another command with all that is said of it, waited for. */
void probe_run_spec(struct probe *p, const struct exec_spec *spec);

/* The one child process of this test that is a worker; 0: none. */
int probe_worker(void);

/* A figure of /proc/PID/status in KiB: "VmHWM". */
long probe_memory(int pid, const char *what);

#endif
