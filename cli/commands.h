/*
 * The verbs there are: one constant per cli/cmd_*.c, declared here and listed in
 * commands.c in the order of help.
 */
#ifndef DROVER_CLI_COMMANDS_H
#define DROVER_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command *const commands[];        /* ended by NULL */
const struct command *command_find(const char *name); /* NULL: no such verb */

extern const struct command command_apply;
extern const struct command command_apps;
extern const struct command command_cordon;
extern const struct command command_cp;
extern const struct command command_diff;
extern const struct command command_facts;
extern const struct command command_fetch;
extern const struct command command_help;
extern const struct command command_history;
extern const struct command command_hosts;
extern const struct command command_keys;
extern const struct command command_lint;
extern const struct command command_logs;
extern const struct command command_nodes;
extern const struct command command_config;
extern const struct command command_plan;
extern const struct command command_ps;
extern const struct command command_resume;
extern const struct command command_replace;
extern const struct command command_restart;
extern const struct command command_ssh;
extern const struct command command_start;
extern const struct command command_stop;
extern const struct command command_uncordon;
extern const struct command command_undo;
extern const struct command command_releases;
extern const struct command command_rollback;
extern const struct command command_run;
extern const struct command command_trust;
extern const struct command command_ui;
extern const struct command command_version;

#endif
