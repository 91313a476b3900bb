#include "playbooks/request_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/request.h"
#include "playbooks/tar.h"

#include <string.h>

#define HOME "/root"

const char *
request_unit(const struct resource *r)
{
	return r->kind == RESOURCE_USERUNIT && r->detail ? kind_userunit_word(r) : r->unit;
}

/* The member DIRECTORY/N, as in_place of carry.sh takes it: a directory, variables, the command. */
static int
add_hook(struct request_parts *p, const char *directory, size_t n, const struct drain *d,
    const char *const *argv)
{
	const char *head[16] = { HOME };

	for (size_t i = 0; d->env && d->env[i] && i + 2 < countof(head); i++)
		head[i + 1] = d->env[i];
	if (argv && strchr(argv[0], '='))
		return err_set(p->err, OUTCOME_INPUT, "%s: no command that can be run", argv[0]);
	return argv ? request_add_words(p, directory, n, head, argv) : 0;
}

int
request_add_drain(struct request_parts *p, const struct resource *r, size_t n)
{
	const struct drain *d = r->drain;

	if (!d)
		return 0;
	buf_addf(&p->drains, "%s %zu %lld.%lld\n", request_unit(r), n,
	    (long long)d->limit_ms / 1000, (long long)d->limit_ms % 1000 / 100);
	if (add_hook(p, "drain", n, d, d->before) < 0)
		return -1;
	return add_hook(p, "undrain", n, d, d->after);
}

void
request_drain(struct request_parts *p, const struct resource *r, struct buf *to)
{
	autobuf first = BUF_INIT(4096);

	if (!r->drain || !r->drain->before)
		return;
	if (p->drained) {
		buf_addf(to, "drain %s\n", request_unit(r));
		return;
	}
	p->drained = true;
	buf_addf(&first, "%s\n", request_unit(r));
	tar_add(p->tar, "drain.first", first.data, first.len);
}

void
request_undrain(const struct resource *r, struct buf *to)
{
	if (r->drain && r->drain->after)
		buf_addf(to, "undrain %s\n", request_unit(r));
}
