#include "playbooks/confirm.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/plan.h"

#include <fnmatch.h>
#include <string.h>

static const char *const paths[] = {
	"/etc/ssh/sshd_config",
	"/etc/ssh/sshd_config.d/*",
	"/etc/ssh/ssh_host_*",
	"/etc/default/ssh",
	"/root/.ssh/authorized_keys*",
	"/home/*/.ssh/authorized_keys*",
	"/etc/pam.d/*",
	"/etc/security/access.conf",
	"/etc/sudoers",
	"/etc/sudoers.d/*",
	"/etc/doas.conf",
	"/etc/hosts.allow",
	"/etc/hosts.deny",
	"/etc/nftables.conf",
	"/etc/nftables/*",
	"/etc/nftables.d/*",
	"/etc/iptables/*",
	"/etc/ufw/*",
	"/etc/firewalld/*",
	"/etc/network/*",
	"/etc/netplan/*",
	"/etc/systemd/network/*",
	"/etc/NetworkManager/*",
	"/etc/wireguard/*",
};

static const char *const units[] = {
	"ssh.service",
	"sshd.service",
	"ssh.socket",
	"sshd.socket",
	"ssh@*.service",
	"nftables.service",
	"iptables.service",
	"netfilter-persistent.service",
	"ufw.service",
	"firewalld.service",
	"networking.service",
	"systemd-networkd.service",
	"NetworkManager.service",
	"wg-quick@*.service",
};

static bool
matches(const char *const *patterns, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

static bool
is_unit(const char *name)
{
	return matches(units, countof(units), name);
}

/* A file of such a unit, or in its directory of drop-ins. */
static bool
is_file_of_unit(const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[256];
	size_t n;

	if (!str_starts(path, "/etc/systemd/system/"))
		return false;
	path += strlen("/etc/systemd/system/");
	n = strcspn(path, "/");
	if (n >= sizeof(name) || !slash)
		return false;
	memcpy(name, path, n);
	name[n] = '\0';
	if (path[n] && str_ends(name, ".d"))
		name[n - 2] = '\0';
	return is_unit(name);
}

bool
confirm_arms(const struct resource *r)
{
	if (r->confirm_ms != 0)
		return r->confirm_ms > 0;
	if (r->path && (matches(paths, countof(paths), r->path) || is_file_of_unit(r->path)))
		return true;
	if (r->unit && is_unit(r->unit))
		return true;
	return (r->then.kind == FOLLOW_RELOAD || r->then.kind == FOLLOW_RESTART) &&
	       is_unit(r->then.unit);
}

/* The account by which we log in, or root's. */
static bool
is_our_account(const struct plan *p, const struct resource *r)
{
	const char *login = p->host && p->host->user ? p->host->user : "root";
	const char *name = r->id + strlen("user ");

	return r->kind == RESOURCE_USER && str_starts(r->id, "user ") &&
	       (str_eq(name, login) || str_eq(name, "root"));
}

bool
confirm_step(const struct plan *p, const struct plan_step *s)
{
	if (s->class == PLAN_SAME)
		return false;
	return confirm_arms(s->resource) ||
	       (s->resource->confirm_ms == 0 && is_our_account(p, s->resource));
}

int64_t
confirm_window_ms(const struct plan *p)
{
	int64_t least = 0;
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];

		if (!confirm_step(p, s))
			continue;
		any = true;
		if (s->resource->confirm_ms > 0 && (!least || s->resource->confirm_ms < least))
			least = s->resource->confirm_ms;
	}
	/* What an earlier act left undone may be just that. */
	for (size_t i = 0; i < p->then_count; i++)
		any = any || (p->then[i].kind != FOLLOW_RUN && is_unit(p->then[i].unit));
	return least ? least : any ? CONFIRM_MS : 0;
}

void
confirm_note(struct arena *a, struct plan *p)
{
	const char **notes, *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (!confirm_step(p, &p->steps[i]))
			continue;
		first = first ? first : p->steps[i].resource->id;
		n++;
	}
	if (n == 0)
		return;
	if (n > 1)
		first = arena_printf(a, "%s and %zu more", first, n - 1);
	notes = arena_alloc(a, (p->note_count + 1) * sizeof(*notes));
	if (p->note_count)
		memcpy(notes, p->notes, p->note_count * sizeof(*notes));
	notes[p->note_count++] = arena_printf(a,
	    "the host takes all this back unless a new login confirms it within %lld s (%s)",
	    (long long)confirm_window_ms(p) / 1000, first);
	p->notes = notes;
}
