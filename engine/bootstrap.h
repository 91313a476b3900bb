/*
 * A program as one line that every login shell reads alike.
 *
 * Pure. sshd hands the line to whatever shell the login has: sh, bash, zsh, fish,
 * csh. They agree on nothing but plain characters in single quotes, so all others
 * go as numbers that printf of a POSIX sh turns back.
 */
#ifndef DROVER_ENGINE_BOOTSTRAP_H
#define DROVER_ENGINE_BOOTSTRAP_H

struct buf;

/* Append text as printf's %b reads it: one line of printable ASCII without ' ! or a backslash that
 * a shell could take for its own. */
void bootstrap_encode(struct buf *to, const char *text);

/* exec sh -c ... drover 'PROGRAM': program is text of a POSIX shell, with $1.. the arguments (ended
 * by NULL; may be NULL). Caller frees. */
char *bootstrap_line(const char *program, const char *const *args);

#endif
