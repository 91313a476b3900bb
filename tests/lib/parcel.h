/* What is in the request that is sent to a host, as tar(1) there unpacks it. */
#ifndef DROVER_TESTS_LIB_PARCEL_H
#define DROVER_TESTS_LIB_PARCEL_H

#include "base/buf.h"

/* The text of a member, which the caller frees; NULL: it has none of that name. The test fails where
 * tar cannot read it. */
char *parcel_member(const struct buf *request, const char *name);

/* It has that member, with that text. */
void parcel_holds(const struct buf *request, const char *name, const char *text);

#endif
