/* Memory that cannot fail, and scopes that clean up after themselves.
 *
 * When memory runs out the process ends, through a hook that may restore the
 * terminal first. */
#ifndef DROVER_BASE_MEM_H
#define DROVER_BASE_MEM_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xmemdup0(const void *p, size_t n); /* a copy of n bytes with a NUL behind them */
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *fmt, ...);

/* Make room for one more element in a growing array: cap doubles from 8. */
#define mem_grow(array, count, cap)                                                                \
	do {                                                                                       \
		if ((count) >= (cap)) {                                                            \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(array) = xrealloc((array), (cap), sizeof(*(array)));                      \
		}                                                                                  \
	} while (0)

/* Called before the process ends for want of memory or on a bug; one per process. */
void mem_on_abort(void (*hook)(void));

/* Say what happened on standard error, after the hook, and abort. */
__attribute__((noreturn)) void mem_abort(const char *what);

static inline void
mem_free_scope(void *p)
{
	free(*(void **)p);
}
static inline void
mem_close_scope(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void
mem_fclose_scope(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* At scope exit: free the pointer, close the descriptor, close the stream. */
#define autofree   __attribute__((cleanup(mem_free_scope)))
#define autoclose  __attribute__((cleanup(mem_close_scope)))
#define autofclose __attribute__((cleanup(mem_fclose_scope)))

/* Hand a pointer on and forget it, so the scope no longer frees it. */
#define take(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) took_ = (p);                                                         \
		(p) = NULL;                                                                        \
		took_;                                                                             \
	})

/* The object a member is embedded in. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define countof(array) (sizeof(array) / sizeof((array)[0]))

#endif
