/*
 * What the Fleet screen asks for, from the inventory, the facts and the ledger of a console.
 *
 * Owned by the console; borrows it.
 */
#ifndef DROVER_TUI_FEED_FLEET_H
#define DROVER_TUI_FEED_FLEET_H

struct console;
struct fleet_source;

struct fleet_source *feed_fleet_new(struct console *c);
void feed_fleet_free(struct fleet_source *s);

#endif
