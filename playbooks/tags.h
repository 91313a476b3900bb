/*
 * The tags of a playbook's apps and tasks, and which of them were chosen.
 *
 * A value of the playbook, all of it in its arena. A choice is as Ansible has it: what is to be left out
 * beats what is to be taken; always is among every choice, never among none that does not name it or
 * another tag beside it.
 */
#ifndef DROVER_PLAYBOOKS_TAGS_H
#define DROVER_PLAYBOOKS_TAGS_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct field_texts;

struct tags {
	const char **known; /* all there are, each once, ended by NULL; NULL: none */
	size_t count;
	const char *const *only, *const *skip; /* the choice; NULL: none */
};

/* The tags of an app or a task and of what it stands in, inmost first. */
struct tag_link {
	const struct field_texts *tags;
	const struct tag_link *outer;
};

/* Remember one that the playbook has. */
void tags_know(struct tags *t, struct arena *a, const char *tag);

/* Lists of words, each with commas between several; NULL: no choice. One that the playbook does not have
 * goes to diag, and false is returned. */
bool tags_choose(struct tags *t, struct arena *a, const char *const *only, const char *const *skip,
    struct diag *diag);

/* Whether there was a choice at all. */
bool tags_is_choice(const struct tags *t);

/* Whether what has these tags is chosen. */
bool tags_take(const struct tags *t, const struct tag_link *of);

#endif
