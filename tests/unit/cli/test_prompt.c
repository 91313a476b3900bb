#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/prompt_complete.h"
#include "cli/prompt_line.h"
#include "cli/prompt_place.h"
#include "cli/recall.h"
#include "inventory/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* "command @db +web1: uptime" */
static void
reads_as(const char *line, const char *expected)
{
	static const char *const kinds[] = { "nothing", "command", "place", "hosts", "who", "fold",
		"local", "leave" };
	autobuf seen = BUF_INIT(4096);
	struct prompt_line l;
	const char *wrong = prompt_line_read(line, &l);

	if (wrong) {
		assert_string_equal("wrong", expected);
		assert_null(l.command);
		assert_int_equal(l.count, 0);
		return;
	}
	buf_adds(&seen, kinds[l.kind]);
	for (size_t i = 0; i < l.count; i++)
		buf_addf(&seen, " %c%s", l.prefix[i].change, l.prefix[i].set);
	if (l.command)
		buf_addf(&seen, ": %s", l.command);
	assert_string_equal(buf_text(&seen), expected);
	prompt_line_fini(&l);
}

static void
a_line_is_a_command_unless_it_begins_otherwise(void **state)
{
	(void)state;
	reads_as("", "nothing");
	reads_as(" \t\r", "nothing");
	reads_as("uptime", "command: uptime");
	reads_as("  df -h /  ", "command: df -h /");
	reads_as("test -e /x && echo @web", "command: test -e /x && echo @web");
	reads_as("?", "who");
	reads_as("=", "fold");
	reads_as("!date -u", "local: date -u");
	reads_as("! ls", "local: ls");
	reads_as("quit", "leave");
	reads_as(" exit ", "leave");
	reads_as("exit 3", "command: exit 3");
	reads_as("?x", "command: ?x");
}

static void
sets_before_it_change_its_hosts(void **state)
{
	(void)state;
	reads_as("@db", "hosts @db");
	reads_as("@@db!db3 uptime", "command @@db!db3: uptime");
	reads_as("@web[1-3],db1 -web2  +nas df -h", "command @web[1-3],db1 -web2 +nas: df -h");
	reads_as("-web2", "hosts -web2");
	reads_as("@os=debian* cd /srv", "place @os=debian*: /srv");
	reads_as("@", "wrong");
	reads_as("- uptime", "wrong");
	reads_as("+a +b +c +d +e +f +g +h", "hosts +a +b +c +d +e +f +g +h");
	reads_as("+a +b +c +d +e +f +g +h +i", "wrong");
}

static void
a_cd_alone_is_remembered_and_no_other(void **state)
{
	(void)state;
	reads_as("cd", "place: ");
	reads_as("cd /srv/app", "place: /srv/app");
	reads_as("cd  ..", "place: ..");
	reads_as("cd -", "place: -");
	reads_as("cd ~ana/x", "place: ~ana/x");
	reads_as("cd \"/srv/a b\"", "place: \"/srv/a b\"");
	reads_as("cd /srv/a\\ b", "place: /srv/a\\ b");
	reads_as("cd $HOME/x", "place: $HOME/x");
	reads_as("cd /srv; ls", "command: cd /srv; ls");
	reads_as("cd /srv && ls", "command: cd /srv && ls");
	reads_as("cd /srv&&ls", "command: cd /srv&&ls");
	reads_as("cd `evil`", "command: cd `evil`");
	reads_as("cd $(evil)", "command: cd $(evil)");
	reads_as("cd 'open", "command: cd 'open");
	reads_as("cd >/tmp/x", "command: cd >/tmp/x");
	reads_as("cdrecord x", "command: cdrecord x");
}

/* Each word is gone to; before and shown as given. */
static void
leads_to(const char *const *words, const char *before, const char *shown)
{
	struct prompt_place at = { .count = 0 };
	autobuf a = BUF_INIT(4096), b = BUF_INIT(4096);

	for (; *words; words++) {
		struct prompt_place next;

		assert_true(prompt_place_go(&at, *words, &next));
		prompt_place_fini(&at);
		at = next;
	}
	prompt_place_before(&at, &a);
	prompt_place_show(&at, &b);
	assert_string_equal(buf_text(&a), before);
	assert_string_equal(buf_text(&b), shown);
	prompt_place_fini(&at);
}

#define WORDS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void
a_place_is_the_words_that_were_typed(void **state)
{
	(void)state;
	leads_to(WORDS("/srv"), "cd /srv >/dev/null || exit 1; ", "/srv");
	leads_to(WORDS("/srv", "app", ".."),
	    "cd /srv >/dev/null && cd app >/dev/null && cd .. >/dev/null || exit 1; ",
	    "/srv/app/..");
	leads_to(WORDS("x", "/srv/"), "cd /srv/ >/dev/null || exit 1; ", "/srv/");
	leads_to(
	    WORDS("/srv/", "a"), "cd /srv/ >/dev/null && cd a >/dev/null || exit 1; ", "/srv/a");
	leads_to(WORDS("/srv", ""), "", "");
	leads_to(WORDS("/srv", "~"), "", "");
	leads_to(WORDS("x", "~ana"), "cd ~ana >/dev/null || exit 1; ", "~ana");
}

static void
steps_that_go_on_for_ever_are_refused(void **state)
{
	struct prompt_place at = { .count = 0 }, next;

	(void)state;
	for (int i = 0; i < PROMPT_STEPS; i++) {
		assert_true(prompt_place_go(&at, "..", &next));
		prompt_place_fini(&at);
		at = next;
	}
	assert_false(prompt_place_go(&at, "..", &next));
	assert_true(prompt_place_go(&at, "/", &next));
	assert_int_equal(next.count, 1);
	prompt_place_fini(&next);
	prompt_place_fini(&at);
}

/* "rest" or "rest|choices" */
static void
completes_to(const struct inventory *inv, const char *before, const char *expected)
{
	autobuf choices = BUF_INIT(65536), seen = BUF_INIT(65536);
	autofree char *rest = prompt_complete(inv, before, &choices);

	buf_adds(&seen, rest ? rest : "");
	if (choices.len)
		buf_addf(&seen, "|%s", buf_text(&choices));
	assert_string_equal(buf_text(&seen), expected);
}

static void
tab_goes_on_with_what_all_names_have(void **state)
{
	static const char text[] = "groups:\n  web: {kind: cattle, hosts: \"web[1-3]\"}\n"
				   "  website: {hosts: [nas]}\n  db: {hosts: [database]}\n";
	struct diag diag;
	struct err err;

	(void)state;
	diag_init(&diag);
	struct inventory *inv =
	    inventory_parse("inventory.yaml", text, sizeof(text) - 1, &diag, &err);
	assert_non_null(inv);
	completes_to(inv, "@d", "|@db\ndatabase\n");
	completes_to(inv, "@da", "tabase");
	completes_to(inv, "@@d", "b");
	completes_to(inv, "+we", "b");
	completes_to(inv, "+web", "|web1\nweb2\nweb3\n");
	completes_to(inv, "@web1,@webs", "ite");
	completes_to(inv, "-web1 +n", "as");
	completes_to(inv, "@nas", "");
	completes_to(inv, "@x", "");
	completes_to(inv, "upt", "");
	completes_to(inv, "@web df -w", "");
	completes_to(inv, "", "");
	inventory_free(inv);
	diag_fini(&diag);
}

static void
count_line(void *user, const char *line)
{
	struct buf *b = user;

	buf_addf(b, "%s|", line);
}

static void
lines_are_kept_from_one_session_to_the_next(void **state)
{
	char dir[] = "/tmp/drover-recall.XXXXXX";
	autobuf seen = BUF_INIT(SIZE_MAX);
	struct stat st;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	autofree char *sub = file_join(dir, "sub");
	autofree char *path = file_join(sub, "lines");
	assert_int_equal(recall_read(path, count_line, &seen, &err), 0);
	assert_int_equal(recall_add(path, "uptime", &err), 0);
	assert_int_equal(recall_add(path, " secret", &err), 0);
	assert_int_equal(recall_add(path, "df -h", &err), 0);
	assert_int_equal(recall_read(path, count_line, &seen, &err), 0);
	assert_string_equal(buf_text(&seen), "uptime|df -h|");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	/* The newest thousand, and the file does not grow for ever. */
	autofree char *padding = xasprintf("%2100d", 1);
	for (int i = 0; i < 1100; i++) {
		autofree char *line = xasprintf("echo %d %s", i, padding);

		assert_int_equal(recall_add(path, line, &err), 0);
	}
	buf_clear(&seen);
	assert_int_equal(recall_read(path, count_line, &seen, &err), 0);
	assert_true(str_starts(buf_text(&seen), "echo 100 "));
	assert_non_null(strstr(buf_text(&seen), "|echo 1099 "));
	assert_int_equal(stat(path, &st), 0);
	assert_true((size_t)st.st_size == seen.len);
	unlink(path);
	rmdir(sub);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_command_unless_it_begins_otherwise),
		cmocka_unit_test(sets_before_it_change_its_hosts),
		cmocka_unit_test(a_cd_alone_is_remembered_and_no_other),
		cmocka_unit_test(a_place_is_the_words_that_were_typed),
		cmocka_unit_test(steps_that_go_on_for_ever_are_refused),
		cmocka_unit_test(tab_goes_on_with_what_all_names_have),
		cmocka_unit_test(lines_are_kept_from_one_session_to_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
