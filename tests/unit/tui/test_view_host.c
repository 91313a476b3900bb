/* The Host screen: every tab at its sizes, what is looked at closely, and what its keys ask for. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/samples.h"
#include "tests/lib/stage.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/host_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1767350527000

static const char db[] =
    "begin 1\nuptime 400000\ntick 40000000\nload 1.10 0.90 0.80\nmem MemTotal: 32000000\n"
    "mem MemAvailable: 9280000\ncpus 0-7\nos debian-13\nkernel 6.12.48\narch x86_64\n"
    "boot-id 11111111-2222-3333-4444-555555555555\nmachine-id 0123456789abcdef\nsystemd 257\n"
    "podman 5.4.2\ntz Europe/Berlin\nnow 1767350524\ndisk 41\nfs ext4 41152832 17080320 41 /\n"
    "fs xfs 209715200 184549376 88 /srv/\345\272\223 \033[31mred\nnet eth0 1048576 5242880\n"
    "net wg0 100 200\naddr eth0 10.0.0.5/24\naddr eth0 fd00::5/64\n"
    "unit ssh.service loaded active running 4000 0 OpenBSD Secure Shell server\n+ memory 3416064\n"
    "unit postgres.service loaded failed failed 180 1 PostgreSQL "
    "\033]0;owned\007\302\233\342\200\256 "
    "server\n"
    "+ path /etc/containers/systemd/postgres.container\n+ result exit-code\n+ restarts 5\n+ exit "
    "3\n"
    "unit site-0.service loaded active running 90 1 site, replica 0\n"
    "+ path /etc/systemd/system/site-0.service\n+ memory 52428800\n"
    "unit backup.timer loaded active waiting 33000 1 nightly backup\n"
    "timer backup.timer backup.service 3600 -82800\ntimer fstrim.timer fstrim.service - -\n"
    "ctr pg docker.io/library/postgres:17 Exited (1) 3 minutes ago\n+ id bdc8c19830e6\n"
    "+ image-id 7d6de18c769d\nctr site-0 localhost/site:1 Up 3 minutes (healthy)\n"
    "+ unit site-0.service\n+ ports 0.0.0.0:8080->8080/tcp\nscope pg\n"
    "unit \346\225\260\346\215\256\345\272\223.service loaded active running 10 1 user thing\n"
    "ctr cache localhost/cache:2 Up 2 days\nend\n";

static const char brief[] =
    "begin 1\nMainPID 0\nResult exit-code\nNRestarts 5\nExecMainStatus 3\nStartLimitBurst 5\nUser "
    "pg\n"
    "UnitFileState generated\nFragmentPath /run/systemd/generator/postgres.service\n"
    "SourcePath /etc/containers/systemd/postgres.container\nRequires data-volume.service "
    "sysinit.target\n"
    "ExecStart { path=/usr/bin/podman ; argv[]=/usr/bin/podman run --name pg postgres:17 ; "
    "ignore_errors=no }\n"
    "log 1767350340 starting PostgreSQL 17.2\n"
    "log 1767350341 FATAL: could not open file \"pg_wal/00\033[2J\" \346\226\207\344\273\266\n"
    "log 1767350342 postgres.service: Failed with result 'exit-code'.\nend\n";

/* A source that knows one detail, and remembers what it was asked. */
struct source {
	struct stage stage;
	struct host_source table;
	struct detail detail;
	enum host_state state;
	struct samples *samples;
	char wanted[64], read[64], shown[64];
	struct host_text text;
};

static void
say(char *to, size_t size, const struct host_thing *t)
{
	if (t)
		snprintf(to, size, "%zu %s %s/%s", t->host,
		    t->kind == DETAIL_UNIT ? "unit" : "container", t->user, t->name);
	else
		str_copy(to, size, "nothing");
}

static void
want(void *user, const struct host_thing *t)
{
	struct source *s = user;

	say(s->wanted, sizeof(s->wanted), t);
}

static void
know(void *user, const struct host_thing *t, struct host_known *ret)
{
	struct source *s = user;

	*ret = (struct host_known){ .state = s->state };
	if (s->state == HOST_KNOWN && str_eq(t->name, "postgres.service"))
		ret->detail = &s->detail;
	if (s->state == HOST_REFUSED)
		err_set(&ret->err, OUTCOME_UNREACHABLE, "the link was lost");
}

static void
read_text(void *user, const struct host_thing *t, enum detail_form form)
{
	struct source *s = user;

	(void)form;
	say(s->read, sizeof(s->read), t);
}

static void
have_text(void *user, struct host_text *ret)
{
	*ret = ((struct source *)user)->text;
}

static void
show(void *user, const struct host_thing *t)
{
	struct source *s = user;

	say(s->shown, sizeof(s->shown), t);
}

static size_t
changes(void *user, size_t host, const struct host_change **ret)
{
	static const struct host_change some[] = {
		{ .alias = "r-197",
		    .verb = "apply",
		    .state = "failed",
		    .what = "site \033[31m\346\225\260.yaml",
		    .seat = "ana@laptop",
		    .start_ms = NOW - 90000,
		    .end_ms = NOW - 30000 },
		{ .alias = "r-193",
		    .verb = "run",
		    .state = "ok",
		    .what = "\"uptime\"",
		    .seat = "ci@runner",
		    .start_ms = NOW - 86400000,
		    .end_ms = NOW - 86399000 },
	};

	(void)user;
	*ret = some;
	return host == 0 ? 2 : 0;
}

static void
strayed(void *user, size_t host, char *to, size_t size)
{
	(void)user;
	(void)host;
	str_copy(to, size, "changed by hand; differs from site.yaml");
}

static void
fill(struct samples *samples)
{
	for (int i = 0; i < 150; i++) {
		const int32_t values[SAMPLE_METRICS] = { i % 100, 70 + i % 3, 41,
			50 + (i % 12) * 10 };

		samples_add(samples, "db1", NOW - (149 - i) * 60000LL, values);
	}
}

static void
set_up(struct source *s)
{
	struct err err;

	*s = (struct source){ .state = HOST_KNOWN };
	stage_up(&s->stage);
	status_fini(&s->stage.status[0]);
	assert_int_equal(status_parse(&s->stage.status[0], db, strlen(db), NULL, &err), 0);
	s->stage.status[0].cpu_pct = 31;
	s->stage.status[0].nets[0].in_rate = 1200;
	s->stage.status[0].nets[0].out_rate = 4 << 20;
	s->stage.status[0].units[0].cpu_permille = 12;
	assert_int_equal(detail_parse(&s->detail, brief, strlen(brief), &err), 0);
	s->samples = samples_new(&(struct samples_config){ .fleet = "shop" });
	fill(s->samples);
	s->table = (struct host_source){ .user = s,
		.want = want,
		.know = know,
		.read = read_text,
		.text = have_text,
		.show = show,
		.changes = changes,
		.strayed = strayed };
	s->stage.services.host = &s->table;
	s->stage.services.samples = s->samples;
	s->stage.scene.wall_ms = NOW;
	stage_open(&s->stage, &view_host, "db1");
	s->stage.view.height = 26;
}

static void
tear_down(struct source *s)
{
	stage_down(&s->stage);
	detail_fini(&s->detail);
	samples_free(s->samples);
}

static void
every_tab_has_its_screen(void **state)
{
	static const char *const names[] = { "host-units", "host-containers", "host-facts",
		"host-disks", "host-timers", "host-changes" };
	struct source s;

	(void)state;
	set_up(&s);
	s.stage.hosts[0].strayed = true;
	for (size_t i = 0; i < countof(names); i++) {
		stage_check(&s.stage, names[i], NULL);
		assert_true(stage_key(&s.stage, "]"));
	}
	stage_check(&s.stage, names[0], NULL);
	assert_true(stage_key(&s.stage, "["));
	stage_check(&s.stage, names[5], NULL);
	tear_down(&s);
}

static void
the_detail_has_the_screen_when_it_is_asked_for(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	s.stage.scene.ascii = false;
	stage_check(&s.stage, "host-glyphs", NULL);
	stage_key(&s.stage, "enter");
	stage_check(&s.stage, "host-detail", NULL);
	assert_true(stage_key(&s.stage, "esc"));
	stage_check(&s.stage, "host-glyphs", NULL);
	assert_false(stage_key(&s.stage, "esc"));
	tear_down(&s);
}

static void
what_is_under_the_cursor_is_wanted(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	assert_string_equal(s.wanted, "0 unit /postgres.service");
	stage_key(&s.stage, "j");
	s.stage.view.class->refresh(&s.stage.view);
	assert_string_equal(s.wanted, "0 unit /backup.timer");
	stage_key(&s.stage, "]");
	assert_string_equal(s.wanted, "0 container /pg");
	stage_key(&s.stage, "]");
	assert_string_equal(s.wanted, "nothing");
	s.stage.hosts[0].link = LINK_DOWN;
	stage_key(&s.stage, "[");
	assert_string_equal(s.wanted, "nothing");
	tear_down(&s);
}

static void
a_unit_that_is_named_is_under_the_cursor(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	s.stage.view.class->close(&s.stage.view);
	free(s.stage.view.state);
	stage_open(&s.stage, &view_host, "db1 site-0.service");
	assert_string_equal(s.wanted, "0 unit /site-0.service");
	tear_down(&s);
}

static void
an_answer_that_does_not_come_is_told(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	s.state = HOST_ASKED;
	autofree char *asked = stage_text(&s.stage, 30, 100);
	assert_non_null(strstr(asked, "asking ..."));
	s.state = HOST_REFUSED;
	autofree char *refused = stage_text(&s.stage, 30, 100);
	assert_non_null(strstr(refused, "the link was lost"));
	tear_down(&s);
}

static void
the_scope_goes_round(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	stage_key(&s.stage, "S");
	assert_string_equal(s.stage.flash, "units of the system");
	autofree char *own = stage_text(&s.stage, 24, 80);
	assert_null(strstr(own, "\346\225\260\346\215\256\345\272\223.service"));
	stage_key(&s.stage, "S");
	assert_string_equal(s.stage.flash, "units of pg");
	stage_check(&s.stage, "host-scope", NULL);
	stage_key(&s.stage, "S");
	assert_string_equal(s.stage.flash, "units of the system and of all users");
	tear_down(&s);
}

/* Keys that need write mode and a row, on the row that this many j lead to. */
static const char *
does(struct source *s, int tab, int down, const char *key)
{
	while (tab--)
		stage_key(&s->stage, "]");
	stage_key(&s->stage, "home");
	while (down--)
		stage_key(&s->stage, "j");
	s->stage.view.class->refresh(&s->stage.view);
	s->stage.opened[0] = s->stage.flash[0] = '\0';
	stage_key(&s->stage, key);
	return s->stage.opened[0] ? s->stage.opened : s->stage.flash;
}

static void
keys_act_on_the_unit_that_runs_what_is_under_the_cursor(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	assert_string_equal(does(&s, 0, 0, "r"), "read-only: press W first");
	s.stage.scene.writable = true;
	assert_string_equal(does(&s, 0, 0, "r"), "restart postgres.service on db1");
	assert_string_equal(does(&s, 0, 2, "D"), "stop site-0.service on db1");
	assert_string_equal(does(&s, 0, 3, "u"), "on db1: systemctl --user --machine=pg@ start -- "
						 "'\346\225\260\346\215\256\345\272\223.service'");
	assert_string_equal(does(&s, 0, 0, "l"), "logs db1 postgres.service");
	assert_string_equal(
	    does(&s, 0, 3, "l"), "logs db1 user pg \346\225\260\346\215\256\345\272\223.service");
	assert_string_equal(
	    does(&s, 0, 0, "X"), "only a container can be removed here; units go by a playbook");
	assert_string_equal(does(&s, 1, 0, "r"), "on db1: podman restart -- pg");
	assert_string_equal(does(&s, 0, 0, "X"), "on db1: podman rm -- pg");
	assert_string_equal(does(&s, 0, 1, "u"),
	    "on db1: runuser --login pg --command='podman start -- \"$0\"' cache");
	assert_string_equal(does(&s, 0, 2, "r"), "restart site-0.service on db1");
	assert_string_equal(does(&s, 0, 2, "X"),
	    "its unit would make it anew: what a playbook put there it removes");
	assert_string_equal(does(&s, 0, 0, "s"), "shell on db1 container pg");
	assert_string_equal(does(&s, 1, 0, "r"), "no unit and no container is under the cursor");
	tear_down(&s);
}

static void
a_description_is_read_and_left(void **state)
{
	static const char text[] =
	    "Id=postgres.service\nDescription=\033[2J\346\225\260\nType=notify\n";
	struct source s;

	(void)state;
	set_up(&s);
	s.text = (struct host_text){ .state = HOST_ASKED };
	stage_key(&s.stage, "d");
	assert_string_equal(s.read, "0 unit /postgres.service");
	s.text = (struct host_text){ .state = HOST_KNOWN, .text = text, .len = strlen(text) };
	stage_check(&s.stage, "host-describe", NULL);
	s.stage.scene.writable = true;
	stage_key(&s.stage, "r");
	assert_string_equal(s.stage.flash, "a text is on the screen: Esc closes it");
	assert_string_equal(s.stage.opened, "");
	assert_true(stage_key(&s.stage, "esc"));
	stage_key(&s.stage, "e");
	assert_string_equal(s.shown, "0 unit /postgres.service");
	stage_key(&s.stage, "]");
	stage_key(&s.stage, "e");
	assert_string_equal(s.stage.flash, "no unit runs it: it has no file");
	tear_down(&s);
}

static void
a_host_that_was_never_reached_says_so(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	status_fini(&s.stage.status[0]);
	s.stage.hosts[0].link = LINK_DOWN;
	s.stage.hosts[0].age_ms = -1;
	stage_check(&s.stage, "host-unknown", NULL);
	tear_down(&s);
}

/* What to do about it stands at the end of the reason. */
static void
why_a_host_is_not_reached_is_told_to_the_end(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	s.stage.hosts[0].link = LINK_DOWN;
	s.stage.hosts[0].age_ms = 480000;
	err_set(&s.stage.hosts[0].err, OUTCOME_UNREACHABLE,
	    "db1: host key: host key CHANGED: it shows ssh-ed25519 "
	    "SHA256:l6yyMMhAFWj6zliuNZJL5JVutX+tf/f34GCKYbDneGM, known is ssh-ed25519 "
	    "SHA256:8q3XpN8y+joPn/Rh6doFvz5BYZTt2hmz6YyR9zH3s08 (/home/ana/.ssh/known_hosts:2); "
	    "if it is right: drover trust replace db1");
	stage_check(&s.stage, "host-unreachable", NULL);
	autofree char *text = stage_text(&s.stage, 24, 80);
	assert_non_null(strstr(text, "unreachable: host key: host key CHANGED: it shows"));
	assert_non_null(strstr(text, "replace db1\n"));
	assert_non_null(strstr(text, "unreach  old 8m"));
	tear_down(&s);
}

static void
any_size_can_be_painted(void **state)
{
	struct source s;

	(void)state;
	set_up(&s);
	for (int tab = 0; tab < 6; tab++) {
		for (int rows = 1; rows < 60; rows += 4) {
			for (int cols = 1; cols < 240; cols += 9) {
				autofree char *text = stage_text(&s.stage, rows, cols);

				assert_non_null(text);
			}
		}
		if (tab % 2)
			stage_key(&s.stage, "z");
		stage_key(&s.stage, "]");
	}
	tear_down(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tab_has_its_screen),
		cmocka_unit_test(the_detail_has_the_screen_when_it_is_asked_for),
		cmocka_unit_test(what_is_under_the_cursor_is_wanted),
		cmocka_unit_test(a_unit_that_is_named_is_under_the_cursor),
		cmocka_unit_test(an_answer_that_does_not_come_is_told),
		cmocka_unit_test(the_scope_goes_round),
		cmocka_unit_test(keys_act_on_the_unit_that_runs_what_is_under_the_cursor),
		cmocka_unit_test(a_description_is_read_and_left),
		cmocka_unit_test(a_host_that_was_never_reached_says_so),
		cmocka_unit_test(why_a_host_is_not_reached_is_told_to_the_end),
		cmocka_unit_test(any_size_can_be_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
