/* Keys, palette and menus of the real program, over hosts that refuse connections. */
#include "base/err.h"
#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "ledger/ledger.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
write_conf(const struct seat *p, const char *text)
{
	autofree char *dir = xasprintf("%s/drover", p->dir);
	autofree char *path = xasprintf("%s/keys.conf", dir);
	struct err err;

	assert_int_equal(file_mkdirs(dir, &err), 0);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
}

static struct screen *
start(const struct seat *p, const char *const *more)
{
	return seat_console(p, "127.0.0.1:1,root@127.0.0.2:1", more, 30, 100);
}

static void
leave(struct screen *s, struct seat *p)
{
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_only_allowed(s));
	screen_free(s);
	seat_down(p);
}

static void
a_clash_in_keys_conf_keeps_the_console_shut(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	write_conf(&p, "fleet fold = x\n* refresh = x\n");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "keys.conf:2:1: x is 'refresh' and 'fold' on fleet");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 3 << 8);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	write_conf(&p, "* refesh = x\n");
	s = start(&p, (const char *[]){ "keys", NULL });
	seat_shows(s, "did you mean 'refresh'?");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 3 << 8);
	screen_free(s);
	seat_down(&p);
}

static void
another_key_does_it_and_the_old_one_does_not(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	write_conf(&p, "* help = K\n* down = ctrl-e\n");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	seat_shows(s, "K help");
	screen_type(s, "?");
	seat_shows(s, "? means nothing here; K helps");
	screen_type(s, "K");
	seat_shows(s, "Help: Fleet");
	screen_type(s, "\033");
	leave(s, &p);
}

static void
write_playbook(const struct seat *p)
{
	static const char text[] = "name: look\nhosts: \"@all\"\ntasks:\n  - run: \"true\"\n";
	autofree char *path = xasprintf("%s/play.yaml", p->dir);
	struct err err;

	assert_int_equal(file_replace(path, text, sizeof(text) - 1, 0600, &err), 0);
}

static void
vims_h_and_l_move_the_text_that_is_read_and_go_in_and_out_of_lists(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	write_conf(&p, "preset = vim\n");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, "!true\ry");
	seat_shows(s, "[6 Run]");
	seat_shows(s, "r-1: 1 ");
	screen_type(s, "l");
	seat_shows(s, "(Esc = back");
	seat_shows(s, "\n $ true\n");
	screen_type(s, "l");
	seat_gone(s, "$ true");
	screen_type(s, "h");
	seat_shows(s, "\n $ true\n");
	screen_type(s, "\033h");
	seat_shows(s, "[1 Fleet]");
	/* A list whose text is beside it: h goes out of it too. */
	write_playbook(&p);
	autofree char *plan = xasprintf(":plan %s/play.yaml\r", p.dir);
	screen_type(s, plan);
	seat_shows(s, "[5 Plan]");
	screen_type(s, "h");
	seat_shows(s, "[1 Fleet]");
	/* Where there is no list, as everywhere. */
	screen_type(s, ":nodes --expand web[1-3]\r");
	seat_shows(s, "\n web1 web2 web3\n");
	screen_type(s, "l");
	seat_gone(s, "web1 web2");
	screen_type(s, "h");
	seat_shows(s, "\n web1 web2 web3\n");
	leave(s, &p);
}

static void
a_verb_runs_from_the_palette_into_a_text(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, ":nod\t--co\tweb[1-70]\r");
	seat_shows(s, "drover nodes --count 'web[1-70]'");
	seat_shows(s, "exit 0");
	seat_shows(s, "\n 70\n");
	/* What changes hosts is asked for, and Enter is no. */
	screen_type(s, ":run 127.0.0.1 -- true\r");
	seat_shows(s, "Run a command of drover");
	seat_shows(s, "drover run 127.0.0.1 -- true");
	screen_type(s, "\r");
	seat_gone(s, "Run a command of drover");
	screen_type(s, ":run 127.0.0.1 -- true\ry");
	seat_shows(s, "r-1: 1 ");
	/* The line before comes back. */
	screen_type(s, ":\033[A");
	seat_shows(s, ":run 127.0.0.1 -- true");
	screen_type(s, "\003");
	seat_gone(s, ":run 127");
	/* Hosts that nobody knows yet want a word; a playbook is planned before it is applied. */
	screen_type(s, ":undo r-1\r");
	seat_shows(s, "type yes to go on");
	screen_type(s, "\003");
	seat_gone(s, "type yes to go on");
	screen_type(s, ":apply /nonexistent/site.yaml\r");
	seat_shows(s, "/nonexistent/site.yaml:");
	leave(s, &p);
}

/* A pager that takes longer than anything the reader of keys waits for. */
static void
what_is_typed_ahead_of_a_pager_does_not_come_back_as_keys(void **state)
{
	static const char pager[] = "#!/bin/sh\nsleep 2\necho a pager\nread -r x\n";
	struct seat p;
	struct err err;

	(void)state;
	seat_up(&p, "xterm-256color");
	autofree char *path = xasprintf("%s/pager", p.dir);
	autofree char *where = xasprintf("DROVER_PAGER=%s", path);
	assert_int_equal(file_replace(path, pager, sizeof(pager) - 1, 0700, &err), 0);
	p.envp[6] = where;
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, "!");
	seat_shows(s, "Command for 1 host");
	screen_type(s, "true\r");
	seat_shows(s, "Cancel");
	screen_type(s, "y");
	seat_shows(s, "1/1 hosts");
	screen_type(s, "\re88");
	seat_shows(s, "a pager");
	screen_type(s, "\r");
	seat_shows(s, "[6 Run]");
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	seat_down(&p);
}

/* An apply that changed the pet, as the ledger has it. */
static void
record_apply(const struct seat *p)
{
	static const char *const hosts[] = { "127.0.0.1" };
	autofree char *dir = xasprintf("%s/drover", p->dir);
	autofree char *path = xasprintf("%s/ledger.db", dir);
	autoevent start = { .count = 0 }, end = { .count = 0 };
	struct err err;

	assert_int_equal(file_mkdirs(dir, &err), 0);
	struct ledger *l = ledger_open(NULL, path, false, &err);
	assert_non_null(l);
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "apply");
	event_set_text(&start, FIELD_FLEET, "adhoc");
	event_set_text(&start, FIELD_PLAYBOOK, "site.yaml");
	event_set_list(&start, FIELD_HOSTS, hosts, 1);
	struct ledger_run *r = ledger_run_begin(l, &start, &err);
	assert_non_null(r);
	event_init(&end, EVENT_ACT_SENT);
	event_set_text(&end, FIELD_HOST, hosts[0]);
	ledger_append(r, &end);
	event_fini(&end);
	event_init(&end, EVENT_HOST_END);
	event_set_text(&end, FIELD_HOST, hosts[0]);
	event_set_text(&end, FIELD_STATE, "changed");
	ledger_append(r, &end);
	event_fini(&end);
	event_init(&end, EVENT_RUN_END);
	event_set_text(&end, FIELD_STATE, "changed");
	event_set_int(&end, FIELD_CHANGED, 1);
	ledger_append(r, &end);
	ledger_run_end(r);
	ledger_close(l);
}

static void
the_undo_of_a_run_on_a_pet_wants_its_name_and_passes_it_on(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	record_apply(&p);
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, "8");
	seat_shows(s, "r-1: what changed");
	screen_type(s, "u");
	seat_shows(s, "On 127.0.0.1 (1 host, 1 pet) this runs:");
	seat_shows(s, "drover undo --pet 127.0.0.1 r-1");
	seat_shows(s, "type 127.0.0.1 to go on");
	screen_type(s, "yes\r\003");
	seat_gone(s, "to go on");
	screen_type(s, "u");
	seat_shows(s, "type 127.0.0.1 to go on");
	screen_type(s, "127.0.0.1\r");
	/* Not held: a run of its own, which does not reach the host. */
	seat_shows(s, "r-2: 1 ");
	/* Who names the pet in the line has named it; a dry run changes none. */
	screen_type(s, ":undo --pet 127.0.0.1 r-1\r");
	seat_shows(s, "y Yes");
	screen_type(s, "\003:undo -n last\r");
	seat_shows(s, "drover undo -n last");
	seat_shows(s, "y Yes");
	screen_type(s, "\003:undo last 127.0.0.[1-2]\r");
	seat_shows(s, "type 127.0.0.1,127.0.0.2 to go on");
	screen_type(s, "\003");
	seat_gone(s, "to go on");
	seat_shows(s, "that was no yes: nothing was done");
	leave(s, &p);
}

static void
the_digit_of_host_goes_back_to_the_host_that_was_looked_at(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, ":host 127.0.0.2\r");
	seat_shows(s, "127.0.0.2 >");
	screen_type(s, "8");
	seat_shows(s, "[8 History]");
	screen_type(s, "2");
	seat_shows(s, "[2 Host]");
	seat_shows(s, "127.0.0.2 >");
	leave(s, &p);
}

static void
the_palette_opens_screens_marks_sets_and_leaves(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, ":host 127.0.0.2\r");
	seat_shows(s, "[2 Host]");
	seat_shows(s, "127.0.0.2 >");
	screen_type(s, "`");
	seat_shows(s, "[1 Fleet]");
	screen_type(s, ":127.0.0.[1-2]\r");
	seat_shows(s, "2 hosts marked");
	screen_type(s, ":no-such-thing\r");
	seat_shows(s, "no verb, screen or action");
	screen_type(s, ":messages\r");
	seat_shows(s, "2 hosts marked");
	seat_shows(s, "Messages");
	screen_type(s, ":q\r");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	screen_free(s);
	seat_down(&p);
}

static void
a_name_is_copied_through_the_terminal(void **state)
{
	struct seat p;
	size_t n;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = start(&p, NULL);
	seat_shows(s, "2 unreach");
	screen_type(s, "y");
	seat_shows(s, "Copy");
	screen_type(s, "1");
	seat_shows(s, "copied: 9 bytes");
	const char *bytes = screen_bytes(s, &n);
	/* 127.0.0.1 or 127.0.0.2 */
	assert_non_null(memmem(bytes, n, "\033]52;c;MTI3LjAuMC4", 18));
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	screen_free(s);
	seat_down(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clash_in_keys_conf_keeps_the_console_shut),
		cmocka_unit_test(another_key_does_it_and_the_old_one_does_not),
		cmocka_unit_test(
		    vims_h_and_l_move_the_text_that_is_read_and_go_in_and_out_of_lists),
		cmocka_unit_test(a_verb_runs_from_the_palette_into_a_text),
		cmocka_unit_test(the_undo_of_a_run_on_a_pet_wants_its_name_and_passes_it_on),
		cmocka_unit_test(the_digit_of_host_goes_back_to_the_host_that_was_looked_at),
		cmocka_unit_test(what_is_typed_ahead_of_a_pager_does_not_come_back_as_keys),
		cmocka_unit_test(the_palette_opens_screens_marks_sets_and_leaves),
		cmocka_unit_test(a_name_is_copied_through_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
