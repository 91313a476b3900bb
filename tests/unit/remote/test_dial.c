#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

struct seen {
	int calls, resolved, fd;
	char address[64];
	struct err err;
};

struct fixture {
	struct loop *loop;
	struct dial *dial;
	struct seen seen;
};

static void
on_resolved(void *user, struct dial_try *t, const char *address)
{
	assert_true(*address);
	((struct fixture *)user)->seen.resolved++;
	dial_go(t, 0);
}

static void
on_done(void *user, int fd, const char *address, const struct err *err)
{
	struct seen *s = &((struct fixture *)user)->seen;

	s->calls++;
	s->fd = fd;
	str_copy(s->address, sizeof(s->address), address);
	if (err)
		s->err = *err;
}

static struct fixture
set_up(const struct dial_config *like)
{
	struct fixture f = { .seen = { .fd = -1 } };
	struct dial_config config = *like;
	struct err err;

	f.loop = loop_new(&err);
	config.loop = f.loop;
	f.dial = dial_new(&config, &err);
	return f;
}

static void
tear_down(struct fixture *f)
{
	if (f->seen.fd >= 0)
		close(f->seen.fd);
	dial_free(f->dial);
	loop_free(f->loop);
}

static struct dial_try *
start(struct fixture *f, const char *host, int port, int64_t timeout_ms)
{
	return dial_start(f->dial, &(struct dial_spec){ .host = host,
				       .port = port,
				       .timeout_ms = timeout_ms,
				       .resolved = on_resolved,
				       .done = on_done,
				       .user = f });
}

static void
dial_to(struct fixture *f, const char *host, int port, int64_t timeout_ms)
{
	if (f->seen.fd >= 0)
		close(f->seen.fd);
	f->seen = (struct seen){ .fd = -1 };
	start(f, host, port, timeout_ms);
	assert_int_equal(f->seen.calls, 0);
	loop_run(f->loop);
	assert_int_equal(f->seen.calls, 1);
}

static int
listen_on(const char *address, int backlog, int *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*ret_port) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	inet_pton(AF_INET, address, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* A listener whose queue is full drops what comes: silence, as of a host that is gone. */
struct hole {
	int listener, filler[4];
	int port;
};

static struct hole
dig_hole(const char *address)
{
	struct hole h = { .port = 0 };
	struct sockaddr_in a = { .sin_family = AF_INET };

	h.listener = listen_on(address, 0, &h.port);
	a.sin_port = htons((uint16_t)h.port);
	inet_pton(AF_INET, address, &a.sin_addr);
	for (size_t i = 0; i < countof(h.filler); i++) {
		h.filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(h.filler[i], (struct sockaddr *)&a, sizeof(a)) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	return h;
}

static void
fill_hole(const struct hole *h)
{
	close(h->listener);
	for (size_t i = 0; i < countof(h->filler); i++)
		close(h->filler[i]);
}

static int
option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, level, name, &value, &len);
	return value;
}

static void
a_connection_comes_ready_for_use(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ 0 });
	int port = 0, listener = listen_on("127.0.0.1", 8, &port);

	(void)state;
	dial_to(&f, "127.0.0.1", port, 0);
	assert_true(f.seen.fd >= 0);
	assert_string_equal(f.seen.address, "127.0.0.1");
	assert_int_equal(f.seen.resolved, 1);
	assert_int_equal(option_of(f.seen.fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option_of(f.seen.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(f.seen.fd, IPPROTO_TCP, TCP_KEEPIDLE), 5);
	assert_int_equal(option_of(f.seen.fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
	assert_int_equal(option_of(f.seen.fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
	assert_int_equal(option_of(f.seen.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 15000);
	assert_true(fcntl(f.seen.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(f.seen.fd, F_GETFD) & FD_CLOEXEC);
	close(listener);
	tear_down(&f);
}

static void
a_closed_port_is_refused_at_once(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ 0 });
	int port = 0;
	char want[80];

	(void)state;
	close(listen_on("127.0.0.1", 1, &port));
	dial_to(&f, "127.0.0.1", port, 0);
	snprintf(want, sizeof(want), "127.0.0.1 port %d: connection refused", port);
	assert_int_equal(f.seen.fd, -1);
	assert_int_equal(f.seen.err.kind, OUTCOME_UNREACHABLE);
	assert_int_equal(f.seen.err.code, ECONNREFUSED);
	assert_string_equal(f.seen.err.phase, "connect");
	assert_string_equal(f.seen.err.text, want);
	tear_down(&f);
}

/* Between the kernel's handshake and the loop's next look. */
struct resetter {
	struct fixture *f;
	struct loop_timer *timer;
	int listener;
};

static void
reset_now(void *user)
{
	struct resetter *r = user;
	struct linger none = { .l_onoff = 1 };
	int fd = accept(r->listener, NULL, NULL);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
	loop_timer_free(r->timer);
}

static void
resolved_and_reset(void *user, struct dial_try *t, const char *address)
{
	struct resetter *r = user;

	on_resolved(r->f, t, address);
	loop_timer_start(r->timer, 0);
}

static void
done_with_reset(void *user, int fd, const char *address, const struct err *err)
{
	on_done(((struct resetter *)user)->f, fd, address, err);
}

static void
a_connection_that_is_reset_at_once_had_stood(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ 0 });
	struct resetter r = { .f = &f };
	int port = 0;

	(void)state;
	r.listener = listen_on("127.0.0.1", 8, &port);
	r.timer = loop_timer_new(f.loop, reset_now, &r);
	dial_start(f.dial, &(struct dial_spec){ .host = "127.0.0.1",
			       .port = port,
			       .resolved = resolved_and_reset,
			       .done = done_with_reset,
			       .user = &r });
	loop_run(f.loop);
	assert_int_equal(f.seen.fd, -1);
	assert_int_equal(f.seen.err.code, ECONNRESET);
	assert_string_equal(f.seen.err.phase, "banner");
	close(r.listener);
	tear_down(&f);
}

static void
silence_ends_at_the_limit(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ 0 });
	struct hole h = dig_hole("127.0.0.1");

	(void)state;
	dial_to(&f, "127.0.0.1", h.port, 150);
	assert_int_equal(f.seen.fd, -1);
	assert_int_equal(f.seen.err.kind, OUTCOME_UNREACHABLE);
	assert_int_equal(f.seen.err.code, ETIMEDOUT);
	assert_string_equal(f.seen.err.phase, "connect");
	assert_non_null(strstr(f.seen.err.text, "no answer after 0."));
	assert_true(f.seen.err.elapsed_ms >= 150);
	fill_hole(&h);
	tear_down(&f);
}

static struct lookup_address
v4(const char *text)
{
	struct lookup_address a = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (struct sockaddr_in *)&a.to;

	in->sin_family = AF_INET;
	inet_pton(AF_INET, text, &in->sin_addr);
	return a;
}

static struct lookup_address
v6(const char *text)
{
	struct lookup_address a = { .len = sizeof(struct sockaddr_in6) };
	struct sockaddr_in6 *in = (struct sockaddr_in6 *)&a.to;

	in->sin6_family = AF_INET6;
	inet_pton(AF_INET6, text, &in->sin6_addr);
	return a;
}

static int
two_addresses(const char *name, int family, struct lookup_address *ret, struct err *err, void *user)
{
	(void)family;
	(void)err;
	if (user)
		++*(atomic_int *)user;
	ret[0] = v4(str_eq(name, "dead-first") ? "127.0.0.7" : "127.0.0.8");
	ret[1] = v4("127.0.0.8");
	return 2;
}

static void
a_dead_address_does_not_keep_the_other_waiting(void **state)
{
	struct fixture f =
	    set_up(&(struct dial_config){ .lookup = two_addresses, .stagger_ms = 20 });
	struct hole h = dig_hole("127.0.0.7");
	int listener = listen_on("127.0.0.8", 8, &h.port);

	(void)state;
	dial_to(&f, "dead-first", h.port, 60000);
	assert_true(f.seen.fd >= 0);
	assert_string_equal(f.seen.address, "127.0.0.8");
	close(listener);
	fill_hole(&h);
	tear_down(&f);
}

static void
every_address_that_fails_is_named(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ .lookup = two_addresses });
	struct hole h = dig_hole("127.0.0.7");

	(void)state;
	dial_to(&f, "dead-first", h.port, 400);
	assert_non_null(strstr(f.seen.err.text, "127.0.0.8 port "));
	assert_non_null(strstr(f.seen.err.text, ": connection refused; 127.0.0.7: no answer"));
	fill_hole(&h);
	tear_down(&f);
}

static int
both_families(const char *name, int family, struct lookup_address *ret, struct err *err, void *user)
{
	(void)name;
	(void)err;
	(void)user;
	assert_int_equal(family, AF_UNSPEC);
	ret[0] = v6("::1");
	ret[1] = v6("::1");
	ret[2] = v4("127.0.0.1");
	return 3;
}

static void
the_other_family_is_tried_when_one_is_dead(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ .lookup = both_families });
	int port = 0, listener = listen_on("127.0.0.1", 8, &port);

	(void)state;
	dial_to(&f, "both", port, 60000);
	assert_true(f.seen.fd >= 0);
	assert_string_equal(f.seen.address, "127.0.0.1");
	close(listener);
	tear_down(&f);
}

static void
a_name_is_looked_up_once_until_forgotten(void **state)
{
	atomic_int asked = 0;
	struct fixture f = set_up(&(struct dial_config){ .lookup = two_addresses, .user = &asked });
	int port = 0, listener = listen_on("127.0.0.8", 8, &port);

	(void)state;
	dial_to(&f, "alive", port, 0);
	dial_to(&f, "alive", port, 0);
	assert_int_equal(atomic_load(&asked), 1);
	dial_forget(f.dial);
	dial_to(&f, "alive", port, 0);
	assert_int_equal(atomic_load(&asked), 2);
	close(listener);
	tear_down(&f);
}

/* Hangs until the test lets go of it. */
static int
hang(const char *name, int family, struct lookup_address *ret, struct err *err, void *user)
{
	(void)name;
	(void)family;
	(void)ret;
	sem_wait(user);
	return err_set(err, OUTCOME_UNREACHABLE, "too late");
}

static void
a_silent_name_server_is_given_up(void **state)
{
	sem_t gate;
	sem_init(&gate, 0, 0);
	struct fixture f =
	    set_up(&(struct dial_config){ .lookup = hang, .lookup_ms = 50, .user = &gate });

	(void)state;
	start(&f, "slow.example", 22, 0);
	while (!f.seen.calls)
		loop_pass(f.loop, 1000);
	assert_int_equal(f.seen.err.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(f.seen.err.phase, "resolve");
	assert_non_null(strstr(f.seen.err.text, "no answer from the name servers after 0."));
	assert_int_equal(f.seen.resolved, 0);
	sem_post(&gate);
	loop_run(f.loop); /* until the thread is back */
	assert_int_equal(f.seen.calls, 1);
	tear_down(&f);
	sem_destroy(&gate);
}

static int
blocked_name(const char *name, int family, struct lookup_address *ret, struct err *err, void *user)
{
	(void)name;
	(void)family;
	(void)err;
	(void)user;
	ret[0] = v4("0.0.0.0");
	return 1;
}

static void
a_name_that_leads_to_this_machine_by_zero_is_unreachable(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ .lookup = blocked_name });

	(void)state;
	dial_to(&f, "blocked.example", 22, 0);
	assert_string_equal(f.seen.err.text, "the name has no usable address");
	assert_string_equal(f.seen.err.phase, "resolve");
	tear_down(&f);
}

static void
what_is_no_host_name_never_reaches_the_resolver(void **state)
{
	static const char *const bad[] = { "", "-oProxyCommand=x", "a b", "a\x1b[2J", "a/b" };
	atomic_int asked = 0;
	struct fixture f = set_up(&(struct dial_config){ .lookup = two_addresses, .user = &asked });

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		dial_to(&f, bad[i], 22, 0);
		assert_int_equal(f.seen.err.kind, OUTCOME_UNREACHABLE);
		assert_string_equal(f.seen.err.text, "not a host name and port");
	}
	assert_int_equal(atomic_load(&asked), 0);
	tear_down(&f);
}

static void
a_cancelled_try_stays_silent(void **state)
{
	sem_t gate;
	sem_init(&gate, 0, 0);
	struct fixture f = set_up(&(struct dial_config){ .lookup = hang, .user = &gate });
	struct hole h = dig_hole("127.0.0.1");

	(void)state;
	dial_cancel(start(&f, "127.0.0.1", h.port, 0)); /* before it began */
	struct dial_try *connecting = start(&f, "127.0.0.1", h.port, 0);
	struct dial_try *asking = start(&f, "slow.example", 22, 0);
	while (!f.seen.resolved)
		loop_pass(f.loop, 1000);
	dial_cancel(connecting);
	dial_cancel(asking);
	sem_post(&gate);
	loop_run(f.loop);
	assert_int_equal(f.seen.calls, 0);
	start(&f, "127.0.0.1", h.port, 0); /* dial_free() ends this one */
	tear_down(&f);
	fill_hole(&h);
	sem_destroy(&gate);
}

static void
brackets_and_localhost_are_understood(void **state)
{
	struct fixture f = set_up(&(struct dial_config){ 0 });
	int port = 0, listener = listen_on("127.0.0.1", 8, &port);

	(void)state;
	dial_to(&f, "[127.0.0.1]", port, 0);
	assert_true(f.seen.fd >= 0);
	dial_to(&f, "localhost", port, 0);
	assert_true(f.seen.fd >= 0);
	close(listener);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_comes_ready_for_use),
		cmocka_unit_test(a_closed_port_is_refused_at_once),
		cmocka_unit_test(a_connection_that_is_reset_at_once_had_stood),
		cmocka_unit_test(silence_ends_at_the_limit),
		cmocka_unit_test(a_dead_address_does_not_keep_the_other_waiting),
		cmocka_unit_test(every_address_that_fails_is_named),
		cmocka_unit_test(the_other_family_is_tried_when_one_is_dead),
		cmocka_unit_test(a_name_is_looked_up_once_until_forgotten),
		cmocka_unit_test(a_silent_name_server_is_given_up),
		cmocka_unit_test(a_name_that_leads_to_this_machine_by_zero_is_unreachable),
		cmocka_unit_test(what_is_no_host_name_never_reaches_the_resolver),
		cmocka_unit_test(a_cancelled_try_stays_silent),
		cmocka_unit_test(brackets_and_localhost_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
