/* What ssh_config sets and drover does not honour, told once a key. Owns the keys that were told. */
#ifndef DROVER_REMOTE_SSHNOTES_H
#define DROVER_REMOTE_SSHNOTES_H

#include <stdbool.h>

struct sshconf_host;
struct sshnotes;

/* note: as in remote.h; NULL: nobody is told. */
struct sshnotes *sshnotes_new(void (*note)(void *user, bool matters, const char *text), void *user);
void sshnotes_free(struct sshnotes *n);

/* asked: the name of the host. */
void sshnotes_tell(struct sshnotes *n, const char *asked, const struct sshconf_host *h);

#endif
