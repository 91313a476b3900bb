/*
 * An inventory program: run with --list, and with --host for each host where that is needed.
 *
 * Never through a shell. The output has a ceiling, the run a time limit, and what the program says
 * on its standard error is shown as a warning, or with the mistake.
 */
#ifndef DROVER_INVENTORY_PROGRAM_H
#define DROVER_INVENTORY_PROGRAM_H

struct diag;
struct err;
struct inventory;

#define PROGRAM_TIMEOUT_MS 30000

/* Mistakes in what it prints go to diag; -1 with kind INPUT when it fails. */
int program_read(struct inventory *inv, const char *path, struct diag *diag, struct err *err);

#endif
