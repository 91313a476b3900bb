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
#define STATUS_DISKS      64
#define STATUS_NETS       64
#define STATUS_TIMERS     256
#define STATUS_USER       33 /* room for a user's name */

struct unit_status {
	char *name, *description;
	char *path;             /* of its file, or of what it was made from; NULL: not told */
	char user[STATUS_USER]; /* whose manager has it; "": the system's */
	char load[16], active[16], sub[24];
	char result[24]; /* why it is not as it should be: "exit-code"; "": it is */
	int restarts, exit_status;
	int64_t since_s;        /* seconds in this state; -1: not known */
	int64_t memory, cpu_ns; /* -1: not known */
	int cpu_permille;       /* of one CPU since the last time; -1: not known */
	bool owned;             /* drover, or somebody, put it there */
};

struct container_status {
	char *name, *image;
	char user[STATUS_USER];
	char id[16], image_id[16]; /* the first digits */
	char state[16];
	char *status; /* "Up 3 minutes (healthy)" */
	char *unit;   /* the unit that runs it; NULL: none, or not told */
	char *ports;  /* NULL: none */
};

struct disk_status {
	char *mount;
	char type[16];
	int64_t size_kib, used_kib;
	int pct;
};

struct net_status {
	char name[16];
	char addresses[96];        /* with a blank between them */
	uint64_t in, out;          /* bytes since it came up */
	int64_t in_rate, out_rate; /* bytes a second since the last time; -1: not known */
};

struct timer_status {
	char *name, *unit; /* what it starts; "-": not known */
	char user[STATUS_USER];
	int64_t next_s, last_s; /* from now on; INT64_MIN: never, or not known */
};

struct status {
	int cpu_pct, mem_pct, disk_pct; /* -1: not known */
	char load[32];
	int64_t uptime_s, now_s; /* now_s: its wall clock; 0: not told */
	char os[48], kernel[64], arch[16], podman[24], systemd[24], boot_id[40], machine_id[40];
	char zone[48];
	int cpus;
	int64_t mem_kib;
	struct unit_status *units;
	size_t unit_count, units_failed;
	struct container_status *containers;
	size_t container_count, containers_running;
	struct disk_status *disks;
	size_t disk_count;
	struct net_status *nets;
	size_t net_count;
	struct timer_status *timers;
	size_t timer_count;
	bool truncated;               /* the host has more than we keep */
	bool is_short;                /* numbers only: the rest is the last one's, status_carry() */
	char stamp[32];               /* another one: units or containers came, went or failed */
	uint64_t cpu_busy, cpu_total; /* counters, for the next difference */
	uint64_t tick, unit_tick;     /* hundredths of a second since boot; when units were asked */
};

void status_init(struct status *s);
void status_fini(struct status *s);

/* previous (may be NULL) gives the counters that cpu_pct and the rates are the difference to. Kind
 * FAILED when the text is not what the program prints. */
int status_parse(
    struct status *s, const char *text, size_t len, const struct status *previous, struct err *err);

/* After a short answer: what it does not tell moves here from the last one, which is left without. */
void status_carry(struct status *s, struct status *last);

#endif
