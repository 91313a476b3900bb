#include "remote/sshnotes.h"

#include "base/mem.h"
#include "base/str.h"
#include "remote/sshhost.h"
#include "remote/sshoption.h"

#include <string.h>

struct sshnotes {
	void (*note)(void *user, bool matters, const char *text);
	void *user;
	char **told;
	size_t count, cap;
};

struct sshnotes *
sshnotes_new(void (*note)(void *user, bool matters, const char *text), void *user)
{
	struct sshnotes *n = xcalloc(1, sizeof(*n));

	n->note = note;
	n->user = user;
	return n;
}

void
sshnotes_free(struct sshnotes *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		free(n->told[i]);
	free(n->told);
	free(n);
}

static void
tell(struct sshnotes *n, bool matters, const char *key, const char *text)
{
	for (size_t i = 0; i < n->count; i++) {
		if (str_eq(n->told[i], key))
			return;
	}
	mem_grow(n->told, n->count, n->cap);
	n->told[n->count++] = xstrdup(key);
	n->note(n->user, matters, text);
}

void
sshnotes_tell(struct sshnotes *n, const char *asked, const struct sshconf_host *h)
{
	if (!n->note)
		return;
	for (const char *const *u = h->unused; *u; u++) {
		autofree char *key = xmemdup0(*u, strcspn(*u, " "));
		const struct sshoption *o = sshoption_find(key, strlen(key));
		const char *why = o ? o->note : NULL;
		autofree char *text =
		    xasprintf("ssh_config sets %s for %s, which is not honoured%s%s", *u, asked,
			why ? ": " : "", why ? why : "");

		tell(n, false, key, text);
	}
	if (!h->weak)
		return;
	autofree char *text =
	    xasprintf("ssh_config allows %s for %s, which is not obeyed: too weak", h->weak, asked);
	tell(n, true, h->weak, text);
}
