/* What ssh(1) prints, and what a master of it answers: as texts and bytes, without one. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/mux.h"
#include "remote/porter.h"
#include "remote/sshlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
feed(struct sshlog *l, const char *const *lines)
{
	sshlog_init(l);
	for (; *lines; lines++)
		sshlog_line(l, *lines);
}

static void
expect(const char *const *lines, enum sshlog_phase phase, enum outcome kind, const char *where,
    const char *text)
{
	struct sshlog l;
	struct err err;

	feed(&l, lines);
	sshlog_explain(&l, "anna", &err);
	assert_int_equal(l.phase, phase);
	assert_string_equal(err.phase, where);
	assert_string_equal(err.text, text);
	assert_int_equal(err.kind, kind);
}

static void
each_way_to_fail_has_its_words(void **state)
{
	static const char *const unknown[] = { "debug1: Remote protocol version 2.0, x",
		"debug1: Server host key: ssh-ed25519 SHA256:abc",
		"No ED25519 host key is known for [127.0.0.1]:1 and you have requested strict "
		"checking.\r",
		"Host key verification failed.\r", NULL };
	static const char *const changed[] = { "debug1: Remote protocol version 2.0, x",
		"debug1: Server host key: ssh-ed25519 SHA256:abc",
		"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
		"Host key verification failed.", NULL };
	static const char *const expired[] = { "debug1: Remote protocol version 2.0, x",
		"debug1: Server host certificate: ecdsa-sha2-nistp256-cert-v01@openssh.com "
		"SHA256:abc, serial 0 ID \"host\" CA ssh-ed25519 SHA256:def valid x",
		"Certificate invalid: expired", "No ECDSA host key is known",
		"Host key verification failed.", NULL };
	static const char *const denied[] = { "debug1: Remote protocol version 2.0, x",
		"debug1: Server host key: ssh-ed25519 SHA256:abc",
		"debug1: SSH2_MSG_NEWKEYS received",
		"debug1: Authentications that can continue: publickey,password",
		"anna@h: Permission denied (publickey,password).", NULL };
	static const char *const kex[] = { "debug1: Remote protocol version 2.0, x",
		"Unable to negotiate with UNKNOWN port 65535: no matching key exchange method "
		"found. "
		"Their offer: x",
		NULL };
	static const char *const option[] = { "command-line: line 0: Bad configuration option: x",
		NULL };
	static const char *const nothing[] = { NULL };
	static const char *const away[] = {
		"debug1: kex_exchange_identification: banner line 0: Not allowed at this time",
		"kex_exchange_identification: Connection closed by remote host",
		"Connection closed by UNKNOWN port 65535", NULL
	};
	static const char *const greeted[] = {
		"debug1: kex_exchange_identification: banner line 0: hello",
		"debug1: Remote protocol version 2.0, x", "Connection closed by UNKNOWN port 65535",
		NULL
	};
	static const char *const lost[] = { "Authenticated to h (via proxy) using \"publickey\".",
		"client_loop: send disconnect: Broken pipe", NULL };

	(void)state;
	expect(unknown, SSHLOG_KEY, OUTCOME_REFUSED, "host key",
	    "host key is not known: ssh-ed25519 SHA256:abc");
	expect(changed, SSHLOG_KEY, OUTCOME_REFUSED, "host key",
	    "host key CHANGED: it is none of those that are known: ssh-ed25519 SHA256:abc");
	expect(expired, SSHLOG_KEY, OUTCOME_REFUSED, "host key",
	    "host certificate is refused: expired (ecdsa-sha2-nistp256-cert-v01@openssh.com "
	    "SHA256:abc)");
	expect(denied, SSHLOG_AUTH, OUTCOME_UNREACHABLE, "login",
	    "anna is refused; the server takes: publickey,password");
	expect(kex, SSHLOG_KEX, OUTCOME_UNREACHABLE, "key exchange",
	    "ssh: no matching key exchange method found. Their offer: x");
	expect(option, SSHLOG_START, OUTCOME_INPUT, "configuration",
	    "ssh: command-line: line 0: Bad configuration option: x");
	expect(nothing, SSHLOG_START, OUTCOME_UNREACHABLE, "key exchange",
	    "ssh: it ended and said nothing");
	expect(away, SSHLOG_START, OUTCOME_UNREACHABLE, "key exchange",
	    "ssh: Connection closed by UNKNOWN port 65535; it says: Not allowed at this time "
	    "(OpenSSH's MaxStartups or PerSourcePenalties: too many logins at once, or of late too "
	    "many from this address that came to nothing)");
	expect(greeted, SSHLOG_KEX, OUTCOME_UNREACHABLE, "key exchange",
	    "ssh: Connection closed by UNKNOWN port 65535");
	expect(lost, SSHLOG_UP, OUTCOME_UNREACHABLE, "session",
	    "ssh: client_loop: send disconnect: Broken pipe");
}

static void
what_a_server_says_is_cleaned_and_decides_nothing(void **state)
{
	static const char *const lines[] = { "debug1: SSH2_MSG_NEWKEYS received",
		"Host key verification failed.", "\x1b[2Jboo\r", NULL };
	struct sshlog l;
	struct err err;

	(void)state;
	feed(&l, lines);
	sshlog_explain(&l, "anna", &err);
	assert_int_equal(err.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(err.text, "ssh: ?[2Jboo");
}

static const uint8_t opened[] = { 0, 0, 0, 12, 0x80, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 2 };
static const uint8_t stands[] = { 0, 0, 0, 8, 0x80, 0, 0, 1, 0, 0, 0, 0 };
static const uint8_t ended[] = { 0, 0, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 42 };
static const uint8_t port[] = { 0, 0, 0, 12, 0x80, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0x1f, 0x90 };
static const uint8_t refused[] = { 0, 0, 0, 15, 0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 'n', 27,
	'o' };

static void
replies_are_read_whole_or_not_at_all(void **state)
{
	struct mux_reply r;

	(void)state;
	for (size_t n = 0; n < sizeof(opened); n++)
		assert_int_equal(mux_read(opened, n, &r), 0);
	assert_int_equal(mux_read(opened, sizeof(opened), &r), sizeof(opened));
	assert_int_equal(r.word, MUX_OPENED);
	assert_int_equal(mux_read(stands, sizeof(stands), &r), sizeof(stands));
	assert_int_equal(r.word, MUX_DONE);
	assert_int_equal(mux_read(ended, sizeof(ended), &r), sizeof(ended));
	assert_int_equal(r.word, MUX_EXIT);
	assert_int_equal(r.status, 42);
	assert_int_equal(mux_read(port, sizeof(port), &r), sizeof(port));
	assert_int_equal(r.word, MUX_PORT);
	assert_int_equal(r.status, 8080);
	assert_int_equal(mux_read(refused, sizeof(refused), &r), sizeof(refused));
	assert_int_equal(r.word, MUX_REFUSED);
	assert_string_equal(r.text, "n?o");
}

static void
a_port_there_is_asked_for_in_openssh_s_words(void **state)
{
	static const uint8_t words[] = { 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4, /* hello */
		0, 0, 0, 32, 0x10, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, '*', 0, 0, 0x1f,
		0x90, 0, 0, 0, 3, 'a', '.', 'b', 0, 0, 0, 80 };
	autobuf to = BUF_INIT(1000);

	(void)state;
	mux_ask_listen(&to, "*", 8080, "a.b", 80);
	assert_int_equal(to.len, sizeof(words));
	assert_memory_equal(to.data, words, sizeof(words));
	buf_clear(&to);
	mux_ask_listen(&to, NULL, 8080, "a.b", 80);
	assert_int_equal(to.len, sizeof(words) - 1);
}

static void
replies_that_cannot_be_are_none(void **state)
{
	static const uint8_t tiny[] = { 0, 0, 0, 4, 0, 0, 0, 1 };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1 };
	static const uint8_t old[] = { 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 3 };
	static const uint8_t cut[] = { 0, 0, 0, 8, 0x80, 0, 0, 4, 0, 0, 0, 2 };
	static const uint8_t lying[] = { 0, 0, 0, 13, 0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 99, 'x' };
	struct mux_reply r;

	(void)state;
	assert_int_equal(mux_read(tiny, sizeof(tiny), &r), -1);
	assert_int_equal(mux_read(huge, sizeof(huge), &r), -1);
	assert_int_equal(mux_read(old, sizeof(old), &r), -1);
	assert_int_equal(mux_read(cut, sizeof(cut), &r), -1);
	assert_int_equal(mux_read(lying, sizeof(lying), &r), sizeof(lying));
	assert_string_equal(r.text, "x");
}

static void
a_session_is_asked_for_without_any_forwarding(void **state)
{
	static const uint8_t wanted[] = { 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4, /* hello, version 4 */
		0, 0, 0, 49, 0x10, 0, 0, 2, 0, 0, 0, 0,                       /* new session */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* reserved, no terminal, no X11 */
		0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, /* no agent, no subsystem, no escape */
		0, 0, 0, 0, 0, 0, 0, 2, 'l', 's', 0, 0, 0, 3, 'A', '=', 'b' };
	struct porter_order o = { .command = "ls", .env = "A=b", .env_len = 4 };
	autobuf to = BUF_INIT(4096);

	(void)state;
	mux_ask(&to, &o);
	assert_int_equal(to.len, sizeof(wanted));
	assert_memory_equal(to.data, wanted, sizeof(wanted));
}

static void
a_shell_on_a_terminal_is_asked_for_by_no_command(void **state)
{
	static const uint8_t wanted[] = { 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4, /* hello, version 4 */
		0, 0, 0, 45, 0x10, 0, 0, 2, 0, 0, 0, 0,                       /* new session */
		0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, /* reserved, a terminal, no X11 */
		0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, /* no agent, no subsystem, no escape */
		0, 0, 0, 5, 'x', 't', 'e', 'r', 'm', 0, 0, 0, 0 };
	struct porter_order o = { .command = "", .terminal = "xterm" };
	autobuf to = BUF_INIT(4096);

	(void)state;
	mux_ask(&to, &o);
	assert_int_equal(to.len, sizeof(wanted));
	assert_memory_equal(to.data, wanted, sizeof(wanted));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_fail_has_its_words),
		cmocka_unit_test(what_a_server_says_is_cleaned_and_decides_nothing),
		cmocka_unit_test(replies_are_read_whole_or_not_at_all),
		cmocka_unit_test(replies_that_cannot_be_are_none),
		cmocka_unit_test(a_port_there_is_asked_for_in_openssh_s_words),
		cmocka_unit_test(a_session_is_asked_for_without_any_forwarding),
		cmocka_unit_test(a_shell_on_a_terminal_is_asked_for_by_no_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
