/*
 * One known_hosts file in memory, found by name and by key.
 *
 * Owns its lines. Hashed names cost one HMAC a line and name: only lines that hold
 * the key in question are tried where a key is given, and what a search through
 * all of them found is remembered.
 */
#ifndef DROVER_REMOTE_KNOWN_H
#define DROVER_REMOTE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known;
struct diag;
struct err;
struct stat;

enum known_marker { KNOWN_PLAIN, KNOWN_REVOKED, KNOWN_AUTHORITY };

struct known_line {
	enum known_marker marker;
	const char *names; /* as in the file */
	const char *type, *comment;
	const uint8_t *blob; /* the public key as in RFC 4253 6.6 */
	size_t len;
	int line;
};

#define KNOWN_FILE_MAX ((size_t)64 << 20)

struct known *known_new(const char *path);
void known_free(struct known *k);
const char *known_path(const struct known *k); /* lives as long as k */

/* Add the lines of a text behind those read before. Bad ones are skipped and noted as warnings in diag, which may be NULL. */
void known_parse(struct known *k, const char *text, size_t len, struct diag *diag);

/* Read the file if it is not the one that was read last. A missing file is an empty one.
 * -1: it cannot be read; what was known of it stays. */
int known_load(struct known *k, struct diag *diag, struct err *err);

/* We added this line (with its newline) to the file as it was read; now is its new state. */
void known_appended(struct known *k, const char *line, const struct stat *now);

/* One line as it would be parsed; "" names: a blank or a comment. false: why says what is wrong.
 * Everything in ret is borrowed from memory the caller frees with free(*ret_memory). */
bool known_read_line(
    const char *text, size_t len, struct known_line *ret, char **ret_memory, const char **why);

/* Every line that speaks of a name ("host" or "[host]:port", in lower case); borrowed until the next call that changes k. */
const struct known_line *const *known_find(struct known *k, const char *name, size_t *ret_n);

/* A plain line that gives this key to this name, or NULL. */
const struct known_line *known_match(
    struct known *k, const char *name, const void *blob, size_t len);

/* A line that revokes this key, whatever name it stands beside, or NULL. */
const struct known_line *known_revoked(struct known *k, const void *blob, size_t len);

size_t known_count(const struct known *k);
const struct known_line *known_at(const struct known *k, size_t i);

/* True when a names field speaks of a name. */
bool known_names_match(const char *names, const char *name);

#endif
