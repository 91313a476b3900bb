/* Any bytes from a host that a login becomes root on: a password is wanted at most once, nothing is the
 * program's before its mark, and there is a reason in the end, whole or byte by byte. The
 * digit 0 stands for the nonce; a byte over 0x7f changes the stream. */
#include "base/err.h"
#include "base/mem.h"
#include "engine/become.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
tell(const struct become_way *way, const uint8_t *data, size_t size, bool whole)
{
	struct become b;
	struct buf text = BUF_INIT(1 << 20);
	struct err err;
	size_t passwords = 0, opened = 0, sum = 0;

	become_init(&b, way);
	memset(b.nonce, 'f', sizeof(b.nonce) - 1);
	for (size_t i = 0, which = 0; i < size;) {
		buf_clear(&text);
		for (; i < size && data[i] < 0x80 && (whole || text.len == 0); i++) {
			if (data[i] == '0')
				buf_adds(&text, b.nonce);
			else
				buf_addc(&text, (char)data[i]);
		}
		for (size_t k = 0; k < text.len;) {
			size_t n = whole ? text.len : 1, rest;
			enum become_next next =
			    become_feed(&b, (int)which, text.data + k, n, &rest);

			if (rest > n || (rest && !b.open[which]))
				abort();
			passwords += next == BECOME_PASSWORD;
			opened += next == BECOME_OPEN;
			if (next == BECOME_PASSWORD)
				become_sent(&b);
			sum += rest;
			k += n;
		}
		if (i < size && data[i] >= 0x80) {
			which = 1 - which;
			i++;
		}
	}
	if (passwords > 1 || opened > 1)
		abort();
	become_judge(&b, 10000, &err);
	if (err.kind != OUTCOME_REFUSED && err.kind != OUTCOME_FAILED)
		abort();
	buf_fini(&text);
	become_fini(&b);
	return whole ? 0 : sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "sudo", "doas", "su", "run0" };

	if (size == 0 || size > 16384)
		return 0;
	const struct become_way way = { .method = methods[data[0] % countof(methods)],
		.user = "root",
		.ask = data[0] & 4,
		.terminal = data[0] & 8 };
	tell(&way, data + 1, size - 1, true);
	tell(&way, data + 1, size - 1, false);
	return 0;
}
