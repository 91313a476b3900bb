/* apply --owed: hosts that were away get what they missed. */
#ifndef DROVER_CLI_OWED_H
#define DROVER_CLI_OWED_H

struct call;
struct converge;

/* The playbook is argv[0] of the call, or the only one that is owed to somebody. Gives the exit code. */
int owed_apply(struct call *c, struct converge *spec);

#endif
