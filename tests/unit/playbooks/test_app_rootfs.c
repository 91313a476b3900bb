#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "tests/lib/desk.h"
#include "tests/lib/shop.h"
#include "tests/lib/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define PLACE "/usr/local/lib/drover/shop/0123456789abcdef"

static const char *const here[] = { "127.0.0.1", NULL };
static const struct app_port ports[] = {
	{ .name = "http", .container = 80, .host = 8080, .span = 1, .bind = here },
};
static const struct app_file files[] = {
	{ .path = "/data", .volume = "shop-data", .writable = true, .exported = true },
};
static const char *const command[] = { "/bin/serve", "a $b", NULL };
static const char *const args[] = { "--name", "50%", NULL };
static const struct app_binary archive = { .name = APP_ROOTFS_NAME,
	.content = "tar",
	.len = 3,
	.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };

static const struct app shop = {
	.name = "shop",
	.playbook = "shop",
	.host = "web1",
	.pet = true,
	.form = APP_ROOTFS,
	.binary = &archive,
	.replicas = 2,
	.port = ports,
	.port_count = 1,
	.file = files,
	.file_count = 1,
	.command = command,
	.args = args,
	.sandbox = { .read_only = true },
};

static const char golden[] = SHOP_UNIT
    "ExecStartPre=/usr/bin/flock " PLACE " /bin/sh -ec \"cd " PLACE
    "; [ ! -d root ] || exit 0; rm -rf .root; mkdir .root; "
    "tar -xpf rootfs.tar --numeric-owner -C .root; sync -f .root; mv -T .root root\"\n" SHOP_STARTS
    "  --cap-drop=all --security-opt=no-new-privileges --read-only \\\n"
    "  --publish=127.0.0.1:8081:80/tcp \\\n" SHOP_TOLD "  --env=DROVER_WRITES=/data \\\n"
    "  --env=PORT_HTTP=80 \\\n"
    "  --env=PORT=80 \\\n"
    "  --rootfs " PLACE "/root:O /bin/serve \"a $$b\" --name \"50%%\"\n" SHOP_STOPS "\n"
    "[Install]\n"
    "WantedBy=multi-user.target\n";

static void
a_replica_is_a_container_over_the_tree(void **state)
{
	struct arena *a = arena_new();
	const struct resource *r = shop_resource(&shop, a, "unit shop-1.service");

	(void)state;
	assert_string_equal(r->content, golden);
	assert_null(r->image);
	assert_false(r->native);
	assert_string_equal(r->look[0], "shop-1");
	assert_string_equal(r->exports[0], "shop-data");
	arena_free(a);
}

static void
its_archive_stands_under_its_digest_for_root_alone_and_a_new_one_restarts_it(void **state)
{
	struct arena *a = arena_new();
	struct app_binary next = archive;
	struct app changed = shop;
	const struct resource *r = shop_resource(&shop, a, "file " PLACE "/" APP_ROOTFS_NAME);
	const struct resource *before = shop_resource(&shop, a, "unit shop-0.service"), *after;

	(void)state;
	assert_int_equal(r->mode, 0600);
	assert_string_equal(r->app, "shop");
	assert_string_equal(r->digest, archive.digest);
	assert_int_equal(r->content_len, 3);
	memset(next.digest, 'f', 64);
	changed.binary = &next;
	after = shop_resource(&changed, a, "unit shop-0.service");
	assert_string_not_equal(before->config_digest, after->config_digest);
	assert_string_not_equal(before->digest, after->digest);
	arena_free(a);
}

static void
args_alone_are_what_is_run(void **state)
{
	struct arena *a = arena_new();
	struct app plain = shop;

	(void)state;
	plain.command = NULL;
	assert_non_null(strstr(shop_resource(&plain, a, "unit shop-0.service")->content,
	    "--rootfs " PLACE "/root:O --name \"50%%\"\n"));
	arena_free(a);
}

static void
systemd_accepts_the_unit_without_a_word(void **state)
{
	(void)state;
	verify_unit(golden, "/usr/bin/podman", "/usr/bin/true");
}

static void
a_directory_beside_the_playbook_is_wanted_under_its_digest(void **state)
{
	struct desk *d = *state;
	autofree char *tree = xasprintf("%s/tree", d->dir);
	const struct resource *unit, *file;
	char hex[DIGEST_HEX];

	assert_int_equal(mkdir(tree, 0755), 0);
	desk_put(d, "tree/serve", "x");
	assert_true(desk_desire(d, "apps: {shop: {rootfs: ./tree, command: [/serve]}}\n"));
	unit = desk_wanted(d, "unit shop-0.service");
	file = NULL;
	for (size_t i = 0; i < d->count; i++)
		if (d->want[i]->path && str_ends(d->want[i]->path, "/" APP_ROOTFS_NAME))
			file = d->want[i];
	assert_non_null(file);
	assert_int_equal(file->content_len % 512, 0);
	digest_hex(file->content, file->content_len, hex);
	assert_string_equal(file->digest, hex);
	autofree char *place =
	    xasprintf("--rootfs /usr/local/lib/drover/shop/%.16s/root:O /serve\n", hex);
	assert_non_null(strstr(unit->content, place));
	assert_string_equal(file->app, "shop");
}

static void
mistakes_about_a_root_file_system_are_told_at_their_place(void **state)
{
	struct desk *d = *state;
	autofree char *tree = xasprintf("%s/tree", d->dir);
	autofree char *empty = xasprintf("%s/empty", d->dir);

	assert_int_equal(mkdir(tree, 0755), 0);
	assert_int_equal(mkdir(empty, 0755), 0);
	desk_put(d, "tree/serve", "#!/bin/sh\n");
	desk_put(d, "tree/tar", "x");
	assert_false(
	    desk_load(d, "apps:\n"
			 "  a: {rootfs: tree, image: localhost/a:1, command: [/serve]}\n"
			 "  b: {rootfs: tree}\n"
			 "  c: {rootfs: none, command: [/serve]}\n"
			 "  d: {rootfs: ../tree, command: [/serve]}\n"
			 "  e: {rootfs: empty, command: [/serve]}\n"
			 "  f: {rootfs: tree/tar, command: [/serve]}\n"
			 "  g: {rootfs: tree, command: [/serve], as: deploy}\n"
			 "  h: {rootfs: tree, command: [/serve], sandbox: {user: auto}}\n"
			 "  i: {rootfs: tree, command: [/serve], sandbox: {relax: [UMask]}}\n"
			 "  j: {rootfs: \"{{ tree }}\", command: [/serve]}\n"
			 "  k: {rootfs: tree, binary: tree/serve}\n"
			 "  l: {rootfs: [tree], command: [/serve]}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:2:15: app a: only one of image, binary and rootfs\n"
	    "shop.yaml:3:15: rootfs: a root file system does not say what is to run: give command\n"
	    "shop.yaml:4:15: rootfs: none: No such file or directory\n"
	    "shop.yaml:5:15: rootfs: ../tree leads out of the playbook's directory: keep the file "
	    "beside the playbook or below\n"
	    "shop.yaml:6:15: rootfs: empty: there is no file in it\n"
	    "shop.yaml:7:15: rootfs: tree/tar: the archive is cut off\n"
	    "shop.yaml:8:44: as: a root file system of a user's own is not supported yet: what "
	    "lies in it would be nobody's to their podman\n"
	    "shop.yaml:9:56: user: auto is not supported yet beside rootfs: what lies in it would "
	    "be nobody's in the container\n"
	    "shop.yaml:10:58: relax: only the unit of a binary has these directives\n"
	    "shop.yaml:11:15: rootfs: no template can stand here\n"
	    "shop.yaml:12:15: app k: only one of image, binary and rootfs\n"
	    "shop.yaml:13:15: rootfs: a text is wanted here, not a list\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replica_is_a_container_over_the_tree),
		cmocka_unit_test(
		    its_archive_stands_under_its_digest_for_root_alone_and_a_new_one_restarts_it),
		cmocka_unit_test(args_alone_are_what_is_run),
		cmocka_unit_test(systemd_accepts_the_unit_without_a_word),
		cmocka_unit_test_setup_teardown(
		    a_directory_beside_the_playbook_is_wanted_under_its_digest, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    mistakes_about_a_root_file_system_are_told_at_their_place, desk_set_up,
		    desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
