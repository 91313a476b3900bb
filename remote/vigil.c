#include "remote/vigil.h"

#include "base/clock.h"
#include "base/loop.h"
#include "remote/message.h"
#include "remote/wire.h"

#include <libssh/libssh.h>
#include <libssh/server.h>

static void
on_timer(void *user)
{
	struct vigil *v = user;

	v->due = true;
	v->nudge(v->user);
}

void
vigil_init(struct vigil *v, struct loop *loop, struct wire *wire, const struct message *open)
{
	v->timer = loop_timer_new(loop, on_timer, v);
	v->wire = wire;
	v->session = open->session;
	v->due = v->asked = false;
	alive_init(&v->alive, (int64_t)message_get(open, FIELD_ALIVE),
	    (int64_t)message_get(open, FIELD_ALIVE_COUNT));
	alive_begin(&v->alive, 0, clock_mono_ms());
}

void
vigil_fini(struct vigil *v)
{
	loop_timer_free(v->timer);
	v->timer = NULL;
}

void
vigil_begin(struct vigil *v, uint64_t bytes)
{
	v->due = false;
	alive_begin(&v->alive, bytes, clock_mono_ms());
	loop_timer_start(v->timer, v->alive.interval_ms);
}

void
vigil_pause(struct vigil *v, uint64_t bytes)
{
	if (v->due)
		vigil_begin(v, bytes);
}

static void
tell(const struct vigil *v, int64_t silence_ms)
{
	struct message m;

	message_init(&m, MESSAGE_HEARD, v->session, 0);
	message_number(&m, FIELD_ELAPSED, silence_ms > 0 ? (uint64_t)silence_ms : 0);
	wire_send(v->wire, &m, -1);
}

bool
vigil_step(struct vigil *v, void *ssh, uint64_t bytes)
{
	int64_t now = clock_mono_ms(), after = 0;
	bool asked = v->alive.asked > 0;

	alive_note(&v->alive, bytes, now);
	/* The answer to what was asked: told at once, or it would look silent until the next look. */
	if (asked && v->alive.asked == 0)
		tell(v, 0);
	if (!v->due)
		return true;
	v->due = false;
	tell(v, alive_silence_ms(&v->alive, now));
	enum alive_answer answer = alive_check(&v->alive, now, &after);
	if (answer == ALIVE_GONE)
		return false;
	if (answer == ALIVE_ASK) {
		/* The first call takes note of an earlier answer, if there was one, and asks if not. */
		ssh_send_keepalive(ssh);
		ssh_send_keepalive(ssh);
		v->asked = true;
	}
	loop_timer_start(v->timer, after);
	return true;
}

int64_t
vigil_silence_ms(const struct vigil *v)
{
	return alive_silence_ms(&v->alive, clock_mono_ms());
}
