/*
 * What runs on the hosts, against what is wanted there: apps, their replicas, and how each differs.
 *
 * Pure. Joins a playbook's wishes (may be none) with one look at each host, and with the newer states that
 * polls brought. What is wanted is also what a host's own manifest says was put there. A host that was not
 * looked at is unknown, never ok. The result lives in an arena of its own and borrows from what it was made of.
 */
#ifndef DROVER_PLAYBOOKS_ROSTER_H
#define DROVER_PLAYBOOKS_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct health;
struct sighting;
struct status;
struct wanted;

/* How an instance or an app is, the worst last. */
enum roster_state {
	ROSTER_OK,
	ROSTER_WAIT,    /* it is starting, or stopping */
	ROSTER_UNKNOWN, /* its host was not looked at, or what it said is old */
	ROSTER_PENDING, /* as it was applied, but the playbook says something else by now */
	ROSTER_DRIFT,   /* it runs, and not as it was put there */
	ROSTER_DOWN,    /* it is to run and does not */
	ROSTER_FAILED,
	ROSTER_STATES
};
const char *roster_state_name(enum roster_state s); /* "ok", "starting", "unknown", ... */

/* Where an instance differs from what is wanted; more than one may hold. */
#define DIFFERS_TEXT    0x001U /* its unit file was changed by hand */
#define DIFFERS_GONE    0x002U /* its unit file, or a file of it, was removed by hand */
#define DIFFERS_DROPIN  0x004U /* a file beside it changes the unit */
#define DIFFERS_FILE    0x008U /* a file of the app was changed by hand */
#define DIFFERS_IMAGE   0x010U /* it runs another image than was put there */
#define DIFFERS_RELOAD  0x020U /* systemd has not read its file again */
#define DIFFERS_MISSING 0x040U /* the playbook wants it and it was never put there */
#define DIFFERS_CONFIG  0x080U /* the playbook says something else of it by now */
#define DIFFERS_EXTRA   0x100U /* it was put there and the playbook does not want it any more */
#define DIFFERS_FOREIGN 0x200U /* something that drover did not make has its name */
#define DIFFERS_STOPPED 0x400U /* it does not run */
#define DIFFERS_BOOT    0x800U /* it is not enabled: the next boot does not start it */
#define DIFFERS_LAST    DIFFERS_BOOT
#define DIFFERS_HAND                                                                               \
	(DIFFERS_TEXT | DIFFERS_GONE | DIFFERS_DROPIN | DIFFERS_FILE | DIFFERS_IMAGE |             \
	    DIFFERS_RELOAD | DIFFERS_BOOT)

/* One bit: "text", "gone", "drop-in", ... */
const char *roster_differs_name(unsigned bit);

struct roster_instance {
	const char *host, *unit;
	size_t index; /* of its host in the input */
	int replica;  /* -1: it is no replica */
	enum roster_state state;
	unsigned differs;
	const char
	    *why; /* "unit file changed by hand; not running (failed)"; "" when nothing differs */
	const char *image, *image_id, *container; /* what runs; NULL: nothing, or nobody knows */
	const char *active, *sub, *health;        /* health: podman's word, "" without one */
	int restarts;                             /* -1: not known */
	int64_t since_s;                          /* -1: not known */
	const char *run, *release;                /* who put it there; NULL: nobody knows */
	bool wanted, have;                        /* it is to run; it runs */
	const struct health *check; /* how the playbook has it proved well; NULL: no way */
};

enum roster_kind { ROSTER_APP, ROSTER_CONTAINER, ROSTER_UNIT };
const char *roster_kind_name(enum roster_kind k); /* "app", "container", "unit" */

struct roster_app {
	const char *playbook, *name;
	enum roster_kind kind;
	enum roster_state state;
	const struct roster_instance *item; /* by host, then replica */
	size_t count, want, have, unknown, drifted;
	const char *image, *image_id; /* of most that run; NULL: none */
	bool mixed;                   /* not all run the same image */
	const char *where;            /* its hosts, folded */
	const char *run, *release;    /* the newest that put something of it there; NULL */
	unsigned differs;             /* of all */
};

/* A container that no app and no unit of drover's has. */
struct roster_foreign {
	const char *host, *name, *image, *state, *status;
};

struct roster {
	struct arena *arena;
	const struct roster_app *app; /* by playbook, apps before units, by name */
	size_t count;
	const struct roster_foreign *foreign;
	size_t foreign_count;
	size_t apps, units, containers, running; /* of the hosts looked at */
	size_t hosts, seen;                      /* asked; looked at */
	const char *unseen;                      /* the hosts not looked at, folded; "" */
};

struct roster_host {
	const char *name;
	const struct sighting *sight; /* NULL: it was not looked at */
	const char *why;              /* it was not: "no connection"; NULL: not yet */
	const struct status *status;  /* NULL: none */
	bool status_newer;            /* than sight */
};
struct roster_input {
	const struct roster_host *host;
	size_t count;
	const struct wanted *wanted; /* NULL: what the manifests say */
	const char *only;            /* nothing but this playbook; NULL: all */
};
struct roster *roster_new(const struct roster_input *in);
void roster_free(struct roster *r);

/* Something wanted is not found so: what --exit-code asks. Unknown is not counted. */
bool roster_differs(const struct roster *r);

/* What makes instances equal for a person: state, reasons, image. */
bool roster_alike(const struct roster_instance *a, const struct roster_instance *b);

#endif
