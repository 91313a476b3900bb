#include "tests/lib/rig.h"

#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

void
rig_on_done(void *user, const struct sshconf_host *h, const struct err *err)
{
	struct rig *f = user;

	f->calls++;
	f->host = h;
	f->err = err ? *err : (struct err){ 0 };
}

void
rig_begin(struct rig *f)
{
	struct err err;

	f->loop = loop_new(&err);
	f->conf = sshconf_new(&(struct sshconf_config){ .loop = f->loop,
				  .file = f->config,
				  .cache_dir = f->cache,
				  .timeout_ms = 60000,
				  .alone = f->alone },
	    &err);
}

void
rig_end(struct rig *f)
{
	sshconf_free(f->conf);
	loop_free(f->loop);
}

void
rig_write(const char *dir, const char *name, const char *text)
{
	autofree char *path = file_join(dir, name);
	struct err err;

	assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
}

int
rig_set_up(void **state)
{
	struct rig *f = xcalloc(1, sizeof(*f));

	str_copy(f->dir, sizeof(f->dir), "/tmp/drover-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->config = xasprintf("%s/config", f->dir);
	f->cache = xasprintf("%s/cache", f->dir);
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

int
rig_tear_down(void **state)
{
	struct rig *f = *state;

	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f->config);
	free(f->cache);
	free(f);
	return 0;
}

void
rig_ask(struct rig *f, const struct sshconf_query *q)
{
	f->calls = 0;
	f->host = NULL;
	sshconf_ask(f->conf, q, rig_on_done, f);
	assert_int_equal(f->calls, 0);
	loop_run(f->loop);
	assert_int_equal(f->calls, 1);
}

const struct sshconf_host *
rig_ask_for(struct rig *f, const char *host)
{
	rig_ask(f, &(struct sshconf_query){ .host = host });
	if (!f->host)
		fail_msg("%s: %s", host, f->err.text);
	return f->host;
}
