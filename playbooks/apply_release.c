#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "playbooks/kinds.h"
#include "playbooks/playbook.h"
#include "playbooks/release.h"
#include "playbooks/released.h"
#include "playbooks/releases.h"
#include "playbooks/resource.h"

#include <string.h>

const char *
apply_owner(const struct apply_host *h)
{
	return h->release ? h->release->playbook : playbook_name(h->ground->playbook);
}

static void
look_data(struct apply_host *h, const void *p, size_t n)
{
	released_feed(h->releases, p, n);
}

static char *
look_again(struct apply_host *h)
{
	released_free(take(h->releases));
	reply_nonce(h->nonce);
	h->releases = released_new(h->arena, h->nonce);
	return released_command(h->nonce, h->ground->returning->app);
}

/* What the app is to become; false when it cannot, and err says why. */
static bool
choose(struct apply_host *h, const struct released *told, struct err *err)
{
	const struct rollback_spec *spec = h->ground->returning;
	const char *now = releases_current(told->manifest, told->manifest_count, spec->app);

	if (told->refused) {
		err_set(err, OUTCOME_REFUSED, "%s", told->refused);
		return false;
	}
	h->release = release_choose(&told->known, spec->app, now, spec->id, spec->run, err);
	h->returned = h->release ? released_wish(h->releases, h->release, err) : NULL;
	if (!h->returned)
		return false;
	h->wanted_count = h->returned->count;
	h->wanted = kind_export_insert(h->arena, h->returned->item, &h->wanted_count);
	return true;
}

static void
look_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct err why;
	const struct released *told =
	    apply_looked(h, e, err, &why) ? released_end(h->releases, &why) : NULL;

	if (told && choose(h, told, &why))
		apply_observe(h);
	else
		apply_give_up(h, why.kind, &why);
}

void
apply_look_releases(struct apply_host *h)
{
	static const struct apply_exec looking = { look_data, apply_send_input, look_end,
		APPLY_LOOK_MS, look_again };

	apply_look(h, &looking);
}

void
apply_change_releases(struct apply_host *h)
{
	const struct playbook *p = h->ground->playbook;
	struct release_change *c = arena_alloc(h->arena, sizeof(*c));
	char *book = arena_strdup(h->arena, h->release ? h->release->book : playbook_digest(p));

	if (strlen(book) >= RELEASE_ID)
		book[RELEASE_ID - 1] = '\0';
	c->book = book;
	c->verb = h->release ? "rollback" : "apply";
	if (h->returned) {
		c->made = arena_alloc(h->arena, sizeof(*c->made));
		c->made[0] = *h->returned;
		c->made_count = 1;
	} else {
		c->made = release_made(
		    h->arena, herd_host_of(h->hh), h->wanted, h->wanted_count, &c->made_count);
		if (!playbook_partial(p) && !h->ground->no_prune && !playbook_keeps(p))
			releases_policy(h->arena, playbook_name(p), &h->seen->releases,
			    h->seen->manifest, h->seen->manifest_count, c);
	}
	h->change = c;
}

/* What of the app no release has. */
static void
add_data(const struct apply_host *h, struct buf *to)
{
	for (size_t i = 0; i < h->returned->count; i++) {
		for (const char *const *d = h->returned->item[i]->data; d && *d; d++) {
			if (!strstr(buf_text(to), *d))
				buf_addf(to, "%s%s", to->len ? ", " : "", *d);
		}
	}
}

static void
note(struct apply_host *h, const char *text)
{
	struct plan *p = h->plan;
	const char **notes = arena_alloc(h->arena, (p->note_count + 1) * sizeof(*notes));

	for (size_t i = 0; i < p->note_count; i++)
		notes[i] = p->notes[i];
	notes[p->note_count++] = text;
	p->notes = notes;
}

void
apply_note_releases(struct apply_host *h)
{
	const struct release_change *c = h->change;
	autobuf data = BUF_INIT(16U << 10);
	size_t given;
	const char *const *notes = playbook_notes(h->ground->playbook, &given);

	for (size_t i = 0; i < given; i++)
		note(h, notes[i]);

	for (size_t i = 0; c && i < c->drop_count && plan_changes(h->plan); i++)
		note(h, arena_printf(h->arena,
			    "release %s of %s is no longer kept: drover rollback cannot go back to "
			    "it then",
			    c->drop[i]->id, c->drop[i]->app));
	if (!h->returned)
		return;
	const struct release_put since = release_since(h->release);
	note(h, arena_printf(h->arena, "%s becomes release %s, which %s put there at %s",
		    h->release->app, h->release->id, since.who, since.time));
	add_data(h, &data);
	if (data.len)
		note(h,
		    arena_printf(h->arena, "cannot be taken back: what is in %s", buf_text(&data)));
	note(h, arena_printf(h->arena,
		    "not taken back: other apps of %s and its tasks; they stay as they are",
		    h->release->playbook));
}
