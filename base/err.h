/*
 * What went wrong: an outcome the program acts on, and a sentence a person reads.
 *
 * A value, owned by the caller and embedded where it may be needed: hundreds of
 * hosts may fail at once and each keeps its own. Nothing to release.
 */
#ifndef DROVER_BASE_ERR_H
#define DROVER_BASE_ERR_H

#include "base/outcome.h"

#include <stdint.h>

struct err {
	enum outcome kind;
	int code;           /* errno or a remote status; 0 where neither applies */
	int64_t elapsed_ms; /* how long the phase had lasted; 0 when not a matter of time */
	char phase[16];     /* "connect", "key exchange", ...; empty when none */
	char text[640];
};

/* Fill e and return -1, so that a failure reads: return err_set(e, ...). */
__attribute__((format(printf, 3, 4))) int err_set(
    struct err *e, enum outcome kind, const char *fmt, ...);

/* The same for a failed system call: code is errno, its text is appended. Kind FAILED. */
__attribute__((format(printf, 2, 3))) int err_errno(struct err *e, const char *fmt, ...);

/* Put context in front of e's text; the kind stays. Returns -1. */
__attribute__((format(printf, 2, 3))) int err_wrap(struct err *e, const char *fmt, ...);

#endif
