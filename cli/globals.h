/* The options of every verb. Lists and texts are borrowed from argv and the environment. */
#ifndef DROVER_CLI_GLOBALS_H
#define DROVER_CLI_GLOBALS_H

#include "cli/command.h"

struct globals {
	struct option_list inventory; /* -i */
	struct option_list vars;      /* -e NAME=VALUE */
	struct option_list sets;      /* --set app.NAME.FIELD=VALUE */
	struct option_list pets;      /* --pet NAME,... */
	bool json, quiet, yes, no_input, known, ask_become, each_become, ask_password;
	int verbose;
	int64_t offset; /* --offset */
	const char *as; /* --as */
	int64_t parallel, workers, connect_timeout_ms, timeout_ms;
	const char *color, *progress, *ssh_config, *trust_file, *ledger, *become_file,
	    *password_file;
};

extern const struct option globals_options[];

#endif
