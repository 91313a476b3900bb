#include "engine/outlet.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/herd.h"
#include "remote/backway.h"

struct outlet {
	struct herd_host *hh;
	struct outlet_spec spec;
	char *address, *host;
	struct backway *backway;
	bool waits, holds;
};

static void
on_done(void *user, int port, const struct err *err)
{
	struct outlet *o = user;

	o->spec.settled(o->spec.user, port, err ? err->text : NULL);
}

static void
on_failed(void *user, const char *text)
{
	struct outlet *o = user;

	o->spec.failed(o->spec.user, text);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	struct outlet *o = user;
	const struct backway_spec spec = { .address = o->address,
		.port = o->spec.port,
		.host = o->host,
		.to = o->spec.to,
		.done = on_done,
		.failed = on_failed,
		.user = o };
	struct err why;

	o->waits = false;
	(void)err;
	if (!s) {
		o->spec.settled(o->spec.user, 0, "");
		return;
	}
	herd_hold(o->hh);
	o->holds = true;
	o->backway = backway_open(s, &spec, &why);
	if (!o->backway)
		o->spec.settled(o->spec.user, 0, why.text);
}

struct outlet *
outlet_new(struct herd_host *hh, const struct outlet_spec *spec)
{
	struct outlet *o = xcalloc(1, sizeof(*o));

	*o = (struct outlet){ .hh = hh,
		.spec = *spec,
		.address = spec->address ? xstrdup(spec->address) : NULL,
		.host = xstrdup(spec->host),
		.waits = true };
	o->spec.address = o->spec.host = NULL;
	herd_session(hh, on_ready, o);
	return o;
}

void
outlet_free(struct outlet *o)
{
	if (!o)
		return;
	if (o->waits)
		herd_forget(o->hh, o);
	backway_free(o->backway);
	if (o->holds)
		herd_release(o->hh);
	free(o->address);
	free(o->host);
	free(o);
}
