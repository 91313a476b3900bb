/* Strings: parse, quote, match, compare, suggest. Pure; nothing is owned. */
#ifndef DROVER_BASE_STR_H
#define DROVER_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Behind the blanks and tabs at the beginning. */
const char *str_skip_blanks(const char *s);

/* Copy at most size-1 bytes and end with a NUL; false when s did not fit. */
bool str_copy(char *to, size_t size, const char *s);

/* A whole decimal number within [min, max]; false leaves *ret alone. */
bool str_int(const char *s, int64_t min, int64_t max, int64_t *ret);

/* "10s", "250ms", "5m", "2h", "1d", in milliseconds; a bare number is seconds. */
bool str_duration(const char *s, int64_t *ret_ms);

/* "256M", "4K", "1G", "2T" in bytes, powers of 1024; a bare number is bytes. */
bool str_size(const char *s, int64_t *ret);

/* "850 B", "12.3 KiB", "1.0 GiB": for people, in at most 10 columns. */
void str_bytes(uint64_t n, char *to, size_t size);

/* Match with * ? and [a-z] [!a-z], in time linear in the text for each star. */
bool str_glob(const char *pattern, const char *s);

/* Append s in single quotes as one word of a POSIX shell; s holds no NUL. Words
 * of [A-Za-z0-9_./:=@%+,-] only are left bare. */
void str_shell_quote(struct buf *b, const char *s);

/* The entry of list (ended by NULL) nearest to s, or NULL when none is near. */
const char *str_nearest(const char *s, const char *const *list);

/* Edit distance (insert, delete, replace, swap of neighbours), capped at 99. */
int str_distance(const char *a, const char *b);

/* Natural order: web2 before web10. As strcmp. */
int str_natural(const char *a, const char *b);

#endif
