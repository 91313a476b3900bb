/* Figures of the ledger: events a second, time until intent is durable, listing of what is there. */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <string.h>
#include <sys/resource.h>

#define HOSTS        64
#define EVENTS       400000
#define INTENTS      200
#define EVENTS_A_RUN 10000

static struct ledger_run *
begin(struct ledger *l)
{
	struct err err;
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_START);
	event_set_text(&e, FIELD_VERB, "apply");
	event_set_text(&e, FIELD_FLEET, "bench");
	event_set_text(&e, FIELD_PLAYBOOK, "shop.yaml");
	struct ledger_run *r = ledger_run_begin(l, &e, &err);
	if (!r) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return r;
}

/* As an apply writes them: steps, and now and then the end of a host or a fact. */
static void
append(struct ledger_run *r, int i)
{
	char host[16], step[32];
	autoevent e = { .count = 0 };

	snprintf(host, sizeof(host), "web%d", i % HOSTS);
	snprintf(step, sizeof(step), "tasks.%d", i % 100);
	event_init(&e, i % 20 == 0 ? EVENT_HOST_END : i % 20 == 1 ? EVENT_FACT : EVENT_STEP_END);
	event_set_text(&e, FIELD_HOST, host);
	if (e.kind == EVENT_FACT) {
		event_set_text(&e, FIELD_NAME, step);
		event_set_text(&e, FIELD_VALUE, "debian-12");
	} else {
		event_set_text(&e, FIELD_STEP, step);
		event_set_text(&e, FIELD_NAME, "file /etc/motd");
		event_set_text(&e, FIELD_STATE, "changed");
		event_set_int(&e, FIELD_MS, i % 1000);
	}
	ledger_append(r, &e);
}

static void
end(struct ledger_run *r)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_END);
	event_set_text(&e, FIELD_STATE, "changed");
	ledger_append(r, &e);
	ledger_run_end(r);
}

static void
synced(void *user, const struct err *err)
{
	*(bool *)user = err == NULL;
}

static void
write_events(struct ledger *l, int64_t events)
{
	int64_t begun = clock_mono_us();
	struct ledger_run *r = begin(l);
	bool good = false;

	for (int64_t i = 1; i < events; i++) {
		if (i % EVENTS_A_RUN == 0) {
			end(r);
			r = begin(l);
		}
		append(r, (int)(i % 1000000));
	}
	ledger_sync(r, synced, &good);
	end(r);
	double seconds = (double)(clock_mono_us() - begun) / 1e6;
	printf("append: %lld events, %.0f events/s, durable: %s\n", (long long)events,
	    (double)events / seconds, good ? "yes" : "NO");
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
sync_intents(struct ledger *l)
{
	struct ledger_run *r = begin(l);
	int64_t us[INTENTS];

	for (int i = 0; i < INTENTS; i++) {
		bool good = false;
		int64_t begun = clock_mono_us();

		append(r, i);
		ledger_sync(r, synced, &good);
		us[i] = clock_mono_us() - begun;
	}
	end(r);
	qsort(us, INTENTS, sizeof(us[0]), by_size);
	printf("intent durable: p50 %.2f ms, p99 %.2f ms\n", (double)us[INTENTS / 2] / 1e3,
	    (double)us[INTENTS * 99 / 100] / 1e3);
}

static bool
count_row(void *user, const struct ledger_row *row)
{
	(void)row;
	(*(int *)user)++;
	return true;
}

static bool
count_event(void *user, const struct event *e)
{
	(void)e;
	return ++*(int *)user < 100;
}

static void
list(const char *path)
{
	struct err err;
	struct ledger_row row;
	int runs = 0, events = 0, host_runs = 0;
	int64_t begun = clock_mono_us();
	struct ledger *l = ledger_open(NULL, path, true, &err);

	if (!l) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	int64_t opened = clock_mono_us();
	ledger_runs(l, "bench", 100, count_row, &runs);
	int64_t listed = clock_mono_us();
	ledger_host_runs(l, "bench", "web8", 100, count_row, &host_runs);
	int64_t host_listed = clock_mono_us();
	if (ledger_find_run(l, "last", &row, &err))
		ledger_events(l, row.uuid, count_event, &events);
	int64_t read = clock_mono_us();
	printf("open: %.2f ms; %d runs: %.2f ms; %d runs of a host: %.2f ms; first %d events: %.2f "
	       "ms\n",
	    (double)(opened - begun) / 1e3, runs, (double)(listed - opened) / 1e3, host_runs,
	    (double)(host_listed - listed) / 1e3, events, (double)(read - host_listed) / 1e3);
	ledger_close(l);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/drover-bench-XXXXXX";
	int64_t events = EVENTS;
	struct err err;
	struct rusage used;

	if ((argc > 1 && !str_int(argv[1], 1, 1000000000, &events)) || !mkdtemp(dir)) {
		fputs("usage: bench_ledger [EVENTS]\n", stderr);
		return 2;
	}
	autofree char *path = xasprintf("%s/ledger.db", dir);
	struct ledger *l = ledger_open(NULL, path, false, &err);
	if (!l) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	write_events(l, events);
	sync_intents(l);
	ledger_close(l);
	list(path);
	getrusage(RUSAGE_SELF, &used);
	printf("memory: %ld MiB at most\n", used.ru_maxrss >> 10);
	fflush(stdout);
	execlp("rm", "rm", "-rf", dir, (char *)NULL);
	return 1;
}
