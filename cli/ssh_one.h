/*
 * A host's terminal in ours, or a command there with our pipes: what `drover ssh` of
 * one host is.
 *
 * Takes standard input, output and errors until the host is done with them. The
 * terminal is as it was afterwards, however it ends.
 */
#ifndef DROVER_CLI_SSH_ONE_H
#define DROVER_CLI_SSH_ONE_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct portwords;
struct set;

struct ssh_one_spec {
	const struct set *set; /* of one host */
	const char *command;   /* NULL: a shell */
	bool terminal, become;
	bool escapes;                     /* "~." is for drover */
	bool record;                      /* what the terminal shows, for history play */
	const struct portwords *forwards; /* ports here that lead there; without a host a proxy */
	size_t forward_count;
	const struct portwords *backs; /* ports there that lead here */
	size_t back_count;
};

#define SSH_ONE_FORWARDS 32

#define SSH_ONE_FAILED 255 /* drover's own failure, where the remote status is the exit code */

/* The exit code: that of the command, 128 and its signal, or SSH_ONE_FAILED. */
int ssh_one(struct call *call, const struct ssh_one_spec *spec);

#endif
