#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sshd *cases_sshd;

#define LIMIT_MS 300000

struct fixture *
probe_set_up(struct sshd *sshd, const struct remote_config *config)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct remote_config c = { 0 };
	struct err err;

	if (config)
		c = *config;
	f->sshd = sshd;
	f->loop = loop_new(&err);
	f->host_keys[0] = sshd_host_key(sshd);
	snprintf(f->identity, sizeof(f->identity), "%s", sshd_file(sshd, "id"));
	autofree char *trust = xstrdup(sshd_file(sshd, "known_hosts"));
	c.loop = f->loop;
	c.no_ssh_config = true;
	c.trust_file = trust;
	f->remote = remote_new(&c, &err);
	if (!f->remote)
		mem_abort(err.text);
	f->target = (struct target){ .name = "web-1",
		.address = "127.0.0.1",
		.user = sshd_user(sshd),
		.identity = f->identity,
		.port = sshd_port(sshd),
		.host_keys = f->host_keys };
	return f;
}

void
probe_tear_down(struct fixture *f)
{
	remote_free(f->remote);
	loop_free(f->loop);
	free(f);
}

void
probe_wait(struct fixture *f, const bool *a, const bool *b)
{
	int64_t until = clock_mono_ms() + LIMIT_MS;

	while (!*a && !(b && *b)) {
		if (clock_mono_ms() > until)
			mem_abort("what the test waits for does not happen");
		loop_pass(f->loop, 100);
	}
}

static void
write_more(struct probe *p)
{
	while (p->written < p->input_len) {
		size_t n = channel_write(
		    p->channel, (const char *)p->input + p->written, p->input_len - p->written);

		p->written += n;
		if (n == 0 || p->written < p->input_len)
			return;
	}
	if (!p->keep_input)
		channel_write_end(p->channel);
}

static void
on_data(void *user, struct channel *c, enum stream s, const void *bytes, size_t n)
{
	struct probe *p = user;

	(void)c;
	p->bytes += n;
	if (p->digest && s == STREAM_OUT)
		digest_add(p->digest, bytes, n);
	buf_add(s == STREAM_OUT ? &p->out : &p->errors, bytes, n);
}

static void
on_writable(void *user, struct channel *c)
{
	(void)c;
	write_more(user);
}

static void
on_end(void *user, struct channel *c, const struct channel_end *e)
{
	struct probe *p = user;

	(void)c;
	p->ended = true;
	p->channel = NULL;
	p->end = *e;
	p->end.err = NULL;
	if (e->err) {
		p->end_err = *e->err;
		p->end.err = &p->end_err;
	}
}

void
probe_start(struct probe *p)
{
	static const struct channel_listener listener = {
		.data = on_data, .writable = on_writable, .end = on_end
	};

	p->with.command = p->command;
	p->channel = channel_start(p->session, &p->with, &listener, p);
	if (p->hold)
		channel_hold(p->channel);
	write_more(p);
}

static void
on_up(void *user, struct session *s)
{
	struct probe *p = user;

	(void)s;
	p->up = true;
	if (p->command)
		probe_start(p);
}

static void
on_down(void *user, struct session *s, const struct err *err)
{
	struct probe *p = user;

	(void)s;
	p->down = true;
	p->err = *err;
}

struct probe *
probe_open(struct fixture *f, const struct target *t, const char *command)
{
	static const struct session_listener listener = { .up = on_up, .down = on_down };
	struct probe *p = xcalloc(1, sizeof(*p));

	p->f = f;
	p->command = command;
	buf_init(&p->out, 64 << 10);
	buf_init(&p->errors, 64 << 10);
	p->session = session_open(f->remote, t ? t : &f->target, &listener, p);
	return p;
}

void
probe_close(struct probe *p)
{
	session_close(p->session);
	buf_fini(&p->out);
	buf_fini(&p->errors);
	free(p);
}

struct probe *
probe_run(struct fixture *f, const char *command, const void *input, size_t n)
{
	struct probe *p = probe_open(f, NULL, command);

	p->input = input;
	p->input_len = n;
	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		mem_abort(p->err.text);
	return p;
}

void
probe_again(struct probe *p, const char *command)
{
	buf_clear(&p->out);
	buf_clear(&p->errors);
	p->ended = false;
	p->command = command;
	p->written = p->input_len = 0;
	probe_start(p);
	probe_wait(p->f, &p->ended, NULL);
}

void
probe_run_spec(struct probe *p, const struct exec_spec *spec)
{
	p->with = *spec;
	probe_again(p, spec->command);
	p->with = (struct exec_spec){ .command = NULL };
}

int
probe_worker(void)
{
	char path[64], command[64];
	autofclose FILE *list = NULL;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	list = fopen(path, "re");
	while (list && fscanf(list, "%d", &pid) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
		autofclose FILE *f = fopen(path, "re");
		size_t n = f ? fread(command, 1, sizeof(command) - 1, f) : 0;

		command[n] = '\0';
		if (n > 7 && str_eq(command, "drover") && str_eq(command + 7, "--worker"))
			return pid;
	}
	return 0;
}

long
probe_memory(int pid, const char *what)
{
	char path[64], line[128];
	long value = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	autofclose FILE *f = fopen(path, "re");
	while (f && value < 0 && fgets(line, sizeof(line), f)) {
		if (str_starts(line, what))
			value = strtol(line + strlen(what) + 1, NULL, 10);
	}
	return value;
}

int
probe_case_up(void **state)
{
	struct remote_config c = { .kex_timeout_ms = 120000, .auth_timeout_ms = 120000 };

	*state = probe_set_up(cases_sshd, &c);
	return 0;
}

int
probe_case_down(void **state)
{
	probe_tear_down(*state);
	return 0;
}

int
probe_main(int argc, char **argv, struct sshd **sshd, const struct CMUnitTest *tests, size_t count)
{
	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	*sshd = cases_sshd = sshd_start(NULL);
	int failed = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
	sshd_stop(cases_sshd);
	return failed;
}
