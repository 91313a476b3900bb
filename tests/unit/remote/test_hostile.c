#include "tests/lib/hostile.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What servers do. Those that end are closed; those that go on are left by the client. */
static void
says_nothing(struct rogue_conn *c)
{
	rogue_mute(c);
}

static void
drips_its_banner(struct rogue_conn *c)
{
	for (;;) {
		rogue_raw(c, "S", 1);
		rogue_pause(50);
	}
}

static void
never_ends_its_greeting(struct rogue_conn *c)
{
	for (;;)
		rogue_raw(c, "\033[2JWelcome\r\n", 13);
}

static void
has_a_banner_without_end(struct rogue_conn *c)
{
	char line[4096];

	memset(line, 'x', sizeof(line));
	rogue_raw(c, "SSH-2.0-", 8);
	for (;;)
		rogue_raw(c, line, sizeof(line));
}

/* As OpenSSH does to whom it has punished, or when too many come. */
static void
turns_away_for_now(struct rogue_conn *c)
{
	rogue_raw(c, "Not allowed at this time\r\n", 26);
	rogue_part(c);
}

static void
turns_away_in_words_of_its_own(struct rogue_conn *c)
{
	rogue_raw(c, "\r\n\033[2Jgo away\r\n", 16);
	rogue_pause(50);
	rogue_raw(c, "and stay there\r\n", 16);
	rogue_part(c);
}

static void
speaks_another_version(struct rogue_conn *c)
{
	rogue_raw(c, "SSH-1.5-\033]0;title\007\r\n", 21);
	rogue_mute(c);
}

static void
closes_after_its_banner(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_BANNER);
}

static void
stops_after_its_banner(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_BANNER);
	rogue_mute(c);
}

static void
claims_four_gigabytes(struct rogue_conn *c)
{
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xfc, 8, 20, 0, 0 };

	rogue_reach(c, ROGUE_BANNER);
	for (;;)
		rogue_raw(c, head, sizeof(head));
}

static void
sends_empty_packets(struct rogue_conn *c)
{
	static const uint8_t nothing[64];

	rogue_reach(c, ROGUE_BANNER);
	for (;;)
		rogue_raw(c, nothing, sizeof(nothing));
}

static void
sends_only_padding(struct rogue_conn *c)
{
	static const uint8_t packet[] = { 0, 0, 0, 12, 255, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	rogue_reach(c, ROGUE_BANNER);
	for (;;)
		rogue_raw(c, packet, sizeof(packet));
}

static void
sends_junk(struct rogue_conn *c)
{
	uint8_t bytes[4096];

	rogue_reach(c, ROGUE_BANNER);
	for (unsigned n = 0;; n++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i * 167 + n * 31 + (i >> 3));
		rogue_raw(c, bytes, sizeof(bytes));
	}
}

static void
offers_endless_lists(struct rogue_conn *c)
{
	struct rogue_payload p;
	char list[3000];

	memset(list, 'a', sizeof(list));
	for (size_t i = 5; i < sizeof(list); i += 6)
		list[i] = ',';
	rogue_reach(c, ROGUE_BANNER);
	for (;;) {
		rogue_begin(&p, 20);
		p.len += 16;
		for (int i = 0; i < 10; i++)
			rogue_text(&p, list, sizeof(list));
		rogue_byte(&p, 0);
		rogue_number(&p, 0);
		rogue_send(c, &p);
	}
}

/* As servers of OpenSSH 9.6 and later do: what they can do stands among the ways. */
static void
exchanges_keys_by_one_strange_way(struct rogue_conn *c)
{
	static const char ways[] = "ext-info-s,strange@example.org,ext-info-s,"
				   "kex-strict-s-v00@openssh.com,odd@example.org";
	struct rogue_payload p;

	rogue_reach(c, ROGUE_BANNER);
	rogue_begin(&p, 20);
	p.len += 16;
	rogue_text(&p, ways, sizeof(ways) - 1);
	for (int i = 0; i < 9; i++)
		rogue_text(&p, "none", 4);
	rogue_byte(&p, 0);
	rogue_number(&p, 0);
	rogue_send(c, &p);
	rogue_mute(c);
}

static void
lies_about_a_length(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_BANNER);
	rogue_begin(&p, 20);
	p.len += 16;
	rogue_number(&p, 0x7fffffff);
	rogue_send(c, &p);
	rogue_mute(c);
}

static void
begins_again_and_again(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_KEXINIT);
	rogue_begin(&p, 20);
	p.len += 16;
	for (int i = 0; i < 10; i++)
		rogue_text(&p, "none", 4);
	rogue_byte(&p, 0);
	rogue_number(&p, 0);
	for (;;)
		rogue_send(c, &p);
}

static void
chatters_before_the_keys(struct rogue_conn *c)
{
	struct rogue_payload p;
	char text[8000];

	memset(text, '\033', sizeof(text));
	rogue_reach(c, ROGUE_KEXINIT);
	rogue_begin(&p, 2);
	rogue_text(&p, text, sizeof(text));
	for (;;)
		rogue_send(c, &p);
}

static void
parts_with_a_long_speech(struct rogue_conn *c)
{
	struct rogue_payload p;
	char text[30000];

	memset(text, '\033', sizeof(text));
	rogue_reach(c, ROGUE_BANNER);
	rogue_begin(&p, 1);
	rogue_number(&p, 2);
	rogue_text(&p, text, sizeof(text));
	rogue_text(&p, "", 0);
	rogue_send(c, &p);
	rogue_mute(c);
}

static void
lets_in_before_there_are_keys(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_KEXINIT);
	rogue_packet(c, "\x34", 1);
	rogue_mute(c);
}

static void
answers_with_a_short_key(struct rogue_conn *c)
{
	struct rogue_payload p;

	rogue_reach(c, ROGUE_KEXINIT);
	rogue_begin(&p, 31);
	rogue_text(&p, "\0\0\0\x0bssh-ed25519\0\0\0\x03xyz", 22);
	rogue_text(&p, "short", 5);
	rogue_text(&p, "", 0);
	rogue_send(c, &p);
	rogue_packet(c, "\x15", 1);
	rogue_mute(c);
}

static void
has_keys_too_early(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_KEXINIT);
	rogue_packet(c, "\x15", 1);
	rogue_mute(c);
}

static void
signs_wrongly(struct rogue_conn *c)
{
	rogue_keys_signed_wrongly(c);
	rogue_mute(c);
}

static const struct hostile before_keys[] = {
	HOSTILE(says_nothing, OUTCOME_UNREACHABLE, "banner: nothing heard for "),
	HOSTILE(drips_its_banner, OUTCOME_UNREACHABLE, "banner: "),
	HOSTILE(never_ends_its_greeting, OUTCOME_UNREACHABLE, "banner: "),
	HOSTILE(has_a_banner_without_end, OUTCOME_UNREACHABLE, "banner: "),
	HOSTILE(turns_away_for_now, OUTCOME_UNREACHABLE,
	    "banner: the server closed the connection; it says: Not allowed at this time "
	    "(OpenSSH's MaxStartups or PerSourcePenalties: "),
	HOSTILE(turns_away_in_words_of_its_own, OUTCOME_UNREACHABLE,
	    "banner: the server closed the connection; it says: ?[2Jgo away"),
	HOSTILE(speaks_another_version, OUTCOME_UNREACHABLE, ""),
	HOSTILE(closes_after_its_banner, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(stops_after_its_banner, OUTCOME_UNREACHABLE, "key exchange: not done for "),
	HOSTILE(claims_four_gigabytes, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(sends_empty_packets, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(sends_only_padding, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(sends_junk, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(offers_endless_lists, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(exchanges_keys_by_one_strange_way, OUTCOME_UNREACHABLE,
	    "key exchange: nothing in common for kex algos: the server offers "
	    "strange@example.org,odd@example.org"),
	HOSTILE(lies_about_a_length, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(begins_again_and_again, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(chatters_before_the_keys, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(parts_with_a_long_speech, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(lets_in_before_there_are_keys, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(answers_with_a_short_key, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(has_keys_too_early, OUTCOME_UNREACHABLE, "key exchange: "),
	HOSTILE(signs_wrongly, OUTCOME_UNREACHABLE, "key exchange: "),
};

static void
before_there_are_keys_all_of_them_end(void **state)
{
	hostile_meet(*state, before_keys, countof(before_keys));
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
		cmocka_unit_test(before_there_are_keys_all_of_them_end),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	if (argc > 2 && strcmp(argv[1], "--hand") == 0)
		return remote_hand_main(argc, argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
