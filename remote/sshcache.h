/*
 * Answers of ssh -G on disk: one file for all hosts, valid for one state of the
 * configuration. Owns what it holds. A file that is damaged, or that others could
 * have written, is as good as none.
 */
#ifndef DROVER_REMOTE_SSHCACHE_H
#define DROVER_REMOTE_SSHCACHE_H

#include <stdbool.h>

struct sshcache;
struct err;

/* config tells the files in dir apart; what was saved under another stamp is dropped. */
struct sshcache *sshcache_load(const char *dir, const char *config, const char *stamp);
void sshcache_free(struct sshcache *c);

/* The lines kept under a key, or NULL; borrowed until sshcache_free(). */
const char *sshcache_find(const struct sshcache *c, const char *key);
void sshcache_add(struct sshcache *c, const char *key, const char *lines); /* a new key only */

bool sshcache_changed(const struct sshcache *c); /* since it was loaded or saved */
int sshcache_save(struct sshcache *c, struct err *err);

#endif
