/*
 * A constant program on a host, its answer framed so that nothing else passes for it.
 *
 * Its arguments are quoted words, standard input is payload only. What a login prints before the first mark and after the
 * last is ignored; the marks carry a nonce made for this one call.
 */
#ifndef DROVER_ENGINE_PROBE_H
#define DROVER_ENGINE_PROBE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct herd_host;

/* The programs, from engine/host/NAME.sh. */
extern const char host_detail_sh[], host_facts_sh[], host_logs_sh[], host_status_sh[],
    host_tail_sh[];
/* No program: tell_facts, the function by which every program that tells facts tells them. */
extern const char host_tell_sh[];

#define PROBE_NONCE 33
void probe_nonce(char nonce[PROBE_NONCE]);

/* PROGRAM with $1.. the arguments (ended by NULL; may be NULL). Its PATH and LC_ALL are fixed, "NONCE
 * begin UID" comes before its output and "NONCE end STATUS" behind it. Caller frees. */
char *probe_program(const char *program, const char *nonce, const char *const *args);

struct probe_answer {
	const char *body; /* within the text given */
	size_t len;
	long uid;   /* the login's */
	int status; /* the program's */
};

/* Find the answer in what came back. Kind FAILED: "host ran no helper (got: ...)", or the answer
 * has no end. */
int probe_parse(
    const char *text, size_t len, const char *nonce, struct probe_answer *ret, struct err *err);

/* Both, over the session of a host, as root if its `become` says how; the program changes nothing and
 * is run again if its link is lost. err kind OK when there is an answer. */
struct probe_spec {
	const char *program;
	const char *const *args;
	const void *input; /* copied */
	size_t input_len;
	size_t max;         /* 0: 1 MiB */
	int64_t timeout_ms; /* 0: 30 s */
	void (*done)(void *user, struct herd_host *hh, const struct probe_answer *answer,
	    const struct err *err);
	void *user;
};
void probe_start(struct herd_host *hh, const struct probe_spec *spec);

#endif
