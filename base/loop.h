/*
 * The one place where drover waits.
 *
 * Descriptors, timers, signals and threads wake callbacks; callbacks never
 * block. A source belongs to whoever made it and may be freed at any time, also
 * inside its own callback: the loop forgets it at once and gives its memory back
 * at the end of the pass. Freeing the object that owns a source from inside its
 * callback is the owner's risk: hand it to loop_soon().
 */
#ifndef DROVER_BASE_LOOP_H
#define DROVER_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;
struct loop_wake;
struct err;

#define LOOP_READ  1U
#define LOOP_WRITE 2U

struct loop *loop_new(struct err *err);

/* Every source must have been freed before. */
void loop_free(struct loop *loop);

/* Run until loop_stop(), or until no source is left. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One pass that waits at most timeout_ms for something to happen (0: do not wait). */
void loop_pass(struct loop *loop, int timeout_ms);

/* Monotonic milliseconds, cached for the pass. */
int64_t loop_now_ms(const struct loop *loop);

/* Call once, at the end of this pass or of the next. */
void loop_soon(struct loop *loop, void (*call)(void *user), void *user);

/* A descriptor: ready() is told LOOP_READ, LOOP_WRITE or both; an error or a hang-up shows as both
 * that are wanted. The descriptor stays the caller's, blocking or not as it was: free the source
 * before closing it. */
struct loop_io *loop_io_new(
    struct loop *loop, int fd, void (*ready)(void *user, unsigned events), void *user);
void loop_io_want(struct loop_io *io, unsigned events); /* 0: deaf for now */
void loop_io_free(struct loop_io *io);

/* A timer: fires once for each start; starting again moves it. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *user), void *user);
void loop_timer_start(struct loop_timer *t, int64_t after_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* A signal of this process. It does not keep loop_run() alive. */
struct loop_signal *loop_signal_new(
    struct loop *loop, int signum, void (*caught)(void *user, int signum), void *user);
void loop_signal_free(struct loop_signal *s);

/* Something another thread may call: woken() runs on the loop, once for one or more sends. It does
 * not keep loop_run() alive unless loop_wake_hold(w, true). */
struct loop_wake *loop_wake_new(struct loop *loop, void (*woken)(void *user), void *user);
void loop_wake_send(struct loop_wake *w); /* from any thread */
void loop_wake_hold(struct loop_wake *w, bool hold);
void loop_wake_free(struct loop_wake *w);

/* For tests: timers no longer run by themselves but when the clock is moved by hand. */
void loop_fake_clock(struct loop *loop);
void loop_fake_advance(struct loop *loop, int64_t ms);

/* For base/child alone: the libuv loop behind it. */
void *loop_uv(struct loop *loop);

#endif
