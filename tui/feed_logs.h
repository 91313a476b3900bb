/* Logs of the hosts for the screens of one console: a logs_source over the herd's sessions. */
#ifndef DROVER_TUI_FEED_LOGS_H
#define DROVER_TUI_FEED_LOGS_H

#include "tui/logs_source.h"

struct herd;

struct feed_logs_config {
	struct herd *herd;
	void (*changed)(void *user); /* lines came, or the state of a host is another */
	void *user;
};

struct logs_source *feed_logs_new(const struct feed_logs_config *config);
/* After its feeds were stopped. */
void feed_logs_free(struct logs_source *s);

#endif
