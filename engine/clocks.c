#include "engine/clocks.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/mem.h"
#include "engine/run.h"
#include "inventory/fold.h"

#include <errno.h>
#include <string.h>

#define FAR_S 100000000000 /* the year 5138, and as far before 1970 */

bool
clocks_offset(const char *date, int64_t seat_ms, int64_t rtt_ms, int64_t *ret_ms)
{
	const char *digits = date + (*date == '-');
	int64_t ms, scale = 100;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	int64_t seconds = strtoll(date, &end, 10);
	if (errno || seconds > FAR_S || seconds < -FAR_S || (*end && *end != '.'))
		return false;
	ms = seconds * 1000;
	if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
		for (end++; *end >= '0' && *end <= '9'; end++, scale /= 10)
			ms += (*end - '0') * scale;
	} else {
		ms += 500; /* in the middle of its second, for all we know */
	}
	*ret_ms = ms - (seat_ms - (rtt_ms > 0 ? rtt_ms / 2 : 0));
	return true;
}

void
clocks_note(struct clocks *c, const char *host, int64_t offset_ms)
{
	if (offset_ms >= -CLOCKS_WARN_MS && offset_ms <= CLOCKS_WARN_MS)
		return;
	if (c->count == 0 || offset_ms < c->least_ms)
		c->least_ms = offset_ms;
	if (c->count == 0 || offset_ms > c->most_ms)
		c->most_ms = offset_ms;
	mem_grow(c->names, c->count, c->cap);
	c->names[c->count++] = xstrdup(host);
}

static void
add_offset(struct buf *b, int64_t ms)
{
	char far[8];

	clock_short(ms < 0 ? -ms : ms, far, sizeof(far));
	buf_addf(b, "%s %s", far, ms < 0 ? "behind" : "ahead");
}

void
clocks_warn(const struct clocks *c, struct run *run)
{
	autobuf text = BUF_INIT(SIZE_MAX);
	autofree char *folded = NULL;
	autoevent e = { .count = 0 };

	if (c->count == 0)
		return;
	folded = names_fold((const char *const *)c->names, c->count);
	buf_addf(&text, "%s: clock ", folded);
	add_offset(&text, c->least_ms);
	if (c->least_ms != c->most_ms) {
		buf_adds(&text, " to ");
		add_offset(&text, c->most_ms);
	}
	buf_adds(&text, " of this machine's");
	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_TEXT, buf_text(&text));
	run_emit(run, &e);
}

void
clocks_fini(struct clocks *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->names[i]);
	free(c->names);
	*c = (struct clocks){ 0 };
}
