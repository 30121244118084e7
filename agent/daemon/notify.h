/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tells the service manager how we are (sd_notify(3)), without libsystemd: one
 * datagram to the Unix socket that NOTIFY_SOCKET names. Without it, nothing.
 */
#ifndef AGENT_DAEMON_NOTIFY_H
#define AGENT_DAEMON_NOTIFY_H

/*
 * Each returns 1 if the manager was told, 0 if there is none, or negative errno;
 * an agent that can't tell its state goes on all the same. `status` is one line
 * for people, shown by `systemctl status`, or NULL.
 */
int notify_ready(const char *status);
int notify_status(const char *status);
int notify_reloading(void); /* notify_ready() must follow */
int notify_stopping(const char *status);

#endif
