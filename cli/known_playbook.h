/* The playbook that is meant where none must be named: the operand, $DROVER_PLAYBOOK, ./playbook.yaml. */
#ifndef DROVER_CLI_KNOWN_PLAYBOOK_H
#define DROVER_CLI_KNOWN_PLAYBOOK_H

struct call;

/* Without the operand. */
const char *usual_playbook(void);

/* NULL: nobody said one, and there is none here. Borrowed. */
const char *known_playbook(const struct call *call);

#endif
