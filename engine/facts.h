/*
 * What a host is: asked in one exec, kept in the herd, told as events.
 *
 * The values are the host's own words: known keys' form, capped in number and
 * length, cleaned before anybody sees them.
 */
#ifndef DROVER_ENGINE_FACTS_H
#define DROVER_ENGINE_FACTS_H

#include "base/err.h"

#include <stddef.h>

struct herd_host;
struct run;

#define FACTS_MAX       64
#define FACTS_VALUE_MAX 1024

/* Lines key=value to each(); what has not that form, or is too much, is left out. The number of
 * facts. */
size_t facts_parse(const char *text, size_t len,
    void (*each)(void *user, const char *key, const char *value), void *user);

/* The program whose answer facts_parse() reads, for probe_start(). Caller frees. */
char *facts_program(void);

/* Ask a host. The facts replace what the herd knew of it; run (may be NULL) gets an EVENT_FACT for
 * each. err kind OK when they came. */
void facts_ask(struct herd_host *hh, struct run *run,
    void (*done)(void *user, struct herd_host *hh, const struct err *err), void *user);

#endif
