/* The settings of one host, for people and as JSON. */
#ifndef DROVER_CLI_SETTINGS_SHOW_H
#define DROVER_CLI_SETTINGS_SHOW_H

#include "cli/settings.h"

struct out;
struct sshconf_host;

struct settings_view {
	const struct settings *list;
	const struct sshconf_host *known; /* what sessions go by; NULL: why not is in why */
	const char *why;
	const struct inventory *inventory;
	const struct host *host; /* NULL: not of an inventory */
};

/* Keys, where from, values; what is not honoured stands last. */
void settings_text(struct out *out, const struct settings_view *v);

/* One object with ssh -G's keys, and "from", "effective", "not_honoured", "inventory". */
void settings_json(struct out *out, const struct settings_view *v);

#endif
