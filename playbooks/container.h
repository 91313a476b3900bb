/*
 * A container that is kept running, as the text of the systemd unit that does it.
 *
 * Pure. Everything is concrete here (no templates are left). The unit calls podman
 * with the arguments Quadlet would give it, and works with every podman from 4.3.
 */
#ifndef DROVER_PLAYBOOKS_CONTAINER_H
#define DROVER_PLAYBOOKS_CONTAINER_H

#include "playbooks/app.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Lists end by NULL; a NULL list is empty. */
struct container {
	const char *name, *playbook;
	bool rootless; /* the unit is a user's */
	const char *image;
	const char *const *command; /* replaces the image's entry point; NULL: the image's own */
	const char *const *args;    /* NULL: the image's own */
	const char *const *env;     /* NAME=value */
	const char *const *port, *const *volume, *const *network, *const *tmpfs, *const *label;
	const char *const *capability; /* added; all others are dropped. NULL: podman's own set */
	const char *user, *workdir, *hostname; /* NULL: the image's own */
	const char *restart;                   /* as systemd has it */
	int64_t stop_ms;
	struct app_limits limits;
	struct ability can; /* of the host, or of the user there whose it is */
	bool read_only;
};

void container_unit(const struct container *c, struct buf *to);

/* For grammar checks: NULL when good, else what was wanted. */
const char *container_is_port(const char *s);   /* [ADDRESS:]HOST:CONTAINER[/tcp|/udp] */
const char *container_is_volume(const char *s); /* NAME|/DIRECTORY:/PATH[:OPTIONS] */

#endif
