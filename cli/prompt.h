/*
 * The prompt of `run -I`: every line is a command for a set of hosts.
 *
 * Owns what the lines change: the hosts, the remembered directory, whether outputs are
 * folded. Each command is a run in the ledger; sessions stay open from one to the next.
 */
#ifndef DROVER_CLI_PROMPT_H
#define DROVER_CLI_PROMPT_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct set;

struct prompt_spec {
	bool fold, become, largest;
	int64_t timeout_ms; /* of one host's command */
};

/* Until the last line. The exit code. The call's herd is open; set stays the caller's. */
int prompt_run(struct call *call, const struct set *set, const struct prompt_spec *spec);

#endif
