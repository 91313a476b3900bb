#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

void
clock_rfc3339(int64_t wall_ms, char *to, size_t size)
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;
	char day[32];

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to, size, "%s.%03dZ", day, (int)(wall_ms % 1000));
}

int64_t
clock_parse_rfc3339(const char *s)
{
	struct tm tm = { 0 };
	int ms = 0;
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest || sscanf(rest, ".%3dZ", &ms) != 1)
		return -1;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

void
clock_short(int64_t ms, char *to, size_t size)
{
	int64_t s = ms / 1000;

	if (ms < 1000)
		snprintf(to, size, "%dms", (int)(ms < 0 ? 0 : ms));
	else if (s < 100)
		snprintf(to, size, "%ds", (int)s);
	else if (s < 6000)
		snprintf(to, size, "%dm", (int)(s / 60));
	else if (s < 48 * 3600)
		snprintf(to, size, "%dh", (int)(s / 3600));
	else
		snprintf(to, size, "%lldd", (long long)(s / 86400));
}

void
clock_spent(int64_t ms, char *to, size_t size)
{
	int64_t s = (ms + 500) / 1000;

	if (s < 60)
		snprintf(to, size, "%ds", (int)(s < 0 ? 0 : s));
	else if (s < 3600)
		snprintf(to, size, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else if (s < 48 * 3600)
		snprintf(to, size, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(to, size, "%lldd", (long long)(s / 86400));
}
