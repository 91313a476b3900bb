#include "playbooks/capability.h"

#include "base/arena.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

const char *const capability_names[] = { "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",
	"FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
	"NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
	"SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
	"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE", NULL };

#define NAMES (countof(capability_names) - 1)

/* Its place in the table; NAMES when it has none. */
static size_t
find(const char *name)
{
	size_t i = 0;

	while (i < NAMES && !str_eq(capability_names[i], name))
		i++;
	return i;
}

/* What was meant: cap_net_raw is NET_RAW. */
static const char *
meant(const char *said)
{
	char name[64];
	size_t n = 0;

	if (strncasecmp(said, "CAP_", 4) == 0)
		said += 4;
	for (; *said && n + 1 < sizeof(name); said++)
		name[n++] = *said == '-' ? '_' : (char)toupper((unsigned char)*said);
	name[n] = '\0';
	return find(name) < NAMES ? capability_names[find(name)]
				  : str_nearest(name, capability_names);
}

static bool
read_one(const struct field_context *c, const struct yaml_node *n, bool there[])
{
	const char *name = NULL, *near;
	size_t at;

	if (!field_text(c, "capabilities", n, &name))
		return false;
	at = find(name);
	if (at < NAMES) {
		there[at] = true;
		return true;
	}
	near = meant(name);
	if (near)
		diag_error(c->diag, n->mark,
		    "capabilities: there is no \"%.60s\"; did you mean \"%s\"?", name, near);
	else
		diag_error(c->diag, n->mark,
		    "capabilities: a capability by its name (NET_BIND_SERVICE) is wanted here, "
		    "not \"%.60s\"",
		    name);
	return false;
}

bool
capability_read(const struct field_context *c, const struct yaml_node *n, const char *const **ret)
{
	const char **name = arena_alloc(c->arena, (NAMES + 1) * sizeof(*name));
	bool there[NAMES] = { false }, good = true;
	size_t count = 0;

	if (n->kind != YAML_LIST) {
		diag_error(c->diag, n->mark, "capabilities: a list of names is wanted here, not %s",
		    yaml_kind_name(n));
		return false;
	}
	for (size_t i = 0; i < n->count; i++)
		good &= read_one(c, n->value[i], there);
	for (size_t i = 0; i < NAMES; i++)
		if (there[i])
			name[count++] = capability_names[i];
	*ret = name;
	return good;
}
