/*
 * One command on the hosts of a set as one run: what `run` does with a command line,
 * and its prompt with every line.
 *
 * Owns the run and its events on the terminal while it lasts; nothing is left but what
 * the ledger keeps, and the sessions where they are to be kept.
 */
#ifndef DROVER_CLI_FAN_H
#define DROVER_CLI_FAN_H

#include "engine/errand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct set;

struct fan_spec {
	struct call *call; /* its herd is open */
	const struct set *set;
	const char *command;
	const void *input;
	size_t input_len;
	enum errand_who who;
	int64_t timeout_ms; /* of one host's command; 0: none */
	bool fold;
	/* It was typed at a prompt: the record says the command as a line of its own, the sessions stay, and
	 * the first signal cuts what runs. */
	bool typed;
};

struct fan_result {
	int code;    /* exit code */
	int largest; /* status of a host's command */
	size_t good; /* hosts where it ended well */
	int signum;  /* the signal that stopped it; 0: none */
};

void fan_run(const struct fan_spec *spec, struct fan_result *ret);

#endif
