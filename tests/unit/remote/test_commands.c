#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/session.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Everything here is said by real commands on a real sshd whose keys are changed often. */
static struct fixture *f;

static void
every_exit_status_is_exact(void **state)
{
	struct probe *p = probe_run(f, "true", NULL, 0);
	char command[32];

	(void)state;
	for (int i = 0; i < 256; i++) {
		snprintf(command, sizeof(command), "exit %d", i);
		probe_again(p, command);
		assert_true(p->end.have_status);
		assert_int_equal(p->end.status, i);
		assert_string_equal(p->end.signal, "");
	}
	probe_close(p);
}

static void
every_signal_has_its_name(void **state)
{
	static const char *const names[] = { "HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "KILL",
		"SEGV", "PIPE", "ALRM", "TERM", "USR1", "USR2" };
	struct probe *p = probe_run(f, "true", NULL, 0);
	char command[96];

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		snprintf(command, sizeof(command),
		    "ulimit -c 0; exec env --default-signal sh -c 'kill -%s $$; sleep 5'",
		    names[i]);
		probe_again(p, command);
		if (p->end.have_status || p->end.err || !str_eq(p->end.signal, names[i]))
			fail_msg(
			    "%s: status %d, signal '%s'", names[i], p->end.status, p->end.signal);
	}
	/* Of what has no name in the protocol sshd tells no more than that. */
	probe_again(p, "kill -XCPU $$; sleep 5");
	assert_false(p->end.have_status);
	assert_true(p->end.signal[0] || p->end.err);
	probe_close(p);
}

static void
a_closed_output_is_not_the_end(void **state)
{
	struct probe *p = probe_run(f, "exec >&- 2>&-; sleep 0.3; exit 12", NULL, 0);

	(void)state;
	assert_int_equal(p->end.status, 12);
	probe_again(p, "exec >&-; echo late >&2; sleep 0.3; exit 13");
	assert_int_equal(p->end.status, 13);
	assert_string_equal(buf_text(&p->errors), "late\n");
	/* What a child says within its two seconds is heard. */
	probe_again(p, "(sleep 0.5; echo child) & exit 14");
	assert_int_equal(p->end.status, 14);
	assert_string_equal(buf_text(&p->out), "child\n");
	probe_close(p);
}

static void
bytes_of_every_kind_come_whole(void **state)
{
	autofree char *bytes = xcalloc(4096, 1);
	struct probe *p;

	(void)state;
	for (size_t i = 0; i < 4096; i++)
		bytes[i] = (char)(i * 7 + (i >> 8));
	p = probe_run(f, "cat", bytes, 4096);
	assert_int_equal(p->out.len, 4096);
	assert_memory_equal(p->out.data, bytes, 4096);
	/* Half a character, then the other half, a second later. */
	probe_again(p, "printf '\\303'; sleep 0.3; printf '\\244\\000\\377'");
	assert_int_equal(p->out.len, 4);
	assert_memory_equal(p->out.data, "\303\244\0\377", 4);
	probe_close(p);
}

static void
a_line_of_a_hundred_megabytes_is_a_line(void **state)
{
	struct probe *p = probe_run(f, "true", NULL, 0);
	int worker = session_worker(p->session);
	long before = probe_memory(worker, "VmRSS"), ours = probe_memory(getpid(), "VmRSS");

	(void)state;
	p->bytes = 0;
	probe_again(p, "head -c 104857600 /dev/zero | tr '\\0' x; echo");
	assert_int_equal(p->end.status, 0);
	assert_int_equal(p->end.out_bytes, 104857601);
#ifndef DROVER_LOOSE
	assert_true(probe_memory(worker, "VmHWM") - before <= 8192);
	assert_true(probe_memory(getpid(), "VmHWM") - ours <= 8192);
#else
	(void)before;
	(void)ours;
#endif
	probe_close(p);
}

/* RekeyLimit of the server is one megabyte: dozens of key exchanges in each of these. */
static void
keys_change_under_way(void **state)
{
	size_t n = 24 << 20;
	autofree char *bytes = xcalloc(n, 1);
	char sent[DIGEST_HEX], got[DIGEST_HEX];

	(void)state;
	digest_random(bytes, n);
	digest_hex(bytes, n, sent);
	struct probe *p = probe_open(f, NULL, "cat");
	p->input = bytes;
	p->input_len = n;
	p->digest = digest_new();
	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		fail_msg("%s", p->err.text);
	digest_end(p->digest, got);
	p->digest = NULL;
	assert_int_equal(p->end.out_bytes, n);
	assert_string_equal(sent, got);
	/* Also when nothing goes up meanwhile, and when nothing goes at all. */
	p->bytes = 0;
	probe_again(p, "head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2; exit 3");
	assert_int_equal(p->end.status, 3);
	assert_int_equal(p->bytes, 40000000);
	probe_again(p, "exit 4");
	assert_int_equal(p->end.status, 4);
	probe_close(p);
}

static void
a_slow_host_is_not_a_dead_one(void **state)
{
	struct probe *p =
	    probe_open(f, NULL, "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done");

	(void)state;
	while (!p->channel && !p->down)
		loop_pass(f->loop, 50);
	/* Each byte is a sign of life: none comes as late as the limit between them. */
	channel_limits(p->channel, 20000, 20000, 0);
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->end.have_status);
	assert_string_equal(buf_text(&p->out), "1\n2\n3\n4\n5\n6\n7\n8\n");
	probe_close(p);
}

/* What a server must not talk us into: each offers nothing that is good enough. */
static void
weak_servers_are_refused_with_what_they_offer(void **state)
{
	static const struct {
		const char *config, *offered;
	} cases[] = {
		{ "KexAlgorithms diffie-hellman-group1-sha1", "diffie-hellman-group1-sha1" },
		{ "KexAlgorithms diffie-hellman-group14-sha1", "diffie-hellman-group14-sha1" },
		{ "Ciphers 3des-cbc", "3des-cbc" },
		{ "Ciphers aes128-cbc", "aes128-cbc" },
		{ "Ciphers aes128-ctr\nMACs hmac-sha1", "hmac-sha1" },
		{ "Ciphers aes128-ctr\nMACs hmac-md5", "hmac-md5" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct sshd *weak = sshd_start(cases[i].config);
		struct target t = f->target;
		const char *keys[] = { sshd_host_key(weak), NULL };

		t.port = sshd_port(weak);
		t.host_keys = keys;
		struct probe *p = probe_open(f, &t, "true");
		probe_wait(f, &p->down, &p->ended);
		assert_true(p->down);
		assert_int_equal(p->err.kind, OUTCOME_UNREACHABLE);
		if (!strstr(p->err.text, "web-1: key exchange: nothing in common for ") ||
		    !strstr(p->err.text, cases[i].offered))
			fail_msg("%s", p->err.text);
		probe_close(p);
		sshd_stop(weak);
	}
}

static int
set_up(void **state)
{
	struct remote_config c = { .kex_timeout_ms = 120000, .auth_timeout_ms = 120000 };

	(void)state;
	f = probe_set_up(sshd_start("RekeyLimit 1M"), &c);
	return 0;
}

static int
tear_down(void **state)
{
	struct sshd *sshd = f->sshd;

	(void)state;
	probe_tear_down(f);
	sshd_stop(sshd);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_exit_status_is_exact),
		cmocka_unit_test(every_signal_has_its_name),
		cmocka_unit_test(a_closed_output_is_not_the_end),
		cmocka_unit_test(bytes_of_every_kind_come_whole),
		cmocka_unit_test(a_line_of_a_hundred_megabytes_is_a_line),
		cmocka_unit_test(keys_change_under_way),
		cmocka_unit_test(a_slow_host_is_not_a_dead_one),
		cmocka_unit_test(weak_servers_are_refused_with_what_they_offer),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
