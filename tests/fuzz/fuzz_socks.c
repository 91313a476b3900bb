/* Any bytes from a client of the SOCKS proxy: the same however they are cut, and a host is plain text. */
#include "base/mem.h"
#include "engine/socks.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum socks_step
run(const uint8_t *data, size_t size, size_t piece, struct socks *s, size_t *ret_at)
{
	size_t at = 0, end = 0, used;
	struct socks_reply reply;

	*s = (struct socks){ .version = 0 };
	while (end < size) {
		end = size - end > piece ? end + piece : size;
		for (;;) {
			enum socks_step step = socks_feed(s, data + at, end - at, &used, &reply);

			if (used > end - at || (step == SOCKS_MORE && used) ||
			    (step != SOCKS_MORE && step != SOCKS_ASKED &&
				(reply.len == 0 || reply.len > 10)))
				mem_abort("socks used more than there was, or said nothing");
			at += used;
			*ret_at = at;
			if (step == SOCKS_ASKED || step == SOCKS_REFUSED)
				return step;
			if (step == SOCKS_MORE)
				break;
		}
	}
	return SOCKS_MORE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socks whole, cut;
	size_t at = 0, cut_at = 0;

	if (size > SOCKS_MAX)
		return 0;
	enum socks_step a = run(data, size, size ? size : 1, &whole, &at);
	enum socks_step b = run(data, size, 1, &cut, &cut_at);
	if (a != b && a != SOCKS_REFUSED && b != SOCKS_REFUSED)
		mem_abort("socks understood the same bytes in two ways");
	if (a != SOCKS_ASKED || b != SOCKS_ASKED)
		return 0;
	if (at != cut_at || strcmp(whole.host, cut.host) != 0 || whole.port != cut.port)
		mem_abort("socks was asked for two hosts by the same bytes");
	if (!whole.host[0] || whole.port <= 0 || whole.port > 65535)
		mem_abort("socks was asked for nobody");
	for (const char *c = whole.host; *c; c++) {
		if (*c <= ' ' || *c > '~')
			mem_abort("a host's name that is no plain text");
	}
	return 0;
}
