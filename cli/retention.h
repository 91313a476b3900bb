/*
 * Transcripts that are kept no longer than the inventory says.
 */
#ifndef DROVER_CLI_RETENTION_H
#define DROVER_CLI_RETENTION_H

struct call;

/* Behind a run of terminals: what transcripts_keep and transcripts_most of the inventory say goes, and is told.
 * Nothing without them, and nothing yet while another run is at work. What fails is told too. */
void retention_apply(struct call *c);

#endif
