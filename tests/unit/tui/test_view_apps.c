/* Golden screens of Apps: a shop with an odd member, a failed unit, a host nobody saw, wide and hostile names. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/resource.h"
#include "playbooks/roster.h"
#include "playbooks/sighting.h"
#include "playbooks/wanted.h"
#include "tests/lib/stage.h"
#include "tui/apps_source.h"
#include "tui/plan_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RUN1 "019b7e3e-628c-7000-a764-5d535e1191b1"
#define RUN2 "019b7e9f-628c-7000-a764-5d535e1191b1"

struct apps {
	struct stage stage;
	struct apps_source source;
	struct plan_source plan;
	struct roster *roster;
	struct roster_host host[STAGE_HOSTS];
	struct sighting sight[STAGE_HOSTS];
	struct wanted wanted; /* host NULL: nothing but the manifests */
	int looks;
	char planned[64];
	const char *mistake;
};

static const char *
hex(char ch)
{
	static char text[8][65];
	static int n;
	char *to = text[n++ % 8];

	memset(to, ch, 64);
	to[64] = '\0';
	return to;
}

/* One replica as it was put there; image: what runs, file: what its unit file is now. */
static void
put_app(struct buf *b, const char *playbook, const char *app, int n, char image, char file)
{
	buf_addf(b, "m\timage localhost/%s:1\t%s\t%s\trel1\t%s\t-\t" RUN1 "\tp\t-\n", app, playbook,
	    app, hex('3'));
	buf_addf(b, "m\tunit %s-%d.service\t%s\t%s\trel1\t%s\t%s\t%s\tp\t-\n", app, n, playbook,
	    app, hex('b'), hex('c'), image == '3' ? RUN1 : RUN2);
	buf_addf(b,
	    "u\t%s-%d.service\tloaded\tactive\trunning\tenabled\t%d\t90000\tno\t/"
	    "x\t\tsuccess\t%s\n",
	    app, n, image == '3' ? 0 : 2, app);
	buf_addf(b, "t\t1767350520\t/etc/systemd/system/%s-%d.service\n", app, n);
	buf_addf(b, "s\t%s  /etc/systemd/system/%s-%d.service\n", hex(file), app, n);
}

static void
put_containers(struct buf *b, const char *app, int n, char image)
{
	buf_addf(b, "c\t%s-%d\tcafe\t%s\tlocalhost/%s:1\tUp 25 hours (healthy)\n", app, n,
	    hex(image), app);
}

static void
see(struct apps *a, size_t i)
{
	autobuf b = BUF_INIT(1U << 16);
	const char *name = a->stage.hosts[i].name;
	struct err err;

	a->host[i] = (struct roster_host){ .name = name };
	if (i == 1 || i == 2) {
		a->host[i].why = i == 1 ? "not connected yet" : "connect: timed out after 10.0 s";
		return;
	}
	buf_adds(&b, "begin 1\nroot\n");
	if (i == 0)
		buf_addf(&b,
		    "m\tunit postgres.service\tshop\t-\trel1\t%s\t%s\t" RUN1 "\tp\t-\n"
		    "u\tpostgres.service\tloaded\tfailed\tfailed\tenabled\t5\t180\tno\t/"
		    "x\t\texit-code\tdb\n"
		    "containers\nc\t\033]0;owned\007x\t1\t%s\tdocker.io/"
		    "\302\233evil\342\200\256:1\tExited "
		    "(1) 3 days ago\n",
		    hex('d'), hex('d'), hex('9'));
	else if (i == 8)
		put_app(&b, "剧本", "商店与一个很长很长很长的名字", 0, '3', 'c');
	else
		put_app(&b, "shop", "web", 0, i == 7 ? '1' : '3', i == 5 ? 'e' : 'c');
	if (i == 3 || i == 4)
		put_app(&b, "shop", "worker", 0, '3', 'c');
	if (i != 0)
		buf_adds(&b, "containers\n");
	if (i > 2 && i < 8)
		put_containers(&b, "web", 0, i == 7 ? '1' : '3');
	if (i == 3 || i == 4)
		put_containers(&b, "worker", 0, '3');
	buf_adds(&b, "end\n");
	assert_int_equal(sighting_parse(&a->sight[i], buf_text(&b), b.len, &err), 0);
	a->host[i].sight = &a->sight[i];
}

static const struct roster *
get_roster(void *user, const struct scene *scene)
{
	struct apps *a = user;

	assert_ptr_equal(scene, &a->stage.scene);
	roster_free(a->roster);
	a->roster = roster_new(&(struct roster_input){
	    .host = a->host, .count = STAGE_HOSTS, .wanted = a->wanted.host ? &a->wanted : NULL });
	return a->roster;
}

static const char *
get_playbook(void *user)
{
	(void)user;
	return "site.yaml";
}

static const char *
get_mistake(void *user)
{
	return ((struct apps *)user)->mistake;
}

static size_t
get_asking(void *user)
{
	(void)user;
	return 0;
}

static int64_t
get_age(void *user)
{
	(void)user;
	return 4000;
}

static void
look(void *user)
{
	((struct apps *)user)->looks++;
}

static bool
get_run(void *user, const char *uuid, char *alias, size_t size, int64_t *ret_ms)
{
	(void)user;
	*ret_ms = 1767350527000 - 86400000;
	return str_eq(uuid, RUN1) && str_copy(alias, size, "r-191");
}

static size_t
get_releases(void *user, const char *playbook, const char *app, struct apps_release *to, size_t max)
{
	(void)user;
	assert_true(max > 1 && playbook && app);
	to[0] = (struct apps_release){ .alias = "r-191",
		.verb = "apply",
		.who = "ana@laptop",
		.state = "changed",
		.release = "32da69425a52",
		.when_ms = 1767264127000,
		.hosts = 9,
		.changed = 6 };
	return 1;
}

static int
plan(void *user, const char *path, bool drift, struct err *err)
{
	struct apps *a = user;

	(void)err;
	assert_false(drift);
	str_copy(a->planned, sizeof(a->planned), path);
	return 0;
}

static void
up(struct apps *a)
{
	*a = (struct apps){ .looks = 0 };
	stage_up(&a->stage);
	for (size_t i = 0; i < STAGE_HOSTS; i++)
		see(a, i);
	a->source = (struct apps_source){ .user = a,
		.roster = get_roster,
		.playbook = get_playbook,
		.mistake = get_mistake,
		.asking = get_asking,
		.age_ms = get_age,
		.look = look,
		.run = get_run,
		.releases = get_releases };
	a->plan = (struct plan_source){ .user = a, .plan = plan };
	a->stage.services.apps = &a->source;
	a->stage.services.plan = &a->plan;
	a->stage.scene.writable = true;
	stage_open(&a->stage, &view_apps, NULL);
	a->stage.view.height = 26;
}

static void
down(struct apps *a)
{
	stage_down(&a->stage);
	roster_free(a->roster);
	for (size_t i = 0; i < STAGE_HOSTS; i++)
		sighting_fini(&a->sight[i]);
}

static void
keys(struct apps *a, const char *names)
{
	autofree char *copy = xstrdup(names);
	char *save;

	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		assert_true(stage_key(&a->stage, k));
		a->stage.view.class->refresh(&a->stage.view);
	}
}

static void
apps_stand_under_their_playbooks_with_what_differs(void **state)
{
	struct apps a;

	(void)state;
	up(&a);
	stage_check(&a.stage, "apps", NULL);
	keys(&a, "enter j");
	stage_check(&a.stage, "apps-members", NULL);
	keys(&a, "d");
	stage_check(&a.stage, "apps-differences", NULL);
	keys(&a, "[");
	stage_check(&a.stage, "apps-releases", NULL);
	down(&a);
}

static void
hosts_and_what_is_not_drovers_unfold(void **state)
{
	struct apps a;

	(void)state;
	up(&a);
	a.stage.scene.ascii = false;
	keys(&a, "> G =");
	stage_check(&a.stage, "apps-hosts", NULL);
	keys(&a, "G");
	stage_check(&a.stage, "apps-foreign", NULL);
	keys(&a, "< f");
	stage_check(&a.stage, "apps-faults", NULL);
	down(&a);
}

static void
actions_are_about_what_is_under_the_cursor(void **state)
{
	struct apps a;

	(void)state;
	up(&a);
	keys(&a, "k");
	assert_true(stage_key(&a.stage, "r"));
	assert_string_equal(a.stage.flash, "no app is under the cursor");
	keys(&a, "j r");
	assert_string_equal(
	    a.stage.opened, "rolling on 5 from web1: systemctl restart web-0.service");
	keys(&a, "l");
	assert_string_equal(a.stage.opened, "logs web[1-4,10] web-*");
	keys(&a, "P");
	assert_string_equal(a.planned, "site.yaml");
	assert_string_equal(a.stage.opened, "plan -");
	keys(&a, "R");
	assert_int_equal(a.looks, 1);
	keys(&a, "enter G r");
	assert_string_equal(
	    a.stage.opened, "rolling on 1 from web4: systemctl restart web-0.service");
	keys(&a, "enter");
	assert_string_equal(a.stage.opened, "host web4");
	keys(&a, "esc");
	assert_false(stage_key(&a.stage, "esc"));
	a.stage.scene.writable = false;
	a.stage.opened[0] = '\0';
	assert_true(stage_key(&a.stage, "r"));
	assert_string_equal(a.stage.opened, "");
	down(&a);
}

static void
a_restart_says_nothing_to_a_shell_but_its_words(void **state)
{
	static const char text[] = "begin 1\nroot\n"
				   "m\tunit x;reboot-0.service\tp\tx;reboot\tr\t-\t-\t-\tp\t-\n"
				   "end\n";
	const char *words[] = { "/bin/sh", "-c", "exit `false`", NULL };
	const struct health health = { .kind = HEALTH_EXEC, .argv = words };
	const struct wanted_unit unit = {
		.app = "x;reboot", .unit = "x;reboot-0.service", .health = &health, .running = true
	};
	const struct host host = { .name = "web1" };
	struct wanted_host on = { .host = &host, .unit = &unit, .count = 1 };
	struct err err;
	struct apps a;

	(void)state;
	up(&a);
	sighting_fini(&a.sight[3]);
	assert_int_equal(sighting_parse(&a.sight[3], text, strlen(text), &err), 0);
	a.wanted = (struct wanted){ .playbook = "p", .host = &on, .count = 1 };
	keys(&a, "g g j r");
	assert_string_equal(
	    a.stage.opened, "rolling on 1 from web1: systemctl restart 'x;reboot-0.service'");
	assert_true(str_starts(a.stage.rolling, ": rolling restart of 'x;reboot'\n"));
	assert_true(str_ends(
	    a.stage.rolling, "\none 'x;reboot-0.service' exec /bin/sh -c 'exit `false`'\n"));
	down(&a);
}

static void
a_filter_leaves_what_matches(void **state)
{
	struct apps a;

	(void)state;
	up(&a);
	keys(&a, "/");
	a.stage.prompt.changed(&a.stage.view, "kind=app");
	a.stage.prompt.yes(&a.stage.view, "worker");
	autofree char *text = stage_text(&a.stage, 30, 100);
	assert_non_null(strstr(text, "worker"));
	assert_null(strstr(text, "postgres"));
	keys(&a, "esc");
	autofree char *all = stage_text(&a.stage, 30, 100);
	assert_non_null(strstr(all, "postgres"));
	a.mistake = "site.yaml:3:1: unknown key \"ap\"; did you mean \"apps\"?";
	autofree char *wrong = stage_text(&a.stage, 30, 100);
	assert_non_null(strstr(wrong, "did you mean"));
	down(&a);
}

static void
things_can_be_copied(void *user, const char *what, const char *text)
{
	buf_addf(user, "%s=%s\n", what, text);
}

static void
what_can_be_copied_and_its_command_are_told(void **state)
{
	autobuf b = BUF_INIT(4096);
	struct apps a;

	(void)state;
	up(&a);
	view_apps.things(&a.stage.view, things_can_be_copied, &b);
	assert_non_null(strstr(buf_text(&b), "name=web\n"));
	assert_non_null(strstr(buf_text(&b), "hosts=web[1-4,10]\n"));
	for (const struct action *x = view_apps.actions; x->key; x++) {
		autofree char *command = x->equal ? x->equal(&a.stage.view) : NULL;

		if (str_eq(x->key, "l"))
			assert_string_equal(command, "drover logs -f 'web[1-4,10]' 'web-*'");
		if (str_eq(x->key, "r"))
			assert_string_equal(command,
			    "drover -P 1 run 'web[1-4,10]' -- systemctl restart web-0.service");
		if (!str_eq(x->key, "r"))
			continue;
		/* A login that is not root becomes it for drover's own words. */
		for (size_t i = 0; i < a.stage.scene.count; i++)
			a.stage.hosts[i].becomes = str_eq(a.stage.hosts[i].name, "web3");
		autofree char *as_root = x->equal(&a.stage.view);
		assert_string_equal(
		    as_root, "drover -P 1 run -B 'web[1-4,10]' -- systemctl restart web-0.service");
	}
	down(&a);
}

static void
any_size_paints(void **state)
{
	static const char *const walks[] = { "j", "enter", "d", "[", "esc", ">", "G", "=" };
	struct apps a;

	(void)state;
	up(&a);
	for (size_t w = 0; w < countof(walks); w++) {
		keys(&a, walks[w]);
		for (int rows = 1; rows < 40; rows += 3)
			for (int cols = 1; cols < 130; cols += 7)
				free(stage_text(&a.stage, rows, cols));
		free(stage_text(&a.stage, 200, 500));
		a.stage.view.height = 26;
	}
	down(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apps_stand_under_their_playbooks_with_what_differs),
		cmocka_unit_test(hosts_and_what_is_not_drovers_unfold),
		cmocka_unit_test(actions_are_about_what_is_under_the_cursor),
		cmocka_unit_test(a_restart_says_nothing_to_a_shell_but_its_words),
		cmocka_unit_test(a_filter_leaves_what_matches),
		cmocka_unit_test(what_can_be_copied_and_its_command_are_told),
		cmocka_unit_test(any_size_paints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
