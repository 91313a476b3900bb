/* What the volumes of a pet hold, kept before what runs on them changes. */
#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/kinds.h"
#include "playbooks/notes.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/request.h"
#include "tests/lib/desk.h"
#include "tests/lib/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TWO                                                                                        \
	"apps:\n"                                                                                  \
	"  db:\n"                                                                                  \
	"    image: localhost/db\n"                                                                \
	"    replicas: 2\n"                                                                        \
	"    files:\n"                                                                             \
	"      /etc/db.conf: {content: x}\n"                                                       \
	"      /data: {volume: rows}\n"                                                            \
	"      /more: {volume: rows}\n"                                                            \
	"      /log: {volume: logs}\n"                                                             \
	"  reader:\n"                                                                              \
	"    image: localhost/reader\n"                                                            \
	"    files: {/data: {volume: rows, mode: ro}}\n"

#define FULL "full\nsize 2048\nroom 900000\nolder 30"

static int
set_up(void **state)
{
	int rc = desk_set_up(state);
	struct desk *d = *state;

	d->host.kind = HOST_PET;
	return rc;
}

static size_t
index_of(const struct desk *d, const char *id)
{
	size_t i = 0;

	while (i < d->count && !str_eq(d->want[i]->id, id))
		i++;
	assert_true(i < d->count);
	return i;
}

/* All is there as it is wanted and runs; what is exported was told so. */
static struct found *
found_well(struct desk *d, const char *said)
{
	struct found *found = arena_alloc(d->arena, d->count * sizeof(*found));

	for (size_t i = 0; i < d->count; i++) {
		const struct resource *r = d->want[i];

		found[i] = (struct found){ .present = true, .kind = 'f', .owned = true };
		found[i].mode = r->mode;
		str_copy(found[i].owner, sizeof(found[i].owner), "root");
		str_copy(found[i].group, sizeof(found[i].group), "root");
		str_copy(found[i].digest, sizeof(found[i].digest), r->digest);
		str_copy(found[i].active, sizeof(found[i].active), "active");
		str_copy(found[i].enabled, sizeof(found[i].enabled), "enabled");
		if (r->config_digest)
			str_copy(found[i].config_digest, sizeof(found[i].config_digest),
			    r->config_digest);
		if (r->kind == RESOURCE_EXPORT)
			found[i].said = said;
	}
	return found;
}

static struct plan *
plan_of(struct desk *d, const struct found *found)
{
	return plan_make(d->arena, &d->host, d->want, found, d->count);
}

static void
each_volume_stands_once_in_front_of_what_uses_it(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, TWO));
	assert_true(
	    index_of(d, "export rows") < index_of(d, "file /etc/drover/apps/db/files/etc/db.conf"));
	assert_true(
	    index_of(d, "export logs") < index_of(d, "file /etc/drover/apps/db/files/etc/db.conf"));
	desk_words_are(desk_wanted(d, "export rows")->detail,
	    "db-0.service | db-1.service | reader-0.service");
	desk_words_are(desk_wanted(d, "export logs")->detail, "db-0.service | db-1.service");
	for (size_t i = 0, n = 0; i < d->count; i++) {
		n += d->want[i]->kind == RESOURCE_EXPORT;
		assert_true(n <= 2);
	}
}

static void
cattle_has_none_of_it(void **state)
{
	struct desk *d = *state;

	d->host.kind = HOST_CATTLE;
	assert_true(desk_desire(d, TWO));
	for (size_t i = 0; i < d->count; i++)
		assert_int_not_equal(d->want[i]->kind, RESOURCE_EXPORT);
}

static void
what_is_not_to_be_kept_or_cannot_be_is_said(void **state)
{
	struct desk *d = *state;
	const struct resource *r;

	assert_true(desk_desire(d, "apps:\n"
				   "  db:\n"
				   "    image: localhost/db\n"
				   "    files:\n"
				   "      /a: {volume: rows, export: false}\n"
				   "      /b: {dir: /srv/b, mode: rw}\n"
				   "      /c: {dir: /srv/c}\n"));
	r = desk_wanted(d, "unit db-0.service");
	assert_null(r->exports);
	desk_words_are(r->notes,
	    "not kept before db changes: what is in volume rows (export: false) | "
	    "not kept before db changes: what is in /srv/b");
	assert_false(desk_desire(
	    d, "apps: {db: {image: localhost/db, files: {/a: {content: x, export: false}}}}\n"));
	assert_non_null(strstr(buf_text(&d->said), "export: only what is in a volume is exported"));
}

static void
a_container_has_its_volumes_by_name(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    "tasks:\n"
	    "  - container:\n"
	    "      name: db\n"
	    "      image: localhost/db\n"
	    "      volumes: [rows:/data, rows:/again:ro, /srv/x:/x, \"/srv/y:/y:z,ro\"]\n"));
	desk_words_are(desk_wanted(d, "unit db.service")->exports, "rows");
	desk_words_are(desk_wanted(d, "unit db.service")->notes,
	    "not kept before db changes: what is in /srv/x");
	desk_words_are(desk_wanted(d, "export rows")->detail, "db.service");
	assert_true(desk_desire(d, "tasks:\n"
				   "  - container:\n"
				   "      name: db\n"
				   "      image: localhost/db\n"
				   "      volumes: [rows:/data]\n"
				   "    as: deploy\n"));
	desk_words_are(desk_wanted(d, "userunit db.service of deploy")->notes,
	    "not kept before container db of deploy changes: what is in volume rows of deploy, a "
	    "user's");
}

static void
a_program_has_directories(void **state)
{
	struct desk *d = *state;

	desk_put(d, "serve", "#!/bin/sh\n");
	assert_true(
	    desk_desire(d, "apps: {db: {binary: ./serve, files: {/data: {volume: rows}}}}\n"));
	desk_words_are(
	    desk_wanted(d, "unit db-0.service")->exports, "/var/lib/private/drover-apps/db/rows");
	assert_string_equal(desk_wanted(d, "export /var/lib/private/drover-apps/db/rows")->title,
	    "export of /var/lib/private/drover-apps/db/rows");
}

static void
it_is_due_when_a_unit_changes_and_there_is_something_to_keep(void **state)
{
	struct desk *d = *state;
	struct found *found;
	const struct plan *p;
	size_t unit, export;

	assert_true(desk_desire(d, TWO));
	unit = index_of(d, "unit reader-0.service");
	export = index_of(d, "export rows");
	found = found_well(d, FULL);
	assert_false(plan_changes(plan_of(d, found)));

	str_copy(found[unit].active, sizeof(found[unit].active), "inactive");
	p = plan_of(d, found);
	assert_int_equal(p->by_class[PLAN_SAME], d->count - 1);
	assert_int_equal(p->steps[export].class, PLAN_SAME);

	str_copy(found[unit].config_digest, sizeof(found[unit].config_digest), "another");
	p = plan_of(d, found);
	assert_int_equal(p->steps[export].class, PLAN_CREATE);
	assert_int_equal(p->steps[index_of(d, "export logs")].class, PLAN_SAME);
	assert_int_equal(p->by_class[PLAN_CREATE], 1);
	assert_null(p->refused);
	assert_string_equal(p->steps[export].why,
	    "2 MiB, compressed, in /var/lib/drover/runs/RUN/volumes, before reader-0.service "
	    "changes");
	desk_words_are(p->steps[export].doing,
	    "export | rows | - | 4194304 | db-0.service | db-1.service | reader-0.service");
	desk_words_are(p->steps[export].back,
	    "restore | rows | self | 4194304 | db-0.service | db-1.service | reader-0.service");

	found[export].said = "";
	p = plan_of(d, found);
	assert_int_equal(p->steps[export].class, PLAN_SAME);
	found[export].said = NULL;
	p = plan_of(d, found);
	assert_int_equal(p->steps[export].class, PLAN_SAME);
}

static const char *
refusal(struct desk *d, const char *rows, const char *logs)
{
	struct found *found = found_well(d, rows);

	found[index_of(d, "export logs")].said = logs;
	found[index_of(d, "unit db-0.service")].restarts = 0;
	str_copy(found[index_of(d, "unit db-0.service")].config_digest, 65, "another");
	return plan_of(d, found)->refused;
}

static void
what_may_find_no_room_is_refused(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, TWO));
	assert_null(refusal(d, FULL, FULL));
	assert_null(refusal(d, "full", "full\nroom 5"));
	assert_string_equal(refusal(d, "full\nsize 4194305\nroom 90000000", ""),
	    "volume rows holds 4097 MiB, and at most 4096 MiB are exported before a change: keep "
	    "it by another way and say export: false");
	assert_string_equal(refusal(d, "full\nsize 400\nroom 8000\nolder 2000", ""),
	    "volume rows holds 400 KiB, and where it would be exported to, /var/lib/drover, there "
	    "are 8 MiB left; exports of earlier runs take 2 MiB there");
	/* Each by itself would fit. */
	assert_non_null(
	    refusal(d, "full\nsize 50000\nroom 100000", "full\nsize 50000\nroom 100000"));
}

static void
it_comes_before_anything_is_switched_or_stopped(void **state)
{
	struct desk *d = *state;
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct found *found;
	struct err err;
	size_t unit;

	assert_true(
	    desk_desire(d, "apps: {db: {image: localhost/db, files: {/data: {volume: rows}}}}\n"));
	unit = index_of(d, "unit db-0.service");
	found = found_well(d, FULL);
	memset(found[unit].digest, 'a', 64);
	const struct request r = { .run = "run",
		.seat = "seat",
		.who = "me",
		.host = "db1",
		.playbook = "shop",
		.release = "r1",
		.plan = plan_of(d, found) };
	assert_int_equal(request_build(&r, &b, &err), 0);
	autofree char *steps = parcel_member(&b, "steps");
	assert_non_null(steps);
	assert_string_equal(steps, "stage 1\n"
				   "start 1\ndo 1 export\ndone 1\n"
				   "files 1\nat 0\ndaemon-reload\n"
				   "start 2\nunit restart db-0.service\nsteady\ndone 2\n");
	autofree char *args = parcel_member(&b, "args/1"), *back = parcel_member(&b, "back/1");
	assert_string_equal(args, "1\nexport\n1\nrows\n1\n-\n1\n4194304\n1\ndb-0.service\n");
	assert_string_equal(back, "1\nrestore\n1\nrows\n1\nself\n1\n4194304\n1\ndb-0.service\n");
	/* What a volume holds changes by itself. */
	assert_null(parcel_member(&b, "look/1"));
	/* It is no part of what the app is. */
	autofree char *manifest = parcel_member(&b, "manifest");
	assert_null(strstr(manifest, "export"));
	assert_in_range(request_limit_ms(&r), 3600000, 10000000);
}

static void
a_release_knows_what_to_keep_and_is_the_same_without(void **state)
{
	struct desk *d = *state;
	autobuf text = BUF_INIT(1U << 20);
	struct release *made, *read, *cattle;
	const struct resource *const *all;
	struct err err;
	size_t n;

	assert_true(desk_desire(d, TWO));
	made = release_made(d->arena, &d->host, d->want, d->count, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < made[0].count; i++)
		assert_int_not_equal(made[0].item[i]->kind, RESOURCE_EXPORT);
	release_write(&made[0], &text);
	read = release_read(d->arena, text.data, text.len, &err);
	assert_non_null(read);
	n = read->count;
	all = kind_export_insert(d->arena, read->item, &n);
	assert_int_equal(n, read->count + 2);
	d->want = all;
	d->count = n;
	desk_words_are(desk_wanted(d, "export rows")->detail, "db-0.service | db-1.service");
	d->host.kind = HOST_CATTLE;
	assert_true(desk_desire(d, TWO));
	cattle = release_made(d->arena, &d->host, d->want, d->count, &n);
	assert_string_equal(cattle[0].id, made[0].id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_volume_stands_once_in_front_of_what_uses_it, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(cattle_has_none_of_it, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_not_to_be_kept_or_cannot_be_is_said, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_container_has_its_volumes_by_name, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(a_program_has_directories, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    it_is_due_when_a_unit_changes_and_there_is_something_to_keep, set_up,
		    desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    what_may_find_no_room_is_refused, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    it_comes_before_anything_is_switched_or_stopped, set_up, desk_tear_down),
		cmocka_unit_test_setup_teardown(
		    a_release_knows_what_to_keep_and_is_the_same_without, set_up, desk_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
