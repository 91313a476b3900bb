#include "cli/prompt_complete.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "inventory/inventory.h"

#include <string.h>

#define SHOWN 60 /* names; the rest are counted */

struct finding {
	const char *piece; /* what the names begin with */
	size_t len;
	struct buf *choices;
	char *common; /* what all of them begin with */
	size_t count;
};

static void
look_at(struct finding *f, const char *sign, const char *name)
{
	size_t same = 0;

	if (strncmp(name, f->piece, f->len) != 0)
		return;
	if (f->count++ == 0)
		f->common = xstrdup(name);
	while (f->common[same] && f->common[same] == name[same])
		same++;
	f->common[same] = '\0';
	if (f->count > SHOWN)
		return;
	buf_adds(f->choices, sign);
	utf8_clean_line(f->choices, name, strlen(name));
	buf_addc(f->choices, '\n');
}

/* The last word, when all before it are sets too; else NULL. */
static const char *
last_set(const char *before)
{
	const char *word = before + strspn(before, " \t");

	for (;;) {
		size_t n = strcspn(word, " \t");

		if (*word == '\0' || !strchr("@+-", *word))
			return NULL;
		if (word[n] == '\0')
			return word;
		word += n + strspn(word + n, " \t");
	}
}

/* Behind the last operator of the set language. */
static const char *
last_name(const char *set)
{
	const char *name = set;

	for (; *set; set++)
		if (strchr(",!&^", *set))
			name = set + 1;
	return name;
}

char *
prompt_complete(const struct inventory *inv, const char *before, struct buf *choices)
{
	const char *word = last_set(before);
	struct finding f = { .choices = choices };
	bool groups, hosts;

	if (!word)
		return NULL;
	f.piece = last_name(word + 1);
	groups = *f.piece == '@' || (*word == '@' && f.piece == word + 1);
	hosts = *f.piece != '@';
	f.piece += *f.piece == '@';
	f.len = strlen(f.piece);
	for (size_t i = 0; groups && i < inventory_group_count(inv); i++)
		look_at(&f, "@", inventory_group(inv, i)->name);
	for (size_t i = 0; hosts && i < inventory_count(inv); i++)
		look_at(&f, "", inventory_host(inv, i)->name);
	if (f.count > SHOWN)
		buf_addf(choices, "and %zu more\n", f.count - SHOWN);
	autofree char *common = f.common;
	if (common)
		common[utf8_whole(common, strlen(common))] = '\0';
	if (!common || common[f.len] == '\0') {
		if (f.count == 1)
			buf_clear(choices);
		return NULL;
	}
	buf_clear(choices);
	return xstrdup(common + f.len);
}
