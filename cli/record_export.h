/*
 * A recorded run as a file: its events as JSON lines, as drover history show --json has them, or JUnit with a
 * suite for each host.
 */
#ifndef DROVER_CLI_RECORD_EXPORT_H
#define DROVER_CLI_RECORD_EXPORT_H

#include "cli/record.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct history_source;

/* Events beyond this are not exported from a screen: the verb writes them. */
#define RECORD_EXPORT_EVENTS 20000

/* Where the lines of an export go, one by one. */
struct record_sink {
	void (*put)(void *user, const char *line, size_t len);
	void *user;
};

/* A file of this name is to be JUnit. */
bool record_export_is_junit(const char *path);

/* Events, and after each host's output what was kept of it; limit 0: all of them. -1: err tells; kind USAGE
 * when there are more than limit. */
int record_export_json(const struct history_source *source, const char *uuid, int limit,
    const struct record_sink *to, struct err *err);

/* -1: so says who exports no more than so many events. */
int record_export_beyond(int events, struct err *err);

/* Of a record that is read whole. -1: it has more steps than a record keeps. */
int record_export_junit(
    const struct record *r, const char *alias, const char *verb, struct buf *to, struct err *err);

#endif
