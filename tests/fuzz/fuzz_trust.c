/* A known_hosts file from anywhere, and a key shown by anyone: what is known must be in the file. */
#include "base/err.h"
#include "base/mem.h"
#include "remote/known.h"
#include "remote/trust.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge_each(void *user, const struct trust_entry *e)
{
	(void)e;
	++*(size_t *)user;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	struct trust *t = trust_new("/nonexistent/drover/known_hosts", NULL, &err);
	struct trust_subject s = { .name = "web1", .host = "10.0.0.1", .port = 2222 };
	struct trust_answer a;
	size_t seen = 0;

	if (!t)
		mem_abort(err.text);
	trust_parse(t, "fuzz", (const char *)data, size);
	free(trust_algorithms(t, &s));
	trust_each(t, judge_each, &seen);
	trust_find(t, &s, judge_each, &seen);
	/* The first 51 bytes stand for the blob the host shows. */
	trust_check(t, &s, data, size < 51 ? size : 51, &a);
	if (a.verdict == TRUST_KNOWN && seen == 0)
		mem_abort("a key is known that no line holds");
	static const uint8_t strange[19] = { 0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5',
		'5', '1', '9', 0xff, 0xfe, 0xfd, 0xfc };
	trust_check(t, &s, strange, sizeof(strange), &a);
	trust_free(t);
	return 0;
}
