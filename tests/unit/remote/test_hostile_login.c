#include "tests/lib/hostile.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ASKS_FOR_LOGIN 5 /* SSH_MSG_SERVICE_REQUEST */

/* What servers do once there are keys. */
static void
stops_before_the_login(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_KEYS);
	rogue_mute(c);
}

static void
closes_before_the_login(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_KEYS);
}

static void
greets_without_end(struct rogue_conn *c)
{
	struct rogue_payload p;
	char text[30000];

	memset(text, '\033', sizeof(text));
	rogue_reach(c, ROGUE_KEYS);
	rogue_await(c, ASKS_FOR_LOGIN);
	rogue_begin(&p, 53);
	rogue_text(&p, text, sizeof(text));
	rogue_text(&p, "", 0);
	for (;;)
		rogue_send(c, &p);
}

static void
refuses_for_ever(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_KEYS);
	rogue_await(c, ASKS_FOR_LOGIN);
	rogue_begin(&p, 6);
	rogue_text(&p, "ssh-userauth", 12);
	rogue_send(c, &p);
	rogue_begin(&p, 51);
	rogue_text(&p, "publickey,\033[31mpassword", 23);
	rogue_byte(&p, 1);
	for (;;)
		rogue_send(c, &p);
}

static void
asks_before_the_login(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_KEYS);
	rogue_await(c, ASKS_FOR_LOGIN);
	rogue_begin(&p, 80);
	rogue_text(&p, "hostkeys-00@openssh.com", 23);
	rogue_byte(&p, 1);
	for (;;)
		rogue_send(c, &p);
}

static void
opens_no_channel(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_LOGIN);
	rogue_mute(c);
}

static void
closes_after_the_login(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_LOGIN);
}

static void
asks_without_end(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_LOGIN);
	rogue_begin(&p, 80);
	rogue_text(&p, "keepalive@openssh.com", 21);
	rogue_byte(&p, 1);
	for (;;)
		rogue_send(c, &p);
}

static void
opens_channels_itself(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_LOGIN);
	for (uint32_t i = 0;; i++) {
		rogue_begin(&p, 90);
		rogue_text(&p, i % 2 ? "auth-agent@openssh.com" : "x11", i % 2 ? 22 : 3);
		rogue_number(&p, i);
		rogue_number(&p, 1 << 20);
		rogue_number(&p, 32768);
		rogue_text(&p, "127.0.0.1", 9);
		rogue_number(&p, 1);
		rogue_send(c, &p);
	}
}

static void
data(struct rogue_conn *c, uint32_t channel, size_t n)
{
	static const char bytes[32768];
	struct rogue_payload p;

	rogue_begin(&p, 94);
	rogue_number(&p, channel);
	rogue_text(&p, bytes, n);
	rogue_send(c, &p);
}

static void
writes_beyond_the_window(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	for (;;)
		data(c, rogue_channel(c), 32768);
}

static void
writes_to_a_stranger(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	for (;;)
		data(c, rogue_channel(c) + 1000, 100);
}

static void
status(struct rogue_conn *c, uint32_t value)
{
	struct rogue_payload p;

	rogue_begin(&p, 98);
	rogue_number(&p, rogue_channel(c));
	rogue_text(&p, "exit-status", 11);
	rogue_byte(&p, 0);
	rogue_number(&p, value);
	rogue_send(c, &p);
}

static void
channel_word(struct rogue_conn *c, uint8_t type)
{
	struct rogue_payload p;

	rogue_begin(&p, type);
	rogue_number(&p, rogue_channel(c));
	rogue_send(c, &p);
}

static void
ends_without_end(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	for (uint32_t i = 0; i < 20000; i++)
		status(c, 3);
	channel_word(c, 96);
	channel_word(c, 97);
	rogue_mute(c);
}

static void
ends_and_stays(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	status(c, 4);
	rogue_mute(c);
}

static void
gives_no_status(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	channel_word(c, 96);
	channel_word(c, 97);
	rogue_mute(c);
}

static void
gives_its_status_after_the_end(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	channel_word(c, 96);
	rogue_pause(300);
	status(c, 5);
	channel_word(c, 97);
	rogue_mute(c);
}

static void
names_a_strange_signal(struct rogue_conn *c)
{
	struct rogue_payload p;
	char text[20000];

	memset(text, '\007', sizeof(text));
	rogue_reach(c, ROGUE_COMMAND);
	rogue_begin(&p, 98);
	rogue_number(&p, rogue_channel(c));
	rogue_text(&p, "exit-signal", 11);
	rogue_byte(&p, 0);
	rogue_text(&p, "\033[31mWHAT-A-VERY-LONG-SIGNAL", 28);
	rogue_byte(&p, 1);
	rogue_text(&p, text, sizeof(text));
	rogue_text(&p, "", 0);
	rogue_send(c, &p);
	channel_word(c, 96);
	channel_word(c, 97);
	rogue_mute(c);
}

static void
closes_in_the_middle(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_COMMAND);
	data(c, rogue_channel(c), 1000);
	rogue_raw(c, "\0\0", 2);
}

static void
breaks_its_seal(struct rogue_conn *c)
{
	char junk[4096];

	memset(junk, 0x5a, sizeof(junk));
	rogue_reach(c, ROGUE_COMMAND);
	data(c, rogue_channel(c), 1000);
	for (;;)
		rogue_raw(c, junk, sizeof(junk));
}

static const struct hostile before_commands[] = {
	HOSTILE(stops_before_the_login, OUTCOME_UNREACHABLE, "login: not done for "),
	HOSTILE(closes_before_the_login, OUTCOME_UNREACHABLE, "login: "),
	HOSTILE(greets_without_end, OUTCOME_UNREACHABLE, "login: "),
	HOSTILE(refuses_for_ever, OUTCOME_UNREACHABLE, "login: "),
	HOSTILE(asks_before_the_login, OUTCOME_UNREACHABLE, "login: "),
	HOSTILE(opens_no_channel, OUTCOME_UNREACHABLE, "channel: nothing heard for "),
	HOSTILE(closes_after_the_login, OUTCOME_UNREACHABLE, "session: "),
	HOSTILE(asks_without_end, OUTCOME_UNREACHABLE, ""),
	HOSTILE(opens_channels_itself, OUTCOME_UNREACHABLE, ""),
};

static const struct hostile with_commands[] = {
	HOSTILE(writes_beyond_the_window, OUTCOME_UNKNOWN, "command: not finished for "),
	HOSTILE(writes_to_a_stranger, OUTCOME_UNKNOWN, "command: not finished for "),
	HOSTILE(ends_without_end, OUTCOME_FAILED, "exit 3"),
	HOSTILE(ends_and_stays, OUTCOME_FAILED, "exit 4"),
	HOSTILE(gives_no_status, OUTCOME_UNKNOWN,
	    "command: the channel closed and no exit status came"),
	HOSTILE(gives_its_status_after_the_end, OUTCOME_FAILED, "exit 5"),
	HOSTILE(names_a_strange_signal, OUTCOME_FAILED, "signal ?[31mWHAT-A-VER"),
	HOSTILE(closes_in_the_middle, OUTCOME_UNKNOWN, "session: "),
	HOSTILE(breaks_its_seal, OUTCOME_UNKNOWN, "session: "),
};

static void
before_a_command_runs_all_of_them_end(void **state)
{
	hostile_meet(*state, before_commands, countof(before_commands));
}

static void
while_a_command_runs_all_of_them_end(void **state)
{
	hostile_meet(*state, with_commands, countof(with_commands));
}

static int
set_up(void **state)
{
	*state = hostile_set_up();
	return 0;
}

static int
tear_down(void **state)
{
	hostile_tear_down(*state);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_a_command_runs_all_of_them_end),
		cmocka_unit_test(while_a_command_runs_all_of_them_end),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
