/*
 * An event as a line of JSON, and back: what the ledger keeps, --json prints and other programs read.
 *
 * Pure. What is read is hostile: it may come from another seat's ledger.
 */
#ifndef DROVER_BASE_EVENT_JSON_H
#define DROVER_BASE_EVENT_JSON_H

#include "base/event.h"

struct buf;
struct err;

/* Append one line of canonical JSON without a newline: keys in table order, "v":1 and
 * "event":"run.start" first, control bytes escaped. The same event always gives the same bytes. */
void event_to_json(const struct event *e, struct buf *to);

/* The reverse; e is not initialised before, and owns nothing when -1 is returned. Unknown keys are
 * passed over. Kind INPUT when it is not an event. */
int event_from_json(struct event *e, const char *json, size_t len, struct err *err);

#endif
