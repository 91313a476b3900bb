#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct seen {
	struct loop *loop;
	int fd, count;
	char byte;
};

static void
on_ready(void *user, unsigned events)
{
	struct seen *s = user;

	assert_true(events & LOOP_READ);
	assert_int_equal(read(s->fd, &s->byte, 1), 1);
	s->count++;
	loop_stop(s->loop);
}

static void
a_descriptor_keeps_its_blocking_mode(void **state)
{
	struct err err;
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	struct seen s = { .loop = loop_new(&err), .fd = end[0] };
	struct loop_io *io = loop_io_new(s.loop, end[0], on_ready, &s);
	loop_io_want(io, LOOP_READ);
	assert_int_equal(fcntl(end[0], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(write(end[1], "x", 1), 1);
	loop_run(s.loop);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.byte, 'x');
	loop_io_free(io);
	assert_int_equal(fcntl(end[0], F_GETFL) & O_NONBLOCK, 0);
	loop_free(s.loop);
	close(end[0]);
	close(end[1]);
}

struct order {
	char fired[8];
	int count;
};

struct tick {
	struct order *order;
	char name;
};

static void
on_tick(void *user)
{
	struct tick *t = user;

	t->order->fired[t->order->count++] = t->name;
}

static void
timers_fire_in_the_order_of_their_time(void **state)
{
	struct err err;
	struct order order = { 0 };
	struct tick late = { &order, 'l' }, early = { &order, 'e' };
	struct loop *loop = loop_new(&err);

	(void)state;
	loop_fake_clock(loop);
	struct loop_timer *l = loop_timer_new(loop, on_tick, &late);
	struct loop_timer *e = loop_timer_new(loop, on_tick, &early);
	loop_timer_start(l, 200);
	loop_timer_start(e, 100);
	loop_fake_advance(loop, 99);
	assert_string_equal(order.fired, "");
	loop_fake_advance(loop, 150);
	assert_string_equal(order.fired, "el");
	loop_timer_start(l, 10);
	loop_timer_stop(l);
	loop_fake_advance(loop, 1000);
	assert_string_equal(order.fired, "el");
	loop_timer_free(l);
	loop_timer_free(e);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_keeps_its_blocking_mode),
		cmocka_unit_test(timers_fire_in_the_order_of_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
