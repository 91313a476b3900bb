#include "remote/alive.h"

#define INTERVAL_MS 5000
#define COUNT       3

void
alive_init(struct alive *a, int64_t interval_ms, int64_t count)
{
	*a = (struct alive){ .interval_ms = interval_ms > 0 ? interval_ms : INTERVAL_MS,
		.count = count > 0 ? count : COUNT };
}

void
alive_begin(struct alive *a, uint64_t bytes, int64_t now_ms)
{
	a->bytes = bytes;
	a->heard_ms = now_ms;
	a->asked = 0;
}

void
alive_note(struct alive *a, uint64_t bytes, int64_t now_ms)
{
	if (bytes != a->bytes)
		alive_begin(a, bytes, now_ms);
}

int64_t
alive_silence_ms(const struct alive *a, int64_t now_ms)
{
	return now_ms - a->heard_ms;
}

/* Never given up without having been asked: also with a count of 1. */
enum alive_answer
alive_check(struct alive *a, int64_t now_ms, int64_t *ret_after_ms)
{
	int64_t silence = alive_silence_ms(a, now_ms);

	*ret_after_ms = a->interval_ms - silence;
	if (silence < a->interval_ms)
		return ALIVE_WAIT;
	*ret_after_ms = a->interval_ms;
	if (silence >= a->count * a->interval_ms && a->asked > 0 && a->asked + 1 >= a->count)
		return ALIVE_GONE;
	a->asked++;
	return ALIVE_ASK;
}
