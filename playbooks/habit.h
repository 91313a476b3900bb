/*
 * What people who come from Ansible write, and what it is called here.
 *
 * Pure: a table of words.
 */
#ifndef DROVER_PLAYBOOKS_HABIT_H
#define DROVER_PLAYBOOKS_HABIT_H

/* Of a key that is none here ("apt"), in a clause; NULL when nothing is known of it. */
const char *habit_of_key(const char *key);

/* Of a word that the field `name` does not take ("directory" of state); NULL as above. */
const char *habit_of_word(const char *name, const char *word);

#endif
