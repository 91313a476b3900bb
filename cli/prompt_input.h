/*
 * Where the lines of a prompt come from: a terminal with editing, or a pipe, or a file.
 *
 * Owns the editing, what is remembered of earlier sessions, and the signals while it
 * waits. It waits in the loop.
 */
#ifndef DROVER_CLI_PROMPT_INPUT_H
#define DROVER_CLI_PROMPT_INPUT_H

#include <stdbool.h>

struct call;
struct prompt_input;

struct prompt_input *prompt_input_new(struct call *call); /* its loop and inventory are open */
void prompt_input_free(struct prompt_input *in);

/* Somebody types, and is shown a prompt. */
bool prompt_input_is_terminal(const struct prompt_input *in);

/* A line could not be taken, and why was said. */
bool prompt_input_failed(const struct prompt_input *in);

/* The next line, without its end; caller frees. NULL: there is none, or *ret_signal says what ended it. */
char *prompt_input_next(struct prompt_input *in, const char *prompt, int *ret_signal);

#endif
