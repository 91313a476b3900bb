/* The facts that templates may use: constants, beside what playbook_desire() promises. */
#ifndef DROVER_PLAYBOOKS_DESIRE_H
#define DROVER_PLAYBOOKS_DESIRE_H

extern const char *const desire_facts[]; /* ended by NULL */

#endif
