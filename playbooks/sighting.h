/*
 * What one look at a host tells of apps: what drover put there, and how it stands there now.
 *
 * A value that owns its arena. sighting_parse() is pure: the text of the program (playbooks/host/apps.sh)
 * to this struct; all of it is remote data, capped here and cleaned where it is shown.
 */
#ifndef DROVER_PLAYBOOKS_SIGHTING_H
#define DROVER_PLAYBOOKS_SIGHTING_H

#include "playbooks/observation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

#define SIGHTING_ITEMS 4096       /* of each kind */
#define SIGHTING_MAX   (8U << 20) /* bytes of an answer */

extern const char host_apps_sh[];

struct sighting_unit {
	const char *name, *load, *active, *sub, *file_state, *fragment, *dropins, *result,
	    *description;
	int restarts;
	int64_t since_s; /* in this state; -1: not known */
	bool needs_reload;
};

struct sighting_file {
	const char *path;
	char kind;         /* 'f' regular, '-' absent, 'o' something else */
	char digest[65];   /* "": it could not be read */
	int64_t written_s; /* 0: not said */
};

struct sighting_container {
	const char *name, *id, *image_id, *image, *status;
};

struct sighting_image {
	const char *name, *id;
};

struct sighting {
	struct arena *arena;
	bool root;      /* the login could look into drover's own directory */
	bool damaged;   /* the manifest cannot be read: nobody knows what drover put there */
	bool truncated; /* the host has more than we keep */
	struct observation known; /* manifest, journal and releases alone */
	struct sighting_unit *unit;
	size_t unit_count, unit_cap;
	struct sighting_file *file;
	size_t file_count, file_cap;
	struct sighting_container *container;
	size_t container_count, container_cap;
	struct sighting_image *image;
	size_t image_count, image_cap;
};

/* Kind FAILED when the text is not what the program prints. s is not initialised before and is
 * to be ended by sighting_fini() in any case. */
int sighting_parse(struct sighting *s, const char *text, size_t len, struct err *err);
void sighting_fini(struct sighting *s);

/* By name or path; NULL: it was not told. */
const struct sighting_unit *sighting_unit(const struct sighting *s, const char *name);
const struct sighting_file *sighting_file(const struct sighting *s, const char *path);
const struct sighting_container *sighting_container(const struct sighting *s, const char *name);
const struct manifest_line *sighting_line(const struct sighting *s, const char *resource);

/* "running", "exited", ... of what podman says of a container. */
const char *sighting_container_state(const struct sighting_container *c);

#endif
