/*
 * JSON: a reader that has limits and says where a mistake is, and a writer whose
 * bytes are always the same and always UTF-8.
 *
 * A parsed document owns its values; what json_get() and the like give is
 * borrowed from it. The writer writes into a buffer of its user.
 */
#ifndef DROVER_BASE_JSON_H
#define DROVER_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct json; /* a value; the one json_parse() gave owns all the others */

#define JSON_DEPTH 64

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INT,
	JSON_KIND_REAL,
	JSON_KIND_TEXT,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
};

/* One whole document of at most max bytes, nested at most JSON_DEPTH deep, no key twice. NULL with
 * kind INPUT and a text that begins with "LINE:COL: ". */
struct json *json_parse(const char *text, size_t len, size_t max, struct err *err);
void json_free(struct json *j);

#define autojson __attribute__((cleanup(json_free_scope))) struct json
void json_free_scope(struct json **j);

enum json_kind json_kind(const struct json *v); /* NULL is JSON_KIND_NULL */

/* Text may hold NULs; NULL when v is none. */
const char *json_text(const struct json *v, size_t *ret_len);
int64_t json_int(const struct json *v, int64_t otherwise);
bool json_bool(const struct json *v, bool otherwise);
double json_double(const struct json *v, double otherwise); /* of an integer too */

/* A member of an object; NULL when v is no object or has none by that name. */
const struct json *json_get(const struct json *v, const char *key);
const char *json_get_text(const struct json *v, const char *key);
int64_t json_get_int(const struct json *v, const char *key, int64_t otherwise);
bool json_get_bool(const struct json *v, const char *key, bool otherwise);

/* Members of an array or object, in the order they stood in; 0 and NULL for what is neither.
 * ret_key (may be NULL) is the name of an object's member. Walking an object is linear in each
 * step: json_each() walks it once. */
size_t json_count(const struct json *v);
const struct json *json_at(const struct json *v, size_t i);
void json_each(const struct json *object,
    void (*each)(void *user, const char *key, const struct json *value), void *user);

/* Append a value as compact JSON, members in their order. */
void json_print(const struct json *v, struct buf *to);

/* Append s as a JSON string. What a terminal could obey (C0, DEL, C1, bidi and zero-width) is
 * escaped as \u001b; what is not UTF-8 becomes U+FFFD. */
void json_quote(struct buf *to, const char *s, size_t n);

/* Writes one document: json_open_object(&w, NULL), members, json_close(&w). key is NULL inside an array
 * and at the top, and is ours (a literal, or checked): it is quoted all the same. */
struct json_writer {
	struct buf *to;
	int depth;
	bool more[JSON_DEPTH];
	bool array[JSON_DEPTH];
};

void json_writer_init(struct json_writer *w, struct buf *to);
void json_open_object(struct json_writer *w, const char *key);
void json_open_array(struct json_writer *w, const char *key);
void json_close(struct json_writer *w);
void json_put_text(struct json_writer *w, const char *key, const char *s); /* NULL: null */
void json_put_int(struct json_writer *w, const char *key, int64_t n);
void json_put_bool(struct json_writer *w, const char *key, bool b);
/* Bytes: "key" when they are UTF-8, else "key_b64" in base64. */
void json_put_data(struct json_writer *w, const char *key, const void *p, size_t n);
/* A value that is JSON already. */
void json_put_raw(struct json_writer *w, const char *key, const char *json);

/* The members of an object, into the one that is open: all but that key (NULL: all), and of those the texts
 * and integers alone. */
void json_put_members(struct json_writer *w, const struct json *object, const char *but);

#endif
