#include "tui/glance.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define DISK_FULL 90
#define MEM_FULL  95

enum glance
glance_of(const struct scene_host *h)
{
	const struct status *s = h->status;

	if (h->link == LINK_DOWN)
		return GLANCE_UNREACHABLE;
	if (h->age_ms < 0)
		return GLANCE_WAIT;
	if (h->age_ms > GLANCE_STALE_MS && !h->from_ledger)
		return GLANCE_STALE;
	if (s->units_failed)
		return GLANCE_FAIL;
	if (s->disk_pct >= DISK_FULL || s->mem_pct >= MEM_FULL || h->strayed || h->cordoned)
		return GLANCE_WARN;
	return h->from_ledger ? GLANCE_WAIT : GLANCE_OK;
}

static const struct {
	const char *word, *glyph, *ascii;
	enum style style;
} looks[GLANCE_COUNT] = {
	[GLANCE_OK] = { "ok", "●", ".", STYLE_GOOD },
	[GLANCE_WAIT] = { "wait", "○", "-", STYLE_UNKNOWN },
	[GLANCE_WARN] = { "warn", "▲", "!", STYLE_WARN },
	[GLANCE_STALE] = { "stale", "○", "?", STYLE_UNKNOWN },
	[GLANCE_UNREACHABLE] = { "unreach", "○", "?", STYLE_UNKNOWN },
	[GLANCE_FAIL] = { "FAIL", "✗", "x", STYLE_BAD },
};

const char *
glance_word(enum glance g)
{
	return looks[g].word;
}

const char *
glance_glyph(enum glance g, bool ascii)
{
	return ascii ? looks[g].ascii : looks[g].glyph;
}

enum style
glance_style(enum glance g)
{
	return looks[g].style;
}

static const char *
first_failed(const struct status *s)
{
	for (size_t i = 0; i < s->unit_count; i++) {
		if (str_eq(s->units[i].active, "failed"))
			return s->units[i].name;
	}
	return "a unit failed";
}

bool
glance_old(const struct scene_host *h)
{
	return h->link == LINK_DOWN || h->from_ledger || h->age_ms > GLANCE_STALE_MS ||
	       (h->period_ms > 0 && h->age_ms > 3 * h->period_ms);
}

/* The row already names the host. */
static const char *
reason(const struct scene_host *h)
{
	size_t n = strlen(h->name);

	return strncmp(h->err.text, h->name, n) == 0 && str_starts(h->err.text + n, ": ")
		   ? h->err.text + n + 2
		   : h->err.text;
}

void
glance_note(const struct scene_host *h, char *to, size_t size)
{
	const struct status *s = h->status;
	char age[16];

	to[0] = '\0';
	if (h->link == LINK_DOWN)
		snprintf(to, size, "%s", reason(h));
	else if (s->units_failed)
		snprintf(to, size, "%s", first_failed(s));
	else if (h->cordoned)
		snprintf(to, size, "cordoned: left alone until uncordon");
	else if (h->strayed)
		snprintf(to, size, "strayed: changed by hand");
	else if (s->disk_pct >= DISK_FULL)
		snprintf(to, size, "disk / %d%%", s->disk_pct);
	else if (s->mem_pct >= MEM_FULL)
		snprintf(to, size, "memory %d%%", s->mem_pct);
	else if (h->age_ms > GLANCE_STALE_MS && !h->from_ledger) {
		clock_short(h->age_ms, age, sizeof(age));
		snprintf(to, size, "not heard for %s", age);
	} else if (h->link == LINK_CONNECTING)
		snprintf(to, size, "connecting");
	else if (h->from_ledger && h->age_ms >= 0) {
		clock_short(h->age_ms, age, sizeof(age));
		snprintf(to, size, "as of %s ago", age);
	}
}

const char *
glance_unit_glyph(const char *active, bool ascii)
{
	if (str_eq(active, "failed"))
		return ascii ? "x" : "✗";
	if (str_eq(active, "active") || str_eq(active, "running"))
		return ascii ? "." : "●";
	if (str_eq(active, "activating") || str_eq(active, "reloading") ||
	    str_eq(active, "deactivating"))
		return ascii ? "!" : "▲";
	return ascii ? "o" : "○";
}

enum style
glance_unit_style(const char *active)
{
	if (str_eq(active, "failed"))
		return STYLE_BAD;
	if (str_eq(active, "active") || str_eq(active, "running"))
		return STYLE_GOOD;
	if (str_eq(active, "activating") || str_eq(active, "reloading") ||
	    str_eq(active, "deactivating"))
		return STYLE_WARN;
	return STYLE_DIM;
}

enum style
glance_outcome_style(enum outcome o)
{
	if (outcome_is_good(o))
		return STYLE_GOOD;
	if (o == OUTCOME_HELD)
		return STYLE_DIM;
	if (o == OUTCOME_UNREACHABLE || o == OUTCOME_UNTRIED)
		return STYLE_WARN;
	return o == OUTCOME_UNKNOWN ? STYLE_UNKNOWN : STYLE_BAD;
}

const char *
glance_outcome_glyph(enum outcome o, bool ascii)
{
	if (o == OUTCOME_CHANGED)
		return "+";
	if (o == OUTCOME_OK)
		return ascii ? "." : "●";
	if (o == OUTCOME_HELD)
		return ascii ? "-" : "○";
	if (o == OUTCOME_UNREACHABLE || o == OUTCOME_UNTRIED || o == OUTCOME_UNKNOWN)
		return "?";
	return ascii ? "x" : "✗";
}
