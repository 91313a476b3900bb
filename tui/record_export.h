/*
 * A recorded run as a file: its events as JSON lines, as drover history show --json has them, or JUnit with a
 * suite for each host.
 */
#ifndef DROVER_TUI_RECORD_EXPORT_H
#define DROVER_TUI_RECORD_EXPORT_H

#include "tui/record.h"

struct buf;
struct err;

/* Events beyond this are not exported from a screen: the verb writes them. */
#define RECORD_EXPORT_EVENTS 20000

/* Events, and after each host's output what was kept of it. -1: err tells. */
int record_export_json(
    const struct history_source *source, const char *uuid, struct buf *to, struct err *err);

/* Of a record that is read whole. */
void record_export_junit(
    const struct record *r, const char *alias, const char *verb, struct buf *to);

#endif
