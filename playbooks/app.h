/*
 * An app on one host, as the resources that make it run: files and units.
 *
 * Pure. Everything is concrete here (no templates are left). Replica n becomes
 * the systemd unit APP-n.service, which calls podman with the arguments Quadlet
 * would give it and can be read, started and stopped without drover.
 */
#ifndef DROVER_PLAYBOOKS_APP_H
#define DROVER_PLAYBOOKS_APP_H

#include "base/diag.h"
#include "playbooks/ability.h"
#include "playbooks/limits.h"
#include "playbooks/resource.h"
#include "playbooks/sandbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define APP_UNIT_MARK "# Made by drover" /* how the first line of each of our units begins */
#define APP_DIR       "/etc/drover/apps"
#define APP_UNIT_DIR  "/etc/systemd/system"
#define APP_STOP_MS   10000
#define APP_BINARIES  "/usr/local/lib/drover" /* APP/DIGEST/NAME: versions of what apps run */
#define APP_ROOTFS_NAME                                                                            \
	"rootfs.tar" /* of those that are root file systems; its tree lies beside it, in root/ */

struct app_port {
	const char *name;
	int container, host; /* of replica 0; replica n has host + n times span */
	int span;            /* so many in a row */
	bool udp;
	const char *const *bind; /* IPv4 or IPv6 addresses, at least one, ended by NULL */
	struct mark mark;
};

struct app_env {
	const char *name, *value;
};

/* What stands at a path in the container: a file of ours, a named volume, a directory of the host, or
 * memory. */
struct app_file {
	const char *path;
	const char *content; /* NULL: one of the others */
	size_t len;
	unsigned mode;
	const char *volume, *dir;
	int64_t tmpfs; /* its size; 0: it is none */
	bool writable;
	bool exported; /* a volume: what it holds is kept, on a pet, before the app changes */
	struct mark mark;
};

/* An app that another one starts behind. */
struct app_need {
	const char *name;
	int replicas; /* 0: it is not on this host */
	bool apart;   /* another service manager has it */
};

/* How a replica is started and stopped, and who it is inside. */
struct app_life {
	const char *restart;        /* as systemd has it; NULL: on-failure */
	const char *stop_signal;    /* SIGINT; NULL: the image's own */
	int64_t stop_ms;            /* until it is killed; 0: APP_STOP_MS */
	const char *user, *workdir; /* NULL: the image's own */
	const char *const *label;   /* NAME=value, ended by NULL; NULL: none */
};

/* Where what a replica prints goes; zero: to the host's journal. */
struct app_log {
	const char *namespace; /* the journal of this name; NULL: the host's own */
	const char *file;      /* one of the host, %n in it the replica's number; NULL: none */
	int64_t max, keep;     /* its bytes; how many older ones there are beside it */
	struct mark mark;
};
#define APP_LOG_REPLICA "%n"

enum app_form { APP_IMAGE, APP_BINARY, APP_ROOTFS };

/* What is sent and kept as a version: a program, as it lies beside the playbook, or the archive of a root file
 * system. */
struct app_binary {
	const char *name; /* of its file */
	const char *content;
	size_t len;
	char digest[65];
	const char *machine; /* it is made for, as uname -m says it; NULL: a script */
	struct mark mark;
};

/* What holds a native program, a directive each of its unit. */
struct app_directive {
	const char *name, *value; /* value NULL: more than this line comes of it */
	bool dynamic;             /* it comes with DynamicUser= whatever is said */
};
extern const struct app_directive app_directives[]; /* ended by a NULL name */

/* What systemd of a host can do; NULL: not known yet. */
struct app_host {
	const char *features, *cgroup;
};

struct app {
	const char *name, *playbook, *host;
	const char *as; /* the user whose units and containers they are; NULL: root */
	bool pet;       /* the host is one */
	struct mark mark;
	enum app_form form;
	const char *image, *image_id;    /* image_id NULL when not known */
	const struct app_binary *binary; /* NULL of an image */
	const char *const *relaxed;      /* names of app_directives, ended by NULL; NULL: none */
	struct app_host can;
	int replicas;
	const struct app_port *port;
	size_t port_count;
	const struct app_env *env;
	size_t env_count;
	const struct app_file *file;
	size_t file_count;
	const char *const *command; /* replaces the image's entry point; NULL: the image's own */
	const char *const *args;    /* ended by NULL; NULL: the image's own */
	struct app_life life;
	const struct app_need *need;
	size_t need_count;
	struct app_limits limits;
	struct app_sandbox sandbox;
	struct app_log log;
	const char *network; /* none, host, bridge or the name of one; NULL: podman's own */
	bool network_comes;  /* a step before it makes it */
	enum on_change on_change;
	int64_t keep;           /* how many releases a host keeps */
	struct health health;   /* port: of replica 0 */
	struct drain drain;     /* env is not used: each replica has its own */
	int health_span;        /* of that port; 0: 1 */
	struct ability ability; /* of the host */
};

struct resource_list {
	const struct resource **item;
	size_t count, cap; /* item is the heap's; what it points to is the arena's */
};
void resource_list_add(struct resource_list *l, const struct resource *r);

/* A network by its name, not one of podman's words. */
bool app_network_is_own(const char *network);

/* Append the files of all replicas, then their units. Strings of `app` are borrowed. */
void app_resources(const struct app *app, struct arena *a, struct resource_list *ret);

/* The file a replica logs to; NULL: none. */
const char *app_log_file(const struct app *app, int replica, struct arena *a);

/* The first port on the host of this replica. */
int app_port_host(const struct app_port *p, int replica);

/* Two that cannot both be bound to one port, :: taken as IPv4 too; one of IPv6. */
bool app_same_address(const char *a, const char *b);
bool app_is_ipv6(const char *address);

/* [a-z][a-z0-9-]*, at most 48 bytes, no '-' at its end. */
bool app_name_ok(const char *name);

#endif
