/* Bytes as a plan kept in a file: with the digest they claim, and with the one that fits. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "playbooks/kept.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *text, size_t len)
{
	struct arena *a = arena_new();
	struct err err = { .text = "" };
	struct kept *k = kept_read(a, text, len, &err);
	autobuf once = BUF_INIT(KEPT_SIZE_MAX);
	autobuf twice = BUF_INIT(KEPT_SIZE_MAX);

	if (!k && (err.kind != OUTCOME_INPUT || !err.text[0]))
		abort();
	/* What was read is written and read alike. */
	if (k) {
		kept_write(k, &once);
		k = kept_read(a, once.data, once.len, &err);
		if (!k)
			abort();
		kept_write(k, &twice);
		if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
			abort();
	}
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nl = size ? memchr(text, '\n', size) : NULL;
	const char *body = nl ? nl + 1 : text;
	size_t n = size - (size_t)(body - text);
	autobuf b = BUF_INIT(KEPT_SIZE_MAX);
	char hex[DIGEST_HEX];

	while (n > 0 && body[n - 1] == '\n')
		n--;
	check(text, size);
	digest_hex(body, n, hex);
	buf_addf(&b, "{\"drover_plan\":1,\"sha256\":\"%s\"}\n", hex);
	buf_add(&b, body, n);
	buf_addc(&b, '\n');
	check(b.data, b.len);
	return 0;
}
