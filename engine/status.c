#include "engine/status.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
status_init(struct status *s)
{
	*s = (struct status){ .cpu_pct = -1, .mem_pct = -1, .disk_pct = -1, .uptime_s = -1 };
}

static void
free_units(struct status *s)
{
	for (size_t i = 0; i < s->unit_count; i++) {
		free(s->units[i].name);
		free(s->units[i].description);
		free(s->units[i].path);
	}
	free(s->units);
}

static void
free_containers(struct status *s)
{
	for (size_t i = 0; i < s->container_count; i++) {
		free(s->containers[i].name);
		free(s->containers[i].image);
		free(s->containers[i].status);
		free(s->containers[i].unit);
		free(s->containers[i].ports);
	}
	free(s->containers);
}

void
status_fini(struct status *s)
{
	free_units(s);
	free_containers(s);
	for (size_t i = 0; i < s->disk_count; i++)
		free(s->disks[i].mount);
	for (size_t i = 0; i < s->timer_count; i++) {
		free(s->timers[i].name);
		free(s->timers[i].unit);
	}
	free(s->disks);
	free(s->nets);
	free(s->timers);
	status_init(s);
}

static void
carry_addresses(struct status *s, const struct status *last)
{
	for (size_t i = 0; i < s->net_count; i++) {
		for (size_t k = 0; k < last->net_count; k++) {
			if (str_eq(s->nets[i].name, last->nets[k].name))
				memcpy(s->nets[i].addresses, last->nets[k].addresses,
				    sizeof(s->nets[i].addresses));
		}
	}
}

/* Ages of what is carried grow by what has passed. */
static void
grow_older(struct status *s, int64_t by_s)
{
	for (size_t i = 0; i < s->unit_count; i++)
		s->units[i].since_s += s->units[i].since_s >= 0 ? by_s : 0;
	for (size_t i = 0; i < s->timer_count; i++) {
		s->timers[i].next_s -= s->timers[i].next_s > INT64_MIN ? by_s : 0;
		s->timers[i].last_s -= s->timers[i].last_s > INT64_MIN ? by_s : 0;
	}
}

void
status_carry(struct status *s, struct status *last)
{
	const struct status fresh = *s;

	if (!s->is_short)
		return;
	carry_addresses(s, last);
	/* A short answer that told more than it should: that goes. */
	struct status rest = *s;
	rest.nets = NULL;
	rest.net_count = 0;
	status_fini(&rest);
	*s = *last;
	*last = (struct status){ 0 };
	free(s->nets);
	s->nets = fresh.nets;
	s->net_count = fresh.net_count;
	s->cpu_pct = fresh.cpu_pct;
	s->mem_pct = fresh.mem_pct;
	s->mem_kib = fresh.mem_kib;
	s->disk_pct = fresh.disk_pct >= 0 ? fresh.disk_pct : s->disk_pct;
	memcpy(s->load, fresh.load, sizeof(s->load));
	memcpy(s->stamp, fresh.stamp, sizeof(s->stamp));
	if (s->uptime_s >= 0 && fresh.uptime_s > s->uptime_s) {
		grow_older(s, fresh.uptime_s - s->uptime_s);
		s->now_s += s->now_s ? fresh.uptime_s - s->uptime_s : 0;
	}
	s->uptime_s = fresh.uptime_s;
	s->cpu_busy = fresh.cpu_busy;
	s->cpu_total = fresh.cpu_total;
	s->tick = fresh.tick;
	s->is_short = true;
}
