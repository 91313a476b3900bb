#include "tui/planned.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/plan_view.h"
#include "inventory/set.h"
#include "playbooks/diff.h"

#include <stdint.h>
#include <string.h>

#define TEXT_MAX (64U << 20)
#define KEPT_MAX (16U << 20) /* of contents, for diffs with other contexts */

struct planned *
planned_new(const char *playbook, bool drift)
{
	struct planned *p = xcalloc(1, sizeof(*p));

	p->playbook = xstrdup(playbook);
	p->drift = drift;
	return p;
}

static void
free_part(struct planned_part *part)
{
	free(part->why);
	free(part->diff);
	free(part->first);
	free(part->key);
	free(part->path);
	free(part->was);
	free(part->becomes);
	free(part->host);
}

static void
free_step(struct planned_step *s)
{
	for (size_t i = 0; i < s->parts; i++)
		free_part(&s->part[i]);
	strmap_fini(&s->by_key);
	free(s->part);
	free(s->id);
	free(s->title);
	free(s->command);
	free(s->file);
}

void
planned_free(struct planned *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->hosts; i++) {
		free(p->host[i].name);
		free(p->host[i].why);
	}
	for (size_t i = 0; i < p->steps; i++)
		free_step(&p->step[i]);
	for (size_t i = 0; i < p->notes; i++)
		free(p->note[i].text);
	free(p->host);
	free(p->step);
	free(p->note);
	free(p->playbook);
	free(p->rollout);
	free(p);
}

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/* Steps come in the same order on most hosts: look from where the last one was. */
static struct planned_step *
step_of(struct planned *p, const char *id, const char *title, size_t *at)
{
	for (size_t i = 0; i < p->steps; i++) {
		size_t k = (*at + i) % p->steps;

		if (str_eq(p->step[k].id, id)) {
			*at = k + 1;
			return &p->step[k];
		}
	}
	mem_grow(p->step, p->steps, p->step_cap);
	size_t place = *at < p->steps ? *at : p->steps;
	memmove(&p->step[place + 1], &p->step[place], (p->steps - place) * sizeof(*p->step));
	p->steps++;
	p->step[place] = (struct planned_step){ .id = xstrdup(id), .title = xstrdup(title) };
	*at = place + 1;
	return &p->step[place];
}

static void
count_lines(struct planned_part *part)
{
	size_t line = 0;

	for (const char *s = part->diff; s && *s; line++) {
		bool header = line < 2 && (str_starts(s, "--- ") || str_starts(s, "+++ "));

		part->added += !header && *s == '+';
		part->removed += !header && *s == '-';
		s += strcspn(s, "\n");
		s += *s == '\n';
	}
}

/* Contents that may be shown, as long as there is room. */
static void
keep_contents(struct planned *p, struct planned_part *part, const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;

	if (!s->diff || part->secret || !r->path || p->kept > KEPT_MAX ||
	    (r->kind != RESOURCE_FILE && r->kind != RESOURCE_UNIT) ||
	    (!f->content && f->kind == 'f') || (!r->content && !r->absent))
		return;
	part->path = xstrdup(r->path);
	if (f->content && f->kind == 'f') {
		part->was = xmemdup0(f->content, f->content_len);
		part->was_len = f->content_len;
	}
	if (!r->absent) {
		part->becomes = xmemdup0(r->content, r->content_len);
		part->becomes_len = r->content_len;
	}
	p->kept += part->was_len + part->becomes_len;
}

/* Hosts whose diffs read alike with {{ host }} in place of their names are of one part. */
static struct planned_part *
part_of(struct planned *p, struct planned_step *to, const char *host, const struct plan_step *s)
{
	autofree char *alike = s->diff ? plan_view_without_name(s->diff, host) : NULL;
	char *key = xasprintf("%d %s\n%s", (int)s->class, s->why ? s->why : "", alike ? alike : "");
	struct planned_part *part;
	size_t at;

	if (!strmap_add(&to->by_key, key, to->parts, &at)) {
		free(key);
		part = &to->part[at];
		if (!part->named && s->diff && !str_eq(part->first, s->diff)) {
			free(part->diff);
			part->diff = take(alike);
			part->named = true;
		}
		return part;
	}
	mem_grow(to->part, to->parts, to->part_cap);
	part = &to->part[to->parts++];
	*part = (struct planned_part){ .class = s->class,
		.key = key,
		.why = dup_or_null(s->why),
		.first = dup_or_null(s->diff),
		.diff = dup_or_null(s->diff),
		.secret = s->resource->secret || (s->found && s->found->hidden) };
	count_lines(part);
	keep_contents(p, part, s);
	return part;
}

static void
add_command(struct planned_step *to, const struct resource *r)
{
	autobuf b = BUF_INIT(4096);

	if (to->command || r->kind != RESOURCE_RUN || (!r->argv && !r->shell))
		return;
	if (r->shell)
		buf_adds(&b, r->shell);
	for (size_t i = 0; !r->shell && r->argv[i]; i++) {
		if (i)
			buf_addc(&b, ' ');
		str_shell_quote(&b, r->argv[i]);
	}
	to->command = buf_detach(&b, NULL);
}

static void
add_step(struct planned *p, size_t host, const struct plan_step *s, size_t *at)
{
	struct planned_step *to = step_of(p, s->resource->id, s->resource->title, at);
	struct planned_part *part;

	p->by_class[s->class]++;
	if (!to->file && s->resource->mark.file) {
		to->file = xstrdup(s->resource->mark.file);
		to->line = s->resource->mark.line;
	}
	if (s->class == PLAN_SAME) {
		to->same++;
		return;
	}
	add_command(to, s->resource);
	if (to->class == PLAN_SAME)
		to->class = s->class;
	to->differing++;
	part = part_of(p, to, p->host[host].name, s);
	mem_grow(part->host, part->count, part->cap);
	part->host[part->count++] = host;
}

static void
add_follow_up(struct planned *p, size_t host, const struct follow_up *f, size_t *at)
{
	static const char *const words[] = {
		[FOLLOW_RELOAD] = "reload", [FOLLOW_RESTART] = "restart", [FOLLOW_RUN] = "run"
	};
	autobuf id = BUF_INIT(4096);
	struct resource r = { .kind = RESOURCE_RUN };
	struct plan_step s = {
		.resource = &r, .class = PLAN_UNPREDICTED, .why = "follows the tasks"
	};

	buf_addf(&id, "then %s", words[f->kind]);
	if (f->unit)
		buf_addf(&id, " %s", f->unit);
	for (size_t i = 0; f->argv && f->argv[i]; i++)
		buf_addf(&id, " %s", f->argv[i]);
	r.id = r.title = buf_text(&id);
	add_step(p, host, &s, at);
	p->step[*at - 1].follows = true;
}

static void
add_note(struct planned *p, const char *text)
{
	for (size_t i = 0; i < p->notes; i++) {
		if (str_eq(p->note[i].text, text)) {
			p->note[i].hosts++;
			return;
		}
	}
	mem_grow(p->note, p->notes, p->note_cap);
	p->note[p->notes++] = (struct planned_note){ .text = xstrdup(text), .hosts = 1 };
}

void
planned_add(struct planned *p, const char *name, bool pet, const struct plan *plan, const char *why)
{
	size_t host = p->hosts, at = 0;

	mem_grow(p->host, p->hosts, p->host_cap);
	p->host[p->hosts++] =
	    (struct planned_host){ .name = xstrdup(name), .pet = pet, .why = dup_or_null(why) };
	for (size_t i = 0; plan && i < plan->count; i++)
		add_step(p, host, &plan->steps[i], &at);
	at = p->steps;
	for (size_t i = 0; plan && i < plan->then_count; i++)
		add_follow_up(p, host, &plan->then[i], &at);
	for (size_t i = 0; plan && i < plan->note_count; i++)
		add_note(p, plan->notes[i]);
}

/* One look at all steps, whatever the number of hosts. */
static void
mark_changing(const struct planned *p, bool *host)
{
	for (size_t i = 0; i < p->steps; i++) {
		const struct planned_step *s = &p->step[i];

		for (size_t k = 0; !s->out && k < s->parts; k++) {
			for (size_t n = 0; n < s->part[k].count; n++)
				host[s->part[k].host[n]] = true;
		}
	}
}

size_t
planned_changing(const struct planned *p, size_t *ret)
{
	autofree bool *changes = xcalloc(p->hosts + 1, sizeof(*changes));
	size_t n = 0;

	mark_changing(p, changes);
	for (size_t i = 0; i < p->hosts; i++) {
		if (!changes[i] || p->host[i].out || p->host[i].why)
			continue;
		if (ret)
			ret[n] = i;
		n++;
	}
	return n;
}

char *
planned_set(const struct planned *p, const struct planned_part *part)
{
	autofree const char **names = xcalloc(part->count + 1, sizeof(*names));

	for (size_t i = 0; i < part->count; i++)
		names[i] = p->host[part->host[i]].name;
	return names_fold(names, part->count);
}

char *
planned_diff(const struct planned *p, const struct planned_part *part, size_t context)
{
	if (!part->diff || part->secret)
		return NULL;
	if (!part->path || context == PLANNED_CONTEXT)
		return xstrdup(part->diff);
	char *diff = diff_file_about(part->path, (struct diff_text){ part->was, part->was_len },
	    (struct diff_text){ part->becomes, part->becomes_len }, context, 0);
	if (!diff || !part->named)
		return diff ? diff : xstrdup(part->diff);
	char *alike = plan_view_without_name(diff, p->host[part->host[0]].name);
	free(diff);
	return alike;
}

static void
tell_part(const struct planned *p, const struct planned_part *part, struct buf *to)
{
	autofree char *set = planned_set(p, part);

	buf_addf(to, "    %c %s", plan_class_sign(part->class), set);
	if (part->why)
		buf_addf(to, "  (%s)", part->why);
	buf_adds(to, part->secret ? "  (secret, changed)\n" : "\n");
	for (const char *s = part->secret ? NULL : part->diff; s && *s;) {
		size_t n = strcspn(s, "\n");

		buf_addf(to, "      %.*s\n", (int)n, s);
		s += n + (s[n] == '\n');
	}
}

char *
planned_text(const struct planned *p)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	buf_addf(&b, "%s %s\n", p->drift ? "drift of" : "plan of", p->playbook);
	for (int c = 0; c < PLAN_CLASSES; c++)
		buf_addf(&b, "%s%zu %s", c ? ", " : "", p->by_class[c],
		    plan_class_name((enum plan_class)c));
	if (p->rollout)
		buf_addf(&b, "\nrollout: %s", p->rollout);
	buf_addc(&b, '\n');
	for (size_t i = 0; i < p->steps; i++) {
		const struct planned_step *s = &p->step[i];

		if (!s->parts)
			continue;
		buf_addf(&b, "\n%c %s%s\n", plan_class_sign(s->class), s->title,
		    s->out ? "  (left out)" : "");
		for (size_t k = 0; k < s->parts; k++)
			tell_part(p, &s->part[k], &b);
	}
	for (size_t i = 0; i < p->notes; i++)
		buf_addf(&b, "%snote: %s\n", i ? "" : "\n", p->note[i].text);
	for (size_t i = 0; i < p->hosts; i++) {
		if (p->host[i].out || p->host[i].why)
			buf_addf(&b, "%s: %s\n", p->host[i].name,
			    p->host[i].out ? "left out" : p->host[i].why);
	}
	return buf_detach(&b, NULL);
}
