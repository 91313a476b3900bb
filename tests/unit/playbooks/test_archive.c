#include "playbooks/archive.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "playbooks/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static const char config[] = "{\"architecture\":\"amd64\"}";

static const char *
write_file(const struct buf *b)
{
	static char path[] = "build/test_archive.tar";
	struct err err;

	assert_int_equal(file_replace(path, b->data, b->len, 0644, &err), 0);
	return path;
}

static void
an_archive_tells_its_image_id_and_names(void **state)
{
	static const char manifest[] =
	    "[{\"Config\":\"abc.json\",\"RepoTags\":[\"localhost/a:1\",\"b:2\"],\"Layers\":[]}]";
	autobuf b = BUF_INIT(1U << 20);
	struct archive a;
	struct err err;
	char wanted[65];

	(void)state;
	tar_add(&b, "layer.tar", manifest, 20);
	tar_add(&b, "abc.json", config, strlen(config));
	tar_add(&b, "manifest.json", manifest, strlen(manifest));
	tar_end(&b);
	assert_int_equal(archive_read(write_file(&b), &a, &err), 0);
	digest_hex(config, strlen(config), wanted);
	assert_string_equal(a.id, wanted);
	assert_int_equal(a.size, b.len);
	assert_int_equal(a.tag_count, 2);
	assert_string_equal(a.tags[1], "b:2");
	archive_fini(&a);
}

static void
refused(const struct buf *b, const char *word)
{
	struct archive a;
	struct err err;

	assert_int_equal(archive_read(write_file(b), &a, &err), -1);
	assert_int_equal(err.kind, OUTCOME_INPUT);
	assert_non_null(strstr(err.text, word));
}

static void
what_is_no_archive_is_refused_by_name(void **state)
{
	autobuf text = BUF_INIT(1U << 20), gzip = BUF_INIT(64), oci = BUF_INIT(1U << 20);
	struct archive a;
	struct err err;

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_addc(&text, 'x');
	refused(&text, "not a tar archive");
	buf_add(&gzip, "\x1f\x8b\x08\0\0\0\0\0", 8);
	refused(&gzip, "compressed");
	tar_add(&oci, "oci-layout", "{}", 2);
	tar_end(&oci);
	refused(&oci, "docker-archive");
	assert_int_equal(archive_read("/nonexistent", &a, &err), -1);
	assert_int_equal(err.kind, OUTCOME_INPUT);
	assert_int_equal(archive_read("/dev/null", &a, &err), -1);
}

static void
a_cut_off_archive_is_refused_at_every_length(void **state)
{
	static const char manifest[] = "[{\"Config\":\"c\",\"RepoTags\":null}]";
	autobuf b = BUF_INIT(1U << 20);
	size_t whole;

	(void)state;
	tar_add(&b, "manifest.json", manifest, strlen(manifest));
	tar_add(&b, "c", config, strlen(config));
	whole = b.len;
	for (size_t n = 1; n < whole - 512 + strlen(config); n += 97) {
		struct buf cut = { .data = b.data, .len = n, .max = b.max };
		struct archive a;
		struct err err;

		assert_int_equal(archive_read(write_file(&cut), &a, &err), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_archive_tells_its_image_id_and_names),
		cmocka_unit_test(what_is_no_archive_is_refused_by_name),
		cmocka_unit_test(a_cut_off_archive_is_refused_at_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
