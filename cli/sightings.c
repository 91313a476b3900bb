#include "cli/sightings.h"

#include "base/mem.h"
#include "cli/asking.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "inventory/inventory.h"

#include <string.h>

void
sightings_init(struct sightings *s, size_t hosts, bool as_root)
{
	*s = (struct sightings){ .count = hosts, .as_root = as_root };
	s->item = xcalloc(hosts, sizeof(*s->item));
	s->came = xcalloc(hosts, sizeof(*s->came));
	s->err = xcalloc(hosts, sizeof(*s->err));
	for (size_t i = 0; i < hosts; i++)
		s->err[i].kind = OUTCOME_UNREACHABLE;
}

void
sightings_fini(struct sightings *s)
{
	for (size_t i = 0; i < s->count; i++)
		sighting_fini(&s->item[i]);
	free(s->item);
	free(s->came);
	free(s->err);
	*s = (struct sightings){ .count = 0 };
}

static void
on_answer(
    void *user, struct herd_host *hh, const struct probe_answer *answer, const struct err *err)
{
	struct sightings *s = user;
	size_t i = herd_host_of(hh)->index;
	struct sighting *item = &s->item[i];
	struct err verdict = *err;

	if (!asking_wants(s->asking, hh))
		return;
	if (err->kind == OUTCOME_OK) {
		sighting_fini(item);
		s->came[i] = sighting_parse(item, answer->body, answer->len, &verdict) == 0;
		if (s->came[i] && s->as_root && !item->root)
			err_set(&verdict, OUTCOME_REFUSED,
			    "the login is not root: say become in the inventory");
	}
	s->err[i] = verdict;
	asking_done(s->asking, hh, &verdict);
}

void
sightings_ask(struct sightings *s, struct asking *a, struct herd_host *hh, const char *units)
{
	const struct probe_spec spec = { .program = host_apps_sh,
		.input = units,
		.input_len = strlen(units),
		.max = SIGHTING_MAX,
		.done = on_answer,
		.user = s };

	s->asking = a;
	probe_start(hh, &spec);
}
