/*
 * The mistakes people make in YAML, told as what was probably meant: a set that is not quoted, a tab, a
 * second colon.
 *
 * Pure: from what the parser said of a place to a sentence of ours.
 */
#ifndef DROVER_BASE_YAML_SLIP_H
#define DROVER_BASE_YAML_SLIP_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml_slip {
	const char *text; /* of the file */
	size_t len;
	bool flow;           /* it stands between {} or [] */
	const char *problem; /* as libyaml words it */
	struct mark at;      /* columns are characters, not bytes */
};

/* Tells diag what was probably meant; false when that is not known. */
bool yaml_slip_tell(const struct yaml_slip *s, struct diag *diag);

#endif
