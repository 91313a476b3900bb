#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tar.h"
#include "playbooks/rootfs.h"
#include "tests/lib/desk.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A member of an archive, or its last header's fields by hand. */
struct member {
	enum tar_type type;
	const char *name, *what;
	unsigned mode;
	uint32_t uid, gid;
};

static void
add(struct buf *to, const struct member *m)
{
	static const char zeros[TAR_BLOCK];
	size_t n = m->type == TAR_FILE ? strlen(m->what) : 0;

	tar_header(to, &(struct tar_entry){ .type = m->type,
			   .name = m->name,
			   .target = m->what,
			   .mode = m->mode,
			   .size = n,
			   .mtime = 1700000000,
			   .uid = m->uid,
			   .gid = m->gid });
	buf_add(to, n ? m->what : "", n);
	buf_add(to, zeros, tar_padding(n));
}

static void
put(struct desk *d, const char *name, const void *data, size_t n)
{
	autofree char *path = file_join(d->dir, name);
	struct err err;

	assert_int_equal(file_replace(path, data, n, 0644, &err), 0);
}

/* The members as the archive a.tar beside the playbook. */
static void
put_archive(struct desk *d, const struct member *m, size_t count)
{
	autobuf b = BUF_INIT(1U << 20);

	for (size_t i = 0; i < count; i++)
		add(&b, &m[i]);
	for (size_t i = 0; i < 2 * TAR_BLOCK; i++)
		buf_addc(&b, '\0');
	put(d, "a.tar", b.data, b.len);
}

static int
list_entry(void *user, const struct tar_entry *e, struct err *err)
{
	static const char types[] = {
		[TAR_FILE] = 'f', [TAR_DIR] = 'd', [TAR_SYMLINK] = 'l', [TAR_LINK] = 'h'
	};

	(void)err;
	buf_addf(user, "%c %04o %u:%u %lld /%s", types[e->type], e->mode, e->uid, e->gid,
	    (long long)e->mtime, e->name);
	if (e->type == TAR_SYMLINK || e->type == TAR_LINK)
		buf_addf(user, " > %s", e->target);
	if (e->type == TAR_FILE)
		buf_adds(user, " = ");
	if (e->type != TAR_FILE)
		buf_addc(user, '\n');
	return 0;
}

static int
list_data(void *user, const void *p, size_t n, struct err *err)
{
	(void)err;
	buf_add(user, p, n);
	return 0;
}

static int
list_end(void *user, struct err *err)
{
	(void)err;
	buf_addc(user, '\n');
	return 0;
}

/* What was made of it, a line a member; or why nothing was. */
static void
reads_as(struct desk *d, const char *path, const char *expected)
{
	static const struct tar_listener listener = { list_entry, list_data, list_end };
	const struct tar_limits limits = { .bytes = 1 << 20, .entries = 1000, .whole = true };
	autobuf archive = BUF_INIT(ROOTFS_ARCHIVE_MAX), said = BUF_INIT(1U << 16);
	struct err err = { .kind = OUTCOME_OK };
	size_t used = 0;

	if (rootfs_read(d->dir, path, &archive, &err) < 0) {
		assert_true(err.kind == OUTCOME_INPUT || err.kind == OUTCOME_REFUSED);
		assert_string_equal(err.text, expected);
		return;
	}
	struct tar_reader *tar = tar_reader_new(&limits, &listener, &said);

	assert_int_equal(tar_feed(tar, archive.data, archive.len, &used, &err), 1);
	assert_int_equal(used, archive.len);
	tar_reader_free(tar);
	assert_string_equal(buf_text(&said), expected);
}

static void
make(struct desk *d, const char *name, const char *text, mode_t mode)
{
	autofree char *path = file_join(d->dir, name);

	if (text)
		desk_put(d, name, text);
	else
		assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
lead(struct desk *d, const char *name, const char *target)
{
	autofree char *path = file_join(d->dir, name);

	assert_int_equal(symlink(target, path), 0);
}

static void
a_directory_is_roots_with_its_modes_and_links_and_no_times(void **state)
{
	struct desk *d = *state;
	static const char expected[] = "d 0755 0:0 1 /\n"
				       "d 0755 0:0 1 /bin\n"
				       "f 4755 0:0 1 /bin/a = run\n"
				       "h 0000 0:0 1 /bin/b > bin/a\n"
				       "l 0777 0:0 1 /bin/c > /bin/a\n"
				       "f 0640 0:0 1 /empty = \n"
				       "l 0777 0:0 1 /up > bin/../bin\n"
				       "d 1777 0:0 1 /x\n";

	make(d, "t", NULL, 0755);
	make(d, "t/x", NULL, 01777);
	make(d, "t/bin", NULL, 0755);
	make(d, "t/bin/a", "run", 04755);
	make(d, "t/empty", "", 0640);
	lead(d, "t/bin/c", "/bin/a");
	lead(d, "t/up", "bin/../bin");
	autofree char *a = file_join(d->dir, "t/bin/a");
	autofree char *b = file_join(d->dir, "t/bin/b");
	assert_int_equal(link(a, b), 0);
	reads_as(d, "t", expected);
	const struct timespec then[2] = { { 5000, 0 }, { 6000, 0 } };
	assert_int_equal(utimensat(AT_FDCWD, a, then, 0), 0);
	reads_as(d, "t", expected);
}

static void
an_archive_keeps_owners_modes_times_and_links(void **state)
{
	static const struct member members[] = {
		{ TAR_DIR, "", "", 0755, 0, 0 },
		{ TAR_FILE, "a/b/c", "text", 06711, 1000, 4000000000U },
		{ TAR_DIR, "a", "", 0700, 70000, 8 },
		{ TAR_LINK, "d", "a/b/c", 0644, 1000, 8 },
		{ TAR_LINK, "e", "d", 0644, 1000, 8 },
		{ TAR_SYMLINK, "l", "/../anywhere", 0777, 0, 0 },
		{ TAR_SYMLINK, "a/b/m", "../../l", 0777, 0, 0 },
	};
	struct desk *d = *state;

	put_archive(d, members, countof(members));
	reads_as(d, "a.tar",
	    "d 0755 0:0 1700000000 /\n"
	    "d 0755 0:0 1 /a\n"
	    "d 0755 0:0 1 /a/b\n"
	    "f 6711 1000:4000000000 1700000000 /a/b/c = text\n"
	    "d 0700 70000:8 1700000000 /a\n"
	    "h 0644 1000:8 1700000000 /d > a/b/c\n"
	    "h 0644 1000:8 1700000000 /e > d\n"
	    "l 0777 0:0 1700000000 /l > /../anywhere\n"
	    "l 0777 0:0 1700000000 /a/b/m > ../../l\n");
	/* Where it does not tell of its root, that is anybody's to enter. */
	put_archive(d, &members[1], 1);
	reads_as(d, "a.tar",
	    "d 0755 0:0 1 /\n"
	    "d 0755 0:0 1 /a\n"
	    "d 0755 0:0 1 /a/b\n"
	    "f 6711 1000:4000000000 1700000000 /a/b/c = text\n");
}

static void
what_would_leave_the_tree_is_refused_with_its_name(void **state)
{
	static const struct {
		struct member member;
		const char *why;
	} each[] = {
		{ { TAR_FILE, "../x", "", 0644, 0, 0 }, "a.tar: ../x: its name leads upwards" },
		{ { TAR_FILE, "a/../../x", "", 0644, 0, 0 },
		    "a.tar: a/../../x: its name leads upwards" },
		{ { TAR_FILE, "/etc/x", "", 0644, 0, 0 }, "a.tar: /etc/x: its name is absolute" },
		{ { TAR_FILE, "dir/link/x", "", 0644, 0, 0 },
		    "a.tar: dir/link/x: it stands in what is no directory" },
		{ { TAR_FILE, "file/x", "", 0644, 0, 0 },
		    "a.tar: file/x: it stands in what is no directory" },
		{ { TAR_SYMLINK, "dir/out", "../../etc", 0777, 0, 0 },
		    "a.tar: dir/out: the link leads out of the tree" },
		{ { TAR_SYMLINK, "dir/out", "a/../../../b", 0777, 0, 0 },
		    "a.tar: dir/out: the link leads out of the tree" },
		{ { TAR_SYMLINK, "odd", "a\nb", 0777, 0, 0 },
		    "a.tar: odd: what the link leads to has a control character" },
		{ { TAR_LINK, "h", "../../etc/passwd", 0644, 0, 0 },
		    "a.tar: h: a hard link to what is not below" },
		{ { TAR_LINK, "h", "/etc/passwd", 0644, 0, 0 },
		    "a.tar: h: a hard link to what is not below" },
		{ { TAR_LINK, "h", "later", 0644, 0, 0 },
		    "a.tar: h: a hard link to what is no file before it" },
		{ { TAR_LINK, "h", "dir/link", 0644, 0, 0 },
		    "a.tar: h: a hard link to what is no file before it" },
		{ { TAR_LINK, "h", "dir", 0644, 0, 0 },
		    "a.tar: h: a hard link to what is no file before it" },
		{ { TAR_FILE, "file", "", 0644, 0, 0 }, "a.tar: file: it is there twice" },
		{ { TAR_DIR, "file", "", 0755, 0, 0 }, "a.tar: file: it is there twice" },
		{ { TAR_SYMLINK, "dir", "file", 0777, 0, 0 }, "a.tar: dir: it is there twice" },
		{ { TAR_FILE, "bell\a", "", 0644, 0, 0 },
		    "a.tar: bell\a: its name has control characters" },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < countof(each); i++) {
		const struct member members[] = {
			{ TAR_DIR, "dir", "", 0755, 0, 0 },
			{ TAR_SYMLINK, "dir/link", "/", 0777, 0, 0 },
			{ TAR_FILE, "file", "x", 0644, 0, 0 },
			each[i].member,
		};

		put_archive(d, members, countof(members));
		reads_as(d, "a.tar", each[i].why);
	}
}

/* Change the type in the first header of a.tar, and make its sum right. */
static void
retype(struct desk *d, char type)
{
	const struct member file = { TAR_FILE, "dev/x", "", 0644, 0, 0 };
	autobuf b = BUF_INIT(1U << 16);
	unsigned sum = 0;
	char text[8];

	add(&b, &file);
	b.data[156] = type;
	memset(b.data + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)b.data[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(b.data + 148, text, 7);
	put(d, "a.tar", b.data, b.len);
}

static void
what_no_tree_can_hold_is_refused_by_name(void **state)
{
	static const char packed[] = "\x1f\x8b\x08", zstd[] = "\x28\xb5\x2f\xfd";
	struct desk *d = *state;

	retype(d, '3');
	reads_as(d, "a.tar", "a.tar: dev/x: a device");
	retype(d, '4');
	reads_as(d, "a.tar", "a.tar: dev/x: a device");
	retype(d, '6');
	reads_as(d, "a.tar", "a.tar: dev/x: a named pipe");
	retype(d, 'S');
	reads_as(d, "a.tar", "a.tar: dev/x: a sparse file");
	put(d, "a.tar", packed, sizeof(packed));
	reads_as(d, "a.tar", "a.tar: compressed archives (gzip) are not supported yet: unpack it");
	put(d, "a.tar", zstd, sizeof(zstd));
	reads_as(d, "a.tar", "a.tar: compressed archives (zstd) are not supported yet: unpack it");
	put(d, "a.tar", "", 0);
	reads_as(d, "a.tar", "a.tar: the archive is cut off");
	put_archive(d, &(struct member){ TAR_DIR, "a", "", 0755, 0, 0 }, 1);
	reads_as(d, "a.tar", "a.tar: there is no file in it");
	desk_put(d, "a.tar", "not at all");
	reads_as(d, "a.tar", "a.tar: the archive is cut off");
	reads_as(d, "none", "none: No such file or directory");
	reads_as(d, "../x",
	    "../x leads out of the playbook's directory: keep the file beside the playbook or "
	    "below");
}

static void
an_archive_that_is_cut_off_anywhere_is_none(void **state)
{
	const struct member members[] = {
		{ TAR_DIR, "dir", "", 0755, 0, 0 },
		{ TAR_FILE, "dir/file", "x", 0644, 0, 0 },
	};
	struct desk *d = *state;
	struct err err;
	size_t len;

	put_archive(d, members, countof(members));
	autofree char *path = file_join(d->dir, "a.tar");
	autofree char *whole = file_read(path, 1 << 20, &len, &err);
	assert_non_null(whole);
	for (size_t n = 0; n < len; n += 100) {
		put(d, "a.tar", whole, n);
		reads_as(d, "a.tar", "a.tar: the archive is cut off");
	}
}

/* A pax record in front of a file. */
static void
put_pax(struct desk *d, const char *record)
{
	autobuf b = BUF_INIT(1U << 16);
	const struct member file = { TAR_FILE, "bin/ping", "x", 0755, 0, 0 };
	struct member head = { TAR_FILE, "pax", record, 0644, 0, 0 };
	unsigned sum = 0;
	char text[8];

	add(&b, &head);
	b.data[156] = 'x';
	memset(b.data + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)b.data[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(b.data + 148, text, 7);
	add(&b, &file);
	for (size_t i = 0; i < 2 * TAR_BLOCK; i++)
		buf_addc(&b, '\0');
	put(d, "a.tar", b.data, b.len);
}

static void
what_pax_says_of_owners_counts_and_of_attributes_is_refused(void **state)
{
	struct desk *d = *state;

	put_pax(d, "17 uid=300000000\n");
	reads_as(d, "a.tar",
	    "d 0755 0:0 1 /\n"
	    "d 0755 0:0 1 /bin\n"
	    "f 0755 300000000:0 1700000000 /bin/ping = x\n");
	put_pax(d, "10 uid=-1\n");
	reads_as(d, "a.tar", "a.tar: the archive: a pax header has no sound owner");
	put_pax(d, "36 SCHILY.xattr.security.capability\n");
	reads_as(d, "a.tar", "a.tar: the archive: a pax header cannot be read");
	put_pax(d, "38 SCHILY.xattr.security.capability=x\n");
	reads_as(d, "a.tar", "a.tar: bin/ping: it has extended attributes, which cannot be kept");
}

static void
a_tree_that_is_too_large_is_refused_before_it_is_read(void **state)
{
	struct desk *d = *state;

	make(d, "t", NULL, 0755);
	make(d, "t/big", "", 0644);
	autofree char *path = file_join(d->dir, "t/big");
	assert_int_equal(truncate(path, (off_t)ROOTFS_MAX + 1), 0);
	reads_as(d, "t", "t holds more than 64 MiB");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_directory_is_roots_with_its_modes_and_links_and_no_times, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    an_archive_keeps_owners_modes_times_and_links, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(what_would_leave_the_tree_is_refused_with_its_name,
		    desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_no_tree_can_hold_is_refused_by_name, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    an_archive_that_is_cut_off_anywhere_is_none, desk_set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_pax_says_of_owners_counts_and_of_attributes_is_refused, desk_set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_tree_that_is_too_large_is_refused_before_it_is_read, desk_set_up,
		    desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
