#include "playbooks/kind.h"
#include "playbooks/kinds.h"

extern const char host_look_kept_sh[];

const struct kind kind_kept = {
	.kind = RESOURCE_KEPT,
	.name = "kept",
	.look = host_look_kept_sh,
};
