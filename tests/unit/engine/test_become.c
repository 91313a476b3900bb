#include "base/mem.h"
#include "base/str.h"
#include "engine/become.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What a host says on its two outputs, N standing for the nonce: "1text" is standard output, "2text"
 * standard error. */
struct talk {
	struct become b;
	int passwords, opened, over;
	struct buf own[2]; /* the program's */
};

static void
begin(struct talk *t, const char *method, bool terminal)
{
	const struct become_way way = {
		.method = method, .user = "root", .ask = true, .terminal = terminal
	};

	*t = (struct talk){ .passwords = 0 };
	become_init(&t->b, &way);
	buf_init(&t->own[0], 1 << 20);
	buf_init(&t->own[1], 1 << 20);
}

static void
end(struct talk *t)
{
	become_fini(&t->b);
	buf_fini(&t->own[0]);
	buf_fini(&t->own[1]);
}

static void
feed(struct talk *t, int which, const char *p, size_t n)
{
	size_t rest;
	enum become_next next = become_feed(&t->b, which, p, n, &rest);

	assert_true(rest <= n);
	buf_add(&t->own[which], p + (n - rest), rest);
	t->passwords += next == BECOME_PASSWORD;
	t->opened += next == BECOME_OPEN;
	t->over += next == BECOME_OVER;
	if (next == BECOME_PASSWORD)
		become_sent(&t->b);
}

/* Said in pieces of that size; 0: whole. */
static void
say(struct talk *t, const char *what, size_t piece)
{
	autobuf text = BUF_INIT(1 << 20);

	for (const char *c = what + 1; *c; c++) {
		if (*c == 'N')
			buf_adds(&text, t->b.nonce);
		else
			buf_addc(&text, *c);
	}
	if (!piece)
		piece = text.len;
	for (size_t i = 0; i < text.len; i += piece)
		feed(t, *what - '1', text.data + i, text.len - i < piece ? text.len - i : piece);
}

static void
nothing_is_the_programs_until_its_mark(void **state)
{
	struct talk t;

	(void)state;
	for (size_t piece = 0; piece < 9; piece++) {
		begin(&t, "sudo", false);
		say(&t, "1Welcome!\nN go\n\nN here\nnot yet\n", piece);
		say(&t, "2noise\n\nN here\n", piece);
		assert_int_equal(t.opened, 0);
		say(&t, "1\nN go\nhello\nN go\n", piece);
		say(&t, "2\nN go\noops", piece);
		say(&t, "1more", piece);
		assert_int_equal(t.opened, 1);
		assert_int_equal(t.passwords, 0);
		assert_true(str_starts(buf_text(&t.own[0]), "hello\n"));
		assert_true(str_ends(buf_text(&t.own[0]), " go\nmore"));
		assert_string_equal(buf_text(&t.own[1]), "oops");
		end(&t);
	}
}

static void
only_the_prompt_with_the_nonce_gets_the_password_and_once(void **state)
{
	struct talk t;

	(void)state;
	for (size_t piece = 0; piece < 9; piece++) {
		begin(&t, "sudo", false);
		say(&t, "1\nN here\n", piece);
		say(&t,
		    "2[sudo] password for me: \nPassword: 00 asks:\n\nN here\nlecture: ", piece);
		say(&t, "2Mot de passe: ", piece);
		assert_int_equal(t.passwords, 0);
		say(&t, "2N asks:", piece);
		assert_int_equal(t.passwords, 1);
		say(&t, "2\nSorry, try again.\nN asks:", piece);
		assert_int_equal(t.passwords, 1);
		assert_int_equal(t.over, 1);
		end(&t);
	}
}

/* Every text that lacks the nonce, as rc files and hostile programs write it, opens and asks nothing. */
static void
imitations_are_only_output(void **state)
{
	static const char *const noise[] = { "\nhere\n", "\n go\n",
		" asks:", "\n00112233445566778899aabbccddeeff here\n",
		"\n00112233445566778899aabbccddeeff go\n",
		"00112233445566778899aabbccddeeff asks:", "[sudo] password for root: ",
		"Password: ", "doas (a@b) password: ", "Sorry, try again.\n" };
	static const char *const methods[] = { "sudo", "doas", "su", "run0" };
	struct talk t;

	(void)state;
	for (size_t m = 0; m < countof(methods); m++) {
		for (size_t i = 0; i < countof(noise) * countof(noise); i++) {
			begin(&t, methods[m], false);
			for (int which = 0; which < 2; which++) {
				const char *a = noise[i / countof(noise)];
				const char *b = noise[i % countof(noise)];

				feed(&t, which, a, strlen(a));
				feed(&t, which, b, strlen(b));
			}
			assert_int_equal(t.passwords + t.opened + t.over, 0);
			assert_int_equal(t.own[0].len + t.own[1].len, 0);
			end(&t);
		}
	}
}

static void
a_flood_before_the_mark_is_not_kept(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, "sudo", false);
	for (int i = 0; i < 4000; i++)
		feed(&t, 0, "y\ny\ny\ny\ny\ny\ny\ny\ny\ny\n", 20);
	assert_true(t.b.said[0].len < 16384);
	say(&t, "1\nN here\n\nN go\nok", 0);
	assert_string_equal(buf_text(&t.own[0]), "ok");
	end(&t);
}

static void
doas_and_su_ask_in_their_own_words(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, "doas", true);
	say(&t, "1\rdoas (me@host) password: \n\nN here\n", 0);
	assert_int_equal(t.passwords, 0);
	say(&t, "1\rdoas (me@host) passw", 0);
	say(&t, "1ord: ", 0);
	assert_int_equal(t.passwords, 1);
	say(&t, "1\r\n\nN go\n", 0);
	assert_int_equal(t.opened, 1);
	end(&t);
	begin(&t, "su", false);
	say(&t, "1\nN here\n", 0);
	say(&t, "2\nN here\nPassword: ", 0);
	assert_int_equal(t.passwords, 1);
	end(&t);
	begin(&t, "su", false);
	say(&t, "1\nN here\n", 0);
	say(&t, "2\nN here\nPassword: is what it asks\n", 0);
	assert_int_equal(t.passwords, 0);
	end(&t);
}

struct verdict {
	const char *method, *said;
	bool prompt;
	int64_t late_ms;
	const char *reason;
	bool again;
};

static void
what_stands_in_the_way_is_named(void **state)
{
	static const struct verdict cases[] = {
		{ "sudo", "sudo: a password is required\n", false, 0,
		    "sudo asks for a password and none was given: use -K, or "
		    "--become-password-file",
		    false },
		{ "sudo", "sudo: sorry, you must have a tty to run sudo\n", false, 0,
		    "sudo wants a terminal", true },
		{ "sudo", "me is not in the sudoers file.  This incident will be reported.\n", true,
		    0, "sudo does not let this login run a shell as root", false },
		{ "sudo", "Sorry, user me may not run sudo on host.\n", true, 0,
		    "sudo does not let this login run a shell as root", false },
		{ "sudo",
		    "sudo: Account or password is expired, reset your password and try again\n",
		    true, 0, "sudo: the password has expired: change it by hand first", false },
		{ "sudo",
		    "sudo: account validation failure, is your account locked?\n"
		    "sudo: a password is required\n",
		    true, 0, "sudo: the account is locked or has expired", false },
		{ "sudo", "sudo: unknown user: root\n", false, 0,
		    "there is no user root on the host", false },
		{ "sudo", "sudo: effective uid is not 0, is sudo installed setuid root?\n", false,
		    0, "sudo cannot work on this host", false },
		{ "sudo", "Touch the key: ", false, 10000,
		    "sudo asks for something that drover has no answer to: Touch the key:", false },
		{ "sudo", "", false, 10000, "sudo did not answer for 10 s", false },
		{ "sudo", "Es geht \033[31mnicht\n", false, 0,
		    "sudo ran nothing: Es geht ^[[31mnicht", false },
		{ "doas", "doas: Authorization required\n", false, 0,
		    "doas asks for a password and none was given: use -K, or "
		    "--become-password-file",
		    true },
		{ "doas", "doas: Operation not permitted\n", false, 0,
		    "doas does not let this login run a shell as root", false },
		{ "su", "su: Authentication failure\n", false, 0,
		    "su says that the password is wrong; it was tried once", false },
		{ "run0",
		    "Failed to start transient service unit: Interactive authentication "
		    "required.\n",
		    false, 0,
		    "run0 wants to ask a person: only what polkit allows without one can be used",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const struct verdict *c = &cases[i];
		struct talk t;
		struct err err;

		begin(&t, c->method, false);
		say(&t, "1\nN here\n", 0);
		say(&t, "2\nN here\n", 0);
		if (c->prompt)
			say(&t, "2N asks:", 0);
		feed(&t, 1, c->said, strlen(c->said));
		assert_int_equal(become_judge(&t.b, c->late_ms, &err), c->again);
		assert_string_equal(err.text, c->reason);
		assert_int_equal(err.kind, OUTCOME_REFUSED);
		end(&t);
	}
}

static void
no_method_and_no_helper_are_told_apart(void **state)
{
	struct talk t;
	struct err err;

	(void)state;
	begin(&t, "doas", false);
	say(&t, "1\nN here\n\nN absent\n", 0);
	assert_false(become_judge(&t.b, 0, &err));
	assert_string_equal(err.text, "there is no doas on the host");
	end(&t);
	begin(&t, "doas", false);
	say(&t, "1This account is currently not available.\n", 0);
	assert_false(become_judge(&t.b, 0, &err));
	assert_int_equal(err.kind, OUTCOME_FAILED);
	assert_string_equal(
	    err.text, "host ran no helper (got: This account is currently not available.)");
	end(&t);
}

static void
a_second_factor_is_told_from_a_wrong_password(void **state)
{
	struct talk t;
	struct err err;

	(void)state;
	begin(&t, "sudo", false);
	say(&t, "1\nN here\n", 0);
	say(&t, "2\nN here\nN asks:", 0);
	say(&t, "2N asks:", 0);
	assert_int_equal(t.over, 1);
	become_judge(&t.b, 0, &err);
	assert_string_equal(
	    err.text, "sudo asks again: the password is wrong, or it is not all that is wanted");
	assert_true(become_is_wrong(&t.b));
	end(&t);
}

/* The line itself: what it says on the way, in every shell; the program runs when it is let in. */
static void
the_line_waits_for_the_program(void **state)
{
	(void)state;
	for (int go = 0; go < 2; go++) {
		struct talk t;
		char piece[4096];
		size_t n;

		begin(&t, "sudo", false);
		t.b.way.own = true; /* this test may be root, then sudo is not asked */
		autofree char *line = become_line(&t.b);
		autobuf command = BUF_INIT(1 << 20);
		setenv("LINE", line, 1);
		buf_addf(&command, "%s | PATH=/nowhere:$PATH fish -c \"$LINE\" 2>/dev/null",
		    go ? "printf 'echo it ran as \\\\044USER; cat\\nits input'" : "true");
		FILE *f = popen(buf_text(&command), "r");
		assert_non_null(f);
		while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
			feed(&t, 0, piece, n);
		pclose(f);
		if (geteuid() == 0) {
			assert_int_equal(t.opened, 1);
			assert_int_equal(strstr(buf_text(&t.own[0]), "its input") != NULL, go);
			assert_int_equal(strstr(buf_text(&t.own[0]), "it ran as") != NULL, go);
		}
		end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_programs_until_its_mark),
		cmocka_unit_test(only_the_prompt_with_the_nonce_gets_the_password_and_once),
		cmocka_unit_test(imitations_are_only_output),
		cmocka_unit_test(a_flood_before_the_mark_is_not_kept),
		cmocka_unit_test(doas_and_su_ask_in_their_own_words),
		cmocka_unit_test(what_stands_in_the_way_is_named),
		cmocka_unit_test(no_method_and_no_helper_are_told_apart),
		cmocka_unit_test(a_second_factor_is_told_from_a_wrong_password),
		cmocka_unit_test(the_line_waits_for_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
