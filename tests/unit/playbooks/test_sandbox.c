#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/capability.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The unit of an app with this sandbox. */
static const struct resource *
unit_of(struct desk *d, const char *sandbox, const char **facts)
{
	autofree char *text =
	    xasprintf("apps: {shop: {image: localhost/shop:1, sandbox: {%s}}}\n", sandbox);

	desk_facts(d, facts);
	if (!desk_desire(d, text))
		fail_msg("%s: %s", sandbox, buf_text(&d->said));
	return desk_wanted(d, "unit shop-0.service");
}

static void
has(const struct resource *r, const char *text)
{
	if (!strstr(r->content, text))
		fail_msg("no %s in %s", text, r->content);
}

static void
lacks(const struct resource *r, const char *text)
{
	if (strstr(r->content, text))
		fail_msg("%s in %s", text, r->content);
}

static void
refuses(struct desk *d, const char *sandbox, const char *expected)
{
	autofree char *text =
	    xasprintf("apps: {a: {image: localhost/a, sandbox: {%s}}}\n", sandbox);

	buf_clear(&d->said);
	assert_false(desk_load(d, text));
	if (!strstr(buf_text(&d->said), expected))
		fail_msg("%s: %s", sandbox, buf_text(&d->said));
	diag_fini(&d->diag);
}

static void
who_says_nothing_may_do_nothing(void **state)
{
	struct desk *d = *state;
	const struct resource *r = unit_of(d, "", NULL);

	has(r, "  --cap-drop=all --security-opt=no-new-privileges \\\n  --volume=");
	lacks(r, "--cap-add");
	lacks(r, "--security-opt=seccomp");
	assert_null(r->notes);
}

static void
capabilities_are_added_by_name_and_said_in_the_plan(void **state)
{
	struct desk *d = *state;
	const struct resource *r =
	    unit_of(d, "capabilities: [NET_RAW, CHOWN, NET_RAW], read_only: true", NULL);
	autofree char *text = xstrdup(r->content);

	has(r, "  --cap-drop=all --security-opt=no-new-privileges --read-only \\\n"
	       "  --cap-add=CHOWN \\\n"
	       "  --cap-add=NET_RAW \\\n"
	       "  --volume=");
	assert_string_equal(r->notes[0], "opened: shop has the capabilities CHOWN, NET_RAW");
	assert_null(r->notes[1]);
	/* The order they are written in makes no other unit. */
	assert_string_equal(
	    text, unit_of(d, "capabilities: [CHOWN, NET_RAW], read_only: true", NULL)->content);
	for (const char *const *name = capability_names; *name; name++) {
		autofree char *one = xasprintf("capabilities: [%s]", *name);
		autofree char *option = xasprintf(" --cap-add=%s ", *name);

		has(unit_of(d, one, NULL), option);
	}
}

static void
a_capability_that_does_not_exist_is_refused_with_what_was_meant(void **state)
{
	struct desk *d = *state;

	refuses(d, "capabilities: [NET_ADMN]",
	    "shop.yaml:1:57: capabilities: there is no \"NET_ADMN\"; did you mean \"NET_ADMIN\"?");
	refuses(d, "capabilities: [cap_net_raw]", "did you mean \"NET_RAW\"?");
	refuses(d, "capabilities: [CAP_SYS_TIME]", "did you mean \"SYS_TIME\"?");
	refuses(d, "capabilities: [ALL]", "is wanted here, not \"ALL\"");
	refuses(d, "capabilities: [\"{{ x }}\"]", "is wanted here");
	refuses(d, "capabilities: [[CHOWN]]", "capabilities: a text is wanted here");
	refuses(d, "capabilities: CHOWN", "capabilities: a list of names is wanted here");
	desk_refuses(d, "[{container: {name: c, image: localhost/a, capabilities: [NET_RAWW]}}]",
	    "there is no \"NET_RAWW\"; did you mean \"NET_RAW\"?");
}

static void
a_seccomp_profile_is_delivered_and_a_changed_one_restarts(void **state)
{
	static const char closed[] =
	    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"archMap\":[],"
	    "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
	    "{\"index\":0,\"value\":1,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}],"
	    "\"comment\":\"\",\"includes\":{\"caps\":[]},\"excludes\":{},\"errnoRet\":1}]}";
	static const char open[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
				   "[\"chmod\"],\"action\":\"SCMP_ACT_ERRNO\"}]}\n";
	struct desk *d = *state;
	const struct resource *r;

	desk_put(d, "shop.json", closed);
	r = unit_of(d, "seccomp: shop.json", NULL);
	has(r, " --security-opt=seccomp=/etc/drover/apps/shop/seccomp.json ");
	assert_null(r->notes);
	assert_string_equal(
	    desk_wanted(d, "file /etc/drover/apps/shop/seccomp.json")->content, closed);
	autofree char *before = xstrdup(r->config_digest);
	desk_put(d, "shop.json", open);
	r = unit_of(d, "seccomp: shop.json", NULL);
	assert_string_not_equal(before, r->config_digest);
	assert_string_equal(r->notes[0],
	    "opened: shop may make any system call that shop.json does not name (its "
	    "defaultAction allows)");
	assert_null(r->notes[1]);
	r = unit_of(d, "seccomp: unconfined", NULL);
	has(r, " --security-opt=seccomp=unconfined ");
	assert_string_equal(
	    r->notes[0], "opened: shop may make any system call (seccomp: unconfined)");
}

static void
a_seccomp_profile_that_says_something_else_than_it_seems_is_refused(void **state)
{
	static const struct {
		const char *profile, *said;
	} bad[] = {
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n \"syscals\": 1,}", "p.json:2:" },
		{ "[]", "p.json: an object is wanted here" },
		{ "{}", "p.json: defaultAction is missing" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERNO\"}",
		    "defaultAction: there is no \"SCMP_ACT_ERNO\"; did you mean "
		    "\"SCMP_ACT_ERRNO\"?" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscals\":[]}",
		    "unknown key \"syscals\"; did you mean \"syscalls\"?" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		    "it allows every system call: say seccomp: unconfined" },
		{ "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[]}", "say seccomp" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":{}}",
		    "syscalls: a list is wanted here" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[1]}",
		    "syscalls[0]: an object is wanted here" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_ALLOW\"}]}",
		    "syscalls[0]: names is missing" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"]}]}",
		    "syscalls[0]: action is missing" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"re ad\"],"
		  "\"action\":\"SCMP_ACT_ALLOW\"}]}",
		    "syscalls[0]: names[0]: the name of a system call is wanted here" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"name\":\"write\",\"action\":\"SCMP_ACT_ALLOW\"}]}",
		    "name and names cannot stand together" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"op\":\"EQ\"}]}]}",
		    "syscalls[0]: op: there is no \"EQ\"" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"a\"],"
		  "\"archMap\":[1]}",
		    "architectures and archMap cannot stand together" },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < countof(bad); i++) {
		desk_put(d, "p.json", bad[i].profile);
		refuses(d, "seccomp: p.json", bad[i].said);
	}
	refuses(d, "seccomp: absent.json", "absent.json: No such file or directory");
	refuses(d, "seccomp: ../p.json", "leads out of the playbook's directory");
	refuses(d, "seccomp: unconfind", "did you mean \"unconfined\"?");
	refuses(d, "seccomp: strict", "is wanted here, not \"strict\"");
}

static void
what_is_opened_otherwise_is_said_in_the_plan(void **state)
{
	struct desk *d = *state;
	const struct resource *r =
	    unit_of(d, "no_new_privileges: false, apparmor: unconfined, selinux: disable", NULL);

	lacks(r, "no-new-privileges");
	has(r, " --security-opt=apparmor=unconfined ");
	has(r, " --security-opt=label=disable ");
	assert_string_equal(
	    r->notes[0], "opened: programs of shop may gain privileges (no_new_privileges: false)");
	assert_string_equal(
	    r->notes[1], "opened: AppArmor does not confine shop (apparmor: unconfined)");
	assert_string_equal(
	    r->notes[2], "opened: SELinux does not confine shop (selinux: disable)");
	assert_null(r->notes[3]);
}

static void
labels_reach_podman_where_the_host_has_use_for_them(void **state)
{
	static const char said[] =
	    "apparmor: shop-profile, selinux: {type: shop_t, level: \"s0:c1,c2\"}";
	static const char *has_all[] = { "cgroup", "v2", "seccomp", "yes", "apparmor", "on",
		"selinux", "enforcing", NULL };
	static const char *permissive[] = { "cgroup", "v2", "seccomp", "yes", "apparmor", "on",
		"selinux", "permissive", NULL };
	static const char *nothing[] = { "cgroup", "v2", "seccomp", "no", "apparmor", "off",
		"selinux", "off", NULL };
	struct desk *d = *state;
	const struct resource *r = unit_of(d, said, has_all);

	has(r, " --security-opt=apparmor=shop-profile ");
	has(r, " --security-opt=label=type:shop_t ");
	has(r, " --security-opt=label=level:s0:c1,c2 ");
	assert_null(r->notes);
	r = unit_of(d, said, permissive);
	assert_string_equal(
	    r->notes[0], "not enforced: selinux of shop (the host's SELinux is permissive)");
	r = unit_of(d, said, nothing);
	lacks(r, "apparmor");
	assert_string_equal(r->notes[0],
	    "not enforced: seccomp of shop: it may make any system call (the host's kernel has no "
	    "seccomp)");
	assert_string_equal(
	    r->notes[1], "not enforced: apparmor of shop: shop-profile (the host has no AppArmor)");
	assert_string_equal(r->notes[2], "not enforced: selinux of shop (the host has no SELinux)");
	assert_null(r->notes[3]);
	/* What the host will have is not known yet: the profile is asked for. */
	has(unit_of(d, said, NULL), " --security-opt=apparmor=shop-profile ");
	refuses(d, "apparmor: \"a b\"", "apparmor: the name of a profile");
	refuses(d, "selinux: {type: \"a b\"}", "type: a part of an SELinux label");
	refuses(d, "selinux: {typ: a}", "did you mean \"type\"?");
	refuses(d, "selinux: enabled", "selinux: disable, or a mapping");
}

static void
what_only_containers_have_is_refused_for_a_binary(void **state)
{
	struct desk *d = *state;

	desk_put(d, "x", "#!/bin/sh\n");
	assert_false(desk_load(d,
	    "apps: {a: {binary: x, network: bridge, sandbox: {capabilities: [CHOWN], seccomp: "
	    "unconfined, no_new_privileges: false}}}\n"));
	assert_non_null(strstr(buf_text(&d->said), ": seccomp: only a container has this"));
	assert_non_null(strstr(buf_text(&d->said), ": network: a binary has the host's network"));
	assert_non_null(strstr(
	    buf_text(&d->said), ": sandbox: no_new_privileges: not supported yet where a binary"));
	assert_true(
	    desk_load(d, "apps: {a: {binary: x, sandbox: {capabilities: [], seccomp: default, "
			 "read_only: true}}}\n"));
}

/* The unit of an app that says all this beside its image. */
static const struct resource *
app_of(struct desk *d, const char *rest, const char *tasks)
{
	autofree char *text =
	    xasprintf("apps: {shop: {image: localhost/shop:1, %s}}\ntasks: [%s]\n", rest, tasks);

	d->facts.fact = NULL;
	if (!desk_desire(d, text))
		fail_msg("%s: %s", rest, buf_text(&d->said));
	return desk_wanted(d, "unit shop-0.service");
}

static void
an_app_stands_in_the_network_that_it_says(void **state)
{
	struct desk *d = *state;
	const struct resource *r = app_of(d, "network: none", "");

	has(r, " --network=none ");
	assert_null(r->notes);
	r = app_of(d, "network: bridge, ports: {http: 80}", "");
	has(r, " --network=bridge \\\n  --publish=0.0.0.0:80:80/tcp ");
	assert_null(r->look[1]);
	lacks(app_of(d, "ports: {http: 80}", ""), "--network");
}

static void
in_the_network_of_the_host_an_app_opens_its_ports_itself(void **state)
{
	struct desk *d = *state;
	const struct resource *r;

	app_of(
	    d, "network: host, replicas: 2, ports: {http: {container: 80, bind: 127.0.0.1}}", "");
	r = desk_wanted(d, "unit shop-1.service");
	has(r, " --network=host ");
	has(r, " --env=PORT_HTTP=81 ");
	has(r, " --env=PORT=81 ");
	lacks(r, "--publish");
	assert_string_equal(r->notes[0], "listens on port 81 of the host (http of shop)");
	assert_string_equal(
	    r->notes[1], "not enforced: bind of http of shop: 127.0.0.1 (network: host)");
	assert_non_null(strstr(r->notes[2], "stop-first"));
	assert_string_equal(r->notes[3],
	    "opened: shop has the host's network: it may open any port there and reach what the "
	    "host reaches");
	assert_null(r->notes[4]);
	assert_non_null(
	    strstr(desk_wanted(d, "file /etc/drover/apps/shop/resources-1.json")->content,
		"\"network\":\"host\",\"ports\":{\"http\":{\"protocol\":\"tcp\",\"container\":81,"
		"\"host\":81,"));
}

static void
a_network_of_a_task_is_made_before_the_app_that_stands_in_it(void **state)
{
	struct desk *d = *state;
	const struct resource *r =
	    app_of(d, "network: back", "{file: {path: /a, content: a}}, {network: back}");
	size_t network = 0, unit = 0, file = 0;

	has(r, " --network=back ");
	assert_null(r->look[1]);
	for (size_t i = 0; i < d->count; i++) {
		network = str_eq(d->want[i]->id, "network back") ? i : network;
		unit = d->want[i] == r ? i : unit;
		file = str_eq(d->want[i]->id, "file /a") ? i : file;
	}
	assert_true(network < unit && unit < file);
	/* Where no app needs it, it stays where it was written. */
	app_of(d, "network: bridge", "{file: {path: /a, content: a}}, {network: back}");
	assert_string_equal(d->want[d->count - 1]->id, "network back");
}

static void
a_network_that_nobody_makes_must_be_on_the_host(void **state)
{
	struct desk *d = *state;
	const struct resource *r = app_of(d, "network: hots",
	    "{network: {name: hots, state: "
	    "absent}}");
	struct found f = { .said = "nonetwork\n" };
	const struct plan *p = plan_make(d->arena, &d->host, &r, &f, 1);

	assert_string_equal(r->look[1], "hots");
	assert_non_null(p->refused);
	assert_non_null(strstr(p->refused, "the host has no network hots; did you mean host?"));
	f.said = "";
	assert_null(plan_make(d->arena, &d->host, &r, &f, 1)->refused);
}

static void
ports_that_no_network_carries_are_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "apps:\n"
				  "  a: {image: localhost/a, network: none, ports: {http: 80}}\n"
				  "  b: {image: localhost/b, network: host, ports: {web: "
				  "{container: 80, host: 81}}}\n"
				  "  c: {image: localhost/c, network: pasta}\n"
				  "  d: {image: localhost/d, network: \"a:b\"}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:50: ports: with network: none nobody can reach http\n"
	    "shop.yaml:3:50: ports: with network: host there is only one web: container and host "
	    "must be the same\n"
	    "shop.yaml:4:36: network: none, host, bridge or the name of a network is wanted here, "
	    "not \"pasta\"\n"
	    "shop.yaml:5:36: network: none, host, bridge or the name of a network is wanted here, "
	    "not \"a:b\"\n");
}

/* What becomes of the ids of containers when the host says this of them. */
static const struct plan_step *
ids_of(struct desk *d, const char *said, const struct plan **ret)
{
	const struct resource *r = desk_wanted(d, "subids containers");
	struct found *f = arena_alloc(d->arena, sizeof(*f));

	f->said = said;
	*ret = plan_make(d->arena, &d->host, &r, f, 1);
	return &(*ret)->steps[0];
}

static void
users_of_its_own_come_out_of_ids_that_the_plan_gives_first(void **state)
{
	struct desk *d = *state;
	const struct plan *p;

	has(app_of(d, "sandbox: {user: auto}, replicas: 2", ""), " \\\n  --userns=auto ");
	assert_int_equal(d->count, 6);
	assert_string_equal(d->want[1]->id, "subids containers");
	desk_words_are(d->want[1]->look, "containers | auto");
	const struct plan_step *s = ids_of(d, "next 1879048192\n", &p);
	assert_string_equal(s->why, "1879048192-1895825407 for users and groups");
	desk_words_are(s->doing, "containers | 1879048192 | auto");
	assert_null(p->refused);
	s = ids_of(d, "subuid\nsubgid\nnext 1895825408\n", &p);
	assert_int_equal(s->class, PLAN_SAME);
	ids_of(d, "missing newuidmap\nsubuid\nsubgid\noldgroups\nnext 1\n", &p);
	assert_null(p->refused);
	ids_of(d, "subuid\nsubgid\nnext 1895825408\nnousers\n", &p);
	assert_non_null(strstr(p->refused, "the host's kernel makes no user namespaces"));
	ids_of(d, "next 1879048192\nmounted\n", &p);
	assert_non_null(strstr(p->refused, "where /sys/kernel is a mount"));
	lacks(app_of(d, "sandbox: {user: host}", ""), "--userns");
}

static void
files_that_its_own_users_could_not_use_are_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "apps:\n"
				  "  a:\n"
				  "    image: localhost/a\n"
				  "    files: {/a: {content: x, mode: 0640}, /b: {volume: v}, /c: "
				  "{content: x}}\n"
				  "    sandbox: {user: auto}\n"
				  "  b: {image: localhost/b, sandbox: {user: autos}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:4:13: files: /a: with sandbox: {user: auto} mode 0640 lets nobody in the "
	    "container read it: 0644 would\n"
	    "shop.yaml:4:43: files: /b: with sandbox: {user: auto} what it writes would be "
	    "of other users at each start: this is not supported yet\n"
	    "shop.yaml:6:43: user: no such word \"autos\"; did you mean \"auto\"?\n");
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(who_says_nothing_may_do_nothing),
		with_desk(capabilities_are_added_by_name_and_said_in_the_plan),
		with_desk(a_capability_that_does_not_exist_is_refused_with_what_was_meant),
		with_desk(a_seccomp_profile_is_delivered_and_a_changed_one_restarts),
		with_desk(a_seccomp_profile_that_says_something_else_than_it_seems_is_refused),
		with_desk(what_is_opened_otherwise_is_said_in_the_plan),
		with_desk(labels_reach_podman_where_the_host_has_use_for_them),
		with_desk(what_only_containers_have_is_refused_for_a_binary),
		with_desk(an_app_stands_in_the_network_that_it_says),
		with_desk(in_the_network_of_the_host_an_app_opens_its_ports_itself),
		with_desk(a_network_of_a_task_is_made_before_the_app_that_stands_in_it),
		with_desk(a_network_that_nobody_makes_must_be_on_the_host),
		with_desk(ports_that_no_network_carries_are_refused),
		with_desk(users_of_its_own_come_out_of_ids_that_the_plan_gives_first),
		with_desk(files_that_its_own_users_could_not_use_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
