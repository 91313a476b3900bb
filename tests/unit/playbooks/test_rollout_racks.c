#include "base/mem.h"
#include "playbooks/rollout.h"
#include "tests/lib/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 120

/* What a fleet over racks looks like from outside while it changes. */
struct racks {
	size_t n, rack[HOSTS];
	enum host_kind kinds[HOSTS];
	bool there[HOSTS], waits[HOSTS], up[HOSTS];
	size_t all[HOSTS], left_up[HOSTS], waiting[HOSTS], taken[HOSTS]; /* of each rack */
};

static void
count_racks(struct racks *k, const size_t *batch, size_t got)
{
	memset(k->all, 0, sizeof(k->all));
	memset(k->left_up, 0, sizeof(k->left_up));
	memset(k->waiting, 0, sizeof(k->waiting));
	memset(k->taken, 0, sizeof(k->taken));
	for (size_t i = 0; i < k->n; i++) {
		if (!k->there[i])
			continue;
		k->all[k->rack[i]]++;
		k->left_up[k->rack[i]] += k->up[i];
		k->waiting[k->rack[i]] += k->waits[i];
	}
	for (size_t i = 0; i < got; i++)
		k->taken[k->rack[batch[i]]]++;
}

/* How many hosts of a rack may go at once. */
static size_t
room_of(const struct racks *k, size_t rack, size_t racks)
{
	size_t most = racks == 1 || k->all[rack] == 1 ? k->waiting[rack]
		      : k->left_up[rack] > 0          ? k->left_up[rack] - 1
						      : 0;

	return most < k->waiting[rack] ? most : k->waiting[rack];
}

static void
check_spread(struct racks *k, const size_t *batch, size_t got, size_t want)
{
	size_t racks = 0, room = 0, open = 0, touched = 0, most = 0;

	count_racks(k, batch, got);
	for (size_t d = 0; d < HOSTS; d++)
		racks += k->all[d] > 0;
	for (size_t d = 0; d < HOSTS; d++) {
		room += room_of(k, d, racks);
		open += room_of(k, d, racks) > 0;
		touched += k->taken[d] > 0;
		most = k->taken[d] > most ? k->taken[d] : most;
	}
	if (room == 0) {
		assert_int_equal(got, 1);
		return;
	}
	assert_int_equal(got, want < room ? want : room);
	assert_int_equal(touched, got < open ? got : open);
	for (size_t d = 0; d < HOSTS; d++) {
		assert_true(k->taken[d] <= room_of(k, d, racks));
		/* As even as the room that is left lets it be. */
		assert_true(k->taken[d] == room_of(k, d, racks) || k->taken[d] + 1 >= most);
	}
}

static struct rollout_run *
random_racks(struct racks *k, const struct rollout *spec, uint64_t *seed)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	size_t racks = 1 + chance(seed) % countof(names);
	struct rollout_run *r;

	*k = (struct racks){ .n = 1 + chance(seed) % HOSTS };
	for (size_t i = 0; i < k->n; i++)
		k->kinds[i] = chance(seed) % 8 ? HOST_CATTLE : HOST_PET;
	r = rollout_new(spec, k->kinds, k->n);
	for (size_t i = 0; i < k->n; i++) {
		bool away = chance(seed) % 8 == 0;

		k->rack[i] = chance(seed) % racks;
		k->there[i] = k->waits[i] = k->up[i] = k->kinds[i] == HOST_CATTLE && !away;
		if (k->kinds[i] == HOST_CATTLE)
			rollout_domain(r, i, names[k->rack[i]]);
		if (away)
			rollout_note(r, i, OUTCOME_UNREACHABLE);
	}
	return r;
}

static void
play_racks(uint64_t seed)
{
	struct rollout spec = { .canary = chance_count(&seed),
		.batch = chance_count(&seed),
		.max_fail = { .n = (int64_t)(1 + chance(&seed) % HOSTS), .said = true },
		.max_unreachable = { .n = 100, .percent = true, .said = true },
		.domain = "rack" };
	size_t batch[HOSTS], got, herd = 0, want, batches = 0;
	struct racks k;
	struct rollout_run *r = random_racks(&k, &spec, &seed);
	const struct count_or_percent one = { .n = 1 }, quarter = { .n = 25, .percent = true };

	for (size_t i = 0; i < k.n; i++)
		herd += k.there[i];
	while ((got = rollout_next_batch(r, batch, HOSTS)) > 0) {
		if (k.kinds[batch[0]] == HOST_CATTLE) {
			want = rollout_count(spec.canary.said ? &spec.canary : &one, herd);
			if (batches++ > 0 || want == 0)
				want =
				    rollout_count(spec.batch.said ? &spec.batch : &quarter, herd);
			check_spread(&k, batch, got, want ? want : 1);
		}
		for (size_t i = 0; i < got; i++) {
			bool good = chance(&seed) % 6 > 0;

			k.waits[batch[i]] = false;
			if (!rollout_start(r, batch[i]))
				continue;
			rollout_note(r, batch[i], good ? OUTCOME_CHANGED : OUTCOME_FAILED);
			k.up[batch[i]] = k.there[batch[i]] && good;
		}
	}
	assert_true(rollout_done(r));
	for (size_t i = 0; i < k.n && !rollout_stopped(r); i++)
		assert_false(rollout_untried(r, i));
	rollout_free(r);
}

static void
no_rack_goes_whole_and_batches_are_even_over_a_thousand_random_failures(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++)
		play_racks(seed * 0x9e3779b97f4a7c15);
}

static void
a_batch_takes_hosts_of_as_many_racks_as_it_can(void **state)
{
	static const char *const rack[] = { "a", "a", "a", "a", "b", "b", "c", "c" };
	const struct rollout spec = { .canary = { .said = true },
		.batch = { .n = 50, .percent = true, .said = true },
		.domain = "rack" };
	struct rollout_run *r;
	enum host_kind kinds[8];
	size_t batch[HOSTS];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		kinds[i] = HOST_CATTLE;
	r = rollout_new(&spec, kinds, 8);
	for (size_t i = 0; i < 8; i++)
		rollout_domain(r, i, rack[i]);
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 4);
	assert_int_equal(batch[0], 0);
	assert_int_equal(batch[1], 4);
	assert_int_equal(batch[2], 6);
	assert_int_equal(batch[3], 1);
	rollout_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_takes_hosts_of_as_many_racks_as_it_can),
		cmocka_unit_test(
		    no_rack_goes_whole_and_batches_are_even_over_a_thousand_random_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
