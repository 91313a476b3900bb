#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/unpack.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A directory to unpack in, with something beside it that must stay as it is. */
struct ground {
	char top[64];
	int fd;
	struct buf tar;
};

static int
set_up(void **state)
{
	struct ground *g = xcalloc(1, sizeof(*g));

	str_copy(g->top, sizeof(g->top), "/tmp/drover-unpack.XXXXXX");
	assert_non_null(mkdtemp(g->top));
	autofree char *in = xasprintf("%s/in", g->top);
	assert_int_equal(mkdir(in, 0700), 0);
	g->fd = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(g->fd >= 0);
	buf_init(&g->tar, SIZE_MAX);
	*state = g;
	return 0;
}

static int
tear_down(void **state)
{
	struct ground *g = *state;
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unpack_remove(tmp, g->top + 5);
	assert_int_equal(access(g->top, F_OK), -1);
	close(tmp);
	close(g->fd);
	buf_fini(&g->tar);
	free(g);
	return 0;
}

static void
add(struct ground *g, enum tar_type type, const char *name, const char *what)
{
	static const char zeros[TAR_BLOCK];
	size_t n = type == TAR_FILE ? strlen(what) : 0;
	const struct tar_entry e = { .type = type,
		.name = name,
		.target = type == TAR_SYMLINK ? what : NULL,
		.mode = type == TAR_DIR ? 0755 : 0644,
		.size = n };

	tar_header(&g->tar, &e);
	buf_add(&g->tar, what, n);
	buf_add(&g->tar, zeros, tar_padding(n));
}

/* Change the last header and make its sum right. */
static void
patch(struct ground *g, size_t at, const void *with, size_t n)
{
	unsigned char *h = (unsigned char *)g->tar.data + g->tar.len - TAR_BLOCK;
	unsigned sum = 0;
	char text[8];

	memcpy(h + at, with, n);
	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += h[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(h + 148, text, 7);
}

static int
unpack(struct ground *g, const struct tar_limits *limits, size_t piece, struct err *err)
{
	static const char zeros[2 * TAR_BLOCK];
	const struct tar_limits wide = { .bytes = 1 << 20, .entries = 100 };
	struct unpack *u = unpack_new(g->fd, limits ? limits : &wide);
	const char *first;
	int rc = 0;

	buf_add(&g->tar, zeros, sizeof(zeros));
	err->kind = OUTCOME_OK;
	for (size_t at = 0; rc == 0 && at < g->tar.len; at += piece) {
		size_t n = g->tar.len - at < piece ? g->tar.len - at : piece, used;

		rc = unpack_feed(u, g->tar.data + at, n, &used, err);
	}
	if (rc > 0)
		rc = (int)unpack_left_out(u, &first);
	unpack_free(u);
	return rc;
}

static void
refused(struct ground *g, const char *why)
{
	struct err err;

	assert_int_equal(unpack(g, NULL, 512, &err), -1);
	assert_int_equal(err.kind, OUTCOME_REFUSED);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	buf_clear(&g->tar);
}

static void
assert_content(const struct ground *g, const char *name, const char *content)
{
	autoclose int fd = openat(g->fd, name, O_RDONLY | O_CLOEXEC);
	char got[1024];
	ssize_t n = read(fd, got, sizeof(got));

	assert_int_equal(n, strlen(content));
	assert_memory_equal(got, content, strlen(content));
}

static void
what_is_written_is_read_however_it_is_cut(void **state)
{
	struct ground *g = *state;
	char name[300], part[101];
	struct err err;
	struct stat st;

	memset(part, 'n', 100);
	part[100] = '\0';
	snprintf(name, sizeof(name), "d/%s/%s", part, part);
	add(g, TAR_DIR, "", "");
	add(g, TAR_DIR, "d", "");
	*strrchr(name, '/') = '\0';
	add(g, TAR_DIR, name, "");
	name[strlen(name)] = '/';
	add(g, TAR_FILE, name, "long");
	add(g, TAR_FILE, "d/empty", "");
	add(g, TAR_FILE, "d/f", "content");
	add(g, TAR_SYMLINK, "d/link", "../d/f");
	assert_int_equal(unpack(g, NULL, 7, &err), 0);
	assert_content(g, name, "long");
	assert_content(g, "d/empty", "");
	assert_content(g, "d/link", "content");
	assert_int_equal(fstatat(g->fd, "d/f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void
names_that_lead_elsewhere_are_refused(void **state)
{
	struct ground *g = *state;

	add(g, TAR_FILE, "/etc/x", "x");
	refused(g, "absolute");
	add(g, TAR_FILE, "../x", "x");
	refused(g, "upwards");
	add(g, TAR_FILE, "a/../../x", "x");
	refused(g, "upwards");
	add(g, TAR_FILE, "a\nb", "x");
	refused(g, "control characters");
	add(g, TAR_FILE, "\033[2J", "x");
	refused(g, "control characters");
	add(g, TAR_FILE, "./", "x");
	refused(g, "no name");
	add(g, TAR_FILE, "missing/x", "x");
	refused(g, "not in a directory of the archive");
}

static void
nothing_is_written_through_a_link(void **state)
{
	struct ground *g = *state;
	struct err err;

	add(g, TAR_DIR, "d", "");
	add(g, TAR_SYMLINK, "in", "d");
	add(g, TAR_FILE, "in/x", "x");
	refused(g, "not in a directory of the archive");
	assert_int_equal(faccessat(g->fd, "d/x", F_OK, 0), -1);
	/* Those that lead out are not even made. */
	add(g, TAR_SYMLINK, "out", "..");
	add(g, TAR_SYMLINK, "passwd", "/etc/passwd");
	add(g, TAR_SYMLINK, "d2", "d/../../x");
	assert_int_equal(unpack(g, NULL, 512, &err), 3);
	assert_int_equal(faccessat(g->fd, "out", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	buf_clear(&g->tar);
	add(g, TAR_SYMLINK, "out", "..");
	add(g, TAR_FILE, "out/x", "x");
	refused(g, "not in a directory of the archive");
}

static void
a_link_that_somebody_puts_there_is_not_followed(void **state)
{
	struct ground *g = *state;

	assert_int_equal(symlinkat("..", g->fd, "planted"), 0);
	add(g, TAR_FILE, "planted/x", "x");
	refused(g, "not in a directory of the archive");
	add(g, TAR_FILE, "planted", "x");
	refused(g, "twice");
	autofree char *out = xasprintf("%s/x", g->top);
	assert_int_equal(access(out, F_OK), -1);
}

static void
names_given_twice_are_refused(void **state)
{
	struct ground *g = *state;

	add(g, TAR_FILE, "a", "1");
	add(g, TAR_FILE, "./a", "2");
	refused(g, "twice");
	add(g, TAR_SYMLINK, "b", "a");
	add(g, TAR_FILE, "b", "2");
	refused(g, "twice");
	add(g, TAR_FILE, "c", "1");
	add(g, TAR_DIR, "c", "");
	refused(g, "twice");
}

static void
kinds_that_are_no_files_are_refused(void **state)
{
	static const struct {
		char type;
		const char *why;
	} kinds[] = { { '1', "a hard link" }, { '3', "a device" }, { '4', "a device" },
		{ '6', "a named pipe" }, { 'S', "a sparse file" }, { 'M', "not known" },
		{ 'V', "not known" }, { 0x1b, "not known" } };
	struct ground *g = *state;

	for (size_t i = 0; i < countof(kinds); i++) {
		add(g, TAR_FILE, "x", "");
		patch(g, 156, &kinds[i].type, 1);
		refused(g, kinds[i].why);
	}
}

static void
set_user_id_does_not_come_along(void **state)
{
	struct ground *g = *state;
	struct err err;
	struct stat st;

	add(g, TAR_FILE, "x", "");
	patch(g, 100, "0006755", 8);
	assert_int_equal(unpack(g, NULL, 512, &err), 0);
	assert_int_equal(fstatat(g->fd, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
sizes_are_bounded(void **state)
{
	const struct tar_limits few = { .bytes = 100, .entries = 3 };
	struct ground *g = *state;
	struct err err;

	add(g, TAR_FILE, "x", "");
	patch(g, 124, "77777777777", 12);
	refused(g, "more bytes than may come");
	add(g, TAR_FILE, "y", "");
	patch(g, 124, "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	refused(g, "damaged");
	add(g, TAR_FILE, "z", "");
	patch(g, 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	refused(g, "damaged");
	for (int i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		add(g, TAR_FILE, name, "");
	}
	assert_int_equal(unpack(g, &few, 512, &err), -1);
	assert_non_null(strstr(err.text, "too many entries"));
}

static void
pax_headers_are_read_and_do_not_get_around_anything(void **state)
{
	struct ground *g = *state;
	struct err err;

	add(g, TAR_FILE, "pax", "18 path=d/../../x\n");
	g->tar.len -= TAR_BLOCK; /* patch the header, not the content */
	patch(g, 156, "x", 1);
	g->tar.len += TAR_BLOCK;
	add(g, TAR_FILE, "plain", "x");
	refused(g, "upwards");
	add(g, TAR_FILE, "pax", "15 path=by-pax\n");
	g->tar.len -= TAR_BLOCK;
	patch(g, 156, "x", 1);
	g->tar.len += TAR_BLOCK;
	add(g, TAR_FILE, "plain", "x");
	assert_int_equal(unpack(g, NULL, 512, &err), 0);
	assert_content(g, "by-pax", "x");
	buf_clear(&g->tar);
	add(g, TAR_FILE, "pax", "22 GNU.sparse.major=1\n");
	g->tar.len -= TAR_BLOCK;
	patch(g, 156, "x", 1);
	g->tar.len += TAR_BLOCK;
	refused(g, "sparse");
	add(g, TAR_FILE, "pax", "99999 path=x\n");
	g->tar.len -= TAR_BLOCK;
	patch(g, 156, "x", 1);
	g->tar.len += TAR_BLOCK;
	refused(g, "pax");
}

static void
what_is_no_archive_is_refused(void **state)
{
	struct ground *g = *state;
	char junk[TAR_BLOCK];

	memset(junk, 'j', sizeof(junk));
	buf_add(&g->tar, junk, sizeof(junk));
	refused(g, "not a tar archive");
	add(g, TAR_FILE, "x", "");
	g->tar.data[0] = 'y';
	refused(g, "not a tar archive");
}

static bool
stands(const struct ground *g, const char *name)
{
	return faccessat(g->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
links_that_lead_out_through_links_are_left_out(void **state)
{
	struct ground *g = *state;
	struct err err;

	add(g, TAR_DIR, "x", "");
	add(g, TAR_SYMLINK, "b", "x/a/../../etc/shadow"); /* before the other */
	add(g, TAR_SYMLINK, "x/a", "..");
	add(g, TAR_SYMLINK, "c", "x/a/../../etc/shadow"); /* and behind it */
	add(g, TAR_DIR, "x/y", "");
	add(g, TAR_DIR, "x/y/z", "");
	add(g, TAR_SYMLINK, "x/y/z/deep", "../../..");
	add(g, TAR_SYMLINK, "d", "x/y/z/deep/..");
	add(g, TAR_SYMLINK, "x/y/e", "z/deep/../in");
	assert_int_equal(unpack(g, NULL, 512, &err), 4);
	assert_true(stands(g, "x/a") && stands(g, "x/y/z/deep"));
	assert_false(stands(g, "b") || stands(g, "c") || stands(g, "d") || stands(g, "x/y/e"));
}

static void
a_link_made_by_others_is_looked_at_in_the_end(void **state)
{
	struct ground *g = *state;
	struct err err;

	assert_int_equal(symlinkat("..", g->fd, "planted"), 0);
	assert_int_equal(symlinkat("/etc", g->fd, "absolute"), 0);
	add(g, TAR_SYMLINK, "one", "two");
	add(g, TAR_SYMLINK, "two", "planted");
	add(g, TAR_SYMLINK, "three", "absolute/shadow");
	assert_int_equal(unpack(g, NULL, 512, &err), 3);
	assert_false(stands(g, "one") || stands(g, "two") || stands(g, "three"));
}

static void
links_that_lead_nowhere_stay_unless_through_others(void **state)
{
	struct ground *g = *state;
	struct err err;

	add(g, TAR_DIR, "d", "");
	add(g, TAR_FILE, "f", "x");
	add(g, TAR_SYMLINK, "d/gone", "../missing/x");
	add(g, TAR_SYMLINK, "under-file", "f/x");
	add(g, TAR_SYMLINK, "to-d", "d");
	add(g, TAR_SYMLINK, "through", "to-d/missing");
	add(g, TAR_SYMLINK, "again", "d/gone");
	add(g, TAR_SYMLINK, "l1", "l2");
	add(g, TAR_SYMLINK, "l2", "l1");
	/* Through and again; of the loop the first, then the other leads nowhere. */
	assert_int_equal(unpack(g, NULL, 512, &err), 3);
	assert_true(stands(g, "d/gone") && stands(g, "under-file") && stands(g, "to-d"));
	assert_false(stands(g, "through") || stands(g, "again") || stands(g, "l1"));
}

static void
a_long_chain_settles(void **state)
{
	struct ground *g = *state;
	struct err err;
	char name[16], target[16];

	for (int i = 0; i < 90; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(target, sizeof(target), "c%d", i + 1);
		add(g, TAR_SYMLINK, name, target);
	}
	assert_true(unpack(g, NULL, 512, &err) > 0);
	assert_true(stands(g, "c89"));
	assert_false(stands(g, "c0"));
}

static void
harmless_links_stay(void **state)
{
	struct ground *g = *state;
	struct err err;

	add(g, TAR_SYMLINK, "early", "lib/so");
	add(g, TAR_DIR, "usr", "");
	add(g, TAR_DIR, "usr/lib", "");
	add(g, TAR_SYMLINK, "lib", "usr/lib");
	add(g, TAR_SYMLINK, "usr/lib/so", "so.1");
	add(g, TAR_FILE, "usr/lib/so.1", "so");
	add(g, TAR_SYMLINK, "usr/lib/up", "../../lib/./so");
	add(g, TAR_SYMLINK, "usr/root", "..");
	assert_int_equal(unpack(g, NULL, 512, &err), 0);
	assert_content(g, "early", "so");
	assert_content(g, "usr/lib/up", "so");
	assert_content(g, "usr/root/lib/so", "so");
}

static void
modes_lose_what_the_umask_takes(void **state)
{
	struct ground *g = *state;
	mode_t was = umask(027);
	struct err err;
	struct stat st;
	int rc;

	add(g, TAR_FILE, "x", "");
	patch(g, 100, "0000777", 8);
	add(g, TAR_DIR, "d", "");
	patch(g, 100, "0002777", 8);
	rc = unpack(g, NULL, 512, &err);
	umask(was);
	assert_int_equal(rc, 0);
	assert_int_equal(fstatat(g->fd, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(fstatat(g->fd, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

int
main(void)
{
#define UNPACK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		UNPACK_TEST(what_is_written_is_read_however_it_is_cut),
		UNPACK_TEST(names_that_lead_elsewhere_are_refused),
		UNPACK_TEST(nothing_is_written_through_a_link),
		UNPACK_TEST(a_link_that_somebody_puts_there_is_not_followed),
		UNPACK_TEST(names_given_twice_are_refused),
		UNPACK_TEST(kinds_that_are_no_files_are_refused),
		UNPACK_TEST(set_user_id_does_not_come_along),
		UNPACK_TEST(sizes_are_bounded),
		UNPACK_TEST(pax_headers_are_read_and_do_not_get_around_anything),
		UNPACK_TEST(what_is_no_archive_is_refused),
		UNPACK_TEST(links_that_lead_out_through_links_are_left_out),
		UNPACK_TEST(a_link_made_by_others_is_looked_at_in_the_end),
		UNPACK_TEST(links_that_lead_nowhere_stay_unless_through_others),
		UNPACK_TEST(a_long_chain_settles),
		UNPACK_TEST(harmless_links_stay),
		UNPACK_TEST(modes_lose_what_the_umask_takes),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
