#include "tui/summary.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "playbooks/plan.h"

#include <string.h>

#define SUMMARY_MAX 65536

struct line {
	enum plan_class class;
	const char *title;
	const char **hosts;
	size_t count;
};

struct lines {
	struct line *line;
	size_t count, cap;
};

static struct line *
line_of(struct lines *l, const struct plan_step *s, size_t hosts)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->line[i].class == s->class && str_eq(l->line[i].title, s->resource->title))
			return &l->line[i];
	}
	mem_grow(l->line, l->count, l->cap);
	l->line[l->count] = (struct line){ .class = s->class,
		.title = s->resource->title,
		.hosts = xcalloc(hosts, sizeof(char *)) };
	return &l->line[l->count++];
}

static void
collect(
    struct lines *l, const struct plan *const *plans, size_t count, size_t by_class[PLAN_CLASSES])
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; plans[i] && k < plans[i]->count; k++) {
			const struct plan_step *s = &plans[i]->steps[k];

			by_class[s->class]++;
			if (s->class == PLAN_SAME)
				continue;
			struct line *at = line_of(l, s, count);
			at->hosts[at->count++] = plans[i]->host->name;
		}
	}
}

char *
summary_of(const struct plan *const *plans, size_t count, size_t max_lines)
{
	struct buf b = BUF_INIT(SUMMARY_MAX);
	struct lines l = { 0 };
	size_t by_class[PLAN_CLASSES] = { 0 };

	collect(&l, plans, count, by_class);
	for (int c = 0; c < PLAN_CLASSES; c++) {
		if (by_class[c])
			buf_addf(&b, "%s%zu %s", b.len ? ", " : "", by_class[c],
			    plan_class_name((enum plan_class)c));
	}
	buf_addc(&b, '\n');
	for (size_t i = 0; i < l.count; i++) {
		autofree char *hosts = names_fold(l.line[i].hosts, l.line[i].count);

		if (i < max_lines)
			buf_addf(&b, "\n%c %s  %s", plan_class_sign(l.line[i].class),
			    l.line[i].title, hosts);
		free(l.line[i].hosts);
	}
	if (l.count > max_lines)
		buf_addf(&b, "\nand %zu more", l.count - max_lines);
	free(l.line);
	return buf_detach(&b, NULL);
}
