#include "tests/fakes/glass.h"

#include "remote/session.h"

#include <stdio.h>
#include <string.h>

int64_t glass_rtt_ms = -1;
int glass_columns, glass_rows;
char glass_signal[16];
size_t glass_pending;

void
glass_nonce(const char *line, char nonce[40])
{
	for (const char *p = line; *p; p++) {
		size_t n = strspn(p, "0123456789abcdef");

		if (n == 32) {
			snprintf(nonce, 40, "%.32s", p);
			return;
		}
		p += n ? n - 1 : 0;
	}
}

int64_t
session_silence_ms(const struct session *s)
{
	(void)s;
	return -1;
}

int64_t
session_rtt_ms(const struct session *s)
{
	(void)s;
	return glass_rtt_ms;
}

const char *
remote_guards(const struct remote *r)
{
	(void)r;
	return "";
}

void
channel_limits(struct channel *c, int64_t first_ms, int64_t idle_ms, int64_t total_ms)
{
	(void)c, (void)first_ms, (void)idle_ms, (void)total_ms;
}

void
channel_resize(struct channel *c, int columns, int rows)
{
	(void)c;
	glass_columns = columns;
	glass_rows = rows;
}

bool
channel_signal(struct channel *c, const char *name)
{
	(void)c;
	snprintf(glass_signal, sizeof(glass_signal), "%s", name);
	return true;
}

size_t
channel_pending(const struct channel *c)
{
	(void)c;
	return glass_pending;
}
