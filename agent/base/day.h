/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calendar days, the only times that counts carry: a number YYYYMMDD, or text
 * "YYYY-MM-DD". Which moment belongs to which day is the process's time zone
 * (TZ), UTC by default.
 */
#ifndef AGENT_BASE_DAY_H
#define AGENT_BASE_DAY_H

#include <time.h>

#include <linux/types.h>

#define DAY_TEXT 11 /* "YYYY-MM-DD" and its NUL */

/* Read the first ten characters as a day of the years 1970 to 9999; 0 if they are none. */
__u32 day_parse(const char *text);

/* Write a valid day as text. */
void day_format(__u32 day, char text[DAY_TEXT]);

/* Days from 1970-01-01 to this valid day, whatever the time zone. */
long day_number(__u32 day);

/* The day of a moment, and a day's first second, in the time zone in force. */
__u32 day_of(time_t moment);
time_t day_start(__u32 day);

#endif
