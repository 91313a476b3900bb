/*
 * How far the clocks of hosts are from the one here.
 *
 * Only told: nothing that drover decides depends on a wall clock.
 */
#ifndef DROVER_ENGINE_CLOCKS_H
#define DROVER_ENGINE_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

#define CLOCKS_FACT    "clock-offset-ms" /* of a host: ahead of us, or with a minus behind */
#define CLOCKS_WARN_MS 5000

/* What `date +%s.%N` said there, the last thing of an answer that came at seat_ms by our wall clock;
 * rtt_ms: of an exchange, -1 not known. A date without %N is good for seconds. False: no time. */
bool clocks_offset(const char *date, int64_t seat_ms, int64_t rtt_ms, int64_t *ret_ms);

/* Those that are too far away, told in one warning. Zeroed at first. */
struct clocks {
	char **names;
	size_t count, cap;
	int64_t least_ms, most_ms;
};
void clocks_note(struct clocks *c, const char *host, int64_t offset_ms);
void clocks_warn(const struct clocks *c, struct run *run); /* an EVENT_WARN, or nothing */
void clocks_fini(struct clocks *c);

#endif
