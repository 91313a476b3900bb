/* The options of the verb keys, read where the keys are: in the console. A plain value. */
#ifndef DROVER_CLI_KEYS_H
#define DROVER_CLI_KEYS_H

struct keys_options {
	const char *preset; /* NULL: what keys.conf says */
};

#endif
