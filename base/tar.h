/*
 * Tar archives as streams: headers made, and archives of strangers read.
 *
 * Pure. The reader is fed bytes as they come, holds one header at a time and says
 * what it finds; every name is below the archive's root and plain, whoever made
 * the archive. What it does not know, it refuses by name: devices, sparse files,
 * absolute names and ways up; and, where no whole file system is read, hard links.
 */
#ifndef DROVER_BASE_TAR_H
#define DROVER_BASE_TAR_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define TAR_BLOCK 512

enum tar_type { TAR_FILE, TAR_DIR, TAR_SYMLINK, TAR_LINK };

struct tar_entry {
	enum tar_type type;
	const char *name;   /* "a/b"; "" is the root itself */
	const char *target; /* of a symbolic link, as it is; of a hard link, a name as above */
	unsigned mode;      /* at most 0777, of a whole file system 07777 */
	uint64_t size;      /* of a file */
	int64_t mtime;
	uint32_t uid, gid; /* 0 where no whole file system is read */
};

/* Append the header blocks of an entry. */
void tar_header(struct buf *to, const struct tar_entry *e);

/* How many zeros fill the last block of so many bytes. */
size_t tar_padding(uint64_t size);

/* Refused when there is more of it. */
struct tar_limits {
	uint64_t bytes; /* of all files together */
	uint64_t entries;
	/* A whole file system: owners count, set-id bits and hard links too; extended attributes, which would be
	 * lost, are refused. */
	bool whole;
};

struct tar_listener {
	/* -1 with err ends the reading. The entry is borrowed for the call. */
	int (*entry)(void *user, const struct tar_entry *e, struct err *err);
	/* Content of the file that entry() told last, n > 0. */
	int (*data)(void *user, const void *p, size_t n, struct err *err);
	/* All of that file has come; also when it is empty. */
	int (*file_end)(void *user, struct err *err);
};

struct tar_reader;

struct tar_reader *tar_reader_new(
    const struct tar_limits *limits, const struct tar_listener *l, void *user);
void tar_reader_free(struct tar_reader *r);

/* 1: the archive has ended, *ret_used of the n bytes belong to it; 0: go on, all were used; -1: kind
 * REFUSED names what is wrong, or what the listener said. */
int tar_feed(struct tar_reader *r, const void *p, size_t n, size_t *ret_used, struct err *err);

/* "a/b" of "./a//b/": plain and below. False: empty parts aside, it has a "..", begins with "/", holds
 * a control byte, is too long or too deep; why is static. */
bool tar_clean_name(const char *name, struct buf *to, const char **ret_why);

/* Whether a link at name, which is clean, leads to a place below the root. */
bool tar_leads_below(const char *name, const char *target);

#endif
