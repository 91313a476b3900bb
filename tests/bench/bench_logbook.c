/* Figures of a book of a million lines: taking them in, the last screen, searches, filters; grep beside it. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/journal.h"
#include "tui/logbook.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define LINES  1000000
#define HOSTS  15
#define SCREEN 50
#define SLICE  4000

/* Of this process alone: who else is at work does not count. */
static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double
since(int64_t us)
{
	return (double)(cpu_us() - us) / 1000;
}

static long
resident_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

static int
make_line(char *to, size_t size, int i)
{
	if (i % 99991 == 7)
		return snprintf(to, size, "upstream connection %d: timeout after 3000 ms", i);
	return snprintf(to, size,
	    "GET /api/v1/items/%d?page=%d 200 %dms upstream app-%d request %08x%08x %s", i, i % 50,
	    i % 97, i % 13, (unsigned)i * 2654435761U, (unsigned)i * 40503U,
	    i % 1000 ? "served from cache" : "status=502 bad gateway");
}

/* Of many hosts by turns; each twentieth comes a second late. */
static void
take_in(struct logbook *b)
{
	char text[256];
	int64_t began = cpu_us();
	double ms;

	for (int i = 0; i < LINES; i++) {
		int len = make_line(text, sizeof(text), i);

		logbook_add(
		    b, &(struct logbook_add){ .time_us = (int64_t)i * 20 - (i % 20 ? 0 : 1000000),
			   .source = (size_t)i % HOSTS,
			   .level = i % 1000 ? 6 : 3,
			   .text = text,
			   .len = (size_t)len });
	}
	ms = since(began);
	printf("  %-44s %9.0f lines/s (%.0f MB of text)\n", "taken in, each 20th a second late",
	    LINES / ms * 1000, (double)logbook_bytes(b) / 1e6);
	printf("  %-44s %9.1f MiB of blocks, %ld MiB resident\n", "memory",
	    (double)logbook_memory(b) / (1 << 20), resident_kib() / 1024);
}

static size_t
screen(struct logbook *b, bool hit, size_t rows)
{
	struct logbook_step step = {
		.from = logbook_end, .back = true, .hit = hit, .us = INT64_C(100000000)
	};
	struct logbook_line l;
	size_t n = 0;

	for (; n < rows && logbook_next(b, &step, &l) == LOGBOOK_FOUND; n++)
		step.from = l.place;
	return n;
}

/* The rest in slices: how long in all, and the longest. */
static void
slices(struct logbook *b)
{
	int64_t began = cpu_us();
	double longest = 0;
	bool more = true;
	int n = 0;

	for (; more; n++) {
		int64_t one = cpu_us();

		more = logbook_work(b, SLICE);
		longest = since(one) > longest ? since(one) : longest;
	}
	printf("  %-44s %9.1f ms in %d slices, the longest %.1f ms\n", "  and all the others",
	    since(began), n, longest);
}

static void
search(struct logbook *b, const char *what, const char *typed)
{
	int64_t began = cpu_us();

	logbook_search(b, typed);
	size_t n = screen(b, true, 1);
	printf(
	    "  %-44s %9.1f ms%s\n", what, since(began), n ? "" : " (all looked at: it is nowhere)");
	slices(b);
}

static void
filter(struct logbook *b, const char *what, const char *typed)
{
	int64_t began = cpu_us();

	logbook_search(b, "");
	logbook_filter(b, &(struct logbook_filter){ .typed = typed, .level = -1 });
	size_t n = screen(b, false, SCREEN);
	printf("  %-44s %9.1f ms, %zu rows\n", what, since(began), n);
	slices(b);
}

static void
count(void *user, const struct journal_entry *e)
{
	*(size_t *)user += e->message.n;
}

static void
parse(void)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct journal j;
	struct err err;
	char text[256];
	size_t bytes = 0;

	for (int i = 0; i < LINES / 10; i++) {
		make_line(text, sizeof(text), i);
		buf_addf(&b,
		    "__CURSOR=s=1a3f4c6b01a94f98b8205d2981092ec8;i=%x;b="
		    "5d2626d8301246369a28940f3b79"
		    "ada3;m=89e7891af;t=660d97bd6d64d;x=bb04e76273dfc386\n__REALTIME_TIMESTAMP=%d\n"
		    "__MONOTONIC_TIMESTAMP=37018440111\n_BOOT_ID=5d2626d8301246369a28940f3b79ada3\n"
		    "PRIORITY=6\nSYSLOG_IDENTIFIER=shop\n_PID=93\nMESSAGE=%s\n\n",
		    (unsigned)i, i, text);
	}
	journal_init(&j);
	int64_t began = cpu_us();
	for (size_t at = 0; at < b.len; at += 32768)
		journal_feed(
		    &j, b.data + at, b.len - at < 32768 ? b.len - at : 32768, count, &bytes, &err);
	printf("  %-44s %9.0f lines/s, %.0f MB/s\n", "the journal's export form, read",
	    (double)j.entries / since(began) * 1000, (double)b.len / since(began) / 1000);
	journal_fini(&j);
}

/* The same lines in a file, as they would be there; what others take to look for the same. */
static void
peers(void)
{
	static const char *const commands[] = { "grep -ic timeout", "grep -icE 'items/99.*app-7'" };
	char path[] = "/tmp/drover-bench-XXXXXX", text[256];
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f)
		return;
	for (int i = 0; i < LINES; i++) {
		make_line(text, sizeof(text), i);
		fprintf(f, "%s\n", text);
	}
	fclose(f);
	for (size_t i = 0; i < countof(commands); i++) {
		autofree char *command = xasprintf("%s %s | cat >/dev/null", commands[i], path);
		int64_t wall = clock_mono_us();
		int status = system(command);

		printf("  %-44s %9.1f ms of the clock%s\n", commands[i],
		    (double)(clock_mono_us() - wall) / 1000,
		    WIFEXITED(status) && WEXITSTATUS(status) < 2 ? "" : " (not measured)");
	}
	unlink(path);
}

int
main(void)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);

	take_in(b);
	int64_t began = cpu_us();
	size_t n = screen(b, false, SCREEN);
	printf("  %-44s %9.2f ms, %zu rows\n", "the last screen", since(began), n);
	search(b, "search, the next of 11: timeout", "timeout");
	search(b, "search for what is nowhere", "no such words");
	search(b, "search by expression: items/99.*app-7", "items/99.*app-7");
	search(b, "search by expression: [0-9]{9} (no word in it)", "[0-9]{9}");
	filter(b, "filter, first screen: status=5 (1 of 1000)", "status=5");
	filter(b, "filter, first screen: !served", "!served");
	parse();
	logbook_free(b);
	printf("  beside it, the same lines in a file:\n");
	peers();
	return 0;
}
