/*
 * Ansible's variables about reaching a host (ansible_host, ansible_user, ...), to the settings
 * that drover has for that.
 *
 * What drover cannot do is kept with the level that says it: a host for which it holds is refused by
 * name, and no other. Passwords are taken out of the variables and are nowhere kept.
 */
#ifndef DROVER_INVENTORY_REACH_H
#define DROVER_INVENTORY_REACH_H

struct diag;
struct host;
struct inventory;
struct level;

/* Read l->vars; l->vars, l->settings, l->said, l->refused and l->kind follow from them. */
void reach_level(struct inventory *inv, struct level *l, struct diag *diag);

/* What the settings that Ansible alone has mean for a host; setting[] is by enum setting, NULL
 * where nobody says it. */
void reach_host(struct inventory *inv, struct host *h, const struct level *const *setting);

#endif
