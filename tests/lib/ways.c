#include "tests/lib/ways.h"

#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/roles.h"

static struct sshd *sshd;
static const char *way; /* the transport under test */

int
ways_set_up(void **state)
{
	struct fixture *f = probe_set_up(sshd, NULL);

	f->target.transport = way;
	*state = f;
	return 0;
}

int
ways_tear_down(void **state)
{
	probe_tear_down(*state);
	return 0;
}

bool
ways_is(const struct fixture *f, const char *transport)
{
	return str_eq(f->target.transport, transport);
}

int
ways_main(int argc, char **argv, const char *sshd_conf, int (*suite)(const char *transport))
{
	static const char *const ways[] = { "libssh", "local", "ssh" };
	int status = roles_play(argc, argv), bad = 0;

	if (status >= 0)
		return status;
	sshd = sshd_start(sshd_conf);
	for (size_t i = 0; i < countof(ways); i++) {
		way = ways[i];
		bad += suite(way);
	}
	sshd_stop(sshd);
	return bad != 0;
}
