/* Two texts, divided by a 0xff: the diff applied to the first gives the second. */
#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/diff.h"
#include "tests/lib/patch.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xmemdup0(data, size);
	autobuf diff = BUF_INIT(1 << 24);
	autobuf got = BUF_INIT(1 << 24);

	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = '\n';
	const char *cut = memchr(text, 0xff, size);
	const char *to = cut ? cut + 1 : text + size;
	autofree char *from = xmemdup0(text, cut ? (size_t)(cut - text) : size);
	size_t shown = diff_unified(
	    (struct diff_text){ from, strlen(from) }, (struct diff_text){ to, strlen(to) }, &diff);

	patch_apply(from, buf_text(&diff), &got);
	if (got.len != strlen(to) || memcmp(buf_text(&got), to, got.len) != 0)
		mem_abort("the diff does not give the new text");
	if ((shown == 0) != (strcmp(from, to) == 0))
		mem_abort("a diff where there is none, or none where there is one");
	return 0;
}
