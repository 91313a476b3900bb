#include "playbooks/landfall.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/get.h"
#include "playbooks/seatfile.h"

#include <stdio.h>
#include <unistd.h>

struct landfall {
	struct landfall_spec spec;
	char run[40];
	size_t at;
	int dir;
	struct get *get;
	char path[100];
	struct get_want want;
	bool cut;
};

static void next(struct landfall *l);

struct landfall *
landfall_new(const struct landfall_spec *spec)
{
	struct landfall *l = xcalloc(1, sizeof(*l));

	l->spec = *spec;
	l->dir = -1;
	str_copy(l->run, sizeof(l->run), spec->run);
	return l;
}

void
landfall_free(struct landfall *l)
{
	if (!l)
		return;
	if (l->dir >= 0)
		close(l->dir);
	free(l);
}

static void
fail(struct landfall *l, const struct err *why, bool lost)
{
	struct err err;

	err_set(
	    &err, why->kind, "%.200s was not fetched: %.300s", l->spec.item[l->at].path, why->text);
	l->spec.done(l->spec.user, &err, lost);
}

static void
on_got(void *user, struct herd_host *hh, const struct get_end *end)
{
	struct landfall *l = user;

	(void)hh;
	l->get = NULL;
	close(l->dir);
	l->dir = -1;
	if (end->err.kind != OUTCOME_OK) {
		fail(l, &end->err, end->lost || l->cut);
		return;
	}
	l->at++;
	next(l);
}

static void
next(struct landfall *l)
{
	const struct landfall_item *i = &l->spec.item[l->at];
	struct err err;
	const char *name;

	if (l->at == l->spec.count) {
		l->spec.done(l->spec.user, NULL, false);
		return;
	}
	if (i->broken) {
		err_set(&err, OUTCOME_FAILED, "what the host says of it makes no sense");
		fail(l, &err, false);
		return;
	}
	if (l->cut) {
		err_set(&err, OUTCOME_UNTRIED, "stopped before");
		fail(l, &err, true);
		return;
	}
	l->dir = seatfile_dir(i->base, i->path, &name, &err);
	if (l->dir < 0) {
		fail(l, &err, false);
		return;
	}
	snprintf(l->path, sizeof(l->path), "/var/lib/drover/runs/%s/out/%zu", l->run, i->step);
	l->want = (struct get_want){ .mode = i->mode, .digest = i->digest[0] ? i->digest : NULL };
	l->get = get_start(l->spec.hh, &(struct get_spec){ .work = l->spec.work,
					   .path = l->path,
					   .dir = l->dir,
					   .name = name,
					   .max = i->max,
					   .verify = true,
					   .want = &l->want,
					   .done = on_got,
					   .user = l });
}

void
landfall_start(struct landfall *l)
{
	next(l);
}

void
landfall_cut(struct landfall *l)
{
	l->cut = true;
	if (l->get)
		get_cut(l->get);
}
