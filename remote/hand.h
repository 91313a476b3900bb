/*
 * What this program does inside ssh(1)'s processes, as the hidden verb --hand.
 *
 * Runs in processes of its own, started by a session that goes through ssh(1):
 * "run PARENT PROGRAM ARG..." becomes the program, and ends when its parent does;
 * "socket" is ssh's ProxyCommand: it takes the connected socket that waits on its
 * standard error and gives it to ssh on its standard output. Opens nothing,
 * decides nothing.
 */
#ifndef DROVER_REMOTE_HAND_H
#define DROVER_REMOTE_HAND_H

/* Give a descriptor over a Unix socket, beside one byte; 0 or -1. */
int hand_give(int socket, int fd);

#endif
