/*
 * Bytes of a terminal to keys: UTF-8, escape sequences, the mouse (SGR), bracketed pastes.
 *
 * Owns the bytes not yet understood. Pure but for the time it is told; whatever
 * the bytes are, it ends and keeps at most INPUT_PASTE_MAX of them. A sequence
 * that is unknown is no key; its letters never come as keys.
 */
#ifndef DROVER_TUI_INPUT_H
#define DROVER_TUI_INPUT_H

#include "tui/key.h"

#include <stdint.h>

#define INPUT_PASTE_MAX 65536

struct input;

struct input *input_new(void);
void input_free(struct input *in);

/* What the terminal sent at this time. */
void input_add(struct input *in, const char *bytes, size_t len, int64_t now_ms);

/* The next key, if there is one by now. */
bool input_next(struct input *in, int64_t now_ms, struct key *ret);

/* In how many ms bytes that wait for more (an escape that may begin a sequence) will be decided
 * without; -1: nothing waits. */
int input_wait(const struct input *in, int64_t now_ms);

/* Forget all that was not read. */
void input_flush(struct input *in);

#endif
