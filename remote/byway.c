#include "remote/byway.h"

#include "remote/local.h"
#include "remote/message.h"
#include "remote/porter.h"
#include "remote/session.h"
#include "remote/session_inner.h"

static void
on_message(void *user, const struct message *m)
{
	session_message(user, m);
}

void
byway_here(struct session *s)
{
	struct porter_config config = { .loop = s->place->loop,
		.session = 1,
		.kind = &local_kind,
		.kind_user = s->place->local,
		.message = on_message,
		.user = s };

	s->porter = porter_new(&config);
	s->channel_place.carrier = porter_carrier(s->porter);
	s->channel_place.session = config.session;
	approach_up(s);
}
