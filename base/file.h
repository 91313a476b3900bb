/*
 * Files: read whole within a limit, replace atomically, the XDG places.
 *
 * Nothing is kept open. Reads refuse what is not a regular file and never hang.
 */
#ifndef DROVER_BASE_FILE_H
#define DROVER_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* The whole of a regular file of at most max bytes, with a NUL behind; caller frees. Kind INPUT:
 * missing, not a regular file, too large, changed while it was read. NULL on failure. */
char *file_read(const char *path, size_t max, size_t *ret_len, struct err *err);

/* Write beside, fsync, rename over, fsync the directory. mode as in open(2). 0 or -1. */
int file_replace(const char *path, const void *data, size_t len, unsigned mode, struct err *err);

/* mkdir -p with mode 0700 for what is missing. 0 or -1. */
int file_mkdirs(const char *path, struct err *err);

bool file_exists(const char *path);

/* dir/name, or name alone when it is absolute; caller frees. */
char *file_join(const char *dir, const char *name);

/* The directory of a path ("." when it has none); caller frees. */
char *file_dir(const char *path);

/* $XDG_CONFIG_HOME/drover, $XDG_STATE_HOME/drover, $XDG_CACHE_HOME/drover, with their defaults
 * under $HOME; caller frees. The directory need not exist. */
char *file_config_dir(void);
char *file_state_dir(void);
char *file_cache_dir(void);

/* As many descriptors at once as the hard limit of this process allows. */
void file_raise_limit(void);
int file_limit(void); /* of open files; a million when there is none */

/* $HOME, else the password database's; caller frees. */
char *file_home(void);

/* The mask of this process, looked at without changing it: other threads make files. */
unsigned file_umask(void);

#endif
