#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"
#include "tests/lib/shop.h"
#include "tests/lib/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define SCRIPT "#!/bin/sh\nexec sleep 1000\n"

static const char *const here[] = { "127.0.0.1", NULL };
static const struct app_port ports[] = {
	{ .name = "http", .container = 8080, .host = 8080, .span = 1, .bind = here },
};
static const struct app_env env[] = { { "GREETING", "50% of \"$HOME\"\nUser=root" } };
static const struct app_file files[] = {
	{ .path = "/etc/shop.toml", .content = "a = 1\n", .len = 6, .mode = 0644 },
	{ .path = "/data", .volume = "shop-data", .writable = true },
	{ .path = "/etc/hosts", .content = "", .mode = 0644 },
	{ .path = "/srv/a $b", .content = "", .mode = 0644 },
};
static const char *const args[] = { "--name", "a $b", NULL };
static const struct app_binary binary = { .name = "shop",
	.content = SCRIPT,
	.len = sizeof(SCRIPT) - 1,
	.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };

static const struct app shop = {
	SHOP_MEMBERS(ports, env, files, args),
	.form = APP_BINARY,
	.binary = &binary,
};

static const char golden[] =
    "# Made by drover from playbook shop, app shop: the next apply undoes what is changed here.\n"
    "[Unit]\n"
    "Description=shop, replica 1\n"
    "Wants=network-online.target\n"
    "After=network-online.target\n"
    "StartLimitIntervalSec=60\n"
    "StartLimitBurst=5\n"
    "\n"
    "[Service]\n"
    "Type=exec\n"
    "SyslogIdentifier=%N\n"
    "Restart=on-failure\n"
    "RestartSec=1\n"
    "TimeoutStartSec=60\n"
    "TimeoutStopSec=40\n"
    "CPUQuota=50%\n"
    "MemoryMax=268435456\n"
    "TasksMax=100\n"
    "ExecStart=/usr/local/lib/drover/shop/0123456789abcdef/shop --name \"a $$b\"\n"
    "Environment=DROVER_APP=shop\n"
    "Environment=DROVER_HOST=web1\n"
    "Environment=DROVER_REPLICA=1\n"
    "Environment=DROVER_RESOURCES=/run/drover/resources.json\n"
    "Environment=DROVER_LOG=stdout\n"
    "Environment=\"DROVER_READS=/etc/shop.toml:/etc/hosts:/srv/a $b\"\n"
    "Environment=DROVER_WRITES=/data\n"
    "Environment=DROVER_CPU=0.50\n"
    "Environment=DROVER_MEMORY=268435456\n"
    "Environment=DROVER_TASKS=100\n"
    "Environment=PORT_HTTP=8081\n"
    "Environment=PORT=8081\n"
    "Environment=\"GREETING=50%% of \\\"$HOME\\\"\\nUser=root\"\n"
    "User=drover-shop\n"
    "DynamicUser=yes\n"
    "RuntimeDirectory=drover-root/%N\n"
    "RuntimeDirectoryMode=0755\n"
    "RootDirectory=/run/drover-root/%N\n"
    "InaccessiblePaths=-+/run/drover-root/%N\n"
    "MountAPIVFS=yes\n"
    "BindReadOnlyPaths=-/usr -/bin -/sbin -/lib -/lib32 -/lib64 -/etc/alternatives "
    "-/etc/ca-certificates -/etc/gai.conf -/etc/group -/etc/host.conf -/etc/hostname "
    "-/etc/ld.so.cache -/etc/localtime -/etc/nsswitch.conf -/etc/passwd -/etc/pki "
    "-/etc/protocols -/etc/resolv.conf -/etc/services -/etc/ssl -/etc/timezone "
    "-/run/systemd/journal/dev-log -/run/systemd/journal/socket -/run/systemd/journal/stdout\n"
    "BindReadOnlyPaths=/usr/local/lib/drover/shop/0123456789abcdef\n"
    "BindReadOnlyPaths=/etc/drover/apps/shop/files/etc/shop.toml:/etc/shop.toml\n"
    "StateDirectory=drover-apps/shop/shop-data\n"
    "BindPaths=/var/lib/private/drover-apps/shop/shop-data:/data\n"
    "BindReadOnlyPaths=/etc/drover/apps/shop/files/etc/hosts:/etc/hosts\n"
    "BindReadOnlyPaths=\"/etc/drover/apps/shop/files/srv/a $b\":\"/srv/a $b\"\n"
    "StateDirectoryMode=0700\n"
    "UnsetEnvironment=STATE_DIRECTORY RUNTIME_DIRECTORY\n"
    "BindReadOnlyPaths=/etc/drover/apps/shop/resources-1.json:/run/drover/resources.json\n"
    "CapabilityBoundingSet=\n"
    "AmbientCapabilities=\n"
    "ProtectSystem=strict\n"
    "ProtectHome=yes\n"
    "PrivateTmp=yes\n"
    "PrivateDevices=yes\n"
    "ProtectProc=invisible\n"
    "ProcSubset=pid\n"
    "NoNewPrivileges=yes\n"
    "SystemCallFilter=@system-service\n"
    "SystemCallArchitectures=native\n"
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n"
    "RestrictNamespaces=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "LockPersonality=yes\n"
    "MemoryDenyWriteExecute=yes\n"
    "ProtectKernelTunables=yes\n"
    "ProtectKernelModules=yes\n"
    "ProtectKernelLogs=yes\n"
    "ProtectControlGroups=yes\n"
    "ProtectClock=yes\n"
    "ProtectHostname=yes\n"
    "UMask=0077\n"
    "SystemCallErrorNumber=EPERM\n"
    "SocketBindAllow=tcp:8081\n"
    "SocketBindDeny=any\n"
    "\n"
    "[Install]\n"
    "WantedBy=multi-user.target\n";

static bool
has_note(const struct resource *r, const char *note)
{
	for (const char *const *n = r->notes; *n; n++)
		if (str_eq(*n, note))
			return true;
	return false;
}

static void
a_replica_is_a_unit_in_a_sandbox(void **state)
{
	struct arena *a = arena_new();
	const struct resource *r = shop_resource(&shop, a, "unit shop-1.service");

	(void)state;
	assert_string_equal(r->content, golden);
	assert_null(r->image);
	assert_true(r->native);
	assert_true(has_note(r, "publishes 127.0.0.1:8081 (http of shop)"));
	assert_string_equal(r->look[0], "shop-1.service");
	assert_string_equal(r->look[1], r->digest);
	assert_string_equal(r->look[3], "[Unit]");
	for (size_t i = 0; r->look[i]; i++)
		assert_true(*r->look[i] && !strchr(r->look[i], '\n'));
	arena_free(a);
}

/* The file of the program that the app has now, by its own digest. */
static const struct resource *
program_of(const struct app *app, struct app_binary *b, const char *content, struct arena *a)
{
	b->content = content;
	b->len = strlen(content);
	digest_hex(content, b->len, b->digest);
	return shop_resource(
	    app, a, arena_printf(a, "file /usr/local/lib/drover/shop/%.16s/shop", b->digest));
}

static void
its_program_stands_under_its_digest_and_a_new_one_restarts_it(void **state)
{
	struct arena *a = arena_new();
	struct app_binary one = binary, other = binary;
	struct app first = shop, changed = shop;

	(void)state;
	first.binary = &one;
	changed.binary = &other;
	const struct resource *r = program_of(&first, &one, SCRIPT, a);
	assert_int_equal(r->mode, 0755);
	assert_string_equal(r->content, SCRIPT);
	assert_string_equal(r->digest, one.digest);
	r = program_of(&changed, &other, SCRIPT "exit 1\n", a);
	assert_string_equal(r->digest, other.digest);
	assert_string_not_equal(one.digest, other.digest);
	assert_string_not_equal(shop_resource(&first, a, "unit shop-0.service")->config_digest,
	    shop_resource(&changed, a, "unit shop-0.service")->config_digest);
	arena_free(a);
}

static void
it_is_told_the_ports_of_the_host_which_are_its_own(void **state)
{
	struct arena *a = arena_new();
	const struct resource *r =
	    shop_resource(&shop, a, "file /etc/drover/apps/shop/resources-1.json");

	(void)state;
	assert_non_null(strstr(r->content, "\"http\":{\"protocol\":\"tcp\",\"container\":8081,"
					   "\"host\":8081,\"count\":1,\"bind\":[\"127.0.0.1\"]"));
	arena_free(a);
}

static void
how_it_is_started_stopped_and_listens_stands_in_the_unit(void **state)
{
	static const struct app_port ranges[] = {
		{ .name = "media", .container = 8000, .host = 8000, .span = 11, .bind = here },
		{ .name = "dns",
		    .container = 53,
		    .host = 53,
		    .span = 1,
		    .udp = true,
		    .bind = here },
	};
	struct arena *a = arena_new();
	struct app app = shop;

	(void)state;
	app.life =
	    (struct app_life){ .restart = "always", .stop_signal = "SIGINT", .stop_ms = 90000 };
	app.port = ranges;
	app.port_count = 2;
	const char *text = shop_resource(&app, a, "unit shop-1.service")->content;
	assert_non_null(strstr(text, "\nRestart=always\n"));
	assert_non_null(strstr(text, "\nTimeoutStopSec=90\nKillSignal=SIGINT\n"));
	assert_non_null(strstr(text, "\nSocketBindAllow=tcp:8011-8021\nSocketBindAllow=udp:54\n"));
	assert_non_null(strstr(text, "\nEnvironment=PORT_MEDIA_LAST=8021\n"));
	arena_free(a);
}

static void
what_it_is_given_of_the_host_stands_in_the_unit(void **state)
{
	static const char *const capability[] = { "NET_BIND_SERVICE", "SYS_TIME", NULL };
	static const struct app_file given[] = {
		{ .path = "/data", .volume = "d", .writable = true },
		{ .path = "/in", .dir = "/srv/a b" },
		{ .path = "/out", .dir = "/srv/out", .writable = true },
		{ .path = "/scratch", .tmpfs = 1 << 20, .writable = true },
	};
	struct arena *a = arena_new();
	struct app app = shop;

	(void)state;
	app.file = given;
	app.file_count = countof(given);
	app.sandbox.capability = capability;
	app.network = "none";
	app.life = (struct app_life){ .user = "1000:100", .workdir = "/data" };
	const struct resource *r = shop_resource(&app, a, "unit shop-1.service");
	assert_non_null(strstr(r->content, "\nUser=1000\nGroup=100\n"));
	assert_null(strstr(r->content, "DynamicUser"));
	assert_non_null(strstr(r->content,
	    "\nStateDirectory=drover-apps/shop/d\nBindPaths=/var/lib/drover-apps/shop/d:/data\n"));
	assert_non_null(strstr(r->content, "\nBindReadOnlyPaths=\"/srv/a b\":/in\n"));
	assert_non_null(strstr(r->content, "\nBindPaths=/srv/out:/out\n"));
	assert_non_null(
	    strstr(r->content, "\nTemporaryFileSystem=/scratch:size=1048576,mode=1777\n"));
	assert_non_null(
	    strstr(r->content, "\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SYS_TIME\n"
			       "AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_SYS_TIME\n"));
	assert_non_null(strstr(r->content, "\nPrivateNetwork=yes\n"));
	assert_non_null(strstr(r->content, "\nWorkingDirectory=/data\n"));
	assert_true(has_note(r, "opened: shop has the capabilities NET_BIND_SERVICE, SYS_TIME"));
	verify_unit(r->content, "/usr/local/lib/drover/shop/0123456789abcdef/shop ", "/bin/true");
	arena_free(a);
}

static void
what_only_containers_have_is_refused(void **state)
{
	static const struct {
		const char *fields, *said;
	} cases[] = {
		{ "labels: {a: b}", "labels: not supported yet where a binary is what runs\n" },
		{ "network: bridge",
		    "network: a binary has the host's network, or none: bridge is podman's\n" },
		{ "sandbox: {seccomp: unconfined}",
		    "seccomp: only a container has this: the sandbox" },
	};
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *text =
		    xasprintf("apps: {shop: {binary: ./serve, %s}}", cases[i].fields);

		assert_false(desk_load(d, text));
		if (!strstr(buf_text(&d->said), cases[i].said))
			fail_msg("%s: %s", text, buf_text(&d->said));
	}
}

static void
what_is_relaxed_is_left_out_and_said(void **state)
{
	static const char *const names[] = { "MemoryDenyWriteExecute", "SystemCallFilter",
		"SocketBindDeny", NULL };
	static const char *const all[] = { "DynamicUser", "RootDirectory", "ProtectSystem", NULL };
	struct arena *a = arena_new();
	struct app app = shop;
	const struct resource *r;

	(void)state;
	app.relaxed = names;
	r = shop_resource(&app, a, "unit shop-0.service");
	assert_null(strstr(r->content, "MemoryDenyWriteExecute"));
	assert_null(strstr(r->content, "SystemCallFilter"));
	assert_null(strstr(r->content, "SystemCallErrorNumber"));
	assert_null(strstr(r->content, "SocketBind"));
	assert_non_null(strstr(r->content, "\nDynamicUser=yes\n"));
	assert_true(has_note(r,
	    "sandbox of shop is relaxed: without MemoryDenyWriteExecute, SystemCallFilter, "
	    "SocketBindDeny"));
	app.relaxed = all;
	r = shop_resource(&app, a, "unit shop-0.service");
	assert_null(strstr(r->content, "\nUser="));
	assert_null(strstr(r->content, "DynamicUser"));
	assert_null(strstr(r->content, "RootDirectory"));
	assert_null(strstr(r->content, "ProtectSystem"));
	assert_null(strstr(r->content, "RuntimeDirectory="));
	assert_non_null(
	    strstr(r->content, "\nBindPaths=/var/lib/drover-apps/shop/shop-data:/data\n"));
	arena_free(a);
}

static void
what_a_host_cannot_enforce_is_said(void **state)
{
	struct arena *a = arena_new();
	struct app app = shop;

	(void)state;
	app.can = (struct app_host){ .features = "+PAM -BPF_FRAMEWORK", .cgroup = "v2" };
	assert_true(has_note(shop_resource(&app, a, "unit shop-0.service"),
	    "not enforced on this host: shop listening on its declared ports alone "
	    "(SocketBindDeny: its systemd was built without BPF_FRAMEWORK)"));
	app.can = (struct app_host){ .features = "+PAM +BPF_FRAMEWORK", .cgroup = "v1" };
	assert_true(has_note(shop_resource(&app, a, "unit shop-0.service"),
	    "not enforced on this host: shop listening on its declared ports alone "
	    "(SocketBindDeny: it has no cgroup v2)"));
	app.can = (struct app_host){ .features = "+PAM +BPF_FRAMEWORK", .cgroup = "v2" };
	for (const char *const *n = shop_resource(&app, a, "unit shop-0.service")->notes; *n; n++)
		assert_null(strstr(*n, "not enforced"));
	arena_free(a);
}

static void
a_long_name_still_makes_a_user(void **state)
{
	struct arena *a = arena_new();
	struct app app = shop;
	const char *user;

	(void)state;
	app.name = "a-name-of-forty-eight-bytes-that-no-user-can-hav";
	user = strstr(shop_resource(&app, a,
			  "unit a-name-of-forty-eight-bytes-that-no-user-can-hav-0.service")
			  ->content,
	    "\nUser=drover-");
	assert_non_null(user);
	assert_true(strcspn(user + strlen("\nUser="), "\n") <= 31);
	arena_free(a);
}

/* What systemd thinks of the text; the program and the places need not be here. */
static void
systemd_accepts_the_unit_without_a_word(void **state)
{
	(void)state;
	verify_unit(golden, "/usr/local/lib/drover/shop/0123456789abcdef/shop ", "/bin/true");
}

static void
a_binary_beside_the_playbook_is_wanted_under_its_digest(void **state)
{
	struct desk *d = *state;
	char hex[DIGEST_HEX];

	desk_put(d, "serve", SCRIPT);
	digest_hex(SCRIPT, sizeof(SCRIPT) - 1, hex);
	assert_true(
	    desk_desire(d, "apps: {shop: {binary: ./serve, ports: {http: 8080}, replicas: 2, "
			   "sandbox: {relax: [PrivateDevices]}}}\n"));
	autofree char *id = xasprintf("file /usr/local/lib/drover/shop/%.16s/serve", hex);
	assert_int_equal(desk_wanted(d, id)->content_len, sizeof(SCRIPT) - 1);
	const struct resource *r = desk_wanted(d, "unit shop-1.service");
	assert_null(strstr(r->content, "PrivateDevices"));
	assert_null(strstr(r->content, "podman"));
	for (size_t i = 0; i < d->count; i++)
		assert_int_not_equal(d->want[i]->kind, RESOURCE_IMAGE);
}

static void
mistakes_about_a_binary_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	desk_put(d, "serve", SCRIPT);
	desk_put(d, "text", "hello\n");
	desk_put(d, "-x", SCRIPT);
	assert_false(
	    desk_load(d, "apps:\n"
			 "  a: {replicas: 1}\n"
			 "  b: {binary: serve, image: localhost/b:1}\n"
			 "  c: {binary: text}\n"
			 "  d: {binary: none}\n"
			 "  e: {binary: ../serve}\n"
			 "  f: {binary: ./-x}\n"
			 "  g: {image: localhost/g:1, sandbox: {relax: [UMask]}}\n"
			 "  h: {binary: serve, command: [a]}\n"
			 "  i: {binary: serve, sandbox: {relax: [PrivateTemp]}}\n"
			 "  j: {binary: serve, sandbox: {relax: [PrivateTmp]}}\n"
			 "  k: {binary: serve, sandbox: {read_only: false}}\n"
			 "  l: {binary: serve, ports: {http: {container: 80, host: 81}}}\n"
			 "  m: {binary: serve, files: {/etc/m: {content: x, mode: 0600}}}\n"
			 "  n: {binary: serve, files: {/usr/m: {content: x}}}\n"
			 "  o: {binary: serve, files: {/etc: {volume: o}}}\n"
			 "  p: {binary: serve, files: {/tmp/p: {content: x}}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:3: app a: one of image, binary and rootfs is wanted here\n"
	    "shop.yaml:3:15: app b: only one of image, binary and rootfs\n"
	    "shop.yaml:4:15: binary: text is no program: neither ELF nor a script that begins with "
	    "#!\n"
	    "shop.yaml:5:15: binary: none: No such file or directory\n"
	    "shop.yaml:6:15: binary: ../serve leads out of the playbook's directory: keep the file "
	    "beside the playbook or below\n"
	    "shop.yaml:7:15: binary: the file's name may hold letters, digits and _ . + - and "
	    "begin "
	    "with neither . nor -, not \"-x\"\n"
	    "shop.yaml:8:47: relax: only the unit of a binary has these directives\n"
	    "shop.yaml:9:31: command: a binary is what is run itself: give it its args\n"
	    "shop.yaml:10:40: relax: \"PrivateTemp\" is no directive of the sandbox; did you mean "
	    "\"PrivateTmp\"?\n"
	    "shop.yaml:11:40: relax: PrivateTmp comes with DynamicUser: it goes only where that "
	    "goes too\n"
	    "shop.yaml:12:43: read_only: a binary writes to /tmp and its volumes alone: declare a "
	    "volume\n"
	    "shop.yaml:13:30: ports: a binary listens on the host itself: host can be no other "
	    "port "
	    "than container\n"
	    "shop.yaml:14:30: files: with mode 0600 m could not read it: it runs as a user of its "
	    "own\n"
	    "shop.yaml:15:30: files: nothing of a binary can stand there: /usr is the host's\n"
	    "shop.yaml:16:30: files: nothing of a binary can stand there: /etc/alternatives is the "
	    "host's\n"
	    "shop.yaml:17:30: files: nothing of a binary can stand there: /tmp is the host's\n");
}

static const char *
on_arm(void *user, const char *key)
{
	(void)user;
	return str_eq(key, "arch") ? "aarch64" : NULL;
}

static void
a_program_for_another_machine_is_refused_once_the_host_has_said_its_own(void **state)
{
	struct desk *d = *state;
	struct err err;
	size_t len;
	autofree char *self = file_read("/proc/self/exe", 64 << 20, &len, &err);
	autofree char *path = file_join(d->dir, "prog");

	assert_non_null(self);
	self[18] = 62; /* EM_X86_64 */
	self[19] = 0;
	assert_int_equal(file_replace(path, self, len, 0755, &err), 0);
	d->facts = (struct facts){ .fact = on_arm, .unknown_ok = true };
	assert_true(desk_desire(d, "apps: {shop: {binary: prog}}\n"));
	d->facts.unknown_ok = false;
	assert_false(desk_desire(d, "apps: {shop: {binary: prog}}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:1:23: binary: prog is a program for x86_64, and web1 is aarch64\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replica_is_a_unit_in_a_sandbox),
		cmocka_unit_test(its_program_stands_under_its_digest_and_a_new_one_restarts_it),
		cmocka_unit_test(it_is_told_the_ports_of_the_host_which_are_its_own),
		cmocka_unit_test(how_it_is_started_stopped_and_listens_stands_in_the_unit),
		cmocka_unit_test_setup_teardown(
		    what_only_containers_have_is_refused, desk_set_up, desk_tear_down),
		cmocka_unit_test(what_it_is_given_of_the_host_stands_in_the_unit),
		cmocka_unit_test(what_is_relaxed_is_left_out_and_said),
		cmocka_unit_test(what_a_host_cannot_enforce_is_said),
		cmocka_unit_test(a_long_name_still_makes_a_user),
		cmocka_unit_test(systemd_accepts_the_unit_without_a_word),
		cmocka_unit_test_setup_teardown(
		    a_binary_beside_the_playbook_is_wanted_under_its_digest, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    mistakes_about_a_binary_are_told_at_their_place, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_program_for_another_machine_is_refused_once_the_host_has_said_its_own,
		    desk_set_up, desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
