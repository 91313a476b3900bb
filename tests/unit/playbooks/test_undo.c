#include "playbooks/undo.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "playbooks/back.h"
#include "playbooks/observe.h"
#include "playbooks/plan.h"
#include "playbooks/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NONCE "00112233445566778899aabbccddeeff"
#define UUID  "0190aaaa-0000-7000-8000-000000000001"
#define LATER "0190aaaa-0000-7000-8000-000000000002"
#define LAST  "0190aaaa-0000-7000-8000-000000000003"
#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define OLD   "old\n"

struct desk {
	struct arena *arena;
	struct buf reply;
	struct back *back;
	struct undo *undo;
	struct plan *plan;
	struct found found[8];
	char old_sum[DIGEST_HEX];
};

static int
set_up(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	d->arena = arena_new();
	buf_init(&d->reply, 1U << 20);
	digest_hex(OLD, strlen(OLD), d->old_sum);
	*state = d;
	return 0;
}

static int
tear_down(void **state)
{
	struct desk *d = *state;

	arena_free(d->arena);
	buf_fini(&d->reply);
	free(d);
	return 0;
}

static void
put(struct desk *d, const char *kind, const char *text)
{
	buf_addf(&d->reply, NONCE " %s %zu\n%s\n", kind, strlen(text), text);
}

/* The reply as far as it was put, read whole. */
static struct back *
take_reply(struct desk *d)
{
	struct back_reading *r = back_new(d->arena, NONCE, UUID);
	struct err err;

	put(d, "end", "");
	for (size_t i = 0; i < d->reply.len; i++)
		back_feed(r, d->reply.data + i, 1);
	d->back = back_end(r, &err);
	assert_non_null(d->back);
	return d->back;
}

static void
begin(struct desk *d)
{
	buf_adds(&d->reply, "welcome to this host\n");
	put(d, "begin", "1");
	put(d, "about", "seat\tanna\tweb1\tshop\tr1");
}

/* The wishes for what was put, with what stands there said by the caller in d->found. */
static struct plan *
plan_of(struct desk *d, bool force)
{
	const struct undo_spec spec = { .uuid = UUID, .force = force };
	static struct host host = { .name = "web1" };
	struct observation seen = { .found = d->found };
	size_t n;

	take_reply(d);
	d->undo = undo_wish(d->arena, d->back, &spec);
	undo_wanted(d->undo, &n);
	assert_in_range(n, 0, countof(d->found));
	seen.count = n;
	d->plan = undo_plan(d->undo, &host, &seen);
	return d->plan;
}

static struct found
standing(char kind, unsigned mode, const char *digest)
{
	struct found f = { .present = kind != '-', .kind = kind, .mode = mode };

	snprintf(f.owner, sizeof(f.owner), "root");
	snprintf(f.group, sizeof(f.group), "root");
	snprintf(f.digest, sizeof(f.digest), "%s", digest);
	return f;
}

static void
put_file_change(struct desk *d)
{
	autobuf sum = BUF_INIT(200);

	begin(d);
	put(d, "what", "1\tfile\tchange\t-\t0\t-\tfile /etc/motd\t/etc/motd");
	put(d, "files", "1 0644 root root " A64 " - /etc/motd");
	put(d, "was", "8180 4 0 0 root root /etc/motd");
	put(d, "result", "start 1\nstep 1 changed\nend changed -");
	buf_addf(&sum, "1 %s", d->old_sum);
	put(d, "sum", buf_text(&sum));
	put(d, "content", "1\n" OLD);
}

static void
a_file_comes_back_as_it_was(void **state)
{
	struct desk *d = *state;
	const struct resource *r;

	put_file_change(d);
	d->found[0] = standing('f', 0644, A64);
	plan_of(d, false);
	assert_int_equal(d->plan->count, 1);
	assert_int_equal(d->plan->steps[0].class, PLAN_CHANGE);
	r = d->plan->steps[0].resource;
	assert_int_equal(r->kind, RESOURCE_FILE);
	assert_int_equal(r->mode, 0600);
	assert_string_equal(r->digest, d->old_sum);
	assert_memory_equal(r->content, OLD, r->content_len);
	assert_string_equal(r->undoing->kept, UUID "/old/1");
	assert_null(undo_stale(d->undo));
	assert_string_equal(undo_playbook(d->undo), "shop");
	assert_string_equal(undo_release_of(undo_release(d->undo)), UUID);
}

static void
what_changed_since_is_left_alone_and_named(void **state)
{
	struct desk *d = *state;

	put_file_change(d);
	d->found[0] = standing('f', 0644, B64);
	plan_of(d, false);
	assert_int_equal(d->plan->count, 0);
	assert_string_equal(d->plan->notes[0], "not touched: /etc/motd: changed since, by hand");
	assert_non_null(undo_stale(d->undo));
}

static void
unless_it_is_meant(void **state)
{
	struct desk *d = *state;

	put_file_change(d);
	d->found[0] = standing('f', 0644, B64);
	plan_of(d, true);
	assert_int_equal(d->plan->count, 1);
	assert_null(undo_stale(d->undo));
}

static void
a_content_that_is_not_what_its_digest_says_is_not_shown(void **state)
{
	struct desk *d = *state;

	begin(d);
	put(d, "what", "1\tfile\tchange\t-\t0\t-\tfile /etc/motd\t/etc/motd");
	put(d, "files", "1 0644 root root " A64 " - /etc/motd");
	put(d, "was", "81a4 4 0 0 root root /etc/motd");
	put(d, "result", "start 1\nstep 1 changed");
	put(d, "sum", "1 " B64);
	put(d, "content", "1\nforged\n");
	take_reply(d);
	assert_int_equal(d->back->count, 1);
	assert_null(d->back->step[0].place->content);
	assert_string_equal(d->back->step[0].place->kept_sum, B64);
	assert_false(d->back->ended);
}

static void
put_tree(struct desk *d)
{
	begin(d);
	put(d, "what",
	    "1\tfile\tremove\t-\t0\t-\tfile /srv/t/f\t/srv/t/f\n"
	    "2\tdir\tremove\t-\t0\t-\tdir /srv/t\t/srv/t/");
	put(d, "files", "1 - - - - r /srv/t/f\n2 - - - - t /srv/t");
	put(d, "was", "81a4 4 0 0 root root /srv/t/f\n41ed 60 0 0 root root /srv/t");
	put(d, "manifest", "1\tfile /srv/t/f\tshop\t-\tr1\t!\n2\tdir /srv/t\tshop\t-\tr1\t!");
	put(d, "result", "start 1\nstep 1 changed\nstart 2\nstep 2 changed\nend changed -");
	put(d, "sum", "1 " B64);
	put(d, "directory", "2");
	put(d, "tree", "2 " A64);
}

static const struct plan_step *
step_for(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->steps[i].resource->id, id) == 0)
			return &p->steps[i];
	}
	return NULL;
}

static void
a_tree_comes_back_whole_with_what_went_from_it(void **state)
{
	struct desk *d = *state;
	const struct plan_step *tree, *file;

	put_tree(d);
	d->found[0] = d->found[1] = standing('-', 0, "");
	plan_of(d, false);
	tree = step_for(d->plan, "dir /srv/t");
	file = step_for(d->plan, "file /srv/t/f");
	assert_non_null(tree);
	assert_non_null(file);
	assert_int_equal(tree->class, PLAN_CREATE);
	assert_string_equal(tree->why, "with all that was in it");
	assert_string_equal(tree->resource->undoing->kept, UUID "/old/2");
	assert_int_equal(file->class, PLAN_SAME);
	assert_ptr_equal(file->resource->undoing->inside, tree->resource);
	assert_true(request_sends_file(tree));
	assert_false(request_sends_file(file));
}

static void
a_tree_does_not_come_back_over_another(void **state)
{
	struct desk *d = *state;

	put_tree(d);
	d->found[0] = standing('d', 0755, "");
	d->found[0].said = B64;
	d->found[1] = standing('-', 0, "");
	plan_of(d, true);
	assert_null(step_for(d->plan, "dir /srv/t"));
	assert_non_null(undo_stale(d->undo));
}

static void
a_tree_that_is_back_already_stays(void **state)
{
	struct desk *d = *state;

	put_tree(d);
	d->found[0] = standing('d', 0755, "");
	d->found[0].said = A64;
	d->found[1] = standing('f', 0644, B64);
	plan_of(d, false);
	assert_false(plan_changes(d->plan));
	assert_null(undo_stale(d->undo));
}

static void
what_was_not_kept_cannot_come_back(void **state)
{
	struct desk *d = *state;

	begin(d);
	put(d, "what",
	    "1\tdir\tremove\t-\t0\t-\tdir /srv/big\t/srv/big/\n"
	    "2\trun\tunpredicted\t-\t0\t-\trun 1\ttouch x\n"
	    "3\timage\tcreate\t-\t0\t-\timage web\tweb\n"
	    "4\tnovelty\tcreate\t-\t0\t-\tnovelty x\tx");
	put(d, "files", "1 - - - - t /srv/big");
	put(d, "was", "41ed 60 0 0 root root /srv/big");
	put(d, "result", "start 1\nstep 1 changed\nstart 2\nstep 2 changed");
	plan_of(d, false);
	assert_int_equal(d->plan->count, 0);
	assert_int_equal(d->plan->note_count, 4);
	assert_string_equal(
	    d->plan->notes[0], "cannot be taken back: x (this drover does not know its kind)");
	assert_string_equal(d->plan->notes[1], "cannot be taken back: web (it stays)");
	assert_string_equal(d->plan->notes[2], "cannot be taken back: touch x (it has no undo:)");
	assert_string_equal(
	    d->plan->notes[3], "cannot be taken back: /srv/big/ (what was in it was not kept)");
}

static void
what_the_act_never_came_to_is_nothing_to_take_back(void **state)
{
	struct desk *d = *state;

	begin(d);
	put(d, "what",
	    "1\tdir\tchange\t-\t0\t-\tdir /home/anna/d\t/home/anna/d/\n"
	    "2\tfile\tremove\t-\t0\t-\tfile /home/anna/d/f\t/home/anna/d/f\n"
	    "3\tunit\tcreate\t-\t0\t-\tunit x.service\tx.service");
	put(d, "units", "3 x.service");
	put(d, "untouched",
	    "1 0777 - - - d /home/anna/d\n2 - - - - r /home/anna/d/f\n"
	    "3 0644 root root " A64 " U /etc/systemd/system/x.service");
	put(d, "result", "step 1 failed\nend failed");
	d->found[0] = standing('d', 0755, "");
	d->found[1] = standing('f', 0644, B64);
	plan_of(d, false);
	assert_int_equal(d->plan->count, 0);
	assert_int_equal(d->plan->note_count, 0);
	assert_null(undo_stale(d->undo));
}

#define UNDID(run, of, how)                                                                        \
	"2026-01-01T00:00:00.000Z\t" run "\t" how "\tseat\tanna\tweb1\tshop\tundo of " of

static void
an_act_is_taken_back_once(void **state)
{
	struct desk *d = *state;

	put_file_change(d);
	put(d, "undone", UNDID(LATER, UUID, "changed"));
	d->found[0] = standing('f', 0644, A64);
	plan_of(d, false);
	assert_non_null(d->back->undone);
	assert_string_equal(d->back->undone->run, LATER);
	assert_int_equal(d->plan->count, 0);
	assert_non_null(strstr(d->plan->notes[0], "taken back already: by anna"));
}

static void
an_undo_that_was_taken_back_or_failed_counts_for_nothing(void **state)
{
	struct desk *d = *state;

	put_file_change(d);
	put(d, "undone",
	    UNDID(LATER, UUID, "changed") "\n" UNDID(LAST, LATER, "changed") "\n" UNDID(
		"0190aaaa-0000-7000-8000-000000000004", UUID, "failed"));
	take_reply(d);
	assert_null(d->back->undone);
}

static void
words_come_back_whole(void **state)
{
	struct desk *d = *state;

	begin(d);
	put(d, "what", "1\trun\tunpredicted\t-\t0\t-\trun 1\tdo it");
	put(d, "words", "undo/1\n1\nA=b\n1\nrm\n2\nx\ny\n");
	put(d, "words", "args/1\n9\ncut short\n");
	put(d, "result", "start 1\nstep 1 changed");
	plan_of(d, false);
	assert_null(d->back->step[0].args);
	assert_int_equal(d->plan->count, 1);
	assert_string_equal(d->plan->steps[0].resource->env[0], "A=b");
	assert_null(d->plan->steps[0].resource->env[1]);
	assert_string_equal(d->plan->steps[0].resource->argv[0], "rm");
	assert_string_equal(d->plan->steps[0].resource->argv[1], "x\ny");
	assert_null(d->plan->steps[0].resource->argv[2]);
}

static void
a_reply_that_is_cut_is_none(void **state)
{
	struct desk *d = *state;
	struct err err;

	put_file_change(d);
	struct back_reading *r = back_new(d->arena, NONCE, UUID);
	back_feed(r, d->reply.data, d->reply.len);
	assert_null(back_end(r, &err));
	assert_int_equal(err.kind, OUTCOME_FAILED);
	r = back_new(d->arena, NONCE, UUID);
	back_feed(r, "sh: not found\n", 14);
	assert_null(back_end(r, &err));
	assert_string_equal(err.text, "the host ran no helper (it said: sh: not found)");
}

static void
lines_that_make_no_sense_are_left_out(void **state)
{
	struct desk *d = *state;

	begin(d);
	put(d, "what", "0\tfile\n1\tfile\tchange\t-\t0\t-\tfile /a\t/a\nx\ty\n");
	put(d, "files", "1 0644 root root " A64 " - relative\n7 0644 root root " A64 " - /b\n1 0");
	put(d, "dirs", "/\n/srv/x\nsrv\n");
	put(d, "result", "step 9 changed\nstep\nstart one\n\n");
	take_reply(d);
	assert_int_equal(d->back->count, 1);
	assert_null(d->back->step[0].place);
	assert_false(d->back->step[0].started);
	assert_string_equal(d->back->dirs[0], "/srv/x");
	assert_null(d->back->dirs[1]);
}

static void
what_is_started_again_is_proved_as_it_was_before(void **state)
{
	struct desk *d = *state;
	const struct health *h;

	begin(d);
	put(d, "what",
	    "1\tservice\tchange\tr\t0\t-\tservice a\ta\n2\tservice\tchange\tr\t0\t-\tservice b\tb\n"
	    "3\tservice\tchange\tr\t0\t-\tservice c\tc\n4\tservice\tchange\tr\t0\t-\tservice d\td");
	put(d, "gates",
	    "1 " LATER " http 127.0.0.1 8080 500 1000 3 /healthz\n2 " LATER
	    " exec - 0 500 1000 3 7\n"
	    "3 " LATER " tcp 127.0.0.1 99999 500 1000 3 -\n4 " LATER " exec - 0 500 1000 3 7\n"
	    "9 " LATER " tcp 127.0.0.1 1 500 1000 3 -\nnonsense");
	put(d, "words", "gate/2\n1\ntrue\n");
	take_reply(d);
	h = d->back->step[0].health;
	assert_non_null(h);
	assert_int_equal(h->kind, HEALTH_HTTP);
	assert_int_equal(h->port, 8080);
	assert_int_equal(h->interval_ms, 500);
	assert_int_equal(h->retries, 3);
	assert_string_equal(h->path, "/healthz");
	h = d->back->step[1].health;
	assert_non_null(h);
	assert_int_equal(h->kind, HEALTH_EXEC);
	assert_string_equal(h->argv[0], "true");
	assert_null(d->back->step[2].health);
	assert_null(d->back->step[3].health);
}

/* What an act only took into its release belongs to the one before again; what somebody has since does not. */
static void
what_stayed_as_it_was_is_of_its_release_again(void **state)
{
	const struct undo_spec spec = { .uuid = UUID };
	static struct host host = { .name = "web1" };
	static char now[] = "file /a\tshop\tshop\tnew\t" A64 "\t-\t" LATER "\tp\t-\n"
			    "file /b\tshop\tshop\tnewer\t" A64 "\t-\t" LATER "\tp\t-\n"
			    "file /etc/motd\tshop\tshop\tnew\t" A64 "\t-\t" UUID "\tp\t-\n";
	struct desk *d = *state;
	struct observation seen = { .found = d->found, .count = 1 };

	put_file_change(d);
	put(d, "manifest",
	    "0\tfile /a\tshop\tshop\tnew\t" A64 "\t-\tf\t-\n"
	    "0\tfile /b\tshop\tshop\tnew\t" A64 "\t-\tf\t-\n"
	    "1\tfile /etc/motd\tshop\tshop\tnew\t" A64 "\t-\tp\t-");
	put(d, "manifest.old",
	    "file /a\tshop\tshop\told\t" A64 "\t-\t" LATER "\tp\t-\n"
	    "file /b\tshop\tshop\told\t" A64 "\t-\t" LATER "\tp\t-\n"
	    "file /etc/motd\tshop\tshop\told\t" B64 "\t-\t" LATER "\tp\t-");
	take_reply(d);
	manifest_parse(d->arena, now, &seen);
	d->undo = undo_wish(d->arena, d->back, &spec);
	d->found[0] = standing('f', 0644, A64);
	d->plan = undo_plan(d->undo, &host, &seen);
	assert_int_equal(d->plan->relabel_count, 1);
	assert_string_equal(d->plan->relabel[0].resource, "file /a");
	assert_string_equal(d->plan->relabel[0].release, "old");
	assert_string_equal(d->plan->relabel[0].run, LATER);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_comes_back_as_it_was),
		T(what_changed_since_is_left_alone_and_named),
		T(unless_it_is_meant),
		T(a_content_that_is_not_what_its_digest_says_is_not_shown),
		T(a_tree_comes_back_whole_with_what_went_from_it),
		T(a_tree_does_not_come_back_over_another),
		T(a_tree_that_is_back_already_stays),
		T(what_was_not_kept_cannot_come_back),
		T(what_the_act_never_came_to_is_nothing_to_take_back),
		T(an_act_is_taken_back_once),
		T(an_undo_that_was_taken_back_or_failed_counts_for_nothing),
		T(words_come_back_whole),
		T(a_reply_that_is_cut_is_none),
		T(lines_that_make_no_sense_are_left_out),
		T(what_is_started_again_is_proved_as_it_was_before),
		T(what_stayed_as_it_was_is_of_its_release_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
