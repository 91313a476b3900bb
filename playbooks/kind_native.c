#include "playbooks/kind.h"
#include "playbooks/kinds.h"

extern const char host_look_native_sh[];

const struct kind kind_native = {
	.kind = RESOURCE_NATIVE,
	.name = "native",
	.look = host_look_native_sh,
};
