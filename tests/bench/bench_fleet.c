/* Figures of the Fleet screen with many hosts: rows made, sorted, filtered, marked, painted. No host is asked. */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/view.h"

#include <string.h>

#define ROUNDS 50

static struct bench {
	struct scene scene;
	struct scene_host *hosts;
	struct status *status;
	struct view_services services;
	struct view view;
	struct view_prompt prompt;
} b;

static void
on_prompt(void *user, const struct view_prompt *p)
{
	(void)user;
	b.prompt = *p;
}

static void
on_mark(void *user, size_t host, bool on)
{
	(void)user;
	b.scene.marked += (size_t)on;
	b.scene.marked -= (size_t)b.hosts[host].marked;
	b.hosts[host].marked = on;
}

static void
on_flash(void *user, bool bad, const char *text)
{
	(void)user, (void)bad, (void)text;
}

static void
fill_status(struct status *s, size_t i)
{
	static const char text[] =
	    "begin 1\nuptime 400000\nload 0.10 0.20 0.30\nmem MemTotal: 8000000\n"
	    "mem MemAvailable: 4400000\ncpus 4\nos debian-12\ndisk 22\n"
	    "unit ssh.service loaded active running 4000 0 OpenBSD Secure Shell server\n"
	    "podman 4.3.1\nctr site-0 localhost/site:1 Up 3 minutes\n"
	    "ctr site-1 localhost/site:1 Up 3 minutes\nend\n";
	struct err err;

	status_init(s);
	if (status_parse(s, text, strlen(text), NULL, &err) < 0)
		mem_abort(err.text);
	s->cpu_pct = (int)(i * 7 % 100);
	s->units_failed = i % 97 == 0;
}

/* Every tenth a pet; cattle of a hundred groups. */
static void
begin(size_t count)
{
	b.hosts = xcalloc(count, sizeof(*b.hosts));
	b.status = xcalloc(count, sizeof(*b.status));
	for (size_t i = 0; i < count; i++) {
		fill_status(&b.status[i], i);
		b.hosts[i] = (struct scene_host){ .name = xasprintf("web%04zu", i),
			.group = xasprintf("rack%zu", i % 100),
			.pet = i % 10 == 0,
			.link = LINK_UP,
			.age_ms = 1000,
			.rtt_ms = 3,
			.period_ms = 3000,
			.status = &b.status[i] };
	}
	b.scene = (struct scene){ .fleet = "bench",
		.hosts = b.hosts,
		.count = count,
		.wall_ms = clock_wall_ms(),
		.writable = true,
		.ascii = true };
	b.services =
	    (struct view_services){ .prompt = on_prompt, .mark = on_mark, .flash = on_flash };
	b.view = (struct view){ .class = &view_fleet,
		.scene = &b.scene,
		.services = &b.services,
		.state = xcalloc(1, view_fleet.state_size),
		.height = 26 };
}

static void
end(void)
{
	b.view.class->close(&b.view);
	free(b.view.state);
	for (size_t i = 0; i < b.scene.count; i++) {
		status_fini(&b.status[i]);
		free((char *)(uintptr_t)b.hosts[i].name);
		free((char *)(uintptr_t)b.hosts[i].group);
	}
	free(b.hosts);
	free(b.status);
}

static void
act(const char *key)
{
	for (const struct action *a = b.view.class->actions; a->key; a++) {
		if (str_eq(a->key, key))
			a->run(&b.view);
	}
}

static void
refresh(void)
{
	b.scene.wall_ms += 2000;
	b.view.class->refresh(&b.view);
}

static void
sort(void)
{
	act(">");
}

static void
fold(void)
{
	act("=");
}

static void
filter(void)
{
	act("/");
	b.prompt.changed(&b.view, "web.*[37]$");
	b.prompt.no(&b.view);
}

static void
mark(void)
{
	act("*");
}

static void
move(void)
{
	b.view.class->key(&b.view, "j");
	b.view.class->refresh(&b.view);
}

static void
paint(void)
{
	struct canvas *c = canvas_new(30, 100);

	b.view.class->paint(&b.view, c, 2, 28);
	canvas_free(c);
}

static int
by_time(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, c = *(const int64_t *)y;

	return a < c ? -1 : a > c;
}

static void
measure(const char *what, void (*once)(void))
{
	int64_t us[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		int64_t began = clock_mono_us();

		once();
		us[i] = clock_mono_us() - began;
	}
	qsort(us, ROUNDS, sizeof(*us), by_time);
	printf("  %-34s %8.2f ms  %8.2f ms\n", what, (double)us[ROUNDS / 2] / 1000,
	    (double)us[ROUNDS - 1] / 1000);
}

int
main(void)
{
	static const size_t counts[] = { 50, 1000, 10000 };

	for (size_t i = 0; i < countof(counts); i++) {
		printf("  %-34zu %11s  %11s\n", counts[i], "median", "worst");
		begin(counts[i]);
		measure("rows made and sorted", refresh);
		measure("another sort column", sort);
		measure("filter typed and taken back", filter);
		measure("marks inverted", mark);
		measure("cursor moved", move);
		measure("folded or unfolded", fold);
		measure("100x30 painted", paint);
		end();
	}
	return 0;
}
