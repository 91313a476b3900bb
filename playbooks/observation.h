/*
 * What was seen on a host, and the texts it is read from: stat lines, unit
 * blocks, images, manifest, journal.
 *
 * Plain values. The parsers are pure; results borrow the text they were cut from,
 * which they write NULs into.
 */
#ifndef DROVER_PLAYBOOKS_OBSERVATION_H
#define DROVER_PLAYBOOKS_OBSERVATION_H

#include "playbooks/release.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct follow_up;
struct found;
struct json;

/* What drover manages on a host; the words behind digest came later and may be "". */
struct manifest_line {
	const char *resource, *playbook, *app, *release;
	const char *digest; /* of the whole wish; "-": an act on it did not end */
	const char *text;   /* of the file's contents, where digest is of more; else "-" */
	const char *run;    /* that put it there; "-": not known */
	const char *origin; /* "p": drover put it there; "f": it was found as it should be */
	const char *shown;  /* "s": a secret; else "-" */
};

/* The digest of the contents it put there; NULL: not known. */
const char *manifest_text(const struct manifest_line *m);

/* One act that the host remembers. */
struct journal_line {
	const char *time, *run, *outcome, *seat, *who, *host, *playbook, *release;
};

struct observation {
	struct found *found; /* one for each resource wanted, in their order */
	size_t count;
	const struct manifest_line *manifest;
	size_t manifest_count;
	const struct journal_line *journal; /* oldest first */
	size_t journal_count;
	struct release_list releases; /* that the host keeps */
	const char *const *fact;      /* key, value, key, value, ... NULL */
	const char *boot_id;          /* NULL when it was not said */
	bool root;
};

struct stat_line {
	char kind; /* as in struct found */
	unsigned mode;
	const char *owner, *group, *path;
	char digest[65];
	const char *content;
	const char *target; /* of a link */
	size_t content_len;
	int64_t written_s;
};

/* "81a4 286 0 0 root root 1700000000 /etc/motd", with or without the time; false when it is something
 * else. */
bool stat_line_parse(char *line, struct stat_line *ret);

struct unit_block {
	const char *active, *sub, *enabled;
	int restarts;
	bool loaded, needs_reload;
};

/* The blocks of `systemctl show` for n units, in their order; false when there are not n. */
bool unit_blocks_parse(char *text, struct unit_block *ret, size_t n);

/* What images.json of containers/storage says of NAME:TAG or NAME@DIGEST; NULL images: none. */
void image_find(const struct json *images, const char *name, struct found *f);
/* Whether there is one of this id; with f the image is found by it. */
bool image_find_id(const struct json *images, const char *id, struct found *f);

/* Which containers containers.json says are made from the image found; NULL containers: none. */
void image_users(struct arena *a, const struct json *containers, struct found *f);

/* The number of the first line that is none of a manifest, or 0. Lines of five words are of an older
 * drover. */
size_t manifest_damage(const char *text);
void manifest_parse(struct arena *a, char *text, struct observation *to);
void journal_parse(struct arena *a, char *text, struct observation *to);

/* The name under which a follow-up that is due stands in the manifest. */
void manifest_then(const struct follow_up *then, struct buf *to);

#endif
