/* What may come next on a command line. */
#include "tui/palette.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/globals.h"
#include "tui/keymap.h"
#include "tui/match.h"

#include <stdio.h>
#include <string.h>

#define CHOICES_MAX 200

/* The line up to the word that is being typed, and that word. */
struct place {
	const struct view *view;
	const struct palette_source *source;
	struct picker *to;
	const char *line;
	size_t begin; /* where what is completed begins */
	const char *prefix;
	const char *tail; /* behind a choice: " ", or "" where the word goes on */
	const char *host; /* the word before, for units */
	bool fuzzy;       /* what only holds the letters, after what begins with them */
};

static bool
offered(const struct place *p, const char *word)
{
	for (size_t i = 0; i < p->to->count; i++) {
		if (str_eq(p->to->items[i].text, word))
			return true;
	}
	return false;
}

static void
offer(void *user, const char *word, const char *note)
{
	struct place *p = user;
	bool begins = str_starts(word, p->prefix);

	if (p->to->count >= CHOICES_MAX || offered(p, word))
		return;
	if (p->fuzzy) {
		struct match m = { 0 };
		autofree char *typed = xasprintf("-f %s", p->prefix);

		match_init(&m, typed);
		bool holds = *p->prefix && match_row(&m, word, NULL, NULL);
		match_fini(&m);
		if (begins || !holds)
			return;
	} else if (!begins) {
		return;
	}
	size_t len = strlen(word);
	const char *tail = len && word[len - 1] == '/' ? "" : p->tail;
	autofree char *value = xasprintf("%.*s%s%s", (int)p->begin, p->line, word, tail);
	picker_add(p->to,
	    &(struct picker_item){
		.text = (char *)(uintptr_t)word, .note = (char *)(uintptr_t)note, .value = value });
}

/* A name with blanks is typed with dashes. */
static void
offer_action(struct place *p, const struct keymap_row *r)
{
	autofree char *name = xstrdup(r->action->name);

	for (char *s = name; *s; s++)
		*s = *s == ' ' ? '-' : *s;
	offer(p, name, r->action->summary);
}

static void
first_words(struct place *p)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(p->view->scene->keymap, &count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == KEYMAP_SCREEN)
			offer(p, rows[i].class->name, rows[i].action->summary);
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!(commands[i]->flags & COMMAND_HIDDEN) && !str_eq(commands[i]->name, "ui"))
			offer(p, commands[i]->name, commands[i]->summary);
	}
	p->tail = "";
	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];

		if (r->action->run && (r->kind == KEYMAP_GLOBAL ||
					  (r->kind == KEYMAP_VIEW && r->class == p->view->class)))
			offer_action(p, r);
	}
	offer(p, "messages", "what was said at the bottom");
	offer(p, "q", "leave the console");
	p->tail = " ";
}

static void
offer_options(struct place *p, const struct option *o)
{
	for (; o && o->type != OPTION_END; o++) {
		char name[64];

		if (!o->summary)
			continue;
		snprintf(name, sizeof(name), "--%s%s", o->name, o->argument ? "=" : "");
		const char *was = p->tail;
		p->tail = o->argument ? "" : was;
		offer(p, name, o->summary);
		p->tail = was;
	}
}

static const struct option *
find_option(const struct option *o, const char *name, size_t len)
{
	for (; o && o->type != OPTION_END; o++) {
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}

static void
ask(struct place *p, enum palette_kind kind)
{
	p->source->each(p->source->user, kind, p->prefix, p->host, offer, p);
}

static void
offer_list(struct place *p, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, "|");
		autofree char *word = xmemdup0(list, len);

		offer(p, word, NULL);
		list += len + (list[len] == '|');
	}
}

/* Hosts come in expressions: what is completed is the name at the end of one. */
static void
offer_set(struct place *p)
{
	struct place end = *p;

	for (const char *s = p->prefix; *s; s++) {
		if (strchr(",!&^", *s)) {
			end.prefix = s + 1;
			end.begin = p->begin + (size_t)(s + 1 - p->prefix);
		}
	}
	ask(&end, PALETTE_HOSTS);
}

/* What a word of a synopsis stands for. */
static void
offer_for(struct place *p, const char *what)
{
	if (str_starts(what, "SET") || str_starts(what, "HOST") || str_starts(what, "EXPR"))
		offer_set(p);
	else if (str_starts(what, "UNIT"))
		ask(p, PALETTE_UNITS);
	else if (str_starts(what, "PLAYBOOK"))
		ask(p, PALETTE_PLAYBOOKS);
	else if (str_starts(what, "PLAN") || str_starts(what, "FILE") || str_starts(what, "SRC") ||
		 str_starts(what, "DEST") || str_starts(what, "DIR"))
		ask(p, PALETTE_FILES);
	else if (str_starts(what, "RUN"))
		ask(p, PALETTE_RUNS);
	else if (str_starts(what, "VERB"))
		for (size_t i = 0; commands[i]; i++)
			offer(p, commands[i]->name, commands[i]->summary);
	else if (str_starts(what, "NAME"))
		ask(p, PALETTE_HOSTS);
	else if (what[0] >= 'a' && what[0] <= 'z')
		offer(p, what, NULL);
}

/* Operand n of a verb, by its synopsis. Where it has alternatives, all of them. */
static void
offer_operand(struct place *p, const struct command *command, size_t n)
{
	char words[16][32];
	size_t count = 0;
	bool either = strchr(command->synopsis, '|') != NULL;

	for (const char *s = command->synopsis; *s && count < countof(words);) {
		size_t len = strcspn(s, " |[]");

		if (len && *s != '-')
			snprintf(words[count++], sizeof(words[0]), "%.*s", (int)len, s);
		s += len;
		s += strspn(s, " |[]");
	}
	for (size_t i = 0; i < count; i++) {
		bool repeats = i + 1 == count && str_ends(words[i], "...") && n >= i;

		if (either || i == n || repeats)
			offer_for(p, words[i]);
	}
}

static void
offer_value(struct place *p, const struct option *o)
{
	if (o->choices)
		offer_list(p, o->choices);
	else if (o->argument)
		offer_for(p, o->argument);
}

/* "--preset=v": the value is what is completed. True when it was one. */
static bool
option_value(struct place *p, const struct command *command)
{
	const char *equals = strchr(p->prefix, '=');

	if (!str_starts(p->prefix, "--") || !equals)
		return false;
	size_t len = (size_t)(equals - p->prefix) - 2;
	const struct option *o = find_option(command->options, p->prefix + 2, len);
	if (!o)
		o = find_option(globals_options, p->prefix + 2, len);
	p->begin += len + 3;
	p->prefix = equals + 1;
	if (o)
		offer_value(p, o);
	return true;
}

static void
screen_subject(struct place *p, const char *screen, size_t n)
{
	if (str_eq(screen, "plan") && n == 0)
		ask(p, PALETTE_PLAYBOOKS);
	else if ((str_eq(screen, "host") || str_eq(screen, "logs")) && n == 0)
		offer_set(p);
	else if (str_eq(screen, "logs") && n == 1)
		ask(p, PALETTE_UNITS);
}

/* The words before the one that is typed. */
static void
next_words(struct place *p, const struct palette_words *w, size_t before)
{
	size_t at = str_eq(w->word[0], "drover") ? 1 : 0, operands = 0;
	bool dashes = false;

	if (before <= at) {
		first_words(p);
		return;
	}
	for (size_t i = at + 1; i < before; i++) {
		dashes = dashes || str_eq(w->word[i], "--");
		operands += w->word[i][0] != '-';
	}
	p->host = before > at + 1 ? w->word[before - 1] : NULL;
	const struct command *command = command_find(w->word[at]);
	if (dashes)
		return;
	if (command && p->prefix[0] == '-') {
		if (option_value(p, command))
			return;
		offer_options(p, command->options);
		offer_options(p, globals_options);
	} else if (command) {
		offer_operand(p, command, operands);
	} else {
		screen_subject(p, w->word[at], operands);
	}
}

static void
empty(struct picker *p)
{
	struct picker *fresh = picker_new(), old = *p;

	*p = *fresh;
	*fresh = old;
	picker_free(fresh);
}

void
palette_complete(
    const struct view *v, const struct palette_source *source, const char *line, struct picker *to)
{
	struct palette_words w;
	size_t len = strlen(line), begin = len;

	empty(to);
	while (begin && line[begin - 1] != ' ' && line[begin - 1] != '\t')
		begin--;
	palette_split(line, &w);
	if (!w.open) {
		size_t before = w.count - (begin < len && w.count > 0);

		for (int pass = 0; pass < 2 && (pass == 0 || to->count == 0 || before == 0);
		     pass++) {
			struct place p = { .view = v,
				.source = source,
				.to = to,
				.line = line,
				.begin = begin,
				.prefix = line + begin,
				.tail = " ",
				.fuzzy = pass == 1 };

			if (before == 0)
				first_words(&p);
			else
				next_words(&p, &w, before);
		}
	}
	palette_words_fini(&w);
	picker_filter(to, "");
}

char *
palette_common(const struct picker *p)
{
	if (!p->count)
		return xstrdup("");
	size_t len = strlen(p->items[0].value);
	for (size_t i = 1; i < p->count; i++) {
		const char *value = p->items[i].value;

		for (size_t k = 0; k < len; k++) {
			if (value[k] != p->items[0].value[k])
				len = k;
		}
	}
	return xmemdup0(p->items[0].value, len);
}
