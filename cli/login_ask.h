/*
 * What logins want to know, put to whoever sits at this call; and the password
 * that was given before any host was reached.
 */
#ifndef DROVER_CLI_LOGIN_ASK_H
#define DROVER_CLI_LOGIN_ASK_H

#include <stdbool.h>

struct call;
struct login_ask;
struct remote_config;

/* Fill what remote asks by. Unknown host keys are asked about in the console alone. */
void login_ask_configure(struct call *c, struct remote_config *config);
void login_ask_free(struct login_ask *a); /* wipes */

/* --ask-password and --password-file: true when neither was given, or there is a password now. false:
 * said, and call->exit is set. */
bool login_ask_password(struct call *c);

#endif
