/*
 * What drover manages on a host: a resource as it should be, and as it was found.
 *
 * Plain data in the arena of the playbook's evaluation for one host. `desire`
 * makes the wanted list from a playbook; `observe` fills in what was found;
 * `plan` compares (pure); `act` carries the difference out.
 */
#ifndef DROVER_PLAYBOOKS_RESOURCE_H
#define DROVER_PLAYBOOKS_RESOURCE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum resource_kind {
	RESOURCE_FILE, /* a file with exact contents, mode and owner: tasks file and template, app files, unit files */
	RESOURCE_UNIT, /* a unit file of ours (a RESOURCE_FILE goes with it) that is enabled and started */
	RESOURCE_SERVICE, /* the state of a unit that drover does not own */
	RESOURCE_IMAGE,   /* an image present in the host's store */
	RESOURCE_RUN,     /* a command */
	/* From here on: kinds of the table in kind.h. */
	RESOURCE_SYSCTL,
	RESOURCE_USER,
	RESOURCE_DIR,
	RESOURCE_LINK,
	RESOURCE_COPY, /* a task only: it becomes files, directories and links */
	RESOURCE_PACKAGE,
	RESOURCE_VOLUME,
	RESOURCE_NETWORK,
	RESOURCE_CONTAINER, /* becomes a RESOURCE_UNIT */
	RESOURCE_LINGER,    /* what a user needs before units of their own: lingering, */
	RESOURCE_SUBIDS,    /* and before containers: ids */
	RESOURCE_USERUNIT,  /* a unit or service of a user */
	RESOURCE_USERIMAGE, /* an image in the store of a user */
	RESOURCE_WAIT,
	RESOURCE_REBOOT,
	RESOURCE_ASSERT,
	RESOURCE_FETCH,
	RESOURCE_NATIVE, /* only looked for: the sandbox of a unit that runs a program */
	RESOURCE_KEPT,   /* only looked for: what is kept of the app of a service */
	RESOURCE_EXPORT, /* what a volume holds, kept before what runs on it on a pet changes */
	RESOURCE_KINDS
};

#define RESOURCE_KEEP (~0U) /* a mode: what is there stays as it is */

enum on_change { ON_CHANGE_RESTART, ON_CHANGE_RELOAD, ON_CHANGE_NONE };
enum wanted_state { WANT_UNSAID, WANT_STARTED, WANT_STOPPED, WANT_RESTARTED, WANT_RELOADED };
enum wanted_enabled { WANT_ENABLED_UNSAID, WANT_ENABLED, WANT_DISABLED };

/* What follows a change: once, after the host's tasks. */
struct follow_up {
	enum { FOLLOW_NONE, FOLLOW_RELOAD, FOLLOW_RESTART, FOLLOW_RUN } kind;
	const char *unit;
	const char *const *argv; /* FOLLOW_RUN: argv, or {"sh", "-c", text} */
};

struct health {
	enum health_kind {
		HEALTH_NONE,
		HEALTH_HTTP,
		HEALTH_TCP,
		HEALTH_EXEC,
		HEALTH_JOURNAL,
		HEALTH_UNIT
	} kind;
	const char *path;    /* http */
	const char *address; /* http, tcp: host side */
	int port;
	const char *const *argv; /* exec, on the host */
	const char *pattern;     /* journal: extended regular expression */
	int64_t interval_ms, timeout_ms;
	int retries;
};

/* What is run on the host around a stop of a unit: before it, and when it runs again and is well. */
struct drain {
	const char *const *env;                   /* NAME=value, ended by NULL; NULL: none */
	const char *const *before, *const *after; /* NULL: nothing */
	int64_t limit_ms;                         /* of each */
};

struct manifest_line;

/* How a command is run and judged; of a script the text is the resource's content. */
struct command_how {
	const char *input; /* what it reads; NULL: nothing */
	size_t input_len;
	const char *cwd;              /* NULL: root's home */
	int64_t limit_ms;             /* 0: none */
	const char *good, *unchanged; /* exit codes: "0,3"; unchanged: or "-" or "all" */
	const char *const *with;      /* a script: what runs it, ended by NULL; may be empty */
};

/* What an undo needs beside the wish. */
struct undoing {
	const char
	    *kept; /* where its content lies on the host: RUN/old/N; NULL: it comes from here */
	const struct resource *inside;    /* it comes back with this tree; NULL: by itself */
	bool made;                        /* the act made it: it goes again */
	bool wrote;                       /* the act wrote its line in the manifest, which was: */
	const struct manifest_line *line; /* NULL: none */
	const char *const *doing, *const *back; /* a kind of the table: words for its do_KIND */
};

struct resource {
	enum resource_kind kind;
	const char
	    *id; /* "file /etc/motd", "unit shop-0.service", "image localhost/site:1", "run 3" */
	const char *title; /* what a person reads in plan and run */
	const char *app;   /* the app it comes from, or NULL for a task */
	const char *user;  /* whose it is, where it is not root's (as:) */
	struct mark mark;
	struct follow_up then;
	bool parts;     /* files behind it wait for it, since it may make what they need */
	bool implied;   /* a DIR that another resource needs; one that says more takes its place */
	bool absent;    /* wanted away */
	bool forgotten; /* absent, and only the manifest forgets it: it stays as it is */
	/* A new login must confirm it within so long, else it is taken back; 0: unsaid, -1: never. */
	int64_t confirm_ms;
	const struct undoing *undoing; /* NULL: it is no undo */
	int64_t limit_ms;              /* how long its step may take; 0: as its kind has it */
	const void *detail;            /* a kind of the table: its own */
	const char *const
	    *look; /* a kind of the table: words for its look_KIND on the host, one line
	                            each, ended by NULL; NULL: nothing is looked for */
	const char *const *notes; /* what its plan must say when it changes: "publishes
	                             0.0.0.0:8080 (http)"; ended by NULL, or NULL */

	const char *
	    kept; /* FILE, UNIT: where its content lies on the host, below its runs; NULL: it comes from
	                     here */
	int64_t keep_releases; /* of its app; 0: unsaid */
	const char *const
	    *data; /* what of the app outlives its releases, "volume data"; ended by NULL, or
	                            NULL */

	const char *const *
	    exports; /* UNIT, of a pet: names of volumes and paths of directories; what they hold is
	                 kept before it changes; ended by NULL, or NULL */

	/* FILE, UNIT, DIR and LINK: what is switched together */
	const char *path;
	const char *content; /* LINK: its target */
	size_t content_len;
	char digest[65];             /* of content */
	unsigned mode;               /* DIR: may be RESOURCE_KEEP */
	const char *owner, *group;   /* NULL: root; DIR and LINK: as it is */
	bool secret;                 /* contents are never shown */
	bool recursive;              /* DIR, absent: with all that is in it */
	bool spared;                 /* DIR, absent: it stays when something else is in it */
	const char *const *validate; /* FILE: what must succeed on the staged file; NULL: nothing */

	/* UNIT and SERVICE */
	const char *unit;
	enum wanted_state state;
	enum wanted_enabled enabled;
	enum on_change on_change;
	bool native; /* it runs a program of the host's, no container */
	const char *
	    config_digest; /* of what a restart would pick up: unit text, env, app files, image id */
	struct health health;
	const struct drain *drain; /* NULL: nothing */

	/* IMAGE; an app's UNIT: what it runs */
	const char *image;   /* NAME:TAG */
	const char *archive; /* path on the seat, or NULL: pulled */
	char image_id[65];   /* of the archive; empty when not known before */
	uint64_t archive_size;
	bool retag; /* the image of that id is on the host, and is to bear the name */

	/* RUN */
	const struct command_how *command; /* NULL: nothing special */
	const char *const *argv;           /* NULL when shell; of a script: its arguments */
	const char *shell;
	const char *const *env; /* NAME=value */
	const char *creates;
	const char *unless;      /* read-only command, evaluated in observe */
	const char *const *undo; /* what takes it back, kept with the act; NULL: nothing does */
};

/* As it was found on the host; only the fields of its kind mean something. */
struct found {
	bool hidden; /* a secret, as it is wanted or as it was put there */
	bool present;
	char digest[65];
	unsigned mode;
	char owner[33], group[33];
	int64_t written_s;   /* when it was last written to, by the host's clock; 0: not said */
	const char *content; /* NULL: not sent (equal, binary, too large, or kept from us) */
	size_t content_len;
	bool is_text;
	const char *target; /* of a link */
	const char
	    *lacks; /* "user NAME": the host does not have whom it is to belong to; or NULL */
	char kind;  /* 'f' regular, 'd' directory, 'l' link, '-' absent, 'o' other */
	/* units */
	char active[16], sub[24], enabled[16];
	int restarts;
	char config_digest[65];            /* from the manifest */
	bool owned;                        /* in our manifest */
	const struct manifest_line *known; /* its line there, or NULL */
	bool then_pending; /* its `then` was due in an earlier act and did not succeed */
	/* image */
	char image_id[65];
	bool id_there;            /* the image of the wanted id is in the store */
	const char *const *users; /* of one that is to go: names of containers, ended by NULL */
	/* run */
	bool created, unless_held;
	/* kinds of the table: what look_KIND said, as it said it; NULL: nothing came */
	const char *said;
};

/* It has a place in the file system: its step goes with the files. */
static inline bool
resource_is_place(const struct resource *r)
{
	return r->path && (r->kind == RESOURCE_FILE || r->kind == RESOURCE_UNIT ||
			      r->kind == RESOURCE_DIR || r->kind == RESOURCE_LINK);
}

#endif
