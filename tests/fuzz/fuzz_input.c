/* Any bytes of a terminal, in any parts at any time: keys with names, cells that are there, whole characters,
 * and an end with nothing left. */
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/input.h"

#include <stdint.h>
#include <string.h>

#define LATE_MS 10000 /* longer than anything is waited for */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const struct key *k)
{
	size_t len = strnlen(k->name, sizeof(k->name));

	if (!len || len == sizeof(k->name))
		mem_abort("a key without a name");
	if (!utf8_valid(k->name, len))
		mem_abort("a name that is no text");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)k->name[i] <= ' ' || k->name[i] == 127)
			mem_abort("a control byte in a name");
	}
}

static void
check_key(const struct key *k)
{
	check_name(k);
	if (k->row < 0 || k->col < 0)
		mem_abort("a cell outside");
	if (k->text && (k->len > INPUT_PASTE_MAX || k->text[k->len] != '\0'))
		mem_abort("a paste without its end");
	if (k->text && strcmp(k->name, KEY_PASTE_NAME) != 0)
		mem_abort("a text that was not pasted");
}

/* Every key gives up bytes, or ends a paste: there are never more keys than bytes, and one. */
static size_t
keys_of(struct input *in, int64_t now, size_t most)
{
	struct key k;
	size_t n = 0;

	while (input_next(in, now, &k)) {
		check_key(&k);
		if (++n > most)
			mem_abort("keys out of nothing");
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input *in = input_new();
	int64_t now = 1000;
	size_t keys = 0;

	if (!size) {
		input_free(in);
		return 0;
	}
	/* The first byte says in what parts the rest comes, and how long between. */
	size_t part = (data[0] & 15U) + 1;
	int64_t gap = (data[0] >> 4) * 40;
	for (size_t at = 1; at < size; at += part) {
		size_t len = size - at < part ? size - at : part;
		autofree char *copy = xmemdup0(data + at, len);

		input_add(in, copy, len, now);
		keys += keys_of(in, now, size + 1 - keys);
		if (input_wait(in, now) > LATE_MS)
			mem_abort("it waits too long");
		now += gap;
	}
	now += LATE_MS;
	keys_of(in, now, size + 1 - keys);
	if (input_wait(in, now) != -1)
		mem_abort("bytes that are never decided");
	input_free(in);
	return 0;
}
