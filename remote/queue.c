#include "base/loop.h"
#include "remote/crowd.h"
#include "remote/route.h"
#include "remote/session.h"
#include "remote/session_inner.h"

#define SLOW_MS  1000 /* as long as it is not known how long connecting takes */
#define QUICK_MS 250
#define USUAL    8 /* connections that tell */

void
queue_sit(struct session *s, void (*seated)(void *session))
{
	gate_wait(&s->place->seats, &s->seat, seated, s);
}

void
queue_rise(struct session *s)
{
	gate_leave(&s->place->seats, &s->seat);
}

static void
on_door(void *user)
{
	struct session *s = user;

	gate_wait(&s->place->gate, &s->pass, s->turn, s);
}

/* Who waits at one door takes up no room that the others need. */
void
queue_at(struct session *s, const char *door, void (*turn)(void *session))
{
	s->turn = turn;
	s->crowd = crowd_at(s->place->crowds, door);
	gate_wait(crowd_gate(s->crowd), &s->door_pass, on_door, s);
}

void
queue_connected(struct session *s)
{
	struct session_place *place = s->place;
	int64_t ms;

	s->connected_ms = loop_now_ms(place->loop);
	ms = s->connected_ms - s->connecting_ms;
	if (place->connects++ == 0)
		place->connect_usual_ms = ms;
	else
		place->connect_usual_ms += (ms - place->connect_usual_ms) / 8;
}

/* A login goes there and back about eight times; what it took beyond that was the server's work, or
 * ours, or waiting for either. A person's thinking tells nothing. */
void
queue_through(struct session *s)
{
	int64_t rtt = s->connected_ms - s->connecting_ms;
	int64_t ms = loop_now_ms(s->place->loop) - s->connected_ms - 8 * rtt;

	if (s->crowd && !s->asked_ms) {
		gate_well(&s->place->gate, ms);
		gate_well(crowd_gate(s->crowd), ms);
	}
	queue_leave(s);
}

void
queue_turned_away(struct session *s)
{
	if (s->crowd)
		gate_dropped(crowd_gate(s->crowd));
}

int64_t
queue_slow_ms(const struct session *s)
{
	int64_t usual = 8 * s->place->connect_usual_ms;

	return s->place->connects < USUAL ? SLOW_MS : usual < QUICK_MS ? QUICK_MS : usual;
}

void
queue_leave(struct session *s)
{
	gate_leave(&s->place->gate, &s->pass);
	if (s->crowd)
		gate_leave(crowd_gate(s->crowd), &s->door_pass);
	route_settled(s->route);
}
