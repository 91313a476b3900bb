#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/account.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/prune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define RUN  "01900000-0000-7000-8000-000000000001"
#define MINE "01900000-0000-7000-8000-000000000002"

static const struct manifest_line lines[] = {
	{ "image localhost/a:1", "shop", "-", "r", A, "-", RUN, "p", "-" },
	{ "file /first", "shop", "-", "r", A, "-", RUN, "p", "-" },
	{ "file /wanted", "shop", "-", "r", A, "-", RUN, "p", "-" },
	{ "file /other", "other", "-", "r", A, "-", RUN, "p", "-" },
	{ "file /found", "shop", "-", "r", A, "-", RUN, "f", "-" },
	{ "file /changed", "shop", "-", "r", A, "-", RUN, "p", "s" },
	{ "then reload x.service", "shop", "-", "r", "-", "-", RUN, "p", "-" },
	{ "unit u.service", "shop", "app", "r", B, A, RUN, "p", "-" },
	{ "file relative", "shop", "-", "r", A, "-", RUN, "p", "-" },
	{ "nonsense", "shop", "-", "r", A, "-", RUN, "p", "-" },
};
static const struct journal_line journal[] = {
	{ "2026-01-01T00:00:00.000Z", RUN, "changed", "ann@far-1", "ann", "web1", "shop", "r" },
};
static const struct observation seen = {
	.manifest = lines, .manifest_count = countof(lines), .journal = journal, .journal_count = 1
};
static const struct resource wanted = { .kind = RESOURCE_FILE,
	.id = "file /wanted",
	.title = "/wanted",
	.path = "/wanted",
	.content = "",
	.mode = 0644,
	.digest = A };
static const struct host host = { .name = "web1" };

static const struct manifest_line *
line_of(const char *id)
{
	for (size_t i = 0; i < countof(lines); i++)
		if (str_eq(lines[i].resource, id))
			return &lines[i];
	return NULL;
}

static struct found
found_file(const char *id, const char *digest)
{
	struct found f = { .present = true,
		.kind = 'f',
		.mode = 0644,
		.owner = "root",
		.group = "root",
		.known = line_of(id) };

	f.owned = f.known != NULL;
	str_copy(f.digest, sizeof(f.digest), digest);
	return f;
}

static void
what_the_playbook_no_longer_names_is_to_go_the_newest_first(void **state)
{
	static const char *const ids[] = { "unit u.service", "file /changed", "file /found",
		"file /first", "image localhost/a:1" };
	struct arena *a = arena_new();
	const struct resource *all[] = { &wanted };
	struct prune p;

	(void)state;
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &seen, all, 1, &p);
	assert_int_equal(p.count, countof(ids));
	for (size_t i = 0; i < p.count; i++) {
		assert_string_equal(p.gone[i]->id, ids[i]);
		assert_true(p.gone[i]->absent);
	}
	assert_string_equal(p.gone[0]->path, "/etc/systemd/system/u.service");
	assert_true(p.gone[1]->secret);
	assert_int_equal(p.note_count, 2); /* what nobody can take away */
	assert_true(p.known);
	prune_keep(a, &p, "so");
	assert_string_equal(p.note[p.note_count - 1], "left behind: image localhost/a:1 (so)");
	assert_int_equal(p.count, 0);
	assert_int_equal(p.note_count, 2 + countof(ids));
	arena_free(a);
}

static void
what_a_person_changed_or_had_before_stays(void **state)
{
	static const char *const users[] = { "u", "job", NULL };
	struct arena *a = arena_new();
	const struct resource *all[] = { &wanted }, *const *list = all;
	struct found left[5] = { found_file("unit u.service", A), found_file("file /changed", B),
		found_file("file /found", A), found_file("file /first", A) };
	struct found own = found_file("file /wanted", A), *found = &own;
	size_t count = 1;
	struct prune p;

	(void)state;
	left[4] = (struct found){ .present = true, .image_id = A, .users = users };
	left[4].known = line_of("image localhost/a:1");
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &seen, all, 1, &p);
	p.note_count = 0;
	prune_settle(a, &p, left, &list, &found, &count);
	assert_int_equal(count, 4);
	assert_string_equal(list[0]->id, "unit u.service");
	assert_string_equal(list[1]->id, "file /found");
	assert_true(list[1]->forgotten);
	assert_string_equal(list[2]->id, "file /first");
	assert_string_equal(list[3]->id, "file /wanted");
	assert_int_equal(p.note_count, 3);
	assert_string_equal(p.note[0], "left behind: file /changed (it was changed by hand)");
	assert_string_equal(p.note[1], "lets go of file /found: it was there before drover");
	assert_string_equal(
	    p.note[2], "left behind: image localhost/a:1 (the container job uses it)");

	struct plan *plan = plan_make(a, &host, list, found, count);

	assert_int_equal(plan->by_class[PLAN_REMOVE], 2);
	assert_int_equal(plan->by_class[PLAN_SAME], 2);
	arena_free(a);
}

static const char *
alias_of(void *user, const char *run)
{
	(void)user;
	return str_eq(run, MINE) ? "r-7" : NULL;
}

static struct plan *
account_of(struct arena *a, const struct resource *r, struct found *f, const char *playbook)
{
	struct account acc = {
		.playbook = playbook, .seat = "me@here-1", .seen = &seen, .alias = alias_of
	};
	struct plan *p = plan_make(a, &host, &r, f, 1);

	account_plan(a, &acc, p);
	return p;
}

static void
whose_work_is_undone_is_said(void **state)
{
	struct arena *a = arena_new();
	struct resource r = wanted;
	struct manifest_line m = *line_of("file /wanted");
	struct found f = found_file("file /wanted", B);
	struct plan *p;

	(void)state;
	f.written_s = 1767225600;
	p = account_of(a, &r, &f, "shop");
	assert_true(p->steps[0].foreign);
	assert_non_null(strstr(p->steps[0].why,
	    "changed by hand since run 01900000-0000 of ann at ann@far-1 of 2024-06-"));
	assert_non_null(strstr(p->steps[0].why, "last on 2026-01-01 00:00"));
	m.run = MINE;
	f.known = &m;
	p = account_of(a, &r, &f, "shop");
	assert_non_null(strstr(p->steps[0].why, "changed by hand since run r-7 of 2024-06-"));
	f.present = false;
	f.kind = '-';
	p = account_of(a, &r, &f, "shop");
	assert_non_null(strstr(p->steps[0].why, "removed by hand since run r-7"));
	/* As another seat's act left it: nobody changed it by hand. */
	f = found_file("file /wanted", B);
	m.digest = B;
	m.run = RUN;
	f.known = &m;
	p = account_of(a, &r, &f, "shop");
	assert_false(p->steps[0].foreign);
	assert_non_null(strstr(p->steps[0].why, "as run 01900000-0000 of ann at ann@far-1"));
	m.run = MINE;
	p = account_of(a, &r, &f, "shop");
	assert_null(p->steps[0].why ? strstr(p->steps[0].why, "left it") : NULL);
	arena_free(a);
}

static void
what_is_as_it_should_be_is_taken_into_the_manifest(void **state)
{
	struct arena *a = arena_new();
	struct resource r = wanted;
	struct found f = found_file("file /wanted", A);
	struct plan *p = account_of(a, &r, &f, "shop");

	(void)state;
	assert_int_equal(p->records, 0);
	assert_int_equal(p->note_count, 0);
	p = account_of(a, &r, &f, "another");
	assert_int_equal(p->records, 1);
	assert_string_equal(p->notes[0], "takes over file /wanted from the playbook shop");
	f.known = NULL;
	f.owned = false;
	p = account_of(a, &r, &f, "shop");
	assert_int_equal(p->records, 1);
	assert_string_equal(p->notes[0], "adopts file /wanted, which is as it should be");
	assert_false(plan_changes(p));
	/* An act on it did not end, and yet it is as it should be. */
	struct manifest_line m = *line_of("file /wanted");

	m.digest = "-";
	f.known = &m;
	p = account_of(a, &r, &f, "shop");
	assert_int_equal(p->records, 1);
	assert_int_equal(p->note_count, 0);
	arena_free(a);
}

static bool
drifts(struct arena *a, const struct resource *r, struct found *f, const char *release)
{
	struct account acc = { .playbook = "shop", .seat = "me@here-1", .seen = &seen };
	struct plan *p = plan_make(a, &host, &r, f, 1);

	acc.release = release;
	account_plan(a, &acc, p);
	account_drift(a, &acc, p);
	assert_int_equal(p->by_class[PLAN_SAME], !plan_changes(p));
	assert_non_null(strstr(p->notes[0], "applied last by run 01900000-0000 of ann"));
	return plan_changes(p);
}

static void
drift_is_what_was_applied_and_is_so_no_longer(void **state)
{
	struct arena *a = arena_new();
	struct resource r = wanted, other = wanted;
	struct resource service = { .kind = RESOURCE_SERVICE,
		.id = "service x.service",
		.title = "x",
		.unit = "x.service",
		.state = WANT_STARTED };
	struct found f = found_file("file /wanted", A), stopped = { .present = true };

	(void)state;
	assert_false(drifts(a, &r, &f, "r"));
	f.mode = 0600;
	assert_true(drifts(a, &r, &f, "r"));
	assert_true(drifts(a, &r, &f, "r2")); /* the wish is the one that was applied */
	/* The playbook says something else by now: nobody touched the file. */
	memcpy(other.digest, B, sizeof(other.digest));
	assert_false(drifts(a, &other, &f, "r2"));
	f = found_file("file /wanted", B);
	memset(f.digest, 'c', 64);
	assert_true(drifts(a, &other, &f, "r2"));
	/* What the manifest does not hold drifts where the playbook as it is was applied. */
	assert_true(drifts(a, &service, &stopped, "r"));
	assert_false(drifts(a, &service, &stopped, "r2"));
	arena_free(a);
}

static void
the_last_versions_of_a_program_stay_while_the_app_does(void **state)
{
#define VERSION(n) "file /usr/local/lib/drover/shop/" n "/shop"
	static const struct manifest_line versions[] = {
		{ VERSION("1"), "shop", "shop", "r", A, "-", RUN, "p", "-" },
		{ "file /usr/local/lib/drover/away/9/away", "shop", "away", "r", A, "-", RUN, "p",
		    "-" },
		{ VERSION("2"), "shop", "shop", "r", A, "-", RUN, "p", "-" },
		{ VERSION("4"), "shop", "shop", "r", A, "-", RUN, "p", "-" },
		{ "unit shop-0.service", "shop", "shop", "r", A, "-", RUN, "p", "-" },
		{ VERSION("3"), "shop", "shop", "r", A, "-", RUN, "p", "-" },
	};
	static const struct observation told = { .manifest = versions,
		.manifest_count = countof(versions) };
	const struct resource now = { .kind = RESOURCE_FILE, .id = VERSION("4"), .app = "shop" };
	const struct resource unit = {
		.kind = RESOURCE_UNIT, .id = "unit shop-0.service", .app = "shop", .native = true
	};
	const struct resource *all[] = { &now, &unit };
	struct arena *a = arena_new();
	struct prune p;

	(void)state;
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &told, all, 2, &p);
	assert_int_equal(p.count, 2);
	assert_string_equal(p.gone[0]->id, "file /usr/local/lib/drover/away/9/away");
	assert_string_equal(p.gone[1]->id, VERSION("1"));
	assert_int_equal(p.note_count, 0);
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &told, all, 0, &p);
	assert_int_equal(p.count, countof(versions));
	arena_free(a);
}

/* Its tree goes with its archive, on the host. */
static void
so_do_those_of_a_root_file_system(void **state)
{
#define ARCHIVE(n) "file /usr/local/lib/drover/site/" n "/rootfs.tar"
	static const struct manifest_line versions[] = {
		{ ARCHIVE("1"), "shop", "site", "r", A, "-", RUN, "p", "-" },
		{ ARCHIVE("2"), "shop", "site", "r", A, "-", RUN, "p", "-" },
		{ ARCHIVE("3"), "shop", "site", "r", A, "-", RUN, "p", "-" },
		{ ARCHIVE("4"), "shop", "site", "r", A, "-", RUN, "p", "-" },
	};
	static const struct observation told = { .manifest = versions,
		.manifest_count = countof(versions) };
	const struct resource now = { .kind = RESOURCE_FILE, .id = ARCHIVE("4"), .app = "site" };
	const struct resource image = {
		.kind = RESOURCE_UNIT, .id = "unit site-0.service", .app = "site"
	};
	const struct resource *all[] = { &now, &image }, *other[] = { &image };
	struct arena *a = arena_new();
	struct prune p;

	(void)state;
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &told, all, 2, &p);
	assert_int_equal(p.count, 1);
	assert_string_equal(p.gone[0]->id, ARCHIVE("1"));
	/* The app is an image now. */
	prune_wishes(a, &(struct prune_scope){ .playbook = "shop" }, &told, other, 1, &p);
	assert_int_equal(p.count, countof(versions));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_versions_of_a_program_stay_while_the_app_does),
		cmocka_unit_test(so_do_those_of_a_root_file_system),
		cmocka_unit_test(what_the_playbook_no_longer_names_is_to_go_the_newest_first),
		cmocka_unit_test(what_a_person_changed_or_had_before_stays),
		cmocka_unit_test(whose_work_is_undone_is_said),
		cmocka_unit_test(drift_is_what_was_applied_and_is_so_no_longer),
		cmocka_unit_test(what_is_as_it_should_be_is_taken_into_the_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
