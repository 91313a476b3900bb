/*
 * An SSH server that knows no commands, only how to let somebody in, or not.
 *
 * A process of its own: the test program run again as `--doorman`, which its main()
 * hands to doorman_main(). It writes down what it was offered.
 */
#ifndef DROVER_TESTS_LIB_DOORMAN_H
#define DROVER_TESTS_LIB_DOORMAN_H

struct doorman;

/* steps, each of which must be taken, in order, set apart by ';':
 *   key                 any key
 *   password=X          that password
 *   prompts=P>A|P>A     keyboard-interactive; a P that begins with '!' may be shown
 *   endless             keyboard-interactive, and never enough
 *   many                keyboard-interactive, a hundred prompts at once
 *   leave               the connection is closed when a question was asked
 * prefix "also:" of a step: password and prompts are offered beside it, and always refused. */
struct doorman *doorman_start(const char *host_key_file, const char *steps);
void doorman_stop(struct doorman *d);

int doorman_port(const struct doorman *d);

/* What was offered: lines "key ssh-ed25519", "password X", "answer X", "in". Caller frees. */
char *doorman_seen(const struct doorman *d);

/* main() calls this first; it returns when the program was not run as a doorman. */
void doorman_main(int argc, char **argv);

#endif
