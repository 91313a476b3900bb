/*
 * One host as it is now: load, units, containers. What a screen row is made of.
 *
 * A value that owns its lists. status_parse() is pure: the text of the status
 * program (engine/host/status.sh) to this struct; all of it is remote data and
 * is capped here and cleaned where it is shown.
 */
#ifndef DROVER_ENGINE_STATUS_H
#define DROVER_ENGINE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define STATUS_UNITS      4096
#define STATUS_CONTAINERS 1024

struct unit_status {
	char *name, *description;
	char load[16], active[16], sub[24];
	int64_t since_s; /* seconds in this state; -1: not known */
	bool owned;      /* drover put it there */
};

struct container_status {
	char *name, *image;
	char state[16];
	char *status; /* "Up 3 minutes (healthy)" */
};

struct status {
	int cpu_pct, mem_pct, disk_pct; /* -1: not known */
	char load[32];
	int64_t uptime_s;
	char os[48], kernel[64], arch[16], podman[24], systemd[24], boot_id[40], machine_id[40];
	int cpus;
	int64_t mem_kib;
	struct unit_status *units;
	size_t unit_count, units_failed;
	struct container_status *containers;
	size_t container_count, containers_running;
	bool truncated;               /* the host has more than we keep */
	uint64_t cpu_busy, cpu_total; /* counters, for the next difference */
};

void status_init(struct status *s);
void status_fini(struct status *s);

/* previous (may be NULL) gives the counters that cpu_pct is the difference to. Kind FAILED when the
 * text is not what the program prints. */
int status_parse(
    struct status *s, const char *text, size_t len, const struct status *previous, struct err *err);

#endif
