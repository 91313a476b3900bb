#include "cli/plan_view.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "cli/out.h"
#include "inventory/set.h"
#include "playbooks/apply.h"
#include "playbooks/plan.h"
#include "playbooks/playbook.h"
#include "playbooks/request.h"

#include <ctype.h>
#include <string.h>

#define LINE_COLUMNS 500 /* of a line of a diff; the rest is a number */
#define LINE_BYTES   2000
#define PAGE_MAX     (16U << 20)

/* Hosts whose plans read alike, but perhaps for their own names. */
struct page {
	char *text;  /* of the first */
	char *alike; /* with {{ host }} for the name */
	bool named;  /* their texts are not the same */
	const struct plan *plan;
	const char **host;
	size_t count, cap;
};

static void
add_clean(struct buf *to, const char *text)
{
	utf8_clean_line(to, text, strlen(text));
}

static void
add_diff(struct buf *to, const char *diff)
{
	while (*diff) {
		size_t n = strcspn(diff, "\n");

		buf_adds(to, "      ");
		size_t shown = utf8_cut(
		    diff, n < LINE_BYTES ? n : utf8_whole(diff, LINE_BYTES), LINE_COLUMNS, NULL);

		utf8_clean_line(to, diff, shown);
		if (shown < n)
			buf_addf(to, "\u2026 (%zu more bytes)", n - shown);
		buf_addc(to, '\n');
		diff += n + (diff[n] == '\n');
	}
}

static char *
page_text(const struct plan *p, bool diffs, bool skipped)
{
	autobuf b = BUF_INIT(PAGE_MAX);

	for (size_t n = 1; n <= request_steps(p); n++) {
		const struct plan_step *s = request_step(p, n);
		autobuf name = BUF_INIT(4096);

		request_step_name(p, n, &name);
		buf_addf(&b, "  %c ", plan_class_sign(s ? s->class : PLAN_UNPREDICTED));
		add_clean(&b, buf_text(&name));
		if (!s || s->why) {
			buf_adds(&b, "  (");
			add_clean(&b, s ? s->why : "follows the tasks");
			buf_addc(&b, ')');
		}
		buf_addc(&b, '\n');
		if (s && s->diff && diffs)
			add_diff(&b, s->diff);
	}
	for (size_t i = 0; skipped && i < p->skipped_count; i++) {
		buf_adds(&b, "    ");
		add_clean(&b, p->skipped[i].title);
		buf_adds(&b, "  (skipped: ");
		add_clean(&b, p->skipped[i].why);
		buf_adds(&b, ")\n");
	}
	for (size_t i = 0; i < p->note_count; i++) {
		buf_adds(&b, "  note: ");
		add_clean(&b, p->notes[i]);
		buf_addc(&b, '\n');
	}
	return buf_detach(&b, NULL);
}

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

char *
plan_view_without_name(const char *text, const char *name)
{
	autobuf b = BUF_INIT(PAGE_MAX);
	size_t n = strlen(name);
	const char *p = text;

	for (const char *at = n ? strstr(p, name) : NULL; at; at = strstr(p, name)) {
		bool whole = !in_name(at[n]) && (at == text || !in_name(at[-1]));

		buf_add(&b, p, (size_t)(at - p));
		if (whole)
			buf_adds(&b, "{{ host }}");
		else
			buf_add(&b, at, n);
		p = at + n;
	}
	buf_adds(&b, p);
	return buf_detach(&b, NULL);
}

static void
print_page(const struct page *page, struct out *o, bool drift)
{
	static const struct {
		enum plan_class class;
		const char *word;
	} words[] = { { PLAN_CREATE, "to create" }, { PLAN_CHANGE, "to change" },
		{ PLAN_REMOVE, "to remove" }, { PLAN_UNPREDICTED, "unpredicted" } };
	autofree char *hosts = names_fold(page->host, page->count);
	autobuf head = BUF_INIT(1U << 20);

	add_clean(&head, hosts);
	buf_adds(&head, ": ");
	if (request_steps(page->plan) == 0)
		buf_adds(&head, drift ? "no drift" : "no changes");
	else if (drift)
		buf_adds(&head, "drifted: ");
	const char *separator = "";
	for (size_t i = 0; i < countof(words); i++) {
		size_t n = page->plan->by_class[words[i].class];

		if (words[i].class == PLAN_UNPREDICTED)
			n += page->plan->then_count;
		if (n == 0)
			continue;
		buf_addf(&head, "%s%zu %s", separator, n, words[i].word);
		separator = ", ";
	}
	out_line(o, "%s", buf_text(&head));
	const char *text = page->named ? page->alike : page->text;

	out_text(o, text, strlen(text));
}

void
plan_view_print(const struct apply *a, struct out *o, const struct plan_look *look)
{
	struct page *pages = NULL;
	size_t count = 0, cap = 0, at;
	autostrmap seen = STRMAP_INIT;

	for (size_t i = 0; i < apply_count(a); i++) {
		const struct plan *p = apply_plan(a, i);

		if (!p || p->refused || p->failed)
			continue;
		char *text = page_text(p, look->diffs, look->skipped);
		char *alike = plan_view_without_name(text, apply_host_name(a, i));
		if (strmap_add(&seen, alike, count, &at)) {
			mem_grow(pages, count, cap);
			at = count++;
			pages[at] = (struct page){ .text = text, .alike = alike, .plan = p };
		} else {
			pages[at].named = pages[at].named || strcmp(pages[at].text, text) != 0;
			free(text);
			free(alike);
		}
		mem_grow(pages[at].host, pages[at].count, pages[at].cap);
		pages[at].host[pages[at].count++] = apply_host_name(a, i);
	}
	for (size_t i = 0; i < count; i++) {
		print_page(&pages[i], o, look->drift);
		free(pages[i].text);
		free(pages[i].alike);
		free(pages[i].host);
	}
	free(pages);
}
