/*
 * Which host keys are trusted, and which were taken back.
 *
 * One per program. Owns the parsed known_hosts files, each read once: drover's
 * own, the inventory's, and those that ssh_config names for a host; all rank
 * alike. Keys are compared as bytes. New keys go to drover's own file, in the
 * same format; no other file is ever written.
 */
#ifndef DROVER_REMOTE_TRUST_H
#define DROVER_REMOTE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trust;
struct diag;
struct err;

/* own NULL: file_state_dir()/known_hosts; it need not exist. files: the inventory's, ended by NULL,
 * may be NULL; one that cannot be read is an error (kind INPUT). */
struct trust *trust_new(const char *own, const char *const *files, struct err *err);
void trust_free(struct trust *t); /* syncs what was added */

const char *trust_path(const struct trust *t); /* drover's own file */

/* Bad lines of every file read so far, as warnings at file:line; they are skipped. */
const struct diag *trust_diag(const struct trust *t);

/* Whom a key is shown for; all texts are borrowed for the call. */
struct trust_subject {
	const char *name;  /* the inventory's name; asked when nothing is known under host */
	const char *host;  /* what ssh would look up: HostName */
	const char *alias; /* HostKeyAlias: looked up alone, without the port; or NULL */
	int port;          /* 0: 22 */
	const char *const *host_keys; /* "ssh-ed25519 AAAA...", the inventory's; or NULL */
	const char *const *files; /* ssh_config's known_hosts files, beside ours; or NULL. Missing
	                             ones are empty */
};

enum trust_verdict {
	TRUST_KNOWN,
	TRUST_UNKNOWN, /* nothing is known of this host */
	TRUST_CHANGED, /* other keys are known of this host, of this type or only of others */
	TRUST_REVOKED  /* @revoked: nothing overrules it */
};

struct trust_answer {
	enum trust_verdict verdict;
	char type[64];        /* "ssh-ed25519" */
	char fingerprint[64]; /* "SHA256:..." as ssh shows it */
	char text[512];       /* a sentence that names what was found and where, and not the host */
};

/* Judge the key a host showed: its public blob as in RFC 4253 6.6. A malformed blob is CHANGED or
 * UNKNOWN, never KNOWN. */
void trust_check(struct trust *t, const struct trust_subject *s, const void *blob, size_t len,
    struct trust_answer *ret);

/* Signature algorithms for SSH_OPTIONS_HOSTKEYS: those of the stored keys first, then the rest.
 * Caller frees. */
char *trust_algorithms(struct trust *t, const struct trust_subject *s);

/* Trust this key for the subject from now on: appended to drover's own file under its lock. The
 * bytes are on disk after trust_sync(). Kind STORAGE when it cannot be written, REFUSED when the key
 * is revoked. */
int trust_add(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err);
int trust_sync(struct trust *t, struct err *err);

/* Take every key of the subject out of drover's own file. Returns how many; -1 on failure. */
int trust_remove(struct trust *t, const struct trust_subject *s, struct err *err);

/* Remove, then add, in one step. */
int trust_replace(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err);

/* Each key of drover's own and the inventory's files, in their order. */
struct trust_entry {
	const char *file;
	int line;
	const char *marker; /* "", "@revoked", "@cert-authority" */
	const char *names;  /* as in the file; "|1|..." when hashed */
	const char *type, *comment;
	char fingerprint[64];
	const uint8_t *blob; /* the key */
	size_t len;
	bool own; /* in drover's own file */
};
void trust_each(struct trust *t, void (*each)(void *user, const struct trust_entry *e), void *user);

/* Each line of any file that speaks of the subject. */
void trust_find(struct trust *t, const struct trust_subject *s,
    void (*each)(void *user, const struct trust_entry *e), void *user);

/* Each line that takes a key back, of every file read so far. */
void trust_revoked(
    struct trust *t, void (*each)(void *user, const struct trust_entry *e), void *user);

/* The name the subject's key is kept under: "host", "[host]:port" or the alias; caller frees. */
char *trust_name(const struct trust_subject *s);

/* Read a text as if it were a file of the inventory; for tests. Name is what messages call it. */
void trust_parse(struct trust *t, const char *name, const char *text, size_t len);

/* "SHA256:..." of a public blob. */
void trust_fingerprint(const void *blob, size_t len, char to[64]);

#endif
