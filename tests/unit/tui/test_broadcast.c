/* Who receives what is typed, what is asked first, and where panes stand. */
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "tui/broadcast.h"
#include "tui/grid.h"
#include "tui/terms_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
pets_need_a_mark_by_hand(void **state)
{
	struct broadcast_pane panes[] = { { .live = true, .focused = true, .seen = true },
		{ .live = true }, { .live = true, .out = true }, { .live = true, .pet = true },
		{ .live = true, .pet = true, .in = true }, { .live = false },
		{ .live = true, .held = true } };
	struct broadcast_count n;

	(void)state;
	broadcast_tally(BROADCAST_ALL, panes, countof(panes), &n);
	assert_int_equal(n.takers, 3);
	assert_int_equal(n.unseen, 2);
	assert_int_equal(n.live, 6);
	assert_int_equal(n.pets, 1);
	broadcast_tally(BROADCAST_MARKED, panes, countof(panes), &n);
	assert_int_equal(n.takers, 1);
	broadcast_tally(BROADCAST_OFF, panes, countof(panes), &n);
	assert_int_equal(n.takers, 1);
	assert_false(broadcast_takes(BROADCAST_ALL, &panes[3]));
	assert_true(broadcast_takes(BROADCAST_ALL, &panes[4]));
	assert_false(broadcast_takes(BROADCAST_ALL, &panes[6]));
}

static void
the_line_is_followed_as_it_is_typed(void **state)
{
	struct broadcast_line l = { .len = 0 };

	(void)state;
	for (const char *p = "rm"; *p; p++)
		broadcast_key(&l, (char[]){ *p, '\0' }, true);
	broadcast_key(&l, "space", true);
	broadcast_key(&l, "数", true);
	broadcast_key(&l, "backspace", false);
	broadcast_key(&l, "-", true);
	broadcast_key(&l, "r", true);
	assert_string_equal(l.text, "rm -r");
	broadcast_key(&l, "ctrl-w", false);
	assert_string_equal(l.text, "rm ");
	broadcast_key(&l, "left", false);
	assert_string_equal(l.text, "rm ");
	broadcast_key(&l, "ctrl-u", false);
	assert_string_equal(l.text, "");
	for (int i = 0; i < 2000; i++)
		broadcast_key(&l, "x", true);
	assert_true(strlen(l.text) < sizeof(l.text));
}

static void
lines_that_destroy_are_asked_about(void **state)
{
	static const char *const asked[] = { "rm -rf /var/tmp/x", "sudo rm -r x", "rm x -f",
		"[root@web1 ~]# reboot", "systemctl stop caddy", "systemctl --user stop a.service",
		"dd if=/dev/zero of=/dev/sda", "echo x > /dev/sda", "mkfs.ext4 /dev/vdb",
		"wipefs -a x", "apt-get -y purge nginx", "podman rm -f site-0",
		"podman system prune", "init 0", "DROP TABLE users;", "find / -name x -delete",
		"kill -9 1", "nft flush ruleset", "chmod -R 777 /", "ls; shutdown -h now",
		"ip link set eth0 down" };
	static const char *const free_lines[] = { "ls -l", "rmdir x", "farm -f",
		"systemctl status x", "cat /etc/fstab.d", "df -h /", "podman ps",
		"apt-get install x", "uptime", "dd if=/dev/sda | wc -c", "format-rm",
		"systemctl restart caddy", "echo rm", "chmod 644 x", "nft list ruleset" };
	struct terms_rules r;
	const char *why;

	(void)state;
	terms_rules_init(&r);
	for (size_t i = 0; i < countof(asked); i++) {
		if (broadcast_judge_line(&r, asked[i], 2, &why) != BROADCAST_DANGER)
			fail_msg("not asked about: %s", asked[i]);
		assert_int_equal(broadcast_judge_line(&r, asked[i], 1, &why), BROADCAST_FREE);
	}
	for (size_t i = 0; i < countof(free_lines); i++) {
		if (broadcast_judge_line(&r, free_lines[i], 50, &why) != BROADCAST_FREE)
			fail_msg("asked about: %s (%s)", free_lines[i], why);
	}
	terms_rules_fini(&r);
}

static enum broadcast_ask
pasted(const struct terms_rules *r, const char *text, size_t takers)
{
	const char *why;

	return broadcast_judge_paste(r, text, strlen(text), takers, &why);
}

static void
pastes_of_lines_or_controls_are_asked_about(void **state)
{
	struct terms_rules r;

	(void)state;
	terms_rules_init(&r);
	assert_int_equal(pasted(&r, "uptime", 5), BROADCAST_FREE);
	assert_int_equal(pasted(&r, "uptime\n", 5), BROADCAST_LINES);
	assert_int_equal(pasted(&r, "a\r\nb", 5), BROADCAST_LINES);
	assert_int_equal(pasted(&r, "a\tb", 5), BROADCAST_FREE);
	assert_int_equal(pasted(&r, "a\033[201~b", 5), BROADCAST_CONTROLS);
	assert_int_equal(pasted(&r, "a\rb", 5), BROADCAST_LINES);
	assert_int_equal(pasted(&r, "a\rb\033", 5), BROADCAST_CONTROLS);
	assert_int_equal(pasted(&r, "a\xc2\x9b", 5), BROADCAST_CONTROLS);
	assert_int_equal(pasted(&r, "a\xff", 5), BROADCAST_CONTROLS);
	assert_int_equal(pasted(&r, "ls\nrm -rf x\n", 5), BROADCAST_DANGER);
	assert_int_equal(pasted(&r, "ls\nrm -rf x\033\n", 1), BROADCAST_FREE);
	autofree char *preview = broadcast_preview("one\ntwo\033[2J\nthree\nfour", 23, 2);
	assert_string_equal(preview, "  one\n  two^[[2J\n  ... and 2 more\n");
	terms_rules_fini(&r);
}

static void
a_carriage_return_ends_a_line_of_a_paste(void **state)
{
	static const char *const ends[] = { "\n", "\r", "\r\n" };
	struct terms_rules r;
	autofree char *empty = broadcast_preview("a\r\r\n\rb", 6, 9);

	(void)state;
	terms_rules_init(&r);
	for (size_t i = 0; i < countof(ends); i++) {
		autobuf text = BUF_INIT(4096);

		for (int k = 0; k < 61; k++)
			buf_addf(&text, "echo %d%s", k, ends[i]);
		assert_int_equal(broadcast_lines(text.data, text.len), 61);
		assert_int_equal(pasted(&r, buf_text(&text), 2), BROADCAST_LINES);
		autofree char *preview = broadcast_preview(text.data, text.len, 2);
		assert_string_equal(preview, "  echo 0\n  echo 1\n  ... and 59 more\n");
		buf_addf(&text, "wipefs%s", ends[i]);
		assert_int_equal(pasted(&r, buf_text(&text), 2), BROADCAST_DANGER);
	}
	assert_int_equal(broadcast_lines("", 0), 0);
	assert_int_equal(broadcast_lines("a\rb", 3), 2);
	assert_int_equal(broadcast_lines("a\n\rb", 4), 3);
	assert_string_equal(empty, "  a\n  \n  \n  b\n");
	/* What looks only at a line's begin or end sees each of them. */
	assert_int_equal(pasted(&r, "ls\rinit 0\rls", 2), BROADCAST_DANGER);
	terms_rules_fini(&r);
}

static void
a_file_says_what_is_asked_about(void **state)
{
	static const char text[] =
	    "# mine\nask = none\nask = ^deploy\nidle = 2m\nstagger = 250ms\n";
	struct terms_rules r;
	struct diag d;

	(void)state;
	terms_rules_init(&r);
	diag_init(&d);
	terms_rules_read(&r, "terms.conf", text, sizeof(text) - 1, &d);
	assert_int_equal(d.errors, 0);
	assert_null(terms_rules_match(&r, "rm -rf x"));
	assert_string_equal(terms_rules_match(&r, "deploy now"), "^deploy");
	assert_int_equal(r.idle_ms, 120000);
	assert_int_equal(r.stagger_ms, 250);
	assert_false(broadcast_is_idle(&r, BROADCAST_ALL, 1000, 120999));
	assert_true(broadcast_is_idle(&r, BROADCAST_ALL, 1000, 121000));
	assert_false(broadcast_is_idle(&r, BROADCAST_OFF, 1000, 999999));
	diag_fini(&d);
	terms_rules_fini(&r);
}

static void
its_mistakes_are_told_with_their_lines(void **state)
{
	static const char text[] = "ask\nask = (\nidel = 1m\nidle = soon\nask =\n";
	static const char *const told[] = {
		("terms.conf:1:1: error: no = in this line; a line is: ask = "
		 "PATTERN, idle = TIME or stagger = TIME"),
		"terms.conf:2:1: error: no extended regular expression: (",
		"terms.conf:3:1: error: no 'idel' here; did you mean 'idle'?",
		"terms.conf:4:1: error: 'soon' is no time up to 24h, such as 10m or 1s",
		"terms.conf:5:1: error: nothing stands behind ="
	};
	struct terms_rules r;
	struct diag d;

	(void)state;
	terms_rules_init(&r);
	diag_init(&d);
	terms_rules_read(&r, "terms.conf", text, sizeof(text) - 1, &d);
	assert_int_equal(d.errors, 5);
	for (int i = 0; i < 5; i++) {
		autofree char *line = diag_line(&d, i);

		if (strncmp(line, told[i], strlen("terms.conf:1:1:")) != 0 ||
		    !strstr(line, strrchr(told[i], ':') + 1))
			fail_msg("%s", line);
	}
	diag_fini(&d);
	terms_rules_fini(&r);
}

static void
macros_are_filled_in(void **state)
{
	const struct broadcast_who who = { .host = "web1", .user = "deploy", .number = 7 };
	autobuf b = BUF_INIT(200);

	(void)state;
	broadcast_expand("%u@%h #%n 100%% %x %", &who, &b);
	assert_string_equal(buf_text(&b), "deploy@web1 #7 100% %x %");
	assert_true(broadcast_names_user("100%% of %u"));
	assert_false(broadcast_names_user("100%%u %h %"));
}

static void
no_pane_is_smaller_than_can_be_worked_in(void **state)
{
	(void)state;
	for (int height = 1; height < 80; height += 3) {
		for (int width = 1; width < 300; width += 7) {
			for (size_t n = 1; n < 60; n += 5) {
				struct grid g;

				grid_make(height, width, n, &g);
				assert_true(g.pages * g.per_page >= n);
				for (size_t i = 0; i < g.per_page; i++) {
					struct grid_box b;

					struct grid_box first;

					grid_place(&g, i, &b);
					grid_place(&g, 0, &first);
					assert_true(b.rows == first.rows && b.cols == first.cols);
					assert_true(
					    b.row >= 1 && b.col >= 0 && b.rows >= 1 && b.cols >= 1);
					assert_true(b.col + b.cols <= width || width < 2);
					assert_true(height < 2 || b.row + b.rows <= height);
					if (g.down > 1)
						assert_true(b.rows >= GRID_LEAST_ROWS);
					if (g.across > 1)
						assert_true(b.cols >= GRID_LEAST_COLS);
				}
			}
		}
	}
}

static void
panes_use_the_room_there_is(void **state)
{
	struct grid g;

	(void)state;
	grid_make(25, 100, 6, &g);
	assert_int_equal(g.across, 2);
	assert_int_equal(g.down, 2);
	assert_int_equal(g.pages, 2);
	grid_make(19, 80, 6, &g);
	assert_int_equal(g.across, 1);
	assert_int_equal(g.down, 2);
	grid_make(10, 60, 6, &g);
	assert_int_equal(g.per_page, 1);
	assert_int_equal(g.pages, 6);
	grid_make(50, 200, 2, &g);
	assert_int_equal(g.across, 2);
	assert_int_equal(g.down, 1);
	grid_make(50, 200, 1, &g);
	assert_int_equal(g.per_page, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pets_need_a_mark_by_hand),
		cmocka_unit_test(the_line_is_followed_as_it_is_typed),
		cmocka_unit_test(lines_that_destroy_are_asked_about),
		cmocka_unit_test(pastes_of_lines_or_controls_are_asked_about),
		cmocka_unit_test(a_carriage_return_ends_a_line_of_a_paste),
		cmocka_unit_test(a_file_says_what_is_asked_about),
		cmocka_unit_test(its_mistakes_are_told_with_their_lines),
		cmocka_unit_test(macros_are_filled_in),
		cmocka_unit_test(no_pane_is_smaller_than_can_be_worked_in),
		cmocka_unit_test(panes_use_the_room_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
