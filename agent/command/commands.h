/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The commands of the one binary. Each gets its own argc and argv (argv[0] is
 * the command's name) and returns the exit status: 0 done, 1 failed, 2 usage.
 * Each prints its own errors and its own --help.
 */
#ifndef AGENT_COMMAND_COMMANDS_H
#define AGENT_COMMAND_COMMANDS_H

#define EXIT_USAGE 2

int run_command(int argc, char **argv);
int ctl_command(int argc, char **argv);
int stats_command(int argc, char **argv);
int export_command(int argc, char **argv);
int report_command(int argc, char **argv);
int verify_command(int argc, char **argv);
int check_command(int argc, char **argv);
int policy_command(int argc, char **argv);
int detach_command(int argc, char **argv);

#endif
