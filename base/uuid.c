#include "base/uuid.h"

#include "base/digest.h"

#include <stdio.h>
#include <string.h>

void
uuid_v7(int64_t wall_ms, char text[UUID_TEXT])
{
	static uint64_t last; /* 48 bits of milliseconds and 12 of counter */
	uint64_t now = (uint64_t)wall_ms << 12;
	uint8_t r[8];

	if (now <= last)
		now = last + 1;
	last = now;
	digest_random(r, sizeof(r));
	snprintf(text, UUID_TEXT, "%08x-%04x-7%03x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    (unsigned)(now >> 28), (unsigned)(now >> 12 & 0xffff), (unsigned)(now & 0xfff),
	    (r[0] & 0x3fU) | 0x80U, r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
}

bool
uuid_is(const char *s)
{
	if (strlen(s) != 36)
		return false;
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !strchr("0123456789abcdef", s[i]))
			return false;
	}
	return true;
}
