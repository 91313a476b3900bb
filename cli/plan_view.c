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

#include <string.h>

#define PAGE_MAX (16U << 20)

/* Hosts whose plans read alike. */
struct page {
	char *text;
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
		utf8_clean_line(to, diff, n);
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

static void
print_page(const struct page *page, struct out *o)
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
		buf_adds(&head, "no changes");
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
	out_text(o, page->text, strlen(page->text));
}

void
plan_view_print(const struct apply *a, struct out *o, bool diffs, bool skipped)
{
	struct page *pages = NULL;
	size_t count = 0, cap = 0, at;
	autostrmap seen = STRMAP_INIT;

	for (size_t i = 0; i < apply_count(a); i++) {
		const struct plan *p = apply_plan(a, i);

		if (!p || p->refused)
			continue;
		char *text = page_text(p, diffs, skipped);
		if (strmap_add(&seen, text, count, &at)) {
			mem_grow(pages, count, cap);
			at = count++;
			pages[at] = (struct page){ .text = text, .plan = p };
		} else {
			free(text);
		}
		mem_grow(pages[at].host, pages[at].count, pages[at].cap);
		pages[at].host[pages[at].count++] = apply_host_name(a, i);
	}
	for (size_t i = 0; i < count; i++) {
		print_page(&pages[i], o);
		free(pages[i].text);
		free(pages[i].host);
	}
	free(pages);
}
