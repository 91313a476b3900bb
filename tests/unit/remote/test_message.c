#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "remote/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct buf
encoded(const struct message *m)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err err;

	assert_int_equal(message_encode(m, &b, &err), 0);
	assert_int_equal(message_length(b.data, b.len), b.len);
	return b;
}

static void
a_message_comes_back_as_it_went(void **state)
{
	struct message m, got;
	struct err err;

	(void)state;
	message_init(&m, MESSAGE_DATA_OUT, 7, 0xfffffffe);
	message_number(&m, FIELD_STREAM, 1);
	message_bytes(&m, FIELD_BYTES, "a\0b", 3);
	struct buf b = encoded(&m);
	assert_int_equal(message_decode(&got, b.data, b.len, MESSAGE_UP_WAY, &err), 0);
	assert_int_equal(got.type, MESSAGE_DATA_OUT);
	assert_int_equal(got.session, 7);
	assert_int_equal(got.channel, 0xfffffffe);
	assert_int_equal(message_get(&got, FIELD_STREAM), 1);
	assert_int_equal(got.value[FIELD_BYTES].len, 3);
	assert_memory_equal(got.value[FIELD_BYTES].bytes, "a\0b", 3);
	assert_false(message_has(&got, FIELD_STATUS));
	buf_fini(&b);
}

static void
a_text_is_a_string_on_the_other_side(void **state)
{
	struct message m, got;
	struct err err;
	char clean[8];

	(void)state;
	message_init(&m, MESSAGE_DOWN, 1, 0);
	message_text(&m, FIELD_KIND, "unknown");
	message_text(&m, FIELD_TEXT, "a\x1b[2Jb and more");
	struct buf b = encoded(&m);
	assert_int_equal(message_decode(&got, b.data, b.len, MESSAGE_UP_WAY, &err), 0);
	assert_string_equal(message_string(&got, FIELD_KIND), "unknown");
	assert_string_equal(message_string(&got, FIELD_PHASE), "");
	message_clean(&got, FIELD_TEXT, clean, sizeof(clean));
	assert_string_equal(clean, "a?[2Jb ");
	buf_fini(&b);
}

static void
what_breaks_the_table_is_not_sent(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct message m;
	struct err err;
	char *big = xcalloc(MESSAGE_DATA + 2, 1);

	(void)state;
	message_init(&m, MESSAGE_EXEC, 1, 1);
	assert_int_equal(message_encode(&m, &b, &err), -1); /* no command */
	message_text(&m, FIELD_COMMAND, "true");
	message_number(&m, FIELD_TIMEOUT, 1);
	message_number(&m, FIELD_STATUS, 1);
	assert_int_equal(message_encode(&m, &b, &err), -1); /* a field too many */
	message_init(&m, MESSAGE_EOF, 1, 0);
	assert_int_equal(message_encode(&m, &b, &err), -1); /* no channel */
	message_init(&m, MESSAGE_DATA_IN, 1, 1);
	message_bytes(&m, FIELD_BYTES, big, MESSAGE_DATA + 1);
	assert_int_equal(message_encode(&m, &b, &err), -1); /* too long */
	assert_int_equal(err.kind, OUTCOME_BUG);
	assert_int_equal(b.len, 0);
	free(big);
}

/* Every frame with one byte changed or cut is refused or still obeys the table. */
static void
no_bent_frame_does_harm(void **state)
{
	struct message m, got;
	struct err err;

	(void)state;
	message_init(&m, MESSAGE_END, 3, 4);
	message_number(&m, FIELD_STATUS, 0);
	message_text(&m, FIELD_TEXT, "why");
	struct buf b = encoded(&m);
	for (size_t i = 0; i < b.len; i++) {
		struct buf again = BUF_INIT(1 << 20);
		char was = b.data[i];

		assert_int_equal(message_decode(&got, b.data, i, MESSAGE_UP_WAY, &err), -1);
		b.data[i] = (char)(was ^ 0x15);
		if (message_decode(&got, b.data, b.len, MESSAGE_UP_WAY, &err) == 0)
			assert_int_equal(message_encode(&got, &again, &err), 0);
		b.data[i] = was;
		buf_fini(&again);
	}
	buf_fini(&b);
}

static void
a_message_that_goes_the_wrong_way_is_refused(void **state)
{
	struct message m, got;
	struct err err;

	(void)state;
	message_init(&m, MESSAGE_PING, 0, 0);
	struct buf b = encoded(&m);
	assert_int_equal(message_decode(&got, b.data, b.len, MESSAGE_UP_WAY, &err), -1);
	assert_string_equal(err.text, "message PING came the wrong way");
	assert_int_equal(message_decode(&got, b.data, b.len, MESSAGE_DOWN_WAY, &err), 0);
	buf_fini(&b);
}

static void
the_document_is_what_the_table_says(void **state)
{
	autobuf now = BUF_INIT(1 << 20);
	struct err err;

	(void)state;
	message_document(&now);
	if (getenv("GENERATE"))
		assert_int_equal(file_replace("doc/PROTOCOL", now.data, now.len, 0644, &err), 0);
	autofree char *file = file_read("doc/PROTOCOL", 1 << 20, NULL, &err);
	assert_non_null(file);
	assert_string_equal(file, buf_text(&now)); /* GENERATE=1 writes it anew */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_comes_back_as_it_went),
		cmocka_unit_test(a_text_is_a_string_on_the_other_side),
		cmocka_unit_test(what_breaks_the_table_is_not_sent),
		cmocka_unit_test(no_bent_frame_does_harm),
		cmocka_unit_test(a_message_that_goes_the_wrong_way_is_refused),
		cmocka_unit_test(the_document_is_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
