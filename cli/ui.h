/* The options of drover ui, read by the console. */
#ifndef DROVER_CLI_UI_H
#define DROVER_CLI_UI_H

#include <stdbool.h>

struct ui_options {
	bool readonly, no_mouse, ascii, linear;
	const char *screen; /* the first one; NULL: Fleet */
};

#endif
