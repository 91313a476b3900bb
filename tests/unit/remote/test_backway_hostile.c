#include "tests/lib/rogue.h"
#include "tests/lib/way.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct sshd *sshd;

/* Servers that open what nobody asked for. They say so to who listens here once all was as it should be. */
#define ASKED 4711

static void
open_there(struct rogue_conn *c, const char *type, const char *address, uint32_t port, uint32_t own)
{
	struct rogue_payload p;

	rogue_begin(&p, 90);
	rogue_text(&p, type, strlen(type));
	rogue_number(&p, own);
	rogue_number(&p, 1 << 20);
	rogue_number(&p, 32768);
	rogue_text(&p, address, strlen(address));
	rogue_number(&p, port);
	rogue_text(&p, "10.0.0.1", 8);
	rogue_number(&p, 999);
	rogue_send(c, &p);
}

/* 91: it was let in, 92: refused; its number in *ret. */
static uint8_t
answer(struct rogue_conn *c, uint32_t *ret)
{
	uint8_t got[40000];
	uint32_t net;

	do
		rogue_receive(c, got, sizeof(got));
	while (got[0] != 91 && got[0] != 92);
	memcpy(&net, got + 5, 4);
	*ret = ntohl(net);
	return got[0];
}

static void
say_there(struct rogue_conn *c, uint32_t channel, const char *words)
{
	struct rogue_payload p;

	rogue_begin(&p, 94);
	rogue_number(&p, channel);
	rogue_text(&p, words, strlen(words));
	rogue_send(c, &p);
	rogue_mute(c);
}

static void
opens_what_nobody_asked_for(struct rogue_conn *c)
{
	static const struct {
		const char *type, *address;
		uint32_t port;
	} bad[] = {
		{ "forwarded-tcpip", "127.0.0.5", ASKED + 1 },
		{ "forwarded-tcpip", "127.0.0.5", 0 },
		{ "forwarded-tcpip", "127.0.0.6", ASKED },
		{ "forwarded-tcpip", "", ASKED },
		{ "direct-tcpip", "127.0.0.5", ASKED },
		{ "x11", "127.0.0.5", ASKED },
		{ "auth-agent@openssh.com", "127.0.0.5", ASKED },
		{ "session", "127.0.0.5", ASKED },
		{ "odd", "127.0.0.5", ASKED },
	};
	uint32_t channel;

	rogue_reach(c, ROGUE_LOGIN);
	rogue_await(c, 80);
	rogue_packet(c, "\x51", 1);
	for (uint32_t i = 0; i < countof(bad); i++) {
		open_there(c, bad[i].type, bad[i].address, bad[i].port, i);
		if (answer(c, &channel) != 92)
			return;
	}
	open_there(c, "forwarded-tcpip", "127.0.0.5", ASKED, 30);
	if (answer(c, &channel) == 91)
		say_there(c, channel, "well");
}

static void
opens_more_than_there_may_be(struct rogue_conn *c)
{
	uint32_t channel, last = 0;
	int in = 0;

	rogue_reach(c, ROGUE_LOGIN);
	rogue_await(c, 80);
	rogue_packet(c, "\x51", 1);
	for (uint32_t i = 0; i < 400; i++) {
		open_there(c, "forwarded-tcpip", "127.0.0.5", ASKED, i);
		if (answer(c, &channel) == 91) {
			last = channel;
			in++;
		}
	}
	if (in == 256)
		say_there(c, last, "well");
}

/* What it is asked in its silence has its answer in the end: that is not the answer to what was asked later. */
static void
answers_late_that_it_is_there(struct rogue_conn *c)
{
	uint8_t got[4096];
	struct rogue_payload p;
	uint32_t channel;

	rogue_reach(c, ROGUE_COMMAND);
	rogue_await(c, 80);
	rogue_begin(&p, 94);
	rogue_number(&p, rogue_channel(c));
	rogue_text(&p, "asked", 5);
	rogue_send(c, &p);
	rogue_pause(300);
	rogue_packet(c, "\x52", 1);
	for (;;) {
		rogue_receive(c, got, sizeof(got));
		if (got[0] == 80 && memcmp(got + 5, "tcpip-forward", 13) == 0)
			break;
		if (got[0] == 80)
			rogue_packet(c, "\x52", 1);
	}
	rogue_packet(c, "\x51", 1);
	open_there(c, "forwarded-tcpip", "127.0.0.5", ASKED, 30);
	if (answer(c, &channel) == 91)
		say_there(c, channel, "well");
}

static void
never_answers(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_LOGIN);
	rogue_mute(c);
}

static void
chooses_a_port_that_is_none(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_LOGIN);
	rogue_await(c, 80);
	rogue_packet(c, "\x52", 1); /* to what changes nothing */
	rogue_await(c, 80);
	rogue_begin(&p, 81);
	rogue_number(&p, 70000);
	rogue_send(c, &p);
	rogue_mute(c);
}

static void
expect_well(struct way *w)
{
	int64_t until = way_deadline();
	int fd[300], n = 0;
	bool well = false;

	while (!well) {
		char got[8] = "";
		int one = n < 300 ? accept4(w->here, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;

		if (one >= 0)
			fd[n++] = one;
		for (int i = 0; i < n && !well; i++)
			well = recv(fd[i], got, 4, 0) == 4 && str_eq(got, "well");
		if (w->probe->down)
			fail_msg("the server gave up: %s", w->probe->err.text);
		way_turn(w, until);
	}
	while (n > 0)
		close(fd[--n]);
}

/* All is well, or refused in these words. */
static void
meet(struct fixture *f, void (*serve)(struct rogue_conn *c), int port, const char *words)
{
	struct rogue *r = rogue_start(serve);
	const char *keys[] = { rogue_host_key(), NULL };
	struct target t = f->target;
	struct way w;

	t.port = rogue_port(r);
	t.host_keys = keys;
	bool busy = serve == answers_late_that_it_is_there;
	way_begin(&w, f, &t, busy ? "wait" : NULL);
	while (busy && !w.probe->out.len && !w.probe->down)
		loop_pass(f->loop, 100);
	way_listen(&w, &(struct backway_spec){ .address = "127.0.0.5", .port = port });
	if (!words) {
		if (w.err.kind != OUTCOME_OK)
			fail_msg("%s", w.err.text);
		expect_well(&w);
	} else if (!strstr(w.err.text, words)) {
		fail_msg("%s", w.err.text);
	}
	way_close(&w);
	rogue_stop(r);
}

static void
a_server_that_opens_what_nobody_asked_for_is_refused_it(void **state)
{
	meet(*state, opens_what_nobody_asked_for, ASKED, NULL);
}

static void
visitors_are_bounded(void **state)
{
	meet(*state, opens_more_than_there_may_be, ASKED, NULL);
}

static void
the_answer_to_another_question_is_not_taken_for_its_own(void **state)
{
	meet(*state, answers_late_that_it_is_there, ASKED, NULL);
}

static void
a_server_that_never_answers_is_told(void **state)
{
	meet(*state, never_answers, ASKED,
	    "port 4711 there cannot be listened on: the server does not answer");
}

static void
a_choice_that_is_no_port_is_refused(void **state)
{
	meet(*state, chooses_a_port_that_is_none, 0, "which port the server chose was lost");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PROBE_CASE(a_server_that_opens_what_nobody_asked_for_is_refused_it),
		PROBE_CASE(visitors_are_bounded),
		PROBE_CASE(the_answer_to_another_question_is_not_taken_for_its_own),
		PROBE_CASE(a_server_that_never_answers_is_told),
		PROBE_CASE(a_choice_that_is_no_port_is_refused),
	};

	return probe_main(argc, argv, &sshd, tests, countof(tests));
}
