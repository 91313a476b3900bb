/* Any line of the palette: its words, what it is, and choices that are lines which begin as it does. */
#include "base/mem.h"
#include "base/str.h"
#include "tui/console.h"
#include "tui/keymap.h"
#include "tui/palette.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
each(void *user, enum palette_kind kind, const char *prefix, const char *host,
    void (*put)(void *to, const char *word, const char *note), void *to)
{
	static const char *const words[] = { "web1", "@web", "nginx.service", "roles/", "r-12",
		"数据" };

	(void)user;
	(void)prefix;
	put(to, words[kind], host);
	put(to, "数据", NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct palette_source source = { .each = each };
	struct palette_line l;

	if (size > 500 || memchr(data, '\0', size))
		return 0;
	autofree char *line = xmemdup0(data, size);
	struct keymap *m = keymap_new(console_tabs, console_actions);
	const struct scene scene = { .keymap = m };
	const struct view view = { .class = &view_fleet, .scene = &scene };
	struct picker *p = picker_new();

	palette_read(&view, line, &l);
	if (l.what == PALETTE_VERB && !l.words.count)
		mem_abort("a verb without a word");
	palette_line_fini(&l);
	palette_complete(&view, &source, line, p);
	const char *last = strrchr(line, ' ');
	size_t kept = last ? (size_t)(last - line) : 0;
	for (size_t i = 0; i < p->count; i++) {
		if (strncmp(p->items[i].value, line, kept) != 0)
			mem_abort("a choice changes what was typed before");
	}
	autofree char *common = palette_common(p);
	if (p->count && !str_starts(p->items[0].value, common))
		mem_abort("what all share is not in the first");
	picker_free(p);
	keymap_free(m);
	return 0;
}
