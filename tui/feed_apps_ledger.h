/*
 * What the ledger knows of apps: the names of runs, and those that changed an app.
 *
 * Remembers its answers until apps_ledger_forget(), for it is asked at every paint. For tui/feed_apps.c.
 */
#ifndef DROVER_TUI_FEED_APPS_LEDGER_H
#define DROVER_TUI_FEED_APPS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apps_ledger;
struct apps_release;
struct ledger;

struct apps_ledger *apps_ledger_new(struct ledger *l, const char *fleet); /* l may be NULL */
void apps_ledger_free(struct apps_ledger *a);
void apps_ledger_forget(struct apps_ledger *a);

/* As in struct apps_source; its time is known of every run: its id begins with it. */
bool apps_ledger_run(
    struct apps_ledger *a, const char *uuid, char *alias, size_t size, int64_t *ret_ms);
size_t apps_ledger_releases(struct apps_ledger *a, const char *playbook, const char *app,
    struct apps_release *to, size_t max);

#endif
